// Reading classes from the files that come with data sets: CamVid's `label_colors.txt`, and the table
// of names and colours (`class_dict.csv`) in copies of CamVid.

import SegSystem
import SegTensor

extension ClassPalette {
    /// The largest file of class names that is read.
    private static let labelFileLimit = 1 << 20

    /// Reads `R G B<space or tab>Name` lines, or a table `name,r,g,b` if the path ends in `.csv`.
    public static func read(_ path: String) throws -> ClassPalette {
        let text = String(decoding: try FileReader.contents(of: path, limit: labelFileLimit), as: UTF8.self)
        return try path.hasSuffix(".csv") ? parse(csv: text, file: path) : parse(text, file: path)
    }

    /// Lines of three numbers of 0...255 and a name. Empty lines and lines that start with `#` or `//` are
    /// skipped; carriage returns and a byte order mark are ignored. Errors name the file and the line.
    public static func parse(_ text: String, file: String) throws -> ClassPalette {
        try collect(text, file: file) { line in
            let fields = line.split(maxSplits: 3) { $0 == " " || $0 == "\t" }
            guard fields.count == 4 else { return nil }
            return (fields[3], fields[0..<3])
        }
    }

    /// Lines `name,r,g,b` below a header.
    static func parse(csv text: String, file: String) throws -> ClassPalette {
        var isHeading = true
        return try collect(text, file: file, expected: "name,r,g,b") { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmed }
            guard fields.count == 4 else { return nil }
            defer { isHeading = false }
            if isHeading, fields[1...].allSatisfy({ Int($0) == nil }) { return ("", [][...]) }
            return (fields[0], fields[1...])
        }
    }

    /// Collects the classes of a file. `fields` returns the name and the three numbers of a line, an empty
    /// name for a header, nil for a line of another form.
    private static func collect(
        _ text: String, file: String, expected: String = "R G B Name",
        fields: (Substring) -> (name: Substring, numbers: ArraySlice<Substring>)?
    ) throws -> ClassPalette {
        var names: [String] = []
        var colors: [Color] = []
        var lines: [String: Int] = [:]
        var owners: [Color: Int] = [:]
        let mark = text.unicodeScalars.first == "\u{feff}" ? 1 : 0
        let body = Substring(text.unicodeScalars.dropFirst(mark))
        for (place, raw) in body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let number = place + 1
            let line = raw.trimmed
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("//") { continue }
            guard let (name, numbers) = fields(line) else {
                throw wrong(file, number, "'\(line.prefix(60))' is not of the form \(expected)")
            }
            if numbers.isEmpty { continue }
            guard !name.isEmpty else { throw wrong(file, number, "the class has no name") }
            var parts: [UInt8] = []
            for field in numbers {
                guard let value = UInt8(field) else {
                    throw wrong(file, number, "'\(field.prefix(20))' is not a colour value of 0...255")
                }
                parts.append(value)
            }
            let color = Color(parts[0], parts[1], parts[2])
            if let first = lines.updateValue(number, forKey: String(name)) {
                throw wrong(file, number, "the class \(name) is already in line \(first)")
            }
            if let first = owners.updateValue(number, forKey: color) {
                throw wrong(file, number, "the colour \(color) is already in line \(first)")
            }
            names.append(String(name))
            colors.append(color)
            guard names.count <= limit else {
                throw wrong(file, number, "there are more than the \(limit) classes that masks can hold")
            }
        }
        guard !names.isEmpty else {
            throw TensorError(
                .file, "\(file) names no classes", help: "each line is \(expected), e.g. 128 64 128 Road")
        }
        return try ClassPalette(names: names, colors: colors)
    }

    private static func wrong(_ file: String, _ line: Int, _ what: String) -> TensorError {
        TensorError(.file, "\(file), line \(line): \(what)")
    }
}
