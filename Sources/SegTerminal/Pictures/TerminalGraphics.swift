// Pictures as pixels on terminals that can show them: DEC's sixels, or kitty's graphics protocol. The caller
// finds out what the terminal can do.

import SegSystem

/// How a terminal takes pictures, and the size of its cells in pixels.
public struct TerminalGraphics: Sendable, Equatable {
    public enum Form: String, Sendable { case sixel, kitty }

    public var form: Form
    public var cellWidth: Int
    public var cellHeight: Int

    public init(_ form: Form, cellWidth: Int = 8, cellHeight: Int = 16) {
        self.form = form
        self.cellWidth = cellWidth.held(within: 2...100)
        self.cellHeight = cellHeight.held(within: 4...200)
    }

    /// A picture in a box of cells that begins at a column.
    struct Placed {
        let picture: Pixels
        let column, columns, rows: Int
    }

    /// The escape sequences for pictures side by side in `rows` rows of cells, or fewer. The cursor is in the first column, and afterwards in the first column of the last of the rows.
    func row(_ pictures: [Placed], rows: Int) -> String {
        let lower = rows > 1 ? "\u{1b}[\(rows - 1)" : ""
        // The rows are made first, so that nothing scrolls while the pictures are placed.
        var text = String(repeating: "\n", count: rows - 1) + (lower.isEmpty ? "" : lower + "A") + "\r\u{1b}7"
        for placed in pictures {
            text += "\u{1b}8" + (placed.column > 0 ? "\u{1b}[\(placed.column)C" : "")
            switch form {
            case .sixel: text += Sixel.text(of: placed.picture)
            case .kitty:
                text += TerminalGraphics.kitty(placed.picture, columns: placed.columns, rows: placed.rows)
            }
        }
        return text + "\u{1b}8" + (lower.isEmpty ? "" : lower + "B") + "\r"
    }

    /// The size in pixels of a box of cells. Sixels are six pixels high, and must not reach below the box.
    func size(columns: Int, rows: Int) -> (width: Int, height: Int) {
        let height = rows * cellHeight
        return (columns * cellWidth, form == .sixel ? max(height / 6 * 6, 6) : height)
    }

    /// kitty's protocol: the pixels as base 64, in parts of at most 4096 characters; no answer, and the cursor
    /// stays.
    private static func kitty(_ picture: Pixels, columns: Int, rows: Int) -> String {
        let data = Array(Base64.text(picture.bytes).utf8)
        var text = ""
        for start in stride(from: 0, to: data.count, by: 4096) {
            let end = min(start + 4096, data.count)
            let first =
                "a=T,q=2,C=1,f=24,s=\(picture.width),v=\(picture.height),c=\(columns),r=\(rows),"
            text += "\u{1b}_G" + (start == 0 ? first : "") + "m=\(end < data.count ? 1 : 0);"
            text += String(decoding: data[start..<end], as: UTF8.self) + "\u{1b}\\"
        }
        return text
    }
}

/// Pictures as sixels: six rows at a time, for each colour a mask of them.
enum Sixel {
    static func text(of picture: Pixels) -> String {
        let (indices, colors) = reduced(picture)
        var bytes = Array("\u{1b}P0;1;0q\"1;1;\(picture.width);\(picture.height)".utf8)
        for (index, color) in colors.enumerated() {
            // Colours are in percent.
            let parts = [color.red, color.green, color.blue].map { String((Int($0) * 100 + 127) / 255) }
            bytes += Array("#\(index);2;\(parts.joined(separator: ";"))".utf8)
        }
        for top in stride(from: 0, to: picture.height, by: 6) {
            var masks = [[UInt8]?](repeating: nil, count: colors.count)
            for line in 0..<min(6, picture.height - top) {
                for x in 0..<picture.width {
                    let index = indices[(top + line) * picture.width + x]
                    if masks[index] == nil { masks[index] = [UInt8](repeating: 0, count: picture.width) }
                    masks[index]?[x] |= 1 << UInt8(line)
                }
            }
            var isFirst = true
            for (index, mask) in masks.enumerated() {
                guard let mask else { continue }
                bytes += Array((isFirst ? "#\(index)" : "$#\(index)").utf8)
                isFirst = false
                append(mask, to: &bytes)
            }
            bytes.append(UInt8(ascii: "-"))
        }
        return String(decoding: bytes, as: UTF8.self) + "\u{1b}\\"
    }

    /// A row of masks, repetitions as counts.
    private static func append(_ mask: [UInt8], to bytes: inout [UInt8]) {
        var x = 0
        while x < mask.count {
            var end = x + 1
            while end < mask.count, mask[end] == mask[x] { end += 1 }
            let sign = 63 + mask[x]
            if end - x > 3 {
                bytes += Array("!\(end - x)".utf8) + [sign]
            } else {
                bytes += [UInt8](repeating: sign, count: end - x)
            }
            x = end
        }
    }

    /// At most 252 colours: the picture's own if they are few, else a cube of 6 x 7 x 6 with the error passed on to
    /// the neighbours (Floyd and Steinberg 1976).
    private static func reduced(_ picture: Pixels) -> (indices: [Int], colors: [RGB]) {
        var known: [RGB: Int] = [:]
        var colors: [RGB] = []
        var indices = [Int](repeating: 0, count: picture.width * picture.height)
        for place in indices.indices {
            let color = picture.color(x: place % picture.width, y: place / picture.width)
            if let index = known[color] {
                indices[place] = index
                continue
            }
            guard colors.count < 252 else { return dithered(picture) }
            known[color] = colors.count
            indices[place] = colors.count
            colors.append(color)
        }
        return (indices, colors)
    }

    private static func dithered(_ picture: Pixels) -> (indices: [Int], colors: [RGB]) {
        let levels = [6, 7, 6]
        let colors = (0..<252).map { index -> RGB in
            let (red, green, blue) = (index / 42, index / 6 % 7, index % 6)
            return RGB(UInt8(red * 51), UInt8(green * 255 / 6), UInt8(blue * 51))
        }
        let width = picture.width
        var indices = [Int](repeating: 0, count: width * picture.height)
        var here = [Int](repeating: 0, count: (width + 2) * 3)
        for y in 0..<picture.height {
            var below = [Int](repeating: 0, count: (width + 2) * 3)
            for x in 0..<width {
                var index = 0
                for channel in 0..<3 {
                    let at = (x + 1) * 3 + channel
                    let given = Int(picture.bytes[(y * width + x) * 3 + channel])
                    let value = min(max(given + here[at] / 16, 0), 255)
                    let top = levels[channel] - 1
                    let level = (value * top + 127) / 255
                    index = index * levels[channel] + level
                    let error = value - level * 255 / top
                    here[at + 3] += error * 7
                    below[at - 3] += error * 3
                    below[at] += error * 5
                    below[at + 3] += error
                }
                indices[y * width + x] = index
            }
            here = below
        }
        return (indices, colors)
    }
}
