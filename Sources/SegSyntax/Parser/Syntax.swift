// The syntax tree: what the parser makes and the compiler, the formatter and the
// checker read. Nodes are plain data; nothing here knows how a program runs.

/// An expression with its place.
public final class Expression: Sendable {
    public let kind: Kind
    public let span: Span

    public init(_ kind: Kind, _ span: Span) {
        self.kind = kind
        self.span = span
    }

    public enum Kind: Sendable {
        case nilLiteral
        case bool(Bool)
        case number(Double)
        /// A string: pieces of text and of `{expression:format}`.
        case string([StringPiece])
        case name(String)
        /// `self` inside a type.
        case selfReference
        case list([Argument])
        /// `(a=1, "Road"=2)`; `()` is the empty one.
        case record([RecordEntry])
        case unary(UnaryOperator, Expression)
        /// The span is that of the operator's sign.
        case binary(BinaryOperator, Expression, Expression, operatorSpan: Span)
        /// `0 < x < 1`, `x in xs`, `x is Loss`: one more operand than relations.
        case comparison([Expression], [(Relation, Span)])
        case and(Expression, Expression)
        case or(Expression, Expression)
        case not(Expression)
        /// `a...b`, `a..<b`; `xs[2...]` has no upper end.
        case range(Expression, Expression?, inclusive: Bool)
        case call(Expression, [Argument])
        /// `x.f(a)` is a call whose callee is a member.
        case member(Expression, String, nameSpan: Span)
        case index(Expression, [IndexItem])
        case function(FunctionSyntax)
        case block(Block)
        case conditional(condition: Expression, then: Block, otherwise: Expression?)
        case attempt(Block, name: String?, nameSpan: Span?, handler: Block)
        case importFile(Expression)
    }
}

public struct StringPiece: Sendable {
    public enum Kind: Sendable {
        case text(String)
        case value(Expression, format: String?)
    }
    public let kind: Kind
    public let span: Span
    public init(_ kind: Kind, _ span: Span) {
        self.kind = kind
        self.span = span
    }
}

/// An argument of a call or an element of a list: plain, named, or `...spread`.
public struct Argument: Sendable {
    public enum Label: Sendable, Equatable {
        case positional
        case named(String)
        case spread
    }
    public let label: Label
    public let value: Expression
    /// From the name (or the dots) to the end of the value.
    public let span: Span
    public init(_ label: Label, _ value: Expression, _ span: Span) {
        self.label = label
        self.value = value
        self.span = span
    }
}

public struct RecordEntry: Sendable {
    public enum Key: Sendable {
        case name(String)
        /// `("Road"=1)` or an interpolated string.
        case string(Expression)
        /// `(...other, lr=1)`
        case spread
    }
    public let key: Key
    public let value: Expression
    public let span: Span
    public init(_ key: Key, _ value: Expression, _ span: Span) {
        self.key = key
        self.value = value
        self.span = span
    }
}

public enum IndexItem: Sendable {
    case value(Expression)
    /// `:`
    case wholeAxis(Span)
}

public enum UnaryOperator: String, Sendable { case minus = "-", not = "!" }

public enum BinaryOperator: String, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
    case matrixProduct = "@"
    case power = "^"
    case bitAnd = "&"
    case bitOr = "|"
}

public enum ComparisonOperator: String, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}

/// What may join two operands of a comparison.
public enum Relation: Sendable, Equatable {
    case compares(ComparisonOperator)
    /// `x in xs`, `x not in xs`.
    case isIn(negated: Bool)
    /// `x is Loss`, `x is not Loss`: the right side names a type. It ends a comparison.
    case isOfType(negated: Bool)

    /// As it is written.
    public var text: String {
        switch self {
        case .compares(let op): op.rawValue
        case .isIn(let negated): negated ? "not in" : "in"
        case .isOfType(let negated): negated ? "is not" : "is"
        }
    }
}

/// A function or method with or without a name; also what a type's head declares.
public final class FunctionSyntax: Sendable {
    public let name: String?
    public let nameSpan: Span
    public let parameters: [Parameter]
    public let body: Block
    /// Whether the body is a single expression after `=` or `->`.
    public let isExpression: Bool
    /// The lines that began with `##` above it, without their marks.
    public let doc: String?
    /// From the name or first parameter to the end: the function's own source.
    public let span: Span

    public init(
        name: String?, nameSpan: Span, parameters: [Parameter], body: Block, isExpression: Bool,
        doc: String?, span: Span
    ) {
        self.name = name
        self.nameSpan = nameSpan
        self.parameters = parameters
        self.body = body
        self.isExpression = isExpression
        self.doc = doc
        self.span = span
    }
}

public struct Parameter: Sendable {
    /// The name; of a parameter in brackets the pattern as signatures show it, `[i, x]`.
    public let name: String
    /// The names in the brackets of `[i, x] -> e`.
    public let pattern: Pattern?
    public let defaultValue: Expression?
    /// `...rest`
    public let isRest: Bool
    public let span: Span

    public init(name: String, defaultValue: Expression?, isRest: Bool, span: Span) {
        self.name = name
        pattern = nil
        self.defaultValue = defaultValue
        self.isRest = isRest
        self.span = span
    }

    /// A parameter in brackets, which unpacks its argument.
    public init(pattern: Pattern, span: Span) {
        name = pattern.text
        self.pattern = pattern
        defaultValue = nil
        isRest = false
        self.span = span
    }

    /// The names that the function's body finds.
    public var boundNames: [String] { pattern?.names ?? [name] }
}

/// What an argument is unpacked into.
public indirect enum Pattern: Sendable {
    case name(String, Span)
    /// One pattern for each element of a list.
    case elements([Pattern], Span)

    /// The names in their order.
    public var names: [String] {
        switch self {
        case .name(let name, _): [name]
        case .elements(let parts, _): parts.flatMap(\.names)
        }
    }

    /// `[a, [b, c]]`.
    public var text: String {
        switch self {
        case .name(let name, _): name
        case .elements(let parts, _): "[" + parts.map(\.text).joined(separator: ", ") + "]"
        }
    }
}

public final class Block: Sendable {
    public let statements: [Statement]
    public let span: Span
    public init(_ statements: [Statement], _ span: Span) {
        self.statements = statements
        self.span = span
    }
}

/// A statement with its place.
public final class Statement: Sendable {
    public let kind: Kind
    public let span: Span

    public init(_ kind: Kind, _ span: Span) {
        self.kind = kind
        self.span = span
    }

    public enum Kind: Sendable {
        case expression(Expression)
        /// `x = e`, `a, b = pair`; `X, Y = 100, 50` has as many values as targets. `doc` for `name = e`.
        case assign([Target], [Expression], doc: String?)
        case compoundAssign(Target, BinaryOperator, Expression, operatorSpan: Span)
        /// `global x = e`
        case global(String, nameSpan: Span, Expression)
        case function(FunctionSyntax)
        case type(FunctionSyntax)
        case forLoop(names: [(String, Span)], in: Expression, body: Block)
        case whileLoop(Expression, body: Block)
        case breakLoop
        case continueLoop
        case returnValue(Expression?)
    }
}

/// What is allowed left of `=`.
public enum Target: Sendable {
    case name(String, Span)
    case member(Expression, String, nameSpan: Span, span: Span)
    case index(Expression, [IndexItem], span: Span)

    public var span: Span {
        switch self {
        case .name(_, let span): span
        case .member(_, _, _, let span): span
        case .index(_, _, let span): span
        }
    }
}

/// A whole text, parsed. What could not be parsed is in `diagnostics`.
public struct Program: Sendable {
    public let source: Source
    public let statements: [Statement]
    public let diagnostics: [Diagnostic]
    /// Whether the text ended where more was expected: the prompt then asks for another line.
    public let isUnfinished: Bool

    public init(source: Source, statements: [Statement], diagnostics: [Diagnostic], isUnfinished: Bool) {
        self.source = source
        self.statements = statements
        self.diagnostics = diagnostics
        self.isUnfinished = isUnfinished
    }
}
