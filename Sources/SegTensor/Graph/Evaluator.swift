// Computes pending nodes: collects them without recursion, in order of creation (which frees activations as
// eager execution would) but for what the backward pass has again, and passes each to its operation, with memory to overwrite where no one else can
// read it. Fusion decides which nodes are computed together.

import SegSystem

enum Evaluator {
    /// Computes the values of some nodes; shared work is done once. Values computed before an error or an
    /// interrupt stay, everything else stays pending.
    static func evaluate(_ roots: [Node], in context: EvaluationContext) throws {
        var order = pending(roots)
        if order.isEmpty { return }
        for root in roots { root.handles.wrappingAdd(1, ordering: .relaxed) }
        defer { for root in roots { root.handles.wrappingSubtract(1, ordering: .relaxed) } }
        if let features = context.features, try features.supply(roots, order, context) {
            order = pending(roots)
        }
        if try computeFrozen(below: roots, order, context) { order = pending(roots) }
        var plan = order.count > 1 && context.fuses ? Fusion.plan(order, roots: roots) : FusionPlan()
        for step in plan.steps.values { step.hold() }
        // The list itself must not keep a value alive beyond its last use.
        var steps: [Node?] = order
        order = []
        for index in steps.indices {
            guard let node = steps[index] else { continue }
            steps[index] = nil
            if plan.absorbed.contains(node.id) { continue }
            try context.checkInterrupt()
            let step = plan.steps.removeValue(forKey: node.id)
            try run(node, with: step, context)
            if let afterNode = context.afterNode { try afterNode(node) }
        }
    }

    /// Computes frozen layers of large pictures some samples at a time: their results take less memory than for the whole
    /// batch, and have the same bits. True if there were any.
    private static func computeFrozen(below roots: [Node], _ order: [Node], _ context: EvaluationContext)
        throws
        -> Bool
    {
        guard order.contains(where: { $0.byteCount > FrozenGraph.groupBytes }) else { return false }
        var isAny = false
        let graph = FrozenGraph(roots, order)
        for batch in graph.largeBatches {
            try context.checkInterrupt()
            guard let prefix = graph.prefix(of: batch), let groups = prefix.groups else { continue }
            let plain = context.plain
            let all = Array(prefix.border.indices)
            try prefix.fulfil(groups) { try prefix.compute(all, $0, plain) }
            isAny = true
        }
        return isAny
    }

    /// The nodes without a value below some roots, in the order in which they are computed. Those with numbers in
    /// `given` count as computed.
    static func pending(_ roots: [Node], given: Set<UInt64> = []) -> [Node] {
        var found: [Node] = []
        var seen = given
        var stack = roots.filter { !$0.isComputed && seen.insert($0.id).inserted }
        while let node = stack.popLast() {
            guard let inputs = node.pendingInputs else { continue }
            found.append(node)
            for input in inputs where !input.isComputed && seen.insert(input.id).inserted {
                stack.append(input)
            }
        }
        return ordered(found)
    }

    /// Nodes in order of creation, but for those that are recomputed: they come just before their first use.
    private static func ordered(_ nodes: [Node]) -> [Node] {
        let nodes = nodes.sorted { $0.id < $1.id }
        guard nodes.contains(where: \.isRecomputed) else { return nodes }
        var firstUse: [UInt64: UInt64] = [:]
        for node in nodes.reversed() {
            let own = firstUse[node.id] ?? node.id
            for input in node.inputs where input.isRecomputed {
                firstUse[input.id] = min(firstUse[input.id] ?? .max, own)
            }
        }
        func place(_ node: Node) -> (UInt64, UInt64) { (firstUse[node.id] ?? node.id, node.id) }
        return nodes.sorted { place($0) < place($1) }
    }

    private static func run(_ node: Node, with fused: FusedStep?, _ context: EvaluationContext) throws {
        guard node.claim() else { return }
        defer { node.unclaim() }
        do {
            guard let own = node.pendingStep else { return }
            let operation: any Evaluable = fused?.operation ?? own.operation
            let sources = fused?.inputs ?? own.inputs
            let taking = fused.map { ($0.overwrites ? 1 : 0, 1) } ?? (sources.count, 0)
            node.fulfil(try compute(node, operation, sources, taking: taking, context))
        } catch {
            guard var located = error as? TensorError ?? (error as? SystemError).map(TensorError.init) else {
                throw error
            }
            if located.site == nil { located.site = node.site }
            throw located
        }
    }

    /// The bytes of a result up to which Ctrl-C waits for an operation that overwrites its input: a tenth of a second. Larger
    /// ones overwrite only where there is no room for both.
    private static let largestFinished = 1 << 28

    /// - Parameter taking: how many of the sources, from the first on, the operation may have for itself at their last use,
    ///   and the consumers of each that never read it.
    private static func compute(
        _ node: Node, _ operation: any Evaluable, _ sources: [Node], taking: (count: Int, others: Int),
        _ context: EvaluationContext
    ) throws -> TensorData {
        let overwrites = taking.others > 0 || (operation as? any Operation)?.overwritesInput == true
        let isTooLong =
            overwrites && node.byteCount > largestFinished
            && MemoryBudget.process.left > 2 * node.byteCount
        let most = node.isTracked || isTooLong ? 0 : taking.count
        var inputs: [TensorData] = []
        inputs.reserveCapacity(sources.count)
        var taken: [(Node, TensorData)] = []
        for (index, source) in sources.enumerated() {
            if index < most, source.isLastUse(besides: taking.others), let value = source.takeValue() {
                inputs.append(value)
                taken.append((source, value))
            } else if let value = source.value {
                inputs.append(value)
            } else {
                // Cannot happen: a node below a pending one always has a value by now.
                for (source, value) in taken { source.restore(value) }
                try evaluate([source], in: context)
                guard source.isComputed else {
                    throw TensorError(.value, "\(operation.name) has lost an input")
                }
                return try compute(node, operation, sources, taking: taking, context)
            }
        }
        if Shape.isLongAndEmpty(node.signature.shape) {
            return try TensorData(shape: node.signature.shape, dtype: node.signature.dtype)
        }
        // `taken` holds only what is needed to restore a value; `inputs` must be the only owner of the
        // storage.
        let owners = taken.map { ($0.0, $0.1.offset, $0.1.layout) }
        taken = []
        do {
            // What is overwritten in part would be no value any more.
            if overwrites, !owners.isEmpty {
                return try operation.evaluate(&inputs, node.signature, context)
            }
            return try context.watched { try operation.evaluate(&inputs, node.signature, context) }
        } catch {
            for (source, offset, layout) in owners {
                if let index = sources.firstIndex(where: { $0 === source }) {
                    var value = inputs[index]
                    value.offset = offset
                    value.layout = layout
                    source.restore(value)
                }
            }
            throw error
        }
    }
}
