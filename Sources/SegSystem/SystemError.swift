// Errors of files and memory, in the user's terms. Higher targets convert them to their own errors; this
// target depends on neither scripts nor tensors.

@preconcurrency import Glibc

/// An error of the system: a file that cannot be read or written, or lack of memory.
public struct SystemError: ExplainedError, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case file, memory
        /// The job of this process ends: Ctrl-C, or an error of another rank.
        case ended
    }

    public var kind: Kind
    public var message: String
    /// How to mend it, if known.
    public var help: String?
    public var endsWork: Bool { kind != .file }

    public init(_ kind: Kind, _ message: String, help: String? = nil) {
        self.kind = kind
        self.message = message
        self.help = help
    }

    public var description: String { "\(kind.rawValue): \(message)" }

    /// Bytes of a path that a message shows: more than those of any file.
    private static let shownPath = 5000

    /// `cannot read weights.pth: there is no such file or folder`, from the system's error number.
    public static func cannot(_ verb: String, _ path: String, _ code: Int32) -> SystemError {
        guard !path.isEmpty else {
            // The verb names a folder itself: "read the folder".
            let what = verb.hasSuffix(" the folder") ? "" : " a file"
            return SystemError(.file, "cannot \(verb)\(what) without a name")
        }
        let shown = TextWidth.escaped(path.shortened(toBytes: shownPath))
        let isLink = code == ENOENT && FileStatus.isBrokenLink(path)
        let reason = isLink ? "it is a symbolic link that points nowhere" : reason(code)
        return SystemError(.file, "cannot \(verb) \(shown): \(reason)")
    }

    /// Refuses a path with the byte 0, where the system would see the end of the path, and one that is too long for
    /// any file.
    public static func checkName(_ path: String, to verb: String) throws(SystemError) {
        guard path.utf8.count < 4 * PATH_MAX else { throw .cannot(verb, path, ENAMETOOLONG) }
        guard path.utf8.contains(0) else { return }
        let shown = path.replacing("\0", with: "\\u{0}")
        throw SystemError(.file, "cannot \(verb) \(shown): a name of a file has no byte 0")
    }

    /// The system's error number in plain words.
    public static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "there is no such file or folder"
        case EACCES, EPERM: "permission denied"
        case ENOSPC: "no space is left on the disk"
        case EDQUOT: "the disk quota is used up"
        case EFBIG: "the file would be larger than the system allows"
        case EROFS: "the disk is read-only"
        case EEXIST: "there is a file of that name"
        case EISDIR: "it is a folder"
        case ENOTDIR: "a part of its path is not a folder"
        case ENAMETOOLONG: "its name is too long"
        case EMFILE, ENFILE: "too many files are open"
        case ELOOP: "its symbolic links form a circle"
        case EIO: "the disk reports an error"
        case ENXIO: "no process reads from the other end"
        default: String(cString: strerror(code))
        }
    }
}
