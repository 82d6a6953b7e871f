// The language's only interface to the library's kinds of values. A foreign value implements
// its operators, members, indexing, truth, iteration, display, copy and save; the machine knows
// nothing else about it.

import SegSyntax

/// One item between the brackets of an index.
public enum IndexKey {
    case value(Value)
    /// `:`
    case wholeAxis
}

open class ForeignValue: Object {
    public init() { super.init(kind: .foreign) }

    /// What messages, `type_of` and `is` call it; one of the library's `kinds`.
    open var typeName: String { "value" }

    /// The one-line form: print, lists, strings, errors.
    open func line(_ interpreter: Interpreter) throws -> String { typeName }

    /// The display form at the prompt, fitted to the interpreter's `terminal` settings.
    open func display(_ interpreter: Interpreter) throws -> String { try line(interpreter) }

    /// `self op other`, or `other op self` when `isReversed`; nil when it has no such operator.
    open func binary(
        _ op: BinaryOperator, _ other: Value, isReversed: Bool, _ interpreter: Interpreter
    ) throws -> Value? { nil }

    /// Elementwise or plain comparison; nil: the machine compares by identity for `==`, else an error.
    open func compare(
        _ op: ComparisonOperator, _ other: Value, isReversed: Bool, _ interpreter: Interpreter
    ) throws -> Value? { nil }

    open func unary(_ op: UnaryOperator, _ interpreter: Interpreter) throws -> Value? { nil }

    /// `x[a, b]`; nil when it cannot be indexed.
    open func get(_ keys: [IndexKey], _ interpreter: Interpreter) throws -> Value? { nil }

    /// `x[a, b] = value`: the value that replaces `x` in the place it was read from (self when
    /// it changed in place); nil when it cannot be set.
    open func setting(_ keys: [IndexKey], to value: Value, _ interpreter: Interpreter) throws -> Value? {
        nil
    }

    /// `x.name`; nil when there is none (the machine then tries a function `name(x, …)`).
    open func member(_ name: String, _ interpreter: Interpreter) throws -> Value? { nil }

    /// `x.name = value`: like `setting`.
    open func settingMember(_ name: String, to value: Value, _ interpreter: Interpreter) throws -> Value? {
        nil
    }

    /// What to write instead of a member that it does not have; nil where that is not known.
    open func help(forMissing name: String) -> String? { nil }

    /// The names of its members, for completion and for the nearest name in errors.
    open var memberNames: [String] { [] }

    /// Its truth in `if`, `and`, `or`, `not`; throws what to write instead if it has none.
    open func truth(_ interpreter: Interpreter) throws -> Bool { true }

    /// The number it serves as where a number is needed (index, size, format, argument); nil: none.
    open func number(_ interpreter: Interpreter) throws -> Double? { nil }

    /// One value after the other for `for` and the list functions; nil: not iterable.
    open func iterator(_ interpreter: Interpreter) throws -> (() throws -> Value?)? { nil }

    /// `element in x`; nil: it cannot be searched.
    open func contains(_ element: Value, _ interpreter: Interpreter) throws -> Bool? { nil }

    /// `len(x)`; nil: no length.
    open func count(_ interpreter: Interpreter) throws -> Int? { nil }

    /// Whether it equals another foreign value as an element of lists or records that are compared.
    open func equals(_ other: ForeignValue, _ interpreter: Interpreter) throws -> Bool {
        if self === other { return true }
        guard case .bool(let same)? = try compare(.equal, .object(other), isReversed: false, interpreter)
        else { return false }
        return same
    }

    /// `{x:.3}`; nil: its number or its one-line form is formatted.
    open func formatted(_ format: TextFormat, _ interpreter: Interpreter) throws -> String? { nil }

    /// Whether `x(a)` is possible; `called` then does it.
    open var isCallable: Bool { false }

    /// `x(a, b)`; nil when it cannot be called.
    open func called(_ arguments: [Value], named: [(String, Value)], _ interpreter: Interpreter) throws
        -> Value?
    { nil }

    /// Called when this value is stored in a field of an object that held `old`: the value to
    /// store. This keeps properties that belong to the field and not to the value.
    open func replacing(_ old: Value) -> Value { .object(self) }

    /// The values of a script that it holds and that may change, for `copy`, `isolated` and steps that are undone.
    open var held: [Value] { [] }

    /// For `copy(x)`: the same with copies of what it holds; values that hold none return themselves.
    open func copied(holding held: [Value]) -> ForeignValue { self }

    /// For `save(x, path)`: the name of its kind and the value it can be restored from; nil: it
    /// cannot be saved.
    open func saved(_ interpreter: Interpreter) throws -> (kind: String, parts: Value)? { nil }
}
