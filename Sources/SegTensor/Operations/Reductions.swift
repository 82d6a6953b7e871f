// Sums, means, extremes, any and all over axes; positions of extremes; running sums. Axes that are adjacent
// in memory are reduced together by the C kernels, in an order that depends only on the shape.

import CKernels

/// Reductions by name.
public enum Reduction: String, CaseIterable, Sendable, Encodable {
    case sum, mean, `var`, std, min, max, prod, any, all
}

extension Tensor {
    /// A reduction over some axes, by default all. `var` and `std` divide by n. Sums of integers are int64,
    /// their means float64. The labels of a reduced axis are dropped.
    public static func reduce(
        _ reduction: Reduction, _ x: Tensor, axes: [Int]? = nil, keepdims: Bool = false
    ) throws -> Tensor {
        let resolved = try Shape.axes(axes, rank: x.rank, in: reduction.rawValue)
        switch reduction {
        case .var, .std: return try x.variance(axes: axes, keepdims: keepdims, root: reduction == .std)
        case .mean where !x.dtype.isFloating:
            return try make(
                ReduceOperation(kind: .mean, axes: resolved, keepdims: keepdims), [x.to(.float64)])
        case .any, .all:
            let bools = x.dtype == .bool ? x : try apply(.notEqual, x, 0)
            return try make(ReduceOperation(kind: reduction, axes: resolved, keepdims: keepdims), [bools])
        default:
            return try make(ReduceOperation(kind: reduction, axes: resolved, keepdims: keepdims), [x])
        }
    }

    /// The variance over some axes, or its root; divided by n - `correction`.
    public func variance(
        axes: [Int]? = nil, keepdims: Bool = false, correction: Int = 0, root: Bool = false
    ) throws -> Tensor {
        let x = dtype.isFloating ? self : try to(.float64)
        let name = root ? "std" : "var"
        let resolved = try Shape.axes(axes, rank: rank, in: name)
        let count = resolved.reduce(1) { $0 * shape[$1] }
        let mean = try Tensor.make(ReduceOperation(kind: .mean, axes: resolved, keepdims: true), [x])
        let squares = try Tensor.apply(.square, x - mean)
        let average = try Tensor.make(
            ReduceOperation(kind: .mean, axes: resolved, keepdims: keepdims), [squares])
        let factor = Double(count) / max(0, Double(count) - Double(correction))
        let variance = correction == 0 ? average : try average * factor
        guard root else { return variance }
        // A deviation of 0 has the gradient 0, as in PyTorch, and not that of the root there.
        let isZero = try Tensor.apply(.equal, variance, 0)
        let deviation = try Tensor.apply(.sqrt, Tensor.where(.tensor(isZero), 1, .tensor(variance)))
        return try Tensor.where(.tensor(isZero), 0, .tensor(deviation))
    }

    /// The index of the first maximum along an axis, or in the flattened tensor if nil; int64.
    public func argmax(axis: Int? = nil, keepdims: Bool = false) throws -> Tensor {
        try extreme(axis, keepdims, minimum: false)
    }

    /// As `argmax`, of the minimum.
    public func argmin(axis: Int? = nil, keepdims: Bool = false) throws -> Tensor {
        try extreme(axis, keepdims, minimum: true)
    }

    private func extreme(_ axis: Int?, _ keepdims: Bool, minimum: Bool) throws -> Tensor {
        let name = minimum ? "argmin" : "argmax"
        guard let axis else {
            let flat = try reshape([count])
            let result = try Tensor.make(ArgOperation(minimum: minimum, axis: 0, keepdims: false), [flat])
            return keepdims ? try result.reshape(shape.map { _ in 1 }) : result
        }
        let resolved = try Shape.axis(axis, rank: rank, in: name)
        return try Tensor.make(ArgOperation(minimum: minimum, axis: resolved, keepdims: keepdims), [self])
    }

    /// Running sums along an axis, or of the flattened tensor if nil.
    public func cumsum(axis: Int? = nil) throws -> Tensor {
        guard let axis else { return try (rank == 1 ? self : reshape([count])).cumsum(axis: 0) }
        let resolved = try Shape.axis(axis, rank: rank, in: "cumsum")
        return try Tensor.make(CumulativeSumOperation(axis: resolved), [self])
    }

    /// Spreads a reduced gradient over the axes that were reduced.
    func spread(over shape: [Int], axes: [Int]) throws -> Tensor {
        var kept = shape
        for axis in axes { kept[axis] = 1 }
        return try reshape(kept).expand(shape)
    }
}

/// The axes of memory that a reduction runs over.
private struct ReductionPlan {
    let data: TensorData
    /// Sizes in the order of memory, with neighbours of the same kind merged, and whether they are reduced.
    var groups: [(size: Int, isReduced: Bool)] = []

    /// - Parameter keepsOrder: whether the result keeps all its axes, so that it can have the input's order
    ///   in memory.
    init(_ data: TensorData, axes: [Int], keepsAxes: Bool) throws {
        var data = data
        if data.layout == .channelsLast, !keepsAxes {
            let kept = [0, 2, 3, 1].filter { !axes.contains($0) && data.shape[$0] != 1 }
            if kept != kept.sorted() { data = try data.rowMajor() }
        }
        self.data = data
        let order = data.layout == .channelsLast ? [0, 2, 3, 1] : Array(data.shape.indices)
        for axis in order where data.shape[axis] != 1 {
            let isReduced = axes.contains(axis)
            if let last = groups.last, last.isReduced == isReduced {
                groups[groups.count - 1].size *= data.shape[axis]
            } else {
                groups.append((data.shape[axis], isReduced))
            }
        }
    }
}

struct ReduceOperation: Operation {
    let kind: Reduction
    let axes: [Int]
    let keepdims: Bool

    var name: String { kind.rawValue }

    private var kernel: Int {
        switch kind {
        case .sum: REDUCE_SUM
        case .mean, .var, .std: REDUCE_MEAN
        case .prod: REDUCE_PROD
        case .max, .any: REDUCE_MAX
        case .min, .all: REDUCE_MIN
        }
    }

    func infer(_ inputs: [Signature]) throws -> Signature {
        let x = inputs[0]
        if kind == .min || kind == .max, axes.contains(where: { x.shape[$0] == 0 }) {
            throw TensorError(
                .shape, "\(name) of an empty axis: the tensor has shape \(Shape.text(x.shape))",
                notes: [Shape.text(x.shape)])
        }
        let dtype: DType =
            switch kind {
            case .sum, .prod: x.dtype.accumulated
            case .any, .all: .bool
            default: x.dtype
            }
        return reduced(x, axes: axes, keepdims: keepdims, dtype)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = inputs[0]
        if x.count == 0 {
            let out = try TensorData(shape: result.shape, dtype: result.dtype, for: name)
            let identity: Double = kind == .prod || kind == .all ? 1 : kind == .mean ? .nan : 0
            Elementwise.fill(out, identity)
            return out
        }
        let plan = try ReductionPlan(x, axes: axes, keepsAxes: keepdims)
        var groups = plan.groups
        var data = plan.data
        while let index = groups.lastIndex(where: { $0.isReduced }) {
            let outer = groups[..<index].reduce(1) { $0 * $1.size }
            let inner = groups[(index + 1)...].reduce(1) { $0 * $1.size }
            data = try reduce(data, outer, groups[index].size, inner)
            groups.remove(at: index)
        }
        let layout: Layout = keepdims ? plan.data.layout : .rowMajor
        let out = try data.converted(to: result.dtype)
        return TensorData(
            storage: out.storage, offset: out.offset, shape: result.shape, dtype: result.dtype, layout: layout
        )
    }

    private func reduce(_ x: TensorData, _ outer: Int, _ axis: Int, _ inner: Int) throws -> TensorData {
        let type: DType = x.dtype.isFloating ? x.dtype : .int64
        let out = try TensorData(shape: [outer * inner], dtype: type, for: name)
        switch x.dtype {
        case .float32: reduce_axis_f32(kernel, x.floats, outer, axis, inner, out.floats)
        case .float64: reduce_axis_f64(kernel, x.elements(), outer, axis, inner, out.elements())
        case .int64: reduce_axis_i64(kernel, x.elements(), outer, axis, inner, out.elements())
        case .int32: reduce_axis_i32(kernel, x.elements(), outer, axis, inner, out.elements())
        case .uint8, .bool: reduce_axis_u8(kernel, x.elements(), outer, axis, inner, out.elements())
        }
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        !axes.contains(0)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (x, y, u) = (g.inputs[0], g.result, g.upstream)
        switch kind {
        case .sum: return [try u.spread(over: x.shape, axes: axes)]
        case .mean, .var, .std:
            let count = axes.reduce(1) { $0 * x.shape[$1] }
            return [try (u / Double(count)).spread(over: x.shape, axes: axes)]
        case .min, .max:
            // Ties share the gradient evenly.
            let ties = try Tensor.apply(.equal, x, y.relabelled([:]).spread(over: x.shape, axes: axes)).to(
                x.dtype)
            let shares = try Tensor.reduce(.sum, ties, axes: axes, keepdims: true)
            return [try ties / shares * u.spread(over: x.shape, axes: axes)]
        case .prod where x.shape.contains(0): return [try u.spread(over: x.shape, axes: axes)]
        case .prod:
            // The same product as a tree of multiplications, whose gradient is correct for zeros too.
            let scope = TrackingScope()
            let leaf = try scope.track(x)
            let tree = try ReduceOperation.tree(leaf, axes: axes).reshape(u.shape)
            let gradient = try gradients(of: tree, wrt: [leaf], seed: u)
            scope.end(from: [tree])
            return [gradient[0]]
        case .any, .all: return [nil]
        }
    }

    /// The product over some axes, kept with size one, by halving.
    private static func tree(_ x: Tensor, axes: [Int]) throws -> Tensor {
        var result = x
        for axis in axes {
            while result.shape[axis] > 1 {
                let half = result.shape[axis] / 2
                let low = try result.narrow(axis: axis, start: 0, count: half)
                let high = try result.narrow(axis: axis, start: half, count: half)
                let pairs = try low.relabelled([:]) * high.relabelled([:])
                if result.shape[axis] % 2 == 1 {
                    let rest = try result.narrow(axis: axis, start: 2 * half, count: 1)
                    result = try Tensor.cat([pairs, rest.relabelled([:])], axis: axis)
                } else {
                    result = pairs
                }
            }
        }
        return result
    }
}

/// The signature that remains after a reduction.
private func reduced(_ x: Signature, axes: [Int], keepdims: Bool, _ dtype: DType) -> Signature {
    var result = Signature([], dtype)
    for axis in x.shape.indices {
        if axes.contains(axis) {
            if keepdims { result.shape.append(1) }
        } else {
            result.labels[result.shape.count] = x.labels[axis]
            result.shape.append(x.shape[axis])
        }
    }
    return result
}

/// Position of the first extreme along an axis.
struct ArgOperation: Operation {
    let minimum: Bool
    let axis: Int
    let keepdims: Bool

    var name: String { minimum ? "argmin" : "argmax" }

    func infer(_ inputs: [Signature]) throws -> Signature {
        guard inputs[0].shape[axis] > 0 else {
            throw TensorError(
                .shape, "\(name) of an empty axis: the tensor has shape \(Shape.text(inputs[0].shape))",
                notes: [Shape.text(inputs[0].shape)])
        }
        return reduced(inputs[0], axes: [axis], keepdims: keepdims, .int64)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        var x = inputs[0]
        // Channels last stays if the search is over the channels; the other axes are then in order.
        if x.layout == .channelsLast, axis != 1 { x = try x.rowMajor() }
        let order = x.memoryShape
        let place = x.layout == .channelsLast ? 3 : axis
        let outer = order[..<place].reduce(1, *)
        let inner = order[(place + 1)...].reduce(1, *)
        let out = try TensorData(shape: result.shape, dtype: .int64, for: name)
        if out.count == 0 { return out }
        let places = out.elements(Int64.self)
        let low = minimum ? 1 : 0
        switch x.dtype {
        case .float32: reduce_arg_f32(low, x.floats, outer, order[place], inner, places)
        case .float64: reduce_arg_f64(low, x.elements(), outer, order[place], inner, places)
        case .int64: reduce_arg_i64(low, x.elements(), outer, order[place], inner, places)
        case .int32: reduce_arg_i32(low, x.elements(), outer, order[place], inner, places)
        case .uint8, .bool: reduce_arg_u8(low, x.elements(), outer, order[place], inner, places)
        }
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { axis != 0 }
}

/// Running sums along an axis; backwards for the gradient.
struct CumulativeSumOperation: Operation {
    var name: String { "cumsum" }
    let axis: Int
    var backwards = false

    func infer(_ inputs: [Signature]) throws -> Signature {
        Signature(inputs[0].shape, inputs[0].dtype.accumulated, labels: inputs[0].labels)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].rowMajor().converted(to: result.dtype)
        let out = try TensorData(shape: x.shape, dtype: result.dtype, for: name)
        let outer = x.shape[..<axis].reduce(1, *)
        let inner = x.shape[(axis + 1)...].reduce(1, *)
        let length = x.shape[axis]
        if out.count == 0 { return out }
        /// Calls `body` with steps along the axis and positions beside it; few positions one after the other, so
        /// that a sum stays where it is.
        func walk(_ body: (_ steps: Range<Int>, _ columns: Range<Int>, _ base: Int) -> Void) throws {
            let size = 1 << 16
            let width = inner < 16 ? 1 : size
            var work = 0
            for o in 0..<outer {
                for first in stride(from: 0, to: inner, by: width) {
                    let columns = first..<min(first + width, inner)
                    try Parallel.pieces(length, of: max(size / columns.count, 1)) { steps in
                        body(steps, columns, o * length * inner)
                    }
                    work += columns.count * length
                    if work >= 1 << 18 {
                        work = 0
                        try Parallel.checkStop()
                    }
                }
            }
        }
        func row(_ step: Int) -> Int { (backwards ? length - 1 - step : step) * inner }
        func run<T: Element>(_ type: T.Type) throws {
            let (from, to) = (x.elements(T.self), out.elements(T.self))
            try walk { steps, columns, base in
                for step in steps {
                    let row = base + row(step)
                    let before = backwards ? row + inner : row - inner
                    for i in columns {
                        to[row + i] = step == 0 ? from[row + i] : T.adding(to[before + i], from[row + i])
                    }
                }
            }
        }
        // Running sums of float32 are kept in float64, so that long ones do not lose precision.
        if result.dtype == .float32 {
            let (from, to) = (x.floats, out.floats)
            var sums = [Double](repeating: 0, count: min(inner, 1 << 16))
            try sums.withUnsafeMutableBufferPointer { sums in
                try walk { steps, columns, base in
                    if columns.count == 1 {
                        var sum = steps.lowerBound == 0 ? 0 : sums[0]
                        for step in steps {
                            let place = base + row(step) + columns.lowerBound
                            sum += Double(from[place])
                            to[place] = Float(sum)
                        }
                        sums[0] = sum
                        return
                    }
                    for step in steps {
                        let row = base + row(step)
                        for i in columns {
                            let sum =
                                (step == 0 ? 0 : sums[i - columns.lowerBound]) + Double(from[row + i])
                            sums[i - columns.lowerBound] = sum
                            to[row + i] = Float(sum)
                        }
                    }
                }
            }
        } else {
            try result.dtype.withElement { try run($0) }
        }
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { axis != 0 }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(CumulativeSumOperation(axis: axis, backwards: !backwards), [g.upstream])]
    }
}
