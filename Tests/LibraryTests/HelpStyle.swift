// Rules for the first sentence of a help text.

enum HelpStyle {
    /// The width of a help page.
    static let longest = 110

    /// What is wrong with the first sentence of a documentation text.
    static func faults(inSummaryOf doc: String) -> [String] {
        var sentence = ""
        var depth = 0
        var isEnded = false
        for line in doc.split(separator: "\n", omittingEmptySubsequences: false) {
            if isEnded || line.isEmpty || line.hasPrefix("    ") { break }
            if !sentence.isEmpty { sentence += " " }
            for place in line.indices {
                let character = line[place]
                sentence.append(character)
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                let next = line.index(after: place)
                isEnded = character == "." && depth <= 0 && (next == line.endIndex || line[next] == " ")
                if isEnded { break }
            }
        }
        var faults: [String] = []
        if !beginsWell(sentence) {
            faults.append("begins neither with a capital letter nor with a formula: \(sentence)")
        }
        if !isEnded { faults.append("does not end with a point: \(sentence)") }
        if sentence.count > longest {
            faults.append("has \(sentence.count) characters, more than \(longest): \(sentence)")
        }
        if depth != 0 { faults.append("has brackets that do not match: \(sentence)") }
        if sentence.split(separator: " ").count < 2 { faults.append("is no sentence: \(sentence)") }
        return faults
    }

    /// A capital letter or a number; a name between backquotes; or a formula, which has an operator, a
    /// call or a size close to its beginning.
    private static func beginsWell(_ sentence: String) -> Bool {
        guard let first = sentence.first else { return false }
        if first.isUppercase || first.isNumber || "`(-".contains(first) { return true }
        if let word = sentence.prefixMatch(of: /[a-z]\w*/) {
            let rest = sentence[word.range.upperBound...]
            return ["(", " *", " /", " +", " -", " ^", " [", ","].contains { rest.hasPrefix($0) }
                || word.0.count == 1
        }
        return false
    }
}
