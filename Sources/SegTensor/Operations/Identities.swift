// Cutting the thread of gradients: the same values, as constants.

extension Tensor {
    /// The same values; no gradient flows through.
    public func detached() throws -> Tensor { try Tensor.make(DetachOperation(), [self]) }
}

struct DetachOperation: Operation {
    let name = "no_grad"
    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        inputs[0]
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [nil] }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }
}
