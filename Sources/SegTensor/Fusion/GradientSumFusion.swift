// The sum of a convolution's gradient by its input and another gradient of that input, as where a residual block begins:
// added while the results are in cache, equal to the bit to the separate steps.

enum GradientSumFusion {
    /// Adds the group of a sum, if one of its terms is such a gradient that nothing else needs. Of two it is the later one,
    /// so that the other is computed as early as before, and what it needs is freed.
    static func add(_ node: Node, _ graph: PendingGraph, _ plan: inout FusionPlan) {
        guard let (operation, terms) = graph.steps[node.id], let sum = operation as? BinaryOperation,
            sum.function == .add, sum.number == nil, terms[0] !== terms[1], plan.steps[node.id] == nil,
            terms.allSatisfy({ $0.signature.shape == node.signature.shape && $0.signature.dtype == .float32 })
        else { return }
        let (earlier, later) = terms[0].id < terms[1].id ? (terms[0], terms[1]) : (terms[1], terms[0])
        for (term, other) in [(later, earlier), (earlier, later)] {
            guard let (operation, inputs) = graph.steps[term.id], graph.onlyUser(of: term) === node,
                let gradient = operation as? ConvolutionInputGradient, plan.steps[term.id] == nil,
                !gradient.attributes.geometry(gradient.shape, inputs[1].signature.shape).isDepthwise
            else { continue }
            plan.absorbed.insert(term.id)
            plan.steps[node.id] = FusedStep(
                operation: FusedInputGradient(gradient: gradient), inputs: inputs + [other])
            return
        }
    }
}

/// The inputs are those of the gradient, then the other term.
private struct FusedInputGradient: Evaluable {
    var name: String { gradient.name }
    let gradient: ConvolutionInputGradient

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try gradient.evaluate(inputs, residual: inputs[2], context)
    }
}
