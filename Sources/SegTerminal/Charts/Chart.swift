// The protocol of all charts: lines for a terminal, and a drawing for a file. Headings, and the message of
// an empty chart, are the same for all of them.

import SegSystem

/// Curves, bars, a matrix or pictures for display.
public protocol Chart: Sendable {
    /// The chart as text, fitted to a terminal.
    func lines(_ style: TerminalStyle) -> [String]
    /// The chart for a file.
    var drawing: Drawing { get }
    /// Why there is nothing to draw, if so: no file is then written.
    var emptiness: String? { get }
}

/// A chart whose drawing has a width that can be chosen, in points.
public protocol SizedChart: Chart {
    var width: Double? { get set }
}

extension TerminalStyle {
    /// The mark at the end of a text that is cut off.
    var ellipsis: String { unicode ? "…" : "~" }

    /// A text of the user on one line, cut to the width of a chart.
    func chartLine(_ text: String) -> String {
        TextWidth.truncate(TextWidth.escaped(text), to: chartColumns, ellipsis: ellipsis)
    }

    /// The lines of the title; none if there is no title.
    func heading(_ title: String?, isCentered: Bool = false) -> [String] {
        wrapped(title).map { line in
            let indent = isCentered ? max((chartColumns - TextWidth.of(line)) / 2, 0) : 0
            return TextWidth.spaces(indent) + paint(line, bold: true)
        }
    }

    /// A title in as many lines as it needs, but at most four.
    private func wrapped(_ title: String?) -> [String] {
        guard let title, !title.isEmpty else { return [] }
        let text = TextWidth.escaped(title)
        let lines = TextWidth.wrap(text, to: chartColumns)
        guard lines.count > 4 else { return lines }
        let rest = lines[3...].joined(separator: " ")
        return lines.prefix(3) + [TextWidth.truncate(rest, to: chartColumns, ellipsis: ellipsis)]
    }

    /// The line for a chart without content.
    func emptyChart(_ reason: String) -> String { paint(reason, dim: true) }

    /// A note below a chart, in as many lines as it needs.
    func noteLines(_ note: String?) -> [String] {
        note.map { TextWidth.wrap($0, to: chartColumns).map { paint($0, dim: true) } } ?? []
    }
}

extension Drawing {
    /// The width of a page, in points.
    static let pageWidth = 720.0
    /// How much smaller than usual letters and lines of a small chart are: those of 11 points at least 6.6, which
    /// can still be read in print.
    static func scale(width: Double, height: Double = .infinity) -> Double {
        min(width / 360, height / 220).held(within: 0.6...1)
    }

    /// The empty border of a chart.
    static let margin = 16.0
    static let headingSize = 15.0
    /// The height of a note, above the border at the bottom.
    static let noteHeight = 20.0

    /// A title in lines for a drawing of this width.
    private static func headingLines(_ title: String?, width: Double) -> [String] {
        Typeface.wrap(
            TextWidth.escaped(title ?? ""), to: width - 2 * margin, size: headingSize, isBold: true, limit: 6)
    }

    private static let headingPitch = 20.0

    /// The height of a heading below the border, in a drawing of this width; 0 if there is no title.
    static func headingHeight(_ title: String?, width: Double) -> Double {
        let count = headingLines(title, width: width).count
        return count == 0 ? 0 : 8 + headingPitch * Double(count)
    }

    /// Draws a title at the top.
    mutating func heading(_ title: String?) {
        for (row, line) in Drawing.headingLines(title, width: width).enumerated() {
            text(
                line, at: Point(Drawing.margin, Drawing.margin + 13 + Drawing.headingPitch * Double(row)),
                Lettering(size: Drawing.headingSize, color: .ink, isBold: true))
        }
    }

    /// Draws a note at the bottom.
    mutating func note(_ note: String) {
        let text = Typeface.truncate(note, to: width - 2 * Drawing.margin, size: 11)
        self.text(text, at: Point(Drawing.margin, height - Drawing.margin + 3), Lettering(color: .quiet))
    }

    /// The text for a chart without content, from `top` on.
    mutating func emptyChart(_ reason: String, top: Double) {
        text(reason, at: Point(Drawing.margin, top + 14), Lettering(size: 13, color: .quiet))
    }
}
