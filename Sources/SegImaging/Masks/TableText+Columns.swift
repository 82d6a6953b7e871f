// What the columns of a table of classes hold: by the names in its heading, or by what all lines have.

import SegSystem
import SegTensor

extension TableText {
    /// Names of columns.
    enum Heads {
        /// Those that say `name` go before others.
        static let name =
            [
                "name", "names", "class_name", "classname", "class name", "label_name", "class", "classes",
                "label",
                "labels",
            ] + groups
        /// Columns that often name a group of classes.
        static let groups = ["category", "categories"]
        static let value = [
            "value", "values", "id", "ids", "index", "idx", "number", "no", "class_id", "classid", "class id",
            "label_id", "labelid", "class_index", "class_idx", "pixel_value", "gray", "grey", "train_id",
            "trainid",
            "code",
        ]
        static let channels = [["r", "red"], ["g", "green"], ["b", "blue"]]
        /// A colour in one column, which is not read.
        static let color = ["color", "colour", "rgb", "hex"]
        /// How opaque a colour is, which is not read.
        static let opacity = ["a", "alpha"]
        static let all = Set(name + value + channels.flatMap { $0 } + color + opacity)
    }

    /// The columns of numbers; a line with a slip does not change what a column is.
    static func numbers(_ lines: [Line], width: Int) -> [Int] {
        (0..<width).filter { column in
            let own = lines.compactMap { $0.fields.count > column ? $0.fields[column] : nil }
            return !own.isEmpty && 2 * own.count { Int($0) != nil } > own.count
        }
    }

    /// A heading that names the channels of a colour that the lines had in one column, and now have in three.
    static func withChannels(_ heading: [String], _ lines: [Line]) -> [String] {
        guard let width = lines.first?.fields.count, width == heading.count + 2 else { return heading }
        let numbers = numbers(lines, width: width)
        let place = heading.indices.first { place in
            (Heads.color.contains(heading[place]) || !Heads.all.contains(heading[place]))
                && (place...place + 2).allSatisfy(numbers.contains)
        }
        guard let place else { return heading }
        return heading[..<place] + ["r", "g", "b"] + heading[(place + 1)...]
    }

    /// An error for a line with more columns than the heading names, or than the first line has.
    static func checkWidths(_ lines: [Line], _ heading: [String]?, _ separator: Character?, _ file: String)
        throws
    {
        guard let separator, let width = heading?.count ?? lines.first?.fields.count else { return }
        for line in lines where line.fields.dropFirst(width).contains(where: { !$0.isEmpty }) {
            throw TensorError(
                .file,
                "\(file), line \(line.number): '\(line.text.prefix(60))' has \(line.fields.count) columns, and the first line has \(width)",
                help: "a name with \(separator == "\t" ? "a tab" : "\(separator)") in it is in quotes")
        }
    }

    /// - Parameter name: the column of the names, if the others are numbers.
    static func columns(_ lines: [Line], _ heading: [String]?, name: Int?, _ file: String) throws
        -> Columns
    {
        let width = max(lines.first?.fields.count ?? 0, heading?.count ?? 0)
        let numbers = name.map { name in (0..<width).filter { $0 != name } } ?? numbers(lines, width: width)
        if let heading, !heading.isEmpty { return try columns(lines, heading, numbers, file) }
        let texts = (0..<width).filter { !numbers.contains($0) && lines.first?.fields[$0].isEmpty == false }
        func wrong(_ what: String) -> TensorError {
            TensorError(
                .file, "\(file), line \(lines.first?.number ?? 1): \(what)",
                help: "a first line that names the columns decides, such as id,name,r,g,b")
        }
        var columns = Columns(name: texts.first ?? numbers.last ?? 0)
        // Four numbers without a name: the last is it.
        let own = texts.isEmpty ? numbers.dropLast() : numbers[...]
        switch own.count {
        case 0:
            guard width <= 1 else {
                throw TensorError(
                    .file,
                    "\(file), line \(lines.first?.number ?? 1): which of the \(width) columns holds the names?",
                    help:
                        "name the columns in a first line, such as name,r,g,b; a name with a comma is in quotes"
                )
            }
        case 1: columns.value = own.first
        case 3 where own[own.startIndex] + 2 == own[own.endIndex - 1]: columns.color = Array(own)
        case 4:
            let places = Array(own)
            let (isFirst, isLast) = (places[1] + 2 == places[3], places[0] + 2 == places[2])
            let ends: [(value: Int, color: [Int])] =
                (isFirst ? [(places[0], Array(places[1...]))] : [])
                + (isLast ? [(places[3], Array(places[..<3]))] : [])
            let fitting = ends.count == 1 ? ends : ends.filter { areNumbered(lines, $0.value, $0.color) }
            let isSame =
                ends.count == 2
                && lines.allSatisfy { line in
                    ends.allSatisfy { $0.color.allSatisfy(line.fields.indices.contains) }
                        && line.fields[ends[0].value] == line.fields[ends[1].value]
                        && ends[0].color.map { line.fields[$0] } == ends[1].color.map { line.fields[$0] }
                }
            guard fitting.count == 1 || isSame else {
                throw wrong("there are four numbers, and a value may come before the colour or after it")
            }
            let end = fitting.first ?? ends[0]
            (columns.value, columns.color) = (end.value, end.color)
        default:
            throw wrong(
                "there are \(own.count) columns of numbers, and nothing says which are the colour and the value"
            )
        }
        return columns
    }

    /// Whether a column counts the lines from 0 or 1, and others can be their colours.
    static func areNumbered(_ lines: [Line], _ value: Int, _ color: [Int]) -> Bool {
        let rows = lines.filter { $0.fields.count > max(value, color.max() ?? 0) }
        let values = Set(rows.compactMap { Int($0.fields[value]) })
        let colors = rows.map { row in color.compactMap { UInt8(row.fields[$0]) } }
        return rows.count == lines.count && values.count == rows.count && colors.allSatisfy { $0.count == 3 }
            && Set(colors).count == rows.count
            && (values == Set(0..<rows.count) || values == Set(1...rows.count))
    }

    /// The columns by their heading.
    static func columns(_ lines: [Line], _ heading: [String], _ numbers: [Int], _ file: String) throws
        -> Columns
    {
        func wrong(_ what: String, _ help: String) -> TensorError {
            TensorError(.file, "\(file): \(what)", help: help)
        }
        func places(_ names: [String]) -> [Int] { heading.indices.filter { names.contains(heading[$0]) } }
        /// A number that several classes share is that of their group.
        func isGroup(_ column: Int) -> Bool {
            guard Heads.groups.contains(heading[column]), numbers.contains(column) else { return false }
            let own = lines.compactMap { $0.fields.count > column ? $0.fields[column] : nil }
            return Set(own).count < own.count
        }
        let named = Heads.name.flatMap { places([$0]) }.filter { !isGroup($0) }
        var columns = Columns()
        columns.name =
            named.first { !numbers.contains($0) } ?? named.first
            ?? heading.indices.first { !numbers.contains($0) } ?? 0
        columns.color = Heads.channels.compactMap { places($0).first }
        guard [0, 3].contains(columns.color.count) else {
            throw wrong(
                "its heading has \(columns.color.count) of the columns r, g and b", "name all three, or none")
        }
        var values = (places(Heads.value) + named.filter { numbers.contains($0) }).filter {
            $0 != columns.name
        }
        if columns.color.isEmpty {
            let others = numbers.filter { !values.contains($0) && $0 != columns.name }
            if let odd = places(Heads.color).first {
                throw wrong(
                    "the column \(heading[odd]) is not read", "write colours in three columns, r, g and b")
            } else if !others.isEmpty, values.isEmpty, heading.count > 1 {
                let names = others.map { heading[$0] }.joined(separator: ", ")
                throw wrong(
                    "nothing says what the column\(others.count == 1 ? "" : "s") \(names) hold\(others.count == 1 ? "s" : "")",
                    "name the columns: name, r, g and b for colours, id for the values of masks")
            }
        }
        let first = values.first
        values.removeAll { column in
            column != first
                && first.map { first in
                    lines.allSatisfy {
                        $0.fields.count > max(first, column) && $0.fields[first] == $0.fields[column]
                    }
                } ?? false
        }
        guard values.count <= 1 else {
            throw wrong(
                "the columns \(values.map { heading[$0] }.joined(separator: " and ")) give classes different values",
                "leave the column that the masks hold, or give the values in the script: classes=(Road=7, …)")
        }
        columns.value = values.first
        return columns
    }

    /// What a line of a table without a heading is.
    static func form(_ columns: Columns, count: Int, _ separator: String) -> String {
        var parts = [String](repeating: "…", count: max(count, 1))
        let isPlain = separator == " "
        func put(_ name: String, _ place: Int) { if parts.indices.contains(place) { parts[place] = name } }
        put(isPlain ? "Name" : "name", columns.name)
        for (name, place) in zip(isPlain ? ["R", "G", "B"] : ["r", "g", "b"], columns.color) {
            put(name, place)
        }
        if let value = columns.value { put(isPlain ? "Value" : "id", value) }
        return parts.joined(separator: separator)
    }
}
