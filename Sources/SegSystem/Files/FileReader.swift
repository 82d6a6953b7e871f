// Reading files, by position or as a whole, with errors in the user's terms. Files are read, not mapped: if
// another program truncates a mapped file, the process is killed, whereas a short read is an ordinary error.
// The contents are interpreted by the formats.

@preconcurrency import Glibc

/// A file open for reading at any position. It may be used by several threads at once.
public final class FileReader: Sendable {
    private enum Backing: Sendable {
        case descriptor(Int32)
        case memory([UInt8])
    }

    /// The path as the user gave it; errors name it.
    public let path: String
    /// The file's size in bytes when it was opened.
    public let count: Int
    /// Whether it belongs to this user, and nobody else may write it.
    public let isOwn: Bool
    private let backing: Backing

    /// Opens a regular file; anything else (a folder, a pipe, a missing file) is an error of kind `file`.
    /// - Parameter followsLinks: false refuses a symbolic link.
    public convenience init(_ path: String, followsLinks: Bool = true) throws(SystemError) {
        try self.init(path, acceptsStreams: false, followsLinks: followsLinks)
    }

    private init(_ path: String, acceptsStreams: Bool, followsLinks: Bool = true) throws(SystemError) {
        try SystemError.checkName(path, to: "read")
        // Without O_NONBLOCK opening a named pipe would wait for its writer.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
        let descriptor = FilePath.with(path) { open($0, flags) }
        guard descriptor >= 0 else { throw .cannot("read", path, errno) }
        guard let status = FileStatus(descriptor: descriptor) else {
            let code = errno
            close(descriptor)
            throw .cannot("read", path, code)
        }
        guard status.kind == .file || (acceptsStreams && status.kind != .folder) else {
            close(descriptor)
            guard status.kind == .other else { throw .cannot("read", path, EISDIR) }
            throw SystemError(.file, "cannot read \(path): it is not a regular file")
        }
        self.path = path
        self.count = status.kind == .file ? status.size : 0
        self.backing = .descriptor(descriptor)
        isOwn = status.isOwn
    }

    /// Another descriptor of a regular file that is open already; errors call it `name`.
    public init(duplicating opened: Int32, name: String) throws(SystemError) {
        let descriptor = fcntl(opened, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0, let status = FileStatus(descriptor: descriptor) else {
            throw .cannot("read", name, errno)
        }
        path = name
        count = status.size
        isOwn = status.isOwn
        backing = .descriptor(descriptor)
    }

    /// Bytes in memory that are read as if they were the file `name`.
    public init(bytes: [UInt8], name: String) {
        path = name
        count = bytes.count
        isOwn = true
        backing = .memory(bytes)
    }

    deinit {
        if case .descriptor(let descriptor) = backing { close(descriptor) }
    }

    /// Fills `target` with the bytes from `offset` on; it is an error if the file has fewer.
    public func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= count, target.count <= count - offset else {
            throw SystemError(
                .file,
                "\(path) is cut off: \(target.count) bytes are needed at \(offset), the file has \(count)")
        }
        switch backing {
        case .memory(let bytes):
            bytes.withUnsafeBytes { source in
                target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + target.count]))
            }
        case .descriptor(let descriptor):
            var done = 0
            while done < target.count {
                // One call transfers at most 2 GiB on Linux.
                let wanted = min(target.count - done, 1 << 30)
                let got = pread(
                    descriptor, target.baseAddress.map { $0 + done }, wanted, off_t(offset + done))
                if got < 0 {
                    if errno == EINTR { continue }
                    throw SystemError.cannot("read", path, errno)
                }
                guard got > 0 else {
                    throw SystemError(.file, "\(path) became shorter while it was being read")
                }
                done += got
            }
        }
    }

    /// `length` bytes from `offset` on. The file's size is checked before anything is allocated.
    public func bytes(at offset: Int, count length: Int) throws -> [UInt8] {
        guard length >= 0, offset >= 0, offset <= count, length <= count - offset else {
            throw SystemError(
                .file, "\(path) is cut off: \(length) bytes are needed at \(offset), the file has \(count)")
        }
        return try [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            filled = length
        }
    }

    /// The text of a list of files' names, without the byte order mark that some editors begin it with. Names that are
    /// not UTF-8 are as `FilePath` has them.
    public static func text(of path: String) throws -> String {
        let bytes = try contents(of: path)
        return TextEncoding.utf16(bytes)
            ?? FilePath.text(bytes.dropFirst(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0))
    }

    /// All bytes of a file, if the memory budget has room for them.
    /// - Parameters:
    ///   - limit: a file of more bytes than this is an error.
    ///   - acceptsStreams: whether pipes and devices are read to their end as well.
    ///   - poll: called between two blocks, and while a pipe has none; if it throws, reading ends.
    public static func contents(
        of path: String, limit: Int = .max, acceptsStreams: Bool = false, poll: () throws -> Void = {}
    ) throws -> [UInt8] {
        func willHold(_ bytes: Int) throws {
            try poll()
            if bytes >= 1 << 20 {
                try MemoryBudget.process.require(bytes, for: "the file \(TextWidth.escaped(path))")
            }
        }
        let file = try FileReader(path, acceptsStreams: acceptsStreams)
        guard file.count <= limit else {
            throw SystemError(
                .file, "\(path) has \(file.count) bytes, more than the \(limit) that are read at once")
        }
        if file.count > 0 {
            try willHold(file.count)
            return try [UInt8](unsafeUninitializedCapacity: file.count) { buffer, filled in
                let all = UnsafeMutableRawBufferPointer(buffer)
                while filled < file.count {
                    try poll()
                    let end = min(filled + 1 << 24, file.count)
                    try file.read(
                        at: filled, into: UnsafeMutableRawBufferPointer(rebasing: all[filled..<end]))
                    filled = end
                }
            }
        }
        // Pipes, and files that the system generates when they are read, do not state their size.
        let bytes = try file.rest(limit: limit, willHold)
        guard bytes.count <= limit else {
            throw SystemError(.file, "\(path) has more than the \(limit) bytes that are read at once")
        }
        return bytes
    }

    /// The first bytes of a file as text, for information that the system gives in files; nil if it cannot be
    /// read.
    public static func start(of path: String, count: Int = 4096) -> String? {
        guard let file = try? FileReader(path) else { return nil }
        return (try? file.rest(limit: count - 1) { _ in }).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes from the descriptor's own position to the end, or a few more than `limit`.
    private func rest(limit: Int, _ willHold: (Int) throws -> Void) throws -> [UInt8] {
        guard case .descriptor(let descriptor) = backing else { return [] }
        var bytes: [UInt8] = []
        try withUnsafeTemporaryAllocation(byteCount: min(limit, 1 << 16 - 1) + 1, alignment: 16) { buffer in
            while bytes.count <= limit {
                var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&ready, 1, 50) == 0 {
                    try willHold(bytes.count)
                    continue
                }
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 {
                    if errno == EINTR || errno == EAGAIN { continue }
                    throw SystemError.cannot("read", path, errno)
                }
                if count == 0 { return }
                try willHold(bytes.count + count)
                bytes.append(contentsOf: buffer[0..<count])
            }
        }
        return bytes
    }
}
