// Braille dots for the lines of plots: eight dots per cell of a text canvas.

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

    /// A line between two dots (Bresenham), or of dashes of so many dots. Both ends are on the canvas or near it.
    ///
    /// - Parameter travelled: the length of the line that this one continues.
    /// - Returns: the length with this line.
    mutating func line(
        from start: (x: Int, y: Int), to end: (x: Int, y: Int), color: RGB?, dash: Int? = nil,
        after travelled: Int = 0
    ) -> Int {
        var travelled = travelled
        var (x, y) = start
        let (dx, dy) = (abs(end.x - x), -abs(end.y - y))
        let (stepX, stepY) = (x < end.x ? 1 : -1, y < end.y ? 1 : -1)
        var error = dx + dy
        while true {
            if dash.map({ travelled / $0 % 2 == 0 }) ?? true { dot(x: x, y: y, color: color) }
            if x == end.x && y == end.y { return travelled }
            travelled += 1
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

    /// Copies the cells that have dots to `canvas`, their upper left at (`x`, `y`).
    func draw(on canvas: inout TextCanvas, x: Int, y: Int, dim: Bool = false) {
        for (index, pattern) in patterns.enumerated() where pattern != 0 {
            guard let scalar = Unicode.Scalar(0x2800 + UInt32(pattern)) else { continue }
            let ink = Ink(color: colors[index], dim: dim)
            canvas.put(Character(scalar), x: x + index % columns, y: y + index / columns, ink: ink)
        }
    }
}
