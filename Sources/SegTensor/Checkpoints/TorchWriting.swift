// Writes a state dict as `torch.save` does since 1.6: a zip archive, without compression, of a pickle and one
// member per tensor. `torch.load` reads it, with weights_only=True too.

import SegSystem

extension TorchZip {
    /// Writes a temporary file in the same folder and renames it to `path`.
    public static func write(_ tensors: [TensorToWrite], to path: String) throws {
        let context = EvaluationContext.current
        var archive = try ZipWriter(
            path, help: "write a .safetensors file", poll: { try context.checkInterrupt() })
        try archive.add("archive/data.pkl", pickle(tensors))
        try archive.add("archive/byteorder", Array("little".utf8))
        for (key, tensor) in tensors.enumerated() {
            try tensor.use { try archive.add("archive/data/\(key)", $0) }
        }
        try archive.add("archive/version", Array("3\n".utf8))
        try archive.finish()
    }

    /// An OrderedDict of names to tensors, whose storages are named by their position.
    private static func pickle(_ tensors: [TensorToWrite]) throws -> [UInt8] {
        var pickle = PickleWriter()
        pickle.call("collections", "OrderedDict") { _ in }
        pickle.mark()
        var names: Set<String> = []
        for (key, tensor) in tensors.enumerated() {
            guard names.insert(tensor.name).inserted else {
                throw TensorError(.value, "two tensors would be written under the name '\(tensor.name)'")
            }
            let storage = try storageType(of: tensor)
            pickle.text(tensor.name)
            pickle.call("torch._utils", "_rebuild_tensor_v2") { pickle in
                pickle.tuple { pickle in
                    pickle.text("storage")
                    pickle.global("torch", storage)
                    pickle.text("\(key)")
                    pickle.text("cpu")
                    pickle.integer(tensor.shape.reduce(1, *))
                }
                pickle.persistentReference()
                pickle.integer(0)
                pickle.tuple { pickle in for size in tensor.shape { pickle.integer(size) } }
                pickle.tuple { pickle in for stride in strides(tensor.shape) { pickle.integer(stride) } }
                pickle.no()
                pickle.call("collections", "OrderedDict") { _ in }
            }
        }
        pickle.setItems()
        return pickle.finished()
    }

    /// Row-major strides, as PyTorch counts them: an axis without entries counts as one.
    private static func strides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
        }
        return strides
    }

    private static func storageType(of tensor: TensorToWrite) throws -> String {
        switch tensor.dtype {
        case .float16: return "HalfStorage"
        case .bfloat16: return "BFloat16Storage"
        case .float32: return "FloatStorage"
        case .float64: return "DoubleStorage"
        case .int8: return "CharStorage"
        case .uint8: return "ByteStorage"
        case .int16: return "ShortStorage"
        case .int32: return "IntStorage"
        case .int64: return "LongStorage"
        case .bool: return "BoolStorage"
        case .uint16, .uint32, .uint64:
            throw TensorError(
                .type,
                "tensor '\(tensor.name)' has the type \(tensor.dtype), which a .pth file does not hold",
                help: "write a .safetensors file")
        }
    }
}

/// The instructions of a pickle, protocol 2, as far as a state dict needs them.
private struct PickleWriter {
    private var bytes: [UInt8] = [0x80, 2]

    mutating func mark() { bytes.append(UInt8(ascii: "(")) }
    mutating func setItems() { bytes.append(UInt8(ascii: "u")) }
    mutating func persistentReference() { bytes.append(UInt8(ascii: "Q")) }
    mutating func no() { bytes.append(0x89) }

    mutating func text(_ text: String) {
        bytes.append(UInt8(ascii: "X"))
        append(UInt32(clamping: text.utf8.count))
        bytes += text.utf8
    }

    /// A number from 0 up, in four bytes or in eight.
    mutating func integer(_ number: Int) {
        if let small = Int32(exactly: number) {
            bytes.append(UInt8(ascii: "J"))
            append(small)
        } else {
            bytes += [0x8a, 8]
            append(Int64(number))
        }
    }

    mutating func global(_ module: String, _ name: String) {
        bytes += "c\(module)\n\(name)\n".utf8
    }

    mutating func tuple(_ elements: (inout PickleWriter) -> Void) {
        mark()
        elements(&self)
        bytes.append(UInt8(ascii: "t"))
    }

    mutating func call(_ module: String, _ name: String, _ arguments: (inout PickleWriter) -> Void) {
        global(module, name)
        tuple(arguments)
        bytes.append(UInt8(ascii: "R"))
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    consuming func finished() -> [UInt8] { bytes + [UInt8(ascii: ".")] }
}
