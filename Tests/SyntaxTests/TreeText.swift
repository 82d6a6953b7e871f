// A tree as short text, for the tests to compare: `a + b * c` is `(+ a (* b c))`.

import SegSyntax

struct TreeText {
    static func of(_ statements: [Statement]) -> String {
        statements.map(of).joined(separator: "; ")
    }

    static func of(_ block: Block) -> String { "{" + of(block.statements) + "}" }

    static func of(_ statement: Statement) -> String {
        switch statement.kind {
        case .expression(let e): return of(e)
        case .assign(let targets, let values, let doc):
            let left = targets.map(of).joined(separator: " ")
            return "(= \(left) \(values.map(of).joined(separator: " "))\(doc.map { " doc:\($0)" } ?? ""))"
        case .compoundAssign(let target, let op, let value, _):
            return "(\(op.rawValue)= \(of(target)) \(of(value)))"
        case .global(let name, _, let value): return "(global \(name) \(of(value)))"
        case .function(let f): return "(def \(function(f)))"
        case .type(let f): return "(type \(function(f)))"
        case .forLoop(let names, let values, let body):
            return "(for \(names.map(\.0).joined(separator: " ")) \(of(values)) \(of(body)))"
        case .whileLoop(let test, let body): return "(while \(of(test)) \(of(body)))"
        case .breakLoop: return "break"
        case .continueLoop: return "continue"
        case .returnValue(let value): return value.map { "(return \(of($0)))" } ?? "return"
        }
    }

    static func of(_ target: Target) -> String {
        switch target {
        case .name(let name, _): name
        case .member(let object, let name, _, _): "\(of(object)).\(name)"
        case .index(let object, let items, _): "\(of(object))[\(items.map(of).joined(separator: ", "))]"
        }
    }

    static func of(_ item: IndexItem) -> String {
        switch item {
        case .value(let e): of(e)
        case .wholeAxis: ":"
        }
    }

    static func of(_ argument: Argument) -> String {
        switch argument.label {
        case .positional: of(argument.value)
        case .named(let name): "\(name)=\(of(argument.value))"
        case .spread: "...\(of(argument.value))"
        }
    }

    static func function(_ f: FunctionSyntax) -> String {
        let parameters = f.parameters.map { p in
            (p.isRest ? "..." : "") + p.name + (p.defaultValue.map { "=" + of($0) } ?? "")
        }
        let body = f.isExpression ? of(f.body.statements) : of(f.body)
        return (f.name ?? "") + "(" + parameters.joined(separator: " ") + ") " + body
            + (f.doc.map { " doc:\($0)" } ?? "")
    }

    static func of(_ e: Expression) -> String {
        switch e.kind {
        case .nilLiteral: return "nil"
        case .bool(let value): return "\(value)"
        case .number(let value):
            return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
        case .string(let pieces):
            return "\""
                + pieces.map { piece in
                    switch piece.kind {
                    case .text(let text): return text
                    case .value(let e, let format): return "{" + of(e) + (format.map { ":" + $0 } ?? "") + "}"
                    }
                }.joined(separator: "|") + "\""
        case .name(let name): return name
        case .selfReference: return "self"
        case .list(let items): return "[" + items.map(of).joined(separator: " ") + "]"
        case .record(let entries):
            return "(record"
                + entries.map { entry in
                    switch entry.key {
                    case .name(let name): return " \(name)=\(of(entry.value))"
                    case .string(let key): return " \(of(key))=\(of(entry.value))"
                    case .spread: return " ...\(of(entry.value))"
                    }
                }.joined() + ")"
        case .unary(let op, let e): return "(\(op.rawValue) \(of(e)))"
        case .binary(let op, let a, let b, _): return "(\(op.rawValue) \(of(a)) \(of(b)))"
        case .comparison(let operands, let operators):
            var text = "(" + of(operands[0])
            for (operand, op) in zip(operands.dropFirst(), operators) {
                text += " \(op.0.text) \(of(operand))"
            }
            return text + ")"
        case .and(let a, let b): return "(and \(of(a)) \(of(b)))"
        case .or(let a, let b): return "(or \(of(a)) \(of(b)))"
        case .not(let e): return "(not \(of(e)))"
        case .range(let a, let b, let inclusive):
            return "(\(inclusive ? "..." : "..<") \(of(a)) \(b.map(of) ?? "end"))"
        case .call(let callee, let arguments):
            return "(call \(([of(callee)] + arguments.map(of)).joined(separator: " ")))"
        case .member(let object, let name, _): return "\(of(object)).\(name)"
        case .index(let object, let items): return "\(of(object))[\(items.map(of).joined(separator: ", "))]"
        case .function(let f): return "(fn \(function(f)))"
        case .block(let block): return of(block)
        case .conditional(let test, let then, let otherwise):
            return "(if \(of(test)) \(of(then))" + (otherwise.map { " " + of($0) } ?? "") + ")"
        case .attempt(let body, let name, _, let handler):
            return "(try \(of(body)) \(name ?? "_") \(of(handler)))"
        case .importFile(let path): return "(import \(of(path)))"
        }
    }
}
