// The same elements under another shape: reshape, squeeze, unsqueeze. Nothing is copied if the order in
// memory allows it.

extension Tensor {
    /// The same elements under another shape; one size may be -1.
    public func reshape(_ target: [Int]) throws -> Tensor {
        var shape = target
        if let free = target.firstIndex(of: -1) {
            guard target.lastIndex(of: -1) == free else {
                throw TensorError(.shape, "reshape: only one size may be -1, got \(Shape.text(target))")
            }
            var rest = 1
            for (axis, size) in target.enumerated() where axis != free {
                let product = rest.multipliedReportingOverflow(by: size)
                rest = product.overflow ? 0 : product.partialValue
            }
            shape[free] = rest > 0 && count % rest == 0 ? count / rest : 0
        }
        guard try Shape.byteCount(shape, .uint8, for: "reshape") == count else {
            throw TensorError(
                .shape,
                "shape \(Shape.text(self.shape)) cannot become \(Shape.text(target)): it has \(count) elements",
                notes: [Shape.text(self.shape)])
        }
        if shape == self.shape { return self }
        return try Tensor.make(
            ReshapeOperation(shape: shape, labels: Tensor.keptLabels(signature, shape)), [self])
    }

    /// Labels of axes before which, or after which, all sizes stay the same.
    private static func keptLabels(_ x: Signature, _ shape: [Int]) -> [Int: AxisLabels] {
        var kept: [Int: AxisLabels] = [:]
        for (axis, names) in x.labels {
            if axis < shape.count, x.shape[...axis] == shape[...axis] {
                kept[axis] = names
            } else {
                let back = x.rank - axis
                let place = shape.count - back
                if place >= 0, x.shape.suffix(back) == shape.suffix(back) { kept[place] = names }
            }
        }
        return kept
    }

    /// Axes of size 1 removed: the named ones, or all.
    public func squeeze(axes: [Int]? = nil) throws -> Tensor {
        let gone =
            try axes.map { try Shape.axes($0, rank: rank, in: "squeeze") }
            ?? shape.indices.filter { shape[$0] == 1 }
        for axis in gone where shape[axis] != 1 {
            throw TensorError(
                .shape, "squeeze: axis \(axis) has size \(shape[axis]), not 1", notes: [Shape.text(shape)])
        }
        return try keeping(shape.indices.filter { !gone.contains($0) })
    }

    /// A reshape to some of the axes; the others have size 1.
    func keeping(_ axes: [Int]) throws -> Tensor {
        if axes.count == rank { return self }
        var kept: [Int: AxisLabels] = [:]
        for (place, axis) in axes.enumerated() { kept[place] = labels[axis] }
        let target = axes.map { shape[$0] }
        return try Tensor.make(ReshapeOperation(shape: target, labels: kept), [self])
    }

    /// Inserts an axis of size 1.
    public func unsqueeze(_ axis: Int) throws -> Tensor {
        let place = try Shape.axis(axis, rank: rank + 1, in: "unsqueeze")
        var target = shape
        target.insert(1, at: place)
        var moved: [Int: AxisLabels] = [:]
        for (axis, names) in labels { moved[axis < place ? axis : axis + 1] = names }
        return try Tensor.make(ReshapeOperation(shape: target, labels: moved), [self])
    }
}

/// The same elements in the same order under another shape of the same count.
struct ReshapeOperation: Operation {
    var name: String { "reshape" }
    var shape: [Int]
    let labels: [Int: AxisLabels]

    func infer(_ inputs: [Signature]) throws -> Signature {
        Signature(shape, inputs[0].dtype, labels: labels)
    }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try inputs[0].rowMajor().reshaped(shape)
    }
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
