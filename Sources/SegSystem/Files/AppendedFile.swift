// Files that grow by whole records, as logs do that another program reads meanwhile.

@preconcurrency import Glibc

public enum AppendedFile {
    /// Makes a new file. Anything at the path is an error, a link too.
    public static func create(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        try write(bytes, path, O_CREAT | O_EXCL)
    }

    /// Appends to a file that exists. What cannot be appended whole is taken back.
    public static func append(_ bytes: [UInt8], to path: String) throws(SystemError) {
        try write(bytes, path, 0)
    }

    private static func write(_ bytes: [UInt8], _ path: String, _ flags: Int32) throws(SystemError) {
        try SystemError.checkName(path, to: "write")
        let descriptor = FilePath.with(path) {
            open($0, flags | O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
        }
        guard descriptor >= 0 else { throw .cannot("write", path, errno) }
        defer { close(descriptor) }
        guard let before = FileStatus(descriptor: descriptor), before.kind == .file else {
            throw SystemError(.file, "cannot write \(TextWidth.escaped(path)): it is not a regular file")
        }
        var written = 0
        while written < bytes.count {
            let done = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if done < 0 {
                let code = errno
                if code == EINTR { continue }
                ftruncate(descriptor, before.size)
                if flags & O_EXCL != 0 { _ = FilePath.with(path) { unlink($0) } }
                throw .cannot("write", path, code)
            }
            written += done
        }
    }
}
