// Listings as papers print them: the lines are numbered, and long ones are wrapped.

/// Takes line numbers off pasted text.
public enum Listing {
    /// The text of a numbered listing without its numbers; nil where it is none. Lines that
    /// have no number, where others have, are the wrapped ends of the lines above.
    ///
    ///     1 X, Y = 100, 50
    ///     2 w = torch.where(count > 0,
    ///     X, Y)
    public static func withoutNumbers(_ text: String) -> String? {
        var wrapped: [String] = []
        var next: Int?
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let body = line.drop { $0 == " " || $0 == "\t" }
            let digits = body.prefix { $0.isASCII && $0.isNumber }
            let rest = body.dropFirst(digits.count)
            if let number = Int(digits), number == next ?? number, number < 100_000, isNumbering(rest) {
                wrapped.append(String(rest))
                next = number + 1
            } else if body.isEmpty {
                continue
            } else if let last = wrapped.popLast() {
                wrapped.append(last + " " + body)
            } else {
                return nil
            }
        }
        guard next != nil, wrapped.contains(where: { !$0.isEmpty }) else { return nil }
        return unindented(wrapped).joined(separator: "\n")
    }

    /// Whether what follows the digits shows them to be a line's number: a space or a sign
    /// of numbering, and then no operator, as `2 * x` has.
    private static func isNumbering(_ rest: Substring) -> Bool {
        guard let first = rest.first else { return true }
        guard first == " " || first == "\t" else { return false }
        guard let sign = rest.first(where: { $0 != " " && $0 != "\t" }) else { return true }
        return sign.isLetter || sign == "_" || sign == "#" || sign == "\"" || sign == "(" || sign == "["
            || sign == ")" || sign == "]" || sign == "}" || sign == "@"
    }

    /// The lines without the indentation that all of them share.
    private static func unindented(_ lines: [String]) -> [String] {
        let indents = lines.filter { $0.contains { $0 != " " && $0 != "\t" } }.map { line in
            line.prefix { $0 == " " || $0 == "\t" }.count
        }
        let shared = indents.min() ?? 0
        return lines.map { String($0.dropFirst(min(shared, $0.count))) }
    }
}
