// The library's names as a whole: each has help and an example that runs, the contract's are
// there, and docs/reference.md says what the help says.

import SegLibrary
import SegRuntime
import SegSyntax
import Testing

@Suite struct HelpTests {
    private let interpreter = Interpreter.standard()
    private var names: [String] { interpreter.library.names.filter { !$0.hasPrefix("_") }.sorted() }

    @Test func everyNameHasHelp() {
        let silent = names.filter { interpreter.help(named: $0)?.doc.isEmpty ?? true }
        #expect(silent.isEmpty, "names without help: \(silent.joined(separator: " "))")
        #expect(names.count > 200, "the library has few names: \(names.count)")
    }

    /// Natives and values have their example in their row; a definition in seg has it in its
    /// documentation, or is used by a golden test. A name in a comment or a string is not a use, nor is
    /// one that the test defines, and an example that expects nothing tests nothing.
    @Test func everyNameHasATestedExample() throws {
        let natives = Set(interpreter.library.natives.map(\.name) + interpreter.library.values.map(\.name))
        let inGoldens = try NamesInUse.ofGoldens()
        #expect(inGoldens.count > 200, "the golden tests use few names: \(inGoldens.count)")
        var bare: [String] = []
        for name in names {
            let tested = try #require(interpreter.help(named: name)).examples.filter {
                $0.contains("# expect")
            }
            let isShown = tested.contains { NamesInUse.of($0).contains(name) }
            if !isShown, natives.contains(name) || !inGoldens.contains(name) { bare.append(name) }
        }
        #expect(bare.isEmpty, "names without a tested example: \(bare.joined(separator: " "))")
    }

    @Test func namesInUse() {
        let text = """
            ones(3)  # zeros(3)
            full(x) = x
            full(2)
            print("eye {len(xs)}", xs.map(sum), (mean=1).mean, float32)
            """
        #expect(NamesInUse.of(text) == ["ones", "print", "len", "xs", "map", "sum", "mean", "float32", "x"])
    }

    /// `help` says briefly what a name is for: lists show the first sentence in one line.
    @Test(arguments: Interpreter.standard().library.names.filter { !$0.hasPrefix("_") }.sorted())
    func summariesAreSentences(_ name: String) throws {
        let doc = try #require(interpreter.help(named: name)).doc
        #expect(HelpStyle.faults(inSummaryOf: doc) == [])
    }

    @Test func theContractsNamesAreThere() {
        let missing = Set(contractNames.filter { !interpreter.library.contains($0) })
        let due = Set(namesStillDue)
        let lost = missing.subtracting(due).sorted()
        #expect(lost.isEmpty, "names of the contract that are not there: \(lost.joined(separator: " "))")
        let made = due.subtracting(missing).sorted()
        #expect(made.isEmpty, "no longer due, strike them off: \(made.joined(separator: " "))")
    }

    @Test func publicNamesOfStdlibAreMeant() {
        let found = Set(interpreter.library.scripts.flatMap(\.definitions))
        let meant = Set(contractNames + publicNamesOfStdlib)
        let more = found.subtracting(meant).sorted()
        #expect(more.isEmpty, "public, but not listed: \(more.joined(separator: " "))")
        let lost = publicNamesOfStdlib.filter { !found.contains($0) }
        #expect(lost.isEmpty, "listed, but not public: \(lost.joined(separator: " "))")
    }

    @Test func theReferenceIsFresh() throws {
        let written = try Repository.text("docs/reference.md")
        let isFresh = written == interpreter.referenceMarkdown()
        #expect(isFresh, "docs/reference.md is stale: run `make reference`")
    }
}
