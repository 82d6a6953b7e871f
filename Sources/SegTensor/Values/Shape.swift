// Sizes and axes: counting without overflow, broadcasting, resolving axes. Pure arithmetic on [Int].

/// Arithmetic on shapes, with errors in the user's terms.
enum Shape {
    /// The number of elements of a shape that was already checked.
    @inlinable public static func count(_ shape: [Int]) -> Int {
        var count = 1
        for size in shape { count &*= size }
        return count
    }

    /// "[3, 4]".
    static func text(_ shape: [Int]) -> String {
        "[" + shape.map(String.init).joined(separator: ", ") + "]"
    }

    /// The bytes of a tensor; negative sizes and sizes beyond all memory are errors.
    static func byteCount(_ shape: [Int], _ dtype: DType, for what: @autoclosure () -> String) throws
        -> Int
    {
        // An empty tensor's other sizes are counted too: parts of them are multiplied by operations.
        var bytes = dtype.size
        var overflows = false
        var hasZero = false
        for size in shape {
            guard size >= 0 else {
                throw TensorError(.shape, "\(what()): a size cannot be negative: \(text(shape))")
            }
            hasZero = hasZero || size == 0
            let product = bytes.multipliedReportingOverflow(by: max(size, 1))
            overflows = overflows || product.overflow
            bytes = product.partialValue
        }
        guard !overflows, bytes < Int.max / 4 else {
            if hasZero {
                throw TensorError(
                    .shape,
                    "\(what()): the sizes of shape \(text(shape)) multiply to more than can be counted")
            }
            let total = shape.reduce(Double(dtype.size)) { $0 * Double($1) }
            throw TensorError.refusal(total, "\(what()) of shape \(text(shape)), \(dtype.rawValue),")
        }
        return hasZero ? 0 : bytes
    }

    /// Whether a shape is empty, and loops over its other axes would be long.
    static func isLongAndEmpty(_ shape: [Int]) -> Bool {
        shape.contains(0) && shape.reduce(1) { $0 * max($1, 1) } > 1 << 20
    }

    /// Row-major strides in elements.
    static func strides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        var step = 1
        for axis in stride(from: shape.count - 1, through: 0, by: -1) {
            strides[axis] = step
            step &*= shape[axis]
        }
        return strides
    }

    /// The shape two shapes broadcast to.
    static func broadcast(_ a: [Int], _ b: [Int]) throws -> [Int] {
        if a == b { return a }
        let rank = max(a.count, b.count)
        var result = [Int](repeating: 1, count: rank)
        for back in 1...max(rank, 1) where rank > 0 {
            let x = back <= a.count ? a[a.count - back] : 1
            let y = back <= b.count ? b[b.count - back] : 1
            guard x == y || x == 1 || y == 1 else {
                throw TensorError(
                    .shape, "shapes \(text(a)) and \(text(b)) do not broadcast",
                    help: rank == 1
                        ? "the sizes must be equal, or one of them 1"
                        : "counted from the last axis, sizes must be equal or 1; here they are \(x) and \(y)",
                    notes: [text(a), text(b)])
            }
            result[rank - back] = x == 1 ? y : x
        }
        return result
    }

    /// Strides with which a row-major `shape` is read as the larger `target` to which it broadcasts.
    static func broadcastStrides(_ shape: [Int], to target: [Int]) -> [Int] {
        let own = strides(shape)
        let lead = target.count - shape.count
        return (0..<target.count).map { axis in
            axis < lead || shape[axis - lead] == 1 ? 0 : own[axis - lead]
        }
    }

    /// An axis counted from the front; negative axes count from the end.
    static func axis(_ axis: Int, rank: Int, in name: String) throws -> Int {
        let resolved = axis < 0 ? axis + rank : axis
        guard resolved >= 0, resolved < rank else {
            let range =
                rank == 0 ? "it has no axes" : rank == 1 ? "it has axis 0" : "its axes are 0...\(rank - 1)"
            throw TensorError(
                .index, "\(name): there is no axis \(axis) in a tensor of rank \(rank): \(range)")
        }
        return resolved
    }

    /// A set of axes in ascending order, each named once; nil means all.
    static func axes(_ axes: [Int]?, rank: Int, in name: String) throws -> [Int] {
        guard let axes else { return Array(0..<rank) }
        var seen = Set<Int>()
        for one in axes {
            let resolved = try axis(one, rank: rank, in: name)
            guard seen.insert(resolved).inserted else {
                throw TensorError(.index, "\(name): axis \(one) is named twice")
            }
        }
        return seen.sorted()
    }
}
