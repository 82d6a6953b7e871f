// The gradient of a convolution by its weights: sums of outer products over pixels. The work is divided into
// parts of the pixels, whose sums are added in order, and into tiles of columns (tap, channel); both depend
// on the geometry, never on the number of threads. With many channels a tile has columns of one tap, whose rows are
// read where they are, for the pixels at which the tap is inside the picture; with few, pixels are unfolded.

import CKernels
import Synchronization

/// One gradient by the weights of a convolution that is not depthwise.
struct WeightGradient {
    private let geometry: ConvolutionGeometry
    private let outputs: Int
    private let channels: Int
    private let taps: Int
    private let pixels: Int
    /// Columns of [tap][channel], and their tiles, of which a tap has its own if `tapsApart`.
    private let columns: Int
    private let tiles: (count: Int, size: Int)
    private let tapsApart: Bool
    /// Parts of the batch's lines of pixels.
    private let parts: (count: Int, size: Int)

    /// Pixels unfolded at a time.
    private static let chunk = 256
    /// The maximum number of columns per tile, and the minimum number of products per part.
    private static let tileColumns = 512
    private static let partProducts = 1 << 22
    /// From so many channels on taps have tiles of their own.
    private static let channelsApart = 128

    init(_ g: ConvolutionGeometry) {
        geometry = g
        outputs = g.outputChannels / g.groups
        channels = g.inputChannels / g.groups
        taps = g.kernel.height * g.kernel.width
        pixels = g.outputHeight * g.outputWidth
        columns = taps * channels
        tapsApart = g.isPointwise || channels >= Self.channelsApart
        let ofTap = MatrixProduct.parts(channels, limit: Self.tileColumns)
        tiles =
            tapsApart
            ? (taps * ofTap.count, ofTap.size) : MatrixProduct.parts(columns, limit: Self.tileColumns)
        // Parts only if tiles alone would leave threads idle, and if each part outweighs the cost of its sum.
        let lines = g.batch * g.outputHeight
        let most = max(1, 8 / (tiles.count * g.groups))
        let worth = max(1, lines * g.outputWidth * outputs * columns / Self.partProducts)
        parts = MatrixProduct.parts(
            max(1, lines), limit: max(1, (lines + min(most, worth) - 1) / min(most, worth)))
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

    /// The columns of one tile over the lines of one part, into that part's [outputs, columns]; false on
    /// lack of scratch memory.
    private func accumulate(
        part: Int, group: Int, tile: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        into sums: UnsafeMutablePointer<Float>
    ) -> Bool {
        let lines = part * parts.size..<min((part + 1) * parts.size, geometry.batch * geometry.outputHeight)
        let upstream = outputGradient + group * outputs
        if !tapsApart {
            let width = min(tiles.size, columns - tile * tiles.size)
            guard width > 0 else { return true }
            var sums = Sums(
                rows: outputs, columns: width, step: columns, at: sums + tile * tiles.size)
            return accumulate(lines, unfolding: input, group, tile * tiles.size, upstream, into: &sums)
        }
        let (tap, first) = (tile / (tiles.count / taps), tile % (tiles.count / taps) * tiles.size)
        let width = min(tiles.size, channels - first)
        guard width > 0 else { return true }
        var sums = Sums(
            rows: outputs, columns: width, step: columns, at: sums + tap * channels + first)
        return accumulate(lines, of: tap, input + group * channels + first, upstream, into: &sums)
    }

    /// Some columns of sums of outer products.
    private struct Sums {
        let rows: Int
        let columns: Int
        /// From row to row.
        let step: Int
        let at: UnsafeMutablePointer<Float>
        private(set) var isEmpty = true

        init(rows: Int, columns: Int, step: Int, at: UnsafeMutablePointer<Float>) {
            (self.rows, self.columns, self.step, self.at) = (rows, columns, step, at)
        }

        /// Adds the products over so many places, or stores them if they are the first. False on lack of memory.
        mutating func add(_ upstream: conv_rows, _ input: conv_rows, places: Int) -> Bool {
            defer { isEmpty = false }
            var (upstream, input) = (upstream, input)
            return conv_outer_product(rows, columns, places, &upstream, &input, isEmpty ? 0 : 1, at, step)
                == 0
        }
    }

    /// Adds the places of some lines at which a tap is inside the picture. `input` is the first channel of the columns.
    private func accumulate(
        _ lines: Range<Int>, of tap: Int, _ input: UnsafePointer<Float>, _ upstream: UnsafePointer<Float>,
        into sums: inout Sums
    ) -> Bool {
        let g = geometry
        let (y, x) = (
            tap / g.kernel.width * g.dilation.height - g.padding.height,
            tap % g.kernel.width * g.dilation.width - g.padding.width
        )
        let xs = Self.places(inside: g.inputWidth, from: x, stride: g.stride.width, of: g.outputWidth)
        let ys = Self.places(inside: g.inputHeight, from: y, stride: g.stride.height, of: g.outputHeight)
        // Samples follow each other without a gap where all places are read.
        let samples = g.isPointwise ? 1 : max(1, g.batch)
        let height = g.batch / samples * g.outputHeight
        let inside = g.isPointwise ? lines : ys
        for sample in 0..<samples {
            if pool_stops(sums.rows) { return true }
            let own = lines.clamped(to: sample * height..<(sample + 1) * height)
            let ys = inside.clamped(to: own.lowerBound - sample * height..<own.upperBound - sample * height)
            let place = (sample * height + ys.lowerBound) * g.outputWidth + xs.lowerBound
            let source =
                (sample * g.inputHeight + ys.lowerBound * g.stride.height + y) * g.inputWidth
                + xs.lowerBound * g.stride.width + x
            let done = sums.add(
                conv_rows(
                    first: upstream + place * g.outputChannels, width: xs.count, step: g.outputChannels,
                    line_step: g.outputWidth * g.outputChannels),
                conv_rows(
                    first: input + source * g.inputChannels, width: xs.count,
                    step: g.stride.width * g.inputChannels,
                    line_step: g.stride.height * g.inputWidth * g.inputChannels),
                places: ys.count * xs.count)
            guard done else { return false }
        }
        return true
    }

    /// The places whose source, `from` and the stride apart, is inside a length.
    private static func places(inside length: Int, from: Int, stride: Int, of count: Int) -> Range<Int> {
        let first = from < 0 ? min(count, (stride - 1 - from) / stride) : 0
        let last = from < length ? min(count, (length - 1 - from) / stride + 1) : 0
        return first..<max(first, last)
    }

    /// Adds the pixels of some lines, unfolded in chunks. `first` is the first of the columns.
    private func accumulate(
        _ lines: Range<Int>, unfolding input: UnsafePointer<Float>, _ group: Int, _ first: Int,
        _ upstream: UnsafePointer<Float>, into sums: inout Sums
    ) -> Bool {
        let g = geometry
        var kernelGeometry = g.kernelGeometry
        guard let unfolded = KernelMemory.scratch(slot: 1, floats: Self.chunk * sums.columns) else {
            return false
        }
        let end = lines.upperBound * g.outputWidth
        var pixel = lines.lowerBound * g.outputWidth
        repeat {
            let sample = pixel / max(1, pixels)
            let count = min(Self.chunk, end - pixel, (sample + 1) * pixels - pixel)
            if pool_stops(count * sums.columns) { return true }
            conv_unfold(
                &kernelGeometry, input + sample * g.inputHeight * g.inputWidth * g.inputChannels, group,
                pixel - sample * pixels, count, first, sums.columns, unfolded)
            let done = sums.add(
                conv_rows(
                    first: upstream + pixel * g.outputChannels, width: count, step: g.outputChannels,
                    line_step: 0),
                conv_rows(first: unfolded, width: count, step: sums.columns, line_step: 0), places: count)
            guard done else { return false }
            pixel += count
        } while pixel < end
        return true
    }
}
