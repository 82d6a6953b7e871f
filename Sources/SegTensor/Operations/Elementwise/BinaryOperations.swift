// Arithmetic, comparisons and logic on two tensors, or a tensor and a number: names, dtype rules, work and
// gradients.

import CKernels

/// A tensor or a plain number.
public enum Operand: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    case tensor(Tensor)
    case number(Double)

    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

/// Elementwise functions of two operands.
public enum BinaryFunction: String, CaseIterable, Sendable, Encodable {
    case add, subtract, multiply, divide, floorDivide, remainder, power, minimum, maximum
    case equal, notEqual, less, lessEqual, greater, greaterEqual
    case and, or, xor

    /// The operator in a script.
    var symbol: String {
        switch self {
        case .add: "+"
        case .subtract: "-"
        case .multiply: "*"
        case .divide: "/"
        case .floorDivide: "//"
        case .remainder: "%"
        case .power: "^"
        case .minimum: "minimum"
        case .maximum: "maximum"
        case .equal: "=="
        case .notEqual: "!="
        case .less: "<"
        case .lessEqual: "<="
        case .greater: ">"
        case .greaterEqual: ">="
        case .and: "&"
        case .or: "|"
        case .xor: "xor"
        }
    }

    var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual: true
        default: false
        }
    }

    var isLogical: Bool { self == .and || self == .or || self == .xor }

    /// The number of the function in the C kernels.
    var kernel: Int {
        switch self {
        case .add: EW_ADD
        case .subtract: EW_SUB
        case .multiply: EW_MUL
        case .divide: EW_DIV
        case .floorDivide: EW_FLOOR_DIV
        case .remainder: EW_MOD
        case .power: EW_POW
        case .minimum: EW_MIN
        case .maximum: EW_MAX
        case .equal: EW_EQ
        case .notEqual, .xor: EW_NE
        case .less: EW_LT
        case .lessEqual: EW_LE
        case .greater: EW_GT
        case .greaterEqual: EW_GE
        case .and, .or: 0
        }
    }

    /// The type of the computation, for two tensors.
    fileprivate func workType(_ a: DType, _ b: DType) -> DType {
        let common = DType.promoted(a, b)
        switch self {
        case .divide: return common.floating
        case .add, .subtract, .multiply, .floorDivide, .remainder, .power:
            return common == .bool ? .int64 : common
        default: return common
        }
    }

    /// The type of the computation, for a tensor and a number.
    fileprivate func workType(_ a: DType, number: Double) -> DType {
        let common = a.promoted(with: number)
        if self == .divide { return common.floating }
        if self == .power, number < 0, !common.isFloating { return .float64 }
        return common
    }
}

extension Tensor {
    /// An elementwise function of two operands; at least one is a tensor. Shapes broadcast.
    public static func apply(_ function: BinaryFunction, _ a: Operand, _ b: Operand) throws -> Tensor {
        switch (a, b) {
        case (.tensor(let a), .tensor(let b)):
            return try make(BinaryOperation(function: function), [a, b])
        case (.tensor(let a), .number(let b)):
            return try make(BinaryOperation(function: function, number: b), [a])
        case (.number(let a), .tensor(let b)):
            return try make(BinaryOperation(function: function, number: a, numberFirst: true), [b])
        case (.number(let a), .number):
            return try apply(function, .tensor(scalar(a)), b)
        }
    }

    public static func apply(_ function: BinaryFunction, _ a: Tensor, _ b: Tensor) throws -> Tensor {
        try make(BinaryOperation(function: function), [a, b])
    }
    public static func apply(_ function: BinaryFunction, _ a: Tensor, _ b: Double) throws -> Tensor {
        try make(BinaryOperation(function: function, number: b), [a])
    }

    /// Whether all elements are equal within `atol + rtol × |b|`; not-a-number equals nothing.
    public static func allclose(_ a: Tensor, _ b: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8) throws
        -> Bool
    {
        let (x, y) = (try a.to(.float64), try b.to(.float64))
        let shape = try Shape.broadcast(a.shape, b.shape)
        _ = try AxisLabels.merged([(a.shape, a.labels), (b.shape, b.labels)], into: shape)
        let (p, q) = try (
            x.relabelled([:]).expand(shape).doubles(), y.relabelled([:]).expand(shape).doubles()
        )
        for (u, v) in zip(p, q) where u != v {
            // An infinity is close to itself alone.
            guard u.isFinite, v.isFinite, (u - v).magnitude <= atol + rtol * v.magnitude else { return false }
        }
        return true
    }

    /// Sums over broadcast axes, so that a gradient gets its operand's shape.
    func summed(to target: [Int]) throws -> Tensor {
        if shape == target { return self }
        let lead = rank - target.count
        let axes = (0..<rank).filter { $0 < lead || (target[$0 - lead] == 1 && shape[$0] != 1) }
        return try Tensor.reduce(.sum, self, axes: axes, keepdims: true).reshape(target)
    }
}

/// One of `BinaryFunction`, on two tensors or a tensor and `number`.
struct BinaryOperation: Operation {
    let function: BinaryFunction
    var number: Double?
    var numberFirst = false

    var name: String { function.rawValue }

    func workType(_ types: [DType]) -> DType {
        number.map { function.workType(types[0], number: $0) } ?? function.workType(types[0], types[1])
    }

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature {
        if function.isLogical {
            for input in inputs where input.dtype != .bool || number != nil {
                throw TensorError(
                    .type, "\(function.symbol) needs bool tensors, got \(input.dtype.rawValue)",
                    help: "compare first, e.g. (x > 0) \(function.symbol) (y > 0)")
            }
        }
        let shape =
            inputs.count == 2 ? try Shape.broadcast(inputs[0].shape, inputs[1].shape) : inputs[0].shape
        let labels = try AxisLabels.merged(inputs.map { ($0.shape, $0.labels) }, into: shape)
        let isBool = function.isComparison || function.isLogical
        return Signature(shape, isBool ? .bool : workType(inputs.map(\.dtype)), labels: labels)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let type = workType(inputs.map(\.dtype))
        let reusable = inputs.indices.first { inputs.isFree($0, for: result) && inputs[$0].dtype == type }
        var operands = try inputs.map { try $0.converted(to: type) }
        if let number {
            operands.insert(try Elementwise.constant(number, type), at: numberFirst ? 0 : 1)
        }
        let loop = try BroadcastLoop(operands, shape: result.shape)
        let out: TensorData
        if let reusable, inputs[reusable].layout == loop.layout {
            out = inputs[reusable]
        } else {
            out = try TensorData(
                shape: result.shape, dtype: result.dtype, layout: loop.layout, for: name)
        }
        if function == .and || function == .or {
            Elementwise.logical(or: function == .or, loop, into: out)
        } else if function.isComparison || function == .xor {
            Elementwise.compare(function.kernel, loop, into: out)
        } else {
            Elementwise.binary(function.kernel, loop, into: out)
        }
        return out
    }

    var recomputation: Recomputation {
        function == .add || function == .subtract ? .withInputs : .never
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        elementwiseKeepsSamples(carried, inputs, result)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        guard let number else { return try gradientOfTwo(g) }
        return [try gradient(g, number)]
    }

    private func gradientOfTwo(_ g: Backward) throws -> [Tensor?] {
        let (a, b, u) = (g.inputs[0], g.inputs[1], g.upstream)
        let floats = try (a.floats(like: u), b.floats(like: u))
        func by(_ index: Int, _ make: () throws -> Tensor) throws -> Tensor? {
            guard g.needs[index] else { return nil }
            return try make().summed(to: g.inputs[index].shape).to(g.inputs[index].dtype)
        }
        switch function {
        case .add: return try [by(0) { u }, by(1) { u }]
        case .subtract: return try [by(0) { u }, by(1) { try -u }]
        case .multiply: return try [by(0) { try u * floats.1 }, by(1) { try u * floats.0 }]
        case .divide:
            return try [by(0) { try u / floats.1 }, by(1) { try -(u * g.result / floats.1) }]
        case .remainder:
            return try [by(0) { u }, by(1) { try -(u * Tensor.apply(.floorDivide, floats.0, floats.1)) }]
        case .power:
            return try [
                by(0) {
                    let slope = try Tensor.apply(.power, floats.0, Tensor.apply(.subtract, floats.1, 1))
                    // x ^ 0 is 1 also at 0, where the slope of the rule is no number.
                    let isFlat = try Tensor.apply(.equal, floats.1, 0)
                    return try Tensor.where(.tensor(isFlat), 0, .tensor(u * floats.1 * slope))
                },
                by(1) {
                    let logarithm = try Tensor.where(
                        .tensor(Tensor.apply(.greater, floats.0, 0)), .tensor(Tensor.apply(.log, floats.0)), 0
                    )
                    return try u * g.result * logarithm
                },
            ]
        case .minimum, .maximum:
            let first: BinaryFunction = function == .minimum ? .less : .greater
            func share(_ x: Tensor, _ y: Tensor) throws -> Tensor {
                let half = try Tensor.where(.tensor(Tensor.apply(.equal, x, y)), .tensor(u * 0.5), 0)
                return try Tensor.where(.tensor(Tensor.apply(first, x, y)), .tensor(u), .tensor(half))
            }
            return try [by(0) { try share(a, b) }, by(1) { try share(b, a) }]
        default: return [nil, nil]
        }
    }

    private func gradient(_ g: Backward, _ number: Double) throws -> Tensor? {
        let (x, u) = (g.inputs[0], g.upstream)
        switch function {
        case .add: return u
        case .subtract: return numberFirst ? try -u : u
        case .multiply: return try u * number
        case .divide: return numberFirst ? try -(u * g.result / x) : try u / number
        case .remainder:
            return numberFirst
                ? try
                    -(u
                    * Tensor.make(
                        BinaryOperation(function: .floorDivide, number: number, numberFirst: true), [x])) : u
        case .power where numberFirst: return try u * g.result * (number > 0 ? logarithm(number) : 0)
        case .power:
            if number == 0 { return nil }
            if number == 2 { return try u * x * 2 }
            return try u * (Tensor.apply(.power, x, number - 1) * number)
        case .minimum, .maximum:
            let first: BinaryFunction = function == .minimum ? .less : .greater
            let half = try Tensor.where(.tensor(Tensor.apply(.equal, x, number)), .tensor(u * 0.5), 0)
            return try Tensor.where(.tensor(Tensor.apply(first, x, number)), .tensor(u), .tensor(half))
        default: return nil
        }
    }
}

extension Tensor {
    /// Converted if the other operand's type requires it in a gradient.
    fileprivate func floats(like other: Tensor) throws -> Tensor { try to(other.dtype) }

    static func + (a: Tensor, b: Tensor) throws -> Tensor { try apply(.add, a, b) }
    static func - (a: Tensor, b: Tensor) throws -> Tensor { try apply(.subtract, a, b) }
    static func * (a: Tensor, b: Tensor) throws -> Tensor { try apply(.multiply, a, b) }
    static func / (a: Tensor, b: Tensor) throws -> Tensor { try apply(.divide, a, b) }
    static func + (a: Tensor, b: Double) throws -> Tensor { try apply(.add, a, b) }
    static func - (a: Tensor, b: Double) throws -> Tensor { try apply(.subtract, a, b) }
    static func * (a: Tensor, b: Double) throws -> Tensor { try apply(.multiply, a, b) }
    static func / (a: Tensor, b: Double) throws -> Tensor { try apply(.divide, a, b) }
    static prefix func - (a: Tensor) throws -> Tensor { try apply(.negate, a) }
}
