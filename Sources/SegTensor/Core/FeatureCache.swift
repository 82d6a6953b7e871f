// Features of frozen layers, kept by sample in memory: the part of a pending graph that hangs on constants
// and on one stack of samples alone is found (FrozenPrefix), computed a sample at a time, and found again
// in every later epoch, fold, fork and run. Results equal those without it to the bit.

import Synchronization

/// Values by digest, least recently used first to go. Belongs to an interpreter.
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
    }

    /// Bytes that may be kept.
    public let limit: Int
    private let state = Mutex(State())
    private let reclaimer: MemoryBudget.Reclaimer

    public init(limit: Int) {
        self.limit = limit
        self.reclaimer = MemoryBudget.Reclaimer()
        reclaimer.action = { [weak self] bytes in self?.shrink(by: bytes) ?? false }
    }

    deinit { reclaimer.action = nil }

    /// Values that were found, and that had to be computed.
    public var hits: Int { state.withLock { $0.hits } }
    public var misses: Int { state.withLock { $0.misses } }
    public var bytes: Int { state.withLock { $0.bytes } }
    public var entries: Int { state.withLock { $0.entries.count } }

    /// Forgets everything, the counters too.
    public func clear() { state.withLock { $0 = State() } }

    private func find(_ key: Digest) -> TensorData? {
        state.withLock { state in
            state.clock += 1
            guard let value = state.entries[key]?.value else { return nil }
            state.entries[key]?.stamp = state.clock
            return value
        }
    }

    private func keep(_ value: TensorData, _ key: Digest) {
        if value.storage.byteCount > limit { return }
        state.withLock { state in
            state.clock += 1
            if state.entries.updateValue(Entry(value: value, stamp: state.clock), forKey: key) == nil {
                state.bytes += value.storage.byteCount
            }
            FeatureCache.drop(&state, to: limit)
        }
    }

    private static func drop(_ state: inout State, to limit: Int) {
        if state.bytes <= limit { return }
        for (key, entry) in state.entries.sorted(by: { $0.value.stamp < $1.value.stamp }) {
            state.entries[key] = nil
            state.bytes -= entry.value.storage.byteCount
            // A little more than is needed, so that the list is not sorted for each new entry.
            if state.bytes <= limit / 16 * 15 { return }
        }
    }

    /// Makes room where memory is short; whether anything went.
    private func shrink(by bytes: Int) -> Bool {
        state.withLock { state in
            let before = state.bytes
            FeatureCache.drop(&state, to: max(before - bytes, 0))
            return state.bytes < before
        }
    }

    // MARK: Supplying an evaluation

    /// Gives the border of the frozen prefix below `roots` its values, from memory or computed by sample.
    /// True where any node got one.
    func supply(_ roots: [Node], _ order: [Node], _ context: EvaluationContext) throws -> Bool {
        let stacks = FrozenPrefix.stacks(in: order)
        if stacks.isEmpty { return false }
        let plain = EvaluationContext()
        plain.interrupted = context.interrupted
        plain.exact = context.exact
        plain.fuses = context.fuses
        var supplied = false
        for stack in stacks {
            let pending = supplied ? Evaluator.pending(roots) : order
            guard let prefix = FrozenPrefix(stack, roots, pending, exact: context.exact) else { continue }
            try supply(prefix, plain)
            supplied = true
        }
        return supplied
    }

    private func supply(_ prefix: FrozenPrefix, _ plain: EvaluationContext) throws {
        var parts: [[TensorData]] = prefix.border.map { _ in [] }
        for sample in prefix.samples.indices {
            let keys = try prefix.keys(ofSample: sample)
            var values = keys.map { find($0) }
            let missing = values.indices.filter { values[$0] == nil }
            state.withLock { state in
                state.hits += values.count - missing.count
                state.misses += missing.count
            }
            if !missing.isEmpty {
                for (index, value) in zip(missing, try prefix.compute(missing, sample: sample, plain)) {
                    keep(value, keys[index])
                    values[index] = value
                }
            }
            for index in values.indices {
                if let value = values[index] { parts[index].append(value) }
            }
        }
        for (node, values) in zip(prefix.border, parts) { node.fulfil(try FeatureCache.joined(values)) }
    }

    /// Values of batch size one side by side.
    private static func joined(_ values: [TensorData]) throws -> TensorData {
        guard values.count > 1, let first = values.first else { return values[0] }
        var shape = first.shape
        shape[0] = values.count
        let out = try TensorData(shape: shape, dtype: first.dtype, layout: first.layout, for: "a batch")
        let size = first.byteCount
        for (index, value) in values.enumerated() {
            let same = first.layout == .channelsLast ? try value.channelsLast() : try value.rowMajor()
            (out.bytes + index * size).copyMemory(from: same.bytes, byteCount: size)
        }
        return out
    }
}
