// Walks over everything that values refer to, to compute pending tensors and to restore the state when a step
// fails.

import SegRuntime
import SegTensor

enum TensorGraph {
    /// Visits every list, record, object and foreign value reachable from a value, each once.
    static func visit(
        _ root: Value, poll: () throws -> Void, _ body: (Object) throws -> Void
    ) rethrows {
        var seen: Set<ObjectIdentifier> = []
        var work = [root]
        var count = 0
        // Faster than to add them reversed.
        func push(_ values: [Value]) {
            let start = work.count
            work += values
            work[start...].reverse()
        }
        while let value = work.popLast() {
            count += 1
            if count & 0xfff == 0 { try poll() }
            guard case .object(let object) = value, seen.insert(ObjectIdentifier(object)).inserted else {
                continue
            }
            try body(object)
            switch object {
            case let instance as Instance:
                work += instance.fieldNames.reversed().compactMap { instance.field(named: $0) }
            case let list as ListObject: push(list.items)
            case let record as RecordObject: push(record.values)
            default: break
            }
        }
    }

    /// The tensors reachable from a value whose values are not computed yet.
    static func pending(in root: Value, poll: () throws -> Void) rethrows -> [Tensor] {
        var found: [Tensor] = []
        try visit(root, poll: poll) { object in
            if let value = object as? TensorValue, !value.promise.isComputed { found.append(value.promise) }
        }
        return found
    }
}

/// The state of everything reachable from a value: tensors are immutable, so only the fields and elements
/// that hold them are stored.
struct Snapshot {
    private var instances: [(Instance, [Value?])] = []
    private var lists: [(ListObject, [Value])] = []
    private var records: [(record: RecordObject, names: [String], values: [Value])] = []

    init(of root: Value, poll: () throws -> Void) rethrows {
        try TensorGraph.visit(root, poll: poll) { object in
            switch object {
            case let instance as Instance:
                instances.append((instance, (0..<instance.fieldCount).map { instance.field(at: $0) }))
            case let list as ListObject: lists.append((list, list.items))
            case let record as RecordObject:
                records.append((record, record.names, record.values))
            default: break
            }
        }
    }

    func restore() {
        for (instance, fields) in instances {
            for (slot, value) in fields.enumerated() {
                if let value { instance.setFieldUnchanged(at: slot, to: value) }
            }
        }
        for (list, items) in lists { list.items = items }
        for (record, names, values) in records { record.restore(names: names, values: values) }
    }
}
