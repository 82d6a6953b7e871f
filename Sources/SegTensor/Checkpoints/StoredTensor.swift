// A tensor in a file: a name, a type, a shape and the position of its bytes. Nothing is read before it is
// requested. The formats are in Safetensors and the PyTorch files; the code that loads weights makes a Tensor
// of it.

import SegSystem

/// The element types of weight files. seg computes in six of them; `widened` gives the type used for the
/// others.
public enum StoredDType: String, Sendable, CaseIterable {
    case float16, bfloat16, float32, float64
    case int8, uint8, int16, uint16, int32, uint32, int64, uint64
    case bool

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// The smallest of seg's own types that represents every value of this one (uint64 beyond int64's range
    /// is an error when it is read).
    public var widened: StoredDType {
        switch self {
        case .float16, .bfloat16: .float32
        case .int8, .int16, .uint16: .int32
        case .uint32, .uint64: .int64
        case .float32, .float64, .uint8, .int32, .int64, .bool: self
        }
    }
}

/// A tensor in an open weight file. Its size is checked against the file when the file is opened, so reading it
/// takes no more memory than `byteCount`.
public struct StoredTensor: Sendable {
    public let name: String
    public let dtype: StoredDType
    public let shape: [Int]
    /// The number of elements.
    public let count: Int
    private let file: FileReader
    private let start: Int
    /// Nil for contiguous row-major elements; otherwise the stride of each axis, in elements.
    private let strides: [Int]?
    /// The part of the file that holds the elements, if the file states its checksum.
    private let checked: CheckedRange?

    /// Bytes of the row-major elements in the stored type.
    public var byteCount: Int { count * dtype.size }
    /// Bytes of the row-major elements in the widened type.
    public var widenedByteCount: Int { count * dtype.widened.size }

    /// The caller has checked that every element is inside the file.
    init(
        name: String, dtype: StoredDType, shape: [Int], count: Int, file: FileReader, start: Int,
        strides: [Int]? = nil, checked: CheckedRange? = nil
    ) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.count = count
        self.file = file
        self.start = start
        // The stride of an axis of size 1 is not used, and a file may state any number for it.
        self.strides = strides.map { zip(shape, $0).map { $0 == 1 ? 0 : $1 } }
        self.checked = checked
    }

    /// The same tensor under another name.
    func named(_ name: String) -> StoredTensor {
        StoredTensor(
            name: name, dtype: dtype, shape: shape, count: count, file: file, start: start, strides: strides,
            checked: checked)
    }

    /// Where the elements are. Tied weights are several tensors of one place.
    public struct Place: Hashable, Sendable {
        private let file: ObjectIdentifier
        private let start: Int
        private let shape: [Int]
        private let strides: [Int]?

        fileprivate init(_ tensor: StoredTensor) {
            file = ObjectIdentifier(tensor.file)
            start = tensor.start
            shape = tensor.shape
            strides = tensor.strides
        }
    }

    /// Nil for a tensor without elements.
    public var place: Place? { count == 0 ? nil : Place(self) }

    /// Writes the elements, row-major and little-endian, to `target`, which holds exactly `byteCount` bytes,
    /// or `widenedByteCount` if `widened` requests seg's own types (half and bfloat16 become float32).
    public func read(widened: Bool = false, into target: UnsafeMutableRawBufferPointer) throws {
        let wanted = widened ? widenedByteCount : byteCount
        guard target.count == wanted else {
            throw TensorError(
                .value, "tensor '\(name)' has \(wanted) bytes, its destination \(target.count)")
        }
        guard count > 0 else { return }
        guard widened, dtype.widened != dtype else { return try readStored(into: target) }
        // The stored elements are no larger than the widened ones: they are read into the end of the target
        // and widened from the front, which needs no second buffer.
        let stored = UnsafeMutableRawBufferPointer(rebasing: target[(wanted - byteCount)...])
        try readStored(into: stored)
        try widen(UnsafeRawBufferPointer(stored), into: target)
    }

    /// The elements, row-major and little-endian.
    public func bytes(widened: Bool = false) throws -> [UInt8] {
        let wanted = widened ? widenedByteCount : byteCount
        return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            try read(widened: widened, into: UnsafeMutableRawBufferPointer(buffer))
            filled = wanted
        }
    }

    /// The elements of a float16, bfloat16 or float32 tensor.
    public func floats() throws -> [Float] {
        guard dtype.widened == .float32 else {
            throw TensorError(.type, "tensor '\(name)' of \(file.path) is \(dtype.rawValue), not a float32")
        }
        return try [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            try read(widened: true, into: UnsafeMutableRawBufferPointer(buffer))
            filled = count
        }
    }

    private func readStored(into target: UnsafeMutableRawBufferPointer) throws {
        let what = "tensor '\(FileText.shown(name))'"
        if let strides {
            try checked?.verify(file, what)
            try readStrided(shape[...], strides[...], at: start, into: target)
        } else {
            try Parallel.pieces(target.count, of: 1 << 24) { part in
                try file.read(
                    at: start + part.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: target[part]))
            }
            try checked?.verify(file, what, held: UnsafeRawBufferPointer(target), at: start)
        }
        if dtype == .bool {
            for i in target.indices where target[i] > 1 { target[i] = 1 }
        }
    }

    /// The number of bytes that can be read in the time of fetching one element separately.
    private static let bytesPerFetch = 1024

    /// Reads the range from the first element to the last one and picks the elements out of it. If they are
    /// few and far apart, this would read too much: then they are read slice by slice.
    private func readStrided(
        _ shape: ArraySlice<Int>, _ strides: ArraySlice<Int>, at start: Int,
        into target: UnsafeMutableRawBufferPointer
    ) throws {
        let reach = zip(shape, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
        let span = (reach + 1) * dtype.size
        if span / Self.bytesPerFetch > target.count / dtype.size, let length = shape.first,
            let stride = strides.first
        {
            let part = target.count / length
            for i in 0..<length {
                try readStrided(
                    shape.dropFirst(), strides.dropFirst(), at: start + i * stride * dtype.size,
                    into: UnsafeMutableRawBufferPointer(rebasing: target[i * part..<(i + 1) * part]))
            }
            return
        }
        try file.bytes(at: start, count: span).withUnsafeBytes {
            gather($0, Array(shape), Array(strides), into: target)
        }
    }

    private func gather(
        _ source: UnsafeRawBufferPointer, _ shape: [Int], _ strides: [Int],
        into target: UnsafeMutableRawBufferPointer
    ) {
        let size = dtype.size
        let width = shape.last ?? 1
        let step = (strides.last ?? 1) * size
        var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
        var row = 0
        var out = 0
        while out < target.count {
            var from = row * size
            for _ in 0..<width {
                for byte in 0..<size { target[out + byte] = source[from + byte] }
                out += size
                from += step
            }
            var axis = index.count - 1
            while axis >= 0 {
                index[axis] += 1
                row += strides[axis]
                if index[axis] < shape[axis] { break }
                row -= index[axis] * strides[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }

    private func widen(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws {
        func each<From, To>(_ from: From.Type, _ to: To.Type, _ convert: (From) -> To) {
            for i in 0..<count {
                let value = source.loadUnaligned(fromByteOffset: i * MemoryLayout<From>.size, as: From.self)
                target.storeBytes(of: convert(value), toByteOffset: i * MemoryLayout<To>.size, as: To.self)
            }
        }
        switch dtype {
        case .float16: each(UInt16.self, UInt32.self, Self.floatBits(half:))
        case .bfloat16: each(UInt16.self, UInt32.self) { UInt32($0) << 16 }
        case .int8: each(Int8.self, Int32.self) { Int32($0) }
        case .int16: each(Int16.self, Int32.self) { Int32($0) }
        case .uint16: each(UInt16.self, Int32.self) { Int32($0) }
        case .uint32: each(UInt32.self, Int64.self) { Int64($0) }
        case .uint64:
            for i in 0..<count where source.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self) >> 63 != 0 {
                throw TensorError(.value, "tensor '\(name)' of \(file.path) holds numbers beyond int64")
            }
        case .float32, .float64, .uint8, .int32, .int64, .bool: break
        }
    }

    /// IEEE 754 binary16 to binary32, exact. Works on the bits: without F16C the library call is slow.
    static func floatBits(half: UInt16) -> UInt32 {
        let sign = UInt32(half & 0x8000) << 16
        let exponent = UInt32(half >> 10) & 0x1f
        let fraction = UInt32(half & 0x3ff)
        switch exponent {
        case 0:
            // A subnormal half is a whole number of 2^-24.
            return sign | (Float(fraction) * 0x1p-24).bitPattern
        case 31: return sign | 0x7f80_0000 | fraction << 13
        default: return sign | (exponent + 112) << 23 | fraction << 13
        }
    }
}

/// Products of sizes from a file, without overflow.
enum StoredSize {
    /// The maximum rank of a tensor in a file; PyTorch's own limit.
    static let rankLimit = 64

    /// The number of elements, or nil if it exceeds Int's range or a size is negative.
    static func elements(_ shape: [Int]) -> Int? {
        var count = 1
        // A size of 0 makes the tensor empty regardless of the others, so it is checked first.
        for size in shape where size < 0 { return nil }
        for size in shape where size == 0 { return 0 }
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }

    /// The strides of elements of which the first axis varies fastest, for a shape without a size of 0 whose
    /// elements have been counted.
    static func columnMajor(_ shape: [Int]) -> [Int] {
        var stride = 1
        return shape.map { size in
            defer { stride *= size }
            return stride
        }
    }

    /// The largest offset that the strides reach, in elements from the first one; nil on overflow.
    static func reach(_ shape: [Int], _ strides: [Int]) -> Int? {
        var reach = 0
        for (size, stride) in zip(shape, strides) {
            let (span, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, passed) = reach.addingReportingOverflow(span)
            guard !overflow, !passed else { return nil }
            reach = sum
        }
        return reach
    }

    /// Whether the strides are those of contiguous row-major elements. Axes of size 1 may have any stride.
    static func isRowMajor(_ shape: [Int], _ strides: [Int]) -> Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            if stride != expected { return false }
            expected *= size
        }
        return true
    }
}
