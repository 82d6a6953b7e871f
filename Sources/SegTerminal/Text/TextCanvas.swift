// A grid of character cells with ink, on which charts and pictures are put together,
// and braille dots on top of it: eight dots a cell, for lines. It turns into lines of
// text with as few escape sequences as possible.

import SegSystem

/// A rectangle of character cells. What is put outside its borders is cut off.
struct TextCanvas {
    let width: Int
    let height: Int

    private struct Cell {
        /// nil is the second half of a wide character.
        var glyph: Character? = " "
        var ink = Ink()
    }
    private var cells: [Cell]

    init(width: Int, height: Int) {
        self.width = width.held(within: 0...1000)
        self.height = height.held(within: 0...10_000)
        cells = Array(repeating: Cell(), count: self.width * self.height)
    }

    /// Puts one character of one cell.
    mutating func put(_ glyph: Character, x: Int, y: Int, ink: Ink = Ink()) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        cells[y * width + x] = Cell(glyph: glyph, ink: ink)
    }

    /// Puts text from column `x` on; wide characters take two cells.
    mutating func put(_ text: String, x: Int, y: Int, ink: Ink = Ink()) {
        var x = x
        for character in text {
            let size = TextWidth.of(character)
            guard size > 0, x + size <= width else { continue }
            put(character, x: x, y: y, ink: ink)
            if size == 2, x + 1 >= 0, y >= 0, y < height {
                cells[y * width + x + 1] = Cell(glyph: nil, ink: ink)
            }
            x += size
        }
    }

    /// The character at a place; a blank outside.
    func glyph(x: Int, y: Int) -> Character {
        guard x >= 0, x < width, y >= 0, y < height else { return " " }
        return cells[y * width + x].glyph ?? " "
    }

    /// The rows as text, without blanks at their ends.
    func lines(_ style: TerminalStyle) -> [String] {
        (0..<height).map { y in
            let row = cells[(y * width)..<((y + 1) * width)]
            let isVisible: (Cell) -> Bool = { cell in
                cell.glyph != " " || (cell.ink.background != nil && style.color != .none)
            }
            guard let last = row.lastIndex(where: isVisible) else { return "" }
            var line = ""
            var current = ""
            for cell in row[row.startIndex...last] {
                guard let glyph = cell.glyph else { continue }
                // A blank without background shows no ink: no need to change it.
                let isBlank = glyph == " " && cell.ink.background == nil
                let escape = isBlank ? "" : style.escape(for: cell.ink)
                if escape != current {
                    if !current.isEmpty { line += "\u{1b}[0m" }
                    line += escape
                    current = escape
                }
                line.append(glyph)
            }
            if !current.isEmpty { line += "\u{1b}[0m" }
            return line
        }
    }
}

/// Dots at twice the columns and four times the rows of a text canvas.
struct BrailleCanvas {
    let width: Int
    let height: Int
    private let columns: Int
    private var patterns: [UInt8]
    private var colors: [RGB?]

    /// A canvas of `columns` × `rows` cells.
    init(columns: Int, rows: Int) {
        self.columns = columns.held(within: 0...1000)
        let rows = rows.held(within: 0...1000)
        width = self.columns * 2
        height = rows * 4
        patterns = Array(repeating: 0, count: self.columns * rows)
        colors = Array(repeating: nil, count: self.columns * rows)
    }

    /// Bits of a braille character by column and row (Unicode chapter 21.1).
    private static let bits: [UInt8] = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80]

    /// Sets a dot; the cell takes its colour.
    mutating func dot(x: Int, y: Int, color: RGB?) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let cell = y / 4 * columns + x / 2
        patterns[cell] |= BrailleCanvas.bits[x % 2 * 4 + y % 4]
        colors[cell] = color
    }

    /// A line between two dots (Bresenham). Both ends lie on the canvas or near it.
    mutating func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int), color: RGB?) {
        var (x, y) = start
        let (dx, dy) = (abs(end.x - x), -abs(end.y - y))
        let (stepX, stepY) = (x < end.x ? 1 : -1, y < end.y ? 1 : -1)
        var error = dx + dy
        while true {
            dot(x: x, y: y, color: color)
            if x == end.x && y == end.y { return }
            let doubled = 2 * error
            if doubled >= dy {
                error += dy
                x += stepX
            }
            if doubled <= dx {
                error += dx
                y += stepY
            }
        }
    }

    /// Puts the cells that have dots onto `canvas`, their upper left at (`x`, `y`).
    func draw(on canvas: inout TextCanvas, x: Int, y: Int, dim: Bool = false) {
        for (index, pattern) in patterns.enumerated() where pattern != 0 {
            guard let scalar = Unicode.Scalar(0x2800 + UInt32(pattern)) else { continue }
            let ink = Ink(color: colors[index], dim: dim)
            canvas.put(Character(scalar), x: x + index % columns, y: y + index / columns, ink: ink)
        }
    }
}
