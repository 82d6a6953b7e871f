// The operations of a model's forward pass, from its input to its outputs, as they were recorded for one size of
// input. Several such graphs of one model show which numbers follow the size.

/// A model's outputs for an input of one shape, as steps in the order in which they can be computed.
struct ForwardGraph {
    /// Where a step's operand comes from.
    enum Source: Hashable {
        case input
        /// A parameter, or what does not depend on the input.
        case constant(Int)
        case step(Int)
    }

    struct Step {
        let operation: any Operation
        let inputs: [Source]
        let signature: Signature
        /// The line of the script, as `EvaluationContext.site` gave it.
        let site: UInt64?
    }

    let input: Signature
    private(set) var steps: [Step] = []
    private(set) var constants: [Tensor] = []
    private(set) var outputs: [(name: String, source: Source)] = []

    /// - Parameters:
    ///   - input: pending, so that nothing that depends on it is computed.
    ///   - parameters: tensors that are constants whatever they were made of.
    init(from input: Tensor, to outputs: [(name: String, tensor: Tensor)], parameters: [Tensor]) throws {
        self.input = input.signature
        guard !input.isComputed else {
            throw TensorError(
                .value, "the model reads values while it runs, so that its graph holds for one picture alone",
                help: "a forward without conditions on the values of tensors can be exported")
        }
        let fixed = Set(parameters.map { $0.node.id })
        var reached: [UInt64: Node] = [:]
        var pending = outputs.map(\.tensor.node)
        while let node = pending.popLast() {
            guard reached.updateValue(node, forKey: node.id) == nil else { continue }
            if node.id == input.node.id || fixed.contains(node.id) { continue }
            pending += node.pendingInputs ?? []
        }
        var sources: [UInt64: Source] = [input.node.id: .input]
        func source(of node: Node) throws -> Source {
            if let known = sources[node.id] { return known }
            try Self.refuseRandom(node, fixed)
            constants.append(Tensor(node))
            sources[node.id] = .constant(constants.count - 1)
            return .constant(constants.count - 1)
        }
        for node in reached.values.sorted(by: { $0.id < $1.id }) where node.id != input.node.id {
            guard !fixed.contains(node.id), let (operation, inputs) = node.pendingStep else { continue }
            // A constant of a shape that may follow the input's is made by the graph.
            let dependsOnInput = inputs.contains { input in
                switch sources[input.id] {
                case .input, .step: true
                case .constant, nil: false
                }
            }
            guard dependsOnInput || operation is FillOperation else { continue }
            let step = Step(
                operation: operation, inputs: try inputs.map(source), signature: node.signature,
                site: node.site)
            sources[node.id] = .step(steps.count)
            steps.append(step)
        }
        self.outputs = try outputs.map { ($0.name, try source(of: $0.tensor.node)) }
    }

    /// An error if random numbers are drawn for a constant, since the file would hold them for ever.
    private static func refuseRandom(_ root: Node, _ parameters: Set<UInt64>) throws {
        var pending = [root]
        var seen: Set<UInt64> = parameters
        while let node = pending.popLast() {
            guard seen.insert(node.id).inserted, let (operation, inputs) = node.pendingStep else { continue }
            if operation is RandomOperation {
                throw TensorError(
                    .value, "\(operation.name) draws random numbers, which the file would hold as constants",
                    site: node.site)
            }
            pending += inputs
        }
    }

    func signature(of source: Source) -> Signature {
        switch source {
        case .input: input
        case .constant(let place): constants[place].signature
        case .step(let place): steps[place].signature
        }
    }
}
