// The protocol of an operation: its shape rule, its work and its gradient, side by side. Its digest is
// derived from its attributes. Nodes, evaluator, gradients and feature cache use operations through this
// protocol only.

/// What is known about a tensor before its values are computed.
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

/// The arguments of an operation's gradient.
struct Backward {
    /// The operation's result.
    let result: Tensor
    let inputs: [Tensor]
    /// The gradient of the scalar by the result; it has the result's shape and type.
    let upstream: Tensor
    /// Which inputs' gradients are needed.
    let needs: [Bool]
}

/// Work on values that has one result: an operation, or a fused step that does the work of several.
protocol Evaluable: Sendable {
    /// The name that users see.
    var name: String { get }

    /// Does the work. It may overwrite and return an input whose storage has no other owner, but only once
    /// nothing can fail any more.
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
}

/// A tensor operation. A value of this type stores the attributes (axes, strides …); the inputs are passed
/// per call. Attributes are stored and encodable: the digest covers all of them (`OperationDigest`).
protocol Operation: Evaluable, Encodable {
    /// Shape, type and labels of the result.
    /// - Throws: `TensorError` in the user's terms if the inputs do not fit.
    func infer(_ inputs: [Signature]) throws -> Signature

    /// The gradients by the inputs; nil for an input without one.
    func gradient(_ g: Backward) throws -> [Tensor?]

    /// When the backward pass computes the result again rather than keep it.
    var recomputation: Recomputation { get }

    /// Whether the result may take the memory of an input of its size that nothing else uses.
    var overwritesInput: Bool { get }

    /// Whether row n of the result's first axis depends only on row n of the inputs that carry the batch, to
    /// the bit. All other inputs are the same for each sample.
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool

    /// The same operation for another batch size, if an attribute holds the batch size.
    func resized(batch: Int) -> any Operation

    /// The number of products that are summed, for operations that are matrix products in essence; 0 for all
    /// others.
    func multiplyAdds(_ inputs: [Signature], _ result: Signature) -> Int
}

extension Operation {
    func gradient(_ g: Backward) throws -> [Tensor?] {
        throw TensorError(.type, "\(name) has no gradient")
    }
    var recomputation: Recomputation { .never }
    var overwritesInput: Bool { false }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { false }
    func resized(batch: Int) -> any Operation { self }
    func multiplyAdds(_ inputs: [Signature], _ result: Signature) -> Int { 0 }
}

/// The rule for elementwise work: each input that carries the batch has it on the result's first axis, and
/// the others have one row or fewer axes.
func elementwiseKeepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
    zip(carried, inputs).allSatisfy { carried, input in
        carried ? input.rank == result.rank : input.rank < result.rank || input.shape[0] == 1
    }
}
