// docs/how-it-is-built.md is a map: each file, folder and name in it exists, and it has every folder
// of Sources and Tests.

import SegLibrary
import SegRuntime
import SegSyntax
import Testing

@Suite struct MapTests {
    private let path = "docs/how-it-is-built.md"

    /// The text between backquotes, with its line.
    private func quoted(_ text: String) -> [TextPart] {
        var found: [TextPart] = []
        for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            for match in line.matches(of: /`([^`]+)`/) {
                found.append(TextPart(line: place + 1, text: String(match.1)))
            }
        }
        return found
    }

    /// Whether a path of the map is one of the tree: whole, or from a folder on, with or without the
    /// ending; `*` and `…` match any text.
    private func isPath(_ text: String, in tree: Set<String>) -> Bool {
        var wanted = text
        if wanted.hasSuffix("/") { wanted.removeLast() }
        let pieces = wanted.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "*" || $0 == "…" })
        return tree.contains { path in
            var names = [path]
            for ending in [".swift", ".seg"] where path.hasSuffix(ending) {
                names.append(String(path.dropLast(ending.count)))
            }
            return names.contains { fits("/" + $0, pieces) }
        }
    }

    /// Whether a path ends in these pieces, with any text between them; the first piece begins a name.
    private func fits(_ path: String, _ pieces: [Substring]) -> Bool {
        guard let first = pieces.first, let last = pieces.last else { return false }
        if pieces.count == 1 { return path.hasSuffix("/" + first) }
        guard path.hasSuffix(last) else { return false }
        var rest = path.dropLast(last.count)
        for (place, piece) in pieces.dropLast().enumerated() where !piece.isEmpty {
            guard let found = rest.firstRange(of: place == 0 ? "/" + piece : piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    @Test func pathsOfTheMapExist() throws {
        let tree = try Repository.everything()
        var checked = 0
        var missing: [String] = []
        for part in quoted(try Repository.text(path)) {
            for word in part.text.split(separator: " ").map(String.init) {
                let isFile = [".swift", ".seg", ".md", ".repl", ".c"].contains {
                    word.hasSuffix($0) && word != $0
                }
                guard word.contains("/") || isFile, !word.hasPrefix("$"), !word.hasPrefix("~") else {
                    continue
                }
                checked += 1
                if !isPath(word, in: tree) { missing.append("\(path):\(part.line): \(word)") }
            }
        }
        #expect(checked > 40, "the map names few paths: \(checked)")
        #expect(missing.isEmpty, "not in the tree:\n\(missing.joined(separator: "\n"))")
    }

    /// One word between backquotes is a file, a name of the Swift sources, or one of seg.
    @Test func namesOfTheMapExist() throws {
        let tree = try Repository.everything()
        let interpreter = Interpreter.standard()
        let vocabulary = try Vocabulary(interpreter)
        let names = try SwiftNames.declared().union(interpreter.library.names).union(vocabulary.options)
            .union(vocabulary.methods.keys).union(Token.Kind.keywords.keys).union(vocabulary.hidden)
        var missing: [String] = []
        for part in quoted(try Repository.text(path)) {
            for word in part.text.split(separator: " ").map(String.init)
            where word.wholeMatch(of: /[A-Za-z_]\w*[*…]?/) != nil && !part.text.contains(" ") {
                if !names.contains(word), !isPath(word, in: tree) {
                    missing.append("\(path):\(part.line): \(word)")
                }
            }
        }
        #expect(missing.isEmpty, "defined nowhere:\n\(missing.joined(separator: "\n"))")
    }

    @Test func theMapHasEveryTarget() throws {
        let text = try Repository.text(path)
        for folder in ["Sources", "Tests"] {
            for name in try Repository.everything()
            where name.hasPrefix(folder + "/") && name.split(separator: "/").count == 2 {
                guard !name.contains(".") else { continue }
                let isNamed = text.contains(name)
                #expect(isNamed, "\(path) does not name \(name)")
            }
        }
    }

    /// The arrows between targets name targets.
    @Test func theDrawingNamesTargets() throws {
        let tree = try Repository.everything()
        let package = try Repository.text("Package.swift")
        let text = try Repository.text(path)
        let start = try #require(text.firstRange(of: "## Targets"))
        let end = try #require(text.firstRange(of: "`Package.swift` enforces"))
        var count = 0
        for line in text[start.upperBound..<end.lowerBound].split(separator: "\n")
        where line.hasPrefix("    ") {
            for match in line.matches(of: /\b(?:C|Seg|Embed|Stdlib)[A-Z]\w+/) {
                count += 1
                let name = String(match.0)
                #expect(
                    package.contains("name: \"\(name)\"") || tree.contains("Sources/\(name)"),
                    "\(name) is no target")
            }
        }
        #expect(count > 10, "the drawing of the targets was not found")
    }
}
