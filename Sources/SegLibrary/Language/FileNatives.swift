// Files of text: CSV and JSON, read and written.

import SegRuntime
import SegSystem

let fileNatives: [Native] = [
    Native(
        "read_text(path)",
        "The text of a file in UTF-8, or in UTF-16 that begins with a byte order mark. What is no text becomes U+FFFD.",
        examples: [
            "write_text(\"note.txt\", \"a\")\nprint(read_text(\"note.txt\"))  # expect: a"
        ]
    ) { call in
        let bytes = try call.interpreter.readFile(try call.string(0))
        return .string(try TextEncoding.text(of: bytes, poll: call.interpreter.checkInterrupt))
    },
    Native(
        "file_exists(path)", "Whether there is a file or folder of that name.",
        examples: ["print(file_exists(\"/\"), file_exists(\"/no/such/file\"))  # expect: true false"],
        asksRoot: true
    ) { call in .bool(FileStatus.exists(try call.string(0))) },
    Native(
        "list_files(pattern)",
        "The paths that fit a pattern, in order; * ? [ab] stand for parts of names, ** for any number of folders.",
        examples: [
            "write_text(\"a.txt\", \"\")\nwrite_text(\"b.txt\", \"\")\nprint(list_files(\"*.txt\"))  # expect: [\"a.txt\", \"b.txt\"]",
            "print(list_files(\"results/*.csv\"))  # expect: []",
        ], asksRoot: true
    ) { call in
        let interpreter = call.interpreter
        let pattern = try FilePattern(try call.string(0))
        return .list(try pattern.paths(check: interpreter.checkInterrupt).map { .string($0) })
    },
    Native(
        "make_folder(path)", "Makes a folder, and those that it is in, unless it exists.",
        examples: ["make_folder(\"masks/val\")\nprint(file_exists(\"masks/val\"))  # expect: true"],
        effect: .writing
    ) { call in
        try Folder.make(try call.string(0))
        return .nilValue
    },
    Native(
        "same_file(path, other)",
        "Whether two paths lead to one file or folder, by links or by another way to write it.",
        examples: [
            "write_text(\"a.txt\", \"\")\nprint(same_file(\"a.txt\", \"./a.txt\"), same_file(\"a.txt\", \"b.txt\"))  # expect: true false"
        ], asksRoot: true
    ) { call in
        guard let one = FileStatus(try call.string(0)), let other = FileStatus(try call.string(1)) else {
            return .bool(false)
        }
        return .bool(one.inode == other.inode && one.device == other.device)
    },
    Native(
        "file_stamp(path)",
        "A text that differs as soon as a file was written again or replaced; nil where there is none.",
        examples: [
            "write_text(\"note.txt\", \"a\")\nstamp = file_stamp(\"note.txt\")\nprint(file_stamp(\"note.txt\") == stamp)  # expect: true"
                + "\nwrite_text(\"note.txt\", \"b\")\nprint(file_stamp(\"note.txt\") == stamp)  # expect: false"
        ], asksRoot: true
    ) { call in
        guard let status = FileStatus(try call.string(0)) else { return .nilValue }
        return .string("\(status.device) \(status.inode) \(status.size) \(status.changed) \(status.touched)")
    },
    Native(
        "with_folder_lock(path, work)",
        "work(), while no other process of seg does such work for a file of the same folder. It waits for one; after "
            + "5 seconds, as within its own work, or where the folder cannot be locked, it goes on without.",
        examples: ["print(with_folder_lock(\"rows.json\", () -> 3))  # expect: 3"]
    ) { call in
        let (path, work) = (try call.string(0), try call.function(1))
        // Of several ranks one waits for other processes; the others are with it.
        let isFirst = call.interpreter.communicator.rank == 0
        let lock = isFirst ? try FolderLock(ofFile: path, check: call.interpreter.checkInterrupt) : nil
        defer { withExtendedLifetime(lock) {} }
        return try call.interpreter.call(work, [])
    },
    Native(
        "write_text(path, text)", "Writes a text as a file.",
        examples: [
            "write_text(\"note.txt\", \"a\")\nprint(read_text(\"note.txt\"))  # expect: a"
        ], effect: .writing
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
        let interpreter = call.interpreter
        let bytes = try TextEncoding.utf8(
            try interpreter.readFile(path), poll: interpreter.checkInterrupt)
        do {
            return try valueOfJSON(bytes, interpreter)
        } catch let problem as JSONReader.Problem {
            throw Failure(.file, "\(quotedText(path)), line \(problem.line): \(problem.message)", argument: 0)
        }
    },
    Native(
        "write_json(value, path)",
        "Writes a value as JSON. Records and objects with data become objects; lists, tensors and a run's history "
            + "arrays; NaN becomes null, which is read back as nil; anything else (a loss, a data set) its text.",
        examples: [
            "write_json((a=[1, 2]), \"value.json\")\nprint(read_json(\"value.json\"))  # expect: (a=[1, 2])",
            "write_json((iou=tensor([0.5, nan])), \"value.json\")\nprint(read_json(\"value.json\"))  # expect: (iou=[0.5, nil])",
        ], effect: .writing
    ) { call in
        try call.write(try textOfJSON(call[0], call.interpreter) + "\n", to: try call.string(1))
        return .nilValue
    },
    Native(
        "read_csv(path, header=true, separator=\",\")",
        "The rows of a CSV file as a table: a list of records named by the first row, or of lists without a "
            + "header. Text that is a number becomes one (not \"007\"), an empty entry is nil. Rows of different lengths are an "
            + "error. `rows.sorted(\"loss\")` orders them, `rows.column(\"loss\")` is a column as a list.",
        examples: [
            "write_csv([(a=1, b=\"x\")], \"rows.csv\")\nprint(read_csv(\"rows.csv\"))  # expect: [(a=1, b=\"x\")]",
            "write_csv([(a=1, b=3), (a=2, b=0)], \"rows.csv\")\nprint(read_csv(\"rows.csv\").sorted(\"b\").column(\"a\"))  # expect: [2, 1]",
        ]
    ) { call in
        let path = try call.string(0)
        let hasHeader = try call.bool(1)
        let file = try CSVFile(
            path: path, separator: try call.string(2), interpreter: call.interpreter, argument: 2)
        let bytes = try TextEncoding.utf8(
            try call.interpreter.readFile(path), poll: call.interpreter.checkInterrupt)
        return try file.table(bytes, header: hasHeader)
    },
    Native(
        "write_csv(rows, path, separator=\",\", columns=nil)",
        "Writes a table as a CSV file, its numbers in full. It is what `table` prints, such as a list of records, a "
            + "run's history or a tensor with labels, which `tensor(read_csv(path))` reads back, counts "
            + "`tensor(read_csv(path), int64)`; `columns` names those "
            + "to write, in their order. Lists of lists, and tensors without labels, are written without a header.",
        examples: [
            "write_csv([(a=1, b=\"x\")], \"rows.csv\")\nprint(read_csv(\"rows.csv\"))  # expect: [(a=1, b=\"x\")]",
            "write_csv(tensor([3, 4], labels=[\"Sky\", \"Road\"]), \"rows.csv\")\nprint(tensor(read_csv(\"rows.csv\")).labels)  # expect: [\"Sky\", \"Road\"]",
        ], effect: .writing
    ) { call in
        let path = try call.string(1)
        let file = try CSVFile(
            path: path, separator: try call.string(2), interpreter: call.interpreter, argument: 2)
        var text = ""
        func add(_ count: Int, _ row: (Int) throws -> [Value]) throws {
            try call.interpreter.pieces(count, of: 1 << 12) { part in
                try call.interpreter.reserve(2 * text.utf8.count, for: "the text of \(count) rows")
                for place in part { text += try file.line(try row(place)) }
            }
        }
        if call.isNil(3), let rows = try rowsWithoutHeader(call, 0) {
            try add(rows.count, rows.row)
        } else {
            let table = try TableRows(call, 0, columns: 3)
            if !table.columns.isEmpty { text += try file.line(table.columns.map { .string($0) }) }
            let isNamed = table.isNamed
            try add(table.rows.count) { table.values(at: $0, isNamed: isNamed) }
        }
        try call.write(text, to: path)
        return .nilValue
    },
]

extension Arguments {
    /// Writes a text file; Ctrl-C leaves the old file unchanged.
    fileprivate func write(_ text: String, to path: String) throws {
        try AtomicFile.write(text, to: path) { try interpreter.checkInterrupt() }
    }
}
