// Zip archives that seg writes: PyTorch's weight files and CVAT's masks. Members are stored, since their contents are
// compressed already or would hardly become smaller.

import SegSystem

/// A zip archive of stored members, without Zip64. As in PyTorch's own files, the data of each member begin at a
/// multiple of 64 bytes, so that they can be mapped into memory.
public struct ZipWriter {
    private let file: AtomicFile
    private let path: String
    private let help: String
    private var position = 0
    private var directory: [UInt8] = []
    private var members = 0

    /// - Parameter help: what to do where the archive would become too large.
    public init(_ path: String, help: String, poll: @escaping () throws -> Void) throws {
        file = try AtomicFile(path, poll: poll)
        self.path = path
        self.help = help
    }

    public mutating func add(_ name: String, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try add(name, $0) }
    }

    mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
        guard members < 0xffff, position + bytes.count < 0xffff_0000 else {
            throw TensorError(
                .value,
                "\(path) would be larger than 4 GB, or have more than 65535 members, as no zip archive of seg is",
                help: help)
        }
        let nameBytes = Array(name.utf8)
        guard nameBytes.count <= 0xffff else {
            throw TensorError(
                .value, "\(path): a name in a zip archive has at most 65535 bytes, not \(nameBytes.count)")
        }
        // Version 0; a flag says that a name is UTF-8; stored; the date 1980-01-01: the same contents give the same file.
        let flags: UInt8 = nameBytes.contains { $0 >= 0x80 } ? 8 : 0
        var fields: [UInt8] = [0, 0, 0, flags, 0, 0, 0, 0, 0x21, 0]
        append(CRC32.checksum(bytes), to: &fields)
        append(UInt32(bytes.count), to: &fields)
        append(UInt32(bytes.count), to: &fields)
        append(UInt16(nameBytes.count), to: &fields)
        let unpadded = position + 30 + nameBytes.count + 4
        let padding = (64 - unpadded % 64) % 64
        var header = ZipDirectory.signature + fields
        append(UInt16(4 + padding), to: &header)
        header += nameBytes + Array("FB".utf8)
        append(UInt16(padding), to: &header)
        header += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
        directory += [0x50, 0x4b, 1, 2, 0, 0] + fields
        // No extra field, comment, disk or attributes.
        directory += [UInt8](repeating: 0, count: 12)
        append(UInt32(position), to: &directory)
        directory += nameBytes
        try file.write(header)
        try file.write(bytes)
        position += header.count + bytes.count
        members += 1
    }

    public mutating func finish() throws {
        var end: [UInt8] = [0x50, 0x4b, 5, 6, 0, 0, 0, 0]
        append(UInt16(members), to: &end)
        append(UInt16(members), to: &end)
        append(UInt32(directory.count), to: &end)
        append(UInt32(position), to: &end)
        try file.write(directory + end + [0, 0])
        try file.commit()
    }

    private func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}

/// The members of a zip archive, whole.
public struct ZipMembers {
    private let directory: ZipDirectory
    private let members: [String: ZipDirectory.Member]

    public init(_ path: String) throws {
        directory = try ZipDirectory(FileReader(path))
        members = try directory.membersByName()
    }

    public var names: [String] { directory.members.map(\.name) }

    /// The bytes of a member; nil if there is none of the name.
    /// - Parameter limit: the most bytes that are unpacked.
    public func bytes(_ name: String, limit: Int) throws -> [UInt8]? {
        guard let member = members[name] else { return nil }
        let file = directory.file
        guard member.size <= limit else {
            throw TensorError(
                .file,
                "\(FileText.shown(name)) of \(file.path) has \(ByteCount.text(member.size)); the limit is \(ByteCount.text(limit))"
            )
        }
        func damaged(_ how: String) -> TensorError {
            TensorError(
                .file, "\(file.path) is damaged: its member \(FileText.shown(name)) \(how)",
                help: "copy or download the file again")
        }
        try MemoryBudget.process.require(member.size, for: "\(FileText.shown(name)) of \(file.path)")
        let range = try directory.packedRange(of: member, for: name)
        var bytes = try file.bytes(at: range.lowerBound, count: range.count)
        if member.method == 8 {
            guard let whole = try Inflate.bytes(bytes, size: member.size) else {
                throw damaged("cannot be unpacked")
            }
            bytes = whole
        } else if member.method != 0 || member.size != bytes.count {
            throw damaged("is compressed by a method that is not deflate")
        }
        guard CRC32.checksum(bytes) == member.checksum else { throw damaged("does not fit its checksum") }
        return bytes
    }
}
