// The words and signs that the lexer cuts a text into. Signs of other languages (`**`, `&&`,
// `=>`) have their own tokens, so that the parser can name the right form and continue.

/// One word or sign with its place.
public struct Token: Sendable, Hashable {
    public var kind: Kind
    /// Whether it is the first on its line.
    public var startsLine: Bool
    public var start: Int32
    public var end: Int32
    /// Where the `##` lines directly above it begin; -1 for none.
    public var docStart: Int32 = -1

    public var span: Span { Span(Int(start), Int(end)) }

    public enum Kind: UInt8, Sendable, Hashable {
        case end, name, number, string, comment
        /// The lexer has already reported it: the parser skips the statement without another error.
        case invalid

        /// `is` between two operands, elsewhere a name: see `Lexer.word`.
        case `is`
        case and, or, not, `if`, `else`, `for`, `in`, `while`, `break`, `continue`, `return`, `try`, `catch`
        case global, `import`, type, `self`, `true`, `false`, `nil`

        case leftParen, rightParen, leftBracket, rightBracket, leftBrace, rightBrace
        case comma, semicolon, colon, dot, ellipsis, halfOpenRange, arrow
        case assign, plusAssign, minusAssign, starAssign, slashAssign
        case plus, minus, star, slash, doubleSlash, percent, at, caret, pipe, ampersand, bang
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

        // Slips.
        case doubleStar, doubleAmpersand, doublePipe, fatArrow, lessGreater, tripleEqual, bangDoubleEqual
        case otherAssign, colonAssign, doubleDot, question
    }
}

extension Token.Kind {
    /// The keywords by their text.
    public static let keywords: [String: Token.Kind] = [
        "and": .and, "or": .or, "not": .not, "if": .if, "else": .else, "for": .for, "in": .in,
        "while": .while, "break": .break, "continue": .continue, "return": .return, "try": .try,
        "catch": .catch, "global": .global, "import": .import, "type": .type, "self": .self,
        "true": .true, "false": .false, "nil": .nil,
    ]

    public var isKeyword: Bool { rawValue >= Token.Kind.is.rawValue && rawValue <= Token.Kind.nil.rawValue }

    /// A name, or a keyword where keywords are names: after `.` and before `=` in brackets.
    var isWord: Bool { self == .name || isKeyword }

    var isOpener: Bool { self == .leftParen || self == .leftBracket || self == .leftBrace }
    var isCloser: Bool { self == .rightParen || self == .rightBracket || self == .rightBrace }

    /// The bracket that closes this one.
    var closer: Token.Kind? {
        switch self {
        case .leftParen: .rightParen
        case .leftBracket: .rightBracket
        case .leftBrace: .rightBrace
        default: nil
        }
    }

    /// Whether a newline after it ends nothing: binary operators, comma, `=` and `->`.
    var continuesLine: Bool {
        switch self {
        case .and, .or, .not, .in, .is, .comma, .arrow, .ellipsis, .halfOpenRange: true
        case .bang, .colon, .semicolon, .dot, .question, .doubleDot: false
        default: rawValue >= Token.Kind.assign.rawValue
        }
    }

    /// Whether it ends an operand. A keyword does so as a member's name only.
    var endsOperand: Bool {
        switch self {
        case .name, .number, .string, .true, .false, .nil, .self, .rightParen, .rightBracket, .rightBrace:
            true
        default: false
        }
    }

    /// Whether an operand may begin with it.
    var startsOperand: Bool {
        switch self {
        case .name, .number, .string, .not, .if, .try, .import, .self, .true, .false, .nil,
            .leftParen, .leftBracket, .leftBrace, .minus, .bang:
            true
        default: false
        }
    }
}
