// Convolution kernels against plain loops in double precision, at odd sizes, and the promises that hold for
// every kernel: the same bits for any number of threads, and for a sample in any batch. Other kernels
// are in KernelMeasureTests.swift.

import CKernels
import Testing

@testable import SegTensor

/// Numbers for tests: the same at every run.
struct TestNumbers {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 33) & 0xFF_FFFF) / Float(1 << 23) - 1
    }

    mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
        (0..<count).map { _ in next() * scale }
    }

    mutating func integer(below limit: Int) -> Int { Int((next() + 1) / 2 * Float(limit)) % limit }
}

/// Runs `body` with one thread, then with two, and expects the same.
func sameAtAnyThreadCount<T: Equatable>(_ body: () throws -> T) rethrows -> T {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    Parallel.threads = 1
    let one = try body()
    Parallel.threads = 2
    let two = try body()
    #expect(one == two)
    return two
}

/// The largest difference between two lists.
func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    // `max` would skip NaN.
    let differences = zip(a, b).map { abs(Double($0) - $1) }
    return differences.contains(where: \.isNaN) ? .infinity : differences.max() ?? 0
}

/// A convolution and its gradients by plain loops.
struct PlainConvolution {
    var output: [Double]
    var inputGradient: [Double]
    var weightGradient: [Double]

    init(_ g: ConvolutionGeometry, x: [Float], w: [Float], dy: [Float]) {
        output = .init(repeating: 0, count: dy.count)
        inputGradient = .init(repeating: 0, count: x.count)
        weightGradient = .init(repeating: 0, count: w.count)
        let (inputs, outputs) = (g.inputChannels / g.groups, g.outputChannels / g.groups)
        let (h, wide, taps) = (g.inputHeight, g.inputWidth, g.kernel.height * g.kernel.width)
        for n in 0..<g.batch {
            for oy in 0..<g.outputHeight {
                for ox in 0..<g.outputWidth {
                    for t in 0..<taps {
                        let y =
                            oy * g.stride.height - g.padding.height + t / g.kernel.width * g.dilation.height
                        let z = ox * g.stride.width - g.padding.width + t % g.kernel.width * g.dilation.width
                        guard y >= 0, y < h, z >= 0, z < wide else { continue }
                        for o in 0..<g.outputChannels {
                            let to = ((n * g.outputHeight + oy) * g.outputWidth + ox) * g.outputChannels + o
                            for c in 0..<inputs {
                                let from =
                                    ((n * h + y) * wide + z) * g.inputChannels + o / outputs * inputs + c
                                let weight = (o * inputs + c) * taps + t
                                output[to] += Double(x[from]) * Double(w[weight])
                                inputGradient[from] += Double(dy[to]) * Double(w[weight])
                                weightGradient[weight] += Double(dy[to]) * Double(x[from])
                            }
                        }
                    }
                }
            }
        }
    }
}

@Suite(.serialized) struct KernelTests {
    typealias Geometry = ConvolutionGeometry

    static func geometry(
        _ batch: Int, _ inputs: Int, _ height: Int, _ width: Int, _ outputs: Int, kernel: (Int, Int),
        stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
    ) -> Geometry {
        Geometry(
            batch: batch, inputChannels: inputs, inputHeight: height, inputWidth: width,
            outputChannels: outputs,
            kernel: .init(kernel.0, kernel.1), stride: .init(stride, stride),
            padding: .init(padding, padding),
            dilation: .init(dilation, dilation), groups: groups)
    }

    static let geometries = [
        geometry(2, 5, 9, 11, 7, kernel: (3, 3), padding: 1),
        geometry(3, 16, 13, 7, 24, kernel: (1, 1)),
        geometry(1, 3, 15, 13, 16, kernel: (3, 3), stride: 2, padding: 1),
        geometry(1, 3, 17, 19, 9, kernel: (7, 7), stride: 2, padding: 3),
        geometry(1, 4, 12, 11, 33, kernel: (3, 3), padding: 2, dilation: 2),
        geometry(2, 6, 9, 11, 10, kernel: (3, 3), stride: 2, padding: 1, dilation: 2, groups: 2),
        geometry(2, 8, 7, 9, 8, kernel: (3, 3), padding: 1, groups: 8),
        geometry(1, 37, 9, 11, 37, kernel: (5, 5), stride: 2, padding: 2, groups: 37),
        geometry(2, 24, 7, 8, 24, kernel: (5, 5), padding: 4, dilation: 2, groups: 24),
        geometry(1, 1100, 3, 2, 5, kernel: (1, 1)),
        geometry(1, 300, 4, 5, 3, kernel: (3, 3), padding: 6, dilation: 6),
        geometry(2, 10, 8, 8, 12, kernel: (1, 1), stride: 2),
        geometry(2, 9, 8, 8, 9, kernel: (3, 3), stride: 3, padding: 1, groups: 9),
        geometry(1, 5, 4, 4, 3, kernel: (2, 3)),
        geometry(3, 40, 1, 1, 10, kernel: (1, 1)),
        geometry(1, 6, 5, 5, 12, kernel: (3, 3), padding: 1, groups: 6),
        // These suit Winograd: whole and broken tiles, dilations, narrow panels, any padding.
        geometry(2, 32, 24, 28, 40, kernel: (3, 3), padding: 1),
        geometry(1, 40, 27, 30, 72, kernel: (3, 3), padding: 2, dilation: 2),
        geometry(1, 32, 33, 37, 48, kernel: (3, 3), padding: 3, dilation: 4),
        geometry(1, 48, 26, 29, 32, kernel: (3, 3)),
        geometry(1, 1056, 23, 24, 32, kernel: (3, 3), padding: 2),
        // And its smaller tiles.
        geometry(2, 32, 34, 31, 40, kernel: (3, 3), padding: 6, dilation: 6),
        geometry(1, 40, 37, 41, 72, kernel: (3, 3), padding: 5, dilation: 7),
    ]

    /// The forward pass of x with weights w.
    static func forward(
        _ g: Geometry, x: [Float], w: [Float], exact: Bool = false, epilogue: ConvolutionEpilogue = .init()
    ) throws -> [Float] {
        let method = g.method(exact: exact)
        var packed = [Float](repeating: 0, count: ConvolutionKernels.packedCount(g, method))
        ConvolutionKernels.pack(g, method, weight: w, into: &packed)
        var y = [Float](repeating: .nan, count: g.batch * g.outputHeight * g.outputWidth * g.outputChannels)
        try ConvolutionKernels.forward(
            g, method, input: x, packedWeight: packed, epilogue: epilogue, output: &y)
        return y
    }

    static func inputGradient(_ g: Geometry, dy: [Float], w: [Float]) throws -> [Float] {
        let method = g.method(exact: false)
        var packed = [Float](repeating: 0, count: ConvolutionKernels.packedCount(g, method, transposed: true))
        ConvolutionKernels.pack(g, method, weight: w, into: &packed, transposed: true)
        var dx = [Float](repeating: .nan, count: g.batch * g.inputHeight * g.inputWidth * g.inputChannels)
        try ConvolutionKernels.inputGradient(
            g, method, outputGradient: dy, packedWeight: packed, inputGradient: &dx)
        return dx
    }

    static func weightGradient(_ g: Geometry, x: [Float], dy: [Float]) throws -> [Float] {
        var dw = [Float](repeating: .nan, count: g.weightCount)
        try ConvolutionKernels.weightGradient(
            g, g.method(exact: false), input: x, outputGradient: dy, weightGradient: &dw)
        return dw
    }

    @Test(arguments: geometries + wideGeometries) func convolutionAgreesWithPlainLoops(_ g: Geometry) throws {
        var numbers = TestNumbers(7)
        let x = numbers.floats(g.batch * g.inputHeight * g.inputWidth * g.inputChannels)
        let w = numbers.floats(g.weightCount)
        let dy = numbers.floats(g.batch * g.outputHeight * g.outputWidth * g.outputChannels)
        let plain = PlainConvolution(g, x: x, w: w, dy: dy)
        let y = try sameAtAnyThreadCount { try Self.forward(g, x: x, w: w) }
        // Long sums of Winograd round by a few units of the largest result.
        let largest: Double = plain.output.map { abs($0) }.max() ?? 0
        #expect(largestDifference(y, plain.output) < max(1e-4, 3e-6 * largest))
        let dx = try sameAtAnyThreadCount { try Self.inputGradient(g, dy: dy, w: w) }
        #expect(largestDifference(dx, plain.inputGradient) < 1e-4)
        let dw = try sameAtAnyThreadCount { try Self.weightGradient(g, x: x, dy: dy) }
        #expect(largestDifference(dw, plain.weightGradient) < 1e-4)
    }

    /// The tiles for AVX-512, here also computed with AVX2 alone, add in the order of the others.
    @Test(.enabled(if: KernelLevel.inUse >= .avx2), arguments: geometries + wideGeometries)
    func wideTilesHaveTheBitsOfOthers(_ g: Geometry) throws {
        defer { kernel_set_level(kernel_level(), kernel_level() == 3 ? 1 : 0) }
        var numbers = TestNumbers(31)
        let x = numbers.floats(g.batch * g.inputHeight * g.inputWidth * g.inputChannels)
        let w = numbers.floats(g.weightCount)
        let dy = numbers.floats(g.batch * g.outputHeight * g.outputWidth * g.outputChannels)
        let results = try [Int32(0), 1].map { wide in
            kernel_set_level(kernel_level(), wide)
            return [
                try Self.forward(g, x: x, w: w), try Self.forward(g, x: x, w: w, exact: true),
                try Self.inputGradient(g, dy: dy, w: w), try Self.weightGradient(g, x: x, dy: dy),
            ]
        }
        #expect(results[0] == results[1])
    }

    /// Channels for which columns are taken 64 and 32 at a time, with and without a rest.
    static let wideGeometries = [
        geometry(1, 24, 13, 11, 64, kernel: (3, 3), padding: 1),
        geometry(1, 80, 9, 7, 200, kernel: (1, 1)),
        geometry(1, 1030, 5, 5, 144, kernel: (1, 1)),
        geometry(1, 64, 24, 25, 168, kernel: (3, 3), padding: 1),
        geometry(1, 600, 24, 24, 96, kernel: (3, 3), padding: 2, dilation: 2),
        geometry(2, 128, 9, 9, 128, kernel: (3, 3), padding: 1, groups: 2),
        // Grids of one or two pixels along each axis.
        geometry(2, 40, 33, 31, 72, kernel: (3, 3), padding: 18, dilation: 18),
        geometry(1, 1056, 30, 29, 64, kernel: (3, 3), padding: 15, dilation: 15),
        geometry(1, 32, 40, 36, 200, kernel: (3, 3), padding: 24, dilation: 24),
    ]

    @Test(arguments: geometries + wideGeometries) func samplesDoNotFeelTheirBatch(_ g: Geometry) throws {
        var three = g
        three.batch = 3
        var one = g
        one.batch = 1
        var numbers = TestNumbers(11)
        let perInput = g.inputHeight * g.inputWidth * g.inputChannels
        let perOutput = g.outputHeight * g.outputWidth * g.outputChannels
        let x = numbers.floats(3 * perInput)
        let dy = numbers.floats(3 * perOutput)
        let w = numbers.floats(g.weightCount)
        let y = try Self.forward(three, x: x, w: w)
        let dx = try Self.inputGradient(three, dy: dy, w: w)
        for n in 0..<3 {
            let input = Array(x[n * perInput..<(n + 1) * perInput])
            let gradient = Array(dy[n * perOutput..<(n + 1) * perOutput])
            #expect(try Self.forward(one, x: input, w: w) == Array(y[n * perOutput..<(n + 1) * perOutput]))
            #expect(
                try Self.inputGradient(one, dy: gradient, w: w)
                    == Array(dx[n * perInput..<(n + 1) * perInput]))
        }
    }

    /// Winograd serves from 512 pixels and 32 channels up, unless results must be exact; its error stays within a
    /// few roundings of the largest result.
    @Test func winogradIsAsGoodAsPlainSums() throws {
        let g = Self.geometry(1, 128, 24, 24, 32, kernel: (3, 3), padding: 1)
        let fewChannels = Self.geometry(1, 24, 24, 24, 32, kernel: (3, 3), padding: 1)
        let fewPixels = Self.geometry(1, 128, 22, 22, 32, kernel: (3, 3), padding: 1)
        #expect(g.method(exact: false) == .winograd)
        #expect(g.method(exact: true) == .direct)
        #expect(fewChannels.method(exact: false) == .direct)
        #expect(fewPixels.method(exact: false) == .direct)
        func dilated(_ dilation: Int) -> ConvolutionMethod {
            Self.geometry(1, 128, 65, 65, 32, kernel: (3, 3), padding: dilation, dilation: dilation)
                .method(exact: false)
        }
        #expect([12, 24, 36, 60].map(dilated) == [.winograd, .winograd, .winograd, .direct])
        var numbers = TestNumbers(29)
        let x = numbers.floats(g.inputHeight * g.inputWidth * g.inputChannels)
        let w = numbers.floats(g.weightCount)
        let dy = numbers.floats(g.outputHeight * g.outputWidth * g.outputChannels)
        let plain = PlainConvolution(g, x: x, w: w, dy: dy)
        func relative(_ found: [Float], _ truth: [Double]) -> Double {
            let largest: Double = truth.map { abs($0) }.max() ?? 1
            return largestDifference(found, truth) / largest
        }
        #expect(relative(try Self.forward(g, x: x, w: w, exact: true), plain.output) < 5e-7)
        #expect(relative(try Self.forward(g, x: x, w: w), plain.output) < 2e-6)
        #expect(relative(try Self.inputGradient(g, dy: dy, w: w), plain.inputGradient) < 2e-6)
        #expect(relative(try Self.weightGradient(g, x: x, dy: dy), plain.weightGradient) < 2e-6)
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5], [0, 1, 2, 6, 7, 17, 21, 24, 25])
    func epilogueHasTheBitsOfSeparateKernels(_ activation: Int, _ layer: Int) throws {
        let g = (Self.geometries + Self.wideGeometries)[layer]
        var numbers = TestNumbers(UInt64(13 + activation))
        let x = numbers.floats(g.batch * g.inputHeight * g.inputWidth * g.inputChannels)
        let w = numbers.floats(g.weightCount)
        let rows = g.batch * g.outputHeight * g.outputWidth
        let channels = g.outputChannels
        let bias = numbers.floats(channels)
        let scale = numbers.floats(channels)
        let shift = numbers.floats(channels)
        let residual = numbers.floats(rows * channels)
        let operations = [-1, EW_RELU, EW_RELU6, EW_HARDSWISH, EW_HARDSIGMOID, EW_SIGMOID]
        for parts in 0..<8 {
            var separate = try Self.forward(g, x: x, w: w)
            if parts & 1 != 0 { ew_binary_rows_f32(EW_ADD, separate, bias, 0, &separate, rows, channels) }
            if parts & 2 != 0 { norm_scale_shift_f32(separate, scale, shift, &separate, rows, channels) }
            if parts & 4 != 0 { ew_binary_f32(EW_ADD, separate, 1, residual, 1, &separate, separate.count) }
            if activation != 0 { ew_unary_f32(operations[activation], separate, &separate, separate.count) }
            let together = try bias.withUnsafeBufferPointer { bias in
                try scale.withUnsafeBufferPointer { scale in
                    try shift.withUnsafeBufferPointer { shift in
                        try residual.withUnsafeBufferPointer { residual in
                            try Self.forward(
                                g, x: x, w: w,
                                epilogue: ConvolutionEpilogue(
                                    bias: parts & 1 != 0 ? bias.baseAddress : nil,
                                    scale: parts & 2 != 0 ? scale.baseAddress : nil,
                                    shift: parts & 2 != 0 ? shift.baseAddress : nil,
                                    residual: parts & 4 != 0 ? residual.baseAddress : nil,
                                    activation: .init(rawValue: activation) ?? .none))
                        }
                    }
                }
            }
            #expect(separate == together)
        }
    }

    @Test func productsAgreeWithPlainLoops() throws {
        var numbers = TestNumbers(17)
        let (m, n, k) = (301, 259, 33)
        let a = numbers.floats(m * k)
        let b = numbers.floats(k * n)
        let c = try sameAtAnyThreadCount {
            var c = [Float](repeating: 0, count: m * n)
            try MatrixProduct.sgemm(m: m, n: n, k: k, a: a, lda: k, b: b, ldb: n, c: &c, ldc: n)
            return c
        }
        let d = try sameAtAnyThreadCount {
            // The same through transposed operands.
            var (turnedA, turnedB) = (a, b)
            for i in 0..<m { for j in 0..<k { turnedA[j * m + i] = a[i * k + j] } }
            for i in 0..<k { for j in 0..<n { turnedB[j * k + i] = b[i * n + j] } }
            var d = [Float](repeating: 0, count: m * n)
            try MatrixProduct.sgemm(
                transposeA: true, transposeB: true, m: m, n: n, k: k, a: turnedA, lda: m, b: turnedB, ldb: k,
                c: &d, ldc: n)
            return d
        }
        for (i, j) in [(0, 0), (300, 258), (150, 130), (17, 200), (299, 1)] {
            let sum = (0..<k).reduce(0.0) { $0 + Double(a[i * k + $1]) * Double(b[$1 * n + j]) }
            #expect(abs(Double(c[i * n + j]) - sum) < 1e-4)
            #expect(abs(Double(d[i * n + j]) - sum) < 1e-4)
        }
    }

    @Test func regionsRunEveryTaskOnce() {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = 3
        for count in [0, 1, 2, 7, 1000] {
            var hits = [UInt8](repeating: 0, count: count * 4)
            hits.withUnsafeMutableBufferPointer { hits in
                let base = hits.baseAddress
                Parallel.run(count) { i in
                    // A nested region runs inline.
                    Parallel.run(4) { j in base?[i * 4 + j] += 1 }
                }
            }
            #expect(hits.allSatisfy { $0 == 1 })
        }
    }
}
