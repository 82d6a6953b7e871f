// Colours: the RGB triple, its nearest neighbours in 256 and 16 colours, and its escape
// sequences.

/// A colour in sRGB.
public struct RGB: Hashable, Sendable {
    public var red, green, blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// From `0xrrggbb`.
    init(hex: UInt32) {
        self.init(UInt8(hex >> 16 & 255), UInt8(hex >> 8 & 255), UInt8(hex & 255))
    }

    public static let white = RGB(255, 255, 255)
    public static let black = RGB(0, 0, 0)

    /// Perceived lightness from 0 to 1 (ITU-R BT.601 luma).
    var luminance: Double {
        (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255
    }

    /// Black or white, whichever has more contrast with this colour.
    var inkOnTop: RGB { luminance > 0.55 ? .black : .white }

    /// A mixture: `share` 0 gives this colour, 1 gives `other`.
    func mixed(with other: RGB, _ share: Double) -> RGB {
        let share = share.held(within: 0...1)
        func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
            UInt8(Int(rounding: Double(a) + (Double(b) - Double(a)) * share, within: 0...255))
        }
        return RGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
    }

    /// `#rrggbb`.
    var hex: String {
        let digits = Array("0123456789abcdef")
        return "#"
            + String([red, green, blue].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// The parameters of a "select graphic rendition" escape.
    func code(_ depth: ColorDepth, isBackground: Bool) -> String {
        switch depth {
        case .none: return ""
        case .truecolor: return "\(isBackground ? 48 : 38);2;\(red);\(green);\(blue)"
        case .ansi256: return "\(isBackground ? 48 : 38);5;\(nearest256)"
        case .ansi16:
            let index = nearest16
            return String((index < 8 ? 30 + index : 82 + index) + (isBackground ? 10 : 0))
        }
    }

    private func distance(to other: RGB) -> Int {
        let dr = Int(red) - Int(other.red)
        let dg = Int(green) - Int(other.green)
        let db = Int(blue) - Int(other.blue)
        return 2 * dr * dr + 4 * dg * dg + 3 * db * db
    }

    /// xterm's 6×6×6 cube and its 24 greys.
    var nearest256: Int {
        func level(_ value: UInt8) -> Int { value < 48 ? 0 : value < 115 ? 1 : (Int(value) - 35) / 40 }
        func value(_ level: Int) -> UInt8 { level == 0 ? 0 : UInt8(55 + 40 * level) }
        let (r, g, b) = (level(red), level(green), level(blue))
        let inCube = RGB(value(r), value(g), value(b))
        let step = ((Int(red) + Int(green) + Int(blue)) / 3 - 3) / 10
        let gray = step.held(within: 0...23)
        let inGrays = RGB(UInt8(8 + 10 * gray), UInt8(8 + 10 * gray), UInt8(8 + 10 * gray))
        return distance(to: inGrays) < distance(to: inCube) ? 232 + gray : 16 + 36 * r + 6 * g + b
    }

    private static let sixteen: [RGB] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ].map { RGB(hex: $0) }

    var nearest16: Int {
        var best = 0
        for (index, color) in RGB.sixteen.enumerated()
        where distance(to: color) < distance(to: RGB.sixteen[best]) {
            best = index
        }
        return best
    }
}
