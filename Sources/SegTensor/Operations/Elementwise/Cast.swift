// Conversion between element types.

extension Tensor {
    /// Converted to another type; floats lose their fraction when they become integers.
    public func to(_ dtype: DType) throws -> Tensor {
        dtype == self.dtype ? self : try Tensor.make(CastOperation(dtype: dtype), [self])
    }
}

/// Conversion to another type.
struct CastOperation: Operation {
    var name: String { "to" }
    let dtype: DType

    func infer(_ inputs: [Signature]) throws -> Signature {
        Signature(inputs[0].shape, dtype, labels: inputs[0].labels)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try inputs[0].converted(to: dtype)
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }

    func gradient(_ g: Backward) throws -> [Tensor?] { [try g.upstream.to(g.inputs[0].dtype)] }
}
