// The cost of a pending graph, without computing it: its multiply-adds, and the peak memory of the evaluator.
// The forecast follows the evaluator step by step, with its own plan of fused steps and the feature cache's
// batches of one; workspaces of kernels are not counted.

extension Tensor {
    /// Nodes created from now on have a greater number than this; ranges of numbers identify the creator of a
    /// node.
    public static var lastNodeNumber: UInt64 { Node.lastNumber }

    /// The pending matrix products below some tensors: the number of the node, and the number of products
    /// that it sums.
    public static func multiplyAdds(below tensors: [Tensor]) -> [(node: UInt64, count: Int)] {
        Evaluator.pending(tensors.map(\.node)).compactMap { node in
            guard let (operation, inputs) = node.pendingStep else { return nil }
            let count = operation.multiplyAdds(inputs.map(\.signature), node.signature)
            return count > 0 ? (node.id, count) : nil
        }
    }

    /// The peak number of bytes that computing some tensors needs, in addition to what is computed already;
    /// it includes their own values. Nodes in `given` count as computed.
    public static func peakBytes(toCompute tensors: [Tensor], given: [Tensor] = []) -> Int {
        MemoryForecast(tensors.map(\.node), .current, given: Set(given.map(\.node.id))).peak
    }
}

/// A simulated run of the evaluator.
private struct MemoryForecast {
    private(set) var peak = 0
    private var held = 0
    /// Bytes by node that owns memory, and the number of steps that still need them.
    private var owned: [UInt64: Int] = [:]
    private var remainingUses: [UInt64: Int] = [:]
    /// The owner of a node's memory, if that is another node.
    private var owners: [UInt64: UInt64] = [:]

    /// Nodes that count as computed, by number.
    private let given: Set<UInt64>

    init(_ roots: [Node], _ context: EvaluationContext, given: Set<UInt64>) {
        self.given = given
        var order = Evaluator.pending(roots)
        for root in roots { root.handles.wrappingAdd(1, ordering: .relaxed) }
        defer { for root in roots { root.handles.wrappingSubtract(1, ordering: .relaxed) } }
        var ready = given
        let all = order
        let graph = FrozenGraph(roots, all, given: given)
        let kept = context.features == nil ? [] : graph.stacks
        let keptIDs = Set(kept.map(\.id))
        for batch in kept + graph.largeBatches where !ready.contains(batch.id) {
            guard let prefix = graph.prefix(of: batch) else { continue }
            guard let first = keptIDs.contains(batch.id) ? 0..<1 : prefix.groups?.first else { continue }
            supply(prefix, context, first)
            ready.formUnion(prefix.border.map(\.id))
        }
        if !ready.isEmpty { order = Evaluator.pending(roots, given: ready) }
        var plan = order.count > 1 && context.fuses ? Fusion.plan(order, roots: roots) : FusionPlan()
        let steps = order.compactMap { node -> (Node, any Evaluable, [Node])? in
            if plan.absorbed.contains(node.id) { return nil }
            if let fused = plan.steps[node.id] { return (node, fused.operation, fused.inputs) }
            return node.pendingStep.map { (node, $0.operation, $0.inputs) }
        }
        plan = FusionPlan()
        for (node, operation, inputs) in steps {
            if let owner = inputs.first, MemoryForecast.shares(operation) {
                owners[node.id] = owners[owner.id] ?? owner.id
            }
        }
        for root in roots { remainingUses[owner(of: root), default: 0] += 1 }
        for (_, _, inputs) in steps {
            for input in inputs { remainingUses[owner(of: input), default: 0] += 1 }
        }
        for (node, operation, inputs) in steps { run(node, operation, inputs) }
    }

    private func owner(of node: Node) -> UInt64 { owners[node.id] ?? node.id }

    /// The border of the frozen part: the batch is assembled by sample. What the cache keeps beside it gives way. The samples
    /// themselves stay alive as long as the batch that is never built from them.
    private mutating func supply(_ prefix: FrozenPrefix, _ context: EvaluationContext, _ group: Range<Int>) {
        let plain = EvaluationContext()
        plain.fuses = context.fuses
        var border = 0
        for node in prefix.border {
            let bytes = MemoryForecast.bytes(node)
            owned[node.id] = bytes
            border += bytes
        }
        held += border
        let samples = prefix.samples.filter { !$0.isComputed && !given.contains($0.id) }
        for sample in samples { held += MemoryForecast.bytes(sample) }
        let first = prefix.copies(of: Array(prefix.border.indices), group)
        let there = given.union(samples.map(\.id))
        peak = max(peak, held + MemoryForecast(first, plain, given: there).peak)
    }

    private mutating func run(_ node: Node, _ operation: any Evaluable, _ inputs: [Node]) {
        let sources = inputs.map { owner(of: $0) }
        let bytes = MemoryForecast.bytes(node)
        if owners[node.id] == nil {
            let overwrites = (operation as? any Operation)?.overwritesInput == true
            let reused =
                overwrites ? sources.first { remainingUses[$0] == 1 && owned[$0] == bytes } : nil
            owned[node.id] = bytes
            held += reused == nil ? bytes : 0
            peak = max(peak, held)
            if let reused { owned[reused] = 0 }
        }
        for source in sources {
            guard let uses = remainingUses[source] else { continue }
            remainingUses[source] = uses - 1
            if uses == 1 { held -= owned.removeValue(forKey: source) ?? 0 }
        }
    }

    private static func bytes(_ node: Node) -> Int {
        BlockPool.blockSize(node.signature.count &* node.signature.dtype.size)
    }

    /// Whether the result is stored in the memory of the first input.
    private static func shares(_ operation: any Evaluable) -> Bool {
        operation is PassOperation || operation is ReshapeOperation || operation is DetachOperation
    }
}
