// Which names the statements of a function, type or file bind, before any of their places is looked at.

/// Collects the names that statements assign, those of inner functions not counted; the names of a loop or of
/// `catch` are its own in its block.
struct AssignedNames {
    /// Whether the `global` statements of inner functions are wanted.
    let entersFunctions: Bool
    private(set) var found: [(name: String, span: Span, isGlobal: Bool)] = []
    private var blockNames: [String: Int] = [:]

    init(entersFunctions: Bool) { self.entersFunctions = entersFunctions }

    private mutating func enter(_ function: FunctionSyntax) {
        guard entersFunctions else { return }
        var inner = AssignedNames(entersFunctions: true)
        inner.visit(function.body.statements)
        found += inner.found.filter(\.isGlobal)
    }

    private mutating func assign(_ name: String, _ span: Span) {
        if blockNames[name, default: 0] == 0 { found.append((name, span, false)) }
    }

    mutating func visit(_ statements: [Statement]) {
        for statement in statements { visit(statement) }
    }

    private mutating func within(_ names: [String], _ body: Block) {
        for name in names { blockNames[name, default: 0] += 1 }
        visit(body.statements)
        for name in names { blockNames[name, default: 0] -= 1 }
    }

    private mutating func visit(_ statement: Statement) {
        switch statement.kind {
        case .expression(let value): visit(value)
        case .assign(let targets, let values, _):
            for value in values { visit(value) }
            for case .name(let name, let span) in targets { assign(name, span) }
        case .compoundAssign(let target, _, let value, _):
            visit(value)
            if case .name(let name, let span) = target { assign(name, span) }
        case .global(let name, let span, let value):
            visit(value)
            found.append((name, span, true))
        case .function(let function), .type(let function):
            if let name = function.name { assign(name, function.nameSpan) }
            enter(function)
        case .forLoop(let names, let collection, let body):
            visit(collection)
            within(names.map(\.0), body)
        case .whileLoop(let condition, let body):
            visit(condition)
            visit(body.statements)
        case .returnValue(let value): if let value { visit(value) }
        case .breakLoop, .continueLoop: break
        }
    }

    /// Only blocks within an expression bind names.
    private mutating func visit(_ expression: Expression) {
        switch expression.kind {
        case .block(let block): visit(block.statements)
        case .conditional(let condition, let then, let otherwise):
            visit(condition)
            visit(then.statements)
            if let otherwise { visit(otherwise) }
        case .attempt(let block, let name, _, let handler):
            visit(block.statements)
            within(name.map { [$0] } ?? [], handler)
        case .function(let function): enter(function)
        default: for part in expression.parts { visit(part) }
        }
    }
}

extension Expression {
    /// The expressions that it is made of, without the statements of blocks and functions.
    fileprivate var parts: [Expression] {
        switch kind {
        case .nilLiteral, .bool, .number, .name, .selfReference, .function, .block, .attempt: []
        case .string(let pieces):
            pieces.compactMap { piece in
                if case .value(let value, _) = piece.kind { return value }
                return nil
            }
        case .list(let arguments): arguments.map(\.value)
        case .record(let entries): entries.map(\.value)
        case .unary(_, let value), .not(let value), .importFile(let value): [value]
        case .binary(_, let left, let right, _), .and(let left, let right), .or(let left, let right):
            [left, right]
        case .comparison(let operands, _): operands
        case .range(let start, let end, _): [start] + (end.map { [$0] } ?? [])
        case .call(let callee, let arguments): [callee] + arguments.map(\.value)
        case .member(let base, _, _): [base]
        case .index(let base, let items):
            [base]
                + items.compactMap { item in
                    if case .value(let value) = item { return value }
                    return nil
                }
        case .conditional(let condition, _, let otherwise): [condition] + (otherwise.map { [$0] } ?? [])
        }
    }
}
