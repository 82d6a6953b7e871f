// A folder for the files of one task, removed afterwards. Programs that run at the same time get different
// folders.

@preconcurrency import Glibc

/// A new folder in TMPDIR, or /tmp. It is removed with all its contents when its last user releases it.
public final class ScratchFolder {
    public let path: String

    public init() throws(SystemError) {
        let template = (Environment.variable("TMPDIR") ?? "/tmp") + "/seg-XXXXXX"
        var name = Array(template.utf8CString)
        guard mkdtemp(&name) != nil else { throw .cannot("make the folder", template, errno) }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        var folders = [path]
        var place = 0
        while place < folders.count {
            let folder = folders[place]
            place += 1
            for entry in (try? Folder.entries(of: folder)) ?? [] {
                let inner = "\(folder)/\(entry.name)"
                // A link is removed, not followed.
                if FileStatus(inner, followsLinks: false)?.kind == .folder {
                    folders.append(inner)
                } else {
                    _ = FilePath.with(inner) { unlink($0) }
                }
            }
        }
        for folder in folders.reversed() { _ = FilePath.with(folder) { rmdir($0) } }
    }
}

extension ScratchFolder {
    /// Runs a task with the folder as the current directory.
    public func asWorkingFolder<T>(_ body: () throws -> T) throws -> T {
        let before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard before >= 0 else { throw SystemError.cannot("leave the folder", ".", errno) }
        defer {
            _ = fchdir(before)
            close(before)
        }
        guard chdir(path) == 0 else { throw SystemError.cannot("enter the folder", path, errno) }
        return try body()
    }
}
