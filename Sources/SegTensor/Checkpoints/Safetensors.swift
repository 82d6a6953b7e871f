// safetensors: eight bytes of header length, a JSON header, then the tensors' bytes one after another. seg's
// format for weights and runs, which other programs read too.

import SegSystem

/// A tensor to be written. `withBytes` provides its row-major, little-endian bytes when they are needed, so
/// that a model's weights need not be in memory twice.
public struct TensorToWrite {
    public let name: String
    public let dtype: StoredDType
    public let shape: [Int]
    let withBytes: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

    public init(
        name: String, dtype: StoredDType, shape: [Int],
        withBytes: @escaping ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.withBytes = withBytes
    }

    public init(name: String, dtype: StoredDType, shape: [Int], bytes: [UInt8]) {
        self.init(name: name, dtype: dtype, shape: shape) { use in try bytes.withUnsafeBytes(use) }
    }

    /// The bytes that the shape needs.
    func byteCount() throws -> Int {
        guard let count = StoredSize.elements(shape),
            case let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.size), !overflow
        else { throw TensorError(.value, "tensor '\(name)' is too large to write") }
        return bytes
    }

    /// Calls `body` once with the bytes, which must be those that the shape needs.
    func use(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let needed = try byteCount()
        var given = false
        try withBytes { bytes in
            guard bytes.count == needed, !given else {
                throw TensorError(
                    .value, "tensor '\(name)' has \(bytes.count) bytes, its shape needs \(needed)")
            }
            given = true
            try body(bytes)
        }
        guard given || needed == 0 else {
            throw TensorError(.value, "tensor '\(name)' gave no bytes to write")
        }
    }
}

public enum Safetensors {
    /// The name under which seg's own files state their checksums: that of the rest of the metadata, then one for
    /// each tensor in the header's order, with its name, type and shape.
    private static let checksumKey = "seg_crc32"

    /// The largest header, as in the reference implementation.
    static let headerLimit = 100_000_000

    /// Opens a safetensors file with its names unchanged.
    public static func open(_ file: FileReader) throws -> Checkpoint {
        let path = file.path
        var stream = ByteStream(file)
        guard stream.remaining >= 8 else {
            throw TensorError(
                .file, "\(path) is cut off: a safetensors file has at least 8 bytes, this has \(file.count)")
        }
        let length = try stream.number(bytes: 8)
        guard length <= UInt64(headerLimit) else {
            throw TensorError(
                .file, "\(path) is damaged or no safetensors file: its header would have \(length) bytes")
        }
        guard length <= UInt64(stream.remaining) else {
            throw TensorError(
                .file, "\(path) is cut off: its header needs \(length) bytes, \(stream.remaining) left")
        }
        let header = try SafetensorsHeader(stream.bytes(length), path: path)
        let start = stream.position
        try checkOffsets(header.entries, held: file.count - start, path)
        let checksums = try checksums(header, path)
        let tensors = try header.entries.enumerated().map { place, entry in
            guard let dtype = dtypes[entry.dtype] else {
                throw TensorError(
                    .file,
                    "\(path): tensor '\(FileText.shown(entry.name))' has the type \(FileText.shown(entry.dtype)), which seg does not read",
                    help: "seg reads \(dtypes.keys.sorted().joined(separator: " "))")
            }
            guard entry.shape.count <= StoredSize.rankLimit, let count = StoredSize.elements(entry.shape),
                case let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.size), !overflow,
                bytes == entry.end - entry.begin
            else {
                throw TensorError(
                    .file,
                    "\(path) is damaged: tensor '\(FileText.shown(entry.name))' of shape \(FileText.shown(entry.shape)) and type \(FileText.shown(entry.dtype)) does not take the \(entry.end - entry.begin) bytes that it has"
                )
            }
            return StoredTensor(
                name: entry.name, dtype: dtype, shape: entry.shape, count: count, file: file,
                start: start + entry.begin,
                checked: checksums.isEmpty
                    ? nil
                    : CheckedRange(
                        start + entry.begin..<start + entry.end, checksum: checksums[place],
                        after: seal(entry.name, entry.dtype, entry.shape)))
        }
        return Checkpoint(
            path: path, format: .safetensors, tensors: tensors,
            metadata: header.metadata.filter { $0.key != checksumKey })
    }

    /// The checksum of what a header says of a tensor.
    private static func seal(_ name: String, _ code: String, _ shape: [Int]) -> UInt32 {
        CRC32.checksum("\(name)\n\(code)\n\(shape)\n")
    }

    private static func seal(_ metadata: [(key: String, value: String)]) -> UInt32 {
        metadata.reduce(0) { CRC32.checksum($1.value, after: CRC32.checksum($1.key + "\n", after: $0)) }
    }

    /// The checksums of the tensors, if the file states some; those of the metadata must fit already.
    private static func checksums(_ header: SafetensorsHeader, _ path: String) throws -> [UInt32] {
        guard let text = header.metadata.first(where: { $0.key == checksumKey })?.value else { return [] }
        let stated = text.split(separator: " ").map { UInt32($0, radix: 16) }
        let metadata = header.metadata.filter { $0.key != checksumKey }
        guard stated.count == header.entries.count + 1, let first = stated[0], first == seal(metadata),
            !stated.contains(nil)
        else {
            throw TensorError(
                .file, "\(path) is damaged: its table does not fit its checksum",
                help: "copy or download the file again")
        }
        return stated.dropFirst().compactMap { $0 }
    }

    /// The tensors must cover the rest of the file without holes and overlaps.
    private static func checkOffsets(_ entries: [SafetensorsHeader.Entry], held: Int, _ path: String) throws {
        var position = 0
        for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard entry.begin == position, entry.end >= entry.begin else {
                let what =
                    entry.begin < position ? "overlaps another" : "does not begin where the one before ends"
                throw TensorError(.file, "\(path) is damaged: tensor '\(FileText.shown(entry.name))' \(what)")
            }
            guard entry.end <= held else {
                throw TensorError(
                    .file,
                    "\(path) is cut off: tensor '\(FileText.shown(entry.name))' needs \(entry.end - entry.begin) bytes, \(max(held - entry.begin, 0)) left"
                )
            }
            position = entry.end
        }
        guard position == held else {
            throw TensorError(.file, "\(path) is damaged: \(held - position) bytes follow its last tensor")
        }
    }

    /// Writes a temporary file in the same folder and renames it to `path`. Tensors are listed in the given
    /// order; their bytes are ordered by element size, the largest first, so that all are aligned.
    /// - Parameters:
    ///   - isChecked: whether the file states checksums, which other programs ignore.
    ///   - accept: given what was written; what it throws leaves the old file in place.
    public static func write(
        _ tensors: [TensorToWrite], metadata: [(key: String, value: String)] = [], isChecked: Bool = false,
        to path: String, accept: (FileReader) throws -> Void = { _ in }
    ) throws {
        let context = EvaluationContext.current
        var metadata = metadata
        if isChecked {
            var stated = [seal(metadata)]
            for tensor in tensors {
                try context.checkInterrupt()
                var checksum = seal(tensor.name, code(tensor.dtype), tensor.shape)
                try tensor.use { checksum = try CRC32.longChecksum($0, after: checksum) }
                stated.append(checksum)
            }
            metadata.append(
                (checksumKey, stated.map { String($0, radix: 16) }.joined(separator: " ")))
        }
        let order = tensors.indices.sorted {
            (tensors[$1].dtype.size, $0) < (tensors[$0].dtype.size, $1)
        }
        var ranges = [Range<Int>](repeating: 0..<0, count: tensors.count)
        var position = 0
        for place in order {
            let tensor = tensors[place]
            let (end, overflow) = position.addingReportingOverflow(try tensor.byteCount())
            guard !overflow else {
                throw TensorError(.value, "tensor '\(tensor.name)' is too large to write")
            }
            ranges[place] = position..<end
            position = end
        }
        let header = try header(tensors, ranges, metadata)
        let file = try AtomicFile(path, poll: { try context.checkInterrupt() })
        try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
        try file.write(header)
        for place in order { try tensors[place].use { try file.write($0) } }
        if let written = try file.written() { try accept(written) }
        try file.commit()
    }

    private static func header(
        _ tensors: [TensorToWrite], _ ranges: [Range<Int>], _ metadata: [(key: String, value: String)]
    ) throws -> [UInt8] {
        var names: Set<String> = ["__metadata__"]
        var fields: [String] = []
        if !metadata.isEmpty {
            var keys: Set<String> = []
            for (key, _) in metadata where !keys.insert(key).inserted {
                throw TensorError(.value, "the metadata contain '\(key)' twice")
            }
            let context = EvaluationContext.current
            let strings = try metadata.map { key, value in
                "\(JSON.text(key)):\(try JSON.text(value) { _ in try context.checkInterrupt() })"
            }
            fields.append("\"__metadata__\":{\(strings.joined(separator: ","))}")
        }
        for (tensor, range) in zip(tensors, ranges) {
            guard tensor.name != "__metadata__" else {
                throw TensorError(
                    .value,
                    "no tensor can have the name __metadata__: a .safetensors file has it for something else",
                    help: "choose another name, or write a .pth file")
            }
            guard names.insert(tensor.name).inserted else {
                throw TensorError(.value, "two tensors would be written under the name '\(tensor.name)'")
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let offsets = "\(range.lowerBound),\(range.upperBound)"
            fields.append(
                "\(JSON.text(tensor.name)):{\"dtype\":\"\(code(tensor.dtype))\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}"
            )
        }
        var bytes = Array("{\(fields.joined(separator: ","))}".utf8)
        while !bytes.count.isMultiple(of: 8) { bytes.append(0x20) }
        guard bytes.count <= headerLimit else {
            throw TensorError(.value, "the names and metadata to write take more than \(headerLimit) bytes")
        }
        return bytes
    }

    private static func code(_ dtype: StoredDType) -> String {
        dtypes.first { $0.value == dtype }?.key ?? ""
    }

    private static let dtypes: [String: StoredDType] = [
        "BOOL": .bool, "U8": .uint8, "I8": .int8, "I16": .int16, "U16": .uint16, "F16": .float16,
        "BF16": .bfloat16, "I32": .int32, "U32": .uint32, "F32": .float32, "I64": .int64, "U64": .uint64,
        "F64": .float64,
    ]
}
