// Operations that pass on their input: the same value under another name, with other labels, or without a
// gradient.

extension Tensor {
    /// The same values; no gradient flows through.
    public func detached() throws -> Tensor { try Tensor.make(DetachOperation(), [self]) }
}

/// The same value as a constant.
struct DetachOperation: Operation {
    var name: String { "no_grad" }
    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        inputs[0]
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [nil] }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }
}

/// Passes on its input: a variable's alias, a tracked leaf.
struct PassOperation: Operation {
    var name: String { "pass" }
    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        inputs[0]
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [g.upstream] }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }
}

/// Sets labels; the value is shared.
struct RelabelOperation: Operation {
    var name: String { "labels" }
    let labels: [Int: AxisLabels]
    func infer(_ inputs: [Signature]) throws -> Signature {
        Signature(inputs[0].shape, inputs[0].dtype, labels: labels)
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        inputs[0]
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [g.upstream] }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        labels[0] == nil
    }
}
