// Walks over everything that values refer to, to compute pending tensors and to restore the state when a step
// fails.

import SegRuntime
import SegTensor

enum TensorGraph {
    /// Visits every list, record, object and foreign value reachable from a value, each once. What functions captured is not
    /// looked into: a loss may have captured all that a session holds.
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

/// The state of everything reachable from a value, and of some objects alone: tensors are immutable, so only the fields
/// and elements that hold them are stored.
struct Snapshot {
    private var instances: [(Instance, [Value?])] = []
    private var lists: [(ListObject, [Value])] = []
    private var records: [(record: RecordObject, names: [String], values: [Value])] = []

    /// Of the values in `alone` their own fields or items are stored, not what these refer to.
    init(of root: Value, alone: [Value] = [], poll: () throws -> Void) rethrows {
        try TensorGraph.visit(root, poll: poll) { store($0) }
        for case .object(let object) in alone { store(object) }
    }

    private mutating func store(_ object: Object) {
        switch object {
        case let instance as Instance:
            instances.append((instance, (0..<instance.fieldCount).map { instance.field(at: $0) }))
        case let list as ListObject: lists.append((list, list.items))
        case let record as RecordObject:
            records.append((record, record.names, record.values))
        default: break
        }
    }

    /// The same objects as they are now.
    fileprivate func now() -> Snapshot {
        var copy = Snapshot()
        copy.instances = instances.map { ($0.0, (0..<$0.0.fieldCount).map($0.0.field(at:))) }
        copy.lists = lists.map { ($0.0, $0.0.items) }
        copy.records = records.map { ($0.record, $0.record.names, $0.record.values) }
        return copy
    }

    private init() {}

    /// The first object, as the model of a step.
    fileprivate var first: Instance? { instances.first?.0 }

    func restore() {
        for (instance, fields) in instances {
            for (slot, value) in fields.enumerated() {
                if let value { instance.setFieldUnchanged(at: slot, to: value) }
            }
        }
        for (list, items) in lists { list.setItems(items) }
        for (record, names, values) in records { record.restore(names: names, values: values) }
    }
}

/// The steps whose work is under way: what they change is neither as before nor as after the step.
final class StepsUnderWay {
    private var snapshots: [Snapshot] = []

    func during<Result>(_ snapshot: Snapshot, _ work: () throws -> Result) rethrows -> Result {
        snapshots.append(snapshot)
        defer { snapshots.removeLast() }
        return try work()
    }

    /// Runs `body` with all as it was before the steps, if a value has the model of one.
    func before<Result>(of value: Value, _ interpreter: Interpreter, _ body: () throws -> Result) throws
        -> Result
    {
        if snapshots.isEmpty { return try body() }
        let models = Set(snapshots.compactMap { $0.first.map { ObjectIdentifier($0) } })
        var isInside = false
        try TensorGraph.visit(value, poll: interpreter.checkInterrupt) {
            if models.contains(ObjectIdentifier($0)) { isInside = true }
        }
        guard isInside else { return try body() }
        let now = snapshots.map { $0.now() }
        for snapshot in snapshots.reversed() { snapshot.restore() }
        defer { for snapshot in now { snapshot.restore() } }
        return try body()
    }
}

extension Interpreter {
    var steps: StepsUnderWay { attachment(StepsUnderWay.self) { StepsUnderWay() } }
}
