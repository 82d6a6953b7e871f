// A cache of features of frozen layers, by sample, in memory and then on disk (FeatureStore): the part of a
// pending graph that depends only on constants and on one stack of samples (FrozenPrefix) is computed per
// sample, and reused in every later epoch, fold, fork and run. Results are equal to the bit to those without
// it.

import SegSystem
import Synchronization

/// Values by digest; the least recently used are evicted first. Belongs to an interpreter.
public final class FeatureCache: @unchecked Sendable {
    private struct Entry {
        var value: TensorData
        var stamp: UInt64
    }

    private struct State {
        var entries: [Digest: Entry] = [:]
        var bytes = 0
        var clock: UInt64 = 0
        var hits = 0
        var misses = 0
        /// Values that were found on disk; also counted among the hits.
        var restored = 0
        var obstacle: String?
    }

    /// The maximum number of bytes.
    public let limit: Int
    /// The store for values that no longer fit in memory; nil: none.
    public let store: FeatureStore?
    /// Whether the store has all values, not only those that no longer fit in memory: other ranks of this machine then
    /// find what this one has computed.
    public var isShared = false
    private let state = Mutex(State())
    private let reclaimer: MemoryBudget.Reclaimer

    public init(limit: Int, store: FeatureStore? = nil) {
        self.limit = limit
        self.store = store
        self.reclaimer = MemoryBudget.Reclaimer(.process)
        reclaimer.action = { [weak self] bytes in self?.shrink(by: bytes) ?? false }
    }

    deinit { reclaimer.action = nil }

    /// Values that were found, and values that had to be computed.
    public var hits: Int { state.withLock { $0.hits } }
    public var misses: Int { state.withLock { $0.misses } }
    /// Values that were found on disk.
    public var restored: Int { state.withLock { $0.restored } }
    /// Why the last computed batch had nothing to cache; nil if it had.
    public var obstacle: String? { state.withLock { $0.obstacle } }
    public var bytes: Int { state.withLock { $0.bytes } }
    public var entries: Int { state.withLock { $0.entries.count } }

    /// Removes all entries, resets the counters and deletes the files.
    public func clear() {
        state.withLock { $0 = State() }
        store?.clear()
    }

    private func find(_ key: Digest) -> TensorData? {
        let held = state.withLock { state -> TensorData? in
            state.clock += 1
            guard let value = state.entries[key]?.value else { return nil }
            state.entries[key]?.stamp = state.clock
            return value
        }
        if let held { return held }
        guard let stored = store?.find(key) else { return nil }
        state.withLock { $0.restored += 1 }
        keep(stored, key)
        return stored
    }

    private func keep(_ value: TensorData, _ key: Digest) {
        if value.storage.byteCount > limit {
            store?.keep(value, key)
            return
        }
        let dropped = state.withLock { state in
            state.clock += 1
            if state.entries.updateValue(Entry(value: value, stamp: state.clock), forKey: key) == nil {
                state.bytes += value.storage.byteCount
            }
            return FeatureCache.drop(&state, to: limit)
        }
        for (key, value) in dropped { store?.keep(value, key) }
    }

    /// Removes the least recently used entries from memory; the caller stores them.
    private static func drop(_ state: inout State, to limit: Int) -> [(Digest, TensorData)] {
        var dropped: [(Digest, TensorData)] = []
        if state.bytes <= limit { return [] }
        for (key, entry) in state.entries.sorted(by: { $0.value.stamp < $1.value.stamp }) {
            state.entries[key] = nil
            state.bytes -= entry.value.storage.byteCount
            dropped.append((key, entry.value))
            // A little more than needed, so that the list is not sorted for each new entry.
            if state.bytes <= limit / 16 * 15 { break }
        }
        return dropped
    }

    /// Frees entries when memory is short; returns whether any was freed.
    private func shrink(by bytes: Int) -> Bool {
        let dropped = state.withLock { state in FeatureCache.drop(&state, to: max(state.bytes - bytes, 0)) }
        for (key, value) in dropped { store?.keep(value, key) }
        return !dropped.isEmpty
    }

    // MARK: Supplying an evaluation

    /// Sets the values of the border of the frozen prefix below `roots`, from the cache or computed by
    /// sample. True if any node got a value.
    func supply(_ roots: [Node], _ order: [Node], _ context: EvaluationContext) throws -> Bool {
        guard order.contains(where: { $0.operation is StackOperation }) else { return false }
        let graph = FrozenGraph(roots, order)
        let isRedrawn = FrozenGraph.isRedrawn(order)
        if graph.stacks.isEmpty, !isRedrawn { return false }
        let plain = context.plain
        var supplied = false
        var obstacle =
            isRedrawn
            ? "the pictures are drawn anew in each epoch; augment(…, copies=1) draws them once" : nil
        for stack in graph.stacks where !stack.isComputed {
            try context.checkInterrupt()
            guard let prefix = graph.prefix(of: stack) else { continue }
            if prefix.isBare, stack.signature.shape.count == 4 { obstacle = graph.obstacle(stack) }
            if prefix.isBare, prefix.hasSources { continue }
            supplied = try supply(prefix, plain) || supplied
        }
        state.withLock { $0.obstacle = obstacle }
        return supplied
    }

    /// False where constants have no digest.
    private func supply(_ prefix: FrozenPrefix, _ plain: EvaluationContext) throws -> Bool {
        guard let structures = try? prefix.structures(exact: plain.exact) else { return false }
        try prefix.fulfil((0..<prefix.count).map { $0..<$0 + 1 }) { group in
            let keys = try prefix.keys(ofSample: group.lowerBound, structures)
            var values = keys.map { find($0) }
            let missing = values.indices.filter { values[$0] == nil }
            state.withLock { state in
                state.hits += values.count - missing.count
                state.misses += missing.count
            }
            if !missing.isEmpty {
                for (index, value) in zip(missing, try prefix.compute(missing, group, plain)) {
                    keep(value, keys[index])
                    if isShared { store?.keep(value, keys[index]) }
                    values[index] = value
                }
            }
            return values.compactMap { $0 }
        }
        prefix.dropPackedWeights()
        return true
    }
}
