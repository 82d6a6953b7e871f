// The gradient of a convolution by its weights: sums of outer products over pixels. The work is divided into
// parts of the pixels, whose sums are added in order, and into tiles of columns (tap, channel); both depend
// on the geometry, never on the number of threads.

import CKernels
import Synchronization

/// One gradient by the weights of a convolution that is not depthwise.
struct WeightGradient {
    private let geometry: ConvolutionGeometry
    private let outputs: Int
    private let channels: Int
    private let taps: Int
    private let pixels: Int
    /// Columns of [tap][channel], and their tiles.
    private let columns: Int
    private let tiles: (count: Int, size: Int)
    /// Parts of the batch's pixels.
    private let parts: (count: Int, size: Int)

    /// Pixels unfolded at a time.
    private static let chunk = 256
    /// The maximum number of columns per tile, and the minimum number of products per part.
    private static let tileColumns = 512
    private static let partProducts = 1 << 22

    init(_ g: ConvolutionGeometry) {
        geometry = g
        outputs = g.outputChannels / g.groups
        channels = g.inputChannels / g.groups
        taps = g.kernel.height * g.kernel.width
        pixels = g.outputHeight * g.outputWidth
        columns = taps * channels
        tiles = MatrixProduct.parts(columns, limit: Self.tileColumns)
        // Parts only if tiles alone would leave threads idle, and if each part outweighs the cost of its sum.
        let all = g.batch * pixels
        let most = max(1, 8 / (tiles.count * g.groups))
        let worth = max(1, all * outputs * columns / Self.partProducts)
        parts = MatrixProduct.parts(
            max(1, all), limit: max(1, (all + min(most, worth) - 1) / min(most, worth)))
    }

    /// Computes the gradient into [O, I/g, kh, kw].
    func run(
        input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        into weightGradient: UnsafeMutablePointer<Float>
    ) throws {
        let groupFloats = outputs * columns
        let partFloats = groupFloats * geometry.groups
        // A single part of a kernel of one tap is stored like the result.
        let inPlace = parts.count == 1 && taps == 1
        let partial =
            inPlace
            ? nil
            : try Storage(
                byteCount: parts.count * partFloats * MemoryLayout<Float>.stride,
                for: "the gradient of conv2d")
        let sums = partial?.bytes.assumingMemoryBound(to: Float.self) ?? weightGradient
        let failed = Atomic(false)
        withExtendedLifetime(partial) {
            Parallel.run(parts.count * geometry.groups * tiles.count) { task in
                let tile = task % tiles.count
                let group = task / tiles.count % geometry.groups
                let part = task / tiles.count / geometry.groups
                let done = accumulate(
                    part: part, group: group, tile: tile, input: input, outputGradient: outputGradient,
                    into: sums + part * partFloats + group * groupFloats)
                if !done { failed.store(true, ordering: .relaxed) }
            }
            if inPlace { return }
            Parallel.run(geometry.groups * outputs) { output in
                conv_fold_weights(
                    sums + output * columns, parts.count, partFloats, 1, channels, taps,
                    weightGradient + output * columns)
            }
        }
        try KernelMemory.check(failed.load(ordering: .relaxed) ? -1 : 0, for: "the gradient of conv2d")
    }

    /// The columns of one tile over the pixels of one part, into that part's [outputs, columns]; false on
    /// lack of scratch memory.
    private func accumulate(
        part: Int, group: Int, tile: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        into sums: UnsafeMutablePointer<Float>
    ) -> Bool {
        let first = tile * tiles.size
        let width = min(tiles.size, columns - first)
        let last = min((part + 1) * parts.size, geometry.batch * pixels)
        var pixel = part * parts.size
        guard width > 0 else { return true }
        var kernelGeometry = geometry.kernelGeometry
        var adds: Int32 = 0
        let direct = geometry.isPointwise
        guard direct || KernelMemory.scratch(slot: 1, floats: Self.chunk * width) != nil else { return false }
        while pixel < last {
            // A product over the whole part, or over a chunk of unfolded pixels of one sample.
            let sample = pixel / pixels
            let count = direct ? last - pixel : min(Self.chunk, last - pixel, (sample + 1) * pixels - pixel)
            var rows = input + pixel * geometry.inputChannels + first
            var rowLength = geometry.inputChannels
            if !direct {
                guard let unfolded = KernelMemory.scratch(slot: 1, floats: Self.chunk * width) else {
                    return false
                }
                conv_unfold(
                    &kernelGeometry,
                    input + sample * geometry.inputHeight * geometry.inputWidth * geometry.inputChannels,
                    group,
                    pixel - sample * pixels, count, first, width, unfolded)
                rows = UnsafePointer(unfolded)
                rowLength = width
            }
            let status = conv_outer_product(
                outputs, width, count, outputGradient + pixel * geometry.outputChannels + group * outputs,
                geometry.outputChannels, rows, rowLength, adds, sums + first, columns)
            guard status == 0 else { return false }
            adds = 1
            pixel += count
        }
        if adds == 0 {
            // An empty part: nothing to add.
            for output in 0..<outputs { (sums + output * columns + first).update(repeating: 0, count: width) }
        }
        return true
    }
}
