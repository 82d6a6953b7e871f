// t[i, a...b, :, mask, "Road"]: resolves the indices in the brackets, and builds the operations that read or
// replace that part. Indices are checked here, at the call.

import SegSystem

extension Tensor {
    /// One index in the brackets.
    public enum Index: Sendable {
        /// One entry; the axis is removed. Negative numbers count from the end.
        case at(Int)
        /// A range; nil is the axis's own end. Ends beyond the axis are cut off, as in Python.
        case slice(from: Int?, to: Int?, inclusive: Bool)
        case all
        /// A bool tensor is a mask, an integer tensor selects entries.
        case tensor(Tensor)
        case label(String)
        case labels([String])
    }

    /// The part of the tensor that the indices select; other axes are whole.
    public func get(_ indices: [Index]) throws -> Tensor {
        let plan = try IndexPlan(self, indices)
        let part = try plan.basic(self)
        return try plan.pick(part)
    }

    /// A new tensor with the selected part replaced; the value broadcasts to the part. A value with a
    /// fraction makes an integer tensor float64.
    public func setting(_ indices: [Index], to value: Operand) throws -> Tensor {
        var target = self
        switch value {
        case .number(let number):
            let fits = dtype == .bool && (number == 0 || number == 1)
            if !dtype.isFloating, !fits { target = try to(dtype.promoted(with: number)) }
        case .tensor(let tensor):
            if dtype.isInteger, tensor.dtype != .bool { target = try to(.promoted(dtype, tensor.dtype)) }
            if dtype == .bool, tensor.dtype.isFloating { target = try to(tensor.dtype) }
        }
        if indices.count == 1, case .tensor(let mask) = indices[0], mask.dtype == .bool {
            if case .number = value { return try target.setting(mask: mask, to: value) }
            if case .tensor(let tensor) = value, tensor.count == 1 {
                let scalar = try tensor.relabelled([:]).reshape([]).to(target.dtype)
                return try target.setting(mask: mask, to: .tensor(scalar))
            }
        }
        let plan = try IndexPlan(target, indices)
        if case .tensor(let tensor) = value { try plan.checkLabels(of: tensor, in: target) }
        if plan.picks.isEmpty { return try target.setting(plan, to: value) }
        return try target.setting(places: plan, to: value)
    }

    private func setting(mask: Tensor, to value: Operand) throws -> Tensor {
        try IndexPlan.check(mask: mask, on: self, axis: 0)
        var mask = mask
        while mask.rank < rank { mask = try mask.unsqueeze(mask.rank) }
        return try Tensor.where(.tensor(mask.relabelled([:])), value, .tensor(self), dtype: dtype)
    }

    private func setting(_ plan: IndexPlan, to value: Operand) throws -> Tensor {
        switch value {
        case .number(let number):
            let operation = SliceAssignOperation(starts: plan.starts, counts: plan.counts, number: number)
            return try Tensor.make(operation, [self])
        case .tensor(let tensor):
            let part = zip(plan.counts, plan.drops).filter { !$0.1 }.map(\.0)
            let source = try IndexPlan.fitting(tensor, to: part).to(dtype)
            // Dropped axes are restored with size 1, so that the value's axes match.
            var shape = [Int](repeating: 1, count: plan.counts.count)
            var own = source.shape.count - 1
            for axis in plan.counts.indices.reversed() where !plan.drops[axis] && own >= 0 {
                shape[axis] = source.shape[own]
                own -= 1
            }
            return try Tensor.make(
                SliceAssignOperation(starts: plan.starts, counts: plan.counts), [self, source.reshape(shape)])
        }
    }

    /// Replaces by flat positions: masks and integer tensors in any combination.
    private func setting(places plan: IndexPlan, to value: Operand) throws -> Tensor {
        let all = try Tensor.arange(to: Double(count), dtype: .int64).reshape(shape)
        let part = try plan.pick(plan.basic(all))
        let places = try part.value().rowMajor()
        let count = places.count
        // If a position occurs twice, only the last occurrence is kept.
        let at = places.elements(Int64.self)
        var last: [Int64: Int] = [:]
        last.reserveCapacity(count)
        for i in 0..<count { last[at[i]] = i }
        let isDistinct = last.count == count
        let kept = isDistinct ? [] : last.values.sorted()
        let flat =
            isDistinct
            ? Tensor(places.reshaped([count]))
            : Tensor(try TensorData(kept.map { at[$0] }, shape: [kept.count]))
        switch value {
        case .number(let number): return try Tensor.make(PutOperation(number: number), [self, flat])
        case .tensor(let tensor):
            var source = try IndexPlan.fitting(tensor, to: part.shape).relabelled([:]).to(dtype)
                .expand(part.shape).reshape([count])
            if !isDistinct {
                let rows = Tensor(try TensorData(kept.map { Int64($0) }, shape: [kept.count]))
                source = try Tensor.make(TakeOperation(axis: 0), [source, rows])
            }
            return try Tensor.make(PutOperation(), [self, source, flat])
        }
    }

    /// Elements along an axis at the positions in an integer tensor of the same rank.
    public func gather(axis: Int, index: Tensor) throws -> Tensor {
        let axis = try Shape.axis(axis, rank: rank, in: "gather")
        return try Tensor.make(GatherOperation(axis: axis), [self, index])
    }

    /// A last axis with a one at each class and zeros elsewhere.
    public func oneHot(classes: Int? = nil, dtype: DType = .float32) throws -> Tensor {
        guard self.dtype.isInteger else {
            throw TensorError(.type, "one_hot needs integers, got \(self.dtype.rawValue)")
        }
        let highest = count == 0 ? -1 : Int(Int64(converting: try Tensor.reduce(.max, self).item()))
        let lowest = count == 0 ? 0 : Int(Int64(converting: try Tensor.reduce(.min, self).item()))
        let total = classes ?? (highest == .max ? highest : highest + 1)
        guard lowest >= 0, highest < total else {
            throw TensorError(
                .index,
                "one_hot: class \(lowest < 0 ? lowest : highest) is not among \(plural(total, "class"))")
        }
        let numbers = try Tensor.arange(to: Double(total), dtype: .int64, calledAs: "one_hot")
        return try Tensor.apply(.equal, to(.int64).unsqueeze(rank), numbers).to(dtype)
    }
}

/// The indices in the brackets, resolved: one slice per axis, then selections by tensors.
struct IndexPlan {
    var starts: [Int]
    var counts: [Int]
    var drops: [Bool]
    /// Integer tensors by the axes of the sliced tensor, before axes are dropped; masks are converted to
    /// these.
    var picks: [(axis: Int, places: Tensor)] = []

    init(_ x: Tensor, _ indices: [Tensor.Index]) throws {
        starts = [Int](repeating: 0, count: x.rank)
        counts = x.shape
        drops = [Bool](repeating: false, count: x.rank)
        var axis = 0
        for index in indices {
            var width = 1
            if case .tensor(let mask) = index, mask.dtype == .bool {
                guard mask.rank > 0 else {
                    throw TensorError(
                        .index, "a mask has at least one axis; this index is a single bool",
                        help: "write `if c { … }`, or where(c, x, y)", notes: [Shape.text(x.shape)])
                }
                width = mask.rank
            }
            guard axis + width <= x.rank else {
                throw TensorError(
                    .index, "\(indices.count) indices for a tensor of rank \(x.rank)",
                    notes: [Shape.text(x.shape)])
            }
            try add(index, x, axis)
            axis += width
        }
    }

    private mutating func add(_ index: Tensor.Index, _ x: Tensor, _ axis: Int) throws {
        let size = x.shape[axis]
        switch index {
        case .all: break
        case .at(let place): try drop(axis, place, size)
        case .label(let name): try drop(axis, IndexPlan.labels(x, axis).position(name), size)
        case .labels(let names):
            let labels = try IndexPlan.labels(x, axis)
            let places = try names.map { Int64(try labels.position($0)) }
            picks.append((axis, Tensor(try TensorData(places, shape: [places.count]))))
        case .slice(let from, let to, let inclusive):
            let start = from.map { $0 < 0 ? $0 &+ size : $0 } ?? 0
            var end = size
            if let to {
                let place = to < 0 ? to &+ size : to
                end = inclusive ? (place == .max ? place : place + 1) : place
            }
            starts[axis] = min(max(start, 0), size)
            counts[axis] = max(min(max(end, 0), size) - starts[axis], 0)
        case .tensor(let tensor) where tensor.dtype == .bool:
            try IndexPlan.check(mask: tensor, on: x, axis: axis)
            for (place, list) in try IndexPlan.places(of: tensor).enumerated() {
                picks.append((axis + place, list))
            }
        case .tensor(let tensor):
            guard tensor.dtype.isInteger else {
                throw TensorError(
                    .type, "an index must hold integers or bools, got \(tensor.dtype.rawValue)",
                    help: "convert it with to(i, int64)")
            }
            if tensor.rank == 0 { return try drop(axis, Int(Int64(converting: tensor.item())), size) }
            for place in try tensor.doubles() where place >= Double(size) || place < -Double(size) {
                throw TensorError(
                    .index,
                    "index \(Tensor.text(of: place)) is out of range: axis \(axis) has \(plural(size, "entry"))",
                    notes: [Shape.text(x.shape)])
            }
            picks.append((axis, tensor))
        }
    }

    private mutating func drop(_ axis: Int, _ place: Int, _ size: Int) throws {
        let resolved = place < 0 ? place &+ size : place
        guard resolved >= 0, resolved < size else {
            throw TensorError(
                .index, "index \(place) is out of range: axis \(axis) has \(plural(size, "entry"))",
                help: size == 0
                    ? "the axis is empty" : "indices go from 0 to \(size - 1), or from -\(size) to -1")
        }
        starts[axis] = resolved
        counts[axis] = 1
        drops[axis] = true
    }

    private static func labels(_ x: Tensor, _ axis: Int) throws -> AxisLabels {
        guard let labels = x.labels[axis] else {
            throw TensorError(
                .label, "axis \(axis) has no labels", help: "tensor(x, labels=[…]) gives it some",
                notes: [Shape.text(x.shape)])
        }
        return labels
    }

    static func check(mask: Tensor, on x: Tensor, axis: Int) throws {
        guard axis + mask.rank <= x.rank, Array(x.shape[axis..<axis + mask.rank]) == mask.shape else {
            throw TensorError(
                .shape, "a mask of shape \(Shape.text(mask.shape)) does not fit shape \(Shape.text(x.shape))",
                notes: [Shape.text(x.shape), Shape.text(mask.shape)])
        }
        for (place, names) in mask.labels {
            if let own = x.labels[axis + place], own != names {
                throw TensorError(.label, "the labels of the mask and of axis \(axis + place) differ")
            }
        }
    }

    /// The positions where a mask is true, as an integer tensor for each of its axes.
    private static func places(of mask: Tensor) throws -> [Tensor] {
        let data = try mask.value().rowMajor()
        let bools = data.elements(UInt8.self)
        let strides = Shape.strides(mask.shape)
        var lists = [[Int64]](repeating: [], count: mask.rank)
        try Parallel.pieces(data.count) { part in
            for i in part where bools[i] != 0 {
                var rest = i
                for axis in strides.indices {
                    lists[axis].append(Int64(rest / strides[axis]))
                    rest %= strides[axis]
                }
            }
            let count = lists[0].count
            if count > 1 << 16 {
                try MemoryBudget.process.require(
                    count * lists.count * MemoryLayout<Int64>.stride, for: "a list of this mask's positions")
            }
        }
        return try lists.map { Tensor(try TensorData($0, shape: [$0.count])) }
    }

    /// Labels of a value must be those of the part that it replaces, where both have any.
    func checkLabels(of value: Tensor, in target: Tensor) throws {
        if value.labels.isEmpty || target.labels.isEmpty { return }
        let part = try pick(basic(target))
        // Axes in front that `fitting` drops.
        let dropped = max(value.rank - part.rank, 0)
        let own = Dictionary(
            uniqueKeysWithValues: value.labels.compactMap { $0 < dropped ? nil : ($0 - dropped, $1) })
        _ = try AxisLabels.merged(
            [(part.shape, part.labels), (Array(value.shape.dropFirst(dropped)), own)], into: part.shape)
    }

    /// A value that broadcasts to the part it replaces, without axes of size 1 in front.
    static func fitting(_ value: Tensor, to part: [Int]) throws -> Tensor {
        var shape = value.shape
        while shape.count > part.count, shape.first == 1 { shape.removeFirst() }
        let fits =
            shape.count <= part.count
            && zip(shape.reversed(), part.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
        guard fits else {
            throw TensorError(
                .shape,
                "a value of shape \(Shape.text(value.shape)) does not fit the place of shape \(Shape.text(part))",
                notes: [Shape.text(part), Shape.text(value.shape)])
        }
        return try value.relabelled([:]).reshape(shape)
    }

    /// Applies the slices; dropped axes are removed if no selection follows.
    func basic(_ x: Tensor) throws -> Tensor {
        if counts == x.shape, !drops.contains(true) { return x }
        return try Tensor.make(SliceOperation(starts: starts, counts: counts, drops: drops), [x])
    }

    /// Applies the selections to the result of `basic`.
    func pick(_ x: Tensor) throws -> Tensor {
        if picks.isEmpty { return x }
        // Axes after those that were dropped.
        let axes = picks.map { pick in pick.axis - drops[..<pick.axis].count { $0 } }
        if picks.count == 1 {
            let places = picks[0].places
            var names: AxisLabels?
            if let labels = x.labels[axes[0]], places.rank == 1 {
                let size = labels.names.count
                names = labels.picking(try places.doubles().map { $0 < 0 ? Int($0) + size : Int($0) })
            }
            return try Tensor.make(TakeOperation(axis: axes[0], labels: names), [x, places])
        }
        // Several integer tensors are paired: their axes are joined into one, which is indexed by flat
        // positions.
        let isTogether = zip(axes, axes.dropFirst()).allSatisfy { $0 + 1 == $1 }
        let front = isTogether ? axes[0] : 0
        var order = x.shape.indices.filter { !axes.contains($0) }
        order.insert(contentsOf: axes, at: front)
        let arranged = try x.permute(order)
        var flat = try Tensor.scalar(0, dtype: .int64)
        for (pick, axis) in zip(picks, axes) {
            let size = x.shape[axis]
            let wrapped = try Tensor.apply(.remainder, pick.places.to(.int64), Double(max(size, 1)))
            flat = try flat * Double(size) + wrapped
        }
        let joined = axes.reduce(1) { $0 * x.shape[$1] }
        let merged = try arranged.reshape(
            Array(arranged.shape[..<front]) + [joined] + Array(arranged.shape[(front + axes.count)...]))
        return try Tensor.make(TakeOperation(axis: front), [merged, flat])
    }
}
