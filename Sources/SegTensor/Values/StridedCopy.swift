// Moves elements between orders in memory: the basis of permute, slices, flips, expansion, padding and the
// change between row-major and channels last.

/// Copies with one stride per axis on both sides.
enum StridedCopy {
    /// The minimum number of elements per task of the pool.
    static let grain = 16384

    private struct Axis {
        var size: Int
        var from: Int
        var to: Int
    }

    /// Copies an array of `shape`; strides and offsets count elements and may be zero or negative on the
    /// reading side. The positions written must be distinct.
    static func run(
        shape: [Int], elementSize: Int, from: UnsafeRawPointer, _ fromStrides: [Int],
        to: UnsafeMutableRawPointer, _ toStrides: [Int]
    ) {
        if shape.contains(0) { return }
        var axes: [Axis] = []
        for index in shape.indices where shape[index] != 1 {
            let axis = Axis(size: shape[index], from: fromStrides[index], to: toStrides[index])
            if let last = axes.last, last.from == axis.from * axis.size, last.to == axis.to * axis.size {
                axes[axes.count - 1] = Axis(size: last.size * axis.size, from: axis.from, to: axis.to)
            } else {
                axes.append(axis)
            }
        }
        if axes.isEmpty { axes = [Axis(size: 1, from: 1, to: 1)] }
        switch elementSize {
        case 1: run(axes, from.assumingMemoryBound(to: UInt8.self), to.assumingMemoryBound(to: UInt8.self))
        case 4: run(axes, from.assumingMemoryBound(to: UInt32.self), to.assumingMemoryBound(to: UInt32.self))
        default: run(axes, from.assumingMemoryBound(to: UInt64.self), to.assumingMemoryBound(to: UInt64.self))
        }
    }

    private static func run<T>(_ axes: [Axis], _ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<T>) {
        var axes = axes
        let inner = axes.removeLast()
        // A transposition is done in tiles, so that both sides stay in cache.
        if inner.to == 1, inner.from != 1, inner.from != 0,
            let across = axes.firstIndex(where: { $0.from == 1 && $0.to != 1 })
        {
            let other = axes.remove(at: across)
            transposing(axes, inner, other, from, to)
            return
        }
        let outer = axes.reduce(1) { $0 * $1.size }
        let pieces = max(inner.size / grain, 1)
        let group = max(grain / inner.size, 1)
        let groups = (outer + group - 1) / group
        Parallel.run(groups * pieces) { task in
            let piece = task % pieces
            let first = inner.size * piece / pieces
            let count = inner.size * (piece + 1) / pieces - first
            let start = task / pieces * group
            for index in start..<min(start + group, outer) {
                let (source, target) = offsets(axes, index)
                row(
                    from + source + first * inner.from, inner.from, to + target + first * inner.to, inner.to,
                    count)
            }
        }
    }

    @inline(__always) private static func offsets(_ axes: [Axis], _ index: Int) -> (Int, Int) {
        var rest = index
        var source = 0
        var target = 0
        var axis = axes.count - 1
        while axis >= 0 {
            let (quotient, position) = rest.quotientAndRemainder(dividingBy: axes[axis].size)
            source += position * axes[axis].from
            target += position * axes[axis].to
            rest = quotient
            axis -= 1
        }
        return (source, target)
    }

    @inline(__always) private static func row<T>(
        _ from: UnsafePointer<T>, _ fromStep: Int, _ to: UnsafeMutablePointer<T>, _ toStep: Int, _ count: Int
    ) {
        if fromStep == 1, toStep == 1 {
            to.update(from: from, count: count)
        } else if fromStep == 0, toStep == 1 {
            to.update(repeating: from.pointee, count: count)
        } else if toStep == 1 {
            for i in 0..<count { to[i] = from[i &* fromStep] }
        } else {
            for i in 0..<count { to[i &* toStep] = from[i &* fromStep] }
        }
    }

    /// Elements along an axis that one task of a transposition takes at most.
    private static let span = 4096

    /// `inner` is contiguous where the copy writes, `other` where it reads.
    private static func transposing<T>(
        _ axes: [Axis], _ inner: Axis, _ other: Axis, _ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<T>
    ) {
        let tile = 32
        // Along a long axis beside a short one, as pixels are beside the channels of a picture, a task takes many.
        let (height, width) = (inner.size < 8 ? span : tile, span)
        let outer = axes.reduce(1) { $0 * $1.size }
        let rows = (other.size + height - 1) / height
        let columns = (inner.size + width - 1) / width
        Parallel.run(outer * rows * columns) { task in
            let (source, target) = offsets(axes, task / (rows * columns))
            let (start, first) = (task / columns % rows * height, task % columns * width)
            let (end, last) = (min(start + height, other.size), min(first + width, inner.size))
            if inner.size < 8 {
                for i in first..<last {
                    let (read, write) = (from + source + i * inner.from, to + target + i)
                    for j in start..<end { write[j &* other.to] = read[j &* other.from] }
                }
                return
            }
            for column in stride(from: first, to: last, by: tile) {
                let stop = min(column + tile, last)
                for j in start..<end {
                    let read = from + source + j * other.from
                    let write = to + target + j * other.to
                    for i in column..<stop { write[i] = read[i &* inner.from] }
                }
            }
        }
    }
}

/// The change between the two orders of `[N, C, H, W]`.
enum LayoutChange {
    static func toRowMajor(_ data: TensorData, into result: TensorData) {
        let (n, c, pixels) = sizes(data)
        StridedCopy.run(
            shape: [n, c, pixels], elementSize: data.dtype.size, from: data.bytes, [c * pixels, 1, c],
            to: result.bytes, [c * pixels, pixels, 1])
    }

    static func toChannelsLast(_ data: TensorData, into result: TensorData) {
        let (n, c, pixels) = sizes(data)
        StridedCopy.run(
            shape: [n, pixels, c], elementSize: data.dtype.size, from: data.bytes, [c * pixels, 1, pixels],
            to: result.bytes, [c * pixels, c, 1])
    }

    private static func sizes(_ data: TensorData) -> (Int, Int, Int) {
        (data.shape[0], data.shape[1], data.shape[2] * data.shape[3])
    }
}

extension TensorData {
    /// The shape in the order of memory, slowest axis first.
    var memoryShape: [Int] {
        layout == .channelsLast ? [shape[0], shape[2], shape[3], shape[1]] : shape
    }

    /// Element strides of the logical axes.
    var strides: [Int] {
        guard layout == .channelsLast else { return Shape.strides(shape) }
        let (c, h, w) = (shape[1], shape[2], shape[3])
        return [c * h * w, 1, w * c, c]
    }

    /// Converted to a type; itself if it has that type.
    func converted(to type: DType) throws -> TensorData {
        if dtype == type { return self }
        let result = try TensorData(shape: shape, dtype: type, layout: layout)
        Elementwise.cast(self, into: result)
        return result
    }
}
