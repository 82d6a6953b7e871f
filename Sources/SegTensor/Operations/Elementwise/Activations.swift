// Activations beside those of `UnaryFunction`: ReLU with a slope below zero, with its gradient, and GELU by tanh.

import CKernels

extension Tensor {
    /// x where it is above 0, and `slope` times x elsewhere.
    public static func leakyReLU(_ x: Tensor, slope: Double) throws -> Tensor {
        let floats = x.dtype.isFloating ? x : try x.to(x.dtype.floating)
        return try make(LeakyReLUOperation(slope: slope), [floats])
    }

    /// The approximation 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))) of GELU.
    public static func geluByTanh(_ x: Tensor) throws -> Tensor {
        let inner = try (x + x * x * x * 0.044715) * (2 / Double.pi).squareRoot()
        return try x * 0.5 * (apply(.tanh, inner) + 1)
    }
}

struct LeakyReLUOperation: Operation {
    var name: String { "leaky_relu" }
    let slope: Double

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let isFree = inputs.isFree(0, for: result)
        let x = inputs[0]
        let out = isFree ? x : try TensorData(shape: x.shape, dtype: x.dtype, layout: x.layout, for: name)
        LeakyReLUOperation.scale(x, at: x, slope, into: out)
        return out
    }

    /// `a` where `at` is above 0, and `slope` times `a` elsewhere; all of one type and layout.
    static func scale(_ a: TensorData, at: TensorData, _ slope: Double, into out: TensorData) {
        if out.dtype == .float32 {
            Elementwise.blocks(out.count) { start, n in
                ew_leaky_relu_f32(
                    a.floats + start, at.floats + start, Float(slope), out.floats + start, n)
            }
        } else {
            let (from, sign, to) = (
                a.elements(Double.self), at.elements(Double.self), out.elements(Double.self)
            )
            for i in 0..<out.count { to[i] = sign[i] > 0 ? from[i] : slope * from[i] }
        }
    }

    var recomputation: Recomputation { .always }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        return [try Tensor.make(LeakyReLUGradient(slope: slope), [g.upstream, g.inputs[0]])]
    }
}

/// The upstream gradient where x is above 0, and `slope` times it elsewhere; from upstream and x.
struct LeakyReLUGradient: Operation {
    var name: String { "leaky_relu gradient" }
    let slope: Double

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let isFree = inputs.isFree(0, for: result)
        let u = inputs[0]
        let x = u.layout == .channelsLast ? try inputs[1].channelsLast() : try inputs[1].rowMajor()
        let out = isFree ? u : try TensorData(shape: u.shape, dtype: u.dtype, layout: u.layout, for: name)
        LeakyReLUOperation.scale(u, at: x, slope, into: out)
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        elementwiseKeepsSamples(carried, inputs, result)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(self, [g.upstream, g.inputs[1]]), nil]
    }
}
