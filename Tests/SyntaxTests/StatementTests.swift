// Statements, newlines, doc comments, and when an entry at the prompt is whole.

import SegSyntax
import Testing

@Suite struct StatementTests {
    @Test(arguments: [
        ("x = e", "(= x e)"),
        ("a, b = pair", "(= a b pair)"),
        ("X, Y = 100, 50", "(= X Y 100 50)"),
        ("x += 1; x -= 1; x *= 2; x /= 2", "(+= x 1); (-= x 1); (*= x 2); (/= x 2)"),
        ("t[i] = e; r.name = e; m.conv.weight[0] = 1", "(= t[i] e); (= r.name e); (= m.conv.weight[0] 1)"),
        ("a.x, b[0] = p", "(= a.x b[0] p)"),
        ("weights[\"Bicyclist\"] *= 4", "(*= weights[\"Bicyclist\"] 4)"),
        ("f(x, y=2) = x", "(def f(x y=2) x)"),
        ("f(x, ...r) = { return x }", "(def f(x ...r) {(return x)})"),
        ("f(x)", "(call f x)"),
        ("return", "return"),
        ("for x in xs { }", "(for x xs {})"),
        ("for i, x in enumerate(xs) { break; continue }", "(for i x (call enumerate xs) {break; continue})"),
        ("while a < b { a += 1 }", "(while (a < b) {(+= a 1)})"),
        ("global x = 3", "(global x 3)"),
        ("global x += 3", "(global x (+ x 3))"),
        ("type P(a, b=2) { x = 1; f(y) = x }", "(type P(a b=2) {(= x 1); (def f(y) x)})"),
        (";;x;;", "x"),
    ])
    func forms(_ text: String, _ expected: String) {
        #expect(tree(text) == expected)
    }

    @Test(arguments: [
        ("a\nb", "a; b"),
        ("a +\n b", "(+ a b)"),
        ("a\n-b", "a; (- b)"),
        ("x =\n 1", "(= x 1)"),
        ("x ->\n 1", "(fn (x) 1)"),
        ("a,\n b = p", "(= a b p)"),
        ("a or\n b", "(or a b)"),
        ("f(\na\n,\nb\n)", "(call f a b)"),
        ("[a\n-b]", "[(- a b)]"),
        ("f(x -> {\na\n-b\n})", "(call f (fn (x) {a; (- b)}))"),
        ("x\n  .map(f)\n\n# c\n  .g", "(call x.map f).g"),
        ("if a { 1 }\nelse if b { 2 }\n\n# c\nelse { 3 }", "(if a {1} (if b {2} {3}))"),
        ("try { a }\ncatch { b }", "(try {a} _ {b})"),
        ("f(x)\n(y)", "(call f x); y"),
        ("x\n[1]", "x; [1]"),
        ("return\nx", "return; x"),
        ("1\n.floor()", "(call 1.floor)"),
        ("a\r\nb\rc", "a; b; c"),
        ("\u{FEFF}a\tb", "1:3 `b` is not expected here"),
        ("\u{FEFF}a\u{A0}+ b", "(+ a b)"),
        ("#!/usr/bin/env seg\na # c\n# d", "a"),
        ("{ a }\n.b", "{a}.b"),
    ])
    func newlines(_ text: String, _ expected: String) {
        #expect(tree(text) == expected)
    }

    @Test func documentation() {
        let text = """
            ## One.
            ##   two
            f(x) = x
            ## away

            g(x) = x
            ## named
            h = 3
            ### no doc
            k = 3
            type A() {
                ## method
                m() = 1
            }
            """
        #expect(
            tree(text)
                == "(def f(x) x doc:One.\n  two); (def g(x) x); (= h 3 doc:named); (= k 3); (type A() {(def m() 1 doc:method)})"
        )
    }

    @Test func spans() {
        let source = Source(name: "t", text: "y = 1\nf(x, y=2) = x + y # c\ng = (a, b) -> a\ntype T(a) { }\n")
        let program = Parser(source: source).parse()
        guard case .function(let f) = program.statements[1].kind,
            case .assign(_, let values, _) = program.statements[2].kind,
            case .type(let t) = program.statements[3].kind
        else { return #expect(Bool(false)) }
        #expect(source.text(f.span) == "f(x, y=2) = x + y")
        #expect(source.text(values[0].span) == "(a, b) -> a")
        #expect(source.text(t.span) == "type T(a) { }")
    }

    @Test(arguments: [
        "f(", "f(x,", "[1", "{", "if a {", "x =", "x ->", "a +", "a and", "\"\"\"abc", "\"\"\"a {x", "a,",
        "f(x) =",
        "x -> {\n a", "try { a }", "for x in xs {", "(a=1,", "## documented",
    ])
    func unfinished(_ text: String) {
        #expect(parse(text).isUnfinished)
        #expect(parse(text + "\n").isUnfinished)
    }

    @Test(arguments: [
        "f()", "x = 1", "if a { }", "x", "", "# c", "\"abc", "x = )", "f(]", "a b (", "x.", "if", "for x",
        "\"{f(x}\"",
        "## documented\n\n", "3 = (",
    ])
    func whole(_ text: String) {
        #expect(!parse(text).isUnfinished)
    }

    @Test func signatures() {
        let (signature, _) = Parser(name: "n", text: "clamp(x, low=nil, ...rest)").parseSignature()
        #expect(signature.map(TreeText.function) == "clamp(x low=nil ...rest) {}")
        #expect(Parser(name: "n", text: "clamp(x").parseSignature().signature == nil)
        #expect(Parser(name: "n", text: "clamp(x) y").parseSignature().diagnostics.count == 1)
        #expect(Parser(name: "n", text: "clamp(1)").parseSignature().signature == nil)
    }
}
