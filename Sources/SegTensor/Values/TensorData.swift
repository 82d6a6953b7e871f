// A computed value: bytes, shape, type and order in memory.

import SegSystem

/// The order of a value's elements in memory.
public enum Layout: Sendable, Hashable {
    /// The last axis varies fastest.
    case rowMajor
    /// `[N, C, H, W]` stored as `[N][H][W][C]`; rank 4 only.
    case channelsLast
}

/// A computed value. Its elements never change once a tensor refers to it.
public struct TensorData: @unchecked Sendable {
    var storage: Storage
    /// Bytes before the first element: a sample of a batch shares the batch's storage.
    public var offset: Int
    public var shape: [Int]
    public var dtype: DType
    public var layout: Layout

    /// A value whose elements are undefined until they are written.
    public init(
        shape: [Int], dtype: DType, layout: Layout = .rowMajor,
        for what: @autoclosure () -> String = "a tensor"
    ) throws {
        let bytes = try Shape.byteCount(shape, dtype, for: what())
        self.storage = try Storage(
            byteCount: bytes, for: "\(what()) of shape \(Shape.text(shape)), \(dtype.rawValue),")
        self.offset = 0
        self.shape = shape
        self.dtype = dtype
        self.layout = shape.count == 4 ? layout : .rowMajor
    }

    init(storage: Storage, offset: Int = 0, shape: [Int], dtype: DType, layout: Layout = .rowMajor) {
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.dtype = dtype
        self.layout = layout
    }

    /// A value of the given elements in row-major order; their number must match the shape.
    public init<T: Element>(_ elements: [T], shape: [Int], dtype: DType = T.dtype) throws {
        try self.init(shape: shape, dtype: dtype)
        guard elements.count == Shape.count(shape), dtype.size == MemoryLayout<T>.size else {
            throw TensorError(.shape, "\(elements.count) elements do not make shape \(Shape.text(shape))")
        }
        elements.withUnsafeBytes { source in
            if let base = source.baseAddress { bytes.copyMemory(from: base, byteCount: source.count) }
        }
    }

    public var count: Int { Shape.count(shape) }
    public var byteCount: Int { count * dtype.size }
    public var bytes: UnsafeMutableRawPointer { storage.bytes + offset }

    /// The elements in the order of memory; `T` must be the element type in memory.
    public func elements<T: Element>(_ type: T.Type = T.self) -> UnsafeMutablePointer<T> {
        bytes.assumingMemoryBound(to: T.self)
    }
    public var floats: UnsafeMutablePointer<Float> { elements() }

    /// The same elements under another shape of the same count; row-major only.
    func reshaped(_ shape: [Int]) -> TensorData {
        TensorData(storage: storage, offset: offset, shape: shape, dtype: dtype)
    }

    /// Whether both orders in memory are the same, because there is one pixel or one channel.
    var isEitherLayout: Bool {
        shape.count == 4 && (shape[1] == 1 || shape[2] * shape[3] == 1)
    }

    /// The value with its elements in row-major order; itself if it has that order.
    public func rowMajor() throws -> TensorData {
        if layout == .rowMajor { return self }
        if isEitherLayout { return relaid(.rowMajor) }
        let result = try TensorData(shape: shape, dtype: dtype)
        try EvaluationContext.current.watched { LayoutChange.toRowMajor(self, into: result) }
        return result
    }

    /// The value with its elements in channels-last order; itself if it has that order.
    public func channelsLast() throws -> TensorData {
        if layout == .channelsLast { return self }
        if isEitherLayout { return relaid(.channelsLast) }
        let result = try TensorData(shape: shape, dtype: dtype, layout: .channelsLast)
        try EvaluationContext.current.watched { LayoutChange.toChannelsLast(self, into: result) }
        return result
    }

    func relaid(_ layout: Layout) -> TensorData {
        var copy = self
        copy.layout = layout
        return copy
    }

    /// A copy with its own memory, in the same order.
    public func copied() throws -> TensorData {
        let result = try TensorData(shape: shape, dtype: dtype, layout: layout)
        let (piece, size) = (1 << 20, byteCount)
        try EvaluationContext.current.watched {
            Parallel.run((size + piece - 1) / piece) { index in
                let start = index * piece
                (result.bytes + start).copyMemory(
                    from: bytes + start, byteCount: min(piece, size - start))
            }
        }
        return result
    }

    /// Row `n` of the first axis, sharing this value's memory.
    func sample(_ n: Int) -> TensorData { samples(n..<n + 1) }

    /// Rows of the first axis, sharing this value's memory.
    func samples(_ rows: Range<Int>) -> TensorData {
        var part = self
        part.shape[0] = 1
        part.offset += rows.lowerBound * part.byteCount
        part.shape[0] = rows.count
        return part
    }
}

extension TensorData {
    /// Content hash: type, shape and elements in row-major order.
    func digest() throws -> Digest {
        let data = try rowMajor()
        var builder = DigestBuilder()
        builder.add(dtype.kind)
        builder.add(shape)
        builder.add(UnsafeRawBufferPointer(start: data.bytes, count: data.byteCount))
        return builder.finish()
    }

    /// All elements in the order of memory, as numbers.
    func numbers() throws -> [Double] {
        func all<T: Element>(_ type: T.Type) throws -> [Double] {
            let from = elements(T.self)
            var numbers: [Double] = []
            numbers.reserveCapacity(count)
            try Parallel.pieces(count) { part in for i in part { numbers.append(from[i].number) } }
            return numbers
        }
        if count > 1 << 16 {
            try MemoryBudget.process.require(
                count * MemoryLayout<Double>.stride, for: "a tensor's list of numbers")
        }
        return try dtype.withElement { try all($0) }
    }
}
