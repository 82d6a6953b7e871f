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
        var sources = inputs
        var last = node
        var absorbed: [UInt64] = []
        // A sum of two convolutions goes to the first: each node belongs to one group.
        while let user = graph.onlyUser(of: last), let step = graph.steps[user.id],
            plan.steps[user.id] == nil, !plan.absorbed.contains(user.id),
            extend(&group, &sources, last, step.operation, step.inputs)
        {
            absorbed.append(last.id)
            last = user
        }
        if absorbed.isEmpty { return }
        plan.absorbed.formUnion(absorbed)
        plan.steps[last.id] = FusedStep(operation: group, inputs: sources)
    }

    /// Adds one more node to the group; false if it does not fit.
    private static func extend(
        _ group: inout FusedConvolution, _ sources: inout [Node], _ last: Node, _ operation: any Operation,
        _ inputs: [Node]
    ) -> Bool {
        guard group.activation == .none else { return false }
        if let norm = operation as? BatchNormOperation, group.norm == nil, !group.hasResidual,
            inputs[0] === last
        {
            guard !inputs.dropFirst().contains(where: { $0 === last }) else { return false }
            group.norm = norm
            sources += inputs.dropFirst()
            return true
        }
        if let unary = operation as? UnaryOperation, let activation = unary.function.epilogue {
            group.activation = activation
            return true
        }
        if let clamp = operation as? ClampOperation, clamp.low == 0, clamp.high == 6 {
            group.activation = .relu6
            return true
        }
        if let binary = operation as? BinaryOperation, binary.function == .add, binary.number == nil,
            !group.hasResidual, inputs[0].signature.shape == inputs[1].signature.shape,
            inputs[0].signature.dtype == inputs[1].signature.dtype
        {
            group.hasResidual = true
            sources.append(inputs[0] === last ? inputs[1] : inputs[0])
            return true
        }
        return false
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
    var hasResidual = false
    var activation = ConvolutionEpilogue.Activation.none

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
            shift: folded?.shift, residual: hasResidual ? inputs[next] : nil, activation: activation,
            result: result, exact: context.exact, precision: precision)
    }
}
