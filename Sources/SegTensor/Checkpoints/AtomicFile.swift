// Files that must last are written beside their place and renamed over it: whoever opens the path finds the
// old file or the whole new one, never a half. Weights, runs, histories and pictures are all written here.

@preconcurrency import Glibc
import Synchronization

/// A file being written. Nothing stands at its path before `commit()`; a writer that is dropped without it
/// leaves the old file as it was and removes its own traces.
public final class AtomicFile {
    /// The path as the user gave it; errors name it.
    public let path: String
    private let destination: String
    /// Nil where the path is a device or a pipe, which is written to directly and never replaced.
    private let temporary: String?
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var written = 0

    private static let serial = Atomic<Int>(0)
    private static let bufferSize = 1 << 16

    /// Opens a temporary file in the folder of `path`. A missing folder, a folder at the path itself or a file
    /// that may not be changed is an error of kind `file`, before anything is written.
    public init(_ path: String) throws {
        guard !path.isEmpty else { throw TensorError.cannot("write", path, ENOENT) }
        self.path = path
        destination = try Self.followLinks(path)
        var status = stat()
        let exists = stat(destination, &status) == 0
        if exists {
            guard status.st_mode & S_IFMT != S_IFDIR else { throw TensorError.cannot("write", path, EISDIR) }
            // Renaming asks for rights on the folder only; a file made read-only is meant to stay.
            guard access(destination, W_OK) == 0 else { throw TensorError.cannot("write", path, errno) }
        }
        if exists, status.st_mode & S_IFMT != S_IFREG {
            temporary = nil
            // Without O_NONBLOCK a named pipe would wait for its reader; written to, it may be waited for.
            descriptor = open(destination, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFL, 0) }
        } else {
            let folder = Self.folder(of: destination)
            let number = Self.serial.add(1, ordering: .relaxed).newValue
            let name = "\(folder)/.seg-\(getpid())-\(number).tmp"
            temporary = name
            descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        }
        guard descriptor >= 0 else {
            let code = errno
            guard code == ENOENT else { throw TensorError.cannot("write", path, code) }
            throw TensorError(
                .file, "cannot write \(path): there is no folder \(Self.folder(of: destination))")
        }
        if exists, temporary != nil { _ = fchmod(descriptor, status.st_mode & 0o7777) }
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

    /// Brings all bytes to the disk and puts the file in its place.
    public func commit() throws {
        guard descriptor >= 0 else { return }
        try flush()
        if let temporary {
            guard fsync(descriptor) == 0 else { throw failed(errno) }
            let closed = close(descriptor)
            let code = errno
            descriptor = -1
            guard closed == 0, rename(temporary, destination) == 0 else {
                let reason = closed == 0 ? errno : code
                unlink(temporary)
                throw failed(reason)
            }
            // The name itself lasts only when its folder is on the disk too; some systems cannot do it.
            let folder = open(Self.folder(of: destination), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if folder >= 0 {
                fsync(folder)
                close(folder)
            }
        } else {
            let closed = close(descriptor)
            descriptor = -1
            guard closed == 0 else { throw failed(errno) }
        }
    }

    /// Drops what was written; the old file stays.
    public func abandon() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        if let temporary { unlink(temporary) }
    }

    /// Writes a whole file.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try AtomicFile(path)
        try file.write(bytes)
        try file.commit()
    }

    /// Writes a whole file of text.
    public static func write(_ text: String, to path: String) throws {
        let file = try AtomicFile(path)
        try file.write(text)
        try file.commit()
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try put($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
        guard descriptor >= 0 else { throw TensorError(.file, "cannot write \(path): it is closed already") }
        var rest = bytes
        while !rest.isEmpty {
            // Ctrl-C is heard between two pieces; the old file then stays.
            try EvaluationContext.current.checkInterrupt()
            let done = Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 24))
            if done < 0 {
                if errno == EINTR { continue }
                throw failed(errno)
            }
            // Brought to the disk piece by piece, so that there is little left to wait for at the end.
            if temporary != nil, written >> 26 != (written + done) >> 26 { fdatasync(descriptor) }
            written += done
            rest = UnsafeRawBufferPointer(rebasing: rest[done...])
        }
    }

    private func failed(_ code: Int32) -> TensorError {
        abandon()
        let reason = TensorError.systemReason(code)
        let outcome = temporary == nil ? "" : "; what stood there before is untouched"
        return TensorError(.file, "cannot write \(path): \(reason) after \(written) bytes\(outcome)")
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Where the path's symbolic links end, so that the link stays and its target is replaced.
    private static func followLinks(_ path: String) throws -> String {
        var current = path
        for _ in 0..<40 {
            var status = stat()
            guard lstat(current, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return current }
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let length = readlink(current, &target, target.count)
            guard length >= 0 else { throw TensorError.cannot("write", path, errno) }
            let text = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            current = text.utf8.first == UInt8(ascii: "/") ? text : "\(folder(of: current))/\(text)"
        }
        throw TensorError.cannot("write", path, ELOOP)
    }
}
