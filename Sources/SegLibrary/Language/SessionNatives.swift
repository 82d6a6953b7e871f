// The contents of a session: the user's own names, short descriptions of values without computing them, and
// the computation of pending values.

import SegRuntime
import SegSystem
import SegSyntax

let sessionNatives: [Native] = [
    Native(
        "who()", "Lists your own names, each with its value in a few words; nothing is computed.",
        examples: ["lr = 0.1\nwho()  # expect: lr  0.1"]
    ) { call in
        let interpreter = call.interpreter
        let names = interpreter.userNames().filter { $0 != "ans" }
        let width = names.map(\.count).max() ?? 0
        for name in names {
            guard let value = interpreter[name] else { continue }
            let pad = String(repeating: " ", count: width - name.count)
            let room = max(20, interpreter.terminal.width - width - 2)
            let text = interpreter.glance(value)
            interpreter.output("\(name)\(pad)  \(text.count > room ? text.prefix(room - 1) + "…" : text)\n")
            try interpreter.checkInterrupt()
        }
        return .nilValue
    }
]

extension Interpreter {
    /// A value in a few words, on one line; for tensors shape and type, so that nothing is computed, and no
    /// method of an object is called.
    public func glance(_ value: Value) -> String {
        guard case .object(let object) = value else { return short(value) }
        switch object {
        case let tensor as TensorValue:
            let shape = tensor.promise.shape.map(String.init).joined(separator: ", ")
            return "tensor [\(shape)] \(tensor.promise.dtype.rawValue)"
        case let list as ListObject:
            if list.items.count <= 8, list.items.allSatisfy(isPlain) { return short(value, limit: 60) }
            return list.items.count == 1 ? "list of 1" : "list of \(list.items.count)"
        case let record as RecordObject:
            if record.count <= 8, record.values.allSatisfy(isPlain) { return short(value, limit: 60) }
            return "record of "
                + record.names.prefix(6).map { TextWidth.escaped($0, limit: 40) }.joined(separator: ", ")
                + (record.count > 6 ? ", …" : "")
        case let instance as Instance: return instance.type.name
        case is FunctionObject, is NativeFunction, is BoundMethod, is TypeObject:
            guard let parameters = parameters(of: value) else { return value.typeName }
            let source = short(value, limit: 60)
            if object is FunctionObject, !source.hasSuffix("…"), !source.contains("\n") { return source }
            return (object is TypeObject ? "type " : "") + parameters.signature(callableName(value))
        default: return short(value, limit: 60)
        }
    }

    private func isPlain(_ value: Value) -> Bool {
        switch value {
        case .nilValue, .bool, .number: true
        case .object(let object): object is StringObject
        }
    }

    /// Computes every tensor in a value, including lists, records and fields of objects; `:time` includes
    /// this in its measurement.
    public func computePending(_ value: Value) throws {
        var pending = [value]
        var seen: Set<ObjectIdentifier> = []
        while let next = pending.popLast() {
            guard case .object(let object) = next, seen.insert(ObjectIdentifier(object)).inserted else {
                continue
            }
            switch object {
            case let tensor as TensorValue: _ = try tensor.promise.value()
            case let list as ListObject: pending += list.items
            case let record as RecordObject: pending += record.values
            case let instance as Instance:
                for place in 0..<instance.fieldCount { instance.field(at: place).map { pending.append($0) } }
            default: break
            }
            if seen.count & 0xfff == 0 { try checkInterrupt() }
        }
    }
}
