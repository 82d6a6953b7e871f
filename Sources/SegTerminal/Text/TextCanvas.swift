// A grid of character cells with ink, on which charts and pictures are drawn. It is converted to lines
// of text with as few escape sequences as possible.

import SegSystem

/// A rectangle of character cells. Anything outside its borders is cut off.
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

    /// Writes one character of one cell.
    mutating func put(_ glyph: Character, x: Int, y: Int, ink: Ink = Ink()) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        cells[y * width + x] = Cell(glyph: glyph, ink: ink)
    }

    /// Writes text from column `x` on; wide characters take two cells.
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

    /// The character at a position; a space outside.
    func glyph(x: Int, y: Int) -> Character {
        guard x >= 0, x < width, y >= 0, y < height else { return " " }
        return cells[y * width + x].glyph ?? " "
    }

    /// The rows as text, without trailing spaces.
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
                // A space without background shows no ink: no need to change it.
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
