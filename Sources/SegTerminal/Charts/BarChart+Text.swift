// Bar charts as text: blocks by eighths of a cell if unicode is allowed, else letters.

import SegSystem

extension BarChart {
    /// The chart as lines: label, bar, value and share.
    public func lines(_ style: TerminalStyle) -> [String] {
        let columns = style.chartColumns
        let layout = layout(intervals: columns / 12)
        var lines = style.heading(title)
        if let emptiness { return lines + [style.emptyChart(emptiness)] }

        let names = bars.map { TextWidth.escaped($0.label) }
        let labelWidth = min(names.map(TextWidth.of).max() ?? 0, max(columns / 3, 4))
        let labels = DistinctNames.cut(names, ellipsis: style.ellipsis) { TextWidth.of($0) <= labelWidth }
        let valueWidth = layout.values.map(TextWidth.of).max() ?? 0
        let room = columns - labelWidth - 2 - valueWidth
        // If there is little space, the bars matter more than the shares.
        let shareWidth = layout.shares?.map(TextWidth.of).max().map { room - $0 - 2 < 10 ? 0 : $0 } ?? 0
        let width = max(room - (shareWidth > 0 ? shareWidth + 2 : 0), 1)

        let color = ChartPalette.onTerminal(0)
        for index in bars.indices {
            var line = TextWidth.fit(labels[index], to: labelWidth, unicode: style.unicode) + " "
            line += BarChart.bar(from: layout.zero, to: layout.ends[index], width: width, color, style) + " "
            line += TextWidth.pad(layout.values[index], to: valueWidth, alignment: .right)
            if shareWidth > 0, let share = layout.shares?[index] {
                line += "  " + style.paint(TextWidth.pad(share, to: shareWidth, alignment: .right), dim: true)
            }
            lines.append(line)
        }
        if let axis = layout.axis {
            lines += BarChart.axisLines(axis, left: labelWidth + 1, width: width, columns, style)
        }
        return lines + style.noteLines(note)
    }

    /// The line of an axis below the bars, and its labels.
    private static func axisLines(
        _ axis: Axis, left: Int, width: Int, _ columns: Int, _ style: TerminalStyle
    ) -> [String] {
        var canvas = TextCanvas(width: columns, height: 2)
        let dim = Ink(dim: true)
        for x in 0..<width { canvas.put(style.unicode ? "─" : "-", x: left + x, y: 0, ink: dim) }
        var free = 0
        for tick in axis.ticks {
            guard let share = axis.fraction(tick.value) else { continue }
            let x = left + Int(rounding: share * Double(width - 1), within: 0...max(width - 1, 0))
            let size = TextWidth.of(tick.label)
            let start = (x - size / 2).held(within: 0...max(columns - size, 0))
            guard start >= free, size <= columns else { continue }
            free = start + size + 1
            canvas.put(style.unicode ? "┬" : "+", x: x, y: 0, ink: dim)
            canvas.put(tick.label, x: start, y: 1, ink: dim)
        }
        return canvas.lines(style)
    }

    /// One bar of `width` cells, between two positions given as fractions of it.
    private static func bar(
        from zero: Double, to end: Double?, width: Int, _ color: RGB, _ style: TerminalStyle
    ) -> String {
        guard let end else { return TextWidth.pad(style.unicode ? "·" : "?", to: width) }
        let steps = style.unicode ? 8 : 1
        let origin = Int(rounding: zero * Double(width), within: 0...width)
        if end >= zero {
            let room = width - origin
            let exact = (end - zero) / max(1 - zero, 1e-12) * Double(room * steps)
            var filled = Int(rounding: exact, within: 0...(room * steps))
            // Small values above zero remain visible.
            if filled == 0 && end > zero && room > 0 && style.unicode { filled = 1 }
            var text = String(repeating: style.unicode ? "█" : "#", count: filled / steps)
            if filled % steps > 0 { text.append(eighths[filled % steps - 1]) }
            return TextWidth.spaces(origin) + style.paint(text, color)
                + TextWidth.spaces(room - TextWidth.of(text))
        }
        // Below zero: blocks that grow to the left exist only as halves.
        let halves = style.unicode ? 2 : 1
        let exact = (zero - end) / max(zero, 1e-12) * Double(origin * halves)
        let filled = max(Int(rounding: exact, within: 0...(origin * halves)), origin > 0 ? 1 : 0)
        var text = filled % halves > 0 ? "▐" : ""
        text += String(repeating: style.unicode ? "█" : "#", count: filled / halves)
        return TextWidth.spaces(origin - TextWidth.of(text)) + style.paint(text, color)
            + TextWidth.spaces(width - origin)
    }

    private static let eighths: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}
