// Tensors joined along an existing or a new axis.

extension Tensor {
    /// Tensors joined along an axis.
    public static func cat(_ tensors: [Tensor], axis: Int = 0) throws -> Tensor {
        guard let first = tensors.first else { throw TensorError(.value, "cat needs at least one tensor") }
        let axis = try Shape.axis(axis, rank: first.rank, in: "cat")
        let type = tensors.dropFirst().reduce(first.dtype) { DType.promoted($0, $1.dtype) }
        return try make(CatOperation(axis: axis), tensors.map { try $0.to(type) })
    }

    /// Tensors of one shape joined along a new axis.
    public static func stack(_ tensors: [Tensor], axis: Int = 0) throws -> Tensor {
        guard let first = tensors.first else { throw TensorError(.value, "stack needs at least one tensor") }
        let axis = try Shape.axis(axis, rank: first.rank + 1, in: "stack")
        let type = tensors.dropFirst().reduce(first.dtype) { DType.promoted($0, $1.dtype) }
        return try make(StackOperation(axis: axis), tensors.map { try $0.to(type) })
    }
}

/// Joins along an axis; all inputs have the same type.
struct CatOperation: Operation {
    var name: String { "cat" }
    let axis: Int

    func infer(_ inputs: [Signature]) throws -> Signature {
        let first = inputs[0]
        var result = Signature(first.shape, first.dtype)
        for (index, input) in inputs.enumerated().dropFirst() {
            var fits = input.rank == first.rank
            for place in first.shape.indices where fits && place != axis {
                fits = input.shape[place] == first.shape[place]
            }
            guard fits else {
                throw TensorError(
                    .shape,
                    "cat: shapes \(Shape.text(first.shape)) and \(Shape.text(input.shape)) (number \(index)) differ outside axis \(axis)",
                    notes: [Shape.text(first.shape), Shape.text(input.shape)])
            }
            result.shape[axis] = try (Size(result.shape[axis]) + input.shape[axis]).value
        }
        for place in first.shape.indices where place != axis {
            let labels = inputs.compactMap { $0.labels[place] }
            for names in labels where names != labels[0] {
                throw TensorError(.label, "cat: the labels of axis \(place) differ")
            }
            result.labels[place] = labels.first
        }
        let names = inputs.compactMap { $0.labels[axis]?.names }
        if names.count == inputs.count { result.labels[axis] = try? AxisLabels(names.flatMap { $0 }) }
        return result
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let isLast =
            inputs.contains { $0.layout == .channelsLast && !$0.isEitherLayout }
            || (result.rank == 4 && inputs.allSatisfy { $0.layout == .channelsLast })
        let out = try TensorData(
            shape: result.shape, dtype: result.dtype, layout: isLast ? .channelsLast : .rowMajor, for: name)
        let order = isLast ? [0, 2, 3, 1] : Array(result.shape.indices)
        let strides = out.strides
        var start = 0
        for x in inputs {
            let own = x.strides
            StridedCopy.run(
                shape: order.map { x.shape[$0] }, elementSize: x.dtype.size, from: x.bytes,
                order.map { own[$0] }, to: out.bytes + start * strides[axis] * x.dtype.size,
                order.map { strides[$0] })
            start += x.shape[axis]
        }
        return out
    }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        axis != 0 && carried.allSatisfy { $0 }
    }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        var start = 0
        return try g.inputs.enumerated().map { index, input in
            defer { start += input.shape[axis] }
            guard g.needs[index] else { return nil }
            return try g.upstream.narrow(axis: axis, start: start, count: input.shape[axis])
        }
    }
}

/// Joins tensors of one shape along a new axis. On axis 0 the result is a batch of its inputs, the samples
/// that the feature cache looks for.
struct StackOperation: Operation {
    var name: String { "stack" }
    let axis: Int

    func infer(_ inputs: [Signature]) throws -> Signature {
        for (index, input) in inputs.enumerated() where input.shape != inputs[0].shape {
            throw TensorError(
                .shape,
                "stack: shapes \(Shape.text(inputs[0].shape)) and \(Shape.text(input.shape)) (number \(index)) differ",
                notes: [Shape.text(inputs[0].shape), Shape.text(input.shape)])
        }
        var result = Signature(inputs[0].shape, inputs[0].dtype)
        result.shape.insert(inputs.count, at: axis)
        for place in inputs[0].shape.indices {
            let labels = inputs.compactMap { $0.labels[place] }
            for names in labels where names != labels[0] {
                throw TensorError(.label, "stack: the labels of axis \(place) differ")
            }
            result.labels[place < axis ? place : place + 1] = labels.first
        }
        return result
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let out = try TensorData(shape: result.shape, dtype: result.dtype, for: name)
        var strides = out.strides
        let step = strides.remove(at: axis)
        for (index, x) in inputs.enumerated() {
            StridedCopy.run(
                shape: x.shape, elementSize: x.dtype.size, from: x.bytes, x.strides,
                to: out.bytes + index * step * x.dtype.size, strides)
        }
        return out
    }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        try g.inputs.indices.map { index in
            guard g.needs[index] else { return nil }
            return try g.upstream.narrow(axis: axis, start: index, count: 1).squeeze(axes: [axis])
        }
    }
}
