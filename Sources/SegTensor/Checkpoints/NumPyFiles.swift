// NumPy's files: `.npy`, one array, and `.npz`, a zip archive of them. Arrays in the order of C or Fortran are
// read; arrays of Python objects are pickles and refused.

import SegSystem

enum NumPyFiles {
    static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// NumPy's own name for an array that was saved without one.
    private static let onlyName = "arr_0"

    /// A `.npy` file: one tensor.
    static func open(_ file: FileReader) throws -> Checkpoint {
        let tensor = try tensor(onlyName, in: file, 0..<file.count)
        return Checkpoint(path: file.path, format: .npy, tensors: [tensor])
    }

    /// The members of a `.npz` archive; nil if it has no arrays.
    static func open(_ directory: ZipDirectory) throws -> Checkpoint? {
        let file = directory.file
        let ending = ".npy"
        guard directory.members.contains(where: { $0.name.hasSuffix(ending) }) else { return nil }
        _ = try directory.membersByName()
        var unpacked = 0
        var others: [String] = []
        var tensors: [StoredTensor] = []
        for member in directory.members {
            guard member.name.hasSuffix(ending) else {
                others.append(member.name)
                continue
            }
            let name = String(member.name.dropLast(ending.count))
            let range = try directory.packedRange(of: member, for: "array '\(FileText.shown(name))'")
            if member.method == 0, member.size == member.compressedSize {
                let checked = member.checksum == 0 ? nil : CheckedRange(range, checksum: member.checksum)
                tensors.append(try tensor(name, in: file, range, checked))
            } else {
                let bytes = try unpack(member, range, file, &unpacked)
                tensors.append(
                    try tensor(name, in: FileReader(bytes: bytes, name: file.path), 0..<bytes.count))
            }
        }
        let losses = others.isEmpty ? [] : ["not arrays: \(FileText.listed(others))"]
        return Checkpoint(path: file.path, format: .npz, tensors: tensors, notes: losses, losses: losses)
    }

    private static func unpack(
        _ member: ZipDirectory.Member, _ range: Range<Int>, _ file: FileReader, _ total: inout Int
    ) throws -> [UInt8] {
        let name = FileText.shown(member.name)
        guard member.method == 8 else {
            throw TensorError(
                .file, "\(file.path): its member '\(name)' is compressed by a method that seg does not read",
                help: "numpy.savez writes a file that seg reads")
        }
        // A deflate stream can claim a thousand times its size.
        do {
            try StoredLimit.add(member.size, 1, &total, file)
        } catch {
            throw TensorError(
                .file, "\(file.path): its compressed arrays need more memory than the file's size justifies",
                help: "numpy.savez writes them without compression")
        }
        let packed = try file.bytes(at: range.lowerBound, count: range.count)
        guard let bytes = try Inflate.bytes(packed, size: member.size),
            CRC32.checksum(bytes) == member.checksum
        else {
            throw TensorError(
                .file, "\(file.path) is damaged: its member '\(name)' cannot be unpacked",
                help: "copy or download the file again")
        }
        return bytes
    }

    /// The array that is in a range of a file.
    private static func tensor(
        _ name: String, in file: FileReader, _ range: Range<Int>, _ checked: CheckedRange? = nil
    ) throws -> StoredTensor {
        let shown = "array '\(FileText.shown(name))'"
        var stream = ByteStream(file, from: range.lowerBound, to: range.upperBound)
        guard stream.remaining >= 10, try stream.bytes(6) == signature else {
            throw TensorError(.file, "\(file.path) is damaged: \(shown) does not begin as a .npy file")
        }
        let version = try stream.byte()
        _ = try stream.byte()
        guard (1...3).contains(version) else {
            throw TensorError(
                .file, "\(file.path): \(shown) has version \(version) of the .npy format; seg reads 1 to 3")
        }
        let length = try stream.number(bytes: version == 1 ? 2 : 4)
        guard length <= UInt64(NumPyHeader.limit) else {
            throw TensorError(.file, "\(file.path) is damaged: the header of \(shown) has \(length) bytes")
        }
        let header = try NumPyHeader(try stream.bytes(length), file.path, shown)
        let type = NumPyType(header.type)
        guard let dtype = type.dtype else {
            throw TensorError(
                .file, "\(file.path): \(shown) is \(FileText.shown(type.problem ?? header.type))",
                help: type.help)
        }
        guard header.shape.count <= StoredSize.rankLimit, let count = StoredSize.elements(header.shape),
            case let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.size), !overflow
        else {
            throw TensorError(
                .file,
                "\(file.path) is damaged: \(shown) has an impossible shape \(FileText.shown(header.shape))")
        }
        guard bytes <= stream.remaining else {
            throw TensorError(
                .file, "\(file.path) is cut off: \(shown) needs \(bytes) bytes, \(stream.remaining) left")
        }
        guard bytes == stream.remaining else {
            throw TensorError(
                .file, "\(file.path) is damaged: \(stream.remaining - bytes) bytes follow \(shown)")
        }
        let isRowMajor = !header.isFortran || count == 0
        return StoredTensor(
            name: name, dtype: dtype, shape: header.shape, count: count, file: file, start: stream.position,
            strides: isRowMajor ? nil : StoredSize.columnMajor(header.shape), checked: checked)
    }
}

/// The header of a `.npy` file, a Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
private struct NumPyHeader {
    static let limit = 1 << 20

    private(set) var type = ""
    private(set) var isFortran = false
    private(set) var shape: [Int] = []

    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8], _ path: String, _ array: String) throws {
        self.bytes = bytes
        let damaged = TensorError(.file, "\(path) is damaged: the header of \(array) cannot be read")
        var known: Set<String> = []
        guard take("{") else { throw damaged }
        while !take("}") {
            guard let key = string(), take(":"), known.insert(key).inserted else { throw damaged }
            switch key {
            case "descr":
                if take("[") || take("(") {
                    throw TensorError(
                        .file, "\(path): \(array) is an array of records, which seg does not read",
                        help: "write each of its fields as an array of its own")
                }
                guard let text = string() else { throw damaged }
                type = text
            case "fortran_order":
                if word("True") { isFortran = true } else if !word("False") { throw damaged }
            case "shape":
                guard let sizes = sizes() else { throw damaged }
                shape = sizes
            default: throw damaged
            }
            guard take(",") || next == UInt8(ascii: "}") else { throw damaged }
        }
        guard known.count == 3, next == nil else { throw damaged }
    }

    /// The next byte that is no space.
    private var next: UInt8? {
        mutating get {
            while place < bytes.count, [0x20, 0x0a].contains(bytes[place]) { place += 1 }
            return place < bytes.count ? bytes[place] : nil
        }
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: sign) else { return false }
        place += 1
        return true
    }

    private mutating func word(_ word: String) -> Bool {
        guard next != nil, bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    private mutating func string() -> String? {
        guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        guard let end = bytes[(place + 1)...].firstIndex(of: quote) else { return nil }
        defer { place = end + 1 }
        return String(decoding: bytes[place + 1..<end], as: UTF8.self)
    }

    private mutating func sizes() -> [Int]? {
        guard take("(") else { return nil }
        var sizes: [Int] = []
        while !take(")") {
            guard let size = number() else { return nil }
            sizes.append(size)
            guard take(",") || next == UInt8(ascii: ")") else { return nil }
        }
        return sizes
    }

    private mutating func number() -> Int? {
        guard next != nil else { return nil }
        let digits = bytes[place...].prefix { (0x30...0x39).contains($0) }
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        place = digits.endIndex
        // Python 2 wrote long numbers as `3L`.
        if place < bytes.count, bytes[place] == UInt8(ascii: "L") { place += 1 }
        return number
    }
}
