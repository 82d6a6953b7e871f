// The expectations in a script's comments: `# expect: 3`, `# expect near: 1.2043`, `# expect error: …`,
// `# expect help: …`, `# expect kind: shape`, `# expect column: 9`, each on the line that causes it or alone
// on the lines after it. A comment that only looks like one of these is an error, since it would check nothing.

/// One expectation and its line.
struct Expectation {
    enum Kind: String, CaseIterable {
        case output = "expect:"
        case near = "expect near:"
        case error = "expect error:"
        case help = "expect help:"
        case kind = "expect kind:"
        case column = "expect column:"
    }

    let kind: Kind
    let text: String
    /// From 1.
    let line: Int

    /// The expectations of a text, in order.
    static func all(in lines: [String]) -> [Expectation] {
        var found: [Expectation] = []
        for (place, line) in lines.enumerated() {
            guard let start = line.find("# expect") else { continue }
            let comment = line[start.lowerBound...].dropFirst(2)
            for kind in Kind.allCases where comment.hasPrefix(kind.rawValue) {
                var text = comment.dropFirst(kind.rawValue.count)
                if text.first == " " { text = text.dropFirst() }
                while text.last?.isWhitespace == true { text.removeLast() }
                found.append(Expectation(kind: kind, text: String(text), line: place + 1))
            }
        }
        return found
    }

    /// What is wrong with the comments that look like expectations, with their lines.
    static func faults(in lines: [String]) -> [(line: Int, message: String)] {
        var faults: [(line: Int, message: String)] = []
        for (place, line) in lines.enumerated() {
            guard let start = line.firstRange(of: "# expect") else { continue }
            let comment = line[start.lowerBound...].dropFirst(2)
            guard let colon = comment.firstIndex(of: ":") else { continue }
            let form = comment[...colon]
            guard form.allSatisfy({ $0.isLetter || $0 == " " || $0 == ":" }) else { continue }
            if Kind(rawValue: String(form)) == nil {
                let known = Kind.allCases.map { "`# \($0.rawValue)`" }.joined(separator: " ")
                faults.append((place + 1, "`# \(form)` is not an expectation; the forms are \(known)"))
            } else if form != Kind.output.rawValue, comment[colon...].dropFirst().allSatisfy(\.isWhitespace) {
                faults.append((place + 1, "`# \(form)` expects nothing"))
            }
        }
        return faults
    }

    /// Whether a printed text has the expected numbers, to one unit of their last digits; the text between
    /// the numbers is ignored.
    func isNear(_ printed: String) -> Bool {
        let wanted = Self.numbers(in: text)
        let got = Self.numbers(in: printed)
        guard !wanted.isEmpty, wanted.count == got.count else { return false }
        return zip(wanted, got).allSatisfy { wanted, got in
            if wanted.value.isNaN || got.value.isNaN { return wanted.value.isNaN && got.value.isNaN }
            if wanted.value.isInfinite { return wanted.value == got.value }
            return (wanted.value - got.value).magnitude <= wanted.unit * 1.0001
        }
    }

    private static func numbers(in text: String) -> [(value: Double, unit: Double)] {
        var numbers: [(value: Double, unit: Double)] = []
        let separators: Set<Character> = ["[", "]", "(", ")", ",", " ", "=", ":", "\t"]
        for word in text.split(whereSeparator: { separators.contains($0) }) {
            guard let value = Double(word) else { continue }
            let parts = word.lowercased().split(separator: "e", maxSplits: 1)
            let decimals =
                parts[0].split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
            let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            var unit = 1.0
            for _ in 0..<abs(exponent - decimals) { unit *= exponent < decimals ? 0.1 : 10 }
            numbers.append((value, unit))
        }
        return numbers
    }
}
