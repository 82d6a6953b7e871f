// Convolutions with factors of bfloat16: against plain loops in double precision over random shapes, and the same bits
// with any number of threads and in any batch; with and without the processor's instructions for vectors, too, at every
// level of kernels.

import CKernels
import Testing

@testable import SegTensor

@Suite(.serialized) struct BFloat16Tests {
    typealias Geometry = ConvolutionGeometry

    /// Random convolutions of one group: odd sizes, padding, strides, dilations, narrow and wide layers.
    static let geometries: [Geometry] = {
        var numbers = TestNumbers(53)
        func choice(_ values: Int...) -> Int { values[numbers.integer(below: values.count)] }
        return (0..<40).map { _ in
            let kernel = choice(1, 1, 2, 3)
            return Geometry(
                batch: choice(1, 2), inputChannels: 1 + numbers.integer(below: 150),
                inputHeight: kernel * 3 + numbers.integer(below: 9),
                inputWidth: kernel * 3 + numbers.integer(below: 9),
                outputChannels: 1 + numbers.integer(below: 150), kernel: .init(kernel, kernel),
                stride: .init(choice(1, 1, 2), choice(1, 1, 2)),
                padding: .init(choice(0, 1, 2), choice(0, 1, 2)),
                dilation: .init(choice(1, 2, 3), choice(1, 2, 3)))
        } + [
            // Several tiles, and sums in parts; a tap that most pixels do not reach.
            KernelTests.geometry(1, 1100, 25, 27, 70, kernel: (1, 1)),
            KernelTests.geometry(1, 600, 21, 20, 100, kernel: (1, 1), stride: 2, padding: 1),
            KernelTests.geometry(2, 330, 25, 24, 130, kernel: (3, 3), padding: 12, dilation: 12),
        ]
    }()

    /// Runs with each kind of products that the processor has.
    static func withEachKind(_ check: (Int32) throws -> Void) rethrows {
        let usual = kernel_bfloat16()
        defer { kernel_use_bfloat16(usual) }
        kernel_use_bfloat16(Int32(BFLOAT16_MATRICES))
        for kind in Int32(BFLOAT16_NONE)...kernel_bfloat16() {
            kernel_use_bfloat16(kind)
            try check(kind)
        }
    }

    static func forward(_ g: Geometry, x: [Float], w: [Float]) throws -> [Float] {
        var packed = [Float](repeating: .nan, count: ConvolutionKernels.packedCount(g, .bfloat16))
        ConvolutionKernels.pack(g, .bfloat16, weight: w, into: &packed)
        var y = [Float](repeating: .nan, count: g.batch * g.outputHeight * g.outputWidth * g.outputChannels)
        try ConvolutionKernels.forward(g, .bfloat16, input: x, packedWeight: packed, output: &y)
        return y
    }

    /// The nearest value of bfloat16, ties to even.
    static func rounded(_ x: Float) -> Float {
        let bits = x.bitPattern
        return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
    }

    static func inputs(_ g: Geometry, seed: UInt64) -> (x: [Float], w: [Float]) {
        var numbers = TestNumbers(seed)
        return (
            numbers.floats(g.batch * g.inputHeight * g.inputWidth * g.inputChannels),
            numbers.floats(g.weightCount)
        )
    }

    @Test(arguments: geometries) func agreesWithPlainLoops(_ g: Geometry) throws {
        let (x, w) = Self.inputs(g, seed: 3)
        let none = [Float](repeating: 0, count: g.batch * g.outputHeight * g.outputWidth * g.outputChannels)
        let plain = PlainConvolution(g, x: x.map(Self.rounded), w: w.map(Self.rounded), dy: none)
        let largest: Double = plain.output.map { abs($0) }.max() ?? 0
        let terms = Double(g.inputChannels * g.kernel.height * g.kernel.width)
        let whole = PlainConvolution(g, x: x, w: w, dy: none)
        try Self.withEachKind { kind in
            let y = try sameAtAnyThreadCount { try Self.forward(g, x: x, w: w) }
            #expect(largestDifference(y, plain.output) <= 2e-6 * largest, "kind \(kind)")
            // Each factor is rounded by at most 2^-9 of itself.
            #expect(largestDifference(y, whole.output) < terms.squareRoot() / 128, "kind \(kind)")
        }
    }

    @Test(arguments: geometries) func hasTheSameBitsWithoutInstructions(_ g: Geometry) throws {
        let (x, w) = Self.inputs(g, seed: 5)
        // Products below the smallest normal number are zeros to the instructions.
        try Self.expectSameBits(g, x: x, w: w)
        try Self.expectSameBits(g, x: x.map { $0 * 3e-20 }, w: w.map { $0 * 2e-19 })
    }

    private static func expectSameBits(_ g: Geometry, x: [Float], w: [Float]) throws {
        let (level, usual) = (kernel_level(), kernel_bfloat16())
        defer {
            kernel_set_level(level, level == 3 ? 1 : 0)
            kernel_use_bfloat16(usual)
        }
        kernel_use_bfloat16(Int32(BFLOAT16_VECTORS))
        let y = try forward(g, x: x, w: w)
        kernel_use_bfloat16(Int32(BFLOAT16_NONE))
        for level in 1...kernel_highest_level() {
            for wide: Int32 in [0, 1] {
                kernel_set_level(level, wide)
                #expect(try forward(g, x: x, w: w) == y)
            }
        }
    }

    @Test(arguments: geometries.filter { $0.batch > 1 }) func samplesDoNotFeelTheirBatch(_ g: Geometry) throws
    {
        let (x, w) = Self.inputs(g, seed: 7)
        var one = g
        one.batch = 1
        let size = x.count / g.batch
        try Self.withEachKind { kind in
            let whole = try Self.forward(g, x: x, w: w)
            let parts = try (0..<g.batch).flatMap {
                try Self.forward(one, x: Array(x[$0 * size..<($0 + 1) * size]), w: w)
            }
            #expect(parts == whole, "kind \(kind)")
        }
    }

    /// Layers that are chosen, and those that are not: Winograd's algorithm is faster, or the rounding does not pay.
    @Test func servesWhereItIsFaster() {
        func method(_ g: Geometry, exact: Bool = false) -> ConvolutionMethod {
            g.method(exact: exact, precision: .bfloat16)
        }
        let pointwise = KernelTests.geometry(1, 64, 33, 33, 256, kernel: (1, 1))
        #expect(method(pointwise) == .bfloat16)
        #expect(pointwise.method(exact: false) == .direct)
        #expect(
            method(KernelTests.geometry(1, 128, 33, 33, 128, kernel: (3, 3), stride: 2, padding: 1))
                == .bfloat16)
        #expect(
            method(KernelTests.geometry(1, 64, 65, 65, 64, kernel: (3, 3), padding: 12, dilation: 12))
                == .bfloat16)
        let three = KernelTests.geometry(1, 64, 65, 65, 64, kernel: (3, 3), padding: 1)
        Self.withEachKind { kind in
            #expect(method(three) == (kind == BFLOAT16_MATRICES ? .bfloat16 : .winograd))
        }
        #expect(
            method(KernelTests.geometry(1, 3, 65, 65, 64, kernel: (7, 7), stride: 2, padding: 3)) == .direct)
        #expect(method(KernelTests.geometry(1, 2048, 1, 1, 256, kernel: (1, 1))) == .direct)
        #expect(
            method(KernelTests.geometry(1, 64, 33, 33, 64, kernel: (3, 3), padding: 1, groups: 64))
                == .depthwise)
    }

    /// A convolution whose factors are rounded, and its gradients, which are those of float32.
    @Test func gradientsAreNotRounded() throws {
        var numbers = TestNumbers(11)
        func tensor(_ shape: [Int]) throws -> Tensor {
            try .from(numbers.floats(shape.reduce(1, *)).map(Double.init), shape: shape)
        }
        let (inputs, weights) = (try tensor([2, 40, 9, 10]), try tensor([48, 40, 1, 1]))
        let slopes = try tensor([2, 48, 9, 10])
        func found(_ precision: Precision) throws -> (value: [Double], gradients: [[Double]]) {
            let scope = TrackingScope()
            let (x, w) = (try scope.track(inputs), try scope.track(weights))
            let y = try Tensor.conv2d(x, w, precision: precision)
            let found = try gradients(of: y, wrt: [x, w], seed: slopes)
            return (try y.doubles(), try found.map { try $0.doubles() })
        }
        let (rounded, plain) = (try found(.bfloat16), try found(.float32))
        #expect(rounded.value != plain.value)
        #expect(rounded.gradients == plain.gradients)
    }
}
