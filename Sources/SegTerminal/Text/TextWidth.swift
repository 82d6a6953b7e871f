// The width of text on a terminal: wide characters take two cells, combining marks and escape sequences
// none. Padding, cutting and wrapping use that width. Also escapes control characters in names from
// scripts and files.

/// Measuring and fitting text by terminal cells.
public enum TextWidth {
    public enum Alignment: Sendable { case left, right, center }

    /// The number of terminal cells of `text`; escape sequences take none.
    public static func of(_ text: String) -> Int {
        if isPlainASCII(text) { return text.utf8.count }
        var width = 0
        forEachPiece(of: text) { piece in
            if case .character(let character) = piece { width += of(character) }
        }
        return width
    }

    /// The cells of one character (a grapheme cluster): 0, 1 or 2.
    static func of(_ character: Character) -> Int {
        var width = 0
        for scalar in character.unicodeScalars {
            if scalar.value == 0xfe0f { return 2 }
            width = max(width, of(scalar))
        }
        return width
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x20 || value == 0x7f { return 0 }
        if value < 0x300 { return value >= 0x80 && value < 0xa0 || value == 0xad ? 0 : 1 }
        if wide.contains(where: { $0.contains(value) }) { return 2 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    /// East Asian Wide and Fullwidth, by block (Unicode Standard Annex 11).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
        0xa000...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
        0xff01...0xff60, 0xffe0...0xffe6, 0x1b000...0x1b2ff, 0x1f200...0x1f2ff, 0x20000...0x3fffd,
    ]

    /// `text` padded with spaces to `width` cells; longer text is not changed.
    public static func pad(_ text: String, to width: Int, alignment: Alignment = .left) -> String {
        let missing = width - of(text)
        guard missing > 0 else { return text }
        switch alignment {
        case .left: return text + spaces(missing)
        case .right: return spaces(missing) + text
        case .center: return spaces(missing / 2) + text + spaces(missing - missing / 2)
        }
    }

    /// `text` cut to at most `width` cells, its end replaced by `ellipsis`. Escape sequences after the cut
    /// are kept, so that colours end where they should.
    public static func truncate(_ text: String, to width: Int, ellipsis: String = "…") -> String {
        guard of(text) > width else { return text }
        let mark = of(ellipsis) <= width ? ellipsis : ""
        var room = max(width, 0) - of(mark)
        var result = ""
        var isCut = false
        forEachPiece(of: text) { piece in
            switch piece {
            case .escape(let sequence): result += sequence
            case .character(let character):
                if isCut { return }
                room -= of(character)
                if room >= 0 {
                    result.append(character)
                } else {
                    result += mark
                    isCut = true
                }
            }
        }
        return result
    }

    /// `text` cut and padded to exactly `width` cells.
    static func fit(_ text: String, to width: Int, alignment: Alignment = .left, unicode: Bool) -> String {
        let size = of(text)
        if size == width { return text }
        if size < width { return pad(text, to: width, alignment: alignment) }
        return pad(truncate(text, to: width, ellipsis: unicode ? "…" : "~"), to: width, alignment: alignment)
    }

    /// `text` wrapped at spaces into lines of at most `width` cells; longer words are cut.
    public static func wrap(_ text: String, to width: Int) -> [String] {
        let width = max(width, 2)
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            var word = String(word)
            var length = of(word)
            if used > 0 && used + 1 + length > width {
                lines.append(line)
                line = ""
                used = 0
            }
            while length > width {
                let head = truncate(word, to: width, ellipsis: "")
                guard !head.isEmpty else { break }
                lines.append(head)
                word = String(word.dropFirst(head.count))
                length = of(word)
            }
            line += used > 0 ? " " + word : word
            used += used > 0 ? 1 + length : length
        }
        if used > 0 || lines.isEmpty { lines.append(line) }
        return lines
    }

    /// `text` on one line, made safe: control characters, line ends and marks that change the direction of
    /// writing are shown as `\n`, `\t` or `\u{1b}`.
    public static func escaped(_ text: String) -> String {
        if isPlainASCII(text) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0a: result += "\\n"
            case 0x09: result += "\\t"
            case 0x0d: result += "\\r"
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(count, 0)) }

    private static func isPlainASCII(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    }

    private enum Piece {
        case character(Character)
        case escape(String)
    }

    /// Visits all characters and escape sequences (CSI up to its final byte, OSC up to BEL or ST).
    private static func forEachPiece(of text: String, _ body: (Piece) -> Void) {
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == "\u{1b}" else {
                body(.character(text[index]))
                index = text.index(after: index)
                continue
            }
            var end = text.index(after: index)
            if end < text.endIndex, text[end] == "[" {
                end = text.index(after: end)
                while end < text.endIndex, let byte = text[end].asciiValue, byte >= 0x20, byte < 0x40 {
                    end = text.index(after: end)
                }
                if end < text.endIndex { end = text.index(after: end) }
            } else if end < text.endIndex, text[end] == "]" {
                while end < text.endIndex, text[end] != "\u{7}", text[end] != "\u{1b}" {
                    end = text.index(after: end)
                }
                if end < text.endIndex, text[end] == "\u{1b}" { end = text.index(after: end) }
                if end < text.endIndex { end = text.index(after: end) }
            }
            body(.escape(String(text[index..<end])))
            index = end
        }
    }
}
