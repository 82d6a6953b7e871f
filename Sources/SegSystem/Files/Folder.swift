// Listing and creating folders.

@preconcurrency import Glibc

public struct FolderEntry: Sendable, Equatable {
    public enum Kind: Sendable {
        case file, folder
        /// A device, a pipe, a broken link.
        case other
    }

    public let name: String
    /// For a symbolic link: the kind of its target.
    public let kind: Kind

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

public enum Folder {
    /// The entries of a folder, including hidden ones, ordered by name.
    /// - Parameter limit: reading ends after so many entries.
    public static func entries(of path: String, limit: Int = .max) throws(SystemError) -> [FolderEntry] {
        var entries: [FolderEntry] = []
        try read(path) { name, type in
            entries.append(FolderEntry(name: name, kind: kind(type, "\(path)/\(name)")))
            return entries.count < limit
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// The names in a folder that fit, in no order.
    static func names(in path: String, where fits: (String) -> Bool) throws(SystemError) -> [String] {
        var names: [String] = []
        try read(path) { name, _ in
            if fits(name) { names.append(name) }
            return true
        }
        return names
    }

    /// Calls `body` with each entry's name and type until it returns false.
    private static func read(_ path: String, _ body: (String, Int) -> Bool) throws(SystemError) {
        try SystemError.checkName(path, to: "read the folder")
        guard let handle = FilePath.with(path, { opendir($0) }) else {
            throw .cannot("read the folder", path, errno)
        }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                FilePath.text(bytes.prefix { $0 != 0 })
            }
            if name == "." || name == ".." { continue }
            if !body(name, Int(entry.pointee.d_type)) { return }
        }
    }

    private static func kind(_ type: Int, _ path: String) -> FolderEntry.Kind {
        switch type {
        case Int(DT_REG): return .file
        case Int(DT_DIR): return .folder
        case Int(DT_LNK), Int(DT_UNKNOWN):
            switch FileStatus(path)?.kind {
            case .file: return .file
            case .folder: return .folder
            default: return .other
            }
        default: return .other
        }
    }

    /// A folder and all folders in it but hidden ones, in no order; those that may not be read have no folders.
    /// A folder that several paths lead to is there once: links are followed after all else, and not to a folder that
    /// contains the first one.
    /// - Parameter start: the beginning of the paths: empty, or ends in a slash. So do those of the result.
    /// - Parameter check: called for every folder; what it throws ends the search.
    public static func all(under start: String, check: () throws -> Void) throws -> [String] {
        struct Identity: Hashable { let device, inode: UInt64 }
        var seen: Set<Identity> = []
        func isNew(_ path: String) -> Bool {
            FileStatus(path).map { seen.insert(Identity(device: $0.device, inode: $0.inode)).inserted }
                ?? false
        }
        let first = start.isEmpty ? "." : start
        var outer = resolved(first)
        while let folder = outer {
            _ = isNew(folder)
            outer = folder == "/" ? nil : parent(of: folder)
        }
        var found = [start]
        var links: [String] = []
        var (place, linkPlace) = (0, 0)
        while true {
            while place < found.count {
                try check()
                let folder = found[place]
                place += 1
                let entries = (try? entries(of: folder.isEmpty ? "." : folder)) ?? []
                for entry in entries where entry.kind == .folder && !entry.name.hasPrefix(".") {
                    let path = folder + entry.name
                    if FileStatus(path, followsLinks: false)?.kind == .link {
                        links.append(path)
                    } else if isNew(path) {
                        found.append(path + "/")
                    }
                }
            }
            guard linkPlace < links.count else { return found }
            if isNew(links[linkPlace]) { found.append(links[linkPlace] + "/") }
            linkPlace += 1
        }
    }

    /// The path from the root without symbolic links; nil if there is no such file or folder.
    public static func resolved(_ path: String) -> String? {
        guard !path.utf8.contains(0), let resolved = FilePath.with(path, { realpath($0, nil) }) else {
            return nil
        }
        defer { free(resolved) }
        return FilePath.text(resolved)
    }

    /// Creates a folder and its parents if they do not exist.
    public static func make(_ path: String, permissions: mode_t = 0o777) throws(SystemError) {
        try SystemError.checkName(path, to: "make the folder")
        guard path.utf8.count < PATH_MAX else { throw .cannot("make the folder", path, ENAMETOOLONG) }
        var missing: [String] = []
        var current: String? = path
        while let folder = current, FileStatus(folder)?.kind != .folder {
            missing.append(folder)
            current = parent(of: folder).flatMap { $0 == folder ? nil : $0 }
        }
        for folder in missing.reversed() where FilePath.with(folder, { mkdir($0, permissions) }) != 0 {
            let code = errno
            guard code == EEXIST, FileStatus(folder)?.kind == .folder else {
                throw .cannot("make the folder", folder, code)
            }
        }
    }

    /// The folder that contains a path; nil if the path names none.
    public static func parent(of path: String) -> String? {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
