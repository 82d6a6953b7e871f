// Keywords that were misspelt: `retrun x`, `esle { }`, `a AND b`.

import SegSystem

extension Parser {
    /// The keyword that differs from a word by one typing error, if there is one.
    func keywordMeant(by word: String) -> String? {
        guard word.utf8.count >= 2, word.utf8.count <= 10, word.utf8.allSatisfy({ $0 < 0x80 }) else {
            return nil
        }
        let lower = word.lowercased()
        if Token.Kind.keywords[lower] != nil { return lower }
        guard lower.utf8.count >= 3 else { return nil }
        return Token.Kind.keywords.keys.sorted().first {
            $0.utf8.count >= 3 && editDistance(lower, $0) <= 1
        }
    }
}
