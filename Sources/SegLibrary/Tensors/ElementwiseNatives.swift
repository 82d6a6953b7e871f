// Elementwise functions of plain numbers and of tensors.

import Glibc
import SegRuntime
import SegTensor

/// A native for a function of one number; a plain number gives a plain number.
private func elementwise(
    _ name: String, _ function: UnaryFunction, _ doc: String, examples: [String] = [],
    _ plain: @escaping @Sendable (Double) -> Double
) -> Native {
    Native("\(name)(x)", doc, examples: examples) { call in
        if let number = call.plainNumber(0) { return .number(plain(number)) }
        return .tensor(try Tensor.apply(function, try call.tensor(0)))
    }
}

/// A native for a condition on one number; a plain number gives a plain bool.
private func condition(
    _ name: String, _ function: UnaryFunction, _ doc: String, examples: [String],
    _ plain: @escaping @Sendable (Double) -> Bool
) -> Native {
    Native("\(name)(x)", doc, examples: examples) { call in
        if let number = call.plainNumber(0) { return .bool(plain(number)) }
        return .tensor(try Tensor.apply(function, try call.tensor(0)))
    }
}

/// A native for a function of two numbers; two plain numbers give a plain number.
private func elementwise(
    _ name: String, _ function: BinaryFunction, _ doc: String, examples: [String] = [],
    _ plain: @escaping @Sendable (Double, Double) -> Double
) -> Native {
    Native("\(name)(a, b)", doc, examples: examples) { call in
        if let a = call.plainNumber(0), let b = call.plainNumber(1) { return .number(plain(a, b)) }
        try call[0].asTensorValue?.checkCategories(call[1].asTensorValue)
        return .tensor(try Tensor.apply(function, try call.operand(0), try call.operand(1)))
    }
}

let elementwiseNatives: [Native] = [
    elementwise("abs", .abs, "The absolute value.", examples: ["print(abs(-3))  # expect: 3"]) {
        Swift.abs($0)
    },
    elementwise("exp", .exp, "e to the power of x.", examples: ["print(exp(0))  # expect: 1"]) {
        Glibc.exp($0)
    },
    elementwise("log", .log, "The natural logarithm.", examples: ["print(log(1))  # expect: 0"]) {
        Glibc.log($0)
    },
    elementwise("log2", .log2, "The logarithm to base 2.", examples: ["print(log2(8))  # expect: 3"]) {
        Glibc.log2($0)
    },
    elementwise("log10", .log10, "The logarithm to base 10.", examples: ["print(log10(1000))  # expect: 3"]) {
        Glibc.log10($0)
    },
    elementwise(
        "sqrt", .sqrt, "The square root.", examples: ["print(sqrt(tensor([4, 9])))  # expect: tensor([2, 3])"]
    ) {
        $0.squareRoot()
    },
    elementwise("sin", .sin, "The sine of an angle in radians.", examples: ["print(sin(0))  # expect: 0"]) {
        Glibc.sin($0)
    },
    elementwise("cos", .cos, "The cosine of an angle in radians.", examples: ["print(cos(0))  # expect: 1"]) {
        Glibc.cos($0)
    },
    elementwise("tanh", .tanh, "The hyperbolic tangent.", examples: ["print(tanh(0))  # expect: 0"]) {
        Glibc.tanh($0)
    },
    elementwise(
        "floor", .floor, "The largest whole number that is not above x.",
        examples: ["print(floor(2.7))  # expect: 2"]
    ) {
        $0.rounded(.down)
    },
    elementwise(
        "ceil", .ceil, "The smallest whole number that is not below x.",
        examples: ["print(ceil(2.1))  # expect: 3"]
    ) {
        $0.rounded(.up)
    },
    elementwise("sign", .sign, "-1, 0 or 1 by the sign of x.", examples: ["print(sign(-2))  # expect: -1"]) {
        $0 > 0 ? 1 : $0 < 0 ? -1 : $0
    },
    condition(
        "isnan", .isnan, "Whether x is not a number (`nan`, 0 / 0).",
        examples: [
            "print(isnan(tensor([1, nan])), isnan(1))  # expect: tensor([false, true], bool) false"
        ]
    ) { $0.isNaN },
    condition(
        "isfinite", .isfinite, "Whether x is neither infinite nor not a number.",
        examples: [
            "print(isfinite(tensor([1, inf])), isfinite(nan))  # expect: tensor([true, false], bool) false"
        ]
    ) { $0.isFinite },
    elementwise(
        "relu", .relu, "x where it is positive, else 0.",
        examples: [
            "print(relu(tensor([-1, 2])))  # expect: tensor([0, 2])"
        ]
    ) { $0 < 0 ? 0 : $0 },
    elementwise(
        "relu6", .relu6, "x between 0 and 6: min(max(x, 0), 6).",
        examples: ["print(relu6(tensor([-1, 2, 9])))  # expect: tensor([0, 2, 6])"]
    ) { min(max($0, 0), 6) },
    elementwise("sigmoid", .sigmoid, "1 / (1 + exp(-x)).", examples: ["print(sigmoid(0))  # expect: 0.5"]) {
        1 / (1 + Glibc.exp(-$0))
    },
    elementwise(
        "hardsigmoid", .hardsigmoid, "min(max(x + 3, 0), 6) / 6 (Howard et al. 2019).",
        examples: [
            "print(hardsigmoid(0))  # expect: 0.5"
        ]
    ) { min(max($0 + 3, 0), 6) / 6 },
    elementwise(
        "silu", .silu, "x * sigmoid(x), also called swish (Elfwing et al. 2018).",
        examples: ["print(silu(tensor([0, 1])))  # expect: tensor([0, 0.7310586])"]
    ) { $0 / (1 + Glibc.exp(-$0)) },
    Native(
        "gelu(x, approximate=\"none\")",
        "x times the share of a normal distribution below x (Hendrycks & Gimpel 2016). `approximate=\"tanh\"` "
            + "computes it by tanh.",
        examples: ["print(gelu(tensor([0, 1])))  # expect: tensor([0, 0.8413447])"]
    ) { call in
        let way = try call.string(1)
        guard way == "none" || way == "tanh" else {
            throw Failure(
                .value, "gelu: approximate is \(quotedText(way)); it is \"none\" or \"tanh\"", argument: 1)
        }
        if let x = call.plainNumber(0) {
            let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
            let share = way == "none" ? erf(x / 2.0.squareRoot()) : Glibc.tanh(inner)
            return .number(0.5 * x * (1 + share))
        }
        let x = try call.tensor(0)
        return .tensor(way == "none" ? try Tensor.apply(.gelu, x) : try Tensor.geluByTanh(x))
    },
    Native(
        "leaky_relu(x, negative_slope=0.01)",
        "x where it is above 0, and `negative_slope` times x elsewhere.",
        examples: ["print(leaky_relu(tensor([-1, 2]), 0.5))  # expect: tensor([-0.5, 2])"]
    ) { call in
        let slope = try call.number(1)
        if let x = call.plainNumber(0) { return .number(x > 0 ? x : slope * x) }
        return .tensor(try Tensor.leakyReLU(try call.tensor(0), slope: slope))
    },
    elementwise(
        "hardswish", .hardswish, "x * hardsigmoid(x) (Howard et al. 2019).",
        examples: [
            "print(hardswish(3))  # expect: 3"
        ]
    ) { $0 * min(max($0 + 3, 0), 6) / 6 },
    elementwise(
        "minimum", .minimum, "The smaller of two, element by element.",
        examples: [
            "print(minimum(tensor([1, 5]), 3))  # expect: tensor([1, 3])"
        ]
    ) { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) },
    elementwise(
        "maximum", .maximum, "The larger of two, element by element.",
        examples: [
            "print(maximum(tensor([1, 5]), 3))  # expect: tensor([3, 5])"
        ]
    ) { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) },
    Native(
        "round(x, decimals=0)",
        "The nearest number with so many decimals; halves are rounded to even, as in NumPy.",
        examples: ["print(round(2.5), round(3.14159, 2))  # expect: 2 3.14"]
    ) { call in
        let decimals = try call.integer(1)
        guard (-300...300).contains(decimals) else { throw call.wrong(1, "a whole number from -300 to 300") }
        // A power of ten above 1 is exact up to 10^22, one below 1 never is.
        let scale = pow(10, Double(decimals.magnitude))
        if let number = call.plainNumber(0) {
            let rounded =
                decimals < 0
                ? (number / scale).rounded(.toNearestOrEven) * scale
                : (number * scale).rounded(.toNearestOrEven) / scale
            return .number(rounded.isFinite ? rounded : number)
        }
        return .tensor(try call.tensor(0).rounded(decimals: decimals, scale: scale))
    },
    Native(
        "clamp(x, low=nil, high=nil)", "x, limited to at least `low` and at most `high`.",
        examples: ["print(clamp(tensor([-1, 0.5, 9]), 0, 1))  # expect: tensor([0, 0.5, 1])"]
    ) { call in
        if let x = call.plainNumber(0), call[1].isNil || call.plainNumber(1) != nil,
            call[2].isNil || call.plainNumber(2) != nil
        {
            let raised = call.plainNumber(1).map { x < $0 ? $0 : x } ?? x
            return .number(call.plainNumber(2).map { raised > $0 ? $0 : raised } ?? raised)
        }
        return .tensor(
            try call.tensor(0).clamp(min: try call.optionalOperand(1), max: try call.optionalOperand(2)))
    },
    Native(
        "where(condition, a, b)",
        "`a` where the condition is true, else `b`, element by element; all three pass on their labels.",
        examples: ["print(where(tensor([1, 0]) > 0, 10, 20))  # expect: tensor([10, 20])"]
    ) { call in
        if case .bool(let holds) = call[0], let a = call.plainNumber(1), let b = call.plainNumber(2) {
            return .tensor(try Tensor.scalar(holds ? a : b))
        }
        try call[1].asTensorValue?.checkCategories(call[2].asTensorValue)
        return .tensor(
            try Tensor.where(.tensor(try call.tensor(0)), try call.operand(1), try call.operand(2)))
    },
    Native(
        "to(t, dtype)",
        "The tensor with another type of number. Whole types drop the fraction. What does not fit becomes the nearest "
            + "number that does, and NaN 0; but whole numbers keep their low bits, as in NumPy.",
        examples: ["print(to(tensor([1.7]), int32))  # expect: tensor([1], int32)"]
    ) { call in
        if let name = call[1].asString, ["cuda", "cpu", "mps"].contains(name.split(separator: ":").first) {
            throw call.bad(
                1, "is \(quotedText(name))", help: "leave it out: everything runs on the processor")
        }
        return .tensor(try call.tensor(0).to(try call.dtype(1)), categories: call.categories(0))
    },
    Native(
        "allclose(a, b, rtol=1e-5, atol=1e-8)", "Whether |a - b| <= atol + rtol * |b| everywhere.",
        examples: ["print(allclose(tensor([1]), 1.000001))  # expect: true"]
    ) { call in
        try call[0].asTensorValue?.checkCategories(call[1].asTensorValue)
        return .bool(
            try Tensor.allclose(
                try call.tensor(0), try call.tensor(1), rtol: try call.number(2), atol: try call.number(3)))
    },
]

extension Tensor {
    /// Rounded to so many decimals by `scale`, the power of ten of their number. Whole numbers have no decimals, and are
    /// scaled as float64, since their own type could not hold the product; they keep their type, as in NumPy.
    fileprivate func rounded(decimals: Int, scale: Double) throws -> Tensor {
        if decimals == 0 || decimals > 0 && !dtype.isFloating { return try Tensor.apply(.round, self) }
        let whole = dtype == .bool ? DType.int64 : dtype
        if !dtype.isFloating {
            let tens = try Tensor.apply(.round, Tensor.apply(.divide, to(.float64), scale))
            return try Tensor.apply(.multiply, tens, scale).to(whole)
        }
        // Float32 holds no larger power of ten; what it holds is below half of one.
        if dtype == .float32, decimals < -38 {
            return try Tensor.where(
                .tensor(Tensor.apply(.isfinite, self)), .tensor(Tensor.apply(.multiply, self, 0)),
                .tensor(self))
        }
        if decimals < 0 {
            let tens = try Tensor.apply(.round, Tensor.apply(.divide, self, scale))
            return try Tensor.apply(.multiply, tens, scale)
        }
        // Numbers too large for the product have no decimals.
        let scaled = try Tensor.apply(.round, Tensor.apply(.multiply, self, scale))
        let isWithin = try Tensor.apply(.isfinite, scaled)
        return try Tensor.where(
            .tensor(isWithin), .tensor(Tensor.apply(.divide, scaled, scale)), .tensor(self))
    }
}
