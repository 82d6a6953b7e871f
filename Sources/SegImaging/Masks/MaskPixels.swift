// The pixels of a mask file before they have a meaning: numbers or colours, and what is transparent.

import CKernels
import SegSystem
import SegTensor

/// A mask file, decoded but not understood.
struct MaskPixels {
    typealias Color = ClassPalette.Color

    enum Kind: Hashable {
        /// Gray values of so many bits.
        case gray(Int)
        /// Indices into a palette.
        case palette
        /// RGB.
        case color
    }

    let width: Int
    let height: Int
    let kind: Kind
    /// The palette of an indexed file.
    let palette: [Color]
    /// Numbers of at most 8 bits, one per pixel; or colours, three bytes per pixel, or four with alpha.
    let bytes: [UInt8]
    let channels: Int
    /// Numbers of 16 bits, one per pixel; `bytes` is then empty.
    let wide: [UInt16]
    /// For numbers: the pixels that are transparent, if any is.
    let isTransparent: [Bool]?
    /// Whether the file is a JPEG, which changes the pixels.
    let isJPEG: Bool
    var count: Int { width * height }
    /// The number of transparent pixels.
    var transparentCount: Int {
        if let isTransparent { return isTransparent.count { $0 } }
        return channels == 4 ? (0..<count).count { bytes[4 * $0 + 3] == 0 } : 0
    }

    /// Gray values of 8 bits.
    init(width: Int, height: Int, values: [UInt8], isTransparent: [Bool]?, isJPEG: Bool) {
        self.isJPEG = isJPEG
        (self.width, self.height, kind, palette) = (width, height, .gray(8), [])
        (bytes, channels, wide, self.isTransparent) = (values, 1, [], isTransparent)
    }

    init(bytes: [UInt8], name: String) throws {
        isJPEG = JPEGImage.isJPEG(bytes)
        if isJPEG {
            let image = try JPEGImage.read(bytes: bytes, name: name)
            (width, height, kind, palette) = (image.width, image.height, .color, [])
            (self.bytes, channels, wide, isTransparent) = (image.bytes, 3, [], nil)
            return
        }
        let file = try PNGImage.readSamples(bytes: bytes, name: name)
        (width, height) = (file.width, file.height)
        palette = file.isIndexed ? file.palette : []
        let count = file.width * file.height
        let samples = file.depth == 16 ? Self.words(file.bytes) : []
        guard file.channels > 2 else {
            kind = file.isIndexed ? .palette : .gray(file.depth)
            let step = file.channels
            func number(_ pixel: Int) -> Int {
                file.depth == 16 ? Int(samples[pixel * step]) : Int(file.bytes[pixel * step])
            }
            wide = file.depth == 16 ? (step == 1 ? samples : (0..<count).map { samples[$0 * step] }) : []
            self.bytes =
                file.depth == 16 ? [] : step == 1 ? file.bytes : (0..<count).map { file.bytes[$0 * step] }
            channels = 1
            if step == 2 {
                isTransparent = (0..<count).map {
                    file.depth == 16 ? samples[2 * $0 + 1] == 0 : file.bytes[2 * $0 + 1] == 0
                }
            } else if file.isIndexed, file.opacity.prefix(file.palette.count).contains(0) {
                isTransparent = (0..<count).map { file.opacity[number($0)] == 0 }
            } else {
                isTransparent = file.transparent.map { key in (0..<count).map { number($0) == key[0] } }
            }
            return
        }
        (kind, wide, isTransparent) = (.color, [], nil)
        let narrow = file.depth == 16 ? samples.map { UInt8(truncatingIfNeeded: Self.level($0)) } : file.bytes
        guard let key = file.transparent, file.channels == 3 else {
            (self.bytes, channels) = (narrow, file.channels)
            return
        }
        channels = 4
        self.bytes = (0..<count).flatMap { pixel -> [UInt8] in
            let isClear = (0..<3).allSatisfy { channel in
                let at = 3 * pixel + channel
                return (file.depth == 16 ? Int(samples[at]) : Int(file.bytes[at])) == key[channel]
            }
            return Array(narrow[3 * pixel..<3 * pixel + 3]) + [isClear ? 0 : 255]
        }
    }

    /// A sample of 16 bits as one of 8: small numbers are numbers, multiples of 257 are levels of light.
    private static func level(_ sample: UInt16) -> UInt16 {
        sample.isMultiple(of: 257) ? sample / 257 : sample < 256 ? sample : sample >> 8
    }

    private static func words(_ bytes: [UInt8]) -> [UInt16] {
        bytes.withUnsafeBytes { raw in
            (0..<bytes.count / 2).map { raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
        }
    }

    /// The colour that a number of this file stands for; nil if a gray value of 16 bits is none of 8 bits. Small numbers of
    /// 16 bits are those of 8 bits, multiples of 257 levels of light.
    func color(of number: Int) -> Color? {
        switch kind {
        case .palette: return number < palette.count ? palette[number] : nil
        case .gray(16): return gray(number.isMultiple(of: 257) ? number / 257 : number)
        case .gray: return gray(level(number))
        case .color: return nil
        }
    }

    /// Whether a number is void where no class has its colour.
    func isVoid(_ number: Int) -> Bool {
        switch kind {
        case .palette, .gray(8): number == 255
        case .gray(16): number == 255 || number == 65_535
        case .gray, .color: false
        }
    }

    /// Whether its palette is one that programs write whatever the classes are: grays in order, or PASCAL VOC's.
    var hasCommonPalette: Bool {
        palette.count > 1
            && (palette.indices.allSatisfy { palette[$0].code == UInt32($0) * 0x010101 }
                || palette.indices.allSatisfy { $0 > 254 || palette[$0] == ClassPalette.pascalColor($0) })
    }

    /// A gray value of less than 8 bits as a level of light, of 0 to 255; other numbers unchanged.
    func level(_ number: Int) -> Int {
        if case .gray(let depth) = kind, depth < 8 { number * 255 / ((1 << depth) - 1) } else { number }
    }

    private func gray(_ level: Int) -> Color? {
        UInt8(exactly: level).map { Color($0, $0, $0) }
    }

    /// The pixels of each number that occurs; transparent pixels do not count.
    func usedNumbers() -> [Int: Int] {
        var used: [Int: Int] = [:]
        if let isTransparent {
            for pixel in 0..<count where !isTransparent[pixel] { used[number(pixel), default: 0] += 1 }
        } else if wide.isEmpty {
            var counts = [Int](repeating: 0, count: 256)
            counts.withUnsafeMutableBufferPointer { counts in
                counts.withMemoryRebound(to: UInt.self) { image_count_bytes(bytes, count, $0.baseAddress) }
            }
            for (value, pixels) in counts.enumerated() where pixels > 0 { used[value] = pixels }
        } else {
            var counts = [Int](repeating: 0, count: 65_536)
            for value in wide { counts[Int(value)] += 1 }
            for (value, pixels) in counts.enumerated() where pixels > 0 { used[value] = pixels }
        }
        return used
    }

    func number(_ pixel: Int) -> Int { wide.isEmpty ? Int(bytes[pixel]) : Int(wide[pixel]) }

    /// The pixels of each colour that occurs in a file of colours, at most `limit` colours; nil if there are
    /// more. Transparent pixels do not count.
    func usedColors(limit: Int = 1 << 16) -> [UInt32: Int]? {
        var size = 256
        while true {
            var keys = [UInt32](repeating: .max, count: size)
            var counts = [UInt32](repeating: 0, count: size)
            let used = image_used_colors(
                bytes, channels, count, &keys, &counts, UInt32(size - 1), min(limit, size / 2))
            if used <= min(limit, size / 2) {
                var found: [UInt32: Int] = [:]
                for (key, pixels) in zip(keys, counts) where key != .max { found[key] = Int(pixels) }
                return found
            }
            if size / 2 >= limit { return nil }
            size *= 8
        }
    }

    /// The colour of a pixel in a file of colours.
    func color(at pixel: Int) -> Color {
        Color(bytes[pixel * channels], bytes[pixel * channels + 1], bytes[pixel * channels + 2])
    }

    /// The first pixel that is not transparent and fulfils a condition.
    func firstPixel(where condition: (Int) -> Bool) -> Int {
        (0..<count).first { pixel in
            let isClear = channels == 4 ? bytes[4 * pixel + 3] == 0 : isTransparent?[pixel] ?? false
            return !isClear && condition(pixel)
        } ?? 0
    }
}
