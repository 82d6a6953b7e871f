// Finds, in a pending graph, the part that depends only on constants and on the samples of one batch, through
// operations that keep samples separate: its border, the keys of its values, and a copy for one sample.

/// The frozen part below some roots.
struct FrozenPrefix {
    /// The frozen nodes whose values are needed by nodes that are not frozen, or by the roots.
    let border: [Node]
    /// The tensors that are stacked to the batch; none where the batch is a value.
    let samples: [Node]
    /// The number of samples.
    let count: Int
    private let batch: Node
    /// The nodes of kind sample, in order of creation.
    private let nodes: [Node]

    /// Nil if nothing frozen depends on the batch, a stack or a value. `nodes` are those of which row n depends on sample
    /// n alone, in order of creation.
    init?(_ batch: Node, nodes: [Node], border: [Node]) {
        self.batch = batch
        samples = batch.inputs
        count = batch.signature.shape[0]
        self.border = border
        self.nodes = nodes
        // A batch of tensors that are already computed need not be made by sample.
        let isTrivial = border.allSatisfy { $0 === batch } && samples.allSatisfy { $0.isComputed }
        if border.isEmpty || isTrivial { return nil }
    }

    /// Whether only the batch itself can be cached: no frozen layer of a model depends on it.
    var isBare: Bool { border.allSatisfy { $0 === batch } }

    /// Ranges of samples that are computed together. Nil where no layer of the whole batch is large.
    var groups: [Range<Int>]? {
        let largest = nodes.map(\.byteCount).max() ?? 0
        guard count > 1, largest > FrozenGraph.groupBytes,
            nodes.contains(where: { $0.operation is ConvolutionOperation })
        else { return nil }
        let most = max(FrozenGraph.groupBytes / (largest / count), 1)
        return stride(from: 0, to: count, by: most).map { $0..<min($0 + most, count) }
    }

    /// Whether the samples are read where they are kept: caching their batch would keep them twice.
    var hasSources: Bool { samples.allSatisfy { $0.isComputed || $0.operation is SourceOperation } }

    /// Digests of the structure below the border nodes, including the content of constants.
    func structures(exact: Bool) throws -> [Digest] {
        var digests: [UInt64: Digest] = [:]
        var constants: [UInt64: Digest] = [:]
        for node in nodes {
            var builder = DigestBuilder()
            builder.add(exact)
            builder.add(node.signature.dtype.kind)
            builder.add(Array(node.signature.shape.dropFirst()))
            if node === batch {
                builder.add("samples")
            } else if let (operation, inputs) = node.pendingStep {
                builder.add(try operation.resized(batch: 1).digest())
                for input in inputs {
                    let digest = try digests[input.id] ?? FrozenPrefix.fixedDigest(input, &constants)
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
    func keys(ofSample index: Int, _ structures: [Digest]) throws -> [Digest] {
        var known: [UInt64: Digest] = [:]
        let sample = try FrozenPrefix.fixedDigest(samples[index], &known)
        return structures.map { structure in
            var builder = DigestBuilder()
            builder.add(structure)
            builder.add(sample)
            return builder.finish()
        }
    }

    /// The values of some border nodes for some samples, on a copy of the graph for a batch of so many.
    func compute(_ wanted: [Int], _ group: Range<Int>, _ context: EvaluationContext) throws -> [TensorData] {
        let roots = copies(of: wanted, group)
        try Evaluator.evaluate(roots, in: context)
        return roots.compactMap(\.value)
    }

    /// Some border nodes on a copy of the graph for a batch of some samples.
    func copies(of wanted: [Int], _ group: Range<Int>) -> [Node] {
        var part = batch.signature
        part.shape[0] = group.count
        var copies = [
            batch.id: batch.value.map { Node($0.samples(group), labels: [:]) }
                ?? Node(StackOperation(axis: 0), Array(samples[group]), part)
        ]
        for node in nodes where node !== batch {
            guard let (operation, inputs) = node.pendingStep else { continue }
            let copied = inputs.map { copies[$0.id] ?? $0 }
            var signature = node.signature
            signature.shape[0] = group.count
            copies[node.id] = Node(operation.resized(batch: group.count), copied, signature)
        }
        return wanted.compactMap { copies[border[$0].id] }
    }

    /// Gives the border its values: for each group of samples, `values` makes those of all its nodes.
    func fulfil(_ groups: [Range<Int>], _ values: (Range<Int>) throws -> [TensorData]) throws {
        var whole: [TensorData] = []
        for group in groups {
            let parts = try values(group)
            if groups.count == 1 {
                whole = parts
                break
            }
            if whole.isEmpty {
                whole = try zip(border, parts).map { node, part in
                    try TensorData(
                        shape: node.signature.shape, dtype: part.dtype, layout: part.layout, for: "a batch")
                }
            }
            for (batch, part) in zip(whole, parts) {
                let same = batch.layout == .channelsLast ? try part.channelsLast() : try part.rowMajor()
                batch.samples(group).bytes.copyMemory(from: same.bytes, byteCount: same.byteCount)
            }
        }
        for (node, value) in zip(border, whole) { node.fulfil(value) }
    }

    /// Frees the packed weights of the frozen layers: their next use is for another batch, if it is not in the cache.
    func dropPackedWeights() {
        for node in nodes where node.operation is ConvolutionOperation {
            node.inputs[1].value?.storage.dropPackedWeights()
        }
    }
}
