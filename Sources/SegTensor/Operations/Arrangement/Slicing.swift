// Rectangular parts of tensors: extracting one (narrow, chunk, split, roll), and a new tensor with one
// replaced.

extension Tensor {
    /// Calls `body` with `n` parts of (nearly) equal length; fewer where the axis is shorter.
    public func forEachChunk(_ n: Int, axis: Int = 0, _ body: (Tensor) throws -> Void) throws {
        let axis = try Shape.axis(axis, rank: rank, in: "chunk")
        guard n > 0 else {
            throw TensorError(.value, "chunk: the number of parts is \(n), it must be at least 1")
        }
        let parts = min(n, max(shape[axis], 1))
        let size = max((shape[axis] + parts - 1) / parts, 1)
        for start in stride(from: 0, to: max(shape[axis], 1), by: size) {
            try body(narrow(axis: axis, start: start, count: min(size, shape[axis] - start)))
        }
    }

    /// Elements shifted along axes, cyclically; without axes the flattened tensor is shifted.
    public func roll(_ shifts: [Int], axes: [Int]? = nil) throws -> Tensor {
        guard let axes else {
            guard shifts.count == 1 else {
                throw TensorError(.value, "roll: give exactly one shift if no axis is given")
            }
            return try reshape([count]).roll(shifts, axes: [0]).reshape(shape)
        }
        guard axes.count == shifts.count else {
            throw TensorError(.value, "roll: \(shifts.count) shifts for \(axes.count) axes")
        }
        var result = self
        for (shift, axis) in zip(shifts, axes) {
            let axis = try Shape.axis(axis, rank: rank, in: "roll")
            let size = shape[axis]
            let by = size == 0 ? 0 : ((shift % size) + size) % size
            if by == 0 { continue }
            result = try Tensor.cat(
                [
                    result.narrow(axis: axis, start: size - by, count: by),
                    result.narrow(axis: axis, start: 0, count: size - by),
                ], axis: axis)
        }
        return result
    }

    /// `count` entries of an axis from `start`, which must exist.
    func narrow(axis: Int, start: Int, count: Int) throws -> Tensor {
        if start == 0, count == shape[axis] { return self }
        var starts = [Int](repeating: 0, count: rank)
        var counts = shape
        starts[axis] = start
        counts[axis] = count
        return try Tensor.make(
            SliceOperation(starts: starts, counts: counts, drops: shape.map { _ in false }), [self])
    }
}

/// A part of each axis; dropped axes have one entry and are removed.
struct SliceOperation: Operation {
    var name: String { "slice" }
    let starts: [Int]
    var counts: [Int]
    let drops: [Bool]

    func infer(_ inputs: [Signature]) throws -> Signature {
        var result = Signature([], inputs[0].dtype)
        for axis in starts.indices where !drops[axis] {
            if let names = inputs[0].labels[axis] {
                result.labels[result.shape.count] =
                    counts[axis] == inputs[0].shape[axis]
                    ? names : names.picking(starts[axis]..<starts[axis] + counts[axis])
            }
            result.shape.append(counts[axis])
        }
        return result
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = inputs[0]
        let size = x.dtype.size
        let strides = x.strides
        let start = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 } * size
        let count = Shape.count(counts)
        // Consecutive rows of the first axis share the memory, unless that kept much more memory alive.
        let isRows = starts.indices.dropFirst().allSatisfy { counts[$0] == x.shape[$0] }
        let keepsRank = !drops.contains(true)
        if isRows, x.layout == .rowMajor || keepsRank, count * size * 4 >= x.storage.byteCount {
            return TensorData(
                storage: x.storage, offset: x.offset + start, shape: result.shape, dtype: x.dtype,
                layout: keepsRank ? x.layout : .rowMajor)
        }
        let layout = keepsRank ? x.layout : .rowMajor
        let out = try TensorData(shape: result.shape, dtype: x.dtype, layout: layout, for: name)
        let order = layout == .channelsLast ? [0, 2, 3, 1] : Array(counts.indices)
        let whole = layout == .channelsLast ? out.strides : Shape.strides(counts)
        StridedCopy.run(
            shape: order.map { counts[$0] }, elementSize: size, from: x.bytes + start,
            order.map { strides[$0] }, to: out.bytes, order.map { whole[$0] })
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        !drops[0] && starts[0] == 0 && counts[0] == inputs[0].shape[0]
    }

    func resized(batch: Int) -> any Operation {
        var copy = self
        copy.counts[0] = batch
        return copy
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let x = g.inputs[0]
        let after = starts.indices.map { x.shape[$0] - starts[$0] - counts[$0] }
        let part = try g.upstream.relabelled([:]).reshape(counts)
        return [try Tensor.make(PadOperation(before: starts, after: after, number: 0), [part])]
    }
}

/// The first input with a part replaced by the second (of the part's shape, dropped axes of size 1), or by a
/// number.
struct SliceAssignOperation: Operation {
    var name: String { "assign" }
    let starts: [Int]
    let counts: [Int]
    var number: Double?

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let value: TensorData
        let steps: [Int]
        if let number {
            value = try Elementwise.constant(number, result.dtype)
            steps = counts.map { _ in 0 }
        } else {
            value = try inputs[1].rowMajor()
            steps = Shape.broadcastStrides(value.shape, to: counts)
        }
        let out = inputs.isFree(0, for: result) ? inputs[0] : try inputs[0].copied()
        let strides = out.strides
        let start = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 } * result.dtype.size
        StridedCopy.run(
            shape: counts, elementSize: result.dtype.size, from: value.bytes, steps, to: out.bytes + start,
            strides)
        return out
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let rest = try Tensor.make(
            SliceAssignOperation(starts: starts, counts: counts, number: 0), [g.upstream])
        guard number == nil else { return [rest] }
        let part = try Tensor.make(
            SliceOperation(starts: starts, counts: counts, drops: starts.map { _ in false }), [g.upstream])
        return [rest, try part.summed(to: g.inputs[1].shape)]
    }
}
