// Pictures as pixels on a terminal: sixels are decoded again, kitty's protocol is taken apart.

import Testing

@testable import SegSystem
@testable import SegTerminal

/// The colours of a sixel picture, as a terminal would draw it; nil where nothing is drawn.
private func decoded(_ text: String, width: Int, height: Int) -> [RGB?] {
    var pixels = [RGB?](repeating: nil, count: width * height)
    var colors: [Int: RGB] = [:]
    var (x, top, color, count) = (0, 0, 0, 1)
    var bytes = Array(text.utf8.drop { $0 != UInt8(ascii: "q") }.dropFirst())[...]
    func numbers() -> [Int] {
        let part = bytes.prefix { $0 >= 0x30 && $0 <= 0x3b }
        bytes = bytes.dropFirst(part.count)
        return String(decoding: part, as: UTF8.self).split(separator: ";").map { Int($0) ?? 0 }
    }
    while let byte = bytes.popFirst(), byte != 0x1b {
        switch byte {
        case UInt8(ascii: "\""): _ = numbers()
        case UInt8(ascii: "#"):
            let parts = numbers()
            color = parts.first ?? 0
            if parts.count == 5 {
                let bytes = parts[2...].map { UInt8(($0 * 255 + 50) / 100) }
                colors[color] = RGB(bytes[0], bytes[1], bytes[2])
            }
        case UInt8(ascii: "!"): count = numbers().first ?? 1
        case UInt8(ascii: "$"): x = 0
        case UInt8(ascii: "-"): (x, top) = (0, top + 6)
        default:
            for _ in 0..<count {
                for line in 0..<6 where (byte - 63) >> UInt8(line) & 1 == 1 {
                    if x < width, top + line < height { pixels[(top + line) * width + x] = colors[color] }
                }
                x += 1
            }
            count = 1
        }
    }
    return pixels
}

private func near(_ one: RGB?, _ other: RGB, _ limit: Int) -> Bool {
    guard let one else { return false }
    return abs(Int(one.red) - Int(other.red)) <= limit && abs(Int(one.green) - Int(other.green)) <= limit
        && abs(Int(one.blue) - Int(other.blue)) <= limit
}

@Suite struct GraphicsTests {
    @Test func fewColorsStayExact() throws {
        let bytes = (0..<(7 * 13)).flatMap { index -> [UInt8] in
            index % 3 == 0 ? [255, 0, 51] : index % 3 == 1 ? [0, 102, 255] : [10, 20, 30]
        }
        let picture = try #require(Pixels(width: 7, height: 13, bytes: bytes))
        let pixels = decoded(Sixel.text(of: picture), width: 7, height: 13)
        for (place, pixel) in pixels.enumerated() {
            // Percent are coarser than bytes.
            #expect(near(pixel, picture.color(x: place % 7, y: place / 7), 2))
        }
    }

    @Test func manyColorsAreRightOnAverage() throws {
        var bytes: [UInt8] = []
        for index in 0..<(40 * 36) {
            let (column, row) = (index % 40, index / 40)
            bytes += [UInt8(column * 6), UInt8(row * 7), UInt8(index * 7 % 256)]
        }
        let picture = try #require(Pixels(width: 40, height: 36, bytes: bytes))
        let pixels = decoded(Sixel.text(of: picture), width: 40, height: 36)
        let seen = pixels.compactMap { $0 }
        #expect(seen.count == 40 * 36)
        let mean: Int = seen.map { Int($0.red) }.reduce(0, +) / seen.count
        let wanted: Int = seen.indices.map { Int(bytes[$0 * 3]) }.reduce(0, +) / seen.count
        #expect(abs(mean - wanted) <= 3)
    }

    @Test func kittyPartsAreShort() throws {
        let picture = Pixels(width: 60, height: 50, fill: RGB(1, 2, 3))
        let graphics = TerminalGraphics(.kitty)
        let text = graphics.row([.init(picture: picture, column: 3, columns: 8, rows: 4)], rows: 4)
        let parts = text.split(separator: "\u{1b}_G").dropFirst().map { $0.prefix { $0 != "\u{1b}" } }
        #expect(parts.count == 3)
        #expect(parts[0].hasPrefix("a=T,q=2,C=1,f=24,s=60,v=50,c=8,r=4,m=1;"))
        #expect(parts[1].hasPrefix("m=1;") && parts[2].hasPrefix("m=0;"))
        let data = parts.map { $0.drop { $0 != ";" }.dropFirst() }.joined()
        #expect(data == Base64.text(picture.bytes))
        #expect(parts.allSatisfy { $0.drop { $0 != ";" }.utf8.count <= 4097 })
    }

    @Test func theCursorComesBack() {
        let picture = Pixels(width: 6, height: 6, fill: .white)
        let row = TerminalGraphics(.sixel).row(
            [.init(picture: picture, column: 0, columns: 2, rows: 3)], rows: 3)
        #expect(row.hasPrefix("\n\n\u{1b}[2A\r\u{1b}7\u{1b}8\u{1b}P"))
        #expect(row.hasSuffix("\u{1b}\\\u{1b}8\u{1b}[2B\r"))
        // Nothing reaches below the rows of cells.
        #expect(TerminalGraphics(.sixel, cellWidth: 8, cellHeight: 16).size(columns: 5, rows: 4) == (40, 60))
    }

    @Test func sheetsUseGraphicsOnlyWhereTheStyleSays() {
        let picture = Pixels(width: 30, height: 20, fill: RGB(200, 0, 0))
        let sheet = PictureSheet(tiles: [
            .picture(picture, caption: "one"), .picture(picture, caption: "two"),
        ])
        var style = TerminalStyle(columns: 60, rows: 24, color: .truecolor, isTerminal: true)
        #expect(!sheet.lines(style).joined().contains("\u{1b}P"))
        style.graphics = TerminalGraphics(.sixel)
        let lines = sheet.lines(style)
        #expect(lines[0].contains("\u{1b}P"))
        #expect(lines[1].contains("one") && lines[1].contains("two"))
    }
}
