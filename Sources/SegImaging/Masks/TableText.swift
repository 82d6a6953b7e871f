// The lines of a table of classes, divided into name, colour and value. What its columns hold is decided for the whole
// table, by its heading or by what all lines hold; a table that can be read in two ways is an error.

import SegSystem
import SegTensor

/// The rows of a table, in one of these forms:
///
/// - `R G B Name`, separated by spaces or tabs (also `Name R G B`), and with a value: `23 R G B Name`;
/// - `23 Name`, `Name 23`, `Name: 23`, or a name alone, with or without a line that names the columns;
/// - `Name: R G B`, `Name = (R, G, B)` and `- Name`, with a comma after each line or none;
/// - columns with `,`, `;` or tabs between them, in the order of their heading if there is one: name, r, g, b, id, and
///   others, which are not used;
/// - `name:r,g,b:parts:actions`.
///
/// Empty lines, lines that start with `#` or `//`, and what follows ` # ` are skipped; carriage returns and a byte order mark are ignored.
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

    typealias Line = (number: Int, text: Substring, fields: [Substring])

    /// Which columns hold what.
    struct Columns {
        var name = 0
        var color: [Int] = []
        var value: Int?
    }

    init(_ text: String, file: String) throws {
        let mark = text.unicodeScalars.first == "\u{feff}" ? 1 : 0
        let body = Substring(text.unicodeScalars.dropFirst(mark))
        let written: [Line] = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
            .map { ($0 + 1, Self.withoutNote($1).trimmed, []) }
            .filter { line in
                // `#804080 Road` is no comment.
                let text = Self.withPlainColors(line.text)
                return !text.isEmpty && !text.hasPrefix("#") && !text.hasPrefix("//")
            }
        let items = Self.items(written)
        let lines = items.map { ($0.number, Self.withPlainColors($0.text), []) as Line }
        guard let first = lines.first?.text else {
            throw TensorError(
                .file, "\(file) names no classes", help: "each line is R G B Name, e.g. 128 64 128 Road")
        }
        guard !first.hasPrefix("{"), !first.hasPrefix("[") else {
            throw TensorError(
                .file, "\(file) is no table: it begins with \(first.prefix(1))",
                help: "classes=read_json(\"\(file)\") takes names or colours from a JSON file")
        }
        // Lists of programs: a bracket that a line opens or closes, or all in one line.
        let brackets = lines.first {
            "[({".contains($0.text.last ?? " ") || ["]", ")", "}"].contains($0.text)
        }
        guard brackets == nil, lines.count > 1 || !first.contains(where: { "[(".contains($0) }) else {
            throw TensorError(
                .file,
                "\(file), line \(brackets?.number ?? 1): '\((brackets?.text ?? first).prefix(60))' is no class but part of a list",
                help: "a table has a line for each class; classes=[\"Road\", \"Sky\"] gives them in a script")
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
                    !others.isEmpty || heads.contains(where: (Heads.name + Heads.color).contains)
                {
                    divided.removeFirst()
                    let hasOneColumn = zip(items, lines).dropFirst().contains { $0.text != $1.text }
                    heading = hasOneColumn ? Self.withChannels(heads, divided) : heads
                }
            } else {
                (heading, name, divided) = try Self.words(lines, file)
            }
            isHeaded = heading != nil
            let joint = separator.map(String.init) ?? " "
            try Self.checkWidths(divided, heading, separator, file)
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

    /// The lines without what makes them a list in other languages: a comma after each, which is not the end of an empty
    /// column; `- ` before each, below a line such as `names:`.
    private static func items(_ all: [Line]) -> [Line] {
        func commas(_ line: Line?) -> Int {
            guard let text = line?.text else { return 0 }
            return text.count { $0 == "," } - (text.hasSuffix(",") ? 1 : 0)
        }
        let hasHeading = all.first?.text.hasSuffix(":") == true && all.count > 1
        let hasDashes =
            !all.isEmpty && all.dropFirst(hasHeading ? 1 : 0).allSatisfy { $0.text.hasPrefix("- ") }
        let lines = hasDashes && hasHeading ? Array(all.dropFirst()) : all
        let hasCommas =
            lines.count > 1 && lines.dropLast().allSatisfy { $0.text.hasSuffix(",") }
            && commas(lines.last) <= commas(lines.first)
        return lines.map { line in
            var text = line.text
            if hasCommas, text.hasSuffix(",") { text = text.dropLast().trimmed }
            if hasDashes { text = text.dropFirst(2).trimmed }
            return (line.number, text, [])
        }
    }

    /// A line with its colour in three columns, which others write as `[128, 64, 128]`, `(128, 64, 128)` or `#804080`.
    private static func withPlainColors(_ line: Substring) -> Substring {
        if let start = line.firstIndex(where: { $0 == "[" || $0 == "(" }),
            let end = line[start...].firstIndex(where: { $0 == "]" || $0 == ")" })
        {
            let numbers = line[line.index(after: start)..<end].split { $0 == "," || $0.isWhitespace }
            guard numbers.count == 3, numbers.allSatisfy({ UInt8($0) != nil }) else { return line }
            return joined(line[..<start], numbers.map(String.init), line[line.index(after: end)...])
        }
        for mark in line.indices where line[mark] == "#" {
            let digits = line[line.index(after: mark)...].prefix(while: \.isHexDigit)
            let after = line[digits.endIndex...]
            let before = line[..<mark]
            let isWhole =
                (before.isEmpty || before.last?.isWhitespace == true || before.last?.isPunctuation == true)
                && (after.isEmpty || after.first?.isWhitespace == true || after.first?.isPunctuation == true)
            guard digits.count == 6, isWhole, let code = Int(digits, radix: 16) else { continue }
            return joined(before, [code >> 16, code >> 8 & 255, code & 255].map { "\($0)" }, after)
        }
        return line
    }

    /// A line with the numbers of a colour in it as columns; quotes around them are left out.
    private static func joined(_ before: Substring, _ numbers: [String], _ after: Substring) -> Substring {
        let isQuoted = ["\"", "'"].contains { before.hasSuffix($0) && after.hasPrefix($0) }
        let (left, right) = isQuoted ? (before.dropLast(), after.dropFirst()) : (before, after)
        let isListed = left.trimmed.hasSuffix(",") || right.trimmed.hasPrefix(",")
        let joint = isListed ? "," : (left + right).contains(";") ? ";" : "\t"
        return left + numbers.joined(separator: joint) + right
    }

    /// A line without the note at its end: `Road # of any kind`. `Car #1` is a name, and so is what is in quotes.
    private static func withoutNote(_ line: Substring) -> Substring {
        guard !line.contains("\"") else { return line }
        let mark = line.indices.first { place in
            guard line[place] == "#", place > line.startIndex else { return false }
            let next = line.index(after: place)
            return line[line.index(before: place)].isWhitespace && next < line.endIndex
                && line[next].isWhitespace
        }
        return mark.map { line[..<$0] } ?? line
    }

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
        // A heading with commas over lines of words.
        if let found, lines.count > 1, !lines.dropFirst().contains(where: { $0.text.contains(found) }),
            split(first, found).allSatisfy({ Heads.all.contains($0.lowercased()) })
        {
            return nil
        }
        // `R G B<tab>Name` is not a table of columns.
        if found == nil, first.count(where: { $0 == "\t" }) >= 3 { return "\t" }
        // A line in quotes is one column.
        return found ?? (lines.contains { unquoted($0.text, "\"") != $0.text } ? "," : nil)
    }

    /// Name, red, green and blue of a line of a label map; nothing for other lines.
    private static func labelMap(_ line: Substring) -> [Substring] {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return [] }
        let numbers = parts[1].split(separator: ",").map(\.trimmed)
        return numbers.count == 3 ? [unquoted(parts[0].trimmed, "\"", "'")] + numbers : []
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
        return fields.map { unquoted($0.trimmed, "\"") }
    }

    /// A text without the quotes around it; a quote within them is doubled.
    private static func unquoted(_ text: Substring, _ quotes: Character...) -> Substring {
        guard text.count >= 2, let quote = text.first, quotes.contains(quote), text.last == quote else {
            return text
        }
        let parts = text.dropFirst().dropLast().split(
            separator: "\(quote)\(quote)", omittingEmptySubsequences: false)
        return parts.contains { $0.contains(quote) } ? text : Substring(parts.joined(separator: "\(quote)"))
    }

    /// Lines of numbers before and after a name that may have spaces, the column of the name, and the heading if there is
    /// one.
    private static func words(_ written: [Line], _ file: String) throws
        -> (heading: [String]?, name: Int?, lines: [Line])
    {
        let all = written.map { ($0.number, withoutSign($0.text), []) as Line }
        let heads = all[0].text.lowercased().split { $0.isWhitespace || $0 == "," || $0 == ";" }.map(
            String.init)
        let isName = Heads.name.contains(all[0].text.lowercased())
        var isHeading = isName || heads.allSatisfy(Heads.all.contains)
        // Among names alone, `red` is one, and so is `Class A`.
        if isHeading, !isName, all.count > 1 {
            let channels = Heads.channels.count { $0.contains(where: heads.contains) }
            let hasNumbers = channels == 3 || heads.contains { (Heads.value + Heads.color).contains($0) }
            let expected = heads.count { !Heads.name.contains($0) }
            let numbered = all.dropFirst().count { line in
                heads.count == 1
                    ? line.text.contains { $0.isNumber }
                    : line.text.split { !$0.isNumber }.count >= expected
            }
            // `name category` over words.
            let isOfWords = heads.allSatisfy((Heads.name + Heads.color).contains) && !isName
            isHeading =
                heads.count == 1
                ? numbered > 0
                : isOfWords || [0, 3].contains(channels) && hasNumbers && 2 * numbered > all.count - 1
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
            let stems = words.map { $0.dropFirst(lead).dropLast().joined(separator: " ") }
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
                return (line.number, line.text, [unquoted(line.text, "\"", "'")])
            }
            let name: Substring
            if trail == 0 {
                name = line.text.split(maxSplits: lead) { $0 == " " || $0 == "\t" }[lead].trimmed
            } else {
                name = Substring(words[lead..<words.count - trail].joined(separator: " "))
            }
            let fields = words.prefix(lead) + [unquoted(name, "\"", "'")] + words.suffix(trail)
            return (line.number, line.text, Array(fields))
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
        return hasLeft != hasRight ? [left, right].map { unquoted($0, "\"", "'") } : nil
    }

    /// `Sky: 10 20 30` and `Sky = 10 20 30` without the sign between the name and the colour.
    private static func withoutSign(_ line: Substring) -> Substring {
        for mark in line.indices where ":=".contains(line[mark]) {
            let sides = [line[..<mark].trimmed, line[line.index(after: mark)...].trimmed]
            let areColors = sides.map { side in
                let words = side.split(whereSeparator: \.isWhitespace)
                return words.count >= 3 && words.allSatisfy { Int($0) != nil }
            }
            if areColors[0] != areColors[1], !sides.contains("") {
                return Substring(sides.joined(separator: "\t"))
            }
        }
        return line
    }
}
