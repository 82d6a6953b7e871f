// CSV texts to rows and back. A cell with the separator, a quote or a line end is in quotes; a missing value is
// an empty cell.

import SegRuntime
import SegSystem

/// A CSV text in parts: its separator, and where it is from, for errors.
struct CSVFile {
    let path: String
    let separator: UInt8
    let interpreter: Interpreter

    init(path: String, separator: String, interpreter: Interpreter, argument: Int) throws {
        guard separator.utf8.count == 1, let byte = separator.utf8.first, ![10, 13, 34].contains(byte) else {
            throw Failure(
                .value,
                "separator should be one character, as \",\", \";\" or \"\\t\", not \(quotedText(separator))",
                argument: argument)
        }
        self.path = path
        self.separator = byte
        self.interpreter = interpreter
    }

    // MARK: Reading

    /// A row, with the line on which it begins.
    private typealias Row = (line: Int, cells: [String])

    /// The table of a file: a list of records named by the first row, or of lists.
    func table(_ bytes: [UInt8], header: Bool) throws -> Value {
        let what = "the table of \(quotedText(path))"
        let table = GrowingList(interpreter, for: what)
        var meter = MemoryMeter(interpreter, for: what)
        var names: [String] = []
        var first: RecordObject?
        var width: Int?
        try rows(bytes) { row in
            try checkLength(row, width, header: header)
            guard header, width == nil else {
                width = row.cells.count
                var values: [Value] = []
                values.reserveCapacity(row.cells.count)
                for cell in row.cells {
                    let value = value(cell)
                    try meter.add(value)
                    values.append(value)
                }
                try meter.add(bytes: 128)
                guard let first else { return try table.append(.list(values), isCounted: true) }
                // Columns without a name are one entry.
                let record =
                    first.count == values.count
                    ? RecordObject(like: first, values: values)
                    : RecordObject(zip(names, values).map { ($0, $1) })
                return try table.append(.object(record), isCounted: true)
            }
            names = try self.names(row)
            width = names.count
            first = RecordObject(names.map { ($0, .nilValue) })
        }
        return .list(try table.take())
    }

    private func damaged(_ line: Int, _ problem: String, help: String? = nil) -> Failure {
        Failure(.file, "\(quotedText(path)), line \(line): \(problem)", help: help, argument: 0)
    }

    /// The rows of a text; quoted cells may hold separators, quotes and line ends. Empty lines are left out.
    private func rows(_ bytes: [UInt8], _ body: (Row) throws -> Void) throws {
        // One row may be the whole file.
        var meter = MemoryMeter(interpreter, for: "a row of \(quotedText(path))")
        var row: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        // After the quote that ends an entry.
        var isClosed = false
        var hasQuotes = false
        var line = 1
        var quoteLine = 1
        var rowLine = 1
        var place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        func endCell() throws {
            try meter.add(bytes: 16 + cell.count)
            guard let text = try TextEncoding.validText(of: cell, poll: interpreter.checkInterrupt) else {
                throw Failure(TextEncoding.notUTF8(path, line: rowLine))
            }
            row.append(text)
            cell = []
            isClosed = false
        }
        func endRow() throws {
            if !row.isEmpty || !cell.isEmpty || hasQuotes {
                try endCell()
                try body((rowLine, row))
            }
            row = []
            hasQuotes = false
        }
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if place & 0xffff == 0 {
                try interpreter.checkInterrupt()
                if cell.count > 1 << 20 {
                    try interpreter.reserve(2 * cell.count, for: "an entry of \(quotedText(path))")
                }
            }
            let isLineEnd = byte == 10 || byte == 13
            if byte == 13, place < bytes.count, bytes[place] == 10 {
                if isQuoted { cell.append(13) }
                continue
            }
            if isLineEnd { line += 1 }
            if isQuoted {
                if byte != 34 {
                    cell.append(byte)
                } else if place < bytes.count, bytes[place] == 34 {
                    cell.append(34)
                    place += 1
                } else {
                    isQuoted = false
                    isClosed = true
                }
            } else if byte == separator {
                try endCell()
            } else if isLineEnd {
                try endRow()
                rowLine = line
            } else if isClosed {
                // Blanks may fill up a column.
                if byte == 32 || byte == 9 { continue }
                throw damaged(
                    line, "an entry continues after its closing quote",
                    help: "within quotes a quote is written twice: \"a 5\"\" nail\"")
            } else if byte == 34, cell.allSatisfy({ $0 == 32 || $0 == 9 }) {
                // Elsewhere it is a character like any other.
                cell = []
                isQuoted = true
                hasQuotes = true
                quoteLine = line
            } else {
                cell.append(byte)
            }
        }
        if isQuoted { throw damaged(quoteLine, "the quote \" that begins here is not closed") }
        try endRow()
    }

    /// The value of a cell: nothing is nil, a number a number, anything else a text.
    private func value(_ text: String) -> Value {
        if text.isEmpty { return .nilValue }
        // Blanks may fill up a column of numbers.
        let entry = text.withoutBlanksAround
        // A name of digits that begins with 0, as "007" or CamVid's "0016E5", is no number.
        let digits = entry.drop { $0 == "-" || $0 == "+" }.prefix(2)
        if digits.first == "0", digits.count == 2, !entry.contains(".") { return .string(text) }
        guard let number = entry.decimalNumber else { return .string(text) }
        // So is a whole one of more digits than a number keeps, as an identifier.
        let isWhole = entry.utf8.allSatisfy { (48...57).contains($0) || $0 == 45 || $0 == 43 }
        // 2^53 itself is also what 2^53 + 1 is read as.
        let isExact = number.magnitude < 0x1p53 || entry.hasSuffix("9007199254740992")
        if isWhole, number.magnitude > 0x1p53 || !isExact { return .string(text) }
        return .number(number)
    }

    /// Every row must have as many cells as the first.
    private func checkLength(_ row: Row, _ width: Int?, header: Bool) throws {
        guard let width, row.cells.count != width else { return }
        let cells = plural(row.cells.count, "entry")
        throw damaged(
            row.line, "the row has \(cells), \(header ? "the header" : "the first row") \(width)",
            help: width == 1
                ? "columns are separated by \(quotedText(String(UnicodeScalar(separator)))); others need separator="
                : "an entry that contains the separator must be in quotes")
    }

    /// The names of the columns, in the first row.
    private func names(_ header: Row) throws -> [String] {
        var seen: Set<String> = []
        for name in header.cells where !name.isEmpty && !seen.insert(name).inserted {
            throw damaged(
                header.line, "two columns have the name \(quotedText(name))",
                help: "header=false gives the rows as lists")
        }
        return header.cells
    }

    // MARK: Writing

    /// A row as a line of the text.
    func line(_ cells: [Value]) throws -> String {
        try interpreter.checkInterrupt()
        let texts = try cells.map(text)
        // An empty line would be no row.
        if texts == [""] { return "\"\"\n" }
        return texts.joined(separator: String(UnicodeScalar(separator))) + "\n"
    }

    private func text(_ cell: Value) throws -> String {
        if cell.isNil { return "" }
        let plain: String
        if let tensor = cell.asTensorValue?.promise, tensor.count == 1,
            let number = try tensor.decimalNumbers(interpreter).first
        {
            plain =
                try tensor.largeWhole()
                ?? interpreter.line(tensor.dtype == .bool ? .bool(number != 0) : .number(number))
        } else {
            if let tensor = cell.asTensorValue?.promise {
                throw Failure(
                    .type, "write_csv: a tensor of shape \(tensor.shape) is no cell of a table",
                    help:
                        "columns are lists or tensors of one axis and one length, (a=…, b=…); write_json keeps tensors"
                )
            }
            plain = try interpreter.line(cell)
        }
        // A byte order mark at the start of a text is passed over by readers.
        let needsQuotes =
            plain.utf8.contains { $0 == 34 || $0 == separator || $0 == 10 || $0 == 13 }
            || plain.unicodeScalars.first == "\u{feff}"
        guard needsQuotes else { return plain }
        // By scalars: a quote and a mark that combines with it are one character.
        var quoted = "\""
        for scalar in plain.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}

/// The rows of what has no names for its columns: a tensor without labels, a list of lists or of plain values,
/// a record of plain values. Nil for anything else, which is written with a header. A row is made when it is asked for,
/// since Ctrl-C would wait for the release of a million.
func rowsWithoutHeader(_ call: borrowing Arguments, _ place: Int) throws
    -> (count: Int, row: (Int) throws -> [Value])?
{
    let value = call[place]
    let interpreter = call.interpreter
    func isNamed(_ value: Value) -> Bool { value.asRecord != nil || value.asInstance != nil }
    if let tensor = value.asTensorValue?.promise {
        guard tensor.labels.isEmpty, (1...2).contains(tensor.rank) else { return nil }
        let elements = try tensor.elements(interpreter)
        let width = tensor.rank == 2 ? tensor.shape[1] : 1
        let isBool = tensor.dtype == .bool
        return (
            tensor.shape[0],
            { row in
                elements[row * width..<(row + 1) * width].map { isBool ? .bool($0.asNumber != 0) : $0 }
            }
        )
    }
    if let record = value.asRecord {
        let (names, values) = (record.names, record.values)
        if values.contains(where: isNamed) || values.allSatisfy(TableRows.isColumn) { return nil }
        return (names.count, { [.string(names[$0]), values[$0]] })
    }
    guard value.asInstance == nil else { return nil }
    let items = try call.items(place)
    if items.contains(where: isNamed) { return nil }
    return (
        items.count,
        { place in
            let item = items[place]
            if item.asString != nil || (item.asTensorValue.map { $0.promise.rank == 0 } ?? false) {
                return [item]
            }
            return try interpreter.items(item) ?? [item]
        }
    )
}

extension String {
    fileprivate var withoutBlanksAround: String {
        func isBlank(_ byte: UInt8?) -> Bool { byte == 32 || byte == 9 }
        guard isBlank(utf8.first) || isBlank(utf8.last) else { return self }
        var rest = self[...]
        while isBlank(rest.utf8.first) { rest.removeFirst() }
        while isBlank(rest.utf8.last) { rest.removeLast() }
        return String(rest)
    }
}
