// Bar charts: labelled values, such as pixels or IoU by class. The model, the lengths
// of the bars for text and drawing alike, and the text form. The order of the bars is
// the caller's.

@preconcurrency import Glibc
import SegSystem

/// Labelled values as horizontal bars.
public struct BarChart: Sendable {
    public struct Bar: Sendable {
        public var label: String
        public var value: Double
        /// The bar's own colour, such as its class's; nil takes the palette's first.
        public var color: RGB?

        public init(_ label: String, _ value: Double, color: RGB? = nil) {
            self.label = label
            self.value = value
            self.color = color
        }
    }

    public var title: String?
    /// Bars as long as the logarithm of their values; only for values from zero up.
    public var log: Bool
    /// Whether each value's share in the sum stands behind it; only where no value is negative.
    public var showsShares: Bool
    public var bars: [Bar]

    public init(title: String? = nil, log: Bool = false, showsShares: Bool = false, bars: [Bar]) {
        self.title = title
        self.log = log
        self.showsShares = showsShares
        self.bars = bars
    }

    /// Where the bars begin and end, as shares of the chart's width.
    struct Layout {
        /// The place of zero.
        let zero: Double
        /// The other end of each bar; nil for what is not a number.
        let ends: [Double?]
        /// The values and shares, written.
        let values: [String]
        let shares: [String]?
        /// Said beside the title.
        let note: String?
    }

    func layout() -> Layout {
        let finite = bars.map(\.value).filter(\.isFinite)
        let largest = max(finite.max() ?? 0, 0)
        let smallest = min(finite.min() ?? 0, 0)
        let isLog = log && smallest == 0 && largest > 0
        var shares: [String]?
        let sum = finite.reduce(0, +)
        if showsShares, smallest == 0, sum > 0, sum.isFinite {
            shares = bars.map { $0.value.isFinite ? NumberFormat.percent($0.value / sum) : "" }
        }
        let values = NumberFormat.column(bars.map(\.value))
        if isLog {
            // From a tenth of the least value above zero, so that it has a length.
            let least = finite.filter { $0 > 0 }.min() ?? 1
            let (bottom, top) = (log10(least) - 1, log10(largest))
            let ends = bars.map { bar -> Double? in
                guard !bar.value.isNaN else { return nil }
                return bar.value > 0 ? ((log10(bar.value) - bottom) / (top - bottom)).held(within: 0...1) : 0
            }
            return Layout(zero: 0, ends: ends, values: values, shares: shares, note: "logarithmic")
        }
        // Halves, so that the span of two large numbers stays finite.
        let span = largest / 2 - smallest / 2
        let zero = span > 0 ? -smallest / 2 / span : 0
        let ends = bars.map { bar -> Double? in
            guard !bar.value.isNaN else { return nil }
            guard span > 0 else { return bar.value == 0 ? 0 : bar.value > 0 ? 1 : 0 }
            return (zero + bar.value / 2 / span).held(within: 0...1)
        }
        return Layout(zero: zero, ends: ends, values: values, shares: shares, note: nil)
    }

    /// The chart as lines: label, bar, value and share.
    ///
    /// - Parameter rowLimit: on a terminal, more bars than this are left out at the end, and
    ///   a line says how many.
    public func lines(_ style: TerminalStyle, rowLimit: Int? = nil) -> [String] {
        let layout = layout()
        let columns = style.chartColumns
        var lines = headingLines(layout, style, columns)
        guard !bars.isEmpty else { return lines + [style.paint("nothing to show yet", dim: true)] }

        let labels = bars.map { TextWidth.escaped($0.label) }
        let labelWidth = min(labels.map(TextWidth.of).max() ?? 0, max(columns / 3, 4))
        let valueWidth = layout.values.map(TextWidth.of).max() ?? 0
        let room = columns - labelWidth - 2 - valueWidth
        // Where it is narrow, the bars matter more than the shares.
        let shareWidth = layout.shares?.map(TextWidth.of).max().map { room - $0 - 2 < 10 ? 0 : $0 } ?? 0
        let width = max(room - (shareWidth > 0 ? shareWidth + 2 : 0), 1)

        let shown = style.isTerminal ? min(max(rowLimit ?? bars.count, 1), bars.count) : bars.count
        for index in 0..<shown {
            var line = TextWidth.fit(labels[index], to: labelWidth, unicode: style.unicode) + " "
            let color = bars[index].color ?? Palette.terminalColor(0)
            line += BarChart.bar(from: layout.zero, to: layout.ends[index], width: width, color, style) + " "
            line += TextWidth.pad(layout.values[index], to: valueWidth, alignment: .right)
            if shareWidth > 0, let share = layout.shares?[index] {
                line += "  " + style.paint(TextWidth.pad(share, to: shareWidth, alignment: .right), dim: true)
            }
            lines.append(line)
        }
        if shown < bars.count {
            let mark = style.unicode ? "⋮" : ":"
            lines.append(
                style.paint("\(mark) \(NumberFormat.count(bars.count - shown)) more", dim: true))
        }
        return lines
    }

    private func headingLines(_ layout: Layout, _ style: TerminalStyle, _ columns: Int) -> [String] {
        guard title != nil || layout.note != nil else { return [] }
        let text = TextWidth.truncate(
            TextWidth.escaped(title ?? ""), to: columns, ellipsis: style.unicode ? "…" : "~")
        let note = layout.note.map { style.paint((text.isEmpty ? "" : "  ") + "(\($0))", dim: true) } ?? ""
        return [style.paint(text, bold: true) + note]
    }

    /// One bar of `width` cells, between two places given as shares of it.
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
            // What is little but not nothing still shows.
            if filled == 0 && end > zero && room > 0 && style.unicode { filled = 1 }
            var text = String(repeating: style.unicode ? "█" : "#", count: filled / steps)
            if filled % steps > 0 { text.append(eighths[filled % steps - 1]) }
            return TextWidth.spaces(origin) + style.paint(text, color)
                + TextWidth.spaces(room - TextWidth.of(text))
        }
        // Below zero: blocks that grow to the left exist only in halves.
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
