// The tables of classes that come with data sets: `label_colors.txt` (CamVid), `class_dict.csv` (copies of it, many
// others), and `labelmap.txt` (CVAT). Where they are looked for, and the classes that their rows give; TableText
// divides their lines.

import SegSystem
import SegTensor

extension ClassTable {
    /// The names under which tables are looked for.
    static let fileNames = ["label_colors.txt", "class_dict.csv", "labelmap.txt"]
    /// The largest file of class names that is read.
    private static let fileLimit = 1 << 20

    /// The table in some folders, of which those of the first group that has one count: a folder's own table goes before
    /// that of the folder above.
    /// - Throws: if two tables of a group give other classes.
    static func find(in groups: [[String]], _ options: MaskOptions) throws -> ClassTable? {
        for group in groups {
            var seen: Set<String> = []
            let paths = group.filter { seen.insert(Folder.resolved($0) ?? $0).inserted }.flatMap { folder in
                fileNames.map { "\(folder)/\($0)" }
            }.filter { FileStatus($0)?.kind == .file || FileStatus.isBrokenLink($0) }
            guard let first = paths.first else { continue }
            let decides = "\(options.maker)(…, classes=\"\(first)\") decides, or the path of the other"
            func table(_ path: String) throws -> ClassTable {
                do { return try read(path) } catch let error as TensorError where paths.count > 1 {
                    throw TensorError(
                        error.kind,
                        "\(error.message); the other table is \(paths.first { $0 != path } ?? "")",
                        help: decides)
                }
            }
            let found = try table(first)
            for path in paths.dropFirst() {
                guard let difference = found.difference(to: try table(path)) else { continue }
                throw TensorError(
                    .value, "\(first) and \(path) contradict each other: \(difference)", help: decides)
            }
            return found
        }
        return nil
    }

    /// How another table of the same data differs, in a few words; nil if masks mean the same by both.
    private func difference(to other: ClassTable) -> String? {
        let (own, others) = (entries.map(\.name), other.entries.map(\.name))
        if own != others {
            if own.count == others.count, let place = own.indices.first(where: { own[$0] != others[$0] }) {
                return "class \(place) is \(own[place]) in one, \(others[place]) in the other"
            }
            return "one has \(plural(own.count, "class")), the other \(others.count)"
        }
        for (one, second) in zip(entries, other.entries) {
            if Set(one.colors) != Set(second.colors), hasColors, other.hasColors {
                func text(_ entry: Entry) -> String {
                    entry.colors.isEmpty ? "no colour" : entry.colors.map { "(\($0))" }.joined(separator: " ")
                }
                return "\(one.name) is \(text(one)) in one, \(text(second)) in the other"
            }
            if one.value != second.value {
                return "\(one.name) has the value \(one.value) in one, \(second.value) in the other"
            }
        }
        guard hasColors == other.hasColors else { return "one has colours, the other has none" }
        return nil
    }

    /// Reads a table of names with colours, values or both, or, if no line has numbers, of names alone.
    public static func read(_ path: String) throws -> ClassTable {
        try parse(
            TextEncoding.textOrLatin1(of: try FileReader.contents(of: path, limit: fileLimit)), file: path)
    }

    /// The classes of the lines of a table; see `TableText` for their forms. Lines with the same name give a class several
    /// colours. Errors name the file and the line.
    public static func parse(_ text: String, file: String) throws -> ClassTable {
        let rows = try TableText(text, file: file)
        var entries: [Entry] = []
        var places: [String: Int] = [:]
        var ownersOfColors: [Color: Int] = [:]
        var ownersOfValues: [Int: (line: Int, name: String)] = [:]
        for (place, row) in rows.rows.enumerated() {
            func wrong(_ what: String) -> TensorError {
                TensorError(.file, "\(file), line \(row.line): \(what)", help: rows.help)
            }
            guard !row.name.isEmpty else { throw wrong("the class has no name") }
            var value: Int?
            var isVoid = false
            if let field = row.value {
                guard let number = Int(field), (-1...65_535).contains(number) else {
                    throw wrong("'\(field.prefix(20))' is not a value of masks, 0...65535")
                }
                // Not in the masks: void, as 255 is, which several lines can have.
                isVoid = number == -1 || ownersOfValues[255] != nil && number == 255
                if !isVoid, let first = ownersOfValues[number], first.name != row.name {
                    throw wrong("the value \(number) is already that of \(first.name) in line \(first.line)")
                }
                if !isVoid { ownersOfValues[number] = (row.line, row.name) }
                value = isVoid ? 255 : number
            }
            let color = try row.color.map { fields in
                let parts = try fields.map { field in
                    guard let value = UInt8(field) else {
                        throw wrong("'\(field.prefix(20))' is not a colour value of 0...255")
                    }
                    return value
                }
                return Color(parts[0], parts[1], parts[2])
            }
            if let color, let first = ownersOfColors.updateValue(row.line, forKey: color) {
                throw wrong("the colour \(color) is already in line \(first)")
            }
            if let place = places[row.name] {
                guard let color else { throw wrong("there is a class \(row.name) already") }
                if let value, value != entries[place].value {
                    throw wrong("\(row.name) has the value \(value), and \(entries[place].value) before")
                }
                entries[place].colors.append(color)
                continue
            }
            places[row.name] = entries.count
            entries.append(
                Entry(
                    row.name, colors: color.map { [$0] } ?? [], value: value ?? entries.count,
                    row: value ?? place, isVoid: isVoid))
            guard entries.count <= ClassPalette.limit else {
                throw wrong("there are more than the \(ClassPalette.limit) classes that masks can hold")
            }
        }
        guard !entries.isEmpty else {
            throw TensorError(.file, "\(file) names no classes", help: rows.help)
        }
        return try ClassTable(entries, origin: file, hasOwnValues: !ownersOfValues.isEmpty)
    }
}
