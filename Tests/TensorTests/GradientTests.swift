// Walks the table of operations: each row's gradient against finite differences, and gradients of gradients
// where the row promises them. A row without a case fails, and so does a case that does not pass through its row's
// operation.

import Testing

@testable import SegTensor

/// One check: a function of some inputs that passes through the operations it is named for.
struct GradientCase {
    let inputs: [Tensor]
    /// Kernels for layers know float32 alone; everything else is checked in float64.
    var isSingle = false
    /// The step of the difference; layers that are linear in each input allow a large one.
    var step = 1e-5
    let function: ([Tensor]) throws -> Tensor
}

enum GradientCases {
    static func numbers(
        _ shape: [Int], _ code: Int, scale: Double = 1, offset: Double = 0, _ dtype: DType = .float64
    ) throws -> Tensor {
        let values = Fixtures.uniform(code, Shape.count(shape)).map { offset + scale * (2 * $0 - 1) }
        return try .from(values, shape: shape, dtype: dtype)
    }

    static func make() throws -> [String: GradientCase] {
        var cases: [String: GradientCase] = [:]
        let x = try numbers([3, 4], 1, scale: 2)
        let y = try numbers([4], 2, scale: 0.4, offset: 1)
        let positive = try numbers([3, 4], 3, scale: 0.4, offset: 1)
        for function in [
            BinaryFunction.add, .subtract, .multiply, .divide, .remainder, .power, .minimum, .maximum,
        ] {
            let first = function == .power ? positive : x
            cases[function.rawValue] = GradientCase(inputs: [first, y]) { xs in
                let both = try Tensor.apply(function, xs[0], xs[1])
                let number = try Tensor.apply(function, .tensor(xs[0]), 1.5)
                // A number's multiple of a remainder would be a kink; the others take both sides.
                if function == .remainder { return try both + number }
                return try both + number + Tensor.apply(function, 1.25, .tensor(xs[1]))
            }
        }
        for function in UnaryFunction.allCases {
            switch function {
            case .floor, .ceil, .round, .sign, .not, .isnan, .isfinite: continue
            default:
                let needsPositive = [.sqrt, .log, .log2, .log10, .reciprocal].contains(function)
                cases[function.rawValue] = GradientCase(inputs: [needsPositive ? positive : x]) {
                    try Tensor.apply(function, $0[0])
                }
            }
        }
        for function in OperationRow.gradients {
            let operation = ActivationGradientOperation(function: function)
            let second = function == .sqrt ? positive : try x * 0.9
            cases[operation.name] = GradientCase(inputs: [x, second]) {
                try Tensor.make(operation, $0)
            }
        }
        for reduction in [Reduction.sum, .mean, .min, .max, .prod] {
            cases[reduction.rawValue] = GradientCase(inputs: [try numbers([2, 3, 4], 4)]) {
                try Tensor.reduce(reduction, $0[0], axes: [0, 2], keepdims: true)
            }
        }
        try arrangement(x, &cases)
        try layers(&cases)
        return cases
    }

    private static func arrangement(_ x: Tensor, _ cases: inout [String: GradientCase]) throws {
        let index = try Tensor.from([2, 0, 2], shape: [3], dtype: .int64)
        func add(_ name: String, _ inputs: [Tensor], _ function: @escaping ([Tensor]) throws -> Tensor) {
            cases[name] = GradientCase(inputs: inputs, function: function)
        }
        let y = try numbers([3, 4], 5)
        add("pass", [x]) { try Tensor.variable($0[0] * 2) * $0[0] }
        add("labels", [x]) { try ($0[0] * $0[0]).labelled(axis: 0, AxisLabels(["a", "b", "c"])) }
        add("to", [x]) { try $0[0].to(.float32).to(.float64) }
        cases["to"]?.step = 0.25
        add("where", [x, y]) {
            try .where(.tensor(.apply(.greater, $0[0], 0.1)), .tensor($0[0]), .tensor($0[1]))
        }
        add("clamp", [x]) { try $0[0].clamp(min: -0.5, max: 0.7) * $0[0] }
        add("leaky_relu", [x]) { try .leakyReLU($0[0], slope: 0.2) * $0[0] }
        add("leaky_relu gradient", [x, y]) { try .make(LeakyReLUGradient(slope: 0.2), $0) }
        add("clamp gradient", [x, y]) { try .make(ClampGradient(low: -0.5, high: 0.7), $0) }
        add("cumsum", [x]) { try $0[0].cumsum(axis: 1) * $0[0] }
        add("reshape", [x]) { try $0[0].reshape([2, 6]) }
        add("permute", [x]) { try $0[0].transpose() }
        add("expand", [try numbers([3, 1], 6)]) { try $0[0].expand([2, 3, 4]) }
        add("flip", [x]) { try $0[0].flip(axes: [1]) }
        add("pad", [x]) { try $0[0].pad([(1, 0), (2, 1)], value: 3) }
        add("cat", [x, y]) { try .cat([$0[0], $0[1]], axis: 1) }
        add("stack", [x, y]) { try .stack([$0[0], $0[1]], axis: 1) }
        add("slice", [x]) { try $0[0].get([.at(1), .slice(from: 1, to: -1, inclusive: true)]) }
        add("assign", [x, try numbers([2], 7)]) { xs in
            let once = try xs[0].setting(
                [.at(0), .slice(from: 0, to: 2, inclusive: false)], to: .tensor(xs[1]))
            let places = try Tensor.from([0, 2], shape: [2], dtype: .int64)
            return try once.setting([.at(1), .tensor(places)], to: .tensor(xs[1])).setting([.at(2)], to: 4)
        }
        add("take", [x]) { try $0[0].get([.tensor(index)]) }
        add("take gradient", [x]) { try .make(TakeAddOperation(axis: 0, length: 5), [$0[0], index]) }
        let places = try Tensor.from([1, 0, 3, 3, 2, 2], shape: [3, 2], dtype: .int64)
        add("gather", [x]) { try $0[0].gather(axis: 1, index: places) }
        add("gather gradient", [try numbers([3, 2], 8)]) {
            try .make(GatherAddOperation(axis: 1, length: 4), [$0[0], places])
        }
        add("matmul", [try numbers([2, 3, 4], 9), try numbers([4, 2], 10)]) { try .matmul($0[0], $0[1]) }
        add("dropout", [x]) { try .dropout($0[0], p: 0.4, key: RandomKey(seed: 3)) }
    }

    private static func layers(_ cases: inout [String: GradientCase]) throws {
        let map = try numbers([2, 3, 5, 4], 11, .float32)
        let weight = try numbers([4, 3, 3, 3], 12, .float32)
        let bias = try numbers([4], 13, .float32)
        let attributes = ConvolutionAttributes(
            stride: .init(2, 1), padding: .init(1, 1), dilation: .init(1, 1), groups: 1)
        func add(
            _ name: String, step: Double, _ inputs: [Tensor],
            _ function: @escaping ([Tensor]) throws -> Tensor
        ) {
            cases[name] = GradientCase(inputs: inputs, isSingle: true, step: step, function: function)
        }
        add("conv2d", step: 0.25, [map, weight, bias]) {
            try .conv2d($0[0], $0[1], bias: $0[2], stride: (2, 1), padding: (1, 1))
        }
        let upstream = try numbers([2, 4, 3, 4], 14, .float32)
        add(ConvolutionInputGradient.gradient, step: 0.25, [upstream, weight]) {
            let operation = ConvolutionInputGradient(
                name: ConvolutionInputGradient.gradient, attributes: attributes, shape: map.shape)
            return try .make(operation, $0)
        }
        let transposed = try (numbers([3, 2, 2, 3], 18, .float32), numbers([2], 19, .float32))
        add("conv_transpose2d", step: 0.25, [map, transposed.0, transposed.1]) {
            try .convTranspose2d($0[0], $0[1], bias: $0[2], stride: (2, 1), padding: (0, 1))
        }
        add("conv2d gradient by the weight", step: 0.25, [map, upstream]) {
            try .make(ConvolutionWeightGradient(attributes: attributes, shape: weight.shape), $0)
        }
        let three = try (numbers([3], 15, .float32), numbers([3], 16, scale: 0.4, offset: 1, .float32))
        add("batch_norm", step: 0.02, [map, three.1, three.0]) {
            let evaluated = try Tensor.batchNorm(
                $0[0], mean: three.0, variance: three.1, weight: $0[1], bias: $0[2])
            return try evaluated + Tensor.batchNormTraining($0[0], weight: $0[1], bias: $0[2]).output
        }
        add("batch statistics", step: 0.02, [map]) {
            let result = try Tensor.batchNormTraining($0[0])
            return try Tensor.stack([result.mean, result.variance])
        }
        add("max_pool2d", step: 1e-3, [map]) { try .maxPool2d($0[0], kernel: (2, 2), stride: (1, 1)) }
        add("avg_pool2d", step: 0.25, [map]) { try .avgPool2d($0[0], kernel: (3, 3), padding: (1, 1)) }
        add("avg_pool2d gradient", step: 0.25, [map]) {
            let window = PoolingWindow(
                name: "avg_pool2d", kernel: (2, 2), stride: (2, 2), padding: (0, 0), dilation: (1, 1),
                ceilMode: false)
            return try .make(
                AveragePoolGradient(window: window, countsPadding: true, shape: [2, 3, 10, 8]), $0)
        }
        add("interpolate", step: 0.25, [map]) { try .interpolate($0[0], size: (7, 9)) }
        add("interpolate gradient", step: 0.25, [map]) {
            try .make(InterpolateGradient(shape: [2, 3, 2, 3], mode: .bilinear), $0)
        }
        add("softmax", step: 0.01, [map]) { try .softmax($0[0], axis: 1) }
        add("log_softmax", step: 0.01, [map]) { try .logSoftmax($0[0], axis: 2) }
        let target = try Tensor.from(
            Fixtures.uniform(17, 40).map { ($0 * 3).rounded(.down) }, shape: [2, 5, 4], dtype: .uint8)
        let weights = try Tensor.from([1, 0.5, 2], shape: [3])
        add("nll_loss", step: 0.25, [map]) {
            try .nllLoss($0[0], target, weight: weights, ignoreIndex: 1, smoothing: 0.1)
        }
    }
}

struct GradientTests {
    /// sum(f(x) · cotangent): one number that depends on every element.
    private static func scalar(_ y: Tensor) throws -> Tensor {
        let cotangent = try Fixtures.cotangent(99, y.shape, dtype: y.dtype)
        return try Tensor.reduce(.sum, (y.relabelled([:]) * cotangent).to(.float64))
    }

    /// Gradients by each input, as tensors that depend on tracked leaves.
    private static func gradient(_ one: GradientCase, _ leaves: [Tensor]) throws -> [Tensor] {
        try gradients(of: scalar(one.function(leaves)), wrt: leaves)
    }

    @Test func everyRowHasACaseAndItsGradientIsTheDifference() throws {
        let cases = try GradientCases.make()
        for row in OperationRow.all where row.gradient != .none {
            for name in row.names {
                guard let one = cases[name] else {
                    Issue.record("no gradient case for \(name)")
                    continue
                }
                do {
                    try Self.check(name, row, one)
                } catch {
                    Issue.record("\(name): \(error)")
                }
            }
        }
    }

    private static func check(_ name: String, _ row: OperationRow, _ one: GradientCase) throws {
        let scope = TrackingScope()
        let leaves = try one.inputs.map { try scope.track($0) }
        let met = MetOperation.all(below: [try one.function(leaves)])
        #expect(
            met.contains(MetOperation(row.type, name)),
            "the case of \(name) does not pass through \(row.type)")
        let found = try gradient(one, leaves)
        // Along one direction for each input: the difference of the function is the gradient's product.
        for place in one.inputs.indices {
            let direction = try Fixtures.cotangent(
                55 + place, one.inputs[place].shape, dtype: one.inputs[place].dtype)
            func moved(_ by: Double) throws -> Tensor {
                var inputs = one.inputs
                inputs[place] = try inputs[place] + direction * by
                return try scalar(one.function(inputs))
            }
            let (up, down) = (try moved(one.step).item(), try moved(-one.step).item())
            let difference = (up - down) / (2 * one.step)
            let product = try Tensor.reduce(.sum, (found[place] * direction).to(.float64)).item()
            let tolerance = one.isSingle ? 2e-3 : name == "to" ? 1e-5 : 1e-6
            #expect(
                abs(difference - product) <= tolerance * max(1, abs(product)),
                "\(name), input \(place): difference \(difference), gradient \(product)")
        }
        if row.gradient == .twice { try checkTwice(name, one, leaves, found) }
        let unlisted = MetOperation.unlisted(below: found)
        #expect(unlisted.isEmpty, "\(name): no row for \(unlisted)")
        scope.end(from: found)
    }

    /// The gradient of a function of the gradients, against differences of the gradients.
    private static func checkTwice(_ name: String, _ one: GradientCase, _ leaves: [Tensor], _ found: [Tensor])
        throws
    {
        let joined = try found.map { try scalar($0) }
        let total = try joined.dropFirst().reduce(joined[0]) { try $0 + $1 }
        let second = try gradients(of: total, wrt: leaves)
        for place in one.inputs.indices {
            let direction = try Fixtures.cotangent(
                65 + place, one.inputs[place].shape, dtype: one.inputs[place].dtype)
            func moved(_ by: Double) throws -> Double {
                var inputs = one.inputs
                inputs[place] = try inputs[place] + direction * by
                let inner = TrackingScope()
                let fresh = try inputs.map { try inner.track($0) }
                let parts = try gradient(one, fresh).map { try scalar($0).item() }
                return parts.reduce(0, +)
            }
            let difference = (try moved(one.step) - moved(-one.step)) / (2 * one.step)
            let product = try Tensor.reduce(.sum, (second[place] * direction).to(.float64)).item()
            let tolerance = one.isSingle ? 2e-3 : 2e-5
            #expect(
                abs(difference - product) <= tolerance * max(1, abs(product)),
                "\(name) twice, input \(place): difference \(difference), gradient \(product)")
        }
    }
}
