// Keywords that were misspelt: `retrun x`, `esle { }`, `a AND b`.

extension Parser {
    /// The keyword that a word one slip of the finger away from it means, if there is one.
    func keywordMeant(by word: String) -> String? {
        guard word.utf8.count >= 2, word.utf8.count <= 10, word.utf8.allSatisfy({ $0 < 0x80 }) else {
            return nil
        }
        let lower = word.lowercased()
        if Token.Kind.keywords[lower] != nil { return lower }
        guard lower.utf8.count >= 3 else { return nil }
        return Token.Kind.keywords.keys.sorted().first {
            $0.utf8.count >= 3 && isOneSlip(Array(lower.utf8), Array($0.utf8))
        }
    }

    /// Whether one letter more, less, other, or two swapped make one word of the other.
    private func isOneSlip(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard abs(a.count - b.count) <= 1 else { return false }
        var start = 0
        while start < min(a.count, b.count), a[start] == b[start] { start += 1 }
        var endA = a.count
        var endB = b.count
        while endA > start, endB > start, a[endA - 1] == b[endB - 1] {
            endA -= 1
            endB -= 1
        }
        let (restA, restB) = (Array(a[start..<endA]), Array(b[start..<endB]))
        if restA.count <= 1, restB.count <= 1 { return true }
        return restA.count == 2 && restB.count == 2 && restA == restB.reversed()
    }
}
