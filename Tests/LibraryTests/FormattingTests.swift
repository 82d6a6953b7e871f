// The scripts that come with seg are formatted, and the editors' grammars know its keywords.

import SegSyntax
import Testing

@Suite struct FormattingTests {
    @Test func allScriptsAreFormatted() throws {
        let folders = ["stdlib", "examples", "Benchmarks"]
        let scripts = try folders.flatMap { try Repository.files(in: $0, endings: [".seg"]) }
        for path in scripts {
            let source = Source(name: path, text: try Repository.text(path))
            guard case .success(let text) = Formatter.format(source) else {
                Issue.record("\(path) cannot be parsed")
                continue
            }
            let isFormatted = Array(text.utf8) == source.bytes
            #expect(isFormatted, "\(path) is not formatted: seg fmt \(path)")
        }
    }

    private var keywords: Set<String> { Set(Token.Kind.keywords.keys) }

    @Test func theTextMateGrammarKnowsTheKeywords() throws {
        let text = try Repository.text("editors/vscode/syntaxes/seg.tmLanguage.json")
        var found: Set<String> = []
        for list in text.split(separator: "\\\\b(").dropFirst() {
            guard let end = list.firstIndex(of: ")") else { continue }
            found.formUnion(list[..<end].split(separator: "|").map(String.init))
        }
        #expect(found == keywords)
    }

    @Test func theVimSyntaxKnowsTheKeywords() throws {
        let text = try Repository.text("editors/vim/syntax/seg.vim")
        var found: Set<String> = []
        for line in text.split(separator: "\n") where line.hasPrefix("syntax keyword ") {
            found.formUnion(line.split(separator: " ").dropFirst(3).map(String.init))
        }
        #expect(found == keywords)
    }
}
