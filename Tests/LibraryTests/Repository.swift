// The files of the repository, found from the place of this file. A missing file fails a test;
// nothing is skipped.

import FoundationEssentials

enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// The files below a folder of the repository with one of some endings, from the root, in order.
    /// - Throws: where there are none.
    static func files(in folder: String, endings: [String]) throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
        let found = all.filter { path in endings.contains { path.hasSuffix($0) } }.sorted()
        if found.isEmpty { throw Missing(description: "no \(endings) in \(folder)") }
        return found.map { "\(folder)/\($0)" }
    }

    /// Every file and folder of the tree that git keeps, from the root.
    static func everything() throws -> Set<String> {
        var paths: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: root)
        where !name.hasPrefix(".build") && name != ".git" {
            paths.insert(name)
            var isFolder = false
            guard FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder), isFolder
            else { continue }
            for inner in try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(name)") {
                paths.insert("\(name)/\(inner)")
            }
        }
        return paths
    }
}
