// Restores the program of a printed listing: removes line numbers, and joins lines that were
// wrapped for the page.
//
//     1  X, Y = 100, 50
//     2  w = torch.where(counts > 0,
//            X - 100 * (counts / sum(counts)), Y)

enum PrintedListing {
    /// The program of a numbered listing; nil where the text is not one.
    static func unnumbered(_ text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let first = lines.firstIndex(where: { !isBlank($0) }), let start = number(of: lines[first])
        else {
            return nil
        }
        if let below = withoutNumberColumn(Array(lines[first...]), from: start.value) { return below }
        var result: [String] = []
        var expected = start.value
        for line in lines[first...] {
            if let found = number(of: line), found.value == expected {
                result.append(found.rest)
                expected += 1
            } else if !isBlank(line) {
                result[result.count - 1] += " " + continuation(line)
            }
        }
        // A single line may be an expression such as `2 * x`.
        guard lines[first...].count(where: { !isBlank($0) }) > 1 else { return nil }
        return aligned(result).joined(separator: "\n")
    }

    /// A copy with the whole column of numbers first and the text after it.
    private static func withoutNumberColumn(_ lines: [String], from start: Int) -> String? {
        var count = 0
        while count < lines.count, let found = number(of: lines[count]), found.value == start + count,
            isBlank(found.rest)
        {
            count += 1
        }
        guard count > 1, count < lines.count else { return nil }
        return lines[count...].joined(separator: "\n")
    }

    private static func isBlank(_ line: String) -> Bool { line.allSatisfy { $0.isWhitespace } }

    /// The number that a line begins with, and what follows it.
    private static func number(of line: String) -> (value: Int, rest: String)? {
        let text = line.drop { $0.isWhitespace }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 5, let value = Int(digits) else { return nil }
        var rest = text.dropFirst(digits.count)
        if rest.first == ":" || rest.first == "|" { rest = rest.dropFirst() }
        guard rest.isEmpty || rest.first?.isWhitespace == true else { return nil }
        return (value, String(rest))
    }

    /// A wrapped part without its indentation and the arrow that some printers put there.
    private static func continuation(_ line: String) -> String {
        var text = line.drop { $0.isWhitespace }
        if let mark = text.first, "↪→⤷↳".contains(mark) { text = text.dropFirst().drop { $0.isWhitespace } }
        return String(text)
    }

    /// The lines without their common indentation.
    private static func aligned(_ lines: [String]) -> [String] {
        let depth = lines.filter { !isBlank($0) }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(min(depth, $0.prefix { $0 == " " }.count))) }
    }
}
