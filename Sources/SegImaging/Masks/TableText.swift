// The lines of a table of classes, divided into name, colour and value. What its columns hold is decided for the whole
// table, by its heading or by what all lines hold; a table that can be read in two ways is an error.

import SegSystem
import SegTensor

/// The rows of a table, in one of these forms:
///
/// - `R G B Name`, separated by spaces or tabs (also `Name R G B`), and with a value: `23 R G B Name`;
/// - `23 Name`, `Name 23`, `Name: 23`, or a name alone, with or without a line that names the columns;
/// - columns with `,`, `;` or tabs between them, in the order of their heading if there is one: name, r, g, b, id, and
///   others, which are not used;
/// - `name:r,g,b:parts:actions`.
///
/// Empty lines and lines that start with `#` or `//` are skipped; carriage returns and a byte order mark are ignored.
struct TableText {
    struct Row {
        let line: Int
        let name: String
        let color: [Substring]?
        let value: Substring?
    }

    let rows: [Row]
    /// What a line of such a table should be.
    let help: String?

    private typealias Line = (number: Int, text: Substring, fields: [Substring])

    /// Which columns hold what.
    private struct Columns {
        var name = 0
        var color: [Int] = []
        var value: Int?
    }

    init(_ text: String, file: String) throws {
        let mark = text.unicodeScalars.first == "\u{feff}" ? 1 : 0
        let body = Substring(text.unicodeScalars.dropFirst(mark))
        let lines: [Line] = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
            .map { ($0 + 1, $1.trimmed, []) }
            .filter { !$0.text.isEmpty && !$0.text.hasPrefix("#") && !$0.text.hasPrefix("//") }
        guard let first = lines.first?.text else {
            throw TensorError(
                .file, "\(file) names no classes", help: "each line is R G B Name, e.g. 128 64 128 Road")
        }
        let form: String
        let columns: Columns
        var divided: [Line]
        var isHeaded = false
        if let colon = first.firstIndex(of: ":"), first[first.index(after: colon)...].contains(",") {
            form = "name:r,g,b:parts:actions"
            columns = Columns(name: 0, color: [1, 2, 3])
            divided = lines.map { ($0.number, $0.text, Self.labelMap($0.text)) }
        } else {
            let separator = Self.separator(lines)
            var heading: [String]?
            var name: Int?
            if let separator {
                divided = lines.map { ($0.number, $0.text, Self.split($0.text, separator)) }
                let heads = divided[0].fields.map { $0.lowercased() }
                let others = Self.numbers(Array(divided.dropFirst()), width: heads.count)
                if !heads.contains(where: { Int($0) != nil }),
                    !others.isEmpty || heads.contains(where: Heads.all.contains)
                {
                    heading = heads
                    divided.removeFirst()
                }
            } else {
                (heading, name, divided) = try Self.words(lines, file)
            }
            isHeaded = heading != nil
            let joint = separator.map(String.init) ?? " "
            let found = try Self.columns(divided, heading, name: name, file)
            columns = found
            form =
                separator != nil && isHeaded
                ? lines[0].text.split(separator: joint, omittingEmptySubsequences: false).map { $0.trimmed }
                    .joined(separator: joint)
                : Self.form(found, count: divided.first?.fields.count ?? 1, joint)
        }
        help = isHeaded && divided.isEmpty ? "each line is \(form)" : nil
        let last = max(columns.name, columns.color.max() ?? 0, columns.value ?? 0)
        rows = try divided.map { line in
            guard line.fields.count > last else {
                throw TensorError(
                    .file,
                    "\(file), line \(line.number): '\(line.text.prefix(60))' is not of the form \(form)")
            }
            return Row(
                line: line.number, name: String(line.fields[columns.name]),
                color: columns.color.isEmpty ? nil : columns.color.map { line.fields[$0] },
                value: columns.value.map { line.fields[$0] })
        }
    }

    // MARK: Dividing lines

    /// What is between columns; nil for words. A comma may be part of a name: columns have a number or a heading.
    private static func separator(_ lines: [Line]) -> Character? {
        let first = lines[0].text
        let marks = ([",", ";"] as [Character]).filter { mark in
            lines.prefix(2).contains { line in
                let fields = split(line.text, mark)
                return fields.count > 1
                    && fields.contains { Int($0) != nil || Heads.all.contains($0.lowercased()) }
            }
        }
        let found = marks.max { a, b in first.count { $0 == a } < first.count { $0 == b } }
        // `R G B<tab>Name` is not a table of columns.
        return found ?? (first.count { $0 == "\t" } >= 3 ? "\t" : nil)
    }

    /// Name, red, green and blue of a line of a label map; nothing for other lines.
    private static func labelMap(_ line: Substring) -> [Substring] {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return [] }
        let numbers = parts[1].split(separator: ",").map(\.trimmed)
        return numbers.count == 3 ? [parts[0].trimmed] + numbers : []
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

    /// Lines of numbers before and after a name that may have spaces, the column of the name, and the heading if there is
    /// one.
    private static func words(_ all: [Line], _ file: String) throws
        -> (heading: [String]?, name: Int?, lines: [Line])
    {
        let heads = all[0].text.lowercased().split { $0.isWhitespace }.map(String.init)
        let isName = Heads.name.contains(all[0].text.lowercased())
        var isHeading = isName || heads.allSatisfy(Heads.all.contains)
        // Among names alone, `red` is one.
        if isHeading, !isName, heads.count == 1 {
            isHeading = all.dropFirst().contains { $0.text.contains { $0.isNumber } }
        }
        // `names:` over a list of pairs.
        if all[0].text.hasSuffix(":"), all.count > 1, all.dropFirst().allSatisfy({ pair($0.text) != nil }) {
            isHeading = true
        }
        let lines = isHeading ? Array(all.dropFirst()) : all
        // `23: Sky` and `Sky=23` are pairs.
        let pairs = lines.compactMap { pair($0.text) }
        if !lines.isEmpty, pairs.count == lines.count {
            return (isHeading ? [] : nil, nil, zip(lines, pairs).map { ($0.number, $0.text, $1) })
        }
        let words = lines.map { $0.text.split { $0 == " " || $0 == "\t" } }
        let before = words.map { $0.dropLast().prefix { Int($0) != nil }.count }
        let after = zip(words, before).map { $0.dropFirst($1 + 1).reversed().prefix { Int($0) != nil }.count }
        var lead = before.first ?? 0
        if lead > 3 { lead = before.contains { $0 < 4 } ? 3 : 4 }
        // Two numbers are a colour that is cut off.
        if lead == 2 { lead = 3 }
        var trail = after.min() ?? 0
        if lead == 0 { trail = max(trail, min(after.first ?? 0, 4) >= 3 ? min(after[0], 4) : 0) }
        if trail > 3 { trail = after.contains { $0 < 4 } ? 3 : 4 }
        if trail == 1 {
            // `Lane 1`, `Lane 2` are names, `Tree<tab>2` is a name and its value.
            let stems = words.map { $0.dropLast().joined(separator: " ") }
            let numbers = words.map { $0.last ?? "" }
            let areTabbed = lines.allSatisfy { line in
                line.text.lastIndex { $0.isWhitespace }.map { line.text[$0] == "\t" } ?? false
            }
            let areDifferent = Set(stems).count == lines.count && Set(numbers).count == lines.count
            if !areTabbed, !areDifferent || lines.count < 2 { trail = 0 }
        }
        let divided = try zip(lines, words).enumerated().map { place, item -> Line in
            let (line, words) = item
            func wrong(_ what: String) -> TensorError {
                TensorError(.file, "\(file), line \(line.number): \(what)")
            }
            guard words.count > lead + trail else {
                let form =
                    lead >= 3
                    ? "R G B Name" : trail >= 3 ? "Name R G B" : lead > 0 ? "Value Name" : "Name Value"
                throw wrong("'\(line.text.prefix(60))' is not of the form \(form)")
            }
            if lead + trail == 0 {
                let isTabbed =
                    words.count > 1 && Int(words[words.count - 1]) != nil && line.text.contains("\t")
                guard before[place] == 0, !isTabbed else {
                    throw TensorError(
                        .file,
                        "\(file), line \(line.number): '\(line.text.prefix(60))' has a number, and other lines have none",
                        help: "write each line as a name alone, as 23 Name, or as R G B Name")
                }
                return (line.number, line.text, [line.text])
            }
            let name: Substring
            if trail == 0 {
                name = line.text.split(maxSplits: lead) { $0 == " " || $0 == "\t" }[lead].trimmed
            } else {
                name = Substring(words[lead..<words.count - trail].joined(separator: " "))
            }
            return (line.number, line.text, Array(words.prefix(lead)) + [name] + Array(words.suffix(trail)))
        }
        // A heading names the columns if it has as many words.
        let fits = isHeading && divided.first.map { $0.fields.count == heads.count } ?? true
        return (isHeading ? (fits ? heads : []) : nil, lead, divided)
    }

    /// Name and number of a line with `:` or `=` between them.
    private static func pair(_ line: Substring) -> [Substring]? {
        guard let mark = line.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return nil }
        let (left, right) = (line[..<mark].trimmed, line[line.index(after: mark)...].trimmed)
        guard !left.isEmpty, !right.isEmpty else { return nil }
        let (hasLeft, hasRight) = (Int(left) != nil, Int(right) != nil)
        return hasLeft != hasRight ? [left, right] : nil
    }

    // MARK: What columns hold

    /// Names of columns.
    private enum Heads {
        static let name = [
            "name", "names", "class", "classes", "label", "labels", "class_name", "classname", "class name",
            "label_name", "category", "categories",
        ]
        static let value = [
            "value", "values", "id", "ids", "index", "idx", "number", "no", "class_id", "classid", "class id",
            "label_id", "labelid", "class_index", "class_idx", "pixel_value", "gray", "grey", "train_id",
            "trainid",
            "code",
        ]
        static let channels = [["r", "red"], ["g", "green"], ["b", "blue"]]
        /// A colour in one column, which is not read.
        static let color = ["color", "colour", "rgb", "hex"]
        static let all = Set(name + value + channels.flatMap { $0 } + color)
    }

    /// The columns of numbers; a line with a slip does not change what a column is.
    private static func numbers(_ lines: [Line], width: Int) -> [Int] {
        (0..<width).filter { column in
            let own = lines.compactMap { $0.fields.count > column ? $0.fields[column] : nil }
            return !own.isEmpty && 2 * own.count { Int($0) != nil } > own.count
        }
    }

    /// - Parameter name: the column of the names, if the others are numbers.
    private static func columns(_ lines: [Line], _ heading: [String]?, name: Int?, _ file: String) throws
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
    private static func areNumbered(_ lines: [Line], _ value: Int, _ color: [Int]) -> Bool {
        let rows = lines.filter { $0.fields.count > max(value, color.max() ?? 0) }
        let values = Set(rows.compactMap { Int($0.fields[value]) })
        let colors = rows.map { row in color.compactMap { UInt8(row.fields[$0]) } }
        return rows.count == lines.count && values.count == rows.count && colors.allSatisfy { $0.count == 3 }
            && Set(colors).count == rows.count
            && (values == Set(0..<rows.count) || values == Set(1...rows.count))
    }

    /// The columns by their heading.
    private static func columns(_ lines: [Line], _ heading: [String], _ numbers: [Int], _ file: String) throws
        -> Columns
    {
        func wrong(_ what: String, _ help: String) -> TensorError {
            TensorError(.file, "\(file): \(what)", help: help)
        }
        func places(_ names: [String]) -> [Int] { heading.indices.filter { names.contains(heading[$0]) } }
        let named = places(Heads.name)
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
            // Three columns of numbers with other names.
            let others = numbers.filter { !values.contains($0) && $0 != columns.name }
            if others.count == 3, others[0] + 2 == others[2] {
                columns.color = others
            } else if let odd = places(Heads.color).first {
                throw wrong(
                    "the column \(heading[odd]) is not read", "write colours in three columns, r, g and b")
            } else if !others.isEmpty, values.isEmpty, heading.count > 1 {
                throw wrong(
                    "nothing says what the column\(others.count == 1 ? "" : "s") \(others.map { heading[$0] }.joined(separator: ", ")) hold\(others.count == 1 ? "s" : "")",
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
    private static func form(_ columns: Columns, count: Int, _ separator: String) -> String {
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
