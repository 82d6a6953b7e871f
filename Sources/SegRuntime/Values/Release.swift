// Deep structures are released with an explicit stack: a list of lists a million deep, a chain
// of closures, a linked list of objects. Without this their release would recurse. Large ones are released on
// a thread of their own, since Ctrl-C would wait for them.

@preconcurrency import Glibc
import SegSystem
import Synchronization

extension Array<Value> {
    /// Whether releasing the values may release so many others that an explicit stack is needed.
    var isReleasedDeep: Bool {
        count > LateRelease.from ? contains { $0.isObject } : contains { $0.isContainer }
    }
}

extension Value {
    fileprivate var isObject: Bool { if case .object = self { true } else { false } }

    /// Whether releasing this value may release others.
    @usableFromInline var isContainer: Bool {
        guard case .object(let object) = self else { return false }
        switch object.kind {
        case .list, .record, .instance, .function, .cell, .bound: return true
        default: return false
        }
    }
}

/// Releases values one after the other; what only they held is released here instead
/// of in its deinit.
func releaseDeep(_ pending: inout [Value]) {
    if !releaseDeep(&pending, most: LateRelease.from) { LateRelease.release(&pending) }
}

/// As above, but at most so many. True if all are released.
private func releaseDeep(_ pending: inout [Value], most: Int) -> Bool {
    var left = most
    while left > 0, let value = pending.popLast() {
        left -= 1
        guard case .object(var object) = value else { continue }
        releaseIfLast(&object, &pending)
    }
    return pending.isEmpty
}

/// The thread that releases the rest of large structures.
public enum LateRelease {
    /// So many values are released at once.
    static let from = 1 << 17

    private final class Batch: @unchecked Sendable {
        var values: [Value] = []
        /// An array of elements of another type, which release what they hold themselves.
        var others: Any?
    }
    private struct State {
        var waiting: [Batch] = []
        var isRunning = false
    }
    private static let state = Mutex(State())

    /// Who needs memory waits for what is being released.
    private static let reclaimer = {
        let reclaimer = MemoryBudget.Reclaimer(.process)
        reclaimer.action = { _ in
            guard isRunning else { return false }
            while isRunning { usleep(1000) }
            return true
        }
        return reclaimer
    }()

    /// Whether something is being released.
    static var isRunning: Bool { state.withLock { $0.isRunning } }

    /// What an error leaves of an array that was being made, or the whole of one that is no longer needed.
    public static func release<Element>(unfinished items: inout [Element]) {
        guard items.count > from else { return }
        let batch = Batch()
        // A cast would visit each element.
        if Element.self == Value.self {
            batch.values = unsafeBitCast(items, to: [Value].self)
        } else {
            batch.others = items
        }
        items = []
        release(batch)
    }

    fileprivate static func release(_ values: inout [Value]) {
        let batch = Batch()
        swap(&batch.values, &values)
        release(batch)
    }

    private static func release(_ batch: Batch) {
        withExtendedLifetime(reclaimer) {}
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            state.waiting.append(batch)
            return !state.isRunning
        }
        if isFirst, !Background.start(run) { run() }
    }

    @Sendable private static func run() {
        while true {
            let batch = state.withLock { state in
                if state.waiting.isEmpty { state.isRunning = false }
                return state.waiting.popLast()
            }
            guard let batch else { return }
            batch.others = nil
            if batch.values.contains(where: \.isObject) { _ = releaseDeep(&batch.values, most: .max) }
        }
    }
}

private func releaseIfLast(_ object: inout Object, _ pending: inout [Value]) {
    guard isKnownUniquelyReferenced(&object) else { return }
    switch object.kind {
    case .list:
        let list = unsafeDowncast(object, to: ListObject.self)
        pending.append(contentsOf: list.items)
        list.items = []
    case .record:
        pending.append(contentsOf: unsafeDowncast(object, to: RecordObject.self).takeValues())
    case .instance:
        unsafeDowncast(object, to: Instance.self).moveFields(to: &pending)
    case .function:
        unsafeDowncast(object, to: FunctionObject.self).moveCaptures(to: &pending)
    case .cell:
        let cell = unsafeDowncast(object, to: CellObject.self)
        pending.append(cell.value)
        cell.value = .nilValue
    case .bound:
        unsafeDowncast(object, to: BoundMethod.self).moveReceiver(to: &pending)
    default: break
    }
}
