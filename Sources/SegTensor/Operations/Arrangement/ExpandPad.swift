// Larger shapes: axes of size 1 repeated (expand), constant borders (pad).

extension Tensor {
    /// Axes of size 1 repeated, new axes added in front; -1 keeps a size.
    public func expand(_ target: [Int]) throws -> Tensor {
        let lead = target.count - rank
        guard lead >= 0 else {
            throw TensorError(
                .shape, "shape \(Shape.text(shape)) does not expand to \(Shape.text(target))",
                notes: [Shape.text(shape)])
        }
        var result = target
        for axis in target.indices {
            let own = axis < lead ? 1 : shape[axis - lead]
            if target[axis] == -1, axis >= lead { result[axis] = own }
            guard own == 1 || own == result[axis] else {
                throw TensorError(
                    .shape, "shape \(Shape.text(shape)) does not expand to \(Shape.text(target))",
                    notes: [Shape.text(shape)])
            }
        }
        return result == shape ? self : try Tensor.make(ExpandOperation(shape: result), [self])
    }

    /// Constant borders: the number of entries before and after, per axis. A value with a fraction makes an
    /// integer tensor float64.
    public func pad(_ widths: [(Int, Int)], value: Double = 0) throws -> Tensor {
        guard widths.count <= rank else {
            throw TensorError(
                .shape, "pad: widths for \(widths.count) axes, the tensor has \(rank)",
                notes: [Shape.text(shape)])
        }
        let all = [(Int, Int)](repeating: (0, 0), count: rank - widths.count) + widths
        for (before, after) in all where before < 0 || after < 0 {
            throw TensorError(.value, "pad: a width cannot be negative: \(before), \(after)")
        }
        let target = dtype.isInteger ? try to(dtype.promoted(with: value)) : self
        return try Tensor.make(
            PadOperation(before: all.map(\.0), after: all.map(\.1), number: value), [target])
    }

    /// What borders consist of, where not of one number.
    public enum Border: String, CaseIterable, Sendable {
        /// The entries inside the edge, in reverse order; the edge itself is not repeated.
        case reflect
        /// The edge, repeated.
        case replicate
        /// The entries of the opposite side.
        case circular
    }

    /// Borders that are made of the tensor: the number of entries before and after, per axis.
    public func pad(_ widths: [(Int, Int)], border: Border) throws -> Tensor {
        guard widths.count <= rank else {
            throw TensorError(
                .shape, "pad: widths for \(widths.count) axes, the tensor has \(rank)",
                notes: [Shape.text(shape)])
        }
        var result = self
        for (place, (before, after)) in widths.enumerated() where (before, after) != (0, 0) {
            let axis = rank - widths.count + place
            let size = shape[axis]
            let most = border == .reflect ? size - 1 : border == .circular ? size : size == 0 ? 0 : Int.max
            guard before >= 0, after >= 0, before <= most, after <= most else {
                throw TensorError(
                    .value,
                    "pad: widths \(before) and \(after) do not fit an axis of \(size) with borders \"\(border.rawValue)\""
                        + (size > 0 && most != Int.max ? ": they are from 0 to \(most)" : ""),
                    notes: [Shape.text(shape)])
            }
            let x = result
            func edge(_ start: Int, _ count: Int, _ width: Int) throws -> Tensor {
                let part = try x.narrow(axis: axis, start: start, count: count)
                switch border {
                case .reflect: return try part.flip(axes: [axis])
                case .circular: return part
                case .replicate:
                    var shape = part.shape
                    shape[axis] = width
                    return try part.expand(shape)
                }
            }
            var parts = [x]
            switch border {
            case .reflect:
                if before > 0 { parts.insert(try edge(1, before, before), at: 0) }
                if after > 0 { parts.append(try edge(size - 1 - after, after, after)) }
            case .replicate:
                if before > 0 { parts.insert(try edge(0, 1, before), at: 0) }
                if after > 0 { parts.append(try edge(size - 1, 1, after)) }
            case .circular:
                if before > 0 { parts.insert(try edge(size - before, before, before), at: 0) }
                if after > 0 { parts.append(try edge(0, after, after)) }
            }
            result = try Tensor.cat(parts, axis: axis)
        }
        return result
    }
}

/// Axes of size 1 repeated, and new axes in front.
struct ExpandOperation: Operation {
    var name: String { "expand" }
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
        // A value spread over pixels is stored like the maps it will be combined with: channels last.
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

/// A border of one number.
struct PadOperation: Operation {
    var name: String { "pad" }
    let before: [Int]
    let after: [Int]
    let number: Double

    func infer(_ inputs: [Signature]) throws -> Signature {
        var result = Signature(inputs[0].shape, inputs[0].dtype)
        for axis in before.indices {
            result.shape[axis] = try Size.sum([result.shape[axis], before[axis], after[axis]])
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
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        before[0] == 0 && after[0] == 0
    }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        let operation = SliceOperation(
            starts: before, counts: g.inputs[0].shape, drops: before.map { _ in false })
        return [try Tensor.make(operation, [g.upstream])]
    }
}
