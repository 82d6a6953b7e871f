// The names that scripts really use: in their code, not in comments or strings.

import SegSyntax

enum NamesInUse {
    /// The names that a script calls or reads, without those it defines at its outermost level.
    static func of(_ text: String) -> Set<String> {
        let source = Source(name: "script", text: text)
        var names: Set<String> = []
        for part in source.classified() where [.call, .name, .type, .member].contains(part.kind) {
            names.insert(source.text(part.span))
        }
        let defined = Parser(source: source).parse().definedNames
        return names.subtracting(defined.documented).subtracting(defined.undocumented)
    }

    /// Those of all golden tests, helpers, and what is typed in the sessions of the prompt.
    static func ofGoldens() throws -> Set<String> {
        var names: Set<String> = []
        for path in try Repository.files(in: "Tests/Golden", endings: [".seg"]) {
            names.formUnion(of(try Repository.text(path)))
        }
        for path in try Repository.files(in: "Tests/Golden", endings: [".repl"]) {
            let typed = try Repository.text(path).split(separator: "\n").filter {
                $0.hasPrefix("> ") || $0.hasPrefix(". ")
            }
            names.formUnion(of(typed.map { String($0.dropFirst(2)) }.joined(separator: "\n")))
        }
        return names
    }
}
