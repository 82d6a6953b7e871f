// The rows of a table: what `table`, `write_csv` and `Table` take, from records, objects, lists by column and
// labelled tensors.

import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

/// Rows of records; in a record of records, and in a tensor with labels, each row has a name.
struct TableRows {
    private(set) var rows: [(name: String?, row: RecordObject)] {
        get { storage.rows }
        set { storage = Storage(newValue) }
    }
    private var storage = Storage([])
    private(set) var header: [String] = []
    /// The name of the column of names, where it needs one.
    private(set) var heading = "name"
    /// The columns that were chosen, in a table of trials: nil is one of their values, not a lack of one.
    private var chosen: Set<String> = []
    /// The column by which the rows are in order: a narrow terminal shows it, too.
    private(set) var order: String?

    /// Releases a million rows elsewhere, as Ctrl-C would wait for it.
    private final class Storage {
        var rows: [(name: String?, row: RecordObject)]

        init(_ rows: [(name: String?, row: RecordObject)]) { self.rows = rows }

        deinit { LateRelease.release(unfinished: &rows) }
    }

    private static let wanted = "a list or record of records, a history or a tensor with labels"

    /// - Parameter selection: the place of the argument with the columns to take, nil for all.
    init(_ call: borrowing Arguments, _ place: Int, columns selection: Int? = nil) throws {
        try self.init(of: call, place)
        if let selection, !call.isNil(selection) { try select(call, selection) }
    }

    private init(of call: borrowing Arguments, _ place: Int) throws {
        let interpreter = call.interpreter
        var value = call[place]
        var isField = false
        if let instance = value.asInstance, !Self.isSequence(instance),
            let table = instance.method(named: "table")
        {
            value = try interpreter.call(table, [])
        } else if let instance = value.asInstance, !Self.isSequence(instance) {
            let tables = Self.tables(of: instance)
            guard tables.count < 2 else {
                let names = tables.map { ".\($0.name)" }.joined(separator: " and ")
                throw call.wrong(place, "one table", help: "this value has several: \(names)")
            }
            isField = !tables.isEmpty
            value = tables.first?.value ?? value
        }
        if let tensor = value.asTensorValue {
            guard (1...2).contains(tensor.promise.rank) else { throw call.wrong(place, Self.wanted) }
            try appendRows(of: tensor.promise, interpreter)
        } else if let record = value.asRecord {
            try appendRows(of: record, interpreter)
        } else if let instance = value.asInstance, !Self.isSequence(instance) {
            guard let row = try Self.row(value, interpreter) else {
                let hasHistory = instance.field(named: "history") != nil
                throw call.wrong(
                    place, Self.wanted, help: hasHistory ? "its rows are those of .history" : nil)
            }
            try appendRows(of: row, interpreter)
        } else {
            let settings = value.asInstance?.field(named: "settings")?.asList?.items ?? []
            chosen = Set(settings.compactMap(\.asString))
            order = value.asInstance?.field(named: "sorted_by")?.asString
            let items =
                try value.asInstance == nil && !isField ? call.items(place) : interpreter.items(value) ?? []
            rows = try interpreter.made(items.count) { item in
                try interpreter.checkInterrupt()
                guard let row = try Self.row(items[item], interpreter) else {
                    throw call.wrong(place, Self.wanted)
                }
                return (nil, row)
            }
        }
        var known: Set<String> = []
        for (_, row) in rows {
            try interpreter.checkInterrupt()
            header += row.names.filter { known.insert($0).inserted }
        }
        if header.contains(heading) { heading = "row" }
    }

    /// Keeps some columns, in the order in which an argument names them.
    private mutating func select(_ call: borrowing Arguments, _ place: Int) throws {
        let items = call[place].asString == nil ? try call.items(place) : [call[place]]
        var names: [String] = []
        for item in items {
            guard let name = item.asString else { throw call.wrong(place, "the names of columns") }
            guard columns.contains(name) else { throw noColumn(name) }
            if !names.contains(name) { names.append(name) }
        }
        if names.isEmpty { throw call.wrong(place, "the names of columns") }
        // The names of the rows are a column as the others where it is named, and left out where it is not.
        let isNamed = isNamed
        rows = try call.interpreter.made(rows.count) { place in
            try call.interpreter.checkInterrupt()
            let (name, row) = rows[place]
            let entries = names.map {
                ($0, isNamed && $0 == heading ? .string(name ?? "") : row[$0] ?? .nilValue)
            }
            return (nil, RecordObject(entries))
        }
        header = names
    }

    /// Whether the rows are the elements of an object. Those of a trainer are not: asking for them trains.
    private static func isSequence(_ instance: Instance) -> Bool {
        instance.type.method(named: "at") != nil && instance.type.method(named: "next") == nil
            && !instance.type.isCallable
    }

    /// The fields of an object that are tables: a `Table`, or a list of records by the name `rows`.
    private static func tables(of instance: Instance) -> [(name: String, value: Value)] {
        instance.fieldNames.compactMap { name in
            guard let value = instance.field(named: name) else { return nil }
            let isTable = value.asInstance.map { isSequence($0) && $0.field(named: "settings") != nil }
            let areRows = name == "rows" && value.asList?.items.allSatisfy { $0.asRecord != nil } == true
            return isTable == true || areRows ? (name, value) : nil
        }
    }

    /// A record, what an object's `row()` gives, or an object's fields; nil for anything else.
    private static func row(_ value: Value, _ interpreter: Interpreter) throws -> RecordObject? {
        if let record = value.asRecord { return record }
        guard let instance = value.asInstance, !instance.type.isCallable,
            instance.type.method(named: "next") == nil
        else { return nil }
        if let row = instance.method(named: "row") { return try interpreter.call(row, []).asRecord }
        return RecordObject(
            instance.fieldNames.compactMap { name in instance.field(named: name).map { (name, $0) } })
    }

    /// Records by name; lists of one length by the name of their column; else a row for each entry.
    private mutating func appendRows(of record: RecordObject, _ interpreter: Interpreter) throws {
        let (names, values) = (record.names, record.values)
        let inner = try interpreter.made(values.count) { place in
            try interpreter.checkInterrupt()
            return try Self.row(values[place], interpreter)
        }
        if !inner.contains(where: { $0 == nil }) {
            rows = try interpreter.made(names.count) { (names[$0], inner[$0] ?? RecordObject([])) }
            return
        }
        if record.values.allSatisfy(Self.isColumn) {
            let columns = try record.values.map { try interpreter.items($0) ?? [] }
            guard Set(columns.map(\.count)).count == 1 else {
                let lengths = zip(record.names, columns).map { "\($0) has \($1.count)" }
                throw Failure(
                    .shape,
                    "the columns of a table have equal lengths; \(lengths.joined(separator: ", "))",
                    argument: 0)
            }
            // The labels of a tensor name the rows.
            let labels = record.values.lazy.compactMap { $0.asTensorValue?.promise.labels[0]?.names }.first
            rows = try interpreter.made(columns[0].count) { place in
                try interpreter.checkInterrupt()
                return (labels?[place], RecordObject(like: record, values: columns.map { $0[place] }))
            }
            if labels != nil { heading = "label" }
            return
        }
        let first = RecordObject([("value", .nilValue)])
        rows = try interpreter.made(names.count) { place in
            try interpreter.checkInterrupt()
            return (names[place], RecordObject(like: first, values: [values[place]]))
        }
    }

    /// Whether a value can be a column: a list, or a tensor of one axis.
    static func isColumn(_ value: Value) -> Bool {
        value.asList != nil || value.asTensorValue?.promise.rank == 1
    }

    /// A row for each entry of the first axis. Without labels, columns are named by their position.
    private mutating func appendRows(of tensor: Tensor, _ interpreter: Interpreter) throws {
        let elements = try tensor.elements(interpreter)
        let count = tensor.shape[0]
        let width = tensor.rank == 2 ? tensor.shape[1] : 1
        let columns =
            tensor.rank == 1 ? ["value"] : tensor.labels[1]?.names ?? (0..<width).map { String($0) }
        let names = tensor.labels[0]?.names
        let first = RecordObject(columns.map { ($0, .nilValue) })
        rows = try interpreter.made(count) { place in
            try interpreter.checkInterrupt()
            let values = elements[place * width..<(place + 1) * width]
            return (names?[place], RecordObject(like: first, values: Array(values)))
        }
        heading = "label"
    }

    /// Whether any row has a value in a column.
    func hasEntry(_ column: String) -> Bool {
        rows.contains { row in row.row[column].map { !$0.isNil || chosen.contains(column) } ?? false }
    }

    var isNamed: Bool { rows.contains { $0.name != nil } }

    /// The names of all columns, that of the rows' names among them.
    var columns: [String] { (isNamed ? [heading] : []) + header }

    /// The values of each row in all columns; nil where a row lacks one.
    func values(_ interpreter: Interpreter) throws -> [[Value]] {
        let isNamed = isNamed
        return try interpreter.made(rows.count) { place in
            try interpreter.checkInterrupt()
            return values(at: place, isNamed: isNamed)
        }
    }

    /// The values of a row in all columns.
    /// - Parameter isNamed: what the property says, which visits all rows.
    func values(at place: Int, isNamed: Bool) -> [Value] {
        let (name, row) = rows[place]
        return (isNamed ? [.string(name ?? "")] : []) + header.map { row[$0] ?? .nilValue }
    }

    /// The value of each row in one of the columns.
    func values(of column: String, _ interpreter: Interpreter) throws -> [Value] {
        let areNames = isNamed && column == heading
        return try interpreter.made(rows.count) { place in
            try interpreter.checkInterrupt()
            let (name, row) = rows[place]
            return areNames ? .string(name ?? "") : row[column] ?? .nilValue
        }
    }

    /// The rows as cells of some columns; whole numbers in full, others with four digits.
    func cells(_ columns: [String], isNamed: Bool, _ interpreter: Interpreter) throws -> [[Table.Cell]] {
        // With the texts of the columns and the lines, so much was measured.
        try interpreter.reserve(
            rows.count * (64 + 112 * columns.count), for: "a table of \(rows.count) rows")
        return try interpreter.made(rows.count) { place in
            try interpreter.checkInterrupt()
            let (name, row) = rows[place]
            return (isNamed ? [Table.Cell.text(name ?? "")] : [])
                + (try columns.map { column in
                    guard let value = row[column], !value.isNil || chosen.contains(column) else {
                        return Table.Cell.empty
                    }
                    if let digits = try value.asTensorValue?.promise.largeWhole() {
                        return Table.Cell.figure(digits)
                    }
                    if let number = try interpreter.number(from: value) {
                        return number == number.rounded() || abs(number) >= 1e6
                            ? Table.Cell.number(number)
                            : Table.Cell.figure(NumberFormat.significant(number, 4))
                    }
                    return Table.Cell.text(try interpreter.line(value))
                })
        }
    }

    /// The rows for which a column has a value, in its order, then the others: those without a number, where
    /// the column is not of texts.
    func sorted(by column: String, descending: Bool, _ interpreter: Interpreter) throws -> [RecordObject] {
        let areTexts = rows.allSatisfy { $0.row[column]?.asString != nil }
        var keyed: [(key: Value, row: RecordObject)] = []
        var rest: [RecordObject] = []
        for (_, row) in rows {
            try interpreter.checkInterrupt()
            let key = row[column] ?? .nilValue
            let number = try interpreter.number(from: key) ?? .nan
            if areTexts || !number.isNaN {
                keyed.append((key, row))
            } else {
                rest.append(row)
            }
        }
        try keyed.sort { left, right in
            let order = try interpreter.order(left.key, right.key)
            return descending ? order > 0 : order < 0
        }
        return keyed.map(\.row) + rest
    }

    /// The error for a column that the table does not have.
    func noColumn(_ name: String) -> Failure {
        let near =
            columns.first { $0.lowercased() == name.lowercased() } ?? nearestName(to: name, among: columns)
        return Failure(
            .name,
            columns.isEmpty
                ? "the table has no column \(name); it has no columns"
                : "the table has no column \(name); it has \(columns.joined(separator: ", "))",
            help: near.map { "did you mean \(quotedText($0))?" })
    }
}

extension Tensor {
    /// The elements as numbers; those of float32 as the shortest decimals that read back the same.
    func decimalNumbers(_ interpreter: Interpreter) throws -> [Double] {
        let numbers = try doubles()
        guard dtype == .float32 else { return numbers }
        return try interpreter.made(numbers.count) { Double("\(Float(numbers[$0]))") ?? numbers[$0] }
    }

    /// Whether it has whole numbers that are no numbers of the language, of 2^53 and more.
    func hasLargeWholes() throws -> Bool {
        dtype == .int64 ? try doubles().contains { $0.magnitude >= 0x1p53 } : false
    }

    /// The digits of a tensor of one such number; nil for others.
    func largeWhole() throws -> String? {
        guard count == 1, try hasLargeWholes() else { return nil }
        return "\(try value().elements(Int64.self)[0])"
    }

    /// The elements as values that are written in full: numbers, and tensors of one large whole number.
    func elements(_ interpreter: Interpreter) throws -> [Value] {
        let numbers = try decimalNumbers(interpreter)
        guard try hasLargeWholes() else {
            return try interpreter.made(numbers.count) { .number(numbers[$0]) }
        }
        let whole = try value().rowMajor().elements(Int64.self)
        return try interpreter.made(numbers.count) { place in
            numbers[place].magnitude < 0x1p53
                ? .number(numbers[place]) : .tensor(Tensor(try TensorData([whole[place]], shape: [])))
        }
    }
}
