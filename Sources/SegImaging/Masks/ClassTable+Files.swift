// Reading classes from the files that come with data sets: `label_colors.txt` (CamVid), `class_dict.csv`
// (copies of it, many others), and `labelmap.txt` (CVAT).

import SegSystem
import SegTensor

extension ClassTable {
    /// The names under which tables are looked for, in this order.
    static let fileNames = ["label_colors.txt", "class_dict.csv", "labelmap.txt"]
    /// The largest file of class names that is read.
    private static let fileLimit = 1 << 20

    /// The table in the first of some folders that has one.
    static func find(in folders: [String]) throws -> ClassTable? {
        for folder in folders {
            for name in fileNames where FileStatus("\(folder)/\(name)")?.kind == .file {
                return try read("\(folder)/\(name)")
            }
        }
        return nil
    }

    /// Reads a table of names and colours, or, if no line has numbers, of names alone.
    public static func read(_ path: String) throws -> ClassTable {
        let text = String(decoding: try FileReader.contents(of: path, limit: fileLimit), as: UTF8.self)
        return try parse(text, file: path)
    }

    /// Lines of one of these forms; the first decides for all:
    ///
    /// - `R G B Name`, separated by spaces or tabs (also `Name R G B`);
    /// - `name,r,g,b` with more columns at will, in the order of its heading if it has one (also with `;` or tabs);
    /// - `name:r,g,b:parts:actions`.
    ///
    /// Lines with the same name give a class several colours. Empty lines and lines that start with `#` or
    /// `//` are skipped; carriage returns and a byte order mark are ignored. Errors name the file and the line.
    public static func parse(_ text: String, file: String) throws -> ClassTable {
        let mark = text.unicodeScalars.first == "\u{feff}" ? 1 : 0
        let body = Substring(text.unicodeScalars.dropFirst(mark))
        let lines = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .map { (number: $0 + 1, text: $1.trimmed) }
            .filter { !$0.text.isEmpty && !$0.text.hasPrefix("#") && !$0.text.hasPrefix("//") }
        guard let first = lines.first else {
            throw TensorError(
                .file, "\(file) names no classes", help: "each line is R G B Name, e.g. 128 64 128 Road")
        }
        let form = LineForm(first.text)
        let isNames = { (line: Substring) in
            line.first?.isNumber == false
                && form.fields(line)?.numbers.allSatisfy { UInt8($0) != nil } != true
        }
        if case .words = form, lines.allSatisfy({ isNames($0.text) }) {
            return try ClassTable(lines.map { String($0.text) }.enumerated().map { Entry($1, value: $0) })
        }
        return try collect(form.hasHeading ? Array(lines.dropFirst()) : lines, form, file: file)
    }

    private static func collect(
        _ lines: [(number: Int, text: Substring)], _ form: LineForm, file: String
    ) throws -> ClassTable {
        var names: [String] = []
        var colors: [String: [Color]] = [:]
        var owners: [Color: Int] = [:]
        for (number, line) in lines {
            func wrong(_ what: String) -> TensorError {
                TensorError(.file, "\(file), line \(number): \(what)")
            }
            guard let (name, numbers) = form.fields(line) else {
                throw wrong("'\(line.prefix(60))' is not of the form \(form.text)")
            }
            guard !name.isEmpty else { throw wrong("the class has no name") }
            let parts = try numbers.map { field in
                guard let value = UInt8(field) else {
                    throw wrong("'\(field.prefix(20))' is not a colour value of 0...255")
                }
                return value
            }
            let color = Color(parts[0], parts[1], parts[2])
            if let first = owners.updateValue(number, forKey: color) {
                throw wrong("the colour \(color) is already in line \(first)")
            }
            if colors[name] == nil { names.append(name) }
            colors[name, default: []].append(color)
            guard names.count <= ClassPalette.limit else {
                throw wrong("there are more than the \(ClassPalette.limit) classes that masks can hold")
            }
        }
        guard !names.isEmpty else {
            throw TensorError(.file, "\(file) names no classes", help: "each line is \(form.text)")
        }
        return try ClassTable(
            names.enumerated().map { Entry($1, colors: colors[$1] ?? [], value: $0) }, origin: file)
    }
}

/// How the lines of a table are written, as its first line shows.
private enum LineForm {
    case words
    /// Columns between separators: where name, red, green and blue are.
    case columns(Character, [Int], hasHeading: Bool)
    case labelMap

    init(_ line: Substring) {
        if let colon = line.firstIndex(of: ":"), line[line.index(after: colon)...].contains(",") {
            self = .labelMap
            return
        }
        guard
            let separator = ([",", ";", "\t"] as [Character]).first(where: { mark in
                // `R G B<tab>Name` is not a table of columns.
                line.count(where: { $0 == mark }) >= 3
            })
        else {
            self = .words
            return
        }
        let heads = Self.split(line, separator).map { $0.lowercased() }
        func column(_ names: [String]) -> Int? { heads.firstIndex { names.contains($0) } }
        if heads.contains(where: { UInt8($0) != nil }) {
            // Without a heading: three numbers before or after the name.
            let isNameLast = heads.prefix(3).allSatisfy { UInt8($0) != nil }
            self = .columns(separator, isNameLast ? [3, 0, 1, 2] : [0, 1, 2, 3], hasHeading: false)
        } else {
            let red = column(["r", "red"]) ?? 1
            let name = column(["name", "class", "label", "class_name", "classname", "category"]) ?? 0
            self = .columns(
                separator,
                [
                    name, red, column(["g", "green"]) ?? red + 1, column(["b", "blue"]) ?? red + 2,
                ], hasHeading: true)
        }
    }

    var hasHeading: Bool {
        if case .columns(_, _, hasHeading: let found) = self { found } else { false }
    }

    var text: String {
        switch self {
        case .words: "R G B Name"
        case .columns(let separator, let places, _):
            places[0] == 3
                ? "r\(separator)g\(separator)b\(separator)name"
                : "name\(separator)r\(separator)g\(separator)b"
        case .labelMap: "name:r,g,b:parts:actions"
        }
    }

    /// The name and the three numbers of a line; nil for a line of another form.
    func fields(_ line: Substring) -> (name: String, numbers: [Substring])? {
        switch self {
        case .words:
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard fields.count >= 4 else { return nil }
            if UInt8(fields[0]) == nil, fields.suffix(3).allSatisfy({ UInt8($0) != nil }) {
                return (fields.dropLast(3).joined(separator: " "), Array(fields.suffix(3)))
            }
            let name = line.split(maxSplits: 3) { $0 == " " || $0 == "\t" }[3]
            return (String(name.trimmed), Array(fields.prefix(3)))
        case .columns(let separator, let places, _):
            let fields = Self.split(line, separator)
            guard let last = places.max(), fields.count > last else { return nil }
            return (String(fields[places[0]]), places[1...].map { fields[$0] })
        case .labelMap:
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 2 else { return nil }
            let numbers = fields[1].split(separator: ",").map(\.trimmed)
            return numbers.count == 3 ? (String(fields[0].trimmed), numbers) : nil
        }
    }

    /// The columns of a line, without the quotes around them.
    private static func split(_ line: Substring, _ separator: Character) -> [Substring] {
        var fields: [Substring] = []
        var start = line.startIndex
        var isQuoted = false
        for place in line.indices {
            if line[place] == "\"" { isQuoted.toggle() }
            if line[place] == separator, !isQuoted {
                fields.append(line[start..<place])
                start = line.index(after: place)
            }
        }
        fields.append(line[start...])
        return fields.map { field in
            let plain = field.trimmed
            let isWrapped = plain.count >= 2 && plain.hasPrefix("\"") && plain.hasSuffix("\"")
            return isWrapped ? plain.dropFirst().dropLast() : plain
        }
    }
}
