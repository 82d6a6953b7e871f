// `copy(x)`: a whole graph of lists, records, objects and functions, with what the functions
// captured; an object that is reached twice is copied once. It uses a list instead of recursion.

import SegSyntax

extension Interpreter {
    /// A copy that shares no mutable value with the original.
    public func copy(_ value: Value) throws -> Value {
        var copier = Copier()
        let copied = copier.copy(value)
        while let step = copier.pending.popLast() {
            try copier.fill(step.from, step.to, self)
            copier.steps += 1
            if copier.steps & 0xfff == 0 { try checkInterrupt() }
        }
        return copied
    }
}

private struct Copier {
    /// Copies by original; the originals are kept so that no address is used twice.
    private var made = PartedDictionary<ObjectIdentifier, (original: Object, copy: Object)>()
    var pending: [(from: Object, to: Object)] = []
    var steps = 0

    mutating func copy(_ value: Value) -> Value {
        guard case .object(let object) = value else { return value }
        return .object(copy(object))
    }

    /// The copy of an object, at first empty; its contents are filled in later.
    private mutating func copy(_ object: Object) -> Object {
        if let known = made[ObjectIdentifier(object)] { return known.copy }
        let shell: Object
        switch object.kind {
        case .string, .range, .native, .type, .iterator, .unassigned: return object
        case .foreign:
            let value = unsafeDowncast(object, to: ForeignValue.self)
            let held = value.held
            if held.isEmpty { return object }
            shell = value.copied(holding: held.map { copy($0) })
        case .list: shell = ListObject([])
        case .record: shell = RecordObject()
        case .cell: shell = CellObject(.nilValue)
        case .instance:
            let instance = unsafeDowncast(object, to: Instance.self)
            let fresh = Instance(type: instance.type)
            fresh.isMarked = instance.isMarked
            fresh.attached = instance.attached
            shell = fresh
        case .function:
            let function = unsafeDowncast(object, to: FunctionObject.self)
            if function.captured.isEmpty { return object }
            shell = function.withCaptures(function.captured.map { copy($0) })
        case .bound:
            let bound = unsafeDowncast(object, to: BoundMethod.self)
            guard let receiver = bound.receiver else { return object }
            shell = BoundMethod(
                receiver: unsafeDowncast(copy(receiver), to: Instance.self), function: bound.function)
        }
        made.insert(ObjectIdentifier(object), (object, shell))
        switch object.kind {
        case .list, .record, .cell, .instance: pending.append((object, shell))
        default: break
        }
        return shell
    }

    mutating func fill(_ from: Object, _ to: Object, _ interpreter: Interpreter) throws {
        switch from.kind {
        case .list:
            let items = unsafeDowncast(from, to: ListObject.self).items
            let list = unsafeDowncast(to, to: ListObject.self)
            let copies = try interpreter.made(items.count) { copy(items[$0]) }
            list.setItems(copies)
        case .record:
            let record = unsafeDowncast(from, to: RecordObject.self)
            let fresh = unsafeDowncast(to, to: RecordObject.self)
            var meter = MemoryMeter(interpreter, for: "the copy of a record")
            for (name, value) in zip(record.names, record.values) {
                fresh[name] = copy(value)
                try meter.add(bytes: 96)
            }
        case .cell:
            unsafeDowncast(to, to: CellObject.self).set(copy(unsafeDowncast(from, to: CellObject.self).value))
        case .instance:
            let instance = unsafeDowncast(from, to: Instance.self)
            let fresh = unsafeDowncast(to, to: Instance.self)
            for slot in 0..<instance.fieldCount {
                fresh.setFieldUnchanged(at: slot, to: copy(instance.slots[slot]))
            }
        default: break
        }
    }
}
