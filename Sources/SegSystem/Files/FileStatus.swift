// A path's kind, size and dates.

@preconcurrency import Glibc

public struct FileStatus: Sendable {
    public enum Kind: Sendable {
        /// A regular file.
        case file
        case folder
        case link
        /// A device, a pipe, a socket.
        case other
    }

    public let kind: Kind
    /// In bytes.
    public let size: Int
    /// The last change of the content, in nanoseconds since 1970.
    public let changed: Int
    /// The last change of content, name or rights, in nanoseconds since 1970: no program sets it back.
    public let touched: Int
    /// The number of the file on its disk: the same for all its names.
    public let inode: UInt64
    /// The number of its disk.
    public let device: UInt64
    /// The user to whom it belongs.
    public let owner: uid_t
    /// How many names the file has.
    public let links: Int
    /// The permission bits: read, write and execute.
    public let permissions: mode_t

    /// The status of a path; nil if there is nothing, or nothing that may be seen.
    /// - Parameter followsLinks: false gives the status of a symbolic link itself.
    public init?(_ path: String, followsLinks: Bool = true) {
        var status = stat()
        let found =
            path.utf8.contains(0)
            ? -1 : FilePath.with(path) { followsLinks ? stat($0, &status) : lstat($0, &status) }
        guard found == 0 else { return nil }
        self.init(status)
    }

    /// Whether a path is a symbolic link to what is not there, or one of a circle of them. Who looks for a file that may be
    /// there does not pass over such a one in silence.
    public static func isBrokenLink(_ path: String) -> Bool {
        FileStatus(path, followsLinks: false)?.kind == .link && FileStatus(path) == nil
    }

    /// The status of an open file; nil if the system does not provide it.
    public init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        size = Int(status.st_size)
        changed = Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
        touched = Int(status.st_ctim.tv_sec) * 1_000_000_000 + Int(status.st_ctim.tv_nsec)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        owner = status.st_uid
        links = Int(status.st_nlink)
        permissions = status.st_mode & 0o7777
    }

    /// Whether it belongs to this user, and nobody else may write it.
    public var isOwn: Bool { owner == geteuid() && permissions & 0o022 == 0 }

    /// Whether there is anything at a path.
    public static func exists(_ path: String) -> Bool {
        !path.utf8.contains(0) && FilePath.with(path, { access($0, F_OK) }) == 0
    }
}
