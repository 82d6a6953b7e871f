// Batch norm by a batch's own statistics together with the residual and the activation that follow it, and their
// gradients: one pass over memory each, equal to the bit to the separate steps.

import CKernels

enum NormFusion {
    /// Adds the group that begins with a norm, if it has followers.
    static func add(_ node: Node, _ graph: PendingGraph, _ plan: inout FusionPlan) {
        guard let (operation, inputs) = graph.steps[node.id], let norm = operation as? BatchNormTraining
        else { return }
        var group = FusedNorm(norm: norm)
        plan.add(from: node, inputs, graph) { last, operation, inputs in
            var followers = group.followers
            guard let others = followers.extend(last, operation, inputs), followers.activation != .sigmoid
            else { return nil }
            group.followers = followers
            return others
        } operation: {
            group
        }
    }
}

/// The gradients of a norm and of the activation after it. What the activation is given is computed again from the norm's
/// input, where it is needed.
enum NormGradientFusion {
    /// Adds the steps that use an activation's gradient, if all of them are those of a norm's gradient.
    static func add(_ node: Node, _ graph: inout PendingGraph, _ plan: inout FusionPlan) {
        guard let (operation, inputs) = graph.steps[node.id],
            let gradient = operation as? ActivationGradientOperation,
            let activation = gradient.function.epilogue, activation != .sigmoid,
            let (norm, sources) = norm(before: activation, inputs[1], graph),
            let users = graph.allUsers(of: node)
        else { return }
        var steps: [(Node, FusedStep)] = []
        for user in users {
            guard let (operation, others) = graph.steps[user.id], plan.steps[user.id] == nil,
                others.count > 2, others[0] === node, others[1] === sources[0], others[2] === sources[1]
            else { return }
            let affine = Array(sources.dropFirst(2))
            switch operation {
            case let sums as BatchNormSums:
                let fused = FusedNormSums(sums: sums, norm: norm, activation: activation)
                steps.append((user, FusedStep(operation: fused, inputs: [inputs[0]] + others[1...] + affine)))
            case let byInput as BatchNormInputGradient:
                let fused = FusedNormInputGradient(gradient: byInput, norm: norm, activation: activation)
                let all = [inputs[0]] + others[1...] + affine
                steps.append((user, FusedStep(operation: fused, inputs: all, overwrites: true)))
            default: return
            }
        }
        for (user, step) in steps { plan.steps[user.id] = step }
        // Nor is what only the activation's gradient needed computed.
        var unused: Node? = node
        while let next = unused {
            plan.absorbed.insert(next.id)
            graph.released.insert(next.id)
            unused = next === node ? inputs[1] : graph.steps[next.id]?.inputs[0]
            if let candidate = unused, graph.allUsers(of: candidate)?.isEmpty != true { break }
        }
    }

    /// The norm whose result an activation was given, and its inputs: `of` is that result or, for some activations, their own.
    private static func norm(
        before activation: ConvolutionEpilogue.Activation, _ of: Node, _ graph: PendingGraph
    ) -> (BatchNormTraining, [Node])? {
        guard let step = graph.steps[of.id] else { return nil }
        if let norm = step.operation as? BatchNormTraining {
            return activation == .hardswish || activation == .hardsigmoid ? (norm, step.inputs) : nil
        }
        guard let unary = step.operation as? UnaryOperation, unary.function.epilogue == activation,
            activation == .relu || activation == .relu6,
            let (operation, inputs) = graph.steps[step.inputs[0].id],
            let norm = operation as? BatchNormTraining
        else { return nil }
        return (norm, inputs)
    }
}

/// The inputs are those of `sums`, then weight and bias of the norm.
private struct FusedNormSums: Evaluable {
    var name: String { sums.name }
    let sums: BatchNormSums
    let norm: BatchNormTraining
    let activation: ConvolutionEpilogue.Activation

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let follower = try norm.follower(activation, inputs, from: 3)
        return try sums.evaluate(inputs, result, before: follower)
    }
}

/// The inputs are those of `gradient`, then weight and bias of the norm.
private struct FusedNormInputGradient: Evaluable {
    var name: String { gradient.name }
    let gradient: BatchNormInputGradient
    let norm: BatchNormTraining
    let activation: ConvolutionEpilogue.Activation

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let own = norm.hasAffine ? 5 : 4
        let follower = try norm.follower(activation, inputs, from: own)
        inputs.removeSubrange(own...)
        return try gradient.evaluate(&inputs, result, before: follower)
    }
}

extension BatchNormTraining {
    /// The activation after it, from inputs of which the third are its statistics and those from `first` on weight and bias.
    fileprivate func follower(
        _ activation: ConvolutionEpilogue.Activation, _ inputs: [TensorData], from first: Int
    ) throws -> NormFollower {
        let (scale, shift) = try folded(
            [inputs[1], inputs[2]] + inputs[first...], channels: inputs[1].shape[1])
        return NormFollower(activation: activation, scale: scale, shift: shift)
    }
}

/// activation(norm(x) + residual). The inputs are those of the norm, then the residual.
private struct FusedNorm: Evaluable {
    var name: String { norm.name }
    let norm: BatchNormTraining
    var followers = Followers()

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let channels = result.shape[1]
        let (scale, shift) = try norm.folded(inputs, channels: channels)
        let x = try inputs[0].channelsLast()
        let residual = followers.hasResidual ? try inputs[inputs.count - 1].channelsLast() : nil
        let out = try TensorData(shape: x.shape, dtype: .float32, layout: .channelsLast, for: name)
        NormFollower.with(NormFollower(activation: followers.activation, scale: scale, shift: shift)) {
            norm_followed_f32($0, x.floats, residual?.floats, out.floats, x.count / channels, channels)
        }
        return out
    }
}
