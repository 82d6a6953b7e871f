// Text by cells: cutting, padding, wrapping; numbers in readable form; and
// the terminal's features from the environment.

import SegSystem
import Testing

@testable import SegTerminal

@Suite struct TextFittingTests {
    @Test func cutting() {
        #expect(TextWidth.truncate("backbone", to: 5) == "back…")
        #expect(TextWidth.truncate("back", to: 4) == "back")
        #expect(TextWidth.truncate("日本語", to: 4) == "日…")
        #expect(TextWidth.truncate("\u{1b}[1mbold\u{1b}[0m", to: 3) == "\u{1b}[1mbo…\u{1b}[0m")
        #expect(TextWidth.truncate("abc", to: 0) == "")
        #expect(TextWidth.truncate("abc", to: -4) == "")
    }

    @Test func padding() {
        #expect(TextWidth.pad("ab", to: 5) == "ab   ")
        #expect(TextWidth.pad("ab", to: 5, alignment: .right) == "   ab")
        #expect(TextWidth.pad("ab", to: 5, alignment: .center) == " ab  ")
        #expect(TextWidth.pad("日本", to: 5) == "日本 ")
    }

    @Test func wrapping() {
        #expect(TextWidth.wrap("one two three", to: 7) == ["one two", "three"])
        #expect(TextWidth.wrap("abcdefgh ij", to: 3) == ["abc", "def", "gh", "ij"])
        #expect(TextWidth.wrap("", to: 10) == [""])
        #expect(TextWidth.wrap("日本語", to: 4) == ["日本", "語"])
    }
}

@Suite struct NumberFormatTests {
    @Test func counts() {
        #expect(NumberFormat.count(14_655_082) == "14,655,082")
        #expect(NumberFormat.count(-999) == "-999")
        #expect(NumberFormat.count(Int.min) == "-9,223,372,036,854,775,808")
    }

    @Test func durations() {
        #expect(NumberFormat.duration(0) == "0 s")
        #expect(NumberFormat.duration(2.5e-7) == "250 ns")
        #expect(NumberFormat.duration(8.5e-4) == "850 µs")
        #expect(NumberFormat.duration(0.012) == "12 ms")
        #expect(NumberFormat.duration(4.23) == "4.2 s")
        #expect(NumberFormat.duration(59.97) == "1 min 00 s")
        #expect(NumberFormat.duration(65) == "1 min 05 s")
        #expect(NumberFormat.duration(7400) == "2 h 03 min")
        #expect(NumberFormat.duration(273_600) == "3 d 4 h")
        #expect(NumberFormat.duration(.nan) == "?")
        #expect(NumberFormat.duration(1e300).hasSuffix(" h"))
    }

    @Test func shares() {
        #expect(NumberFormat.percent(0.1234) == "12.3 %")
        #expect(NumberFormat.percent(0.00001) == "<0.1 %")
        #expect(NumberFormat.percent(0) == "0.0 %")
        #expect(NumberFormat.percent(.nan) == "nan")
    }

    @Test func significantDigits() {
        #expect(NumberFormat.significant(0.12345) == "0.123")
        #expect(NumberFormat.significant(12.345) == "12.3")
        #expect(NumberFormat.significant(1234.5) == "1,234")
        #expect(NumberFormat.significant(0.9999) == "1")
        #expect(NumberFormat.significant(1.5e-5) == "1.5e-5")
        #expect(NumberFormat.significant(2e20) == "2e20")
        #expect(NumberFormat.significant(-.infinity) == "-inf")
    }

    @Test func fixedNumbers() {
        #expect(NumberFormat.fixed(-0.0004, 2) == "0.00")
        #expect(NumberFormat.fixed(1e308, 2).count == 312)
    }

    @Test func columns() {
        #expect(NumberFormat.column([1, 20_000, .nan]) == ["1", "20,000", "nan"])
        #expect(NumberFormat.column([0.815, 0.1972, 0]) == ["0.8150", "0.1972", "0.0000"])
        #expect(NumberFormat.column([0.5, 0.25]) == ["0.50", "0.25"])
        #expect(NumberFormat.column([1.5, 1e-9, 1e20]) == ["1.5", "1e-9", "1e20"])
        #expect(NumberFormat.column([]) == [])
    }
}

@Suite struct TerminalStyleTests {
    private func style(_ environment: [String: String], isTerminal: Bool = true) -> TerminalStyle {
        TerminalStyle.detect(isTerminal: isTerminal, size: (100, 30)) { environment[$0] }
    }

    @Test func colors() {
        #expect(style(["TERM": "xterm-256color"]).color == .ansi256)
        #expect(style(["TERM": "xterm-256color", "COLORTERM": "truecolor"]).color == .truecolor)
        #expect(style(["TERM": "screen"]).color == .ansi16)
        #expect(style(["TERM": "dumb"]).color == .none)
        #expect(style(["TERM": "xterm", "NO_COLOR": "1"]).color == .none)
        #expect(style(["TERM": "xterm", "NO_COLOR": ""]).color == .ansi16)
        #expect(style(["TERM": "xterm-256color"], isTerminal: false).color == .none)
    }

    @Test func characters() {
        #expect(style(["TERM": "xterm"]).unicode)
        #expect(style(["TERM": "xterm", "LANG": "de_DE.UTF-8"]).unicode)
        #expect(!style(["TERM": "xterm", "LC_ALL": "C", "LANG": "de_DE.UTF-8"]).unicode)
        #expect(!style(["TERM": "dumb"]).unicode)
        #expect(style(["TERM": "dumb"], isTerminal: false).unicode)
    }

    @Test func sizes() {
        let style = TerminalStyle.detect(isTerminal: false, size: nil) {
            ["COLUMNS": "120", "LINES": "-3"][$0]
        }
        #expect(style.columns == 120)
        #expect(style.rows == 24)
    }

    @Test func nearestColors() {
        #expect(RGB(255, 0, 0).code(.ansi256, isBackground: false) == "38;5;196")
        #expect(RGB(128, 128, 128).code(.ansi256, isBackground: true) == "48;5;244")
        #expect(RGB(255, 0, 0).code(.ansi16, isBackground: false) == "91")
        #expect(RGB(1, 2, 3).code(.truecolor, isBackground: true) == "48;2;1;2;3")
        #expect(TerminalStyle(color: .none).paint("x", RGB(1, 2, 3), bold: true) == "x")
    }
}
