// Functions of one tensor: arithmetic, transcendental functions, rounding, activations; and the gradients of
// the activations, which have gradients themselves.

import CKernels
@preconcurrency import Glibc

func logarithm(_ x: Double) -> Double { log(x) }

/// Elementwise functions of one tensor.
public enum UnaryFunction: String, CaseIterable, Sendable, Encodable {
    case negate, abs, sign, floor, ceil, round, reciprocal, sqrt, square
    case exp, log, log2, log10, sin, cos, tanh
    case sigmoid, relu, relu6, hardswish, hardsigmoid, silu, gelu
    case not, isnan, isfinite

    var kernel: Int {
        switch self {
        case .negate: EW_NEG
        case .abs: EW_ABS
        case .sign: EW_SIGN
        case .floor: EW_FLOOR
        case .ceil: EW_CEIL
        case .round: EW_ROUND
        case .reciprocal: EW_RECIPROCAL
        case .sqrt: EW_SQRT
        case .square: EW_SQUARE
        case .exp: EW_EXP
        case .log: EW_LOG
        case .log2: EW_LOG2
        case .log10: EW_LOG10
        case .sin: EW_SIN
        case .cos: EW_COS
        case .tanh: EW_TANH
        case .sigmoid: EW_SIGMOID
        case .relu: EW_RELU
        case .relu6: EW_RELU6
        case .hardswish: EW_HARDSWISH
        case .hardsigmoid: EW_HARDSIGMOID
        case .silu: EW_SILU
        case .gelu: EW_GELU
        case .not, .isnan, .isfinite: 0
        }
    }

    /// The type of the result and of the computation.
    fileprivate func type(of x: DType) -> DType {
        switch self {
        case .not, .isnan, .isfinite: .bool
        case .negate, .abs, .sign, .floor, .ceil, .round, .square, .relu: x == .bool ? .int64 : x
        default: x.floating
        }
    }

    /// The activation in a convolution's epilogue.
    var epilogue: ConvolutionEpilogue.Activation? {
        switch self {
        case .relu: .relu
        case .relu6: .relu6
        case .hardswish: .hardswish
        case .hardsigmoid: .hardsigmoid
        case .sigmoid: .sigmoid
        default: nil
        }
    }
}

extension Tensor {
    /// An elementwise function of a tensor. Integers become float64 if the result is not a whole number.
    public static func apply(_ function: UnaryFunction, _ x: Tensor) throws -> Tensor {
        switch function {
        case .isnan: return try apply(.notEqual, x, x)
        case .isfinite: return try apply(.less, apply(.abs, x), Double.infinity)
        default: return try make(UnaryOperation(function: function), [x])
        }
    }

    /// Each value limited to `min...max`; either bound may be left out.
    public func clamp(min low: Operand? = nil, max high: Operand? = nil) throws -> Tensor {
        if dtype.isFloating, low.isNumberOrNil, high.isNumberOrNil {
            let operation = ClampOperation(
                low: low?.number ?? -Double.infinity, high: high?.number ?? Double.infinity)
            return try Tensor.make(operation, [self])
        }
        var result = self
        if let low { result = try Tensor.apply(.maximum, .tensor(result), low) }
        if let high { result = try Tensor.apply(.minimum, .tensor(result), high) }
        return result
    }
}

extension Operand {
    fileprivate var number: Double? {
        if case .number(let number) = self { return number }
        return nil
    }
}

extension Operand? {
    fileprivate var isNumberOrNil: Bool { self.map { $0.number != nil } ?? true }
}

/// One of `UnaryFunction`.
struct UnaryOperation: Operation {
    let function: UnaryFunction

    var name: String { function.rawValue }

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature {
        if function == .not, inputs[0].dtype != .bool {
            throw TensorError(
                .type, "! needs a bool tensor, got \(inputs[0].dtype.rawValue)",
                help: "compare first, e.g. !(x > 0)")
        }
        return Signature(inputs[0].shape, function.type(of: inputs[0].dtype), labels: inputs[0].labels)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let isFree = inputs[0].dtype == result.dtype && inputs.isFree(0, for: result)
        let x = try inputs[0].converted(to: result.dtype)
        let out = isFree ? x : try TensorData(shape: x.shape, dtype: x.dtype, layout: x.layout, for: name)
        Elementwise.unary(function.kernel, x, into: out)
        return out
    }

    var recomputation: Recomputation {
        switch function {
        case .hardswish, .hardsigmoid, .silu, .gelu: .always
        case .relu, .relu6: .withInputs
        default: .never
        }
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (x, y, u) = (g.inputs[0], g.result, g.upstream)
        switch function {
        case .hardswish, .hardsigmoid, .silu, .gelu, .abs: return [try activationGradient(u, x)]
        case .relu, .relu6, .sigmoid, .tanh, .sqrt: return [try activationGradient(u, y)]
        case .negate: return [try -u]
        case .reciprocal: return [try -(u * y * y)]
        case .square: return [try u * x * 2]
        case .exp: return [try u * y]
        case .log: return [try u / x]
        case .log2: return [try u / (x * Glibc.log(2.0))]
        case .log10: return [try u / (x * Glibc.log(10.0))]
        case .sin: return [try u * Tensor.apply(.cos, x)]
        case .cos: return [try -(u * Tensor.apply(.sin, x))]
        case .floor, .ceil, .round, .sign, .not, .isnan, .isfinite: return [nil]
        }
    }

    private func activationGradient(_ u: Tensor, _ of: Tensor) throws -> Tensor {
        try Tensor.make(ActivationGradientOperation(function: function), [u, of])
    }
}

/// upstream × f'(x), from the input of f, or from its result where that tells as much: for relu, relu6, sigmoid, tanh
/// and sqrt.
struct ActivationGradientOperation: Operation {
    let function: UnaryFunction

    var name: String { function.rawValue + " gradient" }

    private var kernel: Int {
        switch function {
        case .abs: EW_ABS_GRAD
        case .relu: EW_RELU_GRAD
        case .relu6: EW_RELU6_GRAD
        case .hardswish: EW_HARDSWISH_GRAD
        case .hardsigmoid: EW_HARDSIGMOID_GRAD
        case .silu: EW_SILU_GRAD
        case .gelu: EW_GELU_GRAD
        case .sigmoid: EW_SIGMOID_GRAD
        case .tanh: EW_TANH_GRAD
        default: EW_SQRT_GRAD
        }
    }

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let free = inputs.indices.first { inputs.isFree($0, for: result) && inputs[$0].dtype == result.dtype }
        let loop = try BroadcastLoop(inputs, shape: result.shape)
        let out: TensorData
        if let free, inputs[free].layout == loop.layout {
            out = inputs[free]
        } else {
            out = try TensorData(shape: result.shape, dtype: result.dtype, layout: loop.layout, for: name)
        }
        Elementwise.binary(kernel, loop, into: out)
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        elementwiseKeepsSamples(carried, inputs, result)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (u, x, v) = (g.inputs[0], g.inputs[1], g.upstream)
        let first = g.needs[0] ? try Tensor.make(self, [v, x]) : nil
        guard g.needs[1] else { return [first, nil] }
        switch function {
        case .sigmoid: return [first, try v * u * (-(x * 2) + 1)]
        case .tanh: return [first, try v * u * x * -2]
        case .sqrt: return [first, try -(v * g.result / x)]
        case .hardswish:
            // x (x + 3) / 6 has the second derivative 1/3 where hardsigmoid's first is 1/6.
            let inner = try Tensor.make(ActivationGradientOperation(function: .hardsigmoid), [v * u, x])
            return [first, try inner * 2]
        case .silu:
            let s = try Tensor.apply(.sigmoid, x)
            return [first, try v * u * s * (-s + 1) * (x * (-(s * 2) + 1) + 2)]
        case .gelu:
            let density = try Tensor.apply(.exp, x * x * -0.5) * (1 / (2 * Double.pi).squareRoot())
            return [first, try v * u * density * (-(x * x) + 2)]
        default: return [first, nil]
        }
    }
}
