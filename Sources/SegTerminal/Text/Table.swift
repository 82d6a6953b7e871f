// Tables: a header, rows of text and numbers, an optional footer. Numbers are right-aligned at their decimal
// points. On a terminal the widest text columns are made narrower until the table fits; in a pipe the table
// has its full width.

import SegSystem

/// Rows and columns of text and numbers.
public struct Table: Sendable {
    /// One entry of a table.
    public struct Cell: Sendable {
        enum Content: Sendable {
            case text(String)
            case number(Double)
            case figure(String)
            case empty
        }
        let content: Content

        public static func text(_ text: String) -> Cell { Cell(content: .text(text)) }
        /// A number; its column chooses the decimals.
        public static func number(_ value: Double) -> Cell { Cell(content: .number(value)) }
        /// A formatted number, such as `12.3 %` or `1.3 MB`: right-aligned, not changed.
        public static func figure(_ text: String) -> Cell { Cell(content: .figure(text)) }
        public static let empty = Cell(content: .empty)
    }

    public var title: String?
    public var header: [String]
    public var rows: [[Cell]]
    /// Rows below a second rule, such as totals.
    public var footer: [[Cell]]
    /// The place of a column that is never left out, as the first is not.
    public var essential: Int?

    /// Rows may be shorter than the header; longer ones get columns without a heading.
    public init(
        title: String? = nil, header: [String], rows: [[Cell]], footer: [[Cell]] = [], essential: Int? = nil
    ) {
        self.title = title
        self.header = header
        self.rows = rows
        self.footer = footer
        self.essential = essential
    }

    /// The table as lines.
    public func lines(_ style: TerminalStyle) -> [String] {
        let count = max(header.count, (rows + footer).map(\.count).max() ?? 0)
        guard count > 0 else { return heading(style) }
        var columns = (0..<count).map(column)
        if style.isTerminal { Table.fit(&columns, to: style.columns, essential: essential, style) }

        var lines = heading(style)
        let rule = columns.map { String(repeating: style.unicode ? "─" : "-", count: $0.width) }
        let ruleLine = style.paint(rule.joined(separator: Table.gap), dim: true)
        if header.contains(where: { !$0.isEmpty }) {
            lines.append(line(columns.map(\.heading), columns, style, bold: true))
            lines.append(ruleLine)
        }
        for index in rows.indices {
            lines.append(line(columns.map { $0.texts[index] }, columns, style))
        }
        if !footer.isEmpty { lines.append(ruleLine) }
        for index in footer.indices {
            let texts = columns.map { $0.texts[rows.count + index] }
            lines.append(line(texts, columns, style, bold: true))
        }
        return lines
    }

    /// At least so many bytes are in the lines of the rows where no column is made narrower.
    public var fullSize: Int {
        var widest: [Int] = []
        for row in rows {
            for (place, cell) in row.enumerated() {
                if place == widest.count { widest.append(0) }
                switch cell.content {
                case .text(let text), .figure(let text): widest[place] = max(widest[place], text.utf8.count)
                case .number, .empty: break
                }
            }
        }
        return rows.count * widest.reduce(0) { $0 + $1 + Table.gap.count }
    }

    private static let gap = "  "

    /// One column, its texts formatted and aligned at their decimal points.
    private struct Column {
        var heading: String
        var texts: [String]
        var isNumeric: Bool
        var width: Int
        var smallest: Int
    }

    private func column(at index: Int) -> Column {
        let cells = (rows + footer).map { index < $0.count ? $0[index] : Cell.empty }
        let heading = index < header.count ? TextWidth.escaped(header[index]) : ""
        let numbers = cells.compactMap { cell -> Double? in
            if case .number(let value) = cell.content { return value }
            return nil
        }
        var written = NumberFormat.column(numbers).makeIterator()
        var isNumeric = false
        var isText = false
        var texts = cells.map { cell -> String in
            switch cell.content {
            case .text(let text):
                isText = isText || !text.isEmpty
                return TextWidth.escaped(text)
            case .number:
                isNumeric = true
                return written.next() ?? ""
            case .figure(let text):
                isNumeric = true
                return TextWidth.escaped(text)
            case .empty: return ""
            }
        }
        // A column of numbers with a few "-" in it is still a column of numbers.
        let isRight = isNumeric && (!isText || numbers.count * 2 > cells.count)
        if isRight { Table.alignPoints(&texts, cells) }
        let width = max((texts + [heading]).map(TextWidth.of).max() ?? 0, 1)
        let smallest = isRight ? width : min(width, max(TextWidth.of(heading), 8))
        return Column(heading: heading, texts: texts, isNumeric: isRight, width: width, smallest: smallest)
    }

    /// Pads the decimals with spaces, so that the points are below each other. A column with different
    /// units in its rows (bytes, durations) is not changed.
    private static func alignPoints(_ texts: inout [String], _ cells: [Cell]) {
        // For each number: where its unit begins, and the length of its decimals with the point.
        var parts: [(index: Int, end: Int, tail: Int)] = []
        var unit: String?
        for (index, text) in texts.enumerated() {
            if case .text = cells[index].content { continue }
            let bytes = text.utf8
            let number = bytes.prefix {
                ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || numberSigns.contains($0)
            }
            guard number.contains(where: { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
                continue
            }
            let own = String(text[number.endIndex...])
            guard unit == nil || unit == own else { return }
            unit = own
            let whole = number.firstIndex(of: UInt8(ascii: ".")).map {
                bytes.distance(from: bytes.startIndex, to: $0)
            }
            parts.append((index, number.count, whole.map { number.count - $0 } ?? 0))
        }
        let longest = parts.map(\.tail).max() ?? 0
        for part in parts where part.tail < longest {
            let text = texts[part.index]
            texts[part.index] =
                text.prefix(part.end) + TextWidth.spaces(longest - part.tail)
                + text.dropFirst(part.end)
        }
    }

    private static let numberSigns = Set(",.-+<e".utf8)

    /// Narrows the widest text columns first. If the table still does not fit, removes columns from the
    /// right and puts a column of dots in their place.
    private static func fit(
        _ columns: inout [Column], to width: Int, essential: Int?, _ style: TerminalStyle
    ) {
        func total() -> Int { columns.reduce(0) { $0 + $1.width } + gap.count * (columns.count - 1) }
        var excess = total() - max(width, 1)
        while excess > 0 {
            let shrinkable = columns.indices.filter { columns[$0].width > columns[$0].smallest }
            guard let widest = shrinkable.max(by: { columns[$0].width < columns[$1].width }) else { break }
            columns[widest].width -= 1
            excess -= 1
        }
        guard excess > 0, let rowCount = columns.first?.texts.count else { return }
        let mark = style.ellipsis
        var last = columns.count - 1
        while last > 0 && total() + gap.count + 1 > width {
            if last != essential { columns.remove(at: last) }
            last -= 1
        }
        let dots = Array(repeating: mark, count: rowCount)
        columns.insert(
            Column(heading: mark, texts: dots, isNumeric: false, width: 1, smallest: 1), at: last + 1)
        if let first = columns.first, total() > width {
            columns[0].width = max(1, first.width - (total() - width))
        }
    }

    private func line(
        _ texts: [String], _ columns: [Column], _ style: TerminalStyle, bold: Bool = false
    ) -> String {
        var parts: [String] = []
        for (index, column) in columns.enumerated() {
            let alignment: TextWidth.Alignment = column.isNumeric ? .right : .left
            var text = TextWidth.fit(
                texts[index], to: column.width, alignment: alignment, unicode: style.unicode)
            if index == columns.count - 1 && !column.isNumeric { text = Table.withoutEnd(text) }
            parts.append(style.paint(text, bold: bold))
        }
        return parts.joined(separator: Table.gap)
    }

    private static func withoutEnd(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }

    private func heading(_ style: TerminalStyle) -> [String] {
        guard let title else { return [] }
        let text = TextWidth.escaped(title)
        let lines = style.isTerminal ? TextWidth.wrap(text, to: style.columns) : [text]
        return lines.map { style.paint($0, bold: true) }
    }
}
