// Stores entries across sessions: one line per entry, newlines and backslashes escaped.
// Each entry is appended when it is made, so that two sessions at once keep both histories.
// If the file cannot be used, or is a link or another user's, history lasts for the session only, without a message.

@preconcurrency import Glibc
import SegSystem

public final class HistoryFile {
    private let path: String
    private var last: String?
    private static let kept = 2000
    /// Entries further from the end of the file are left out, so that a prompt starts at once.
    private static let keptBytes = 4 << 20

    public init(path: String) { self.path = path }

    /// The history in seg's folder of the user; nil where there is none.
    public static func standard() -> HistoryFile? {
        UserFolders().state.map { HistoryFile(path: $0 + "/history") }
    }

    /// The entries of earlier sessions, oldest first. A long file is shortened.
    public func load() -> [String] {
        guard isInOwnFolder, let file = try? FileReader(path, followsLinks: false), file.isOwn,
            let bytes = try? file.bytes(
                at: max(0, file.count - Self.keptBytes), count: min(file.count, Self.keptBytes))
        else { return [] }
        var lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        // The first is a part of one.
        if bytes.count < file.count, !lines.isEmpty { lines.removeFirst() }
        if bytes.count < file.count && !lines.isEmpty || lines.count > 2 * Self.kept {
            lines.removeFirst(max(0, lines.count - Self.kept))
            try? AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path, permissions: 0o600)
        }
        return lines.map(Self.unescaped)
    }

    /// In a folder of others the file could be replaced by theirs.
    private var isInOwnFolder: Bool {
        guard let folder = FileStatus(Folder.parent(of: path) ?? ".") else { return false }
        return folder.owner == geteuid() && folder.permissions & 0o002 == 0
    }

    public func append(_ entry: String) {
        if entry == last { return }
        last = entry
        if let folder = Folder.parent(of: path) { try? Folder.make(folder, permissions: 0o700) }
        guard isInOwnFolder else { return }
        let flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = FilePath.with(path) { open($0, flags, 0o600) }
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard let status = FileStatus(descriptor: descriptor), status.kind == .file, status.owner == geteuid()
        else { return }
        // An earlier version, or another program, may have let others read it. What they could write is no history.
        if status.permissions & 0o022 != 0, ftruncate(descriptor, 0) != 0 { return }
        if status.permissions & 0o077 != 0 { _ = fchmod(descriptor, 0o600) }
        // What another program, or a process that was killed, left unfinished is an entry of its own.
        let size = FileStatus(descriptor: descriptor)?.size ?? 0
        var end = UInt8(ascii: "\n")
        if size > 0 { _ = pread(descriptor, &end, 1, off_t(size - 1)) }
        let start = end == UInt8(ascii: "\n") ? "" : "\n"
        let bytes = Array((start + Self.escaped(entry) + "\n").utf8)
        let count = write(descriptor, bytes, bytes.count)
        // A full disk may take a part, to which the next entry would be joined.
        if count > 0, count < bytes.count { _ = ftruncate(descriptor, off_t(size)) }
    }

    static func escaped(_ entry: String) -> String {
        var text = ""
        for scalar in entry.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    static func unescaped(_ line: String) -> String {
        var text = ""
        var isEscape = false
        for scalar in line.unicodeScalars {
            if isEscape {
                text.unicodeScalars.append(scalar == "n" ? "\n" : scalar == "r" ? "\r" : scalar)
                isEscape = false
            } else if scalar == "\\" {
                isEscape = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
