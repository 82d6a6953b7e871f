// Rectangular parts of tensors: taking one out, and a new tensor with one replaced.

/// A part of each axis; dropped axes have one entry and go.
struct SliceOperation: Operation {
    let name = "slice"
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
        // Some rows of the first axis lie together: they share the memory unless that kept much more alive.
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

    func digest(_ builder: inout DigestBuilder) {
        builder.add(Array(starts.dropFirst()))
        builder.add(Array(counts.dropFirst()))
        for drop in drops { builder.add(drop) }
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

/// The first input with a part replaced by the second (of the part's shape, dropped axes of size 1), or by
/// a number.
struct SliceAssignOperation: Operation {
    let name = "assign"
    let starts: [Int]
    let counts: [Int]
    var number: Double?

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

    func digest(_ builder: inout DigestBuilder) {
        builder.add(starts)
        builder.add(counts)
        builder.add(number ?? 0)
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
