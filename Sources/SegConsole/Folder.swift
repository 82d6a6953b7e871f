// Looking into folders, for the completion of paths.

@preconcurrency import Glibc

enum Folder {
    struct Entry: Equatable {
        var name: String
        var isFolder: Bool
    }

    /// A path with `~/` replaced by the user's home.
    static func expanded(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
        return String(cString: home) + path.dropFirst()
    }

    /// What a folder holds, in order of names; nothing where it cannot be read.
    static func entries(in folder: String) -> [Entry] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var entries: [Entry] = []
        while let entry = readdir(directory), entries.count < 10_000 {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var kind = Int(entry.pointee.d_type)
            if kind == Int(DT_LNK) || kind == Int(DT_UNKNOWN) {
                var status = stat()
                if stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    kind = Int(DT_DIR)
                }
            }
            entries.append(Entry(name: name, isFolder: kind == Int(DT_DIR)))
        }
        return entries.sorted { $0.name < $1.name }
    }
}
