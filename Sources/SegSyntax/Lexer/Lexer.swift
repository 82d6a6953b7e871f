// Cuts a text into tokens, one at a time, so that a text of any length needs no list of
// them. Numbers and strings are in separate files. Errors are collected in `diagnostics`, and
// the lexer continues.

public struct Lexer: Sendable {
    public let source: Source
    /// Whether comments are given as tokens (for the formatter and for colouring).
    public var keepsComments: Bool
    /// The errors so far, in the order of the text.
    public var diagnostics: [Diagnostic] = []
    /// Whether the text ended inside a `"""` string.
    public internal(set) var endsInsideString = false

    let bytes: [UInt8]
    var position: Int
    let limit: Int
    private var reportedControl = false
    /// The token before, and whether an operand ends with it.
    private var previousKind = Token.Kind.end
    private var previousEndsOperand = false

    /// Reads a part of a source, by default all of it. The text must be UTF-8: see `Source.utf8Problem`.
    public init(source: Source, range: Range<Int>? = nil, keepsComments: Bool = false) {
        self.source = source
        self.keepsComments = keepsComments
        bytes = source.bytes
        limit = min(range?.upperBound ?? bytes.count, bytes.count)
        position = min(max(0, range?.lowerBound ?? 0), limit)
        if position == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]), limit >= 3 { position = 3 }
    }

    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { offset < limit ? bytes[offset] : 0 }

    mutating func report(_ message: String, _ start: Int, _ end: Int, help: String? = nil) {
        guard diagnostics.count < 100 else { return }
        diagnostics.append(
            Diagnostic(
                .syntax, message, help: help,
                location: .init(source: source, span: Span(start, end))))
    }

    /// The next token; `.end` at the end, again and again.
    public mutating func next() -> Token {
        var startsLine = position == 0 || (position == 3 && bytes[0] == 0xEF)
        var docStart = -1
        var newlinesSinceDoc = 0
        scan: while position < limit {
            let c = bytes[position]
            switch c {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0B, 0x0C:
                position += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                position += 1
                if c == UInt8(ascii: "\r"), byte(position) == UInt8(ascii: "\n") { position += 1 }
                startsLine = true
                newlinesSinceDoc += 1
                if newlinesSinceDoc > 1 { docStart = -1 }  // only what is directly above documents
            case UInt8(ascii: "#"):
                if keepsComments { break scan }
                let start = position
                skipLine()
                let isDoc =
                    startsLine && byte(start + 1) == UInt8(ascii: "#") && byte(start + 2) != UInt8(ascii: "#")
                if isDoc {
                    if docStart < 0 { docStart = start }
                    newlinesSinceDoc = 0
                } else {
                    docStart = -1
                }
            default:
                if c < 0x80 { break scan }
                let (scalar, length) = scalar(at: position)
                guard Lexer.isSpace(scalar) else { break scan }
                position += length
            }
        }
        let start = position
        var kind = start < limit ? token(bytes[start]) : .end
        if kind == .name, previousEndsOperand, !startsLine, isWordIs(start) { kind = .is }
        if kind != .comment {
            previousEndsOperand = previousKind == .dot ? kind.isWord : kind.endsOperand
            previousKind = kind
        }
        return Token(
            kind: kind, startsLine: startsLine, start: Int32(clamping: start),
            end: Int32(clamping: position), docStart: Int32(clamping: docStart))
    }

    private mutating func skipLine() {
        while position < limit, bytes[position] != UInt8(ascii: "\n"), bytes[position] != UInt8(ascii: "\r") {
            position += 1
        }
    }

    /// Reads the token that begins at `position` with this byte.
    private mutating func token(_ c: UInt8) -> Token.Kind {
        switch c {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            return word()
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            return number()
        case UInt8(ascii: "\""):
            return string()
        case UInt8(ascii: "'"):
            return singleQuoted()
        case UInt8(ascii: "#"):
            skipLine()
            return .comment
        default:
            return c < 0x80 ? sign(c) : foreign()
        }
    }

    private mutating func word() -> Token.Kind {
        let start = position
        skipWord()
        guard position - start <= Lexer.nameLimit else { return longName(start) }
        guard position - start <= 8, bytes[start] >= UInt8(ascii: "a") else { return .name }
        return Token.Kind.keywords[String(decoding: bytes[start..<position], as: UTF8.self)] ?? .name
    }

    /// Whether the word that was just read is `is`. It is an operator only behind an operand on the same
    /// line, where no name can be, so that scripts may use it as a variable's name.
    private func isWordIs(_ start: Int) -> Bool {
        position == start + 2 && bytes[start] == UInt8(ascii: "i") && bytes[start + 1] == UInt8(ascii: "s")
    }

    /// The longest name, in bytes; names are compared as Unicode, which is slow.
    private static let nameLimit = 1_000

    private mutating func longName(_ start: Int) -> Token.Kind {
        report("this name is too long: \(position - start) bytes", start, start + 1)
        return .invalid
    }

    /// Skips letters, digits and `_`.
    mutating func skipWord() {
        while position < limit {
            let c = bytes[position]
            if c < 0x80 {
                guard Lexer.isWordByte(c) else { return }
                position += 1
            } else {
                let (scalar, length) = scalar(at: position)
                guard Lexer.continuesName(scalar) else { return }
                position += length
            }
        }
    }

    private mutating func sign(_ c: UInt8) -> Token.Kind {
        let next = byte(position + 1)
        let third = byte(position + 2)
        func take(_ count: Int, _ kind: Token.Kind) -> Token.Kind {
            position = min(position + count, limit)
            return kind
        }
        let equals = UInt8(ascii: "=")
        switch c {
        case UInt8(ascii: "("): return take(1, .leftParen)
        case UInt8(ascii: ")"): return take(1, .rightParen)
        case UInt8(ascii: "["): return take(1, .leftBracket)
        case UInt8(ascii: "]"): return take(1, .rightBracket)
        case UInt8(ascii: "{"): return take(1, .leftBrace)
        case UInt8(ascii: "}"): return take(1, .rightBrace)
        case UInt8(ascii: ","): return take(1, .comma)
        case UInt8(ascii: ";"): return take(1, .semicolon)
        case UInt8(ascii: ":"): return next == equals ? take(2, .colonAssign) : take(1, .colon)
        case UInt8(ascii: "."):
            guard next == UInt8(ascii: ".") else { return take(1, .dot) }
            if third == UInt8(ascii: ".") { return take(3, .ellipsis) }
            if third == UInt8(ascii: "<") { return take(3, .halfOpenRange) }
            return take(2, .doubleDot)
        case equals:
            if next == equals { return third == equals ? take(3, .tripleEqual) : take(2, .equal) }
            return next == UInt8(ascii: ">") ? take(2, .fatArrow) : take(1, .assign)
        case UInt8(ascii: "+"): return next == equals ? take(2, .plusAssign) : take(1, .plus)
        case UInt8(ascii: "-"):
            if next == UInt8(ascii: ">") { return take(2, .arrow) }
            return next == equals ? take(2, .minusAssign) : take(1, .minus)
        case UInt8(ascii: "*"):
            if next == c { return third == equals ? take(3, .otherAssign) : take(2, .doubleStar) }
            return next == equals ? take(2, .starAssign) : take(1, .star)
        case UInt8(ascii: "/"):
            if next == c { return third == equals ? take(3, .otherAssign) : take(2, .doubleSlash) }
            return next == equals ? take(2, .slashAssign) : take(1, .slash)
        case UInt8(ascii: "%"): return next == equals ? take(2, .otherAssign) : take(1, .percent)
        case UInt8(ascii: "@"): return next == equals ? take(2, .otherAssign) : take(1, .at)
        case UInt8(ascii: "^"): return next == equals ? take(2, .otherAssign) : take(1, .caret)
        case UInt8(ascii: "|"):
            if next == c { return take(2, .doublePipe) }
            return next == equals ? take(2, .otherAssign) : take(1, .pipe)
        case UInt8(ascii: "&"):
            if next == c { return take(2, .doubleAmpersand) }
            return next == equals ? take(2, .otherAssign) : take(1, .ampersand)
        case UInt8(ascii: "!"):
            if next == equals { return third == equals ? take(3, .bangDoubleEqual) : take(2, .notEqual) }
            return take(1, .bang)
        case UInt8(ascii: "<"):
            if next == UInt8(ascii: ">") { return take(2, .lessGreater) }
            return next == equals ? take(2, .lessOrEqual) : take(1, .less)
        case UInt8(ascii: ">"): return next == equals ? take(2, .greaterOrEqual) : take(1, .greater)
        case UInt8(ascii: "?"): return take(1, .question)
        // MATLAB's and Lua's sign for `!=`.
        case UInt8(ascii: "~") where next == equals: return take(2, .bangDoubleEqual)
        default: return strayByte(c)
        }
    }

    /// A sign that begins no token. Control characters are reported once per text.
    private mutating func strayByte(_ c: UInt8) -> Token.Kind {
        let start = position
        position += 1
        guard c < 0x20 || c == 0x7F else {
            let sign = Character(Unicode.Scalar(c))
            report("`\(sign)` has no meaning here", start, position, help: Lexer.strayHelp(sign))
            return .invalid
        }
        while position < limit, bytes[position] == c { position += 1 }
        if !reportedControl {
            reportedControl = true
            let name = c == 0 ? "a NUL byte" : "a control character (U+00\(hex(c)))"
            report("\(name) is in the text", start, start + 1, help: "is this a text file?")
        }
        return .invalid
    }

    private func hex(_ c: UInt8) -> String {
        let text = String(c, radix: 16, uppercase: true)
        return text.utf8.count < 2 ? "0" + text : text
    }

    private static func strayHelp(_ sign: Character) -> String? {
        switch sign {
        case "~": "elementwise \"not\" is `!`"
        case "\\": "a line continues after an operator, a comma, or inside ( ) and [ ]"
        case "$": "a value in a string is written as \"{x}\""
        case "`": "strings are written in double quotes: \"…\""
        default: nil
        }
    }

    // MARK: Beyond ASCII

    /// A name in any script, a sign that looks like one of seg's, or an invalid one.
    private mutating func foreign() -> Token.Kind {
        let start = position
        let (scalar, length) = scalar(at: position)
        if Lexer.beginsName(scalar) {
            skipWord()
            return position - start <= Lexer.nameLimit ? .name : longName(start)
        }
        position += length
        if let (kind, meant) = Lexer.lookalikes[scalar.value] {
            report(
                "`\(Character(scalar))` is not a symbol in seg", start, position,
                help: kind == .invalid ? "strings are written in straight quotes: \"…\"" : "write `\(meant)`")
            if kind == .invalid { skipLine() }
            return kind
        }
        // A whole emoji or accented cluster is named at once.
        let rest = String(decoding: bytes[start..<min(limit, start + 64)], as: UTF8.self)
        let cluster = rest.first ?? Character(scalar)
        position = min(limit, max(position, start + cluster.utf8.count))
        report(
            "`\(cluster)` has no meaning here", start, position,
            help: "names are made of letters, digits and `_`")
        return .invalid
    }

    private static let lookalikes: [UInt32: (Token.Kind, String)] = [
        0x2212: (.minus, "-"), 0x2013: (.minus, "-"), 0x2014: (.minus, "-"), 0x2010: (.minus, "-"),
        0x00D7: (.star, "*"), 0x00B7: (.star, "*"), 0x22C5: (.star, "*"), 0x2217: (.star, "*"),
        0x00F7: (.slash, "/"), 0x2044: (.slash, "/"),
        0x2264: (.lessOrEqual, "<="), 0x2265: (.greaterOrEqual, ">="), 0x2260: (.notEqual, "!="),
        0x2192: (.arrow, "->"), 0x2026: (.ellipsis, "..."), 0x02C6: (.caret, "^"),
        0x201C: (.invalid, ""), 0x201D: (.invalid, ""), 0x201E: (.invalid, ""), 0x2018: (.invalid, ""),
        0x2019: (.invalid, ""), 0x00AB: (.invalid, ""), 0x00BB: (.invalid, ""),
        0xFF08: (.leftParen, "("), 0xFF09: (.rightParen, ")"), 0xFF0C: (.comma, ","), 0xFF1D: (.assign, "="),
        0xFF1A: (.colon, ":"), 0xFF1B: (.semicolon, ";"),
    ]

    /// The scalar that begins at a byte of valid UTF-8, and how many bytes it takes.
    func scalar(at offset: Int) -> (Unicode.Scalar, Int) {
        let lead = UInt32(byte(offset))
        if lead < 0x80 { return (Unicode.Scalar(UInt8(lead)), 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = lead & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for step in 1..<length { value = value << 6 | UInt32(byte(offset + step)) & 0x3F }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    @inline(__always)
    static func isWordByte(_ c: UInt8) -> Bool {
        let lower = c | 0x20
        return (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")) || isDigit(c)
            || c == UInt8(ascii: "_")
    }

    @inline(__always)
    static func isDigit(_ c: UInt8) -> Bool { c >= UInt8(ascii: "0") && c <= UInt8(ascii: "9") }

    static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? isWordByte(UInt8(scalar.value)) && !isDigit(UInt8(scalar.value)) : scalar.properties.isXIDStart
    }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        // The middle dot continues names in Unicode's view; here it is a slip for `*`.
        scalar.isASCII
            ? isWordByte(UInt8(scalar.value)) : scalar.properties.isXIDContinue && scalar.value != 0xB7
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.value == 0xFEFF || scalar.value == 0x200B
    }
}
