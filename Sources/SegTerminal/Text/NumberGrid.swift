// The corner of a matrix as text: as many rows and columns as fit, from both ends, with
// dots for what is left out. For tensors at the prompt; what stands around it (shape,
// type, range) is the caller's.

import SegSystem

/// A matrix of numbers that is shown in part.
public struct NumberGrid {
    public let rowCount: Int
    public let columnCount: Int
    let values: (_ row: Int, _ column: Int) -> Double
    let rows: [String]
    let columns: [String]

    /// - Parameters:
    ///   - rows, columns: labels, or empty for none.
    ///   - values: gives an entry; it is asked only for those shown.
    public init(
        rowCount: Int, columnCount: Int, rows: [String] = [], columns: [String] = [],
        values: @escaping (_ row: Int, _ column: Int) -> Double
    ) {
        self.rowCount = max(rowCount, 0)
        self.columnCount = max(columnCount, 0)
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// The matrix as lines of aligned numbers.
    ///
    /// - Parameter rowLimit: at most so many rows of numbers.
    public func lines(_ style: TerminalStyle, rowLimit: Int = 8) -> [String] {
        guard rowCount > 0, columnCount > 0 else { return [] }
        let shownRows = NumberGrid.ends(of: rowCount, limit: max(rowLimit, 2))
        // Fewer columns until they fit; numbers of one column share their decimals.
        var limit = min(columnCount, style.chartColumns / 2)
        while true {
            let lines = lines(shownRows, NumberGrid.ends(of: columnCount, limit: limit), style)
            let width = lines.map(TextWidth.of).max() ?? 0
            if width <= style.chartColumns || limit <= 2 { return lines }
            limit = max(2, min(limit - 1, limit * style.chartColumns / max(width, 1)))
        }
    }

    /// The first and last of `count` places, nil between them where some are left out.
    private static func ends(of count: Int, limit: Int) -> [Int?] {
        guard count > limit else { return (0..<count).map { $0 } }
        let head = (limit + 1) / 2
        return (0..<head).map { $0 } + [nil] + ((count - limit + head)..<count).map { $0 }
    }

    private func lines(_ shownRows: [Int?], _ shownColumns: [Int?], _ style: TerminalStyle) -> [String] {
        var blocks: [[String]] = []
        let head = columns.isEmpty ? [] : [""]
        if !rows.isEmpty {
            let names = shownRows.map { row in row.map { $0 < rows.count ? rows[$0] : "" } ?? "" }
            let short = names.map { TextWidth.truncate(TextWidth.escaped($0), to: 20) }
            blocks.append(head + short)
        }
        for column in shownColumns {
            guard let column else {
                let dots = style.unicode ? "…" : "..."
                blocks.append(head + shownRows.map { _ in dots })
                continue
            }
            let numbers = NumberFormat.column(shownRows.compactMap { $0 }.map { values($0, column) })
            var next = numbers.makeIterator()
            let width = numbers.map(TextWidth.of).max() ?? 0
            let texts = shownRows.map { row in
                row == nil ? (style.unicode ? "⋮" : ":") : next.next() ?? ""
            }
            let name =
                column < columns.count ? TextWidth.truncate(TextWidth.escaped(columns[column]), to: 12) : ""
            let heading = columns.isEmpty ? [] : [name]
            let size = max(width, heading.map(TextWidth.of).max() ?? 0)
            blocks.append((heading + texts).map { TextWidth.pad($0, to: size, alignment: .right) })
        }
        return TextBlock.beside(blocks)
    }
}
