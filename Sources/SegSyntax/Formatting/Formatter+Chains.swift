// Where an `else` or `catch` that begins a line goes: with the `if` or `try` that it belongs to.

extension Formatter {
    /// Where a word that begins or continues a chain was written.
    struct Head {
        var column: Int
        var lineIndent: Int
        var startsLine: Bool
    }

    /// The column of an `else` or `catch`: below the `}` or the word that begins its line, else below an
    /// `if` in brackets, or indented from the statement that contains the `if`.
    func columnOfChain(_ at: Int) -> Int? {
        var place = at
        while let brace = closer(before: place), let word = word(before: brace) {
            let startsLine = tokens[brace].startsLine || forcedBreaks.contains(brace)
            if startsLine, place == at { return state.lineIndent }
            guard let head = heads[word] else { return nil }
            if head.startsLine { return head.column }
            if tokens[word].kind == .if || tokens[word].kind == .try {
                guard word > 0, tokens[word - 1].kind == .else else {
                    return state.levels.last.map { $0.kind != .leftBrace } ?? false
                        ? head.column : head.lineIndent + 4
                }
                if heads[word - 1]?.startsLine == true { return heads[word - 1]?.column }
                place = word - 1
            } else {
                place = word
            }
        }
        return nil
    }

    /// The `}` right before a word, comments aside.
    private func closer(before at: Int) -> Int? {
        let place = tokens[..<at].lastIndex { $0.kind != .comment }
        return place.flatMap { tokens[$0].kind == .rightBrace ? $0 : nil }
    }

    /// The `if`, `try`, `else` or `catch` whose block ends with a `}`.
    private func word(before brace: Int) -> Int? {
        var depth = 0
        for at in stride(from: brace, through: 0, by: -1) {
            let kind = tokens[at].kind
            if kind.isCloser { depth += 1 }
            if kind.isOpener { depth -= 1 }
            if depth < 0 { return nil }
            let isWord = kind == .if || kind == .try || kind == .else || kind == .catch
            if depth == 0, at < brace, isWord { return at }
        }
        return nil
    }
}
