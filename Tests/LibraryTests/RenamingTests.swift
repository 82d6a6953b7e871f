// What the table of names knows of a script is what the compiler does: its places are the names', and a script in
// which one name is another everywhere is as right as before.

import SegLibrary
import SegRuntime
import SegSyntax
import Testing

@Suite struct RenamingTests {
    private func scripts() throws -> [String] {
        try ["Tests/Golden", "examples", "Benchmarks"].flatMap {
            try Repository.files(in: $0, endings: [".seg"])
        }
    }

    @Test func everyPlaceHoldsItsName() throws {
        for path in try scripts() + Repository.files(in: "stdlib", endings: [".seg"]) {
            let source = Source(name: path, text: try Repository.text(path))
            for name in NameTable(Parser(source: source).parse()).names {
                for place in name.places {
                    #expect(source.text(place.span) == name.name, "\(path) at \(place.span.start)")
                }
                #expect(name.places.contains { $0.span == name.definition }, "\(path): \(name.name)")
            }
        }
    }

    @Test func parenthesesAreNoPartOfAName() {
        let source = Source(name: "text", text: "(x) = 2\n((x # a (x\n)) = ( # x\n x)\nf([(a), b]) = (a)\n")
        let names = NameTable(Parser(source: source).parse()).names
        #expect(names.map(\.name) == ["x", "f", "a", "b"])
        for name in names {
            for place in name.places { #expect(source.text(place.span) == name.name) }
            #expect(source.text(name.definition) == name.name)
        }
        #expect(names[0].places.count == 3)
    }

    @Test func aRenamedScriptIsAsRightAsBefore() throws {
        let interpreter = Interpreter.standard()
        for path in try scripts() {
            let source = Source(name: path, text: try Repository.text(path))
            guard source.bytes.count < 1 << 14, interpreter.check(source).isEmpty else { continue }
            let table = NameTable(Parser(source: source).parse())
            // A name of the library is the library's up to its first value.
            for name in table.names where !interpreter.library.contains(name.name) {
                // Nothing else is called so.
                let new = Array("zq_\(name.name)".utf8)
                var bytes = source.bytes
                for place in name.places.reversed() {
                    bytes.replaceSubrange(Int(place.span.start)..<Int(place.span.end), with: new)
                }
                let errors = interpreter.check(Source(name: path, bytes: bytes))
                #expect(errors.isEmpty, "\(path): \(name.name) renamed: \(errors.first?.message ?? "")")
            }
        }
    }
}
