// Whether a file of a data set is still the one it was: by size and date, and by its bytes where these are known.

@preconcurrency import Glibc
import SegTensor

/// What tells whether a file is still the one it was.
public struct FileIdentity: Sendable, Equatable {
    public let size: Int
    /// The last change of its content, in nanoseconds.
    public let changed: Int
    /// Of its bytes, where they have been read.
    public var digest: Digest?

    public init(size: Int, changed: Int, digest: Digest? = nil) {
        self.size = size
        self.changed = changed
        self.digest = digest
    }

    /// What a path holds now; nil where there is no file.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(
            size: Int(status.st_size),
            changed: Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec))
    }

    /// Whether a path still holds the same bytes. A new date alone is looked into where the
    /// digest is known.
    public func holds(at path: String) -> Bool {
        guard let now = FileIdentity(path: path), now.size == size else { return false }
        if now.changed == changed { return true }
        guard let digest, let bytes = try? FileReader.contents(of: path) else { return false }
        return bytes.withUnsafeBytes { Digest($0) } == digest
    }
}
