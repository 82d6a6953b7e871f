// The protocol of all charts: lines for a terminal, and a drawing for a file. Headings, and the message of
// an empty chart, are the same for all of them.

import SegSystem

/// Curves, bars, a matrix or pictures for display.
public protocol Chart {
    /// The chart as text, fitted to a terminal.
    func lines(_ style: TerminalStyle) -> [String]
    /// The chart for a file.
    var drawing: Drawing { get }
}

private let nothingToShow = "nothing to show yet"

extension TerminalStyle {
    /// The mark at the end of a text that is cut off.
    var ellipsis: String { unicode ? "…" : "~" }

    /// A text of the user on one line, cut to the width of a chart.
    func chartLine(_ text: String) -> String {
        TextWidth.truncate(TextWidth.escaped(text), to: chartColumns, ellipsis: ellipsis)
    }

    /// The lines of the title; none if there is no title.
    func heading(_ title: String?) -> [String] {
        title.map { [paint(chartLine($0), bold: true)] } ?? []
    }

    /// The line for a chart without content.
    var emptyChart: String { paint(nothingToShow, dim: true) }
}

extension Drawing {
    /// The width of a page, in points.
    static let pageWidth = 720.0
    /// The empty border of a chart.
    static let margin = 16.0
    /// The height of a heading, below the border.
    static let headingHeight = 28.0

    /// Draws a title at the top, and a note in smaller letters after it.
    mutating func heading(_ title: String?, note: String? = nil) {
        let noteSize = 12.0
        let noteWidth = note.map { Typeface.width(of: $0, size: noteSize) + 12 } ?? 0
        let text = Typeface.truncate(
            TextWidth.escaped(title ?? ""), to: width - 2 * Drawing.margin - noteWidth, size: 15, isBold: true
        )
        let base = Drawing.margin + 13
        self.text(text, at: Point(Drawing.margin, base), Lettering(size: 15, color: .ink, isBold: true))
        guard let note else { return }
        let x = text.isEmpty ? 0 : Typeface.width(of: text, size: 15, isBold: true) + 12
        self.text(note, at: Point(Drawing.margin + x, base), Lettering(size: noteSize, color: .quiet))
    }

    /// The text for a chart without content, from `top` on.
    mutating func emptyChart(top: Double) {
        text(nothingToShow, at: Point(Drawing.margin, top + 14), Lettering(size: 13, color: .quiet))
    }
}
