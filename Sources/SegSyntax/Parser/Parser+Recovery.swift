// Where the parser continues after an error: at the end of the statement, or at the next `,`
// or closing bracket of a list. Indentation, which has no meaning in the language, shows where
// a statement with a bracket left open ends.

extension Parser {
    /// Goes to where the statement that began with `start` seems to end. Brackets that it left
    /// open are followed to their end, but never past a line indented no deeper than the
    /// statement: there something new begins.
    func synchronize(from start: Token, openBefore: Int) {
        var pending = openBrackets.count > openBefore ? openBrackets[openBefore...].map(\.kind) : []
        let column = indentation(at: Int(start.start))
        if current.start == start.start, !at(.end) { skip(&pending) }
        while !at(.end) {
            if current.startsLine {
                if pending.isEmpty { break }
                if !current.kind.isCloser, indentation(at: Int(current.start)) <= column { break }
            }
            if pending.isEmpty, at(.semicolon) || at(.rightBrace) { break }
            if at(.rightBrace), !pending.contains(.leftBrace), openBefore > 0 { break }
            skip(&pending)
        }
        if openBrackets.count > openBefore { openBrackets.removeLast(openBrackets.count - openBefore) }
    }

    private func skip(_ pending: inout [Token.Kind]) {
        if current.kind.isOpener {
            pending.append(current.kind)
        } else if current.kind.isCloser, let match = pending.lastIndex(where: { $0.closer == current.kind }) {
            pending.removeSubrange(match...)
        }
        advance()
    }

    /// Goes to the next `,` or the closing bracket of the list that was opened last; false
    /// where the statement seems to end before.
    func skipToElementEnd(_ closer: Token.Kind, openCount: Int) -> Bool {
        var pending = openBrackets.count > openCount ? openBrackets[openCount...].map(\.kind) : []
        let column = indentation(at: Int(statementStart))
        while !at(.end) {
            if pending.isEmpty, at(.comma) || at(closer) {
                if openBrackets.count > openCount { openBrackets.removeLast(openBrackets.count - openCount) }
                return true
            }
            if at(.invalid) || (pending.isEmpty && current.kind.isCloser) { return false }
            if current.startsLine, !current.kind.isCloser, indentation(at: Int(current.start)) <= column {
                return false
            }
            skip(&pending)
        }
        return false
    }

    /// The indentation of the line that holds a byte; lines beyond 4 KB count as not indented.
    func indentation(at offset: Int) -> Int {
        var start = min(offset, source.bytes.count)
        let floor = max(0, start - 4096)
        while start > floor {
            let c = source.bytes[start - 1]
            if c == UInt8(ascii: "\n") || c == UInt8(ascii: "\r") { break }
            start -= 1
        }
        var width = 0
        while start + width < source.bytes.count {
            let c = source.bytes[start + width]
            guard c == UInt8(ascii: " ") || c == UInt8(ascii: "\t") else { break }
            width += 1
        }
        return width
    }
}
