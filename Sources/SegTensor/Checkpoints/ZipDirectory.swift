// The central directory of a zip archive, as far as PyTorch's and NumPy's files need it: Zip64, sizes from the
// central directory (local headers may leave theirs to data descriptors), stored members by their place in the
// file. Compressed ones, which only NumPy writes, are unpacked by Inflate.

import SegSystem

/// The positions of a zip archive's members in its file.
struct ZipDirectory {
    struct Member {
        let name: String
        let method: Int
        let checksum: UInt32
        let isEncrypted: Bool
        let size: Int
        let compressedSize: Int
        let header: Int
    }

    static let signature: [UInt8] = [0x50, 0x4b, 0x03, 0x04]

    let file: FileReader
    let members: [Member]

    /// Reads the directory at the end of the file; the number of its entries is bounded by the file's size.
    init(_ file: FileReader) throws {
        self.file = file
        let (start, end) = try Self.findDirectory(file)
        var stream = ByteStream(file, from: start, to: end)
        var members: [Member] = []
        while stream.remaining > 0 {
            guard stream.remaining >= 46, try stream.number(bytes: 4) == 0x0201_4b50 else {
                throw Self.damaged(file, "its directory has an invalid entry")
            }
            try stream.skip(4)  // versions
            let flags = try stream.number(bytes: 2)
            let method = try stream.number(bytes: 2)
            try stream.skip(4)  // time, date
            let checksum = UInt32(truncatingIfNeeded: try stream.number(bytes: 4))
            var compressed = try stream.number(bytes: 4)
            var size = try stream.number(bytes: 4)
            let nameLength = try stream.number(bytes: 2)
            let extraLength = try stream.number(bytes: 2)
            let commentLength = try stream.number(bytes: 2)
            try stream.skip(8)  // disk, attributes
            var header = try stream.number(bytes: 4)
            let name = try stream.text(nameLength)
            let extra = try stream.bytes(extraLength)
            try stream.skip(Int(commentLength))
            try Self.readZip64(extra, file, &size, &compressed, &header)
            guard let size = Int(exactly: size), let compressed = Int(exactly: compressed),
                let header = Int(exactly: header)
            else { throw Self.damaged(file, "member '\(FileText.shown(name))' states an impossible size") }
            members.append(
                Member(
                    name: name, method: Int(method), checksum: checksum, isEncrypted: flags & 1 != 0,
                    size: size,
                    compressedSize: compressed, header: header))
        }
        self.members = members
    }

    /// The bytes of a stored member, as a range inside the file.
    func range(of member: Member, for what: String) throws -> Range<Int> {
        guard member.method == 0, member.size == member.compressedSize else {
            throw TensorError(
                .file,
                "\(file.path) was packed by another program: its member '\(FileText.shown(member.name))' is compressed",
                help: "PyTorch stores without compression; save the file again with torch.save")
        }
        return try packedRange(of: member, for: what)
    }

    /// A stored member's bytes and their checksum. Writers that compute none state 0.
    func checkedRange(of member: Member, for what: String) throws -> (Range<Int>, CheckedRange?) {
        let range = try range(of: member, for: what)
        return (range, member.checksum == 0 ? nil : CheckedRange(range, checksum: member.checksum))
    }

    /// The bytes of a member as they are in the file, compressed or not.
    func packedRange(of member: Member, for what: String) throws -> Range<Int> {
        guard !member.isEncrypted else {
            throw TensorError(
                .file,
                "\(file.path) is encrypted: seg cannot read its member '\(FileText.shown(member.name))'")
        }
        guard member.header <= file.count, file.count - member.header >= 30 else {
            throw Self.damaged(file, "member '\(FileText.shown(member.name))' is beyond the end of the file")
        }
        var stream = ByteStream(file, from: member.header)
        guard try stream.bytes(4) == Self.signature else {
            throw Self.damaged(
                file, "member '\(FileText.shown(member.name))' does not begin where the directory says")
        }
        try stream.skip(22)
        let nameLength = Int(try stream.number(bytes: 2))
        // PyTorch pads the extra field so that the data are aligned.
        let extraLength = Int(try stream.number(bytes: 2))
        let start = stream.position + nameLength + extraLength
        guard start <= file.count, member.compressedSize <= file.count - start else {
            throw TensorError(
                .file,
                "\(file.path) is cut off: \(what) needs \(member.compressedSize) bytes, \(max(file.count - start, 0)) left"
            )
        }
        return start..<start + member.compressedSize
    }

    /// Members by name.
    func membersByName() throws -> [String: Member] {
        try Dictionary(members.map { ($0.name, $0) }) { first, _ in
            throw TensorError(
                .file,
                "\(file.path) is damaged: it has two members named '\(FileText.shown(first.name))'")
        }
    }

    private static func findDirectory(_ file: FileReader) throws -> (start: Int, end: Int) {
        let tail = min(file.count, 22 + 65_535)
        let base = file.count - tail
        let bytes = try file.bytes(at: base, count: tail)
        var at = tail - 22
        while at >= 0 {
            if bytes[at] == 0x50, bytes[at + 1] == 0x4b, bytes[at + 2] == 5, bytes[at + 3] == 6 { break }
            at -= 1
        }
        guard at >= 0 else {
            throw TensorError(
                .file, "\(file.path) is cut off: a zip archive ends with its directory, and there is none",
                help: "copy or download the file again")
        }
        let record = base + at
        var stream = ByteStream(file, from: record + 12, to: record + 20)
        var size = try stream.number(bytes: 4)
        var start = try stream.number(bytes: 4)
        var limit = record
        if record >= 20 {
            var locator = ByteStream(file, from: record - 20, to: record)
            if try locator.number(bytes: 4) == 0x0706_4b50 {
                try locator.skip(4)
                let place = try locator.number(bytes: 8)
                guard place <= UInt64(record), record - Int(place) >= 56 + 20 else {
                    throw damaged(file, "its Zip64 directory is outside the file")
                }
                var record64 = ByteStream(file, from: Int(place), to: record)
                guard try record64.number(bytes: 4) == 0x0606_4b50 else {
                    throw damaged(file, "its Zip64 directory is not where it should be")
                }
                try record64.skip(36)
                size = try record64.number(bytes: 8)
                start = try record64.number(bytes: 8)
                limit = Int(place)
            }
        }
        guard start <= UInt64(limit), size <= UInt64(limit) - start else {
            throw damaged(file, "its directory is outside the file")
        }
        return (Int(start), Int(start) + Int(size))
    }

    /// Sizes that do not fit in 32 bits are in the extra field with the number 1, in this order.
    private static func readZip64(
        _ extra: [UInt8], _ file: FileReader, _ size: inout UInt64, _ compressed: inout UInt64,
        _ header: inout UInt64
    ) throws {
        let escape: UInt64 = 0xffff_ffff
        guard size == escape || compressed == escape || header == escape else { return }
        var fields = ByteStream(FileReader(bytes: extra, name: file.path))
        while fields.remaining >= 4 {
            let kind = try fields.number(bytes: 2)
            let length = Int(try fields.number(bytes: 2))
            guard length <= fields.remaining else { break }
            guard kind == 1 else {
                try fields.skip(length)
                continue
            }
            if size == escape { size = try fields.number(bytes: 8) }
            if compressed == escape { compressed = try fields.number(bytes: 8) }
            if header == escape { header = try fields.number(bytes: 8) }
            return
        }
    }

    private static func damaged(_ file: FileReader, _ what: String) -> TensorError {
        TensorError(.file, "\(file.path) is damaged: \(what)", help: "copy or download the file again")
    }
}
