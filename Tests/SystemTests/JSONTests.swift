// JSON read piece by piece: what is read, what is refused and where, and deeply nested texts.

import SegSystem
import Testing

@Suite struct JSONTests {
    private func pieces(_ text: String, depthLimit: Int = 500) throws -> [JSONReader.Piece] {
        var reader = JSONReader(Array(text.utf8), depthLimit: depthLimit)
        var pieces: [JSONReader.Piece] = []
        while let piece = try reader.next() { pieces.append(piece) }
        return pieces
    }

    /// The error, with line and offset.
    private func problem(_ bytes: [UInt8]) -> String {
        var reader = JSONReader(bytes)
        do {
            while try reader.next() != nil {}
            return "nothing"
        } catch let problem as JSONReader.Problem {
            return "\(problem.line):\(problem.offset) \(problem.message)"
        } catch { return "\(error)" }
    }

    @Test func valuesComeInOrder() throws {
        #expect(
            try pieces(#" {"a": [1, -2.5e1, true, null], "b": {}, "a": []} "#) == [
                .objectStart, .name("a"), .arrayStart, .integer(1), .number(-25), .bool(true), .null,
                .arrayEnd,
                .name("b"), .objectStart, .objectEnd, .name("a"), .arrayStart, .arrayEnd, .objectEnd,
            ])
        #expect(try pieces("\u{FEFF}false") == [.bool(false)])
        #expect(try pieces("[NaN, Infinity, -Infinity]").count == 5)
        #expect(
            try pieces("[9223372036854775807, 9223372036854775808]")[1...2] == [
                .integer(.max), .number(0x1p63),
            ])
        let zero = try pieces("-0")
        if case .number(let number)? = zero.first {
            #expect(number.sign == .minus)
        } else {
            Issue.record("\(zero)")
        }
        #expect(try pieces("1E+2") == [.number(100)])
    }

    @Test func stringsAreReadBackAsWritten() throws {
        let text = "\"quoted\" back\\slash /\n\t\r\u{8}\u{1}\u{7f} Größe 😀 \u{2028}"
        #expect(try pieces(JSON.text(text)) == [.string(text)])
        #expect(try pieces(#""\u0041\ud83d\ude00\/\b\f""#) == [.string("A😀/\u{8}\u{c}")])
        #expect(JSON.text("\u{1}\"") == "\"\\u0001\\\"\"")
    }

    @Test func numbersAreReadBackAsWritten() throws {
        for number in [
            0, 1, -1, 0.1, 1e300, .leastNonzeroMagnitude, 1 / 3, 9_007_199_254_740_994, .infinity, -.infinity,
        ] {
            let piece = try pieces(JSON.text(number)).first
            switch piece {
            case .integer(let integer): #expect(Double(integer) == number)
            case .number(let read): #expect(read == number)
            default: Issue.record("\(String(describing: piece))")
            }
        }
        #expect(JSON.text(-0.0) == "-0.0" && JSON.text(.nan) == "NaN" && JSON.text(3) == "3")
    }

    @Test func whatIsWrongIsNamedWithItsPlace() {
        let cases: [(String, String)] = [
            ("", "1:0 the text ends where a value is missing"),
            ("[1,\n2", "2:5 an array lacks its `]` or a comma"),
            ("{\"a\": 1 \"b\"", "1:8 an object lacks its `}` or a comma"),
            ("{a: 1}", "1:1 a name in quotes is missing"),
            ("{\"a\" 1}", "1:5 a `:` must follow the name \"a\""),
            ("[1,]", "1:3 a value is missing"),
            ("{\"a\": 1,}", "1:8 a name in quotes is missing"),
            ("1 2", "1:2 something follows the value"),
            ("[] ]", "1:3 something follows the value"),
            ("\"abc", "1:4 a string lacks its closing quote"),
            ("\"a\\", "1:3 a string lacks its closing quote"),
            ("\"a\nb\"", "1:2 a string has a control character"),
            ("\"\\q\"", "1:3 a string has an unknown escape"),
            ("\"\\u12\"", "1:5 \\u needs four hexadecimal digits"),
            ("\"\\ud800\"", "1:7 a string has half a character"),
            ("\"\\ud800\\u0041\"", "1:13 a string has half a character"),
            ("01", "1:2 a number begins with 0"), ("+1", "1:0 a value is missing"),
            ("-", "1:1 a value is missing"),
            ("1.", "1:2 a number lacks digits after the point"),
            ("1e", "1:2 a number lacks the digits of its exponent"), ("nul", "1:0 a value is missing"),
        ]
        for (text, expected) in cases { #expect(problem(Array(text.utf8)) == expected) }
        #expect(problem([0x22, 0xff, 0x22]) == "1:3 a string is not UTF-8")
        #expect(problem([0x22, 0xed, 0xa0, 0x80, 0x22]).hasSuffix("a string is not UTF-8"))
    }

    /// A million brackets give an error, or use memory where they are allowed, but never the stack.
    @Test func deepTextsAreRefused() throws {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(problem(deep) == "1:501 the values are nested too deeply")
        #expect(
            try pieces(String(repeating: "[", count: 500) + String(repeating: "]", count: 500)).count == 1000)
        #expect(throws: JSONReader.Problem.self) { try pieces("[[]]", depthLimit: 1) }
        var reader = JSONReader(deep, depthLimit: .max)
        #expect(throws: JSONReader.Problem.self) { while try reader.next() != nil {} }
    }

    @Test func pollEndsTheReading() {
        struct Stop: Error {}
        let text = "[" + String(repeating: "1,", count: 10_000) + "1]"
        var reader = JSONReader(Array(text.utf8), poll: { throw Stop() })
        #expect(throws: Stop.self) { while try reader.next() != nil {} }
    }

    /// Texts cut anywhere, and with any byte changed, give pieces or an error.
    @Test func damagedTextsGiveProblems() {
        let text = Array(#"{"a": [1, -2.5e1, true, null, "\u0041\ud83d\ude00é"], "b": {"c": []}}"#.utf8)
        for end in 0..<text.count { #expect(problem(Array(text[..<end])) != "nothing") }
        for place in text.indices {
            for byte: UInt8 in [0, 0x22, 0x5c, 0x7b, 0x5d, 0xff] {
                var changed = text
                changed[place] = byte
                _ = problem(changed)
            }
        }
    }
}
