// `load`: recreates the graph that ValueWriter wrote. First it creates empty containers, then functions,
// types and objects on demand, last the contents, so that circular references are restored. Nothing in the
// file runs; any damage is one clear error. Functions carry the file as their origin unless it is trusted.

import SegRuntime
import SegSyntax
import SegSystem
import SegTensor

final class ValueReader {
    let interpreter: Interpreter
    let path: String
    private let file: Checkpoint
    private let nodes: [[Value]]
    private(set) var made: [Int: Object] = [:]
    private var modules: [Int: Module] = [:]
    /// Scopes of the library in which a text of the file is not the library's: the names of the library can be
    /// read there, but none is bound.
    private var ownModules: [Int: Module] = [:]
    private let origin: FileOrigin?
    private var underway: Set<Int> = []
    private var filled: Set<Int> = []
    private var tensors: [String: Tensor] = [:]
    /// The maximum depth of objects whose creation needs another object; real files have few levels.
    private static let depthLimit = 500

    /// The contents of a file of `save`.
    /// - Parameter origin: that of its functions; nil if they may do what the user's own may.
    static func read(_ path: String, origin: FileOrigin?, _ interpreter: Interpreter) throws -> Value {
        let (reader, root) = try open(FileReader(path), origin: origin, interpreter)
        let value = try reader.value(root)
        if origin?.path == path { reader.confineAutosaves() }
        return value
    }

    /// Restores what a file holds and discards it. The numbers of the tensors are known and not read again, so this
    /// takes little time.
    static func check(
        _ file: FileReader, _ tensors: [(name: String, tensor: Tensor)], _ interpreter: Interpreter
    ) throws {
        let (reader, root) = try open(file, origin: FileOrigin(path: file.path), interpreter)
        for (name, tensor) in tensors {
            guard let stored = reader.file[name], stored.shape == tensor.shape,
                DType(stored: stored.dtype) == tensor.dtype
            else { throw Failure(.file, "\(file.path) has another tensor \(name)") }
            reader.tensors[name] = Tensor(try tensor.value())
        }
        // A note on changed pictures is for the one who loads.
        let output = interpreter.errorOutput
        interpreter.errorOutput = { _ in }
        defer {
            interpreter.errorOutput = output
            reader.discard()
        }
        _ = try reader.value(root)
    }

    /// Whether a path has no file yet, or one of `save`.
    static func mayReplace(_ path: String) -> Bool {
        guard let status = FileStatus(path), status.kind == .file, status.size > 0 else { return true }
        let start = "{\"__metadata__\":{\"\(SavedForm.version.0)\":"
        guard let head = try? FileReader(path).bytes(at: 8, count: start.utf8.count) else { return false }
        return head == Array(start.utf8)
    }

    /// Empties what was restored: circles would never be released.
    private func discard() {
        for (place, object) in made where ["list", "record", "cell", "object"].contains(kind(nodes[place])) {
            interpreter.discard(object)
        }
        for module in [Module](modules.values) + ownModules.values where !module.isLibrary {
            interpreter.discard(module)
        }
    }

    private static func open(
        _ source: FileReader, origin: FileOrigin?, _ interpreter: Interpreter
    ) throws -> (ValueReader, Value) {
        let path = source.path
        let file = try Checkpoint.openSingle(source)
        guard let graph = file.metadata.first(where: { $0.key == SavedForm.graphKey })?.value,
            let version = file.metadata.first(where: { $0.key == SavedForm.version.0 })?.value
        else {
            throw Failure(
                .file, "\(path) was not written by save",
                help:
                    "weights are loaded into a model by load_weights(model, path); read_tensors(path) gives a record"
            )
        }
        guard version == SavedForm.version.1 else {
            throw Failure(
                .file, "\(path) was saved by a newer seg in format \(version); this one reads format 1")
        }
        try interpreter.reserve(graph.utf8.count * 16, for: "the content of \(path)")
        let unreadable = Failure(.file, "\(path) is damaged: its table of values cannot be read")
        let table: Value
        do {
            table = try valueOfJSON(Array(graph.utf8), interpreter)
        } catch is JSONReader.Problem {
            throw unreadable
        }
        guard let record = table.asRecord, let root = record["root"], let list = record["nodes"]?.asList
        else {
            throw unreadable
        }
        let nodes = list.items.map { $0.asList?.items ?? [] }
        return (ValueReader(interpreter, path, file, nodes, origin), root)
    }

    private init(
        _ interpreter: Interpreter, _ path: String, _ file: Checkpoint, _ nodes: [[Value]],
        _ origin: FileOrigin?
    ) {
        self.origin = origin
        self.interpreter = interpreter
        self.path = path
        self.file = file
        self.nodes = nodes
    }

    private func value(_ root: Value) throws -> Value {
        // What the user trusts may have to call its own functions.
        let callsNothing = origin != nil
        guard
            let value = try interpreter.withoutFileCode(callingNothing: callsNothing, { try restored(root) })
        else {
            throw Failure(.file, "\(path) is damaged: its functions would have to run while it is loaded")
        }
        return value
    }

    private func restored(_ root: Value) throws -> Value {
        for (place, node) in nodes.enumerated() where kind(node) == "module" {
            guard node.count == 4 else { throw damaged(place) }
            if let script = node[1].asString {
                guard let module = try interpreter.scriptModule(named: script) else {
                    throw damaged(place, "is of \(script), which this seg does not have")
                }
                modules[place] = module
                continue
            }
            let module = interpreter.restoringModule(name: path, origin: origin)
            for name in try names(node[2], place) { interpreter.declare(name, in: module) }
            modules[place] = module
        }
        let result = try decoded(root, depth: 0)
        for place in nodes.indices {
            if place & 0xfff == 0 { try interpreter.checkInterrupt() }
            if modules[place] == nil { _ = try object(place, depth: 0) }
            try fill(place, depth: 0)
        }
        return result
    }

    // MARK: Parts

    private func kind(_ node: [Value]) -> String { node.first?.asString ?? "" }

    private func damaged(_ place: Int, _ what: String = "") -> Failure {
        let kind = nodes.indices.contains(place) ? self.kind(nodes[place]) : ""
        let named = kind.isEmpty ? "" : ", a \(kind),"
        return Failure(
            .file,
            "\(path) is damaged: value \(place) of its table\(named) \(what.isEmpty ? "is not whole" : what)")
    }

    private func names(_ value: Value, _ place: Int) throws -> [String] {
        guard let items = value.asList?.items else { throw damaged(place) }
        return try items.map { item in
            guard let name = item.asString else { throw damaged(place) }
            return name
        }
    }

    private func items(_ value: Value, _ place: Int) throws -> [Value] {
        guard let items = value.asList?.items else { throw damaged(place) }
        return items
    }

    private func reference(_ value: Value) -> Int? {
        guard let items = value.asList?.items, items.count == 1, case .number(let number) = items[0],
            let place = Int(exactly: number), nodes.indices.contains(place), modules[place] == nil
        else { return nil }
        return place
    }

    private func decoded(_ value: Value, depth: Int) throws -> Value {
        guard case .object(let object) = value, object.kind != .string else { return value }
        guard let place = reference(value) else {
            throw Failure(.file, "\(path) is damaged: a value refers to one that does not exist")
        }
        return .object(try self.object(place, depth: depth))
    }

    // MARK: Objects

    /// The object of a node; containers are empty at first and are filled later.
    private func object(_ place: Int, depth: Int) throws -> Object {
        if let known = made[place] { return known }
        guard depth < Self.depthLimit, underway.insert(place).inserted else {
            throw damaged(place, "refers to itself in its own creation")
        }
        defer { underway.remove(place) }
        let object = try make(nodes[place], place, depth: depth + 1)
        made[place] = object
        return object
    }

    private func make(_ node: [Value], _ place: Int, depth: Int) throws -> Object {
        switch (kind(node), node.count) {
        case ("list", 2): return ListObject([])
        case ("record", 3): return RecordObject()
        case ("cell", 2): return CellObject(.nilValue)
        case ("numbers", 2):
            return ListObject(try tensor(node[1], place).doubles().map { .number($0) })
        case ("range", 4):
            guard case .number(let start) = node[1], case .bool(let isInclusive) = node[3] else {
                throw damaged(place)
            }
            if case .number(let end) = node[2] {
                return RangeObject(start: start, end: end, isInclusive: isInclusive)
            }
            return RangeObject(start: start, end: nil, isInclusive: isInclusive)
        case ("library", 2):
            guard let name = node[1].asString else { throw damaged(place) }
            if case .object(let type)? = try earlierForm(name)?["type"] { return type }
            guard case .object(let object)? = try interpreter.libraryValue(name) else {
                throw damaged(place, "names \(interpreter.short(node[1])), which this seg does not have")
            }
            switch object {
            case let native as NativeFunction: return origin.map { native.from($0) } ?? native
            case let function as FunctionObject: return origin.map { function.from($0) } ?? function
            case is TypeObject: return object
            default: throw damaged(place, "names \(interpreter.short(node[1])), which is no function or type")
            }
        case ("tensor", 5), ("tensor", 6): return try tensorValue(node, place)
        case ("function", 5):
            let (text, module, captures) = try script(node, place, depth: depth)
            return try restoring(place) {
                try interpreter.restoreFunction(text, in: module, captures: captures, origin: origin)
            }
        case ("type", 5):
            let (text, module, captures) = try script(node, place, depth: depth)
            return try restoring(place) {
                try interpreter.restoreType(text, in: module, captures: captures, origin: origin)
            }
        case ("object", 5), ("object", 6):
            guard case .object(let type as TypeObject) = try decoded(node[1], depth: depth),
                case .bool(let isFrozen) = node[2]
            else { throw damaged(place) }
            let instance = Instance(type: type)
            instance.isFrozen = isFrozen
            if node.count == 6 {
                guard case .object(let attached as RecordObject) = try decoded(node[5], depth: depth) else {
                    throw damaged(place)
                }
                instance.attached = attached
            }
            return instance
        case ("method", 3):
            guard case .object(let receiver as Instance) = try decoded(node[1], depth: depth),
                let name = node[2].asString,
                case .object(let method as BoundMethod)? = receiver.method(named: name)
            else { throw damaged(place) }
            return origin.map { method.from($0) } ?? method
        case ("foreign", 3):
            guard let name = node[1].asString, let maker = foreignMakers[name] else { throw damaged(place) }
            try fillReachable(from: node[2], depth: depth)
            guard case .object(let object) = try maker(try decoded(node[2], depth: depth), interpreter) else {
                throw damaged(place)
            }
            return object
        default: throw damaged(place)
        }
    }

    private func restoring<Result>(_ place: Int, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ScriptError {
            throw damaged(place, "cannot be compiled: \(error.diagnostic.message)")
        }
    }

    /// Text, scope and captured variables of a function or type.
    private func script(_ node: [Value], _ place: Int, depth: Int) throws -> (
        String, Module, [(name: String, object: Object)]
    ) {
        guard let text = node[1].asString, let number = node[2].asList?.items.first,
            case .number(let number) = number, let scope = Int(exactly: number),
            var module = modules[scope]
        else { throw damaged(place) }
        if module.isLibrary, !interpreter.isLibraryText(text, of: module) {
            module = ownModule(scope, module)
        }
        let names = try names(node[3], place)
        let references = try items(node[4], place)
        guard names.count == references.count else { throw damaged(place) }
        let captures = try zip(names, references).map { name, reference -> (name: String, object: Object) in
            guard case .object(let object) = try decoded(reference, depth: depth) else {
                throw damaged(place)
            }
            if object is CellObject || (name == "self" && object is Instance) { return (name, object) }
            // The enclosing function, captured as it is, is a variable like the others here.
            return (name, CellObject(.object(object)))
        }
        return (text, module, captures)
    }

    private func ownModule(_ scope: Int, _ library: Module) -> Module {
        if let known = ownModules[scope] { return known }
        let module = interpreter.restoringModule(name: path, origin: origin, outer: library)
        ownModules[scope] = module
        return module
    }

    // MARK: Contents

    private func fill(_ place: Int, depth: Int) throws {
        guard filled.insert(place).inserted else { return }
        let node = nodes[place]
        if let module = modules[place] {
            if module.isLibrary { return }
            let names = try names(node[2], place)
            let values = try items(node[3], place)
            guard names.count == values.count else { throw damaged(place) }
            for (name, value) in zip(names, values) {
                interpreter.set(name, in: module, to: try decoded(value, depth: depth))
            }
            return
        }
        switch made[place] {
        case let list as ListObject where kind(node) == "list":
            list.setItems(try items(node[1], place).map { try decoded($0, depth: depth) })
        case let record as RecordObject:
            let names = try names(node[1], place)
            let values = try items(node[2], place)
            guard names.count == values.count else { throw damaged(place) }
            for (name, value) in zip(names, values) { record[name] = try decoded(value, depth: depth) }
        case let cell as CellObject: cell.set(try decoded(node[1], depth: depth))
        case let instance as Instance:
            let names = try names(node[3], place)
            let values = try items(node[4], place)
            guard names.count == values.count else { throw damaged(place) }
            // An empty list is a field without a value.
            var fields = try zip(names, values).filter { $0.1.asList?.items.isEmpty != true }.map {
                (name: $0, value: try decoded($1, depth: depth))
            }
            if let form = try earlierForm(ofObject: node) {
                fields = try today(form, fields, values, place, depth: depth)
                if let attached = fields.first(where: { $0.name == "attached" })?.value.asRecord {
                    instance.attached = attached
                }
            }
            let slots = Dictionary(
                zip(instance.fieldNames, instance.fieldNames.indices), uniquingKeysWith: { first, _ in first }
            )
            for (name, value) in fields {
                // A field that the type no longer has is dropped.
                if let slot = slots[name] { instance.setFieldUnchanged(at: slot, to: value) }
            }
        default: break
        }
    }

    /// Fills everything that a value refers to, because creating a foreign value reads it immediately.
    private func fillReachable(from value: Value, depth: Int) throws {
        var work = [value]
        var seen: Set<Int> = []
        while let next = work.popLast() {
            guard let place = reference(next), seen.insert(place).inserted, !underway.contains(place) else {
                continue
            }
            _ = try object(place, depth: depth)
            try fill(place, depth: depth)
            work += values(inside: nodes[place])
        }
    }

    /// The values that a node refers to during its creation.
    private func values(inside node: [Value]) -> [Value] {
        func items(_ place: Int) -> [Value] {
            node.indices.contains(place) ? node[place].asList?.items ?? [] : []
        }
        switch (kind(node), node.count) {
        case ("list", _): return items(1)
        case ("record", _): return items(2)
        case ("function", _), ("type", _): return items(4)
        case ("object", 5): return [node[1]] + items(4)
        case ("object", 6): return [node[1], node[5]] + items(4)
        case ("cell", 2), ("method", 3): return [node[1]]
        case ("foreign", 3): return [node[2]]
        default: return []
        }
    }

    // MARK: Earlier formats

    /// The library's conversion for a type that earlier versions saved in another format: `earlier_forms` in
    /// stdlib/training/earlier_forms.seg. Nil if the format has not changed.
    private func earlierForm(_ name: String) throws -> RecordObject? {
        guard let forms = try interpreter.libraryValue("earlier_forms")?.asRecord else { return nil }
        return forms[name]?.asRecord
    }

    private func earlierForm(ofObject node: [Value]) throws -> RecordObject? {
        guard kind(node) == "object", let type = reference(node[1]), kind(nodes[type]) == "library",
            let name = nodes[type][1].asString
        else { return nil }
        return try earlierForm(name)
    }

    /// Today's fields of an object, from the fields that an earlier version saved.
    private func today(
        _ form: RecordObject, _ fields: [(name: String, value: Value)], _ saved: [Value], _ place: Int,
        depth: Int
    ) throws -> [(name: String, value: Value)] {
        guard depth < Self.depthLimit, let change = form["fields"] else { throw damaged(place) }
        for value in saved { try fillReachable(from: value, depth: depth + 1) }
        let changed: Value
        do {
            changed = try interpreter.callingLibrary {
                try interpreter.call(change, [.record(fields.map { ($0.name, $0.value) })])
            }
        } catch let error as ScriptError where error.diagnostic.kind.isForScripts {
            throw damaged(place)
        }
        guard let record = changed.asRecord else { throw damaged(place) }
        return zip(record.names, record.values).map { (name: $0, value: $1) }
    }

    // MARK: Tensors

    private func tensor(_ name: Value, _ place: Int) throws -> Tensor {
        guard let name = name.asString, let stored = file[name] else {
            throw damaged(place, "names a tensor that does not exist")
        }
        if let known = tensors[name] { return known }
        let data = try TensorData(shape: stored.shape, dtype: DType(stored: stored.dtype))
        try stored.read(into: UnsafeMutableRawBufferPointer(start: data.bytes, count: data.byteCount))
        let tensor = Tensor(data)
        tensors[name] = tensor
        return tensor
    }

    private func tensorValue(_ node: [Value], _ place: Int) throws -> TensorValue {
        var tensor = try tensor(node[1], place)
        var labels: [Int: AxisLabels] = [:]
        for entry in try items(node[2], place) {
            guard let pair = entry.asList?.items, pair.count == 2, case .number(let axis) = pair[0],
                let axis = Int(exactly: axis), tensor.shape.indices.contains(axis)
            else { throw damaged(place) }
            let names = try names(pair[1], place)
            guard names.count == tensor.shape[axis] else { throw damaged(place) }
            labels[axis] = try AxisLabels(names)
        }
        if !labels.isEmpty { tensor = try tensor.relabelled(labels) }
        var mark: TensorMark?
        if let parts = node[3].asList?.items {
            guard parts.count == 2, let role = parts[0].asString, ["parameter", "buffer"].contains(role),
                case .bool(let isFrozen) = parts[1]
            else { throw damaged(place) }
            mark = TensorMark(role: role == "parameter" ? .parameter : .buffer, isFrozen: isFrozen)
        }
        let colors =
            node.count > 5
            ? try items(node[5], place).compactMap { item -> UInt32? in
                guard case .number(let code) = item else { return nil }
                return UInt32(exactly: code).flatMap { $0 < 1 << 24 ? $0 : nil }
            } : nil
        let categories = node[4].isNil ? nil : try AxisLabels(try names(node[4], place), colors: colors)
        return TensorValue(tensor, mark: mark, categories: categories)
    }
}
