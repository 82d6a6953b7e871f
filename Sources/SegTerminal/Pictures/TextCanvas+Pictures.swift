// Pictures and masks as character cells: with colour two pixels per cell; without, a ramp of characters for
// lightness, and for masks a letter per class. PictureSheet arranges several beside each other.

extension TextCanvas {
    /// Draws a picture into a box of cells.
    mutating func draw(_ picture: Pixels, x: Int, y: Int, columns: Int, rows: Int, _ style: TerminalStyle) {
        guard columns > 0, rows > 0 else { return }
        if style.color >= .ansi256 {
            let halves = style.unicode ? 2 : 1
            let small = picture.resized(width: columns, height: rows * halves)
            drawBlocks(x: x, y: y, columns, rows, style) { small.color(x: $0, y: $1) }
            return
        }
        let small = picture.resized(width: columns, height: rows)
        let lightness = (0..<(columns * rows)).map { small.color(x: $0 % columns, y: $0 / columns).luminance }
        // The range of lightness without its extremes, so that a dim picture is readable too.
        let sorted = lightness.sorted()
        let low = sorted[sorted.count / 50]
        let high = sorted[sorted.count - 1 - sorted.count / 50]
        let ramp = TextCanvas.ramp
        for (index, value) in lightness.enumerated() {
            // Half by lightness, half by rank: dark and light areas keep their details.
            let rank = Double(TextCanvas.rank(of: value, in: sorted)) / Double(sorted.count)
            let share = high > low ? (rank + (value - low) / (high - low)) / 2 : value
            let step = Int(share * Double(ramp.count), within: 0...(ramp.count - 1))
            put(ramp[step], x: x + index % columns, y: y + index / columns)
        }
    }

    /// From dark to light, in nearly equal steps of ink on a dark terminal.
    private static let ramp: [Character] = Array(" .:-=+*#%@")

    /// How many of the sorted `values` are below `value`.
    private static func rank(of value: Double, in values: [Double]) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Draws a mask into a box of cells; `letters` represent its classes if there are no colours.
    mutating func draw(
        _ mask: ClassMask, _ letters: [ClassMask.Entry: Character], x: Int, y: Int, columns: Int, rows: Int,
        _ style: TerminalStyle
    ) {
        guard columns > 0, rows > 0 else { return }
        if style.color >= .ansi256 {
            let halves = style.unicode ? 2 : 1
            let small = mask.resized(width: columns, height: rows * halves)
            drawBlocks(x: x, y: y, columns, rows, style) {
                small.entry(small.indices[$1 * columns + $0]).color
            }
            return
        }
        let small = mask.resized(width: columns, height: rows)
        for (place, index) in small.indices.enumerated() {
            let entry = mask.entry(index)
            // Black letters would be invisible on a black background.
            let ink = Ink(color: entry.color == .black ? nil : entry.color)
            put(letters[entry] ?? "?", x: x + place % columns, y: y + place / columns, ink: ink)
        }
    }

    /// The upper pixel of a cell is its foreground colour, the lower one its background.
    private mutating func drawBlocks(
        x: Int, y: Int, _ columns: Int, _ rows: Int, _ style: TerminalStyle, _ color: (Int, Int) -> RGB
    ) {
        for row in 0..<rows {
            for column in 0..<columns {
                guard style.unicode else {
                    put(" ", x: x + column, y: y + row, ink: Ink(background: color(column, row)))
                    continue
                }
                let upper = color(column, row * 2)
                let lower = color(column, row * 2 + 1)
                // Saves an escape sequence if both are equal.
                let ink = upper == lower ? Ink(background: lower) : Ink(color: upper, background: lower)
                put(upper == lower ? " " : "▀", x: x + column, y: y + row, ink: ink)
            }
        }
    }
}
