// The evaluator: depth, sharing, memory, interrupts, errors that appear late, and bits that do not depend on
// threads or batch.

import SegSystem
import Synchronization
import Testing

@testable import SegTensor

struct EvaluationTests {
    static func numbers(_ shape: [Int], _ code: Int) throws -> Tensor {
        try .from(Fixtures.uniform(code, Shape.count(shape)).map { 2 * $0 - 1 }, shape: shape)
    }

    static func bits(_ tensor: Tensor) throws -> [UInt32] {
        let data = try tensor.value().rowMajor()
        return (0..<data.count).map { data.floats[$0].bitPattern }
    }

    @Test func longChainsAreComputedAndReleasedWithoutRecursion() throws {
        var total = try Tensor.scalar(0)
        let one = try Tensor.scalar(1)
        for _ in 0..<12_000 { total = try total + one }
        #expect(total.node.depth <= 10_001)
        #expect(try total.item() == 12_000)
        // A tracked chain keeps its inputs until the scope ends.
        let scope = TrackingScope()
        let leaf = try scope.track(one)
        var sum = leaf
        for _ in 0..<12_000 { sum = try sum + leaf }
        let gradient = try gradients(of: sum, wrt: [leaf])[0]
        scope.end(from: [sum])
        #expect(try gradient.item() == 12_001)
    }

    @Test func sharedWorkIsDoneOnceAndMemoryIsFreedAtLastUse() throws {
        let calls = Mutex(0)
        let digest = Digest("source")
        let source = try Tensor.source(shape: [1000, 1000], dtype: .float32, digest: digest) {
            calls.withLock { $0 += 1 }
            let data = try TensorData(shape: [1000, 1000], dtype: .float32)
            Elementwise.fill(data, 2)
            return data
        }
        func chain() throws -> Tensor {
            var x = try source + 1
            for _ in 0..<20 { x = try Tensor.apply(.sin, x) }
            return x
        }
        // The memory is that of the process, in which other tests run too: what they take and free differs each time.
        var held: [Int] = []
        for _ in 0..<10 {
            let results = [try Tensor.reduce(.sum, chain()), try Tensor.reduce(.max, chain())]
            let before = MemoryBudget.process.counted
            try Tensor.evaluate(results)
            held.append(MemoryBudget.process.counted - before)
        }
        #expect(calls.withLock { $0 } == 1)
        // The source is held; nothing of the chains is, which are 80 MB.
        #expect(try #require(held.min()) < 6 << 20)
    }

    @Test func aValueIsNotWrittenOverWhileItCanBeSeen() throws {
        let x = try Self.numbers([64], 3)
        let before = try x.doubles()
        let y = try Tensor.apply(.exp, x)
        let z = try y + 1
        _ = try z.doubles()
        #expect(try x.doubles() == before)
        let shown = try y.doubles()
        _ = try Tensor.apply(.multiply, y, 3).doubles()
        #expect(try y.doubles() == shown)
        // Changing one place does not change the other name.
        let changed = try x.setting([.at(0)], to: 9)
        _ = try changed.doubles()
        #expect(try x.doubles() == before)
    }

    @Test func anInterruptLeavesEverythingWhole() throws {
        let count = Mutex(0)
        let context = EvaluationContext()
        context.interrupted = {
            count.withLock { count in
                count += 1
                return count == 5
            }
        }
        try EvaluationContext.$current.withValue(context) {
            var x = try Self.numbers([32], 5)
            for _ in 0..<10 { x = try Tensor.apply(.sin, x) }
            #expect { try x.doubles() } throws: { ($0 as? TensorError)?.kind == .interrupt }
            let values = try x.doubles()
            #expect(values.allSatisfy { $0.isFinite })
        }
    }

    /// Operations that overwrite what they are computed from, interrupted at any of their tiles and computed again.
    @Test func anInterruptLeavesNothingHalfOverwritten() throws {
        let x = try Self.numbers([1 << 21], 5)
        try Tensor.evaluate([x])
        let operations: [(Tensor) throws -> Tensor] = [
            { try Tensor.apply(.exp, $0) }, { try $0 * 3 }, { try $0.clamp(min: -0.5, max: 0.5) },
            { try Tensor.leakyReLU($0, slope: 0.5) },
            { try Tensor.dropout($0, p: 0.5, key: RandomKey(seed: 1)) },
            { try $0.setting([.slice(from: 3, to: 1 << 20, inclusive: true)], to: 9) },
            { try $0 * 2 - $0 / 3 + 1 },
        ]
        for (number, operation) in operations.enumerated() {
            let whole = try Self.bits(operation(x * 2))
            var interrupts = 0
            for last in 1...12 {
                let count = Mutex(0)
                let context = EvaluationContext()
                context.interrupted = {
                    count.withLock { count in
                        count += 1
                        return count == last
                    }
                }
                let again = try EvaluationContext.$current.withValue(context) {
                    let y = try operation(x * 2)
                    do { try Tensor.evaluate([y]) } catch let error as TensorError
                        where error.kind == .interrupt
                    {
                        interrupts += 1
                    }
                    return try Self.bits(y)
                }
                // A difference of millions of numbers would be printed for minutes.
                let isSame = again == whole
                #expect(isSame, "operation \(number), poll \(last)")
            }
            #expect(interrupts > 0)
        }
    }

    @Test func anErrorThatShowsLatePointsAtTheLineThatMadeIt() throws {
        let context = EvaluationContext()
        let line = Mutex<UInt64>(7)
        context.site = { line.withLock { $0 } }
        try EvaluationContext.$current.withValue(context) {
            let logits = try Self.numbers([1, 3, 2, 2], 1)
            let mask = try Tensor.full([1, 2, 2], 9, dtype: .uint8)
            let loss = try Tensor.crossEntropy(logits, mask)
            line.withLock { $0 = 8 }
            #expect { try loss.item() } throws: { error in
                let error = error as? TensorError
                return error?.site == 7 && error?.message.contains("class 9") == true
            }
        }
    }

    @Test func sizesBeyondMemoryAreErrorsThatNameThem() throws {
        for shape in [[1_000_000_000_000], [1 << 40, 1 << 40], [3, 1 << 62]] {
            #expect { try Tensor.zeros(shape) } throws: { error in
                let error = error as? TensorError
                return error?.kind == .memory && error?.message.contains("; the memory limit is ") == true
            }
        }
        #expect(throws: TensorError.self) { try Tensor.zeros([-1]) }
        #expect(throws: TensorError.self) { try Tensor.arange(to: 1e300) }
        #expect(throws: TensorError.self) { try Tensor.zeros([2, 3]).reshape([1 << 62, 1 << 62]) }
        #expect(throws: TensorError.self) { try Tensor.zeros([0, 4]).pad([(1 << 62, 1 << 62), (0, 0)]) }
        #expect(try Tensor.zeros([0, 1 << 40]).count == 0)
    }

    /// A small network with frozen and trained parts of every kind.
    static func network(_ images: Tensor, frozen: [Tensor], head: Tensor, target: Tensor) throws -> Tensor {
        let features = try Tensor.apply(
            .hardswish,
            .batchNorm(
                .conv2d(images, frozen[0], stride: (2, 2), padding: (1, 1)), mean: frozen[1],
                variance: frozen[2],
                weight: frozen[3], bias: frozen[4]))
        let pooled = try Tensor.reduce(.mean, features, axes: [2, 3], keepdims: true)
        let logits = try Tensor.conv2d(features * Tensor.apply(.hardsigmoid, pooled), head)
        return try .crossEntropy(.interpolate(logits, size: (16, 20)), target)
    }

    static func weights() throws -> (frozen: [Tensor], head: Tensor) {
        let frozen = try [
            numbers([8, 3, 3, 3], 11), numbers([8], 12) * 0.1, numbers([8], 13) * 0.2 + 1,
            numbers([8], 14) * 0.1 + 1,
            numbers([8], 15),
        ]
        try Tensor.evaluate(frozen)
        return (frozen, try numbers([5, 8, 1, 1], 16))
    }

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

    @Test func strayValuesAreFoundAnywhere() throws {
        for dtype in [DType.float32, .float64] {
            #expect(try Tensor.zeros([3, 100_000], dtype: dtype).hasOnlyFiniteValues())
            for (place, value) in [(0, Double.nan), (150_001, .infinity), (299_999, -.infinity)] {
                var values = [Double](repeating: 1, count: 300_000)
                values[place] = value
                let x = try Tensor.from(values, shape: [3, 100_000], dtype: dtype)
                #expect(try !x.hasOnlyFiniteValues())
            }
        }
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

    /// Operations that hold the size of the batch are the same for every batch.
    @Test func featuresOfOneBatchServeAnother() throws {
        let weight = try Tensor.variable(Self.numbers([6], 40))
        func run(_ count: Int) throws -> [UInt32] {
            let samples = try (0..<count).map { n in
                try Tensor.source(shape: [2, 6], dtype: .float32, digest: Digest("row \(n)")) {
                    try Self.numbers([2, 6], 41 + n).value()
                }
            }
            let rows = try Tensor.stack(samples).get([.all, .slice(from: 1, to: 2, inclusive: false)])
            let spread = try rows.expand([count, 3, 6]).reshape([count, 18])
            return try Self.bits(spread.reshape([count, 3, 6]) * weight)
        }
        let plain = try run(4)
        let context = EvaluationContext(features: FeatureCache(limit: 1 << 20))
        let three = try EvaluationContext.$current.withValue(context) { try run(3) }
        #expect(three == Array(plain.prefix(3 * 18)) && context.features?.misses == 3)
        let four = try EvaluationContext.$current.withValue(context) { try run(4) }
        #expect(four == plain && context.features?.misses == 4 && context.features?.hits == 3)
    }

    /// Frozen layers of large pictures need the memory of some samples beside what the batch gives, and have the bits of
    /// each sample alone, whether the batch is a value, is computed from one or is a stack of new samples.
    @Test func frozenLayersAreComputedBySample() throws {
        let wide = try Self.numbers([64, 3, 3, 3], 60)
        let narrow = try Self.numbers([4, 64, 1, 1], 61)
        let trained = try Tensor.variable(Self.numbers([2, 4, 1, 1], 62))
        try Tensor.evaluate([wide, narrow])
        func frozen(_ images: Tensor) throws -> Tensor {
            try .conv2d(.apply(.hardswish, .conv2d(images, wide, padding: (1, 1))), narrow)
        }
        let images = try Self.numbers([4, 3, 300, 300], 63)
        func row(_ n: Int) throws -> Tensor { try images.get([.slice(from: n, to: n, inclusive: true)]) }
        let alone = try (0..<4).flatMap { try Self.bits(frozen(row($0) * 2)) }
        let scaled = try Tensor.conv2d(frozen(images * 2), trained)
        #expect(Tensor.peakBytes(toCompute: [scaled]) < 3 * 64 * 300 * 300 * 4)
        #expect(try Self.bits(frozen(images * 2)) == alone)
        let stack = try Tensor.stack((0..<4).map { try (row($0) * 2).reshape([3, 300, 300]) })
        let stacked = try Tensor.conv2d(frozen(stack), trained)
        #expect(Tensor.peakBytes(toCompute: [stacked]) < 3 * 64 * 300 * 300 * 4)
        #expect(try Self.bits(frozen(stack)) == alone)
        #expect(try Self.bits(stacked) == Self.bits(scaled))
    }

    @Test func featuresAreFoundAgainAndEqualToTheBit() throws {
        let (frozen, head) = try Self.weights()
        let target = try Tensor.from(
            Fixtures.uniform(22, 4 * 16 * 20).map { ($0 * 5).rounded(.down) }, shape: [4, 16, 20],
            dtype: .uint8)
        let decoded = Mutex(0)
        func sample(_ n: Int) throws -> Tensor {
            let data = try Self.numbers([3, 16, 20], 30 + n).value()
            return try Tensor.source(shape: [3, 16, 20], dtype: .float32, digest: Digest("sample \(n)")) {
                decoded.withLock { $0 += 1 }
                return data
            }.clamp(min: -0.9, max: 0.9)
        }
        func mask(_ n: Int) throws -> Tensor {
            let data = try target.get([.at(n)]).value().copied()
            return try Tensor.source(shape: [16, 20], dtype: .uint8, digest: Digest("mask \(n)")) {
                decoded.withLock { $0 += 1 }
                return data
            }
        }
        func step(_ order: [Int]) throws -> [UInt32] {
            let scope = TrackingScope()
            let weight = try scope.track(.variable(head))
            let images = try Tensor.stack(order.map(sample))
            let masks = try Tensor.stack(order.map(mask))
            let loss = try Self.network(images, frozen: frozen, head: weight, target: masks)
            let gradient = try gradients(of: loss, wrt: [weight])[0]
            scope.end(from: [loss])
            try Tensor.evaluate([loss, gradient])
            return try Self.bits(loss) + Self.bits(gradient)
        }
        let plain = try (step([0, 1, 2, 3]), step([3, 1, 0, 2]))
        let context = EvaluationContext(features: FeatureCache(limit: 1 << 24))
        let start = decoded.withLock { $0 }
        let first = try EvaluationContext.$current.withValue(context) { try step([0, 1, 2, 3]) }
        #expect(first == plain.0)
        let misses = context.features?.misses ?? 0
        #expect(misses > 0 && misses % 4 == 0 && context.features?.hits == 0)
        #expect(decoded.withLock { $0 } == start + 8)
        let second = try EvaluationContext.$current.withValue(context) { try step([3, 1, 0, 2]) }
        #expect(second == plain.1)
        #expect(context.features?.misses == misses && context.features?.hits == misses)
        // The masks are beside the frozen layers: they are read again.
        #expect(decoded.withLock { $0 } == start + 12)
    }
}
