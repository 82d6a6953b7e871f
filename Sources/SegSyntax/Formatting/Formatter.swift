// Formats a script: four spaces a level, normal spacing, at most one blank line, lines of at
// most 110 columns where a break is legal. Line breaks and comments of the writer are kept, and
// formatting is idempotent. The elements of a list are refilled only where one of its lines had
// to be broken. It works on tokens; the text must parse. The spaces between two tokens are in
// Formatter+Spacing, the places of `else` and `catch` in Formatter+Chains.

import SegSystem

public struct Formatter {
    /// The widest line that is not broken.
    public static let width = 110

    /// The formatted text, or what keeps the text from being parsed.
    public static func format(_ source: Source) -> Result<String, FormatFailure> {
        let program = Parser(source: source).parse()
        guard program.diagnostics.isEmpty else {
            return .failure(FormatFailure(diagnostics: program.diagnostics))
        }
        var formatter = Formatter(source: source)
        formatter.run()
        return .success(String(decoding: formatter.output, as: UTF8.self))
    }

    /// The errors of a text that cannot be formatted.
    public struct FormatFailure: Error {
        public let diagnostics: [Diagnostic]
    }

    /// An open bracket: how its content is indented.
    struct Level {
        var kind: Token.Kind
        /// Where its lines begin.
        var content: Int
        /// Where its closing bracket goes when it begins a line.
        var close: Int
        /// The indentation of the statement that contains it.
        var statementIndent: Int
        /// The indentation of the last line that began in it.
        var lineIndent: Int
    }

    /// Where the current line may be broken.
    private struct Candidate {
        var token: Int
        var cost: Int
        var state: State
    }

    /// What changes while tokens are written; saved to go back to a break.
    struct State {
        var outputCount = 0
        var column = 0
        /// The indentation of the current line, and of the statement it belongs to.
        var lineIndent = 0
        var statementIndent = 0
        /// The indentation of the last line that began outside all brackets.
        var outerIndent = 0
        var levels: [Level] = []
    }

    /// A comment behind code.
    struct TrailingComment {
        /// Its place in the output, and in the source.
        var offset: Int
        var source: Int
    }

    let source: Source
    let tokens: [Token]
    /// For each token the next one from it on that is not a comment, and the last one before it; or past
    /// the ends.
    private let codeFrom: [Int32]
    private let codeBefore: [Int32]
    var output: [UInt8] = []
    var state = State()
    private var candidate: Candidate?
    private var lineStart = 0
    /// How many brackets were open where the current line began.
    private var lineDepth = 0
    var forcedBreaks: Set<Int> = []
    /// Where each `if` and `try` was written.
    var heads: [Int: Head] = [:]
    var comments: [TrailingComment] = []

    private init(source: Source) {
        self.source = source
        var lexer = Lexer(source: source, keepsComments: true)
        var tokens: [Token] = []
        while true {
            let token = lexer.next()
            if token.kind == .end { break }
            tokens.append(token)
        }
        tokens = Formatter.withoutIdleSemicolons(tokens)
        var codeFrom = [Int32](repeating: Int32(clamping: tokens.count), count: tokens.count + 1)
        var codeBefore = [Int32](repeating: -1, count: tokens.count + 1)
        for at in tokens.indices.reversed() {
            codeFrom[at] = tokens[at].kind == .comment ? codeFrom[at + 1] : Int32(clamping: at)
        }
        for at in tokens.indices {
            codeBefore[at + 1] = tokens[at].kind == .comment ? codeBefore[at] : Int32(clamping: at)
        }
        self.tokens = tokens
        self.codeFrom = codeFrom
        self.codeBefore = codeBefore
    }

    /// Semicolons that separate nothing are left out.
    private static func withoutIdleSemicolons(_ tokens: [Token]) -> [Token] {
        var result: [Token] = []
        result.reserveCapacity(tokens.count)
        var startsLine = false  // the token after a dropped semicolon begins the line instead
        for (at, token) in tokens.enumerated() {
            var token = token
            if token.kind == .semicolon {
                let next = at + 1 < tokens.count ? tokens[at + 1] : nil
                let separates =
                    !(next?.startsLine ?? true) && next?.kind != .comment && next?.kind != .rightBrace
                    && next?.kind != .semicolon
                let follows =
                    !token.startsLine && !startsLine
                    && result.last.map { $0.kind != .leftBrace && $0.kind != .comment } ?? false
                guard separates, follows else {
                    startsLine = startsLine || token.startsLine
                    continue
                }
            }
            token.startsLine = token.startsLine || startsLine
            startsLine = false
            result.append(token)
        }
        return result
    }

    // MARK: Writing

    private mutating func run() {
        output.reserveCapacity(source.bytes.count + source.bytes.count / 8)
        var at = 0
        while at < tokens.count {
            let token = tokens[at]
            if token.kind == .semicolon, forcedBreaks.contains(at + 1) {
                at += 1
                continue
            }
            if at == 0 {
                beginLine(at)
            } else if forcedBreaks.contains(at) || token.startsLine && !isRefilled(at) {
                output.append(contentsOf: blankLines(before: at) ? [10, 10] : [10])
                beginLine(at)
            } else {
                if let cost = breakCost(before: at) { offer(at, cost) }
                space(before: at)
            }
            write(at)
            if state.column > Formatter.width, token.kind != .comment, let best = candidate {
                // Go back to the best place of this line, and continue from there on a new line.
                state = best.state
                output.removeLast(output.count - state.outputCount)
                forcedBreaks.insert(best.token)
                if tokens[best.token - 1].kind == .semicolon { output.removeLast() }
                if tokens[best.token - 1].kind == .leftBrace { openBlock(best.token - 1) }
                candidate = nil
                at = best.token
                continue
            }
            at += 1
        }
        if !output.isEmpty { output.append(10) }
        alignComments()
    }

    /// Remembers a place to break the line at, if none better is known.
    private mutating func offer(_ at: Int, _ cost: Int) {
        guard state.column <= Formatter.width, at > lineStart else { return }
        // Of several places the last one, but of several blocks, as of `if` and `else`, the first.
        if let best = candidate, best.cost < cost || (best.cost == cost && tokens[at - 1].kind == .leftBrace)
        {
            return
        }
        var saved = state
        saved.outputCount = output.count
        candidate = Candidate(token: at, cost: cost, state: saved)
    }

    /// What it costs to break before a token: nothing where no break is legal. Outer brackets
    /// first, commas before operators.
    private func breakCost(before at: Int) -> Int? {
        let previous = tokens[at - 1].kind
        let token = tokens[at].kind
        let mayBreak = previous.continuesLine || previous == .leftBrace || previous == .semicolon
        // A line that begins with an operator is not broken behind it.
        guard token != .comment, !token.isCloser, mayBreak, at - 1 > lineStart || previous.isOpener else {
            return nil
        }
        let depth = state.levels.count * 4
        switch previous {
        case .semicolon: return depth - 1
        // `a, b = …` last of all.
        case .comma: return state.levels.last.map { $0.kind != .leftBrace } ?? false ? depth : depth + 2_000
        case .and, .or: return depth + 1
        case .plus, .minus, .pipe, .ampersand:
            return isUnary(at - 1) ? nil : depth + 2
        case .star, .slash: return depth + 3
        case .leftBrace: return token == .rightBrace ? nil : depth - (isWithinParens ? 2 : 4)
        case .arrow, .assign:
            return isNaming && previous == .assign || token == .leftBrace ? nil : depth + 1_000
        default: return nil
        }
    }

    /// One blank line stays where at least one was, but not at the edges of a block.
    private func blankLines(before at: Int) -> Bool {
        guard !forcedBreaks.contains(at), !tokens[at].kind.isCloser, !tokens[at - 1].kind.isOpener else {
            return false
        }
        var newlines = 0
        var offset = Int(tokens[at - 1].end)
        while offset < Int(tokens[at].start) {
            let c = source.bytes[offset]
            offset += 1
            if c == UInt8(ascii: "\r"), offset < source.bytes.count,
                source.bytes[offset] == UInt8(ascii: "\n")
            {
                offset += 1
            }
            if c == UInt8(ascii: "\n") || c == UInt8(ascii: "\r") { newlines += 1 }
        }
        return newlines > 1
    }

    /// Whether a line of the source is joined to the one before it, which was too long and had to be
    /// broken: the elements of a list are then refilled.
    private func isRefilled(_ at: Int) -> Bool {
        guard forcedBreaks.contains(lineStart), tokens[at - 1].kind == .comma, tokens[at].kind != .comment,
            let level = state.levels.last, level.kind != .leftBrace, state.levels.count == lineDepth
        else { return false }
        return !blankLines(before: at)
    }

    private mutating func beginLine(_ at: Int) {
        candidate = nil
        lineStart = at
        lineDepth = state.levels.count
        let indent = indentation(at)
        state.lineIndent = indent
        noteLine(indent, levels: state.levels.count)
        if tokens[at].kind.isCloser { noteLine(indent, levels: state.levels.count - 1) }
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
        state.column = indent
    }

    private mutating func noteLine(_ indent: Int, levels: Int) {
        if levels > 0 { state.levels[levels - 1].lineIndent = indent } else { state.outerIndent = indent }
    }

    /// Where the line that begins with a token goes.
    private mutating func indentation(_ at: Int) -> Int {
        let level = state.levels.last
        let token = tokens[at].kind
        if token.isCloser { return level?.close ?? 0 }
        // A comment goes where the line below it goes.
        let next = Int(codeFrom[at])
        let follower = next < tokens.count ? tokens[next].kind : .end
        let base = level?.content ?? 0
        if token == .else || token == .catch, let column = columnOfChain(at) { return column }
        let before = Int(codeBefore[at])
        let previous = before >= 0 ? tokens[before].kind : .semicolon
        if let level, level.kind != .leftBrace {
            if previous == .arrow || previous == .assign { return base + 4 }
            // An expression that continues stays where it began.
            let goesOn = previous != .comma && !previous.isOpener && previous.continuesLine
            return goesOn ? max(base, level.lineIndent) : base
        }
        let goesOn = previous.continuesLine && before >= 0 || follower == .dot
        if goesOn { return state.statementIndent + 4 }
        if token != .comment { state.statementIndent = base }
        return base
    }

    private mutating func write(_ at: Int) {
        let token = tokens[at]
        if token.kind == .comment {
            if !token.startsLine {
                comments.append(TrailingComment(offset: output.count, source: Int(token.start)))
            }
            var end = Int(token.end)
            while end > Int(token.start),
                source.bytes[end - 1] == UInt8(ascii: " ") || source.bytes[end - 1] == UInt8(ascii: "\t")
            {
                end -= 1
            }
            append(source.bytes[Int(token.start)..<end])
            return
        }
        if token.kind == .if || token.kind == .try || token.kind == .else || token.kind == .catch {
            heads[at] = Head(column: state.column, lineIndent: state.lineIndent, startsLine: at == lineStart)
        }
        if token.kind.isCloser {
            if let level = state.levels.popLast() { state.statementIndent = level.statementIndent }
        }
        append(source.bytes[Int(token.start)..<Int(token.end)])
        if token.kind == .number, output.last == UInt8(ascii: ".") { append([UInt8(ascii: "0")]) }  // `1.`
        if token.kind.isOpener { open(at) }
    }

    private mutating func open(_ at: Int) {
        let next = at + 1 < tokens.count ? tokens[at + 1] : nil
        let endsLine = next?.startsLine ?? true || next?.kind == .comment
        let kind = tokens[at].kind
        // Lines within brackets that are closed again do not count.
        let indent = state.levels.last?.lineIndent ?? state.outerIndent
        // Lines align with the text after a `(`, if that leaves room; a block is indented from its line.
        let indents = kind == .leftBrace || endsLine || state.column > Formatter.width / 2
        state.levels.append(
            Level(
                kind: kind, content: indents ? indent + 4 : state.column,
                close: indents ? indent : state.column - 1,
                statementIndent: state.statementIndent, lineIndent: state.lineIndent))
        if kind == .leftBrace { state.statementIndent = indent + 4 }
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        output.append(contentsOf: bytes)
        if let newline = bytes.lastIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            state.column = Formatter.columns(bytes[(newline + 1)...])
        } else {
            state.column += Formatter.columns(bytes)
        }
    }

    static func columns(_ bytes: ArraySlice<UInt8>) -> Int {
        if bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) { return bytes.count }
        return TextWidth.of(String(decoding: bytes, as: UTF8.self))
    }

    /// Puts each statement of a block on a separate line, also in the `else` and `catch` that
    /// follow it.
    private mutating func openBlock(_ brace: Int) {
        var depth = 0
        var at = brace
        while at < tokens.count {
            let kind = tokens[at].kind
            if kind.isOpener { depth += 1 }
            if depth == 1, kind == .semicolon || kind == .leftBrace {
                if at + 1 < tokens.count, tokens[at + 1].kind != .rightBrace { forcedBreaks.insert(at + 1) }
            }
            if kind.isCloser {
                depth -= 1
                if depth == 0 {
                    if tokens[at - 1].kind != .leftBrace { forcedBreaks.insert(at) }
                    guard let next = chained(after: at) else { return }
                    at = next
                    continue
                }
            }
            at += 1
        }
    }

    /// The `{` of an `else`, `else if` or `catch` on the line of a `}`.
    private func chained(after brace: Int) -> Int? {
        var at = brace + 1
        guard at < tokens.count, !tokens[at].startsLine, tokens[at].kind == .else || tokens[at].kind == .catch
        else {
            return nil
        }
        while at < tokens.count, tokens[at].kind != .leftBrace {
            if at > brace + 1, tokens[at].startsLine { return nil }
            at += 1
        }
        return at < tokens.count ? at : nil
    }
}
