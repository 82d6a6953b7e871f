// The width of text on a terminal: wide characters take two cells, combining marks and escape sequences none.
// This is the only table of widths; SegTerminal pads, cuts and wraps with it.

/// Measuring text by terminal cells.
public enum TextWidth {
    /// The number of terminal cells that `text` takes; escape sequences take none.
    public static func of(_ text: String) -> Int {
        if isPlainASCII(text) { return text.utf8.count }
        var width = 0
        forEachPiece(of: text) { piece in
            if case .character(let character) = piece { width += of(character) }
        }
        return width
    }

    /// The cells of one character (a grapheme cluster): 0, 1 or 2.
    public static func of(_ character: Character) -> Int {
        var width = 0
        for scalar in character.unicodeScalars {
            // The variation selector that requests a picture instead of a sign.
            if scalar.value == 0xfe0f { return 2 }
            width = max(width, of(scalar))
        }
        return width
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return value < 0x20 || value >= 0x7f && value < 0xa0 || value == 0xad ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return scalar.properties.isEmojiPresentation || wide.contains { $0.contains(value) } ? 2 : 1
        }
    }

    /// Wide and Fullwidth of Unicode Standard Annex 11, without pictures, which Unicode's properties
    /// identify.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x3247, 0x3250...0x4dbf, 0x4e00...0xa4cf,
        0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff01...0xff60,
        0xffe0...0xffe6, 0x16fe0...0x1b2ff, 0x1f200...0x1f265, 0x20000...0x3fffd,
    ]

    static func isPlainASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }

    package enum Piece {
        case character(Character)
        case escape(String)
    }

    /// Iterates over characters and escape sequences (CSI up to its final byte, OSC up to BEL or ST).
    package static func forEachPiece(of text: String, _ body: (Piece) -> Void) {
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
