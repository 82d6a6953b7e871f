// Batch norm by a batch's own statistics together with the residual and the activation that follow it: one pass over
// memory, equal to the bit to the separate steps.

import CKernels

enum NormFusion {
    /// Adds the group that begins with a norm, if it has followers.
    static func add(_ node: Node, _ graph: PendingGraph, _ plan: inout FusionPlan) {
        guard let (operation, inputs) = graph.steps[node.id], let norm = operation as? BatchNormTraining
        else { return }
        var group = FusedNorm(norm: norm)
        plan.add(from: node, inputs, graph) { last, operation, inputs in
            group.followers.extend(last, operation, inputs)
        } operation: {
            group
        }
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
        if out.count == 0 { return out }
        let activation = UnaryFunction.allCases.first { $0.epilogue == followers.activation }
        let (rows, block) = (x.count / channels, max(BroadcastLoop.grain / channels, 1))
        Parallel.run((rows + block - 1) / block) { index in
            let (from, rows) = (index * block * channels, min(block, rows - index * block))
            let (part, count) = (out.floats + from, rows * channels)
            norm_scale_shift_f32(x.floats + from, scale.floats, shift.floats, part, rows, channels)
            if let residual { ew_binary_f32(EW_ADD, part, 1, residual.floats + from, 1, part, count) }
            if let activation { ew_unary_f32(activation.kernel, part, part, count) }
        }
        return out
    }
}
