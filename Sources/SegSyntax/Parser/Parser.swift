// Makes the syntax tree of a text. One parser type, spread over files by grammar area: here
// its state and its errors. It reads tokens one by one with one token of lookahead, and every
// recursion is counted: see `nestingLimit`, `heightLimit`.

/// Parses one text. Always returns a program; what could not be read is in its diagnostics.
public final class Parser {
    /// How deep brackets, functions and powers may be nested.
    public static let nestingLimit = 250
    /// How high the tree may grow: the length of `1 + 1 + …` and `x.a.a.a…`. Code that walks
    /// the tree recursively needs stack for this many nodes.
    public static let heightLimit = 5_000
    /// How many nodes one text may have; more is data, and would exhaust memory.
    public static let nodeLimit = 2_000_000
    /// How many errors one pass reports.
    public static let errorLimit = 20

    let source: Source
    var lexer: Lexer
    var current: Token
    private var ahead: Token?
    /// The token before `current`.
    var previous: Token

    /// The brackets that are open, outermost first.
    var openBrackets: [Token] = []
    /// Newlines end statements, except directly inside ( ) and [ ].
    var newlinesMatter = true
    /// Directly inside an index, where `2...` needs no right end.
    var allowsOpenRange = false
    var nesting = 0
    var height = 0
    private var nodes = 0
    var statementStart: Int32 = 0
    /// The last operator or `=` at the end of a line, and the token that it joined to it.
    private(set) var lineJoint: (sign: Token, next: Token)?

    private(set) var diagnostics: [Diagnostic] = []
    private var lastErrorAt: Int32 = -1
    private(set) var isUnfinished = false
    /// Inside the braces of a string, whose end is not the text's.
    private var isWithinString = false
    private var isAborted = false
    /// Asked now and then; true ends the parsing, without an error.
    private let isToStop: (() -> Bool)?

    /// - Parameter isToStop: asked now and then; once it is true, what is left of the text is not read.
    public init(source: Source, isToStop: (() -> Bool)? = nil) {
        self.source = source
        self.isToStop = isToStop
        if let problem = source.utf8Problem {
            diagnostics = [problem]
            isAborted = true
            lexer = Lexer(source: source, range: 0..<0)
        } else {
            lexer = Lexer(source: source)
        }
        let start = Token(kind: .end, startsLine: true, start: 0, end: 0)
        previous = start
        current = start
        current = lexer.next()
        collectLexerErrors()
    }

    public convenience init(name: String, text: String) {
        self.init(source: Source(name: name, text: text))
    }

    /// Parses the whole text.
    public func parse() -> Program {
        let statements = statements(inBlock: false)
        if diagnostics.isEmpty, endsWithDocumentation { isUnfinished = true }
        // In the order of the text; those of one place in the order they were found.
        diagnostics = diagnostics.enumerated().sorted {
            ($0.element.location?.span.start ?? 0, $0.offset) < (
                $1.element.location?.span.start ?? 0, $1.offset
            )
        }.map(\.element)
        return Program(
            source: source, statements: statements, diagnostics: diagnostics, isUnfinished: isUnfinished)
    }

    /// `##` lines at the very end of an entry document what the next line will define.
    private var endsWithDocumentation: Bool { current.kind == .end && current.docStart >= 0 }

    // MARK: Tokens

    func advance() {
        previous = current
        if let next = ahead {
            current = next
            ahead = nil
        } else {
            current = lexer.next()
        }
        if current.startsLine, newlinesMatter, previous.kind.continuesLine { lineJoint = (previous, current) }
        collectLexerErrors()
    }

    /// The token after the current one.
    func peek() -> Token {
        if let ahead { return ahead }
        let next = lexer.next()
        ahead = next
        return next
    }

    func at(_ kind: Token.Kind) -> Bool { current.kind == kind }

    /// Whether the current token is on a new line that begins a new statement.
    var isAfterNewline: Bool { current.startsLine && newlinesMatter }

    /// Whether the current token continues the statement and is of this kind.
    func continues(with kind: Token.Kind) -> Bool { current.kind == kind && !isAfterNewline }

    func text(_ token: Token) -> String { source.text(token.span) }

    /// From a place up to the end of the token before the current one.
    func span(from start: Int32) -> Span { Span(Int(start), Int(max(start, previous.end))) }

    /// Runs a body on a part of the text, as for the braces of a string, then restores the position.
    func within(_ range: Range<Int>, _ body: () -> Void) {
        let saved = (
            lexer, current, ahead, previous, newlinesMatter, allowsOpenRange, openBrackets, isWithinString
        )
        isWithinString = true
        lexer = Lexer(source: source, range: range)
        ahead = nil
        openBrackets = []
        newlinesMatter = false
        allowsOpenRange = false
        current = lexer.next()
        collectLexerErrors()
        body()
        (lexer, current, ahead, previous, newlinesMatter, allowsOpenRange, openBrackets, isWithinString) =
            saved
        if isAborted { stop() }
    }

    // MARK: Errors

    /// Thrown after an error has been reported, to leave the part that cannot be read.
    struct Bail: Error {
        /// Whether parsing can continue at the next `,` or closing bracket.
        var isLocal = false
    }

    func report(
        _ message: String, _ span: Span, help: String? = nil, point: Span? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        // One error per token: further ones only follow from the first.
        guard !isAborted, current.start != lastErrorAt else { return }
        lastErrorAt = current.start
        guard !diagnostics.contains(where: { $0.location?.span.start == span.start }) else { return }
        record(
            Diagnostic(
                .syntax, message, help: help, location: .init(source: source, span: span, point: point),
                notes: notes))
    }

    private func record(_ diagnostic: Diagnostic) {
        guard !isAborted else { return }
        diagnostics.append(diagnostic)
        if diagnostics.count >= Parser.errorLimit { stop() }
    }

    func collectLexerErrors() {
        guard !lexer.diagnostics.isEmpty else { return }
        if lexer.endsInsideString { markUnfinished() }
        for diagnostic in lexer.diagnostics { record(diagnostic) }
        lexer.diagnostics = []
    }

    func failure(_ message: String, _ span: Span, help: String? = nil, isLocal: Bool = true) -> Bail {
        report(message, span, help: help)
        return Bail(isLocal: isLocal)
    }

    /// Nothing more is read: the text has too many errors, or is too large for the parser.
    func stop() {
        isAborted = true
        lexer.position = lexer.limit
        ahead = nil
        current = Token(
            kind: .end, startsLine: true, start: Int32(clamping: lexer.limit),
            end: Int32(clamping: lexer.limit))
    }

    func giveUp(_ message: String, _ span: Span, help: String) -> Bail {
        lastErrorAt = -1
        report(message, span, help: help)
        stop()
        return Bail()
    }

    /// Something expected is missing. Marks the program unfinished where the text ends there.
    func missing(_ what: String, help: String? = nil) -> Bail {
        if at(.invalid) { return Bail() }
        if at(.end) {
            if !newlinesMatter && !openBrackets.isEmpty || previous.kind.continuesLine { markUnfinished() }
            if !newlinesMatter, let open = openBrackets.last { return unclosed(open) }
        }
        if at(.end) || isAfterNewline, previous.kind != .end {
            let place = Span(Int(previous.start), Int(max(previous.end, previous.start + 1)))
            return failure("\(what) is missing after \(quoted(previous))", place, help: help, isLocal: false)
        }
        if at(.doubleDot) { return twoDots(isLocal: true) }
        return failure("\(what) is missing before \(quoted(current))", current.span, help: help)
    }

    func markUnfinished() {
        if diagnostics.isEmpty, !isWithinString { isUnfinished = true }
    }

    /// A bracket that nothing closes; pointed at where it opens.
    func unclosed(_ open: Token) -> Bail {
        if at(.invalid) { return Bail() }
        if at(.end) { markUnfinished() }
        let closer = open.kind == .leftParen ? ")" : open.kind == .leftBracket ? "]" : "}"
        var message = "this `\(text(open))` is not closed"
        var help = "a `\(closer)` is missing"
        if current.kind.isCloser {
            message = "this `\(text(open))` is closed by `\(text(current))`"
            help = "it needs a `\(closer)`"
        }
        return failure(message, open.span, help: help, isLocal: false)
    }

    /// A token as an error names it.
    func quoted(_ token: Token) -> String {
        switch token.kind {
        case .end: return "the end of the text"
        case .string: return "the string"
        default:
            let full = text(token)
            return full.count <= 40 ? "`\(full)`" : "`\(full.prefix(37))…`"
        }
    }

    // MARK: Nodes and limits

    /// A node without others below it.
    func leaf(_ kind: Expression.Kind, _ span: Span) throws(Bail) -> Expression {
        height = max(height, 1)
        try count(span)
        return Expression(kind, span)
    }

    /// A node above all that its expression has read so far.
    func make(_ kind: Expression.Kind, _ span: Span) throws(Bail) -> Expression {
        height += 1
        try count(span)
        if height > Parser.heightLimit {
            throw giveUp(
                "more than \(Parser.heightLimit) operations are chained here", span,
                help: "split the expression, or put the values into a list")
        }
        return Expression(kind, span)
    }

    func count(_ span: Span) throws(Bail) {
        nodes += 1
        if nodes % 4096 == 0, let isToStop, isToStop() { stop() }
        if nodes > Parser.nodeLimit {
            throw giveUp(
                "the text is too large: more than \(Parser.nodeLimit) values and operations", span,
                help: "put data into a separate file")
        }
    }

    /// Runs a body one construct deeper.
    func nested<T>(_ body: () throws(Bail) -> T) throws(Bail) -> T {
        nesting += 1
        defer { nesting -= 1 }
        if nesting > Parser.nestingLimit {
            throw giveUp(
                "more than \(Parser.nestingLimit) constructs are nested here", current.span,
                help: "give the inner parts names")
        }
        return try body()
    }

    /// Reads the content between the current bracket and its partner. The body stops at the
    /// partner, which is then consumed.
    func bracketed<T>(_ body: (Token) throws(Bail) -> T) throws(Bail) -> T {
        let open = current
        let saved = (newlinesMatter, allowsOpenRange)
        newlinesMatter = open.kind == .leftBrace
        allowsOpenRange = false
        openBrackets.append(open)
        advance()
        defer { (newlinesMatter, allowsOpenRange) = saved }
        let result = try nested { () throws(Bail) in try body(open) }
        guard current.kind == open.kind.closer else { throw unclosed(open) }
        if openBrackets.last == open { openBrackets.removeLast() }
        (newlinesMatter, allowsOpenRange) = saved
        advance()
        return result
    }
}
