// What may be completed at a place in a text: a name, a member of the expression before a dot,
// a label in an index, a path in a string; and the call around it, for its named arguments.
// It reads tokens up to the cursor only, so unfinished text is the normal case. The console
// finds the candidates.

public struct CompletionContext: Sendable, Equatable {
    public enum Place: Sendable, Equatable {
        /// A name in scope, or a keyword.
        case name
        /// A member of the value at the path: `model.backbone.la`.
        case member(of: Path)
        /// The name of a type, behind `is`.
        case type
        /// A label within an index: `counts["Bi`.
        case label(of: Path)
        /// The text of any other string: a path, where the call takes one.
        case text
        /// Nothing: a comment, a number, a new name.
        case nothing
    }

    /// The expression before a dot, a bracket or a call.
    public struct Path: Sendable, Equatable {
        /// Its steps: names, members, indices and calls; nil where it begins with anything but a name.
        public var steps: [Step]?
        /// Its text.
        public var text: String

        public init(steps: [Step]?, text: String) {
            self.steps = steps
            self.text = text
        }
    }

    public enum Step: Sendable, Equatable {
        case name(String)
        case member(String)
        case position(Int)
        case label(String)
        /// An index that is no literal, which cannot be followed without running something.
        case index
        case call
    }

    /// The innermost call whose parentheses are open.
    public struct Call: Sendable, Equatable {
        public var callee: Path
        /// How many commas are before the cursor.
        public var position: Int
        /// The names that arguments before the cursor have.
        public var names: [String]
        /// Whether an argument begins at the cursor's word, so that a name may be offered.
        public var startsArgument: Bool
        /// The name of the argument whose value holds the cursor.
        public var argumentName: String?
    }

    public var place: Place
    /// What has been typed of it: `la`, `Bi`, `data/cam`.
    public var prefix: String
    /// What a candidate replaces; ends at the cursor.
    public var replaced: Span
    public var call: Call?

    /// - Parameter cursor: a byte offset in the source.
    public init(source: Source, cursor: Int) {
        let cursor = min(max(0, cursor), source.bytes.count)
        self.init(place: .nothing, prefix: "", replaced: Span(cursor, cursor), call: nil)
        guard source.utf8Problem == nil else { return }
        var reader = ContextReader(source: source, cursor: cursor)
        reader.read(from: max(0, cursor - ContextReader.reach))
        self = reader.context
    }

    init(place: Place, prefix: String, replaced: Span, call: Call?) {
        self.place = place
        self.prefix = prefix
        self.replaced = replaced
        self.call = call
    }
}

private struct ContextReader {
    /// How many bytes before the cursor are read.
    static let reach = 1 << 16

    let source: Source
    let cursor: Int
    var context = CompletionContext(place: .nothing, prefix: "", replaced: Span(0, 0), call: nil)
    private var tokens: [Token] = []

    init(source: Source, cursor: Int) {
        self.source = source
        self.cursor = cursor
    }

    /// Reads the text from an offset, and finds the part of it that the cursor is in:
    /// within the braces of a string that is only what follows the brace.
    mutating func read(from start: Int) {
        var start = start
        // A part of a long text begins at the start of a line.
        while start > 0, start < cursor, source.bytes[start - 1] != UInt8(ascii: "\n") { start += 1 }
        while true {
            tokens = []
            var lexer = Lexer(source: source, range: start..<cursor, keepsComments: true)
            var open: Token?
            while true {
                let token = lexer.next()
                if token.kind == .end { break }
                if token.kind == .invalid, source.bytes[Int(token.start)] == UInt8(ascii: "\""),
                    Int(token.end) == cursor
                {
                    open = token
                    break
                }
                tokens.append(token)
            }
            guard let open else { return finish(text: nil) }
            switch openString(from: Int(open.start)) {
            case .text(let opening): return finish(text: opening)
            case .code(let inner): start = inner
            case .nested(let inner, let opening):
                tokens = []
                var lexer = Lexer(source: source, range: inner..<opening, keepsComments: true)
                while true {
                    let token = lexer.next()
                    if token.kind == .end { break }
                    tokens.append(token)
                }
                return finish(text: opening)
            case .format:
                context.replaced = Span(cursor, cursor)
                return
            }
        }
    }

    private enum OpenString {
        /// In the text of a string that opens here.
        case text(Int)
        /// In the braces of a string; their content begins here.
        case code(Int)
        /// In a string within the braces of a string.
        case nested(code: Int, opening: Int)
        case format
    }

    /// Where in an unclosed string the cursor is.
    private func openString(from opening: Int) -> OpenString {
        var stack: [(sign: UInt8, at: Int)] = []
        let quote = UInt8(ascii: "\"")
        let brace = UInt8(ascii: "{")
        var at = opening
        while at < cursor {
            let c = source.bytes[at]
            let inText = stack.last?.sign == quote || stack.last?.sign == 3
            if c == UInt8(ascii: "\\"), inText {
                at += 2
                continue
            }
            if c == quote {
                let isTriple =
                    at + 2 < cursor && source.bytes[at + 1] == quote && source.bytes[at + 2] == quote
                if !inText {
                    stack.append((isTriple ? 3 : quote, at))
                    at += isTriple ? 2 : 0
                } else if stack.last?.sign == quote || isTriple {
                    at += stack.last?.sign == quote ? 0 : 2
                    stack.removeLast()
                }
            } else if inText {
                if c == brace { stack.append((c, at)) }
            } else if c == brace || c == UInt8(ascii: "(") || c == UInt8(ascii: "[") {
                stack.append((c, at))
            } else if c == UInt8(ascii: "}") || c == UInt8(ascii: ")") || c == UInt8(ascii: "]") {
                stack.removeLast()
            } else if c == UInt8(ascii: ":"), stack.last?.sign == brace, stack.count > 1,
                stack[stack.count - 2].sign == quote || stack[stack.count - 2].sign == 3
            {
                stack[stack.count - 1].sign = UInt8(ascii: ":")
            }
            if stack.isEmpty { return .format }
            at += 1
        }
        guard let top = stack.last else { return .format }
        if top.sign == UInt8(ascii: ":") { return .format }
        // The innermost braces of a string around the cursor.
        let hole = stack.indices.last {
            $0 > 0 && stack[$0].sign == brace && (stack[$0 - 1].sign == quote || stack[$0 - 1].sign == 3)
        }
        let isText = top.sign == quote || top.sign == 3
        guard let hole else { return .text(top.at) }
        return isText ? .nested(code: stack[hole].at + 1, opening: top.at) : .code(stack[hole].at + 1)
    }

    // MARK: Reading the tokens

    private mutating func finish(text opening: Int?) {
        let word: Token? =
            if opening == nil, let last = tokens.last, last.kind.isWord, Int(last.end) == cursor { last } else
            { nil }
        let before = tokens.count - (word == nil ? 0 : 1)
        var stack = openBrackets(before)
        context.call = call(stack, before, hasWord: word != nil)
        if let opening {
            let isTriple =
                opening + 2 < cursor
                && source.bytes[opening..<(opening + 3)].allSatisfy { $0 == UInt8(ascii: "\"") }
            let start = min(cursor, opening + (isTriple ? 3 : 1))
            context.replaced = Span(start, cursor)
            context.prefix = source.text(context.replaced)
            context.place = .text
            context.call?.startsArgument = false
            if let bracket = stack.popLast(), tokens[bracket].kind == .leftBracket, isIndex(bracket),
                let last = tokens.last, last.kind == .leftBracket || last.kind == .comma
            {
                context.place = .label(of: path(endingAt: bracket - 1))
            }
            return
        }
        let start = word.map { Int($0.start) } ?? cursor
        context.replaced = Span(start, cursor)
        context.prefix = source.text(context.replaced)
        guard let previous = before > 0 ? tokens[before - 1] : nil else {
            context.place = .name
            return
        }
        switch previous.kind {
        case .comment where word == nil && !isOnNewLine(previous): context.place = .nothing
        case .number where word == nil && Int(previous.end) == cursor: context.place = .nothing
        case .dot: context.place = .member(of: path(endingAt: before - 2))
        case .is: context.place = .type
        case .not where before > 1 && tokens[before - 2].kind == .is: context.place = .type
        case .for, .type, .global, .catch: context.place = .nothing
        case .invalid where word == nil && Int(previous.end) == cursor: context.place = .nothing
        default: context.place = .name
        }
    }

    private func isOnNewLine(_ previous: Token) -> Bool {
        source.bytes[Int(previous.end)..<cursor].contains(UInt8(ascii: "\n"))
    }

    /// The brackets that are open before a token, as places in `tokens`.
    private func openBrackets(_ end: Int) -> [Int] {
        var stack: [Int] = []
        for at in 0..<end {
            if tokens[at].kind.isOpener { stack.append(at) }
            if tokens[at].kind.isCloser { _ = stack.popLast() }
        }
        return stack
    }

    /// Whether a `[` follows what it indexes, or a `(` what it calls.
    private func isIndex(_ bracket: Int) -> Bool {
        guard bracket > 0, !tokens[bracket].startsLine else { return false }
        let previous = tokens[bracket - 1]
        if previous.kind.isKeyword {
            return bracket > 1 && tokens[bracket - 2].kind == .dot || previous.kind == .self
        }
        return previous.kind == .name || previous.kind == .rightParen || previous.kind == .rightBracket
            || previous.kind == .string
    }

    private func call(_ stack: [Int], _ end: Int, hasWord: Bool) -> CompletionContext.Call? {
        guard let bracket = stack.last(where: { tokens[$0].kind != .leftBracket }),
            tokens[bracket].kind == .leftParen,
            isIndex(bracket)
        else { return nil }
        var call = CompletionContext.Call(
            callee: path(endingAt: bracket - 1), position: 0, names: [], startsArgument: false,
            argumentName: nil)
        var depth = 0
        var argumentStart = bracket + 1
        for at in (bracket + 1)..<max(end, bracket + 1) {
            let kind = tokens[at].kind
            if kind.isOpener { depth += 1 }
            if kind.isCloser { depth -= 1 }
            guard depth == 0 else { continue }
            if kind == .comma {
                call.position += 1
                argumentStart = at + 1
            } else if kind == .assign, at == argumentStart + 1, tokens[at - 1].kind.isWord {
                call.names.append(source.text(tokens[at - 1].span))
            }
        }
        call.startsArgument = argumentStart == end && stack.last == bracket
        if argumentStart + 1 < end, tokens[argumentStart].kind.isWord,
            tokens[argumentStart + 1].kind == .assign
        {
            call.argumentName = source.text(tokens[argumentStart].span)
        }
        return call
    }

    /// The chain of names, members and indices that ends with a token.
    private func path(endingAt end: Int) -> CompletionContext.Path {
        var steps: [CompletionContext.Step] = []
        var at = end
        var isPlain = true
        var start = end
        while at >= 0 {
            let token = tokens[at]
            start = at
            if token.kind.isWord || token.kind == .string {
                let text = source.text(token.span)
                if at > 0, tokens[at - 1].kind == .dot {
                    steps.append(.member(text))
                    at -= 2
                    continue
                }
                if token.kind == .name || token.kind == .self {
                    steps.append(.name(text))
                } else {
                    isPlain = false
                }
                break
            }
            guard token.kind == .rightBracket || token.kind == .rightParen, let open = opener(of: at) else {
                isPlain = false
                break
            }
            let isCall = token.kind == .rightParen
            steps.append(isCall ? .call : literalStep(open, at) ?? .index)
            start = open
            guard isIndex(open) else {
                isPlain = false
                break
            }
            at = open - 1
        }
        if at < 0 { isPlain = false }
        guard end >= 0, start >= 0, start <= end else { return .init(steps: nil, text: "") }
        let text = source.text(tokens[start].span.joined(tokens[end].span))
        return .init(steps: isPlain ? steps.reversed() : nil, text: text)
    }

    private func opener(of closer: Int) -> Int? {
        var depth = 0
        for at in stride(from: closer, through: 0, by: -1) {
            if tokens[at].kind.isCloser { depth += 1 }
            if tokens[at].kind.isOpener {
                depth -= 1
                if depth == 0 { return at }
            }
        }
        return nil
    }

    /// `[3]`, `[-1]`, `["Road"]`.
    private func literalStep(_ open: Int, _ close: Int) -> CompletionContext.Step? {
        guard tokens[open].kind == .leftBracket else { return nil }
        let inner = tokens[(open + 1)..<close]
        guard let last = inner.last else { return nil }
        let text = source.text(last.span)
        if last.kind == .string, inner.count == 1, text.utf8.count >= 2 {
            return text.contains("{") || text.contains("\\")
                ? nil : .label(String(text.dropFirst().dropLast()))
        }
        guard last.kind == .number, let value = Lexer.value(ofNumber: text),
            let position = Int(exactly: value)
        else { return nil }
        if inner.count == 1 { return .position(position) }
        return inner.count == 2 && inner.first?.kind == .minus ? .position(-position) : nil
    }
}
