// What each part of a text is, for colouring at the prompt. Works on tokens alone, so that
// unfinished and wrong text is coloured as well.

/// A part of a text and what it is.
public struct ClassifiedSpan: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case keyword, constant, name, call, type, member, argumentName, number, string, escape, format
        case comment, documentation, sign, bracket, error
    }
    public let span: Span
    public let kind: Kind
}

extension Source {
    /// The parts of the text in their order; white space and plain punctuation between the
    /// parts of a string are left out.
    public func classified() -> [ClassifiedSpan] {
        guard utf8Problem == nil else { return [] }
        var result: [ClassifiedSpan] = []
        Classifier(source: self).classify(0..<bytes.count, depth: 0, into: &result)
        return result
    }
}

private struct Classifier {
    let source: Source

    func classify(_ range: Range<Int>, depth: Int, into result: inout [ClassifiedSpan]) {
        var lexer = Lexer(source: source, range: range, keepsComments: true)
        var previous = Token.Kind.end
        var openers: [Token.Kind] = []
        var token = lexer.next()
        while token.kind != .end {
            let next = lexer.next()
            if token.kind == .string
                || (token.kind == .invalid && source.bytes[Int(token.start)] == UInt8(ascii: "\""))
            {
                string(token, depth, &result)
            } else {
                let kind = kind(of: token, after: previous, before: next, in: openers.last)
                result.append(ClassifiedSpan(span: token.span, kind: kind))
            }
            if token.kind.isOpener { openers.append(token.kind) }
            if token.kind.isCloser { _ = openers.popLast() }
            // `is not` counts as `is`.
            if previous != .is || token.kind != .not { previous = token.kind }
            token = next
            lexer.diagnostics = []
        }
    }

    private func kind(
        of token: Token, after previous: Token.Kind, before next: Token, in opener: Token.Kind?
    ) -> ClassifiedSpan.Kind {
        switch token.kind {
        case .comment:
            let isDoc = token.startsLine && source.text(token.span).hasPrefix("##")
            return isDoc ? .documentation : .comment
        case .number: return .number
        case .invalid, .string: return .error
        case .leftParen, .rightParen, .leftBracket, .rightBracket, .leftBrace, .rightBrace: return .bracket
        case _ where token.kind.isWord:
            if previous == .dot { return next.kind == .leftParen ? .call : .member }
            if opener == .leftParen, next.kind == .assign { return .argumentName }
            if previous == .is, token.kind == .name || token.kind == .type { return .type }
            if token.kind == .true || token.kind == .false || token.kind == .nil { return .constant }
            if token.kind.isKeyword { return .keyword }
            if previous == .type { return .type }
            if let first = source.text(token.span).unicodeScalars.first, first.properties.isUppercase,
                next.kind == .leftParen
            {
                return .type
            }
            return next.kind == .leftParen && !next.startsLine ? .call : .name
        default: return .sign
        }
    }

    /// A string, its escapes, and the expressions in its braces.
    private func string(_ token: Token, _ depth: Int, _ result: inout [ClassifiedSpan]) {
        let whole = Int(token.start)..<Int(token.end)
        var lexer = Lexer(source: source, range: whole)
        var parts: [StringPart]? = []
        guard lexer.scanString(&parts) == nil, let parts, depth < 8 else {
            result.append(ClassifiedSpan(span: token.span, kind: .string))
            return
        }
        var at = whole.lowerBound
        func text(to end: Int) {
            var start = at
            while at < end {
                guard source.bytes[at] == UInt8(ascii: "\\") else {
                    at += 1
                    continue
                }
                if start < at { result.append(ClassifiedSpan(span: Span(start, at), kind: .string)) }
                start = at
                at = min(end, lexer.escapeEnd(at))
                result.append(ClassifiedSpan(span: Span(start, at), kind: .escape))
                start = at
            }
            if start < end { result.append(ClassifiedSpan(span: Span(start, end), kind: .string)) }
            at = end
        }
        for part in parts {
            guard let expression = part.expression else { continue }
            text(to: part.whole.lowerBound)
            result.append(ClassifiedSpan(span: Span(at, expression.lowerBound), kind: .bracket))
            classify(expression, depth: depth + 1, into: &result)
            if part.hasFormat {
                result.append(
                    ClassifiedSpan(span: Span(expression.upperBound, part.text.upperBound), kind: .format))
            }
            result.append(
                ClassifiedSpan(span: Span(part.whole.upperBound - 1, part.whole.upperBound), kind: .bracket))
            at = part.whole.upperBound
        }
        text(to: whole.upperBound)
    }
}

extension Lexer {
    /// Where the escape at an offset ends.
    fileprivate func escapeEnd(_ offset: Int) -> Int {
        var copy = self
        copy.position = offset
        return copy.skipEscape()
    }
}
