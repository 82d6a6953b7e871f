// Whether there is a space between two tokens of one line.

extension Formatter {
    /// Writes what separates a token from the one before it on its line.
    mutating func space(before at: Int) {
        let count = tokens[at].kind == .comment ? 2 : needsSpace(at) ? 1 : 0
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: count))
        state.column += count
    }

    private func needsSpace(_ at: Int) -> Bool {
        let token = tokens[at].kind
        let previous = tokens[at - 1].kind
        switch previous {
        case .leftParen, .leftBracket, .dot: return false
        case .leftBrace: return true
        case .ellipsis, .halfOpenRange: return false
        case .caret where hugsPower(at - 1): return false
        case .minus where isUnary(at - 1): return false
        case .bang: return false
        case .assign where isNaming: return false
        case .colon: return false
        default: break
        }
        switch token {
        case .rightParen, .rightBracket, .comma, .semicolon: return false
        case .colon: return previous == .comma
        case .dot: return !endsOperand(at - 1) && previous != .rightBrace  // `.5`
        case .ellipsis, .halfOpenRange: return !endsOperand(at - 1)
        case .caret: return !hugsPower(at)
        case .assign: return !isNaming
        case .leftParen, .leftBracket: return !endsOperand(at - 1)
        default: return true
        }
    }

    /// Whether an `=` here names an argument, an entry or a default: directly inside ( ).
    var isNaming: Bool { state.levels.last?.kind == .leftParen }

    /// Whether the innermost bracket around a block is not that of another block.
    var isWithinParens: Bool { state.levels.dropLast().last.map { $0.kind != .leftBrace } ?? false }

    /// Whether a power joins plain names or numbers, as `x^2`.
    private func hugsPower(_ at: Int) -> Bool {
        guard at > 0, at + 1 < tokens.count else { return true }
        func isPlain(_ place: Int) -> Bool { tokens[place].kind == .name || tokens[place].kind == .number }
        let follower = at + 2 < tokens.count && !tokens[at + 2].startsLine ? tokens[at + 2].kind : .end
        let isCalled = follower == .leftParen || follower == .leftBracket || follower == .dot
        return isPlain(at - 1) && (isPlain(at + 1) && !isCalled || tokens[at + 1].kind == .minus)
    }

    /// Whether a token is the end of something that can be called or be a left operand.
    func endsOperand(_ at: Int) -> Bool {
        let kind = tokens[at].kind
        switch kind {
        case .name, .number, .string, .rightParen, .rightBracket, .true, .false, .nil, .self, .import:
            return true
        default: return kind.isKeyword && at > 0 && tokens[at - 1].kind == .dot
        }
    }

    /// Whether a `-` is a sign and not a difference.
    func isUnary(_ at: Int) -> Bool {
        guard at > 0 else { return true }
        if tokens[at].startsLine, state.levels.last.map({ $0.kind == .leftBrace }) ?? true { return true }
        return !endsOperand(at - 1) && tokens[at - 1].kind != .rightBrace
    }
}
