// Values that refer to each other in a cycle keep their counts of references: a trainer whose schedule names it, functions
// that call each other, a record that is in a list of its own. They are found as CPython finds them ("Design of CPython's
// garbage collector"): of each object the references are counted that other such objects hold. Where it has more, something
// else refers to it, and it stays with all that it reaches; the rest is released.

import CReferences
@preconcurrency import Glibc
import SegSystem
import Synchronization

/// Finds and releases cycles. The last reference of a cycle is stored in an object that exists; such objects are tracked,
/// and a search starts from them. A reference that it does not know, as from a native's variable, keeps an object.
enum ReferenceCycles {
    /// Objects of other threads than the one that searches are not tracked.
    private struct State {
        var owner: pthread_t?
        var isToStop: (@Sendable () -> Bool)?
        var reclaimer: MemoryBudget.Reclaimer?
        /// The addresses of the tracked objects, each at its `place` less 1; 0: none.
        var tracked: [UInt] = []
        var free: [Int32] = []
        var isSearching = false
        /// So many tracked objects, or so much memory in use, start a search.
        var due = 0
        var firstDue = 0
        var dueBytes = ReferenceCycles.firstDueBytes
        /// No search starts before it, so that searches take at most half of the time; one that memory needs does if
        /// there may be something to find.
        var earliest = 0.0
        /// Whether the last search has found something, or something was tracked since.
        var mayFind = false
    }
    private static let state = Mutex(State())
    private static let firstDueBytes = 512 << 20
    private static let mostNodes = Int(Int32.max) - 1

    /// Tracks the objects that this thread stores from now on. A search ends without result where `isToStop`. The first
    /// comes with so many objects; 1, for tests: one comes with each.
    static func start(from firstDue: Int, isToStop: @escaping @Sendable () -> Bool) {
        let reclaimer = MemoryBudget.Reclaimer(.process)
        reclaimer.action = { _ in
            guard release(isNeeded: true) else { return false }
            // Pages between blocks that are in use would count as held.
            _ = trimHeap(0)
            return true
        }
        state.withLock { state in
            state.owner = pthread_self()
            state.isToStop = isToStop
            state.reclaimer = reclaimer
            (state.due, state.firstDue) = (firstDue, firstDue)
        }
    }

    /// Tracks nothing more.
    static func stop() {
        state.withLock { state in (state.owner, state.isToStop, state.reclaimer) = (nil, nil, nil) }
    }

    /// How many objects are tracked.
    static var trackedCount: Int { state.withLock { $0.tracked.count - $0.free.count } }

    /// To be called before `value` is stored in an object that exists.
    @inline(__always)
    static func note(_ object: Object, holds value: Value) {
        if object.place == 0, mayHold(value) { track(object) }
    }

    @inline(__always)
    private static func mayHold(_ value: Value) -> Bool {
        if case .object(let held) = value { held.kind.mayHold } else { false }
    }

    /// The same before several values are.
    static func note(_ object: Object, holds values: [Value]) {
        if object.place == 0, values.contains(where: { mayHold($0) }) { track(object) }
    }

    @inline(never)
    private static func track(_ object: Object) {
        let address = UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())
        let (place, isDue) = state.withLock { state -> (Int32, Bool) in
            guard let owner = state.owner, pthread_equal(owner, pthread_self()) != 0 else {
                return (0, false)
            }
            state.mayFind = true
            let place: Int32
            if let free = state.free.popLast() {
                place = free
                state.tracked[Int(place) - 1] = address
            } else if state.tracked.count < mostNodes {
                state.tracked.append(address)
                place = Int32(state.tracked.count)
            } else {
                place = 0
            }
            let isDue =
                state.tracked.count - state.free.count >= state.due
                || MemoryBudget.process.lastUsed >= state.dueBytes
            return (place, isDue)
        }
        if place > 0 { object.place = place }
        if isDue { _ = release() }
    }

    /// What a tracked object does at its end.
    static func untrack(_ place: Int32) {
        state.withLock { state in
            // A search numbers other objects, too.
            guard Int(place) <= state.tracked.count else { return }
            state.tracked[Int(place) - 1] = 0
            state.free.append(place)
        }
    }

    /// Searches for cycles that nothing refers to, and releases them; false where there are none.
    static func release(isNeeded: Bool = false) -> Bool {
        let started = MonotonicClock.seconds
        // What a thread is releasing changes while it is looked at.
        guard !LateRelease.isRunning else { return false }
        let begun = state.withLock { state -> (roots: [UInt], isToStop: @Sendable () -> Bool)? in
            guard let owner = state.owner, pthread_equal(owner, pthread_self()) != 0, !state.isSearching,
                let isToStop = state.isToStop, started >= state.earliest || (isNeeded && state.mayFind)
            else { return nil }
            state.isSearching = true
            // An object whose end has begun cannot be retained.
            let roots = state.tracked.map {
                UInt(bitPattern: UnsafeRawPointer(bitPattern: $0).flatMap { reference_if_alive($0) })
            }
            return (roots, isToStop)
        }
        guard let begun else { return false }
        let roots = begun.roots.map { UnsafeMutableRawPointer(bitPattern: $0) }
        var search = CycleSearch(roots: roots, isToStop: begun.isToStop)
        var garbage = search.run()
        let found = !garbage.isEmpty
        for (count, object) in garbage.enumerated() {
            // What is left is found again.
            if count & 0xfff == 0xfff, begun.isToStop() { break }
            object.releaseContents()
        }
        LateRelease.release(unfinished: &garbage)
        for case let root? in roots { Unmanaged<Object>.fromOpaque(root).release() }
        let used = MemoryBudget.process.used
        state.withLock { state in
            state.isSearching = false
            state.mayFind = found
            state.due =
                state.firstDue == 1 ? 1 : max(state.firstDue, 2 * (state.tracked.count - state.free.count))
            state.dueBytes = used + max(firstDueBytes, used)
            let ended = MonotonicClock.seconds
            if state.firstDue > 1 { state.earliest = ended + (ended - started) }
        }
        return found
    }
}

/// From <malloc.h>, which the Glibc module lacks: gives unused pages back to the system.
@_silgen_name("malloc_trim")
private func trimHeap(_ padding: Int) -> Int32

extension Object.Kind {
    /// Whether such an object may be part of a cycle that is searched for. What foreign values hold is not known.
    @inline(__always)
    fileprivate var mayHold: Bool {
        switch self {
        case .list, .record, .instance, .function, .cell, .bound, .type: true
        default: false
        }
    }
}

private func object(_ node: UnsafeMutableRawPointer) -> Unmanaged<Object> { .fromOpaque(node) }

extension Interpreter {
    /// Releases, from now on, cycles of values that this thread made; see `ReferenceCycles.start`.
    public func releaseCycles(from tracked: Int) {
        ReferenceCycles.start(from: tracked) { [interruptFlag] in interruptFlag.isRaised }
    }
}

/// One search. Nothing else changes the objects meanwhile. They are nodes, numbered by their `place`: first the tracked
/// ones, then those that they reach.
private struct CycleSearch {
    private var nodes: [UnsafeMutableRawPointer?]
    private let trackedCount: Int
    /// References from other nodes, and that of the search; -1: something else refers to it.
    private var known: [Int32]
    private let isToStop: @Sendable () -> Bool

    init(roots: [UnsafeMutableRawPointer?], isToStop: @escaping @Sendable () -> Bool) {
        nodes = roots
        trackedCount = roots.count
        known = roots.map { $0 == nil ? 0 : 1 }
        self.isToStop = isToStop
    }

    /// The objects that only each other, or this search, refers to.
    mutating func run() -> [Object] {
        let isComplete = countReferences() && findHeld()
        let garbage = isComplete ? unheld() : []
        for node in nodes[trackedCount...] {
            if let node { object(node)._withUnsafeGuaranteedRef { $0.place = 0 } }
        }
        return garbage
    }

    private mutating func countReferences() -> Bool {
        var next = 0
        while next < nodes.count {
            if next & 0xfff == 0, isToStop() || nodes.count > 1 << 30 { return false }
            if let node = nodes[next] {
                object(node)._withUnsafeGuaranteedRef { object in
                    object.visitHeld { held in
                        if held.place == 0 {
                            nodes.append(Unmanaged.passUnretained(held).toOpaque())
                            known.append(0)
                            held.place = Int32(nodes.count)
                        }
                        known[Int(held.place) - 1] += 1
                    }
                }
            }
            next += 1
        }
        return true
    }

    /// Marks what something else refers to, and what that reaches.
    private mutating func findHeld() -> Bool {
        var work: [Int] = []
        var steps = 0
        for index in nodes.indices {
            if index & 0xfff == 0, isToStop() { return false }
            guard let node = nodes[index], known[index] >= 0, references_of(node) > Int(known[index]) else {
                continue
            }
            known[index] = -1
            work.append(index)
            while let held = work.popLast() {
                guard let node = nodes[held] else { continue }
                steps += 1
                if steps & 0xfff == 0, isToStop() { return false }
                object(node)._withUnsafeGuaranteedRef { object in
                    object.visitHeld { other in
                        let place = Int(other.place) - 1
                        if known[place] >= 0 {
                            known[place] = -1
                            work.append(place)
                        }
                    }
                }
            }
        }
        return true
    }

    private func unheld() -> [Object] {
        var found: [Object] = []
        for (index, node) in nodes.enumerated() {
            if let node, known[index] >= 0 { found.append(object(node).takeUnretainedValue()) }
        }
        return found
    }
}

extension Object {
    /// Calls `body` with each object that may be part of a cycle and to which this one refers, once for each reference. An
    /// array that others share is not looked into: its references are not this object's.
    fileprivate func visitHeld(_ body: (Object) -> Void) {
        func visit(_ value: Value) {
            if case .object(let object) = value, object.kind.mayHold { body(object) }
        }
        switch kind {
        case .list:
            let list = unsafeDowncast(self, to: ListObject.self)
            if hasOneOwner(list.storage) { for value in list.items { visit(value) } }
        case .record:
            let record = unsafeDowncast(self, to: RecordObject.self)
            if hasOneOwner(record.storage) { for value in record.values { visit(value) } }
        case .instance:
            let instance = unsafeDowncast(self, to: Instance.self)
            body(instance.type)
            for slot in 0..<instance.fieldCount { visit(instance.slots[slot]) }
        case .function:
            unsafeDowncast(self, to: FunctionObject.self).visitCaptures { if $0.kind.mayHold { body($0) } }
        case .cell: visit(unsafeDowncast(self, to: CellObject.self).value)
        case .bound:
            let bound = unsafeDowncast(self, to: BoundMethod.self)
            if let receiver = bound.receiver { body(receiver) }
            body(bound.function)
        case .type:
            let type = unsafeDowncast(self, to: TypeObject.self)
            body(type.constructor)
            if let forward = type.forward { body(forward) }
            if hasOneOwner(type.storage) { for method in type.methods { body(method) } }
        default: break
        }
    }

    /// Gives up what it holds, without a copy: a list may be long.
    fileprivate func releaseContents() {
        var contents: [Value] = []
        switch kind {
        case .list: swap(&contents, &unsafeDowncast(self, to: ListObject.self).items)
        case .record: contents = unsafeDowncast(self, to: RecordObject.self).takeValues()
        case .instance: unsafeDowncast(self, to: Instance.self).moveFields(to: &contents)
        case .function: unsafeDowncast(self, to: FunctionObject.self).moveCaptures(to: &contents)
        case .cell:
            let cell = unsafeDowncast(self, to: CellObject.self)
            contents = [cell.value]
            cell.value = .nilValue
        case .bound: unsafeDowncast(self, to: BoundMethod.self).moveReceiver(to: &contents)
        default: break
        }
        if contents.isReleasedDeep { releaseDeep(&contents) }
    }
}

/// Whether no other array has the same storage: the count is read when nothing of this call refers to it any more.
private func hasOneOwner(_ storage: UnsafeMutableRawPointer) -> Bool { references_of(storage) == 1 }

extension ListObject {
    @inline(never)
    fileprivate var storage: UnsafeMutableRawPointer {
        unsafeBitCast(items, to: UnsafeMutableRawPointer.self)
    }
}

extension RecordObject {
    @inline(never)
    fileprivate var storage: UnsafeMutableRawPointer {
        unsafeBitCast(values, to: UnsafeMutableRawPointer.self)
    }
}

extension TypeObject {
    @inline(never)
    fileprivate var storage: UnsafeMutableRawPointer {
        unsafeBitCast(methods, to: UnsafeMutableRawPointer.self)
    }
}
