// Records as rows of a table.

import SegRuntime
import SegSystem
import SegTerminal

/// Rows of records; in a record of records, each row begins with its name.
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

    /// Whether any row has a value in a column.
    func hasEntry(_ column: String) -> Bool { rows.contains { $0.row[column].map { !$0.isNil } ?? false } }

    var isNamed: Bool { rows.contains { $0.name != nil } }

    /// The rows as cells of some columns; whole numbers in full, others with four digits.
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
