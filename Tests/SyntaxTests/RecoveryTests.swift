// After an error the parser goes on; hostile texts end in an error or a result, quickly.

import SegSyntax
import Testing

@Suite struct RecoveryTests {
    @Test func severalErrorsInOnePass() {
        let text = """
            x = f(1,
                  2
            y = 3
            f(a b, c d)
            g(x) = {
                a = 3 +
                b = )
                c = 4
            }
            d = = 5
            e = 5
            """
        #expect(
            errors(text) == [
                "1:6 this `(` is not closed", "4:5 `,` or `)` is missing before `b`",
                "4:10 `,` or `)` is missing before `d`",
                "6:11 a value is missing after `+`", "10:5 a value is missing before `=`",
            ])
        #expect(TreeText.of(parse(text).statements) == "(= y 3); (call f a c); (def g(x) {(= c 4)}); (= e 5)")
    }

    @Test func atMostTwentyErrors() {
        #expect(parse(String(repeating: "x = )\n", count: 100)).diagnostics.count == 20)
    }

    @Test func notUTF8() {
        let bytes: [UInt8] = Array("x = \"".utf8) + [0xE9] + Array("\"".utf8)
        let program = Parser(source: Source(name: "t", bytes: bytes)).parse()
        #expect(
            program.diagnostics.map(\.message) == ["the text is not UTF-8: byte 0xE9 begins no character"])
        #expect(program.statements.isEmpty)
        let wide = Source(name: "t", bytes: [0xFF, 0xFE, 0x41, 0])
        #expect(Parser(source: wide).parse().diagnostics.map(\.message) == ["the text is UTF-16"])
    }

    @Test(arguments: [
        "(", "-", "!", "not ", "f(", "[", "{", "({[", "x -> ", "if ", "if a {", "for x in xs {", "try {",
        "f(x) = {",
        "f(x) = ", "a = ", "a, ", "\"{", "...", "1...", ")", "}", ")\n", "type A(", "import(", "return ",
        "if a:\n", "' ",
        "\"", "\"\n", "\0", "$ ", "1^", "x.a", "() -> ", "\"\"\"", "{x:", "else ", "catch ", "elif a ", "😀",
        "\\", ".",
        "..", "?", ":", "=", "->", "=>", "a b\n", "f(\n", "## d\n", "a if b else ",
    ])
    func repeated(_ piece: String) {
        let program = parse(String(repeating: piece, count: 20_000))
        #expect(program.diagnostics.count <= 20)
        _ = program.diagnostics.map { $0.rendered() }
    }

    @Test func longChains() {
        func chain(_ piece: String, _ count: Int) -> [String] {
            errors("x" + String(repeating: piece, count: count))
        }
        #expect(chain(" + 1", 2_000).isEmpty)
        #expect(chain(".a", 2_000).isEmpty)
        for piece in [" + 1", ".a", "()", "[0]", " or y"] {
            #expect(chain(piece, 6_000) == ["1:1 more than 5000 operations are chained here"])
        }
        #expect(errors("if a { }" + String(repeating: " else if a { }", count: 6_000)).count == 1)
        #expect(errors("a < " + String(repeating: "b < ", count: 20_000) + "c").isEmpty)
        #expect(errors("[" + String(repeating: "1, ", count: 20_000) + "]").isEmpty)
    }

    @Test func nesting() {
        func nested(_ count: Int) -> String {
            String(repeating: "(", count: count) + "1" + String(repeating: ")", count: count)
        }
        #expect(tree(nested(249)) == "1")
        #expect(errors(nested(300)) == ["1:252 more than 250 constructs are nested here"])
    }

    /// Every prefix of a text with every form parses, and its errors can be shown.
    @Test func prefixes() {
        let text = """
            ## doc
            f(x, y=2, ...r) = { return x + y } # c
            t[:, "a{x:.2}b"] *= if a { -1 } else if not b { xs[2...] } else { (q=1, "r"=[1, ...s]) }
            try { global z = import("w.seg") } catch e { for i, v in xs { while true { break } } }
            type T(a) { m(x) = self.a ^ 2...3 }; é = \"\"\"m {f(() -> "n {1}")} \\u{e9}\"\"\"
            """
        let bytes = Array(text.utf8)
        #expect(errors(text).isEmpty)
        for end in 0..<bytes.count {
            let program = Parser(source: Source(name: "t", bytes: Array(bytes[..<end]))).parse()
            for diagnostic in program.diagnostics { #expect(!diagnostic.rendered().isEmpty) }
            // And with a piece left out of the middle.
            let cut = Array(bytes[..<end]) + Array(bytes[min(bytes.count, end + 3)...])
            _ = Parser(source: Source(name: "t", bytes: cut)).parse().diagnostics.map { $0.rendered() }
        }
    }
}
