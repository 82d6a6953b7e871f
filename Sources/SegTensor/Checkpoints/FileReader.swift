// Reading files by position, with errors in the user's terms. Files are read, not mapped: a mapped file that
// another program cuts short kills the process, a short read is an error like any other. What the bytes mean
// is left to the formats.

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
    private let backing: Backing

    /// Opens a regular file; anything else (a folder, a pipe, nothing at all) is an error of kind `file`.
    public init(_ path: String) throws {
        // Without O_NONBLOCK a named pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw TensorError.cannot("read", path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw TensorError.cannot("read", path, code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let what = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
            throw TensorError(.file, "cannot read \(path): it is \(what)")
        }
        self.path = path
        self.count = Int(status.st_size)
        self.backing = .descriptor(descriptor)
    }

    /// Bytes in memory that are read as if they were the file `name`.
    public init(bytes: [UInt8], name: String) {
        path = name
        count = bytes.count
        backing = .memory(bytes)
    }

    deinit {
        if case .descriptor(let descriptor) = backing { close(descriptor) }
    }

    /// Fills `target` with the bytes from `offset` on; fewer bytes than that in the file are an error.
    public func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= count, target.count <= count - offset else {
            throw TensorError(
                .file,
                "\(path) is cut off: \(target.count) bytes wanted at \(offset), the file has \(count)")
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
                // One call moves at most 2 GiB on Linux.
                let wanted = min(target.count - done, 1 << 30)
                let got = pread(
                    descriptor, target.baseAddress.map { $0 + done }, wanted, off_t(offset + done))
                if got < 0 {
                    if errno == EINTR { continue }
                    throw TensorError.cannot("read", path, errno)
                }
                guard got > 0 else {
                    throw TensorError(.file, "\(path) became shorter while it was being read")
                }
                done += got
            }
        }
    }

    /// `length` bytes from `offset` on. The file's size is checked before anything is allocated.
    public func bytes(at offset: Int, count length: Int) throws -> [UInt8] {
        guard length >= 0, offset >= 0, offset <= count, length <= count - offset else {
            throw TensorError(
                .file, "\(path) is cut off: \(length) bytes wanted at \(offset), the file has \(count)")
        }
        return try [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            filled = length
        }
    }

    /// All bytes of a file of at most `limit` bytes.
    public static func contents(of path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        let file = try FileReader(path)
        guard file.count <= limit else {
            throw TensorError(
                .file, "\(path) has \(file.count) bytes, more than the \(limit) that are read at once")
        }
        return try file.bytes(at: 0, count: file.count)
    }
}

extension TensorError {
    /// `cannot read weights.pth: there is no such file`, from what the system said.
    public static func cannot(_ verb: String, _ path: String, _ code: Int32) -> TensorError {
        guard !path.isEmpty else { return TensorError(.file, "cannot \(verb) a file without a name") }
        return TensorError(.file, "cannot \(verb) \(path): \(systemReason(code))")
    }

    /// The system's error number in plain words.
    public static func systemReason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "there is no such file or folder"
        case EACCES, EPERM: "permission denied"
        case ENOSPC: "no space is left on the disk"
        case EDQUOT: "the disk quota is used up"
        case EFBIG: "the file would be larger than the system allows"
        case EROFS: "the disk is read-only"
        case EISDIR: "it is a folder"
        case ENOTDIR: "a part of its path is not a folder"
        case ENAMETOOLONG: "its name is too long"
        case EMFILE, ENFILE: "too many files are open"
        case ELOOP: "its symbolic links go round in a circle"
        case EIO: "the disk reports an error"
        case ENXIO: "nobody reads from the other end"
        default: String(cString: strerror(code))
        }
    }
}
