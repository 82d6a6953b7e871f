// The library's names as a whole: each has help and an example that runs, the contract's are
// there, and docs/reference.md says what the help says.

import FoundationEssentials
import SegLibrary
import SegRuntime
import Testing

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../.."

/// The words of all golden scripts and sessions.
private func wordsOfGoldens() -> Set<String> {
    var words: Set<String> = []
    for file in files(in: "\(root)/Tests/Golden", endings: [".seg", ".repl"]) {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
        for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
            words.insert(String(word))
        }
    }
    return words
}

/// All files of a folder and those within it, by their endings.
func files(in folder: String, endings: [String]) -> [String] {
    guard let found = try? FileManager.default.subpathsOfDirectory(atPath: folder) else { return [] }
    return found.filter { path in endings.contains { path.hasSuffix($0) } }.sorted().map { "\(folder)/\($0)" }
}

@Suite struct HelpTests {
    private let interpreter = Interpreter.standard()
    private var names: [String] { interpreter.library.names.filter { !$0.hasPrefix("_") }.sorted() }

    @Test func everyNameHasHelp() {
        let silent = names.filter { interpreter.help(named: $0)?.doc.isEmpty ?? true }
        #expect(silent.isEmpty, "names without help: \(silent.joined(separator: " "))")
    }

    /// Natives and values bring their example in their row; a definition in seg may have it in its
    /// documentation, or be used by a golden test.
    @Test func everyNameHasATestedExample() {
        let tested = wordsOfGoldens()
        let natives = Set(interpreter.library.natives.map(\.name) + interpreter.library.values.map(\.name))
        let bare = names.filter { name in
            let examples = interpreter.help(named: name)?.examples ?? []
            return examples.isEmpty && (natives.contains(name) || !tested.contains(name))
        }
        #expect(bare.isEmpty, "names without a tested example: \(bare.joined(separator: " "))")
    }

    /// `help` wants to say at a glance what a name is for.
    @Test func summariesAreSentences() {
        for name in names {
            guard let summary = interpreter.help(named: name)?.summary, !summary.isEmpty else { continue }
            #expect(summary.count <= 300, "the first sentence on \(name) is long: \(summary)")
        }
    }

    @Test func theContractsNamesAreThere() {
        let missing = Set(contractNames.filter { !interpreter.library.contains($0) })
        let due = Set(namesStillDue)
        if !due.isEmpty { print("names of the contract still due: \(due.sorted().joined(separator: " "))") }
        let lost = missing.subtracting(due).sorted()
        #expect(lost.isEmpty, "names of the contract that are not there: \(lost.joined(separator: " "))")
        let made = due.subtracting(missing).sorted()
        #expect(made.isEmpty, "no longer due, strike them off: \(made.joined(separator: " "))")
    }

    @Test func theReferenceIsFresh() throws {
        let written = try String(contentsOfFile: "\(root)/docs/reference.md", encoding: .utf8)
        let isFresh = written == interpreter.referenceMarkdown()
        #expect(isFresh, "docs/reference.md is stale: run `make reference`")
    }
}
