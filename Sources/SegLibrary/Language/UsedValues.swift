// What a function uses of a script's values, as texts that can be compared: by these a search knows whether the file
// that it is told to go on with is of the same experiment.

import SegRuntime
import SegSystem
import SegTensor

let usedValueNatives: [Native] = [
    Native(
        "used_by(f)",
        "What a function uses of your script's names, itself and through the functions it calls. It is a record of "
            + "name to text: plain values as they are written, tensors, models, functions and types by a digest, "
            + "data sets by their names, settings in words, other objects by their type.",
        examples: ["k = 5\ng(a) = a * k\nprint(used_by(g))  # expect: (k=\"5\")"]
    ) { call in
        _ = try call.function(0)
        var used = UsedValues(call.interpreter)
        return try used.record(of: call[0])
    }
]

private struct UsedValues {
    private let interpreter: Interpreter
    private var texts: [(String, Value)] = []
    private var names: Set<String> = []
    private var seen: Set<ObjectIdentifier> = []

    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    mutating func record(of root: Value) throws -> Value {
        var pending = [root]
        while let next = pending.popLast() {
            guard case .object(let object) = next, seen.insert(ObjectIdentifier(object)).inserted else {
                continue
            }
            for (name, value) in used(by: object) {
                if names.insert(name).inserted {
                    texts.append((name, .string(try text(value, depth: 0))))
                }
                pending.append(value)
            }
            try interpreter.checkInterrupt()
        }
        return .object(RecordObject(texts.sorted { $0.0 < $1.0 }))
    }

    /// The names that a function, or the methods of a type, use, with their values.
    private func used(by object: Object) -> [(name: String, value: Value)] {
        let captures: [(name: String, object: Object)]
        let globals: [(name: String, value: Value)]
        if let function = object as? FunctionObject, !function.code.module.isLibrary {
            captures = zip(function.code.captureNames, function.captured).map { (name: $0, object: $1) }
            globals = interpreter.userGlobals(namedBy: function)
        } else if let type = object as? TypeObject, !type.module.isLibrary {
            (captures, globals) = (type.captured, interpreter.userGlobals(namedBy: type))
        } else if let instance = object as? Instance {
            return used(by: instance.type)
        } else {
            return []
        }
        return globals
            + captures.filter { $0.name != "self" }.map { name, object in
                (name, (object as? CellObject)?.value ?? .object(object))
            }
    }

    private func text(_ value: Value, depth: Int) throws -> String {
        guard depth < 20 else { return "…" }
        guard case .object(let object) = value, value.asString == nil else {
            return shortened(try interpreter.line(value, quoted: true))
        }
        switch object {
        case let list as ListObject:
            var parts: [String] = []
            for item in list.items { parts.append(try text(item, depth: depth + 1)) }
            return shortened("[\(parts.joined(separator: ", "))]")
        case let record as RecordObject:
            var parts: [String] = []
            for (name, value) in zip(record.names, record.values) {
                parts.append("\(name)=\(try text(value, depth: depth + 1))")
            }
            return shortened("(\(parts.joined(separator: ", ")))")
        case let tensor as TensorValue where type(of: tensor) == TensorValue.self:
            let numbers = try tensor.promise.doubles()
            let digest = numbers.withUnsafeBytes { Digest($0) }
            return "tensor \(tensor.promise.shape), \(mark(digest))"
        case let function as FunctionObject: return "a function, \(mark(Digest(text: function.source)))"
        case let type as TypeObject: return "a type, \(mark(Digest(text: type.source)))"
        case let instance as Instance:
            // A run has times, which differ in each start: of it the model counts.
            if let model = instance.field(named: "model"), instance.type.method(named: "next") != nil {
                return "\(instance.type.name) of \(try text(model, depth: depth + 1))"
            }
            if let settings = instance.settings {
                let name = instance.field(named: "name")?.asString ?? instance.type.name
                return shortened(name + (try text(.object(settings), depth: depth + 1)))
            }
            guard instance.type.isCallable else { return instance.type.name }
            var parts: [String] = []
            for place in 0..<instance.fieldCount {
                guard let field = instance.field(at: place) else { continue }
                parts.append("\(instance.fieldNames[place])=\(try text(field, depth: depth + 1))")
            }
            let whole = parts.joined(separator: ", ")
            return parts.isEmpty ? instance.type.name : "\(instance.type.name), \(mark(Digest(text: whole)))"
        case let data as DatasetValue:
            var names: [String] = []
            for place in 0..<data.dataset.count { names.append(try data.dataset.name(place)) }
            let classes = data.dataset.palette.names.joined(separator: "\n")
            let digest = Digest(text: names.joined(separator: "\n") + "\n\n" + classes)
            return "\(data.dataset.count) samples, \(data.dataset.about), \(mark(digest))"
        default: return shortened(try interpreter.line(value, quoted: true))
        }
    }

    /// A long text by its beginning and its digest.
    private func shortened(_ text: String) -> String {
        text.utf8.count <= 120 ? text : "\(text.prefix(40))…, \(mark(Digest(text: text)))"
    }

    private func mark(_ digest: Digest) -> String { String(digest.low, radix: 16) }
}

extension Digest {
    fileprivate init(text: String) {
        self = Array(text.utf8).withUnsafeBytes { Digest($0) }
    }
}
