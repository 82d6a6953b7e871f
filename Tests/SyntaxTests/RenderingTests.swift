// The exact text of errors.

import SegSyntax
import SegSystem
import Testing

@Suite struct RenderingTests {
    /// A diagnostic about the first occurrence of a part of the text.
    private func diagnostic(
        _ text: String, _ part: String, point: String? = nil, notes: [(String, String)] = [],
        help: String? = nil
    ) -> Diagnostic {
        let source = Source(name: "weights.seg", text: text)
        func span(_ piece: String, from start: Int = 0) -> Span {
            let wanted = Array(piece.utf8)
            var at = start
            while at + wanted.count < source.bytes.count,
                Array(source.bytes[at..<(at + wanted.count)]) != wanted
            { at += 1 }
            return Span(at, at + wanted.count)
        }
        let whole = span(part)
        return Diagnostic(
            .shape, "shapes differ", help: help,
            location: .init(
                source: source, span: whole, point: point.map { span($0, from: Int(whole.start)) }),
            notes: notes.map { Diagnostic.Note(span: span($0.0, from: Int(whole.start)), text: $0.1) })
    }

    /// What a file, a name or a value brings into an error sends no commands to the terminal.
    @Test func textIsHarmless() {
        let source = Source(name: "a\u{1b}[2J.seg", text: "x = \"\u{1b}[31m\"")
        let place = Diagnostic.Location(source: source, span: Span(0, 1))
        let error = Diagnostic(
            .value, "no \u{9b}31m\n\u{1b}]0;t\u{7}", help: "use \u{1b}c", location: place,
            notes: [Diagnostic.Note(span: Span(0, 1), text: "\u{202e}")])
        let rendered = error.rendered()
        #expect(!rendered.unicodeScalars.contains { TextWidth.isHarmful($0) && $0 != "\n" })
        #expect(rendered.hasPrefix("error: no \\u{9b}31m\n\\u{1b}]0;t\\u{7}\n"))
    }

    @Test func theContractsExample() {
        let text = "a\nb\nc\nw = where(counts / other > 0, 1, 0)\n"
        let rendered = diagnostic(
            text, "counts / other", point: "/", notes: [("counts", "[32]"), ("other", "[31]")],
            help: "train.counts has one entry a class; other has 31"
        ).rendered()
        #expect(
            rendered == """
                error: shapes differ
                  --> weights.seg:4:11
                   |
                 4 | w = where(counts / other > 0, 1, 0)
                   |           ~~~~~~ ^ ~~~~~
                   |           [32]     [31]
                help: train.counts has one entry a class; other has 31
                """)
    }

    @Test func aSpanAlone() {
        #expect(
            diagnostic("x = f(abc)", "abc").rendered() == """
                error: shapes differ
                  --> weights.seg:1:7
                   |
                 1 | x = f(abc)
                   |       ^~~
                """)
    }

    @Test func wideCharactersTabsAndControls() {
        #expect(
            diagnostic("\t日本 = \"é😀\u{1}\" + abc * d\n", "abc * d", point: "*").rendered() == """
                error: shapes differ
                  --> weights.seg:1:15
                   |
                 1 |     日本 = "é😀␁" + abc * d
                   |                     ~~~ ^ ~
                """)
    }

    @Test func severalLines() {
        #expect(
            diagnostic(
                String(repeating: "\n", count: 11) + "f(a,\n  b)\n", "f(a,\n  b)", notes: [("b", "[3]")]
            ).rendered()
                == """
                error: shapes differ
                   --> weights.seg:12:1
                    |
                 12 | f(a,
                    | ^~~~
                    |
                 13 |   b)
                    |   ^ [3]
                """)
    }

    @Test func notesThatCollide() {
        #expect(
            diagnostic("aa + b", "aa + b", point: "+", notes: [("aa", "float32 [32, 3]"), ("b", "[31]")])
                .rendered() == """
                    error: shapes differ
                      --> weights.seg:1:1
                       |
                     1 | aa + b
                       | ~~ ^ ~
                       | float32 [32, 3]
                       |      [31]
                    """)
    }

    @Test func longLinesAreCropped() {
        let text = String(repeating: "a + ", count: 100) + "wrong" + String(repeating: " + a", count: 100)
        let lines = diagnostic(text, "wrong").rendered(width: 60).split(separator: "\n").map(String.init)
        #expect(lines[1] == "  --> weights.seg:1:401")
        #expect(lines[3].count <= 60)
        #expect(lines[3].contains("… ") || lines[3].contains("…"))
        #expect(lines[3].contains("wrong") && lines[3].hasSuffix("…"))
        let at = lines[3].range("wrong")
        #expect(at != nil && at == lines[4].range("^~~~~"))
    }

    @Test func theCallsThatLedThere() {
        let source = Source(name: "a.seg", text: "f()\ng()\n")
        var diagnostic = Diagnostic(.value, "too deep")
        diagnostic.trace.append(Diagnostic.Frame(function: "f", source: source, span: Span(0, 3)))
        #expect(diagnostic.rendered() == "error: too deep\n  in f, called at a.seg:1:1")
        for _ in 0..<100 {
            diagnostic.trace.append(Diagnostic.Frame(function: "g", source: source, span: Span(4, 7)))
        }
        #expect(diagnostic.trace.count == 101)
        #expect(diagnostic.trace.frames.map(\.function) == ["f"] + Array(repeating: "g", count: 100))
        let lines = diagnostic.rendered().split(separator: "\n")
        #expect(lines.count == 12)
        #expect(lines[6] == "  … 91 more calls …")
    }

    @Test func colours() {
        let rendered = diagnostic("x", "x").rendered(color: true)
        #expect(rendered.contains("\u{1B}[1;31merror:\u{1B}[0m"))
    }

    @Test func placesBeyondTheText() {
        let source = Source(name: "t", text: "ab\n")
        for span in [Span(3, 3), Span(90, 99), Span(2, 3), Span(0, 99)] {
            let diagnostic = Diagnostic(
                .syntax, "m", location: .init(source: source, span: span, point: span))
            #expect(diagnostic.rendered().contains("--> t:"))
        }
        let empty = Source(name: "t", text: "")
        #expect(
            Diagnostic(.syntax, "m", location: .init(source: empty, span: Span(0, 0))).rendered().contains(
                "t:1:1"))
    }
}

extension String {
    /// How many characters are before a part.
    fileprivate func range(_ part: String) -> Int? {
        let all = Array(self)
        let wanted = Array(part)
        return (0...max(0, all.count - wanted.count)).first {
            Array(all[$0..<min(all.count, $0 + wanted.count)]) == wanted
        }
    }
}
