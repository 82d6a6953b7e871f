// Softmax and its logarithm along an axis, and their gradient.

import CKernels

extension Tensor {
    /// exp(x) / sum(exp(x)) along an axis.
    public static func softmax(_ x: Tensor, axis: Int) throws -> Tensor {
        try softmax(x, axis, logarithm: false)
    }

    /// The logarithm of `softmax`.
    public static func logSoftmax(_ x: Tensor, axis: Int) throws -> Tensor {
        try softmax(x, axis, logarithm: true)
    }

    private static func softmax(_ x: Tensor, _ axis: Int, logarithm: Bool) throws -> Tensor {
        let name = logarithm ? "log_softmax" : "softmax"
        let axis = try Shape.axis(axis, rank: x.rank, in: name)
        let floats = x.dtype.isFloating ? x : try x.to(.float64)
        if floats.dtype == .float32 {
            return try make(SoftmaxOperation(logarithm: logarithm, axis: axis), [floats])
        }
        if x.shape[axis] == 0 { return floats }
        let shifted = try floats - reduce(.max, floats, axes: [axis], keepdims: true)
        let powers = try apply(.exp, shifted)
        let sum = try reduce(.sum, powers, axes: [axis], keepdims: true)
        return logarithm ? try shifted - apply(.log, sum) : try powers / sum
    }
}

struct SoftmaxOperation: Operation {
    let logarithm: Bool
    let axis: Int

    var name: String { logarithm ? "log_softmax" : "softmax" }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    /// The input with `axis` last in memory, and how to restore its order.
    static func arranged(_ x: TensorData, _ axis: Int) throws -> (data: TensorData, back: [Int]?) {
        let rank = x.shape.count
        if rank == 4, axis == 1 { return (try x.channelsLast(), nil) }
        let plain = try x.rowMajor()
        if axis == rank - 1 { return (plain, nil) }
        let order = (0..<rank).filter { $0 != axis } + [axis]
        var back = [Int](repeating: 0, count: rank)
        for (place, axis) in order.enumerated() { back[axis] = place }
        return (try permuted(plain, order), back)
    }

    static func permuted(_ x: TensorData, _ order: [Int]) throws -> TensorData {
        let strides = x.strides
        let out = try TensorData(shape: order.map { x.shape[$0] }, dtype: x.dtype)
        StridedCopy.run(
            shape: out.shape, elementSize: x.dtype.size, from: x.bytes, order.map { strides[$0] },
            to: out.bytes,
            out.strides)
        return out
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        if result.count == 0 { return inputs[0] }
        let (x, back) = try SoftmaxOperation.arranged(inputs[0], axis)
        let channels = result.shape[axis]
        let out = try TensorData(shape: x.shape, dtype: .float32, layout: x.layout, for: name)
        softmax_forward_f32(logarithm ? 1 : 0, x.floats, out.floats, x.count / channels, channels)
        return try back.map { try SoftmaxOperation.permuted(out, $0) } ?? out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { axis != 0 }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(SoftmaxGradient(logarithm: logarithm, axis: axis), [g.upstream, g.result])]
    }
}

/// Inputs: the upstream gradient and the result of softmax.
struct SoftmaxGradient: Operation {
    let logarithm: Bool
    let axis: Int

    var name: String { (logarithm ? "log_softmax" : "softmax") + " gradient" }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        if result.count == 0 { return inputs[0] }
        let (u, back) = try SoftmaxOperation.arranged(inputs[0], axis)
        let (y, _) = try SoftmaxOperation.arranged(inputs[1], axis)
        let channels = result.shape[axis]
        let out = try TensorData(shape: u.shape, dtype: .float32, layout: u.layout, for: name)
        softmax_backward_f32(logarithm ? 1 : 0, u.floats, y.floats, out.floats, u.count / channels, channels)
        return try back.map { try SoftmaxOperation.permuted(out, $0) } ?? out
    }
}
