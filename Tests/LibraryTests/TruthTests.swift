// Help, errors and documents name only what exists: each call in them is of a name that the library,
// or the text itself, defines, and its named arguments are parameters of it.

import SegLibrary
import SegRuntime
import SegSyntax
import Testing

/// Names that texts call although seg has none such: of other languages, where a hint is about them,
/// and placeholders for names that a user may choose.
private let namesOfNobody: [String: String] = [
    "f": "any function, in hints about the form of a definition or a call",
    "m": "any model, in hints about the form of a call",
    "Name": "any type, in hints about the form of a definition",
]

/// Files whose strings are Swift, SVG, HTML, the languages of shells, or what terminals are asked.
private let filesInOtherLanguages = [
    "Sources/EmbedStdlib/main.swift", "Sources/SegTerminal/Files/SVG.swift",
    "Sources/SegTerminal/Files/PDF.swift", "Sources/SegLibrary/Seeing/GraphicsQuery.swift",
    "Sources/SegTerminal/Pictures/TerminalGraphics.swift", "stdlib/results/report.seg",
    "Sources/seg/Doctor.swift", "Sources/seg/JupyterKernel.swift",
    "Sources/SegLibrary/Language/Reference.swift", "Sources/seg/Shell.swift",
]

@Suite struct TruthTests {
    private let interpreter = Interpreter.standard()

    private func report(_ place: String, _ text: TextPart, _ faults: [(line: Int, fault: String)]) -> [String]
    {
        faults.map { "\(place):\(text.line + $0.line): \($0.fault)" }
    }

    private func expectNone(_ problems: [String], _ comment: String) {
        #expect(problems.isEmpty, "\(comment):\n\(problems.joined(separator: "\n"))")
    }

    @Test func helpNamesWhatExists() throws {
        let vocabulary = try Vocabulary(interpreter)
        var problems: [String] = []
        for name in interpreter.library.names.sorted() {
            let entry = try #require(interpreter.help(named: name))
            let parameters = Set(
                try interpreter.libraryValue(name).flatMap { interpreter.parameters(of: $0) }?.map(\.name)
                    ?? [])
            let text = ([entry.doc] + entry.examples).joined(separator: "\n\n")
            let faults = vocabulary.faults(
                in: text, bound: parameters.union(namesOfNobody.keys), checksLooseOptions: true)
            problems += report("help of \(name)", TextPart(line: 1, text: text), faults)
        }
        expectNone(problems, "help names what does not exist")
    }

    /// The strings of the sources: errors, their help, notes. Those of help are checked above, each
    /// with its parameters.
    @Test func errorsNameWhatExists() throws {
        let vocabulary = try Vocabulary(interpreter)
        let helps = interpreter.library.natives.map {
            ([$0.signature, $0.doc] + $0.examples).joined(separator: "\n")
        }
        var problems: [String] = []
        for path in try Repository.files(in: "Sources", endings: [".swift"])
        where !filesInOtherLanguages.contains(path) {
            for string in TextLiterals(try Repository.text(path), .swift).strings
            where !helps.contains(where: { $0.contains(string.text) }) {
                let faults = vocabulary.faults(
                    in: string.text, bound: Set(namesOfNobody.keys),
                    checksLooseOptions: true)
                problems += report(path, string, faults)
            }
        }
        for path in try Repository.files(in: "stdlib", endings: [".seg"])
        where !filesInOtherLanguages.contains(path) {
            for string in TextLiterals(try Repository.text(path), .seg).strings {
                let faults = vocabulary.faults(
                    in: string.text, bound: Set(namesOfNobody.keys), checksLooseOptions: true)
                problems += report(path, string, faults)
            }
        }
        expectNone(problems, "errors name what does not exist")
    }

    /// Comments may name what their own file binds, and the library's also what users do not see.
    @Test func commentsOfScriptsNameWhatExists() throws {
        let vocabulary = try Vocabulary(interpreter)
        var problems: [String] = []
        for folder in ["stdlib", "examples", "Benchmarks"] {
            for path in try Repository.files(in: folder, endings: [".seg"]) {
                let text = try Repository.text(path)
                let bound = Mentions.bound(in: text).union(namesOfNobody.keys)
                for comment in TextLiterals(text, .seg).comments {
                    let faults = vocabulary.faults(
                        in: comment.text, bound: bound, isInternal: folder == "stdlib")
                    problems += report(path, comment, faults)
                }
            }
        }
        expectNone(problems, "comments name what does not exist")
    }

    /// The documents; those on the project's own code may name what Swift declares.
    @Test func documentsNameWhatExists() throws {
        let vocabulary = try Vocabulary(interpreter)
        let declared = try SwiftNames.declared()
        var problems: [String] = []
        let inRoot = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"]
        let programs = try Repository.files(in: "Benchmarks", endings: [".seg"]).map(Repository.text)
        for path in try inRoot + Repository.files(in: "docs", endings: [".md"]) + ["editors/README.md"]
        // The reference is the help, which has its own test.
        where path != "docs/reference.md" {
            let text = try withoutOtherLanguages(Repository.text(path))
            let isAboutCode = path == "docs/how-it-is-built.md" || path == "CONTRIBUTING.md"
            var bound = Set(namesOfNobody.keys).union(isAboutCode ? declared : [])
            if path == "docs/language-speed.md" { bound.formUnion(programs.flatMap(Mentions.bound)) }
            problems += report(path, TextPart(line: 1, text: text), vocabulary.faults(in: text, bound: bound))
        }
        expectNone(problems, "documents name what does not exist")
    }

    /// A document without its code of other languages: blocks that name one, and lines of Swift.
    private func withoutOtherLanguages(_ text: String) -> String {
        text.replacing(#/```(?!seg\b)\w+\n(?:.|\n)*?```/#) { block in
            String(repeating: "\n", count: block.0.count { $0 == "\n" })
        }.replacing(#/`\.package\(.*?`/#, with: "")
    }

    /// An exception that no text needs would let a false name pass.
    @Test func exceptionsAreNeeded() throws {
        var called: Set<String> = []
        for path in try Repository.files(in: "Sources", endings: [".swift"]) {
            for string in TextLiterals(try Repository.text(path), .swift).strings {
                called.formUnion(Mentions(in: string.text).calls.map(\.name))
            }
        }
        for path in filesInOtherLanguages { #expect(throws: Never.self) { try Repository.text(path) } }
        let unneeded = namesOfNobody.keys.filter { !called.contains($0) }
        #expect(unneeded.isEmpty, "no text calls \(unneeded.sorted())")
    }

    @Test func examplesAreSound() throws {
        for folder in ["examples", "Benchmarks"] {
            for path in try Repository.files(in: folder, endings: [".seg"]) {
                let found = interpreter.check(Source(name: path, text: try Repository.text(path)))
                #expect(found.isEmpty, "\(found.map { $0.rendered() }.joined(separator: "\n"))")
            }
        }
    }
}

/// The tests above find nothing where their tools find nothing, so the tools have tests as well.
@Suite struct TruthToolTests {
    @Test func faultsAreFound() throws {
        let vocabulary = try Vocabulary(Interpreter.standard())
        func faults(_ text: String, _ bound: Set<String> = []) -> [String] {
            vocabulary.faults(in: text, bound: bound, checksLooseOptions: true).map {
                "\($0.line) \($0.fault)"
            }
        }
        #expect(
            faults("see nowhere(images=) or\nelsewhere(dir)") == [
                "0 nowhere( is not defined", "1 elsewhere( is not defined",
            ])
        #expect(
            faults("zeros(2, dtyp=int32), x.mean(axis=0), a.zeros_like(b)") == [
                "0 zeros has no argument dtyp", "0 .zeros_like( is not defined",
            ])
        #expect(faults("sorted(xs, by=f(x=1))", ["f"]) == [])
        #expect(
            faults("nostrays=\"void\" counts; by=\"random\" does not") == [
                "0 no function has an argument nostrays"
            ])
        #expect(faults("g(x) = 2 * x; g(3); type T(a) { }; T(a=1); y -> y(1)") == [])
        #expect(
            faults("if (a) { run.step(2) }; torch.sum(x, dim=0); torch.sum(x, dims=0)") == [
                "0 sum has no argument dims"
            ])
    }

    @Test func literalsAreFound() {
        let swift = TextLiterals(
            #"""
            // "no" f(
            let a = "one \(x.map { "two \($0)" }) end", b = #"raw "q" \(no)"#
            /* "no" */ let c = """
                three "quoted"
                  four
                """
            """#, .swift)
        #expect(
            swift.strings.map(\.text) == [
                "two \u{1}", "one \u{1} end", "raw \"q\" \\(no)", "three \"quoted\"\n  four",
            ])
        #expect(swift.strings.map(\.line) == [2, 2, 2, 3])
        let seg = TextLiterals("## Doc.\n## More.\nx = \"a {f(\"b\")} \\{c\"  # end\n", .seg)
        #expect(seg.strings.map(\.text) == ["b", "a \u{1} {c"])
        #expect(seg.comments == [TextPart(line: 1, text: " Doc.\n More."), TextPart(line: 3, text: " end")])
    }
}
