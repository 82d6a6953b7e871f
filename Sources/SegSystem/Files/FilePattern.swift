// Files by a pattern, as a shell lists them.

@preconcurrency import Glibc

/// A path in which `*`, `?` and `[ab]` stand for parts of names, and `**` for any number of folders.
public struct FilePattern: Sendable {
    private let isAbsolute: Bool
    private let parts: [String]

    public init(_ text: String) throws(SystemError) {
        try SystemError.checkName(text, to: "list")
        isAbsolute = text.hasPrefix("/")
        parts = Self.parts(of: text)
    }

    /// The parts between slashes; `**` that follow one another are one.
    public static func parts(of text: String) -> [String] {
        text.split(separator: "/").map(String.init).reduce(into: []) { parts, part in
            if part != "**" || parts.last != part { parts.append(part) }
        }
    }

    /// The paths of files and folders that fit, in the order of their names. Hidden names fit only a part that
    /// begins with a point. Folders that may not be read have no entries.
    /// - Parameter check: called for every folder; what it throws ends the search.
    public func paths(check: () throws -> Void = {}) throws -> [String] {
        var found: [String] = [isAbsolute ? "/" : ""]
        for (place, part) in parts.enumerated() {
            let isLast = place == parts.count - 1
            var next: [String] = []
            for base in found {
                try check()
                if part == "**" {
                    next += try Folder.all(under: base, check: check).sorted()
                } else if !part.contains(where: { "*?[".contains($0) }) {
                    if FileStatus.exists(base + part) { next.append(base + part + (isLast ? "" : "/")) }
                } else {
                    for entry in entries(of: base) where fits(entry.name, part) {
                        if isLast { next.append(base + entry.name) }
                        if !isLast, entry.kind == .folder { next.append(base + entry.name + "/") }
                    }
                }
            }
            found = next
        }
        return found.filter { !$0.isEmpty }
    }

    private func fits(_ name: String, _ part: String) -> Bool { fnmatch(part, name, FNM_PERIOD) == 0 }

    private func entries(of base: String) -> [FolderEntry] {
        (try? Folder.entries(of: base.isEmpty ? "." : base)) ?? []
    }
}
