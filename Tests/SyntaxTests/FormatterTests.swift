// Formatting: its result, that it changes no meaning, and that it is idempotent.

import SegSyntax
import Testing

@Suite struct FormatterTests {
    private func formatted(_ text: String) -> String {
        switch Formatter.format(Source(name: "t", text: text)) {
        case .success(let text): text
        case .failure(let failure): failure.diagnostics.map(\.message).joined(separator: "; ")
        }
    }

    @Test(arguments: [
        ("f( x,y = 2 )=x+y", "f(x, y=2) = x + y"),
        ("a  =  [ 1,2 , ...xs ]", "a = [1, 2, ...xs]"),
        ("x=(a = 1,\"Road\"=2, ... r)", "x = (a=1, \"Road\"=2, ...r)"),
        ("1 ... 5; 0 ..< n; xs[2 ...]", "1...5; 0..<n; xs[2...]"),
        ("t[ : , 0,\"a\" ]", "t[:, 0, \"a\"]"),
        ("- x ^ 2 - - y", "-x^2 - -y"),
        ("! a&b|c", "!a & b | c"),
        ("x->{y}", "x -> { y }"),
        ("x->{ }", "x -> { }"),
        ("f (x) [0] . y", "f(x)[0].y"),
        ("not(a)and(b)", "not (a) and (b)"),
        ("return(x)", "return (x)"),
        ("x.in (3)", "x.in(3)"),
        ("if a{b}else if c{d}else{e}", "if a { b } else if c { d } else { e }"),
        ("try{a}catch e{b}", "try { a } catch e { b }"),
        ("for i,x in xs{}", "for i, x in xs { }"),
        ("a   in[1]", "a in [1]"),
        ("a not  in(b)", "a not in (b)"),
        ("a in - b...2", "a in -b...2"),
        ("a is   not(w.T)", "a is not (w.T)"),
        ("is(3)is  list", "is(3) is list"),
        ("[ i,x ]->i", "[i, x] -> i"),
        ("f( [a,b],c )=a", "f([a, b], c) = a"),
        ("a ; b;;c ;", "a; b; c"),
        ("x = .5 + 1. - a", "x = .5 + 1.0 - a"),
        ("x   # c  ", "x  # c"),
        ("\n\n\na\n\n\n\nb\n\n", "a\n\nb"),
        ("f(x) = {\n\na\n\n}", "f(x) = {\n    a\n}"),
        ("f(a,\nb,\n  c)", "f(a,\n  b,\n  c)"),
        ("f(\na,\nb\n)", "f(\n    a,\n    b\n)"),
        ("x = a +\nb", "x = a +\n    b"),
        ("x\n.f()\n # c\n.g()", "x\n    .f()\n    # c\n    .g()"),
        ("if a {\nb\n}\nelse {\n# c\n}", "if a {\n    b\n}\nelse {\n    # c\n}"),
        ("x = if a {1}\nelse {2}", "x = if a { 1 }\n    else { 2 }"),
        ("x = if a {\n1\n}\nelse {2}", "x = if a {\n    1\n}\nelse { 2 }"),
        (
            "f(x) =\nif x {1}\nelse if y {2}\nelse {3}",
            "f(x) =\n    if x { 1 }\n    else if y { 2 }\n    else { 3 }"
        ),
        ("push(xs, if a {1}\nelse {2})", "push(xs, if a { 1 }\n         else { 2 })"),
        ("y = try {1}\ncatch e {2}", "y = try { 1 }\n    catch e { 2 }"),
        ("f(x ->\na +\nb,\nc)", "f(x ->\n      a +\n      b,\n  c)"),
        ("a  # x\nbcd # y", "a  # x\nbcd  # y"),
        ("a   # x\nbcd # y", "a    # x\nbcd  # y"),
        ("x^2 + (a)^2 + x ^ f(2)", "x^2 + (a) ^ 2 + x ^ f(2)"),
        ("s = \"\"\"\n   keep\n\"\"\"", "s = \"\"\"\n   keep\n\"\"\""),
        ("x = \"{ a+b :.3}\"", "x = \"{ a+b :.3}\""),
        ("\u{FEFF}a\r\nb", "a\nb"),
        ("", ""),
    ])
    func layout(_ text: String, _ expected: String) {
        #expect(formatted(text) == (expected.isEmpty ? "" : expected + "\n"))
    }

    @Test func alignedCommentsStayAligned() {
        #expect(
            formatted("a   = 1  # one\nbcd =  2 # two\nc # three")
                == "a = 1    # one\nbcd = 2  # two\nc  # three\n")
    }

    @Test func longLinesBreak() {
        let name = String(repeating: "a", count: 33)
        #expect(
            formatted("x = call(\(name), \(name), \(name), \(name))")
                == "x = call(\(name), \(name),\n         \(name), \(name))\n")
        #expect(
            formatted("x = f(\(name), 1) + g(\(name), 2) + h(\(name), 3)")
                == "x = f(\(name), 1) + g(\(name), 2) +\n    h(\(name), 3)\n")
        #expect(
            formatted("if x { first_of(\(name)); second_of(\(name)) } else { third_of(\(name)) }")
                == "if x {\n    first_of(\(name))\n    second_of(\(name))\n} else {\n    third_of(\(name))\n}\n"
        )
        #expect(
            formatted("first(\(name)); second(\(name)); third(\(name))")
                == "first(\(name)); second(\(name))\nthird(\(name))\n")
        #expect(
            formatted("a, b = call(\(name), \(name), \(name), 1)")
                == "a, b = call(\(name), \(name),\n            \(name), 1)\n")
        #expect(
            formatted("call(\(name), \(name), \(name),\n     \(name),\n     1)")
                == "call(\(name), \(name), \(name),\n     \(name),\n     1)\n")
        #expect(
            formatted("call(\(name), \(name), \(name), 2,\n     \(name),\n     1)")
                == "call(\(name), \(name), \(name),\n     2, \(name), 1)\n")
        let unbroken = String(repeating: "b", count: 130)
        #expect(formatted("x = \(unbroken)") == "x =\n    \(unbroken)\n")
    }

    @Test func whatDoesNotParse() {
        guard case .failure(let failure) = Formatter.format(Source(name: "t", text: "x = )")) else {
            return #expect(Bool(false))
        }
        #expect(failure.diagnostics.count == 1)
    }

    /// Random forms with random spacing: the tree does not change, and formatting is idempotent.
    @Test func meaningStays() {
        let forms = [
            "f(x, y=2, ...r) = x + y * -z", "x = [1, 2.5, ...xs]", "a, b = pair",
            "t[:, 0...2, \"Road\"] *= 4",
            "r = (lr=1e-4, \"Road\"=2, ...o)", "g(x) = { return x ; x -> { y } }",
            "if a and not b { c } else if d { e } else { f }",
            "try { f(x -> x ^ 2) } catch e { e.message }", "type T(a, b=1) { m(x) = self.a @ x ; n = 3 }",
            "for i, x in enumerate(xs) { print(\"{x:.3} {r[\"k\"]}\") }", "while 0 < x <= 1 or !y { break }",
            "global z = () -> ()",
            "w = import(\"a.seg\").f(1)[2...]", "q = - a.b - .5 + 1. ... 2",
            "x.in(3).type[0] = if c { 1 } else { -2 }",
            "call(alpha_long_argument, beta_long_argument, gamma_long_argument, (delta=1, epsilon=[2, 3]), x -> { y })",
        ]
        var seed: UInt64 = 42
        func chance(_ count: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % count
        }
        var checked = 0
        for _ in 0..<150 {
            var text = ""
            for _ in 0..<4 {
                let form = forms[chance(forms.count)]
                var lexer = Lexer(source: Source(name: "f", text: form))
                var previous: Token?
                var depth = 0
                while case let token = lexer.next(), token.kind != .end {
                    if let previous, previous.kind != .dot, previous.end < token.start || chance(3) == 0 {
                        let mayBreak = [.comma, .plus, .arrow, .assign, .leftBrace].contains(previous.kind)
                        text += ["  ", " ", mayBreak ? "\n  " : " ", mayBreak ? " # c\n\n" : "\t"][chance(4)]
                    }
                    if token.kind == .leftBrace { depth += 1 }
                    text += form.utf8Text(token)
                    previous = token
                }
                text += ["\n", " ; ", " # end\n", "\n\n\n"][chance(4)]
            }
            let before = parse(text)
            guard before.diagnostics.isEmpty else { continue }
            checked += 1
            let once = formatted(text)
            #expect(tree(once) == TreeText.of(before.statements), "\(text)")
            #expect(formatted(once) == once, "\(text)")
        }
        #expect(checked > 50, "few texts could be parsed: \(checked)")
    }
}

extension String {
    fileprivate func utf8Text(_ token: Token) -> String {
        String(decoding: Array(utf8)[Int(token.start)..<Int(token.end)], as: UTF8.self)
    }
}
