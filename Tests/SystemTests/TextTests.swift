// Widths of characters, escaped text, numbers as text, nearest names.

import SegSystem
import Testing

@Suite struct TextWidthTests {
    @Test func widthsOfCharacters() {
        let cases: [(String, Int)] = [
            ("abc", 3), ("Größe", 5), ("e\u{301}", 1), ("日本", 4), ("한국", 4), ("\u{1100}\u{1161}", 2),
            ("ﾊﾛｰ", 3),
            ("！", 2), ("\u{303f}", 1), ("😀", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2), ("1\u{fe0f}\u{20e3}", 2), ("☎", 1),
            ("☎\u{fe0f}", 2),
            ("⌚", 2), ("𠀀", 2), ("\u{17000}", 2), ("\u{200b}", 0), ("\u{ad}", 0), ("\t\u{7f}\u{9b}", 0),
            ("│█⠿", 3),
            ("\u{302a}", 0), ("\u{1b}[31mred\u{1b}[0m", 3), ("\u{1b}]8;;x\u{7}link", 4), ("", 0),
            ("\u{1b}]8;;file\u{1b}\\x", 1),
            ("\u{1b}[", 0),
        ]
        for (text, width) in cases {
            #expect(TextWidth.of(text) == width, "\(text.unicodeScalars.map(\.value))")
        }
    }

    @Test func harmlessText() {
        #expect(TextWidth.escaped("a\nb\t\r\u{1b}[2J") == "a\\nb\\t\\r\\u{1b}[2J")
        #expect(
            TextWidth.escaped("\u{202e}fdp\u{9b}\u{2028}\u{feff}\u{200b}\u{7f}")
                == "\\u{202e}fdp\\u{9b}\\u{2028}\\u{feff}\\u{200b}\\u{7f}")
        #expect(TextWidth.escaped("Größe 日本 👨‍👩‍👧 می‌خواهم") == "Größe 日本 👨‍👩‍👧 می‌خواهم")
        #expect(TextWidth.escaped(String(repeating: "n", count: 1000), limit: 3) == "nnn…")
        #expect(TextWidth.escaped("\n\n\n", limit: 2) == "\\n\\n…")
        #expect(TextWidth.escaped("nnn", limit: 3) == "nnn")
        #expect(TextWidth.harmless("a\r\n\tb\u{1b}[2J\u{ad}é") == "a\\r\n\tb\\u{1b}[2J\\u{ad}é")
    }

    /// What is quick to decide agrees with the properties of Unicode.
    @Test func harmfulCharacters() {
        for value in UInt32(0)...0x10ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isHarmful: Bool
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: isHarmful = true
            case .privateUse: isHarmful = value >= 0x10fe80 && value <= 0x10feff
            case .format: isHarmful = value != 0x200c && value != 0x200d
            default: isHarmful = false
            }
            if TextWidth.isHarmful(scalar) != isHarmful { Issue.record("U+\(String(value, radix: 16))") }
        }
    }
}

@Suite struct TextBlockTests {
    @Test func blocksAreTheText() {
        let text = String(repeating: "aé日😀", count: 300_000)
        var blocks: [String] = []
        text.forEachBlock { blocks.append(String($0)) }
        #expect(blocks.count == 3 && blocks.allSatisfy { $0.utf8.count <= 1 << 20 })
        #expect(blocks.joined() == text)
        "".forEachBlock { _ in Issue.record("an empty text has no blocks") }
    }

    @Test func shortenedTexts() {
        #expect("aé日".shortened(toBytes: 6) == "aé日" && "aé日".shortened(toBytes: 5) == "aé…")
        #expect("aé日".shortened(toBytes: 2) == "a…" && "a".shortened(toBytes: 0) == "…")
    }

    @Test func whatIsThrownEndsTheWork() {
        struct Stop: Error {}
        var count = 0
        #expect(throws: Stop.self) {
            try TextWidth.harmless(String(repeating: "a", count: 5 << 20)) {
                count += 1
                if count == 2 { throw Stop() }
            }
        }
        #expect(count == 2)
    }
}

@Suite struct TrimmingTests {
    @Test func whiteSpaceAtTheEnds() {
        #expect(
            " \t a b \n".trimmed == "a b" && "".trimmed.isEmpty && " \r\n ".trimmed.isEmpty
                && "a".trimmed == "a")
    }
}

@Suite struct NumberTextTests {
    @Test func shortestText() {
        let cases: [(Double, String)] = [
            (0, "0"), (-3, "-3"), (0.1, "0.1"), (1e15, "1000000000000000"), (1e16, "1e16"), (.nan, "nan"),
            (-.infinity, "-inf"), (9_007_199_254_740_991, "9007199254740991"),
        ]
        for (number, text) in cases { #expect(numberText(number) == text) }
        #expect(fixedText(2.345, decimals: 1) == "2.3" && fixedText(.infinity, decimals: 2) == "inf")
        #expect(fixedText(1e308, decimals: 1000).count == 309 + 341)
        #expect(scientificText(12345, digits: 3) == "1.23e4" && scientificText(1, digits: 0) == "1e0")
    }
}

@Suite struct NearestNameTests {
    @Test func nearNamesAreFound() {
        let names = ["Road", "Sky", "accuracy_by_class", "loss"]
        let cases: [(String, String?)] = [
            ("Raod", "Road"), ("road", "Road"), ("Ska", "Sky"), ("accuracy", "accuracy_by_class"),
            ("los", "loss"),
            ("tree", nil), ("x", nil), ("Road", nil), ("", nil),
        ]
        for (name, nearest) in cases { #expect(nearestName(to: name, among: names) == nearest, "\(name)") }
    }

    @Test func distances() {
        #expect(editDistance("abcd", "abcd") == 0 && editDistance("ABC", "abc") == 0)
        #expect(
            editDistance("abcd", "abdc") == 1 && editDistance("abc", "ab") == 1
                && editDistance("", "abc") == 3)
        #expect(editDistance("kitten", "sitting") == 3)
    }
}
