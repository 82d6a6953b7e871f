// The evaluator: depth, sharing, memory, interrupts, errors that appear late, and features of frozen layers that do not depend on
// threads or batch.

@preconcurrency import Glibc
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

    /// An operation may change the order of an input, which can be interrupted by itself.
    @Test func aWatchInsideOfAnotherLeavesThatInForce() {
        let isRaised = Mutex(false)
        let context = EvaluationContext()
        context.interrupted = { isRaised.withLock { $0 } }
        var begun = 0
        #expect {
            try context.watched {
                try context.watched { begun += 1 }
                isRaised.withLock { $0 = true }
                usleep(20_000)
                Parallel.run(1) { _ in begun += 1 }
            }
        } throws: {
            ($0 as? TensorError)?.kind == .interrupt
        }
        #expect(begun == 1)
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
