// The operations behind Shaping. Where the order in memory allows, no byte is copied.

struct ReshapeOperation: Operation {
    let name = "reshape"
    var shape: [Int]
    let asked: [Int]
    let labels: [Int: AxisLabels]

    func infer(_ inputs: [Signature]) throws -> Signature {
        let bytes = try Shape.byteCount(shape, .uint8, for: name)
        guard bytes == inputs[0].count else {
            throw TensorError(
                .shape,
                "shape \(Shape.text(inputs[0].shape)) cannot become \(Shape.text(asked)): it has \(inputs[0].count) elements",
                notes: [Shape.text(inputs[0].shape)])
        }
        return Signature(shape, inputs[0].dtype, labels: labels)
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try inputs[0].rowMajor().reshaped(shape)
    }
    func digest(_ builder: inout DigestBuilder) { builder.add(Array(shape.dropFirst())) }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        !shape.isEmpty && shape[0] == inputs[0].shape[0]
    }
    func resized(batch: Int) -> any Operation {
        var copy = self
        copy.shape[0] = batch
        return copy
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [try g.upstream.reshape(g.inputs[0].shape)] }
}

struct PermuteOperation: Operation {
    let name = "permute"
    let axes: [Int]

    func infer(_ inputs: [Signature]) throws -> Signature {
        var result = Signature(axes.map { inputs[0].shape[$0] }, inputs[0].dtype)
        for (place, axis) in axes.enumerated() { result.labels[place] = inputs[0].labels[axis] }
        return result
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = inputs[0]
        let own = x.strides
        let strides = axes.map { own[$0] }
        for layout in [Layout.rowMajor, .channelsLast] where layout == .rowMajor || result.rank == 4 {
            let view = TensorData(
                storage: x.storage, offset: x.offset, shape: result.shape, dtype: x.dtype, layout: layout)
            let same = zip(zip(view.strides, strides), result.shape).allSatisfy { $0.0 == $0.1 || $1 == 1 }
            if same { return view }
        }
        let out = try TensorData(shape: result.shape, dtype: x.dtype, for: name)
        StridedCopy.run(
            shape: result.shape, elementSize: x.dtype.size, from: x.bytes, strides, to: out.bytes, out.strides
        )
        return out
    }
    func digest(_ builder: inout DigestBuilder) { builder.add(axes) }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { axes[0] == 0 }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        var inverse = axes
        for (place, axis) in axes.enumerated() { inverse[axis] = place }
        return [try g.upstream.permute(inverse)]
    }
}

struct ExpandOperation: Operation {
    let name = "expand"
    var shape: [Int]

    func infer(_ inputs: [Signature]) throws -> Signature {
        var result = Signature(shape, inputs[0].dtype)
        let lead = shape.count - inputs[0].rank
        for (axis, names) in inputs[0].labels where inputs[0].shape[axis] == shape[axis + lead] {
            result.labels[axis + lead] = names
        }
        return result
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = inputs[0]
        let lead = shape.count - x.shape.count
        let own = x.strides
        let strides = shape.indices.map { $0 < lead || x.shape[$0 - lead] == 1 ? 0 : own[$0 - lead] }
        // A value spread over pixels lies as the maps it meets will: channels last.
        let layout: Layout =
            x.layout == .channelsLast || (x.isEitherLayout && x.dtype == .float32) ? .channelsLast : .rowMajor
        let out = try TensorData(shape: shape, dtype: x.dtype, layout: layout, for: name)
        if out.layout == .channelsLast {
            StridedCopy.run(
                shape: [0, 2, 3, 1].map { shape[$0] }, elementSize: x.dtype.size, from: x.bytes,
                [0, 2, 3, 1].map { strides[$0] }, to: out.bytes, [0, 2, 3, 1].map { out.strides[$0] })
        } else {
            StridedCopy.run(
                shape: shape, elementSize: x.dtype.size, from: x.bytes, strides, to: out.bytes, out.strides)
        }
        return out
    }
    func digest(_ builder: inout DigestBuilder) { builder.add(Array(shape.dropFirst())) }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        inputs[0].rank == result.rank && inputs[0].shape[0] == result.shape[0]
    }
    func resized(batch: Int) -> any Operation {
        var copy = self
        copy.shape[0] = batch
        return copy
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [try g.upstream.summed(to: g.inputs[0].shape)] }
}

struct FlipOperation: Operation {
    let name = "flip"
    let axes: [Int]

    func infer(_ inputs: [Signature]) throws -> Signature {
        var result = inputs[0]
        for axis in axes { result.labels[axis] = result.labels[axis]?.reversed() }
        return result
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = inputs[0]
        let out = try TensorData(shape: x.shape, dtype: x.dtype, layout: x.layout, for: name)
        if x.count == 0 { return out }
        var strides = x.strides
        var start = 0
        for axis in axes {
            start += strides[axis] * (x.shape[axis] - 1)
            strides[axis] = -strides[axis]
        }
        let order = x.layout == .channelsLast ? [0, 2, 3, 1] : Array(x.shape.indices)
        StridedCopy.run(
            shape: order.map { x.shape[$0] }, elementSize: x.dtype.size, from: x.bytes + start * x.dtype.size,
            order.map { strides[$0] }, to: out.bytes, order.map { out.strides[$0] })
        return out
    }
    func digest(_ builder: inout DigestBuilder) { builder.add(axes) }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        !axes.contains(0)
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [try g.upstream.flip(axes: axes)] }
}

struct PadOperation: Operation {
    let name = "pad"
    let before: [Int]
    let after: [Int]
    let number: Double

    func infer(_ inputs: [Signature]) throws -> Signature {
        var result = Signature(inputs[0].shape, inputs[0].dtype)
        for axis in before.indices {
            let sum = result.shape[axis].addingReportingOverflow(before[axis])
            let total = sum.partialValue.addingReportingOverflow(after[axis])
            guard !sum.overflow, !total.overflow else {
                throw TensorError(.memory, "pad: axis \(axis) would be longer than any memory")
            }
            result.shape[axis] = total.partialValue
            if before[axis] == 0, after[axis] == 0 { result.labels[axis] = inputs[0].labels[axis] }
        }
        return result
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = inputs[0]
        let out = try TensorData(shape: result.shape, dtype: x.dtype, layout: x.layout, for: name)
        Elementwise.fill(out, number)
        let start = zip(before, out.strides).reduce(0) { $0 + $1.0 * $1.1 }
        let order = x.layout == .channelsLast ? [0, 2, 3, 1] : Array(x.shape.indices)
        StridedCopy.run(
            shape: order.map { x.shape[$0] }, elementSize: x.dtype.size, from: x.bytes,
            order.map { x.strides[$0] }, to: out.bytes + start * x.dtype.size, order.map { out.strides[$0] })
        return out
    }
    func digest(_ builder: inout DigestBuilder) {
        builder.add(before)
        builder.add(after)
        builder.add(number)
    }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        before[0] == 0 && after[0] == 0
    }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        let operation = SliceOperation(
            starts: before, counts: g.inputs[0].shape, drops: before.map { _ in false })
        return [try Tensor.make(operation, [g.upstream])]
    }
}
