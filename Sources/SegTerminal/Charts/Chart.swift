// What every chart is: lines for a terminal, and a drawing for a file. Headings, and what is
// said where there is nothing to show, are the same for all of them.

import SegSystem

/// Something to look at, such as curves, bars, a matrix or pictures.
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

    /// A text from outside on one line, cut to the width of a chart.
    func chartLine(_ text: String) -> String {
        TextWidth.truncate(TextWidth.escaped(text), to: chartColumns, ellipsis: ellipsis)
    }

    /// The line above a chart; none without a title.
    func heading(_ title: String?) -> [String] {
        title.map { [paint(chartLine($0), bold: true)] } ?? []
    }

    /// The line of a chart without content.
    var emptyChart: String { paint(nothingToShow, dim: true) }
}

extension Drawing {
    /// The width of a page, in points.
    static let pageWidth = 720.0
    /// The free border of a chart.
    static let margin = 16.0
    /// What a heading takes of the height, below the border.
    static let headingHeight = 28.0

    /// Sets a title at the top, and a note in smaller letters behind it.
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

    /// What is said in place of a chart without content, from `top` on.
    mutating func emptyChart(top: Double) {
        text(nothingToShow, at: Point(Drawing.margin, top + 14), Lettering(size: 13, color: .quiet))
    }
}
