// Axes in another order, and axes reversed: permute, transpose, flip.

extension Tensor {
    /// Two axes exchanged, by default the last two.
    public func transpose(_ a: Int = -2, _ b: Int = -1) throws -> Tensor {
        if rank < 2, a == -2, b == -1 { return self }
        let (first, second) = try (
            Shape.axis(a, rank: rank, in: "transpose"), Shape.axis(b, rank: rank, in: "transpose")
        )
        var order = Array(0..<rank)
        order.swapAt(first, second)
        return try permute(order)
    }

    /// Axes in another order: result axis i is this tensor's axis `axes[i]`.
    public func permute(_ axes: [Int]) throws -> Tensor {
        let resolved = try axes.map { try Shape.axis($0, rank: rank, in: "permute") }
        guard resolved.sorted() == Array(0..<rank) else {
            throw TensorError(
                .index, "permute: \(Shape.text(axes)) does not name each of the \(rank) axes once",
                notes: [Shape.text(shape)])
        }
        return resolved == Array(0..<rank) ? self : try Tensor.make(PermuteOperation(axes: resolved), [self])
    }

    /// Some axes reversed, all by default.
    public func flip(axes: [Int]? = nil) throws -> Tensor {
        let resolved = try Shape.axes(axes, rank: rank, in: "flip")
        return resolved.isEmpty ? self : try Tensor.make(FlipOperation(axes: resolved), [self])
    }
}

/// Axes in another order; a view if the order in memory allows it.
struct PermuteOperation: Operation {
    var name: String { "permute" }
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
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { axes[0] == 0 }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        var inverse = axes
        for (place, axis) in axes.enumerated() { inverse[axis] = place }
        return [try g.upstream.permute(inverse)]
    }
}

/// Axes reversed.
struct FlipOperation: Operation {
    var name: String { "flip" }
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
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        !axes.contains(0)
    }
    func gradient(_ g: Backward) throws -> [Tensor?] { [try g.upstream.flip(axes: axes)] }
}
