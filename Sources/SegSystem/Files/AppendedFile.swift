// Files that grow by whole records, as logs do that another program reads meanwhile.

@preconcurrency import Glibc

public enum AppendedFile {
    /// The most bytes that are written between two calls of `poll`.
    private static let pieceSize = 1 << 20

    /// Makes a new file of some parts. Anything at the path is an error, a link too.
    /// - Parameter poll: called between pieces; if it throws, there is no file.
    public static func create(_ path: String, _ parts: [[UInt8]], poll: () throws -> Void = {}) throws {
        try write(parts, path, O_CREAT | O_EXCL, poll)
    }

    /// Appends parts to a file that exists. What cannot be appended whole is taken back.
    /// - Parameter poll: called between pieces; if it throws, the file is as it was.
    public static func append(_ parts: [[UInt8]], to path: String, poll: () throws -> Void = {}) throws {
        try write(parts, path, 0, poll)
    }

    private static func write(
        _ parts: [[UInt8]], _ path: String, _ flags: Int32, _ poll: () throws -> Void
    ) throws {
        try SystemError.checkName(path, to: "write")
        let descriptor = FilePath.with(path) {
            open($0, flags | O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
        }
        guard descriptor >= 0 else { throw SystemError.cannot("write", path, errno) }
        defer { close(descriptor) }
        guard let before = FileStatus(descriptor: descriptor), before.kind == .file else {
            throw SystemError(.file, "cannot write \(TextWidth.escaped(path)): it is not a regular file")
        }
        do {
            for part in parts {
                var written = 0
                while written < part.count {
                    try poll()
                    let done = part.withUnsafeBytes { bytes in
                        Glibc.write(
                            descriptor, bytes.baseAddress.map { $0 + written },
                            min(bytes.count - written, pieceSize))
                    }
                    if done < 0 {
                        let code = errno
                        if code == EINTR { continue }
                        throw SystemError.cannot("write", path, code)
                    }
                    written += done
                }
            }
        } catch {
            ftruncate(descriptor, before.size)
            if flags & O_EXCL != 0 { _ = FilePath.with(path) { unlink($0) } }
            throw error
        }
    }
}
