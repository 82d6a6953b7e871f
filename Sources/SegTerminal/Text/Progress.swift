// A progress line. The caller prints it over the previous one (carriage return, then the line, then
// ESC [ K) and decides how often.

import SegSystem

/// The state of an operation that takes a while.
public struct Progress: Sendable {
    public var label: String
    public var completed: Int
    /// nil if the end is not known.
    public var total: Int?
    /// Seconds since the beginning.
    public var elapsed: Double
    /// The unit of the rate: "frames" gives `3.4 frames/s`.
    public var unit: String
    /// A note, such as the loss; if there is little space, only the counts are more important.
    public var note: String

    public init(
        label: String = "", completed: Int, total: Int?, elapsed: Double, unit: String = "", note: String = ""
    ) {
        self.label = label
        self.completed = completed
        self.total = total
        self.elapsed = elapsed
        self.unit = unit
        self.note = note
    }

    /// The line: label, note, bar, counts, rate, remaining time; three cells narrower than the terminal, so
    /// that the terminal does not wrap it, nor the `^C` that it writes behind it. Parts that do not fit are left out.
    ///
    /// - Parameter hasBar: false in a file, where nothing is overwritten.
    public func line(_ style: TerminalStyle, hasBar: Bool = true) -> String {
        let width = max(style.columns.held(within: 4...1000) - 3, 1)
        let done = max(completed, 0)
        let total = total.map { max($0, 0) }
        var counts = NumberFormat.count(done)
        if let total {
            counts = TextWidth.pad(counts, to: NumberFormat.count(total).count, alignment: .right)
        }
        if let total { counts += "/" + NumberFormat.count(total) }

        let rate = elapsed > 0 && elapsed.isFinite ? Double(done) / elapsed : 0
        var speed = ""
        if rate > 0 {
            let name = TextWidth.escaped(unit)
            // For slow work, show the time of one item.
            speed =
                rate >= 0.5
                ? NumberFormat.significant(rate, 2, keeps: true) + (name.isEmpty ? "/s" : " \(name)/s")
                : NumberFormat.duration(1 / rate) + (name.isEmpty ? " each" : " per \(singular(name))")
        }
        var remaining = ""
        if let total, rate > 0 {
            remaining =
                done >= total
                ? "in " + NumberFormat.duration(elapsed)
                : NumberFormat.clock(Double(total - done) / rate) + " left"
        } else if elapsed > 0 {
            remaining = NumberFormat.clock(elapsed)
        }

        // In the order of importance; the bar gets the remaining width.
        let head = TextWidth.escaped(label)
        let note = TextWidth.escaped(note)
        var used = TextWidth.of(counts)
        func fits(_ text: String) -> Bool {
            guard !text.isEmpty, used + 2 + TextWidth.of(text) <= width else { return false }
            used += 2 + TextWidth.of(text)
            return true
        }
        let showsHead = fits(head)
        let showsRemaining = fits(remaining)
        let showsNote = fits(note)
        let showsSpeed = fits(speed)
        var parts: [String] = showsHead ? [style.paint(head, bold: true)] : []
        let room = min(width - used - 2, 30)
        // Below the note of one line is that of the next, as in the lines of epochs.
        if showsNote { parts.append(note) }
        if let total, hasBar, room >= 5 { parts.append(bar(done, total, room, style)) }
        parts.append(counts)
        if showsSpeed { parts.append(style.paint(speed, dim: true)) }
        if showsRemaining { parts.append(remaining) }
        return TextWidth.truncate(parts.joined(separator: "  "), to: width, ellipsis: "")
    }

    private func singular(_ name: String) -> String {
        name.hasSuffix("ches")
            ? String(name.dropLast(2)) : name.hasSuffix("s") ? String(name.dropLast()) : name
    }

    private func bar(_ done: Int, _ total: Int, _ width: Int, _ style: TerminalStyle) -> String {
        let share = total > 0 ? (Double(done) / Double(total)).held(within: 0...1) : 1
        if !style.unicode {
            let filled = Int(rounding: share * Double(width - 2), within: 0...(width - 2))
            return "[" + String(repeating: "#", count: filled)
                + String(repeating: "-", count: width - 2 - filled) + "]"
        }
        // A heavy line with half steps, over a light one; no frame is needed.
        let halves = Int(rounding: share * Double(width * 2), within: 0...(width * 2))
        let filled = String(repeating: "━", count: halves / 2) + (halves % 2 == 1 ? "╸" : "")
        let rest = width - (halves + 1) / 2
        let light = style.color == .none ? TextWidth.spaces(rest) : String(repeating: "━", count: rest)
        let track = style.color >= .ansi256 ? RGB(110, 110, 110) : nil
        return style.paint(filled, ChartPalette.onTerminal(halves == width * 2 ? 2 : 0))
            + style.paint(light, track, dim: true)
    }
}
