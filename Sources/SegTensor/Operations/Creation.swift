// New tensors: constants, ranges, deferred sources. Their values too are computed when they are read.

@preconcurrency import Glibc
import SegSystem

extension Tensor {
    /// A tensor of given values in row-major order.
    /// - Parameter name: the function that the user called, for errors.
    public static func from(
        _ values: [Double], shape: [Int], dtype: DType = .float32, labels: [Int: AxisLabels] = [:],
        calledAs name: String = "tensor"
    ) throws -> Tensor {
        let data = try TensorData(shape: shape, dtype: dtype, for: name)
        guard values.count == data.count else {
            throw TensorError(
                .shape,
                "\(values.count) values do not make shape \(Shape.text(shape)), which has \(data.count)")
        }
        if dtype.isInteger {
            try Parallel.pieces(values.count) { part in
                for number in values[part] { try dtype.check(holds: number, in: name) }
            }
        }
        func fill<T: Element>(_ type: T.Type) throws {
            let out = data.elements(T.self)
            try Parallel.pieces(values.count) { part in
                if dtype == .bool {
                    for i in part { out[i] = T(converting: values[i] != 0 ? 1 : 0) }
                } else {
                    for i in part { out[i] = T(converting: values[i]) }
                }
            }
        }
        try dtype.withElement { try fill($0) }
        for (axis, names) in labels { try check(names, on: axis, of: shape) }
        return Tensor(data, labels: labels)
    }

    private static func check(_ names: AxisLabels, on axis: Int, of shape: [Int]) throws {
        guard shape.indices.contains(axis) else {
            throw TensorError(.label, "labels for axis \(axis) of a tensor of rank \(shape.count)")
        }
        guard names.names.count == shape[axis] else {
            throw TensorError(
                .label, "\(names.names.count) labels for an axis of \(shape[axis])",
                notes: [Shape.text(shape)])
        }
    }

    /// A tensor of rank 0.
    public static func scalar(_ x: Double, dtype: DType = .float32) throws -> Tensor {
        Tensor(try Elementwise.constant(x, dtype))
    }

    /// - Parameter name: the function that the user called, for errors: `zeros` is also a `full`.
    public static func full(
        _ shape: [Int], _ value: Double, dtype: DType = .float32, calledAs name: String = "full"
    ) throws -> Tensor {
        try dtype.check(holds: value, in: name)
        return try make(FillOperation(name: name, shape: shape, number: value, dtype: dtype), [])
    }
    public static func zeros(_ shape: [Int], dtype: DType = .float32) throws -> Tensor {
        try full(shape, 0, dtype: dtype, calledAs: "zeros")
    }
    public static func ones(_ shape: [Int], dtype: DType = .float32) throws -> Tensor {
        try full(shape, 1, dtype: dtype, calledAs: "ones")
    }

    /// Ones on the diagonal of an `n` × `m` matrix, by default square.
    public static func eye(_ n: Int, _ m: Int? = nil, dtype: DType = .float32) throws -> Tensor {
        try make(EyeOperation(rows: n, columns: m ?? n, dtype: dtype), [])
    }

    /// `from`, `from + step`, … below `to` (above it if the step is negative).
    /// - Parameter name: the function that the user called, for errors.
    public static func arange(
        from: Double = 0, to: Double, step: Double = 1, dtype: DType = .float32,
        calledAs name: String = "arange"
    ) throws -> Tensor {
        guard step != 0, step.isFinite, from.isFinite, to.isFinite else {
            throw TensorError(
                .value, "arange from \(text(of: from)) to \(text(of: to)) by \(text(of: step)) is endless",
                help: "the step must be a number other than 0")
        }
        let count = max(((to - from) / step).rounded(.up), 0)
        guard count < 1e15 else { throw TensorError.refusal(count * Double(dtype.size), name) }
        if count > 0 {
            try dtype.check(holds: from, in: name)
            try dtype.check(holds: from + (count - 1) * step, in: name)
        }
        return try make(
            RangeOperation(name: name, start: from, step: step, count: Int(count), dtype: dtype), [])
    }

    /// `count` numbers from `from` to `to`, both included.
    public static func linspace(from: Double, to: Double, count: Int, dtype: DType = .float32) throws
        -> Tensor
    {
        let step = count > 1 ? (to - from) / Double(count - 1) : 0
        if count > 0 {
            try dtype.check(holds: from, in: "linspace")
            if count > 1 { try dtype.check(holds: to, in: "linspace") }
        }
        return try make(
            RangeOperation(
                name: "linspace", start: from, step: step, count: count, dtype: dtype,
                last: count > 1 ? to : nil),
            [])
    }

    /// A tensor whose value is fetched when it is read, such as a file's picture. `digest` identifies its
    /// content, so that features computed from it are found without fetching it.
    public static func source(
        shape: [Int], dtype: DType, digest: Digest, name: String = "source", isRedrawn: Bool = false,
        _ make: @escaping @Sendable () throws -> TensorData
    ) throws -> Tensor {
        try Tensor.make(
            SourceOperation(
                name: name, shape: shape, dtype: dtype, content: digest, isRedrawn: isRedrawn, make: make),
            [])
    }
}

/// One number everywhere.
struct FillOperation: Operation {
    let name: String
    let shape: [Int]
    let number: Double
    let dtype: DType

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(shape, dtype) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let out = try TensorData(shape: shape, dtype: dtype, for: name)
        Elementwise.fill(out, number)
        return out
    }
}

struct EyeOperation: Operation {
    var name: String { "eye" }
    let rows: Int
    let columns: Int
    let dtype: DType

    func infer(_ inputs: [Signature]) throws -> Signature { Signature([rows, columns], dtype) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let out = try TensorData(shape: [rows, columns], dtype: dtype, for: name)
        Elementwise.fill(out, 0)
        // Each place of the diagonal may be a page that the system makes first.
        try context.checkInterrupt()
        func diagonal<T: Element>(_ type: T.Type) {
            let p = out.elements(T.self)
            for i in 0..<min(rows, columns) { p[i * columns + i] = T(converting: 1) }
        }
        dtype.withElement { diagonal($0) }
        return out
    }
}

/// start + i × step.
struct RangeOperation: Operation {
    let name: String
    let start: Double
    let step: Double
    let count: Int
    let dtype: DType
    var last: Double?

    func infer(_ inputs: [Signature]) throws -> Signature { Signature([count], dtype) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let out = try TensorData(shape: [count], dtype: dtype, for: name)
        func fill<T: Element>(_ type: T.Type) throws {
            let p = out.elements(T.self)
            try Parallel.pieces(count) { part in
                for i in part { p[i] = T(converting: start + Double(i) * step) }
            }
            if let last, count > 0 { p[count - 1] = T(converting: last) }
        }
        try dtype.withElement { try fill($0) }
        return out
    }
}

/// A value fetched from an external source.
struct SourceOperation: Operation {
    let name: String
    let shape: [Int]
    let dtype: DType
    let content: Digest
    /// Whether the same sample will be another one in the next epoch: nothing made from it is cached.
    var isRedrawn = false
    let make: @Sendable () throws -> TensorData

    /// Does not include `make`, since `content` identifies its result, nor whether it is drawn anew.
    private enum CodingKeys: CodingKey { case name, shape, dtype, content }

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(shape, dtype) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        // A large picture is drawn, or read, while this thread listens for an interrupt.
        let isLarge = Shape.count(shape) > 1 << 20
        let data = try isLarge ? Background.value(make, interrupted: Parallel.checkStop) : make()
        guard data.shape == shape, data.dtype == dtype else {
            throw TensorError(
                .file,
                "\(name) gave \(data.dtype.rawValue) of shape \(Shape.text(data.shape)), expected \(dtype.rawValue) of shape \(Shape.text(shape))"
            )
        }
        return data
    }
}
