// Whether a file of a data set is still the one it was: by size and date, and by its bytes where these are known.

import SegSystem
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
        guard let status = FileStatus(path) else { return nil }
        self.init(size: status.size, changed: status.changed)
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
