// What is computed together, or again for the backward pass, against the single steps: the same bits, with any number of
// threads.

import Testing

@testable import SegTensor

extension EvaluationTests {
    @Test func fusedAndThreadedResultsAreTheSameToTheBit() throws {
        let (frozen, head) = try Self.weights()
        let images = try Self.numbers([3, 3, 16, 20], 17)
        func features(_ n: Int?) throws -> Tensor {
            let x = try n.map { try images.get([.slice(from: $0, to: $0, inclusive: true)]) } ?? images
            let norm = try Tensor.batchNorm(
                .conv2d(x, frozen[0], padding: (1, 1)), mean: frozen[1], variance: frozen[2],
                weight: frozen[3],
                bias: frozen[4])
            return try Tensor.apply(.hardswish, norm)
                + Tensor.reduce(.mean, norm, axes: [2, 3], keepdims: true)
        }
        func plain(_ x: Tensor) throws -> Tensor {
            try Tensor.apply(
                .relu6,
                .batchNorm(
                    .conv2d(x, frozen[0], bias: frozen[4], padding: (1, 1)), mean: frozen[1],
                    variance: frozen[2],
                    weight: frozen[3], bias: frozen[4]) + Tensor.conv2d(x, frozen[0], padding: (1, 1)))
        }
        let fused = try Self.bits(plain(images))
        let context = EvaluationContext()
        context.fuses = false
        let stepwise = try EvaluationContext.$current.withValue(context) { try Self.bits(plain(images)) }
        #expect(stepwise == fused)
        func clamped() throws -> Tensor { try Tensor.conv2d(images, frozen[0]).clamp(min: 0, max: 6) }
        let inOne = try Self.bits(clamped())
        let inTwo = try EvaluationContext.$current.withValue(context) { try Self.bits(clamped()) }
        #expect(inOne == inTwo)
        let whole = try Self.bits(features(nil))
        var parts: [UInt32] = []
        for n in 0..<3 { parts += try Self.bits(features(n)) }
        #expect(whole == parts)
        #expect(head.count == 40)
        let threads = Parallel.threads
        defer { Parallel.threads = threads }
        Parallel.threads = 1
        #expect(try Self.bits(features(nil)) == whole)
        Parallel.threads = 2
        #expect(try Self.bits(features(nil)) == whole)
    }

    /// Norms of a batch with what follows them, in one pass or not, kept or computed again for the backward pass.
    @Test func whatIsComputedAgainIsTheSameToTheBit() throws {
        let images = try Self.numbers([3, 8, 9, 10], 23)
        let weights = try (0..<4).map { try Self.numbers([8, 8, 1, 1], 24 + $0) }
        let affine = try Self.numbers([8], 30)
        func run(isReadFirst: Bool) throws -> [[UInt32]] {
            let scope = TrackingScope()
            let leaves = try weights.map { try scope.track($0) }
            func block(_ x: Tensor, _ weight: Tensor) throws -> Tensor {
                let norm = try Tensor.batchNormTraining(.conv2d(x, weight), weight: affine, bias: affine)
                return norm.output
            }
            var x = try Tensor.apply(.relu, block(images, leaves[0]) + images)
            for leaf in leaves.dropFirst() { x = try Tensor.apply(.relu, block(x, leaf) + x) }
            x = try Tensor.apply(.hardswish, block(x, leaves[0]))
            let means = try Tensor.reduce(.mean, x, axes: [2, 3], keepdims: true)
            x = try Tensor.apply(.relu6, block(x * 3, leaves[1])) * means
            x = try .leakyReLU(block(x, leaves[2]), slope: -0.1).clamp(min: 0, max: 6)
            if isReadFirst { try Tensor.evaluate([x]) }
            let all = try gradients(of: .reduce(.sum, x * x), wrt: leaves)
            scope.end(from: [x])
            try Tensor.evaluate(all + [x])
            return try (all + [x]).map { try Self.bits($0) }
        }
        let again = try run(isReadFirst: false)
        #expect(try run(isReadFirst: true) == again)
        let context = EvaluationContext()
        context.fuses = false
        #expect(try EvaluationContext.$current.withValue(context) { try run(isReadFirst: false) } == again)
    }

    /// The rule of Adam, on tensors that are large enough to be computed block by block, of both layouts.
    @Test func arithmeticInOnePassIsTheSameToTheBit() throws {
        let shape = [4, 33, 40, 31]
        func run(_ p: Tensor, _ g: Tensor, _ mean: Tensor, _ square: Tensor) throws -> [[UInt32]] {
            let size = try Tensor.from([0.125], shape: [1])
            let (kept, added): (Double, Double) = (0.9, 0.1)
            let newMean = try mean * kept + g * added
            let newSquare = try square * kept + g * added * g
            let root = try Tensor.apply(.sqrt, newSquare) / 0.3 + 1e-8
            let quotient = try newMean * added / root
            let step = try p - quotient * size
            let distance = try Tensor.apply(.abs, p - g)
            let other = try Tensor.apply(.negate, distance) * 2 - g * p
            try Tensor.evaluate([newMean, newSquare, step, other])
            return try [newMean, newSquare, step, other].map { try Self.bits($0) }
        }
        func both(_ p: Tensor) throws {
            let others = try (1..<3).map { try Self.numbers(shape, 70 + $0) }
            let square = try others[1] * others[1]
            let fused = try run(p, others[0], others[1], square)
            let context = EvaluationContext()
            context.fuses = false
            let stepwise = try EvaluationContext.$current.withValue(context) {
                try run(p, others[0], others[1], square)
            }
            #expect(fused == stepwise)
        }
        try both(Self.numbers(shape, 70))
        try both(Tensor(Self.numbers(shape, 70).value().channelsLast()))
    }

    /// The gradients of a norm and of the activation after it, together and one by one.
    @Test(arguments: [UnaryFunction.relu, .relu6, .hardswish, .hardsigmoid, .sigmoid], [5, 16, 43])
    func theGradientsOfNormAndActivationAreTheStepwiseOnes(_ function: UnaryFunction, _ channels: Int) throws
    {
        let shape = [2, channels, 9, 7]
        let (x, other) = (try Self.numbers(shape, 60), try Self.numbers(shape, 61))
        let (weight, bias) = (try Self.numbers([channels], 62) * 3, try Self.numbers([channels], 63) * 2)
        func run(_ fuses: Bool) throws -> (bits: [[UInt32]], fused: Int) {
            let context = EvaluationContext()
            context.fuses = fuses
            return try EvaluationContext.$current.withValue(context) {
                let scope = TrackingScope()
                let leaves = try [x, weight, bias].map { try scope.track($0 * 4) }
                let normal = try Tensor.batchNormTraining(leaves[0], weight: leaves[1], bias: leaves[2])
                    .output
                let y = try Tensor.apply(function, normal) * other
                let found = try gradients(of: Tensor.reduce(.sum, y), wrt: leaves)
                scope.end(from: [y])
                let roots = found.map(\.node)
                let plan = Fusion.plan(Evaluator.pending(roots), roots: roots)
                try Tensor.evaluate(found)
                return (
                    try found.map { try Self.bits($0) },
                    plan.steps.values.count { $0.operation.name == "batch_norm gradient" }
                )
            }
        }
        let (fused, stepwise) = (try run(true), try run(false))
        #expect(fused.bits == stepwise.bits)
        // The sums, and the gradient by the input.
        #expect(fused.fused == (function == .sigmoid ? 0 : 2))
    }

    /// The gradients by a map that several convolutions read: added to one another within them, and one by one.
    @Test func sumsOfGradientsAreTheStepwiseOnes() throws {
        let images = try Self.numbers([2, 32, 33, 35], 80)
        let (point, three) = (
            try Self.numbers([40, 32, 1, 1], 81), try Self.numbers([32, 32, 3, 3], 82)
        )
        let (grouped, depthwise) = (
            try Self.numbers([32, 8, 3, 3], 83), try Self.numbers([32, 1, 3, 3], 84)
        )
        func run(_ fuses: Bool) throws -> (bits: [UInt32], fused: Int) {
            let context = EvaluationContext()
            context.fuses = fuses
            return try EvaluationContext.$current.withValue(context) {
                let scope = TrackingScope()
                let x = try scope.track(images * 2)
                let branches = [
                    x, try Tensor.conv2d(x, point), try Tensor.conv2d(x, three, padding: (1, 1)),
                    try Tensor.conv2d(x, point, stride: (2, 3)),
                    try Tensor.conv2d(x, three, padding: (9, 9), dilation: (9, 9)),
                    try Tensor.conv2d(x, grouped, groups: 4), try Tensor.conv2d(x, depthwise, groups: 32),
                ]
                let sums = try branches.map { try Tensor.reduce(.sum, $0 * $0) }
                let total = try sums.dropFirst().reduce(sums[0], +)
                let found = try gradients(of: total, wrt: [x])
                scope.end(from: [total])
                let roots = found.map(\.node)
                let plan = Fusion.plan(Evaluator.pending(roots), roots: roots)
                try Tensor.evaluate(found)
                let fused = plan.steps.values.count { $0.operation.name == ConvolutionInputGradient.gradient }
                return (try Self.bits(found[0]), fused)
            }
        }
        let (fused, stepwise) = (try run(true), try run(false))
        #expect(fused.bits == stepwise.bits)
        // All but the depthwise one, which is added in a step of its own.
        #expect(fused.fused == 5)
    }

    @Test func theFusedLossIsTheStepwiseLoss() throws {
        let logits = try Self.numbers([2, 5, 6, 7], 21)
        let target = try Tensor.from(
            Fixtures.uniform(22, 2 * 16 * 20).map { ($0 * 5).rounded(.down) }, shape: [2, 16, 20],
            dtype: .uint8)
        let weights = try Tensor.from([1, 0, 2, 0.5, 1], shape: [5])
        func run() throws -> [[Double]] {
            let scope = TrackingScope()
            let leaf = try scope.track(logits)
            let full = try Tensor.interpolate(leaf, size: (16, 20))
            let loss = try Tensor.crossEntropy(full, target, weight: weights, ignoreIndex: 3, smoothing: 0.1)
            let gradient = try gradients(of: loss, wrt: [leaf])[0]
            let classes = try full.argmax(axis: 1)
            let confusion = try Tensor.confusion(classes, target, classes: 5, ignoreIndex: 3)
            let bySample = try Tensor.confusion(
                full.argmax(axis: 1), target, classes: 5, ignoreIndex: 3, isPerSample: true)
            scope.end(from: [loss])
            let both = try [loss, gradient, confusion, full.argmax(axis: 1, keepdims: true), bySample]
            try Tensor.evaluate(both)
            return try both.map { try $0.doubles() }
        }
        let fused = try run()
        let context = EvaluationContext()
        context.fuses = false
        let stepwise = try EvaluationContext.$current.withValue(context) { try run() }
        #expect(abs(fused[0][0] - stepwise[0][0]) < 1e-6)
        let largest = stepwise[1].map(abs).max() ?? 0
        #expect(zip(fused[1], stepwise[1]).allSatisfy { abs($0 - $1) <= 2e-6 * largest + 1e-9 })
        #expect(fused[2] == stepwise[2])
        #expect(fused[4] == stepwise[4])
        let (first, second) = (fused[4].prefix(25), fused[4].dropFirst(25))
        let both: [Double] = zip(first, second).map { pair in pair.0 + pair.1 }
        #expect(both == fused[2])
        let alone = try Tensor.interpolate(logits, size: (16, 20)).argmax(axis: 1)
        #expect(try alone.doubles() == stepwise[3])
        let convolved = try Tensor.conv2d(logits, .ones([5, 5, 1, 1]))
        let sum = try Tensor.interpolate(
            convolved + Tensor.conv2d(logits, .ones([5, 5, 1, 1])), size: (16, 20))
        #expect(try Tensor.confusion(sum.argmax(axis: 1), target, classes: 5).doubles().reduce(0, +) == 640)
        #expect(fused[3] == stepwise[3])
    }
}
