// Records as rows of a table: what `table` prints and `table_text` gives as text.

import SegRuntime
import SegSystem
import SegTerminal

/// Rows of records, in front of each the name it has in a record of records.
struct TableRows {
    private var rows: [(name: String?, row: RecordObject)] = []
    private(set) var header: [String] = []

    init(_ call: borrowing Arguments, _ place: Int) throws {
        let wanted = "a list or record of records"
        if let record = call[place].asRecord {
            for (name, value) in zip(record.names, record.values) {
                guard let row = value.asRecord else { throw call.wrong(place, wanted) }
                rows.append((name, row))
            }
        } else {
            for item in try call.items(place) {
                guard let row = item.asRecord else { throw call.wrong(place, wanted) }
                rows.append((nil, row))
            }
        }
        for (_, row) in rows { header += row.names.filter { !header.contains($0) } }
    }

    /// Whether any row has something in a column.
    func hasEntry(_ column: String) -> Bool { rows.contains { $0.row[column].map { !$0.isNil } ?? false } }

    var isNamed: Bool { rows.contains { $0.name != nil } }

    /// The rows as cells below some columns; whole numbers stand as they are, others with four digits.
    func cells(_ columns: [String], isNamed: Bool, _ interpreter: Interpreter) throws -> [[Table.Cell]] {
        try rows.map { name, row in
            (isNamed ? [Table.Cell.text(name ?? "")] : [])
                + (try columns.map { column in
                    guard let value = row[column], !value.isNil else { return Table.Cell.empty }
                    if let number = try interpreter.number(from: value) {
                        return number == number.rounded() || abs(number) >= 1e6
                            ? Table.Cell.number(number)
                            : Table.Cell.figure(NumberFormat.significant(number, 4))
                    }
                    return Table.Cell.text(try interpreter.line(value))
                })
        }
    }
}

let tableTextNatives: [Native] = [
    Native(
        "table_text(rows, footer=nil, dispensable=nil, title=nil)",
        "A table of records as `table` prints it, as text for the `line` or `display` of an object. Columns "
            + "without an entry are left out; the rows of `footer` stand below a rule; the columns named in `dispensable` give way, the first of them first, where "
            + "the terminal is too narrow.",
        examples: [
            "print(table_text([(name=\"a\", n=1)], footer=[(name=\"all\", n=12)]))  # expect: name   n\n# expect: ────  ──\n# expect: a      1\n# expect: ────  ──\n# expect: all   12"
        ]
    ) { call in
        let rows = try TableRows(call, 0)
        let footer = call.isNil(1) ? nil : try TableRows(call, 1)
        let dispensable = call.isNil(2) ? [] : try call.items(2).compactMap(\.asString)
        let interpreter = call.interpreter
        let style = interpreter.style
        let isNamed = rows.isNamed
        let title = try call.optionalString(3)
        func table(_ columns: [String]) throws -> Table {
            Table(
                title: title, header: (isNamed ? [""] : []) + columns,
                rows: try rows.cells(columns, isNamed: isNamed, interpreter),
                footer: try footer?.cells(columns, isNamed: isNamed, interpreter) ?? [])
        }
        var columns = rows.header.filter { rows.hasEntry($0) || footer?.hasEntry($0) == true }
        for column in dispensable where style.isTerminal {
            var free = style
            free.columns = 10_000
            let needed = try table(columns).lines(free).map(TextWidth.of).max() ?? 0
            if needed <= style.columns { break }
            columns.removeAll { $0 == column }
        }
        return .string(try table(columns).lines(style).joined(separator: "\n"))
    }
]
