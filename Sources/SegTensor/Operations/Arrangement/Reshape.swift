// What moves elements without changing them, as users call it: reshape, permute, expand, flip, pad, roll,
// chunk. The operations behind stand in ShapingOperations, cat and stack in Joining.

extension Tensor {
    /// The same elements under another shape; one size may be -1.
    public func reshape(_ target: [Int]) throws -> Tensor {
        var shape = target
        if let free = target.firstIndex(of: -1) {
            guard target.lastIndex(of: -1) == free else {
                throw TensorError(.shape, "reshape: only one size may be -1, here is \(Shape.text(target))")
            }
            var rest = 1
            for (axis, size) in target.enumerated() where axis != free {
                let product = rest.multipliedReportingOverflow(by: size)
                rest = product.overflow ? 0 : product.partialValue
            }
            shape[free] = rest > 0 && count % rest == 0 ? count / rest : 0
        }
        if shape == self.shape { return self }
        return try Tensor.make(
            ReshapeOperation(shape: shape, asked: target, labels: Tensor.keptLabels(signature, shape)), [self]
        )
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

    /// Two axes exchanged, the last two unless told.
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

    /// Axes of size 1 repeated, new ones put in front; -1 keeps a size.
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

    /// A reshape to some of the axes, the others being of size 1.
    func keeping(_ axes: [Int]) throws -> Tensor {
        if axes.count == rank { return self }
        var kept: [Int: AxisLabels] = [:]
        for (place, axis) in axes.enumerated() { kept[place] = labels[axis] }
        let target = axes.map { shape[$0] }
        return try Tensor.make(ReshapeOperation(shape: target, asked: target, labels: kept), [self])
    }

    /// An axis of size 1 put in at a place.
    public func unsqueeze(_ axis: Int) throws -> Tensor {
        let place = try Shape.axis(axis, rank: rank + 1, in: "unsqueeze")
        var target = shape
        target.insert(1, at: place)
        var moved: [Int: AxisLabels] = [:]
        for (axis, names) in labels { moved[axis < place ? axis : axis + 1] = names }
        return try Tensor.make(ReshapeOperation(shape: target, asked: target, labels: moved), [self])
    }

    /// The order of some axes turned round, all where nil.
    public func flip(axes: [Int]? = nil) throws -> Tensor {
        let resolved = try Shape.axes(axes, rank: rank, in: "flip")
        return resolved.isEmpty ? self : try Tensor.make(FlipOperation(axes: resolved), [self])
    }

    /// Elements shifted along axes, those that fall out coming in at the other end; without axes the
    /// flattened tensor is shifted.
    public func roll(_ shifts: [Int], axes: [Int]? = nil) throws -> Tensor {
        guard let axes else {
            guard shifts.count == 1 else {
                throw TensorError(.value, "roll: one shift where no axis is named")
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

    /// Constant borders: how many entries before and after, an axis.
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
        return try Tensor.make(PadOperation(before: all.map(\.0), after: all.map(\.1), number: value), [self])
    }

    /// `n` parts of (nearly) equal length; fewer where the axis is shorter.
    public func chunk(_ n: Int, axis: Int = 0) throws -> [Tensor] {
        let axis = try Shape.axis(axis, rank: rank, in: "chunk")
        guard n > 0 else { throw TensorError(.value, "chunk: \(n) parts") }
        let parts = min(n, max(shape[axis], 1))
        let size = max((shape[axis] + parts - 1) / parts, 1)
        let starts = stride(from: 0, to: max(shape[axis], 1), by: size)
        return try starts.map { try narrow(axis: axis, start: $0, count: min(size, shape[axis] - $0)) }
    }

    /// Parts of the given lengths.
    public func split(sizes: [Int], axis: Int = 0) throws -> [Tensor] {
        let axis = try Shape.axis(axis, rank: rank, in: "split")
        guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, { $0 &+ $1 }) == shape[axis] else {
            throw TensorError(
                .shape, "split: sizes \(Shape.text(sizes)) do not add up to \(shape[axis])",
                notes: [Shape.text(shape)])
        }
        var start = 0
        return try sizes.map { size in
            defer { start += size }
            return try narrow(axis: axis, start: start, count: size)
        }
    }

    /// `count` entries of an axis from `start`, which must be there.
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
