// What of a pending graph depends on what: found once for all its batches, so that a graph of many batches takes time in
// proportion to its size.

/// A pending graph, seen from its batches.
final class FrozenGraph {
    private enum Kind: Equatable {
        /// The same for every sample.
        case constant
        /// Deterministic by its key, but drawn again each time: not worth caching.
        case random
        /// Row n depends on sample n alone.
        case sample
        /// Depends on values that change, or mixes samples.
        case mixed
    }

    /// The largest layer of a group of samples: small ones are faster together.
    static let groupBytes = 64 << 20

    private let order: [Node]
    private let rootIDs: Set<UInt64>
    private let given: Set<UInt64>
    /// By number, the pending nodes that read a node.
    private var consumers: [UInt64: [Int]] = [:]
    /// The kind of each node where no batch is looked at.
    private var kinds: [UInt64: Kind] = [:]
    /// The sizes of the batches below a node.
    private var batchSizes: [UInt64: Set<Int>] = [:]
    /// The stacks of samples that depend on nothing that changes.
    private(set) var stacks: [Node] = []

    /// Nodes with numbers in `given` count as computed.
    init(_ roots: [Node], _ order: [Node], given: Set<UInt64> = []) {
        self.order = order
        self.given = given
        rootIDs = Set(roots.map(\.id))
        // Nodes that depend on values that change, or are drawn anew.
        var changing: Set<UInt64> = []
        for (place, node) in order.enumerated() {
            guard let (operation, inputs) = node.pendingStep, !given.contains(node.id) else { continue }
            var sizes: Set<Int> = []
            var below: Set<Kind> = []
            var changes = node.isVariable || node.isTracked || FrozenGraph.isRedrawn(node)
            for input in inputs {
                consumers[input.id, default: []].append(place)
                below.insert(kind(input))
                if let more = batchSizes[input.id] { sizes.formUnion(more) }
                changes = changes || input.isVariable || input.isTracked || changing.contains(input.id)
            }
            if let stack = operation as? StackOperation {
                sizes.insert(node.signature.shape[0])
                if stack.axis == 0, !changes { stacks.append(node) }
            }
            if changes { changing.insert(node.id) }
            if !sizes.isEmpty { batchSizes[node.id] = sizes }
            let isRandom = operation is RandomOperation || operation is DropoutOperation
            kinds[node.id] =
                node.isVariable || node.isTracked || below.contains(.mixed)
                ? .mixed : isRandom || below.contains(.random) ? .random : .constant
        }
    }

    private func isKnown(_ node: Node) -> Bool { node.isComputed || given.contains(node.id) }

    private func kind(_ input: Node) -> Kind {
        if input.isVariable || input.isTracked { return .mixed }
        return isKnown(input) ? .constant : kinds[input.id] ?? .mixed
    }

    /// The batches of large pictures, stacks and values: their frozen layers may be computed by group.
    var largeBatches: [Node] {
        guard order.contains(where: { $0.byteCount > FrozenGraph.groupBytes }) else { return [] }
        func isLarge(_ node: Node) -> Bool {
            let shape = node.signature.shape
            return shape.count == 4 && shape[0] > 1 && node.signature.count / shape[0] >= 1 << 15
        }
        var found: [Node] = []
        var known: Set<UInt64> = []
        for node in order where !node.isTracked {
            if let stack = node.operation as? StackOperation, stack.axis == 0, isLarge(node) {
                found.append(node)
            }
            // Kernels are no first inputs of convolutions.
            if let input = node.inputs.first, input.isComputed, !input.isVariable, !input.isTracked,
                isLarge(input), known.insert(input.id).inserted
            {
                found.append(input)
            }
        }
        return found
    }

    /// What depends on the samples of a batch alone; nil where nothing does.
    func prefix(of batch: Node) -> FrozenPrefix? {
        var own: [UInt64: Kind] = [batch.id: .sample]
        var found = batch.isComputed ? [] : [batch]
        // Places in the order, the next one last.
        var waiting: [Int] = []
        func wait(for readers: [Int]) {
            for place in readers {
                var (low, high) = (0, waiting.count)
                while low < high {
                    let middle = (low + high) / 2
                    if waiting[middle] > place { low = middle + 1 } else { high = middle }
                }
                if low == waiting.count || waiting[low] != place { waiting.insert(place, at: low) }
            }
        }
        wait(for: consumers[batch.id] ?? [])
        while let place = waiting.popLast() {
            let node = order[place]
            guard own[node.id] == nil, let (operation, inputs) = node.pendingStep else { continue }
            let kind = kind(node, operation, inputs, batch.signature.shape[0], own)
            own[node.id] = kind
            if kind != .sample { continue }
            found.append(node)
            wait(for: consumers[node.id] ?? [])
        }
        let border = found.filter { node in
            rootIDs.contains(node.id)
                || (consumers[node.id] ?? []).contains { own[order[$0].id] != .sample }
        }
        return FrozenPrefix(batch, nodes: found, border: border)
    }

    /// The kind of a node that reads the samples of a batch of `count`, as far as it has been followed.
    private func kind(
        _ node: Node, _ operation: any Operation, _ inputs: [Node], _ count: Int, _ own: [UInt64: Kind]
    ) -> Kind {
        if node.isVariable || node.isTracked { return .mixed }
        let below = inputs.map { input -> Kind in
            if input.isVariable || input.isTracked { return .mixed }
            if let known = own[input.id] { return known }
            // Another batch beside this one, such as the masks.
            if !isKnown(input), batchSizes[input.id]?.contains(count) == true { return .mixed }
            return self.kind(input)
        }
        let isRandom =
            operation is RandomOperation || operation is DropoutOperation || below.contains(.random)
        let isStack = operation is StackOperation && node.signature.shape.first == count
        if below.contains(.mixed) || isRandom || isStack { return .mixed }
        let signature = node.signature
        let keeps =
            signature.shape.first == count
            && operation.keepsSamples(below.map { $0 == .sample }, inputs.map(\.signature), signature)
        return keeps ? .sample : .mixed
    }

    /// Why the first operation on a batch cannot be cached.
    func obstacle(_ stack: Node) -> String? {
        guard let first = consumers[stack.id]?.first.map({ order[$0] }) else { return nil }
        let name = first.operation?.name ?? "an operation"
        if first.inputs.contains(where: { $0.isVariable || $0.isTracked }) {
            return "\(name), the first operation on the pictures, uses parameters that are trained"
        }
        if first.operation is RandomOperation || first.operation is DropoutOperation {
            return "\(name) draws new random numbers at each step"
        }
        return "\(name), the first operation on the pictures, mixes the samples of a batch"
    }

    /// Whether a batch has samples that are drawn anew in each epoch.
    static func isRedrawn(_ order: [Node]) -> Bool {
        order.contains { node in
            node.operation is StackOperation && node.signature.shape.count == 4
                && node.inputs.contains(where: isRedrawn)
        }
    }

    private static func isRedrawn(_ node: Node) -> Bool {
        (node.operation as? SourceOperation)?.isRedrawn == true
    }
}

extension Node {
    var byteCount: Int { signature.count &* signature.dtype.size }
}
