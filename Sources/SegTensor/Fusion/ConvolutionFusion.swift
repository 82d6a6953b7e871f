// conv2d together with the batch norm (by running statistics), the residual and the activation that follow
// it: applied to a tile while it is in cache, equal to the bit to the separate steps.

enum ConvolutionFusion {
    /// Adds the group that begins with a convolution, if it has followers.
    static func add(_ node: Node, _ graph: PendingGraph, _ plan: inout FusionPlan) {
        guard let (operation, inputs) = graph.steps[node.id],
            let convolution = operation as? ConvolutionOperation
        else { return }
        var group = FusedConvolution(
            attributes: convolution.attributes, precision: convolution.precision, hasBias: inputs.count > 2)
        plan.add(from: node, inputs, graph) { last, operation, inputs in
            if let norm = operation as? BatchNormOperation {
                guard group.norm == nil, group.followers.areNone, inputs[0] === last,
                    !inputs.dropFirst().contains(where: { $0 === last })
                else { return nil }
                group.norm = norm
                return Array(inputs.dropFirst())
            }
            return group.followers.extend(last, operation, inputs)
        } operation: {
            group
        }
    }
}

/// What may follow a convolution or a norm, in this order.
struct Followers {
    var hasResidual = false
    var activation = ConvolutionEpilogue.Activation.none

    var areNone: Bool { !hasResidual && activation == .none }

    /// Adds the operation that uses `last`. Returns its other inputs; nil if it does not fit.
    mutating func extend(_ last: Node, _ operation: any Operation, _ inputs: [Node]) -> [Node]? {
        guard activation == .none else { return nil }
        if let unary = operation as? UnaryOperation, let activation = unary.function.epilogue {
            self.activation = activation
            return []
        }
        if let clamp = operation as? ClampOperation, clamp.low == 0, clamp.high == 6 {
            activation = .relu6
            return []
        }
        if let binary = operation as? BinaryOperation, binary.function == .add, binary.number == nil,
            !hasResidual, inputs[0].signature.shape == inputs[1].signature.shape,
            inputs[0].signature.dtype == inputs[1].signature.dtype
        {
            hasResidual = true
            return [inputs[0] === last ? inputs[1] : inputs[0]]
        }
        return nil
    }
}

extension FusionPlan {
    /// Adds the group that begins with a node, if it has followers: `extend` takes the only user of the last node, and
    /// gives its other inputs, or nil if it does not fit.
    mutating func add(
        from node: Node, _ inputs: [Node], _ graph: PendingGraph,
        extend: (_ last: Node, any Operation, _ inputs: [Node]) -> [Node]?, operation: () -> any Evaluable
    ) {
        var sources = inputs
        var last = node
        var found: [UInt64] = []
        // A sum of two of them goes to the first: each node belongs to one group.
        while let user = graph.onlyUser(of: last), let step = graph.steps[user.id],
            steps[user.id] == nil, !absorbed.contains(user.id),
            let others = extend(last, step.operation, step.inputs)
        {
            sources += others
            found.append(last.id)
            last = user
        }
        if found.isEmpty { return }
        absorbed.formUnion(found)
        steps[last.id] = FusedStep(operation: operation(), inputs: sources)
    }
}

/// activation(norm(conv2d(x, weight) + bias) + residual). The inputs are in that order, those of the norm
/// after those of the convolution.
struct FusedConvolution: Evaluable {
    var name: String { "conv2d" }
    let attributes: ConvolutionAttributes
    let precision: Precision
    let hasBias: Bool
    var norm: BatchNormOperation?
    var followers = Followers()

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        var next = hasBias ? 3 : 2
        var folded: (scale: TensorData, shift: TensorData)?
        if let norm {
            let count = norm.hasAffine ? 4 : 2
            let affine = inputs[next + 2..<next + count]
            folded = try foldedNorm(
                inputs[next].floats, inputs[next + 1].floats, affine, epsilon: norm.epsilon,
                channels: result.shape[1])
            next += count
        }
        return try ConvolutionOperation.forward(
            attributes, inputs[0], inputs[1], bias: hasBias ? inputs[2] : nil, scale: folded?.scale,
            shift: folded?.shift, residual: followers.hasResidual ? inputs[next] : nil,
            activation: followers.activation,
            result: result, exact: context.exact, precision: precision)
    }
}
