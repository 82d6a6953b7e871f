// Files of text: CSV and JSON, read and written.

import SegRuntime
import SegSystem

let fileNatives: [Native] = [
    Native(
        "read_text(path)", "The text of a file.",
        examples: [
            "write_text(\"note.txt\", \"a\")\nprint(read_text(\"note.txt\"))  # expect: a"
        ]
    ) { call in
        .string(String(decoding: try call.interpreter.readFile(try call.string(0)), as: UTF8.self))
    },
    Native(
        "file_exists(path)", "Whether there is a file or folder of that name.",
        examples: ["print(file_exists(\"/\"), file_exists(\"/no/such/file\"))  # expect: true false"]
    ) { call in .bool(FileStatus.exists(try call.string(0))) },
    Native(
        "list_files(pattern)",
        "The paths that fit a pattern, in order; * ? [ab] stand for parts of names, ** for any number of folders.",
        examples: [
            "write_text(\"a.txt\", \"\")\nwrite_text(\"b.txt\", \"\")\nprint(list_files(\"*.txt\"))  # expect: [\"a.txt\", \"b.txt\"]",
            "print(list_files(\"results/*.csv\"))  # expect: []",
        ]
    ) { call in
        let interpreter = call.interpreter
        let pattern = FilePattern(try call.string(0))
        return .list(try pattern.paths(check: interpreter.checkInterrupt).map { .string($0) })
    },
    Native(
        "write_text(path, text)", "Writes a text as a file.",
        examples: [
            "write_text(\"note.txt\", \"a\")\nprint(read_text(\"note.txt\"))  # expect: a"
        ]
    ) { call in
        try call.write(try call.string(1), to: try call.string(0))
        return .nilValue
    },
    Native(
        "read_json(path)", "The value of a JSON file: objects become records, arrays lists.",
        examples: [
            "write_json((a=[1, 2]), \"value.json\")\nprint(read_json(\"value.json\"))  # expect: (a=[1, 2])"
        ]
    ) { call in
        let path = try call.string(0)
        let bytes = try call.interpreter.readFile(path)
        do {
            return try valueOfJSON(bytes, call.interpreter)
        } catch let problem as JSONReader.Problem {
            throw Failure(.file, "\(quotedText(path)), line \(problem.line): \(problem.message)", argument: 0)
        }
    },
    Native(
        "write_json(value, path)", "Writes records, lists, strings, numbers, bools and nil as JSON.",
        examples: [
            "write_json((a=[1, 2]), \"value.json\")\nprint(read_json(\"value.json\"))  # expect: (a=[1, 2])"
        ]
    ) { call in
        try call.write(try textOfJSON(call[0], call.interpreter) + "\n", to: try call.string(1))
        return .nilValue
    },
    Native(
        "read_csv(path, header=true)",
        "The rows of a CSV file: records named by the first row, or lists without a header. Text that is a "
            + "number becomes one.",
        examples: [
            "write_csv([(a=1, b=\"x\")], \"rows.csv\")\nprint(read_csv(\"rows.csv\"))  # expect: [(a=1, b=\"x\")]"
        ]
    ) { call in
        let bytes = try call.interpreter.readFile(try call.string(0))
        let interpreter = call.interpreter
        var rows = try csvRows(bytes, interpreter)
        func cell(_ text: String) -> Value {
            if text.isEmpty { return .nilValue }
            return Double(text).map { .number($0) } ?? .string(text)
        }
        if !(try call.bool(1)) { return .list(rows.map { .list($0.map(cell)) }) }
        if rows.isEmpty { return .list([]) }
        let names = rows.removeFirst()
        return .list(
            rows.map { row in
                let record = RecordObject()
                for (place, name) in names.enumerated() {
                    record[name] = place < row.count ? cell(row[place]) : .nilValue
                }
                return .object(record)
            })
    },
    Native(
        "write_csv(rows, path)", "Writes a list of records, or of lists, as a CSV file.",
        examples: [
            "write_csv([(a=1, b=\"x\")], \"rows.csv\")\nprint(read_csv(\"rows.csv\"))  # expect: [(a=1, b=\"x\")]"
        ]
    ) { call in
        let interpreter = call.interpreter
        var text = ""
        func append(_ cells: [Value]) throws {
            let texts = try cells.map { cell in
                let plain = cell.isNil ? "" : try interpreter.line(cell)
                let needsQuotes = plain.utf8.contains { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }
                return needsQuotes ? "\"\(plain.replacing("\"", with: "\"\""))\"" : plain
            }
            text += texts.joined(separator: ",") + "\n"
            try interpreter.checkInterrupt()
        }
        var names: [String]?
        for row in try call.items(0) {
            if let record = row.asRecord {
                if names == nil {
                    names = record.names
                    try append(record.names.map { .string($0) })
                }
                try append((names ?? []).map { record[$0] ?? .nilValue })
            } else if let items = try interpreter.items(row) {
                try append(items)
            } else {
                throw call.wrong(0, "a list of records or lists")
            }
        }
        try call.write(text, to: try call.string(1))
        return .nilValue
    },
]

extension Arguments {
    /// Writes a text file; Ctrl-C leaves the old file unchanged.
    fileprivate func write(_ text: String, to path: String) throws {
        try AtomicFile.write(text, to: path) { try interpreter.checkInterrupt() }
    }
}

/// The rows of a CSV text; quoted cells may hold commas, quotes and line ends.
private func csvRows(_ bytes: [UInt8], _ interpreter: Interpreter) throws -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    func text() -> String { String(decoding: cell, as: UTF8.self) }
    while place < bytes.count {
        let byte = bytes[place]
        place += 1
        if isQuoted {
            if byte != 34 {
                cell.append(byte)
            } else if place < bytes.count, bytes[place] == 34 {
                cell.append(34)
                place += 1
            } else {
                isQuoted = false
            }
            continue
        }
        switch byte {
        case 34: isQuoted = true
        case 44:
            row.append(text())
            cell = []
        case 10, 13:
            if byte == 13, place < bytes.count, bytes[place] == 10 { place += 1 }
            if !row.isEmpty || !cell.isEmpty {
                row.append(text())
                rows.append(row)
                if rows.count & 0xfff == 0 { try interpreter.checkInterrupt() }
            }
            row = []
            cell = []
        default: cell.append(byte)
        }
    }
    if !row.isEmpty || !cell.isEmpty {
        row.append(text())
        rows.append(row)
    }
    return rows
}
