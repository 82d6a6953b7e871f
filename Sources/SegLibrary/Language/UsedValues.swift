// What a function uses of a script's values, as texts that can be compared: by these a search knows whether the file
// that it is told to go on with is of the same experiment.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

let usedValueNatives: [Native] = [
    Native(
        "used_by(f, value=false)",
        "What a function uses of your script's names, itself and through the functions it calls. It is a record of "
            + "name to text: plain values as they are written, tensors, models, functions, types and objects of your "
            + "types by a digest, data sets by a digest of their pictures, masks and changes, settings in words, the "
            + "library's other objects by their type. With value=true `f` is any value, and is in the record as `value`.",
        examples: ["k = 5\ng(a) = a * k\nprint(used_by(g))  # expect: (k=\"5\")"]
    ) { call in
        let withValue = try call.bool(1)
        if !withValue { _ = try call.function(0) }
        var used = UsedValues(call.interpreter)
        return try used.record(of: call[0], withValue: withValue)
    }
]

private struct UsedValues {
    private let interpreter: Interpreter
    private var texts: [(String, Value)] = []
    private var names: Set<String> = []
    private var seen: Set<ObjectIdentifier> = []
    /// The texts of objects of a script's types, and those that are being written: they may contain each other.
    private var known: [ObjectIdentifier: String] = [:]
    /// The objects that were looked at: another one must not get the place of one that is gone.
    private var kept: [Object] = []

    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    mutating func record(of root: Value, withValue: Bool) throws -> Value {
        if withValue { texts.append(("value", .string(try text(root, depth: 0)))) }
        var pending = [root]
        while let next = pending.popLast() {
            guard case .object(let object) = next, seen.insert(ObjectIdentifier(object)).inserted else {
                continue
            }
            kept.append(object)
            pending += try contents(of: object)
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

    /// The values in which functions may be: the parts of a data set, the entries of lists and records.
    private func contents(of object: Object) throws -> [Value] {
        switch object {
        case let data as DatasetValue where !(data.dataset is FolderDataset):
            return try data.saved(interpreter).map { [$0.parts] } ?? []
        case let list as ListObject: return list.items
        case let record as RecordObject: return record.values
        case let instance as Instance where instance.settings != nil: return instance.settings?.values ?? []
        // What the library made of functions, as `grad` does.
        case let function as FunctionObject where function.code.module.isLibrary:
            return captures(of: function)
        default: return []
        }
    }

    private func captures(of function: FunctionObject) -> [Value] {
        function.captured.map { ($0 as? CellObject)?.value ?? .object($0) }
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

    private mutating func text(_ value: Value, depth: Int) throws -> String {
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
        case let function as FunctionObject:
            var text = function.source
            if function.code.module.isLibrary, known[ObjectIdentifier(function)] == nil {
                known[ObjectIdentifier(function)] = "…"
                kept.append(function)
                for value in captures(of: function) {
                    text += "\n" + (try self.text(value, depth: depth + 1))
                }
                known[ObjectIdentifier(function)] = nil
            }
            return "a function, \(mark(Digest(text: text)))"
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
            guard instance.type.isCallable || !instance.type.module.isLibrary else {
                return instance.type.name
            }
            if let known = known[ObjectIdentifier(instance)] { return known }
            known[ObjectIdentifier(instance)] = "…"
            kept.append(instance)
            var parts: [String] = instance.type.module.isLibrary ? [] : [instance.type.source]
            for place in 0..<instance.fieldCount {
                guard let field = instance.field(at: place) else { continue }
                parts.append("\(instance.fieldNames[place])=\(try text(field, depth: depth + 1))")
            }
            let whole = parts.joined(separator: ", ")
            let text =
                parts.isEmpty ? instance.type.name : "\(instance.type.name), \(mark(Digest(text: whole)))"
            known[ObjectIdentifier(instance)] = text
            return text
        case let data as DatasetValue:
            if let known = known[ObjectIdentifier(data)] { return known }
            let digest = Digest(text: try content(of: data, depth: depth))
            let text = "\(data.dataset.count) samples, \(data.dataset.about), \(mark(digest))"
            known[ObjectIdentifier(data)] = text
            kept.append(data)
            return text
        default: return shortened(try interpreter.line(value, quoted: true))
        }
    }

    /// What identifies the samples of a data set: files by their bytes, views by what they change. Of thousands of files
    /// the sizes are compared.
    private mutating func content(of data: DatasetValue, depth: Int) throws -> String {
        let dataset = data.dataset
        var lines = dataset.palette.names
        guard let folder = dataset as? FolderDataset else {
            if let parts = try data.saved(interpreter)?.parts {
                lines.append(try text(parts, depth: depth + 1))
            }
            if dataset.runsScript { return lines.joined(separator: "\n") }
            for place in 0..<dataset.count { lines.append(try dataset.name(place)) }
            return lines.joined(separator: "\n")
        }
        for place in 0..<folder.count {
            try interpreter.checkInterrupt()
            lines.append(folder.name(place))
            if folder.count <= 2000, let frame = try? folder.frame(place) {
                lines.append("\(mark(frame.imageDigest)) \(mark(frame.maskDigest))")
            } else if let files = folder.files(place) {
                lines.append(
                    "\(FileStatus(files.image)?.size ?? -1) \(FileStatus(files.mask)?.size ?? -1)")
            }
        }
        return lines.joined(separator: "\n")
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
