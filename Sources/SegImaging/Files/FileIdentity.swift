// Whether a file of a data set is unchanged: by size and date, and by its bytes if their digest is known. Within a
// process, also by its number on the disk, which is another one where a file was replaced.

import SegSystem
import SegTensor

/// The properties that show whether a file has changed.
public struct FileIdentity: Sendable, Equatable {
    public let size: Int
    /// The time of the last change of its content, in nanoseconds.
    public let changed: Int
    /// The digest of its bytes, if they have been read.
    public var digest: Digest?

    public init(size: Int, changed: Int, digest: Digest? = nil) {
        self.size = size
        self.changed = changed
        self.digest = digest
    }

    /// The file that is at a path now; nil if there is none.
    public init?(path: String) {
        guard let status = FileStatus(path) else { return nil }
        self.init(size: status.size, changed: status.changed)
    }

    /// What differs as soon as a file is written again or replaced; nil if there is none.
    static func stamp(_ path: String) -> Stamp? {
        FileStatus(path).map {
            Stamp(size: $0.size, changed: $0.changed, touched: $0.touched, inode: $0.inode, device: $0.device)
        }
    }

    struct Stamp: Sendable, Hashable {
        let size: Int
        let changed: Int
        let touched: Int
        let inode: UInt64
        let device: UInt64
    }

    /// Whether a path still has the same bytes. If only the date is new, the bytes are compared by their
    /// digest, if it is known.
    public func holds(at path: String) -> Bool {
        guard let now = FileIdentity(path: path), now.size == size else { return false }
        if now.changed == changed { return true }
        guard let digest, let bytes = try? FileReader.contents(of: path) else { return false }
        return bytes.withUnsafeBytes { Digest($0) } == digest
    }
}
