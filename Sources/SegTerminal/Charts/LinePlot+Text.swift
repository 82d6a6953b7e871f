// Line plots as text: braille dots if unicode is allowed, else ASCII letters; without colour, markers
// distinguish the series.

import SegSystem

extension LinePlot {
    /// The plot as 20 lines, or as many as the terminal has: title, curves between their axes, tick labels,
    /// legend.
    public func lines(_ style: TerminalStyle) -> [String] { lines(style, height: min(20, style.chartRows)) }

    /// - Parameter height: the total number of lines, unless the plot has its own.
    public func lines(_ style: TerminalStyle, height: Int) -> [String] {
        var style = style
        if let width { style.columns = width }
        let height = self.height ?? height
        let columns = style.chartColumns
        let legend = legendLines(style, columns, limit: max(height / 4, 1))
        let heading = headingLines(style, columns)
        let note = style.noteLines(note)
        let below = 2 + (xLabel == nil ? 0 : 1) + legend.count + note.count
        var rows = (height - heading.count - below).held(within: 3...200)

        let layout = layout(
            xIntervals: max(columns / 11, 2), yIntervals: max(rows / 3, 2), resolution: columns * 2)
        if layout.emptiness != nil { rows = min(rows, 5) }
        let labelWidth = min(layout.y.ticks.map { TextWidth.of($0.label) }.max() ?? 0, columns / 2)
        let left = labelWidth + 2
        let width = max(columns - left, 4)
        var canvas = TextCanvas(width: left + width, height: rows + 2)

        drawAxes(layout, on: &canvas, left: left, rows: rows, style)
        if let emptiness = layout.emptiness {
            let text = TextWidth.truncate(emptiness, to: width, ellipsis: "")
            canvas.put(text, x: left + (width - text.count) / 2, y: rows / 2, ink: Ink(dim: true))
        } else if style.unicode {
            drawBraille(layout, on: &canvas, left: left, width: width, rows: rows, style)
        } else {
            drawASCII(layout, on: &canvas, left: left, width: width, rows: rows)
        }

        var lines = heading + canvas.lines(style)
        if let xLabel {
            let text = TextWidth.fit(
                TextWidth.escaped(xLabel), to: width, alignment: .center, unicode: style.unicode)
            lines.append(TextWidth.spaces(left) + Self.withoutEnd(text))
        }
        return lines + legend + note
    }

    /// The markers of the series; after the signs come letters, so that forty series differ without colour.
    static let unicodeMarkers = Array("●▲■◆○△□◇▼▽★☆✕✚") + letters
    static let asciiMarkers = Array("*o+x#@%&$=^~<>") + letters
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    /// Those of several runs: of the validation, and of the training.
    static let pairs = (filled: Array("●▲■◆▼★") + letters, hollow: Array("○△□◇▽☆abcdefghijklmnopqrstuvwxyz"))
    static let asciiPairs = (filled: letters, hollow: Array("abcdefghijklmnopqrstuvwxyz"))

    private static func withoutEnd(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }

    private func ink(_ index: Int) -> Ink { Ink(color: ChartPalette.onTerminal(colorPlace(index))) }

    private func marker(_ index: Int, _ style: TerminalStyle) -> Character {
        var markers = style.unicode ? LinePlot.unicodeMarkers : LinePlot.asciiMarkers
        if series[index].group != nil {
            let pairs = style.unicode ? LinePlot.pairs : LinePlot.asciiPairs
            markers = series[index].isSecondary ? pairs.hollow : pairs.filled
        }
        return markers[colorPlace(index) % markers.count]
    }

    private func headingLines(_ style: TerminalStyle, _ columns: Int) -> [String] {
        var lines = style.heading(title, isCentered: true)
        if let yLabel {
            lines.append(TextWidth.truncate(TextWidth.escaped(yLabel), to: columns, ellipsis: ""))
        }
        return lines
    }

    /// Names with their markers, in at most `limit` lines; the last one says how many names are left out.
    private func legendLines(_ style: TerminalStyle, _ columns: Int, limit: Int) -> [String] {
        guard needsLegend else { return [] }
        var lines: [String] = []
        var line = " "
        var used = 1
        let room = max(columns - 6, 4)
        let texts = DistinctNames.cut(names, ellipsis: style.ellipsis) { TextWidth.of($0) <= room }
        for (index, text) in texts.enumerated() {
            let size = TextWidth.of(text) + 5
            if used + size > columns && used > 1 {
                lines.append(line)
                if lines.count == limit {
                    lines.append(
                        style.paint("  and \(NumberFormat.count(names.count - index)) more", dim: true))
                    return lines.map(LinePlot.withoutEnd)
                }
                line = " "
                used = 1
            }
            let sign = style.paint(String(marker(index, style)), ChartPalette.onTerminal(colorPlace(index)))
            line += " " + sign + " " + text + "  "
            used += size
        }
        lines.append(line)
        return lines.map(LinePlot.withoutEnd)
    }

    private func drawAxes(
        _ layout: Layout, on canvas: inout TextCanvas, left: Int, rows: Int, _ style: TerminalStyle
    ) {
        let frame = Ink(dim: true)
        let corner = left - 1
        for y in 0..<rows { canvas.put(style.unicode ? "│" : "|", x: corner, y: y, ink: frame) }
        canvas.put(style.unicode ? "└" : "+", x: corner, y: rows, ink: frame)
        for x in left..<max(canvas.width, left) {
            canvas.put(style.unicode ? "─" : "-", x: x, y: rows, ink: frame)
        }
        guard layout.emptiness == nil else { return }

        var lastRow = rows + 1
        for tick in layout.y.ticks {
            guard let share = layout.y.fraction(tick.value) else { continue }
            let row = Int(rounding: (1 - share) * Double(rows - 1), within: 0...(rows - 1))
            guard row < lastRow else { continue }
            lastRow = row
            let label = TextWidth.fit(tick.label, to: left - 2, alignment: .right, unicode: style.unicode)
            canvas.put(label, x: 0, y: row)
            canvas.put(style.unicode ? "┤" : "+", x: corner, y: row, ink: frame)
        }

        let width = canvas.width - left
        var free = 0
        for tick in layout.x.ticks {
            guard let share = layout.x.fraction(tick.value) else { continue }
            let x = left + Int(rounding: share * Double(width - 1), within: 0...max(width - 1, 0))
            let size = TextWidth.of(tick.label)
            let start = (x - size / 2).held(within: 0...max(canvas.width - size, 0))
            guard start >= free, size <= canvas.width else { continue }
            free = start + size + 1
            canvas.put(tick.label, x: start, y: rows + 1)
            canvas.put(style.unicode ? "┬" : "+", x: x, y: rows, ink: frame)
        }
    }

    // MARK: Braille

    private func drawBraille(
        _ layout: Layout, on canvas: inout TextCanvas, left: Int, width: Int, rows: Int,
        _ style: TerminalStyle
    ) {
        var bands = BrailleCanvas(columns: width, rows: rows)
        var dots = BrailleCanvas(columns: width, rows: rows)
        func dot(_ place: Place) -> (x: Int, y: Int) {
            (
                Int(rounding: place.x * Double(dots.width - 1), within: 0...max(dots.width - 1, 0)),
                Int(rounding: (1 - place.y) * Double(dots.height - 1), within: 0...max(dots.height - 1, 0))
            )
        }
        for (index, curve) in layout.curves.enumerated() {
            let color = ChartPalette.onTerminal(colorPlace(index))
            for band in curve.bands {
                LinePlot.forEachColumn(of: band, columns: bands.width) { x, low, high in
                    let top = dot(Place(x: 0, y: high)).y
                    let bottom = dot(Place(x: 0, y: low)).y
                    for y in top...max(top, bottom) where (x + 2 * y + index) % 4 == 0 {
                        bands.dot(x: x, y: y, color: color)
                    }
                }
            }
            for run in curve.runs {
                guard let first = run.first else { continue }
                var last = dot(first)
                dots.dot(x: last.x, y: last.y, color: color)
                var drawn = 0
                for place in run.dropFirst() {
                    let next = dot(place)
                    drawn = dots.line(
                        from: last, to: next, color: color, dash: series[index].isSecondary ? 3 : nil,
                        after: drawn)
                    last = next
                }
            }
        }
        bands.draw(on: &canvas, x: left, y: 0, dim: true)
        dots.draw(on: &canvas, x: left, y: 0)

        // Markers: at each point of a short series; of several series, also spread along a long one.
        for (index, curve) in layout.curves.enumerated() {
            let isShort = series[index].edges == nil && curve.points.count * 3 <= width
            guard isShort || layout.curves.count > 1 else { continue }
            var free = isShort ? -1 : index * width / (6 * layout.curves.count)
            for place in curve.points {
                let (x, y) = dot(place)
                guard isShort || x / 2 >= free else { continue }
                canvas.put(marker(index, style), x: left + x / 2, y: y / 4, ink: ink(index))
                free = x / 2 + width / 6
            }
        }
    }

    // MARK: ASCII

    private func drawASCII(_ layout: Layout, on canvas: inout TextCanvas, left: Int, width: Int, rows: Int) {
        func row(_ y: Double) -> Int { Int(rounding: (1 - y) * Double(rows - 1), within: 0...(rows - 1)) }
        func column(_ x: Double) -> Int { Int(rounding: x * Double(width - 1), within: 0...(width - 1)) }
        for curve in layout.curves {
            for band in curve.bands {
                LinePlot.forEachColumn(of: band, columns: width) { x, low, high in
                    let (top, bottom) = (row(high), row(low))
                    for y in top...max(top, bottom) { canvas.put(".", x: left + x, y: y) }
                }
            }
        }
        for (index, curve) in layout.curves.enumerated() {
            let sign = marker(index, TerminalStyle(unicode: false))
            for run in curve.runs {
                guard var last = run.first else { continue }
                canvas.put(sign, x: left + column(last.x), y: row(last.y), ink: ink(index))
                for place in run.dropFirst() {
                    let (from, to) = (column(last.x), column(place.x))
                    let span = max(abs(to - from), 1)
                    for step in 0...span {
                        let share = Double(step) / Double(span)
                        let y = row(last.y + (place.y - last.y) * share)
                        let x = from + (to - from) * step / span
                        canvas.put(sign, x: left + x, y: y, ink: ink(index))
                    }
                    last = place
                }
            }
        }
    }

    /// Visits the columns that a band covers, with its lowest and highest position in each. A band's
    /// outline goes along its top and back along its bottom.
    private static func forEachColumn(
        of band: [Place], columns: Int, _ body: (_ x: Int, _ low: Double, _ high: Double) -> Void
    ) {
        var low = [Double](repeating: .infinity, count: columns)
        var high = [Double](repeating: -.infinity, count: columns)
        for index in band.indices {
            let start = band[index]
            let end = band[(index + 1) % band.count]
            let from = Int(rounding: start.x * Double(columns - 1), within: 0...max(columns - 1, 0))
            let to = Int(rounding: end.x * Double(columns - 1), within: 0...max(columns - 1, 0))
            let span = max(abs(to - from), 1)
            for step in 0...span {
                let x = from + (to - from) * step / span
                let y = start.y + (end.y - start.y) * Double(step) / Double(span)
                guard x < columns else { continue }
                low[x] = min(low[x], y)
                high[x] = max(high[x], y)
            }
        }
        for x in 0..<columns where low[x] <= high[x] { body(x, low[x], high[x]) }
    }
}
