// Files are written to a temporary file in the same folder and renamed: a reader of the path sees the
// complete old file or the complete new one. Everything that seg writes as a whole is written here. A temporary
// file is locked by its writer; those without a lock are remains of killed processes, which TemporaryFile removes.

@preconcurrency import Glibc
import Synchronization

/// A file being written. Nothing changes at its path before `commit()`; a writer released without a commit
/// leaves the old file unchanged and removes the temporary file.
public final class AtomicFile {
    /// The path as the user gave it; errors name it.
    public let path: String
    private let destination: String
    /// Nil if the path is a device or a pipe, which is written to directly and never replaced.
    private let temporary: String?
    private let isDurable: Bool
    private let poll: () throws -> Void
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var putCount = 0

    private static let bufferSize = 1 << 16

    /// Opens a temporary file in the folder of `path`. A missing folder, a folder at the path itself or a
    /// write-protected file is an error of kind `file`, before anything is written.
    /// - Parameters:
    ///   - permissions: for a new file; an existing file keeps its permissions.
    ///   - isDurable: whether `commit` waits until the bytes are on the disk; not needed for files that can be
    ///   created again.
    ///   - poll: called between two blocks; if it throws, writing ends and the old file stays.
    public init(
        _ path: String, permissions: mode_t = 0o666, isDurable: Bool = true,
        poll: @escaping () throws -> Void = {}
    ) throws {
        guard !path.isEmpty else { throw SystemError.cannot("write", path, ENOENT) }
        try SystemError.checkName(path, to: "write")
        self.path = path
        self.isDurable = isDurable
        self.poll = poll
        destination = try Self.followLinks(path)
        let old = FileStatus(destination)
        if let old {
            guard old.kind != .folder else { throw SystemError.cannot("write", path, EISDIR) }
            // Renaming needs permissions on the folder only, but a read-only file must not be replaced.
            guard FilePath.with(destination, { access($0, W_OK) }) == 0 else {
                throw SystemError.cannot("write", path, errno)
            }
        }
        let folder = Folder.parent(of: destination) ?? "."
        if let old, old.kind != .file {
            temporary = nil
            // Without O_NONBLOCK opening a named pipe would wait for its reader; writes may wait.
            descriptor = FilePath.with(destination) { open($0, O_WRONLY | O_CLOEXEC | O_NONBLOCK) }
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFL, 0) }
        } else {
            guard Self.hasFiles(folder) else {
                throw SystemError(
                    .file, "cannot write \(path): \(folder) belongs to the system, which keeps no files there"
                )
            }
            (temporary, descriptor) = TemporaryFile.open(in: folder, permissions: permissions)
        }
        guard descriptor >= 0 else {
            let code = errno
            guard code == ENOENT else { throw SystemError.cannot("write", path, code) }
            throw SystemError(.file, "cannot write \(path): there is no folder \(folder)")
        }
        // Who may read and write stays; never that a program runs as its owner.
        if let old, temporary != nil { _ = fchmod(descriptor, old.permissions & 0o777) }
    }

    /// Whether files can be made in a folder; not in those of /proc and /sys, whose errors mislead.
    private static func hasFiles(_ folder: String) -> Bool {
        guard let path = Folder.resolved(folder) else { return true }
        return !["/proc", "/sys"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    deinit { abandon() }

    /// Appends bytes; a full disk is an error, and the old file stays.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if buffer.count + bytes.count <= Self.bufferSize {
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        if bytes.count >= Self.bufferSize {
            try put(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Appends bytes.
    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Appends text as UTF-8.
    public func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// What has been written so far, to be checked before `commit()`; nil for a device or a pipe.
    public func written() throws -> FileReader? {
        guard descriptor >= 0, temporary != nil else { return nil }
        try flush()
        return try FileReader(duplicating: descriptor, name: path)
    }

    /// Writes all bytes to the disk and renames the file to its path.
    public func commit() throws {
        guard descriptor >= 0 else { return }
        try flush()
        if let temporary {
            guard !isDurable || fsync(descriptor) == 0 else { throw failed(errno) }
            // Closing tells of errors, and the lock is needed until the file has its name.
            let lock = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            defer { if lock >= 0 { close(lock) } }
            let closed = close(descriptor)
            let code = errno
            descriptor = -1
            let renamed =
                closed == 0
                ? FilePath.with(temporary) { old in FilePath.with(destination) { rename(old, $0) } } : -1
            guard renamed == 0 else {
                let reason = closed == 0 ? errno : code
                _ = FilePath.with(temporary) { unlink($0) }
                throw failed(reason)
            }
            if isDurable { syncFolder() }
        } else {
            let closed = close(descriptor)
            descriptor = -1
            guard closed == 0 else { throw failed(errno) }
        }
    }

    /// Discards the written bytes; the old file stays.
    public func abandon() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        if let temporary { _ = FilePath.with(temporary) { unlink($0) } }
    }

    /// Writes a whole file; the parameters are those of the initializer.
    public static func write(
        _ bytes: [UInt8], to path: String, permissions: mode_t = 0o666, isDurable: Bool = true,
        poll: @escaping () throws -> Void = {}
    ) throws {
        let file = try AtomicFile(path, permissions: permissions, isDurable: isDurable, poll: poll)
        try file.write(bytes)
        try file.commit()
    }

    /// Writes a whole file of text as UTF-8.
    public static func write(
        _ text: String, to path: String, permissions: mode_t = 0o666, isDurable: Bool = true,
        poll: @escaping () throws -> Void = {}
    ) throws {
        let file = try AtomicFile(path, permissions: permissions, isDurable: isDurable, poll: poll)
        try file.write(text)
        try file.commit()
    }

    /// The name is durable only when its folder is on the disk too; some systems do not support this.
    private func syncFolder() {
        let folder = FilePath.with(Folder.parent(of: destination) ?? ".") {
            open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try put($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
        guard descriptor >= 0 else { throw SystemError(.file, "cannot write \(path): it is closed already") }
        var rest = bytes
        while !rest.isEmpty {
            try poll()
            let done = Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 24))
            if done < 0 {
                if errno == EINTR { continue }
                throw failed(errno)
            }
            // Written to the disk in parts, so that little remains to wait for at the end.
            if isDurable, temporary != nil, putCount >> 26 != (putCount + done) >> 26 {
                fdatasync(descriptor)
            }
            putCount += done
            rest = UnsafeRawBufferPointer(rebasing: rest[done...])
        }
    }

    private func failed(_ code: Int32) -> SystemError {
        abandon()
        let reason = SystemError.reason(code)
        let outcome = temporary == nil ? "" : "; what was there before is unchanged"
        return SystemError(.file, "cannot write \(path): \(reason) after \(putCount) bytes\(outcome)")
    }

    /// The target of the path's symbolic links, so that the link stays and its target is replaced.
    private static func followLinks(_ path: String) throws -> String {
        var current = path
        for _ in 0..<40 {
            guard let link = FileStatus(current, followsLinks: false), link.kind == .link else {
                return current
            }
            // As systems do that protect links: in a folder such as /tmp anybody may have made it.
            let isForAll = 0o1002 as mode_t
            if let folder = FileStatus(Folder.parent(of: current) ?? "."),
                folder.permissions & isForAll == isForAll, link.owner != geteuid(), link.owner != folder.owner
            {
                throw SystemError(
                    .file, "cannot write \(path): \(current) is a link of another user in a folder of all")
            }
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let length = FilePath.with(current) { readlink($0, &target, Int(PATH_MAX)) }
            guard length >= 0 else { throw SystemError.cannot("write", path, errno) }
            let text = FilePath.text(target[..<length].map { UInt8(bitPattern: $0) })
            current =
                text.utf8.first == UInt8(ascii: "/") ? text : "\(Folder.parent(of: current) ?? ".")/\(text)"
        }
        throw SystemError.cannot("write", path, ELOOP)
    }
}
