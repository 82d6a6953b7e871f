// `save`: a whole graph of values as one safetensors file. Each tensor has the path under which it was first
// found as its name, so that other programs can read it; all other values are a table of nodes as JSON in the
// file's metadata, which refer to each other by number.
//
// A node is a list that begins with its kind; a value in a node is a number, text, true, false, null, or a list
// of one number, the node it refers to. ValueReader reads it.

import SegRuntime
import SegSyntax
import SegSystem
import SegTensor

/// The names of the graph's entries in the metadata.
enum SavedForm {
    static let version = ("seg", "1")
    static let graphKey = "value"
    /// The number of plain numbers from which a list is stored as a tensor.
    static let packedFrom = 64
}

final class ValueWriter {
    private let interpreter: Interpreter
    private var numbers: [ObjectIdentifier: Int] = [:]
    /// The objects by number, which also keeps them alive; nil for a scope of globals.
    private var objects: [(object: Object?, path: String)] = []
    private var modules: [ObjectIdentifier: Int] = [:]
    /// The globals of a scope that have been referred to so far.
    private var globals: [Int: (module: Module, entries: [(name: String, value: Value)])] = [:]
    private var nodes: [String] = []
    private var tensors: [(name: String, tensor: Tensor)] = []
    private var tensorNames: [ObjectIdentifier: String] = [:]
    /// The format keeps one name for itself.
    private var takenNames: Set<String> = ["__metadata__"]

    private init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// Writes a temporary file, reads it back and renames it: the path always holds the complete old or new file.
    /// - Returns: the file from which code in the value came, if any did.
    @discardableResult
    static func write(_ value: Value, to path: String, _ interpreter: Interpreter) throws -> FileOrigin? {
        let writer = ValueWriter(interpreter)
        let root = try writer.text(value, path: "")
        var next = 0
        while next < writer.objects.count {
            writer.nodes.append(try writer.node(next))
            next += 1
            if next & 0xfff == 0 { try interpreter.checkInterrupt() }
        }
        // The globals are complete only now, when every function has been visited.
        for (place, scope) in writer.globals { writer.nodes[place] = try writer.module(scope) }
        let graph = "{\"root\": \(root), \"nodes\": [\n\(writer.nodes.joined(separator: ",\n"))\n]}"
        try Tensor.evaluate(writer.tensors.map(\.tensor))
        try Safetensors.write(
            try writer.tensors.map { try toWrite($0.name, $0.tensor) },
            metadata: [SavedForm.version, (SavedForm.graphKey, graph)], isChecked: true, to: path
        ) { written in
            do {
                try ValueReader.check(written, writer.tensors, interpreter)
            } catch let error as Failure where error.kind != .interrupt && error.kind != .memory {
                throw Failure(
                    .file, "save: what was written could not be read back: \(error.message)",
                    help: "this is a mistake in seg; the file that was there before is unchanged")
            }
        }
        return writer.objects.lazy.compactMap { object, _ in
            (object as? FunctionObject)?.origin ?? (object as? TypeObject)?.origin
                ?? (object as? NativeFunction)?.origin ?? (object as? BoundMethod)?.function.origin
        }.first
    }

    // MARK: Values

    private func text(_ value: Value, path: String) throws -> String {
        switch value {
        case .nilValue: return "null"
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let number): return JSON.text(number)
        case .object(let object):
            if let string = value.asString {
                return try JSON.text(string) { _ in try interpreter.checkInterrupt() }
            }
            return "[\(number(of: object, path: path))]"
        }
    }

    private func texts(_ values: [Value], path: (Int) -> String) throws -> String {
        // The texts, and the one that is joined from them.
        try interpreter.reserve(elements: 2 * values.count, for: "saving a list of \(values.count) elements")
        var items: [String] = []
        items.reserveCapacity(values.count)
        for (place, value) in values.enumerated() {
            if place & 0xfff == 0xfff { try interpreter.checkInterrupt() }
            items.append(try text(value, path: path(place)))
        }
        return "[\(items.joined(separator: ", "))]"
    }

    private func number(of object: Object, path: String) -> Int {
        if let known = numbers[ObjectIdentifier(object)] { return known }
        numbers[ObjectIdentifier(object)] = objects.count
        objects.append((object, path))
        return objects.count - 1
    }

    private func quoted(_ names: [String]) -> String {
        "[\(names.map { JSON.text($0) }.joined(separator: ", "))]"
    }

    private func path(_ base: String, _ name: String) -> String {
        base.isEmpty ? name : name == "children" || base.utf8.count > 100 ? base : "\(base).\(name)"
    }

    // MARK: Nodes

    private func node(_ place: Int) throws -> String {
        guard let object = objects[place].object else { return "[\"module\"]" }
        let at = objects[place].path
        switch object {
        case let list as ListObject: return try listNode(list.items, at)
        case let record as RecordObject:
            let names = record.names
            let values = try texts(record.values) { path(at, names[$0]) }
            return "[\"record\", \(quoted(names)), \(values)]"
        case let range as RangeObject:
            let end = range.end.map { JSON.text($0) } ?? "null"
            return "[\"range\", \(JSON.text(range.start)), \(end), \(range.isInclusive)]"
        case let cell as CellObject: return "[\"cell\", \(try text(cell.value, path: at))]"
        case let native as NativeFunction: return "[\"library\", \(JSON.text(native.name))]"
        case let function as FunctionObject: return try functionNode(function, at)
        case let type as TypeObject: return try typeNode(type, at)
        case let bound as BoundMethod:
            guard let receiver = bound.receiver else { return "[\"library\", \"\"]" }
            return
                "[\"method\", \(try text(.object(receiver), path: at)), \(JSON.text(bound.function.name ?? ""))]"
        case let instance as Instance:
            let names = instance.fieldNames
            var fields: [String] = []
            for (field, name) in names.enumerated() {
                let value = instance.field(at: field)
                fields.append(try value.map { try text($0, path: path(at, name)) } ?? "[]")
            }
            let type = try text(.object(instance.type), path: at)
            // Left out where there is nothing, so that other objects are readable by earlier versions.
            let attached = try instance.attached.map { ", \(try text(.object($0), path: at))" } ?? ""
            return
                "[\"object\", \(type), \(instance.isFrozen), \(quoted(names)), [\(fields.joined(separator: ", "))]\(attached)]"
        case let tensor as TensorValue where type(of: tensor) == TensorValue.self:
            return try tensorNode(tensor, at)
        case let foreign as ForeignValue:
            guard let (kind, parts) = try foreign.saved(interpreter) else { fallthrough }
            return "[\"foreign\", \(JSON.text(kind)), \(try text(parts, path: at))]"
        default:
            let place = at.isEmpty ? "" : " (at \(at))"
            throw Failure(
                .type, "save: \(interpreter.describe(.object(object))) cannot be saved in a file\(place)")
        }
    }

    private func listNode(_ items: [Value], _ at: String) throws -> String {
        if items.count >= SavedForm.packedFrom {
            // The numbers, and the tensor that is made from them.
            if case .number? = items.first {
                try interpreter.reserve(
                    elements: items.count, for: "saving a list of \(items.count) elements")
            }
            if let plain = try interpreter.numbers(in: items) {
                let tensor = try Tensor.from(
                    plain, shape: [plain.count], dtype: .float64,
                    calledAs: "saving a list of \(items.count) elements")
                return "[\"numbers\", \(JSON.text(keep(tensor, at)))]"
            }
        }
        return "[\"list\", \(try texts(items) { path(at, "\($0)") })]"
    }

    private func tensorNode(_ value: TensorValue, _ at: String) throws -> String {
        let tensor = value.promise
        let labels = tensor.labels.sorted { $0.key < $1.key }.map { "[\($0.key), \(quoted($0.value.names))]" }
        let mark = value.mark.map { "[\"\($0.role)\", \($0.isFrozen)]" } ?? "null"
        let categories = value.categories.map { quoted($0.names) } ?? "null"
        let colors = value.categories?.colors.map { ", \($0)" } ?? ""
        return
            "[\"tensor\", \(JSON.text(keep(tensor, at))), [\(labels.joined(separator: ", "))], \(mark), \(categories)\(colors)]"
    }

    /// The name under which a tensor is written; a shared tensor is written once.
    private func keep(_ tensor: Tensor, _ path: String) -> String {
        if let known = tensorNames[ObjectIdentifier(tensor)] { return known }
        let base = path.isEmpty ? "value" : path
        var name = base
        var serial = 2
        while !takenNames.insert(name).inserted {
            name = "\(base)#\(serial)"
            serial += 1
        }
        tensorNames[ObjectIdentifier(tensor)] = name
        tensors.append((name, tensor))
        return name
    }

    // MARK: Functions and types

    /// A definition of the library is stored by name.
    private func libraryName(_ name: String?, _ object: Object, _ module: Module) throws -> String? {
        guard let name, module.isLibrary,
            case .object(let known)? = try interpreter.libraryValue(name)
        else { return nil }
        if let known = known as? FunctionObject, let function = object as? FunctionObject {
            return known.isSame(as: function) ? name : nil
        }
        return known === object ? name : nil
    }

    private func functionNode(_ function: FunctionObject, _ at: String) throws -> String {
        let code = function.code
        if let name = try libraryName(function.name, function, code.module) {
            return "[\"library\", \(JSON.text(name))]"
        }
        var globals: [(name: String, value: Value)] = []
        if !code.module.isLibrary { globals = interpreter.userGlobals(namedBy: function) }
        let captures = zip(code.captureNames, function.captured).map { (name: $0, object: $1) }
        return try scriptNode(
            "function", function.doc, function.source, code.module, globals, captures, at)
    }

    private func typeNode(_ type: TypeObject, _ at: String) throws -> String {
        if let name = try libraryName(type.name, type, type.module) {
            return "[\"library\", \(JSON.text(name))]"
        }
        let globals = type.module.isLibrary ? [] : interpreter.userGlobals(namedBy: type)
        return try scriptNode("type", type.doc, type.source, type.module, globals, type.captured, at)
    }

    private func scriptNode(
        _ kind: String, _ doc: String?, _ source: String, _ module: Module,
        _ named: [(name: String, value: Value)],
        _ captures: [(name: String, object: Object)], _ at: String
    ) throws -> String {
        guard captures.count(where: { $0.name == "self" }) <= 1 else {
            throw Failure(.type, "save: a function that captured two objects as `self` cannot be saved")
        }
        let documented =
            (doc ?? "").split(separator: "\n", omittingEmptySubsequences: false)
            .map { doc == nil ? "" : "## \($0)\n" }.joined() + source
        let scope = self.scope(module, naming: named)
        var objects: [String] = []
        for (name, object) in captures { objects.append(try text(.object(object), path: path(at, name))) }
        return
            "[\"\(kind)\", \(JSON.text(documented)), [\(scope)], \(quoted(captures.map(\.name))), [\(objects.joined(separator: ", "))]]"
    }

    /// The number of a scope of globals; these names are added to the scope.
    private func scope(_ module: Module, naming named: [(name: String, value: Value)]) -> Int {
        let place: Int
        if let known = modules[ObjectIdentifier(module)] {
            place = known
        } else {
            place = objects.count
            objects.append((nil, ""))
            modules[ObjectIdentifier(module)] = place
            globals[place] = (module, [])
        }
        for (name, value) in named where globals[place]?.entries.contains(where: { $0.name == name }) == false
        {
            globals[place]?.entries.append((name, value))
            if case .object(let object) = value, value.asString == nil { _ = number(of: object, path: name) }
        }
        return place
    }

    private func module(_ scope: (module: Module, entries: [(name: String, value: Value)])) throws
        -> String
    {
        let values = try texts(scope.entries.map(\.value)) { scope.entries[$0].name }
        let library = scope.module.isLibrary ? scope.module : scope.module.outer
        let script = library.map { JSON.text($0.name) } ?? "null"
        return "[\"module\", \(script), \(quoted(scope.entries.map(\.name))), \(values)]"
    }
}
