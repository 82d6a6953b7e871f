// A first pass over a function before it is compiled: which names it binds, which of them the
// functions inside it mention (those are in cells), and how many registers its blocks need.

import SegSyntax

/// What one function, type body or file binds and mentions.
final class Survey {
    /// Names the body assigns, in order; those of `for` and `catch` are not among them.
    fileprivate(set) var assigned: [String] = []
    fileprivate(set) var counts: [String: Int] = [:]
    /// Names that functions inside mention.
    fileprivate(set) var inner: Set<String> = []
    /// All names mentioned, inside included.
    fileprivate(set) var mentioned: Set<String> = []
    /// Those of them that are more than the name in `x.name(…)`, which may be a member.
    fileprivate(set) var read: Set<String> = []
    /// Names that functions inside assign.
    fileprivate(set) var assignedInside: Set<String> = []
    /// Names that `global` statements directly in this function bind.
    fileprivate(set) var globals: Set<String> = []
    /// Registers that loops and handlers need at once.
    fileprivate(set) var blockRegisters = 0
    /// Named functions defined inside, with what each mentions beyond its own name.
    fileprivate var definitions: [(name: String, mentions: Set<String>)] = []
}

/// Walks a tree once and stores the results for the compiler.
final class Surveyor {
    private var surveys: [ObjectIdentifier: Survey] = [:]
    private var current = Survey()
    private var blockNames: [String: Int] = [:]
    private var blockDepth = 0
    /// Every name that a `global` statement anywhere binds.
    private(set) var allGlobals: [String] = []

    func survey(_ statements: [Statement]) -> Survey {
        inside { visit(statements) }
    }

    /// That of a parameter's default.
    func survey(_ value: Expression) -> Survey {
        inside { visit(value) }
    }

    /// The survey of a function met on the walk.
    func survey(of function: FunctionSyntax) -> Survey {
        if let found = surveys[ObjectIdentifier(function)] { return found }
        let made = inside {
            for parameter in function.parameters { parameter.defaultValue.map(visit) }
            visit(function.body.statements)
        }
        surveys[ObjectIdentifier(function)] = made
        return made
    }

    private func inside(_ body: () -> Void) -> Survey {
        let saved = (current, blockNames, blockDepth)
        let survey = Survey()
        current = survey
        blockNames = [:]
        blockDepth = 0
        body()
        for (name, mentions) in survey.definitions {
            survey.inner.formUnion(mentions)
            if survey.counts[name] != 1 { survey.inner.insert(name) }
        }
        (current, blockNames, blockDepth) = saved
        return survey
    }

    private func nested(_ function: FunctionSyntax, named name: String?) {
        let inner = survey(of: function)
        var mentions = inner.mentioned
        for name in function.parameters.flatMap(\.boundNames) { mentions.remove(name) }
        current.mentioned.formUnion(mentions)
        inner.read.intersection(mentions).forEach(noteRead)
        current.assignedInside.formUnion(inner.assigned)
        current.assignedInside.formUnion(inner.assignedInside)
        if let name, mentions.contains(name) {
            mentions.remove(name)
            current.definitions.append((name, mentions))
        } else {
            current.inner.formUnion(mentions)
        }
    }

    /// Names of `for` and `catch` are of their block alone.
    private func noteRead(_ name: String) {
        if blockNames[name, default: 0] == 0 { current.read.insert(name) }
    }

    private func assign(_ name: String) {
        current.mentioned.insert(name)
        noteRead(name)
        if blockNames[name, default: 0] > 0 { return }
        if current.counts[name] == nil { current.assigned.append(name) }
        current.counts[name, default: 0] += 1
    }

    private func within(_ names: [String], registers: Int, _ body: () -> Void) {
        for name in names { blockNames[name, default: 0] += 1 }
        blockDepth += registers
        current.blockRegisters = max(current.blockRegisters, blockDepth)
        body()
        blockDepth -= registers
        for name in names { blockNames[name, default: 0] -= 1 }
    }

    private func visit(_ statements: [Statement]) {
        for statement in statements { visit(statement) }
    }

    private func visit(_ statement: Statement) {
        switch statement.kind {
        case .expression(let value): visit(value)
        case .assign(let targets, let values, _):
            values.forEach(visit)
            targets.forEach(visit)
        case .compoundAssign(let target, _, let value, _):
            visit(value)
            visit(target)
        case .global(let name, _, let value):
            current.globals.insert(name)
            allGlobals.append(name)
            visit(value)
        case .function(let function), .type(let function):
            let name = function.name ?? ""
            assign(name)
            nested(function, named: name)
        case .forLoop(let names, let collection, let body):
            within([], registers: names.count + 3) {
                visit(collection)
                within(names.map(\.0), registers: 0) { visit(body.statements) }
            }
        case .whileLoop(let condition, let body):
            visit(condition)
            visit(body.statements)
        case .returnValue(let value): value.map(visit)
        case .breakLoop, .continueLoop: break
        }
    }

    private func visit(_ target: Target) {
        switch target {
        case .name(let name, _): assign(name)
        case .member(let base, _, _, _): visit(base)
        case .index(let base, let items, _):
            visit(base)
            items.forEach(visit)
        }
    }

    private func visit(_ item: IndexItem) {
        if case .value(let value) = item { visit(value) }
    }

    private func visit(_ expression: Expression) {
        switch expression.kind {
        case .nilLiteral, .bool, .number, .selfReference: break
        case .string(let pieces):
            for piece in pieces { if case .value(let value, _) = piece.kind { visit(value) } }
        case .name(let name):
            current.mentioned.insert(name)
            noteRead(name)
        case .list(let arguments): for argument in arguments { visit(argument.value) }
        case .record(let entries):
            for entry in entries {
                if case .string(let key) = entry.key { visit(key) }
                visit(entry.value)
            }
        case .unary(_, let value), .not(let value), .importFile(let value): visit(value)
        case .binary(_, let left, let right, _), .and(let left, let right), .or(let left, let right):
            visit(left)
            visit(right)
        case .comparison(let operands, _): operands.forEach(visit)
        case .range(let start, let end, _):
            visit(start)
            end.map(visit)
        case .call(let callee, let arguments):
            if case .member(let base, let name, _) = callee.kind {
                visit(base)
                current.mentioned.insert(name)
            } else {
                visit(callee)
            }
            for argument in arguments { visit(argument.value) }
        case .member(let base, _, _): visit(base)
        case .index(let base, let items):
            visit(base)
            items.forEach(visit)
        case .function(let function): nested(function, named: nil)
        case .block(let block): visit(block.statements)
        case .conditional(let condition, let then, let otherwise):
            visit(condition)
            visit(then.statements)
            otherwise.map(visit)
        case .attempt(let block, let name, _, let handler):
            within([], registers: 1) {
                visit(block.statements)
                within(name.map { [$0] } ?? [], registers: 0) { visit(handler.statements) }
            }
        }
    }
}

extension Target {
    /// Whether it contains statements that may change a variable while it is located.
    var hasStatements: Bool {
        switch self {
        case .name: false
        case .member(let base, _, _, _): base.hasStatements
        case .index(let base, let items, _): base.hasStatements || items.contains(where: \.hasStatements)
        }
    }
}

extension IndexItem {
    var hasStatements: Bool {
        if case .value(let value) = self { value.hasStatements } else { false }
    }
}

extension Expression {
    /// Whether it contains statements that may change a variable while it is evaluated.
    var hasStatements: Bool {
        switch kind {
        case .nilLiteral, .bool, .number, .name, .selfReference, .function: false
        case .block, .conditional, .attempt: true
        case .string(let pieces):
            pieces.contains { piece in
                if case .value(let value, _) = piece.kind { return value.hasStatements }
                return false
            }
        case .list(let arguments): arguments.contains { $0.value.hasStatements }
        case .record(let entries): entries.contains { $0.value.hasStatements }
        case .unary(_, let value), .not(let value), .importFile(let value): value.hasStatements
        case .binary(_, let left, let right, _), .and(let left, let right), .or(let left, let right):
            left.hasStatements || right.hasStatements
        case .comparison(let operands, _): operands.contains(where: \.hasStatements)
        case .range(let start, let end, _): start.hasStatements || end?.hasStatements == true
        case .call(let callee, let arguments):
            callee.hasStatements || arguments.contains { $0.value.hasStatements }
        case .member(let base, _, _): base.hasStatements
        case .index(let base, let items):
            base.hasStatements || items.contains(where: \.hasStatements)
        }
    }
}
