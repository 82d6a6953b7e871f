// Finds, in a pending graph, the part that depends only on constants and on the samples of one batch, through
// operations that keep samples separate: its border, the keys of its values, and a copy for one sample.

/// The frozen part below some roots.
struct FrozenPrefix {
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

    /// The frozen nodes whose values are needed by nodes that are not frozen, or by the roots.
    let border: [Node]
    /// The tensors that form the batch.
    let samples: [Node]
    private let stack: Node
    /// Digests of the structure below the border nodes, including the content of constants.
    private let structures: [Digest]
    /// The nodes of kind sample, in order of creation.
    private let nodes: [Node]

    /// The batches of a pending graph: stacks of samples that depend on nothing that changes.
    static func stacks(in order: [Node]) -> [Node] {
        order.filter { node in
            guard let operation = node.operation as? StackOperation else { return false }
            return operation.axis == 0 && FrozenPrefix.isFixed(node.inputs)
        }
    }

    /// Nil if nothing frozen depends on the stack. Nodes with numbers in `given` count as computed.
    init?(_ stack: Node, _ roots: [Node], _ order: [Node], exact: Bool, given: Set<UInt64> = []) {
        guard !stack.isComputed else { return nil }
        var kinds: [UInt64: Kind] = [:]
        var uses: Set<UInt64> = Set(roots.map(\.id))
        for node in order {
            guard let (operation, inputs) = node.pendingStep else { continue }
            if given.contains(node.id) {
                kinds[node.id] = .constant
                continue
            }
            let kind =
                node === stack
                ? Kind.sample
                : FrozenPrefix.kind(node, operation, inputs, kinds, batch: stack.signature.shape[0])
            kinds[node.id] = kind
            if kind == .mixed { for input in inputs { uses.insert(input.id) } }
        }
        let found = order.filter { kinds[$0.id] == .sample }
        let border = found.filter { uses.contains($0.id) }
        // A batch of tensors that are already computed need not be cached.
        let isTrivial = border.allSatisfy { $0 === stack } && stack.inputs.allSatisfy { $0.isComputed }
        if border.isEmpty || isTrivial { return nil }
        self.stack = stack
        self.samples = stack.inputs
        self.border = border
        self.nodes = found
        guard let structures = try? FrozenPrefix.structures(found, stack, border, exact: exact) else {
            return nil
        }
        self.structures = structures
    }

    /// Whether only the batch itself can be cached: no frozen layer of a model depends on it.
    var isBare: Bool { border.allSatisfy { $0 === stack } }

    /// Why the first operation on a batch cannot be cached.
    static func obstacle(_ stack: Node, _ order: [Node]) -> String? {
        guard let first = order.first(where: { node in node.inputs.contains { $0 === stack } }) else {
            return nil
        }
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

    /// Whether the samples are read where they are kept: caching their batch would keep them twice.
    var hasSources: Bool { samples.allSatisfy { $0.isComputed || $0.operation is SourceOperation } }

    /// Whether sample tensors depend on nothing that changes.
    private static func isFixed(_ inputs: [Node]) -> Bool {
        var seen = Set<ObjectIdentifier>()
        var pending = inputs
        while let node = pending.popLast() {
            guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
            if node.isVariable || node.isTracked || isRedrawn(node) { return false }
            if let below = node.pendingInputs { pending.append(contentsOf: below) }
        }
        return true
    }

    private static func kind(
        _ node: Node, _ operation: any Operation, _ inputs: [Node], _ kinds: [UInt64: Kind], batch: Int
    ) -> Kind {
        if node.isVariable || node.isTracked { return .mixed }
        let below = inputs.map { input -> Kind in
            if input.isVariable || input.isTracked { return .mixed }
            return input.isComputed ? .constant : kinds[input.id] ?? .mixed
        }
        if below.contains(.mixed) { return .mixed }
        // Another batch beside this one, such as the masks.
        if operation is StackOperation, node.signature.shape.first == batch { return .mixed }
        if operation is RandomOperation || operation is DropoutOperation {
            return below.contains(.sample) ? .mixed : .random
        }
        guard below.contains(.sample) else { return below.contains(.random) ? .random : .constant }
        let signature = node.signature
        let keeps =
            !below.contains(.random) && signature.shape.first == batch
            && operation.keepsSamples(below.map { $0 == .sample }, inputs.map(\.signature), signature)
        return keeps ? .sample : .mixed
    }

    private static func structures(_ nodes: [Node], _ stack: Node, _ border: [Node], exact: Bool) throws
        -> [Digest]
    {
        var digests: [UInt64: Digest] = [:]
        var constants: [UInt64: Digest] = [:]
        for node in nodes {
            var builder = DigestBuilder()
            builder.add(exact)
            builder.add(node.signature.dtype.kind)
            builder.add(Array(node.signature.shape.dropFirst()))
            if node === stack {
                builder.add("samples")
            } else if let (operation, inputs) = node.pendingStep {
                builder.add(try operation.resized(batch: 1).digest())
                for input in inputs {
                    let digest = try digests[input.id] ?? fixedDigest(input, &constants)
                    builder.add(digest)
                }
            }
            digests[node.id] = builder.finish()
        }
        return border.map { digests[$0.id] ?? Digest(high: 0, low: 0) }
    }

    /// The digest of a node that depends on nothing that changes: its content if it is computed, its
    /// operations otherwise. Computed once and stored with the node.
    static func fixedDigest(_ root: Node, _ known: inout [UInt64: Digest]) throws -> Digest {
        var pending = [root]
        while let node = pending.last {
            if known[node.id] != nil {
                pending.removeLast()
                continue
            }
            if let kept = node.knownDigest {
                known[node.id] = kept
                pending.removeLast()
                continue
            }
            if let (operation, inputs) = node.pendingStep {
                let missing = inputs.filter { known[$0.id] == nil }
                if !missing.isEmpty {
                    pending.append(contentsOf: missing)
                    continue
                }
                var builder = DigestBuilder()
                builder.add(node.signature.dtype.kind)
                builder.add(node.signature.shape)
                builder.add(try operation.digest())
                for input in inputs { if let digest = known[input.id] { builder.add(digest) } }
                known[node.id] = builder.finish()
            } else if let value = node.value {
                known[node.id] = try value.digest()
            } else {
                continue
            }
            node.knownDigest = known[node.id]
            pending.removeLast()
        }
        return known[root.id] ?? Digest(high: 0, low: 0)
    }

    /// The keys of the border's values for one sample.
    func keys(ofSample index: Int) throws -> [Digest] {
        var known: [UInt64: Digest] = [:]
        let sample = try FrozenPrefix.fixedDigest(samples[index], &known)
        return structures.map { structure in
            var builder = DigestBuilder()
            builder.add(structure)
            builder.add(sample)
            return builder.finish()
        }
    }

    /// The values of some border nodes for one sample, on a copy of the graph for a batch of one.
    func compute(_ wanted: [Int], sample: Int, _ context: EvaluationContext) throws -> [TensorData] {
        let roots = copies(of: wanted, sample: sample)
        try Evaluator.evaluate(roots, in: context)
        return roots.compactMap(\.value)
    }

    /// Some border nodes on a copy of the graph for a batch of one.
    func copies(of wanted: [Int], sample: Int) -> [Node] {
        var one = stack.signature
        one.shape[0] = 1
        var copies: [UInt64: Node] = [stack.id: Node(StackOperation(axis: 0), [samples[sample]], one)]
        for node in nodes where node !== stack {
            guard let (operation, inputs) = node.pendingStep else { continue }
            let copied = inputs.map { copies[$0.id] ?? $0 }
            var signature = node.signature
            signature.shape[0] = 1
            copies[node.id] = Node(operation.resized(batch: 1), copied, signature)
        }
        return wanted.compactMap { copies[border[$0].id] }
    }

    /// Frees the packed weights of the frozen layers: their next use is for another batch, if it is not in the cache.
    func dropPackedWeights() {
        for node in nodes where node.operation is ConvolutionOperation {
            node.inputs[1].value?.storage.dropPackedWeights()
        }
    }
}
