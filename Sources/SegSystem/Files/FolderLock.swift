// A lock that processes share for a folder: what one reads and writes in it is not changed by another in between.

@preconcurrency import Glibc

/// Held as long as the object is alive. The folder itself is locked, so that no file of its own is left.
public final class FolderLock {
    private let descriptor: Int32

    /// Seconds after which a lock is not waited for: a process that was stopped may hold it.
    private static let patience = 5.0

    /// Waits for the lock of the folder that a file is in. nil where the folder cannot be locked, or another process does
    /// not give it back.
    /// - Parameter check: called while it waits; may throw.
    public init?(ofFile path: String, check: () throws -> Void) throws {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { String(path[..<path.utf8.index(after: $0)]) } ?? "."
        descriptor = FilePath.with(folder) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { return nil }
        let end = MonotonicClock.seconds + Self.patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, MonotonicClock.seconds < end else { return nil }
            usleep(2000)
            try check()
        }
    }

    // Closing unlocks.
    deinit { if descriptor >= 0 { close(descriptor) } }
}
