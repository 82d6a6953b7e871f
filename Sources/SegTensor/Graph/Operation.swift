// What an operation must say of itself: its shape rule, its work and its gradient, side by side. Its digest follows
// from its attributes. Nodes, evaluator, gradients and feature cache know operations by this protocol alone.

/// What is known of a tensor before its values are.
public struct Signature: Sendable, Equatable {
    public var shape: [Int]
    public var dtype: DType
    /// Labels by axis.
    public var labels: [Int: AxisLabels]

    public init(_ shape: [Int], _ dtype: DType, labels: [Int: AxisLabels] = [:]) {
        self.shape = shape
        self.dtype = dtype
        self.labels = labels
    }

    public var rank: Int { shape.count }
    public var count: Int { Shape.count(shape) }
}

/// What an operation is given to find its gradient by.
struct Backward {
    /// The operation's result.
    let result: Tensor
    let inputs: [Tensor]
    /// The gradient of the scalar by the result; of the result's shape and type.
    let upstream: Tensor
    /// Which inputs' gradients are asked for.
    let needs: [Bool]
}

/// Work on values that has one result: an operation, or a fused step that does the work of several.
protocol Evaluable: Sendable {
    /// The name a user knows it by.
    var name: String { get }

    /// The work. An input whose storage nobody else holds may be overwritten and handed back, but only after
    /// nothing can fail any more.
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
}

/// A tensor operation. A value of this kind holds the attributes (axes, strides …); the inputs come by call. Attributes
/// are stored and encodable: its digest is made of all of them (`OperationDigest`).
protocol Operation: Evaluable, Encodable {
    /// Shape, type and labels of the result.
    /// - Throws: `TensorError` in the user's terms where the inputs do not fit.
    func infer(_ inputs: [Signature]) throws -> Signature

    /// The gradients by the inputs, nil where there is none to give.
    func gradient(_ g: Backward) throws -> [Tensor?]

    /// Whether row n of the result's first axis depends only on row n of the inputs that carry the batch (all
    /// others being the same for each sample), to the bit.
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool

    /// The same operation for another batch size, where an attribute holds it.
    func resized(batch: Int) -> any Operation

    /// How many products are summed up, for those that are matrix products at heart; 0 for all others.
    func multiplyAdds(_ inputs: [Signature], _ result: Signature) -> Int
}

extension Operation {
    func gradient(_ g: Backward) throws -> [Tensor?] {
        throw TensorError(.type, "\(name) has no gradient")
    }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { false }
    func resized(batch: Int) -> any Operation { self }
    func multiplyAdds(_ inputs: [Signature], _ result: Signature) -> Int { 0 }
}

/// The rule of elementwise work: each input that carries the batch has it on the result's first axis, and
/// the others have one row or fewer axes.
func elementwiseKeepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
    zip(carried, inputs).allSatisfy { carried, input in
        carried ? input.rank == result.rank : input.rank < result.rank || input.shape[0] == 1
    }
}
