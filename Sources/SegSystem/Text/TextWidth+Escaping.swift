// Text from scripts and files, escaped for the terminal: its content cannot be trusted.

extension TextWidth {
    /// `text` on one line and harmless: control characters, line ends and invisible marks, such as those that
    /// change the direction of writing, are shown as `\n`, `\t` or `\u{1b}`.
    public static func escaped(_ text: String) -> String { escaped(text, limit: .max) }

    /// The same for text that may be long: `limit` characters of it are shown, then `…`.
    public static func escaped(_ text: String, limit: Int) -> String {
        if text.utf8.count <= limit, isPlainASCII(text) { return text }
        var result = ""
        for (place, scalar) in text.unicodeScalars.enumerated() {
            guard place < limit else { return result + "…" }
            append(scalar, to: &result)
        }
        return result
    }

    /// `text` of several lines, harmless: as `escaped`, but line ends and tabs stay. All text that came from a file, a
    /// name, a label or an error passes through here or through `escaped` on its way to the terminal.
    public static func harmless(_ text: String) -> String { harmless(text) {} }

    /// The same for text that may be long: `poll` is called before each block of it; what it throws ends the work.
    public static func harmless(_ text: String, poll: () throws -> Void) rethrows -> String {
        var result = ""
        try text.forEachBlock { block in
            try poll()
            let isPlain = block.utf8.allSatisfy { $0 < 0x7f && ($0 >= 0x20 || $0 == 10 || $0 == 9) }
            if isPlain || !block.unicodeScalars.contains(where: isHarmfulInLines) {
                result += block
                return
            }
            for scalar in block.unicodeScalars {
                if isHarmfulInLines(scalar) {
                    append(scalar, to: &result)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    private static func isHarmfulInLines(_ scalar: Unicode.Scalar) -> Bool {
        isHarmful(scalar) && scalar != "\n" && scalar != "\t"
    }

    /// Appends a character as `escaped` shows it.
    private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\r": result += "\\r"
        case _ where FilePath.marks.contains(scalar.value):
            // A byte of a name that is not UTF-8.
            result += "\\x" + String(scalar.value & 0xff, radix: 16, uppercase: true)
        case _ where isHarmful(scalar): result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    }

    /// Whether a terminal may interpret a character as a command, or a reader cannot see it. The joiners of
    /// letters and pictures (U+200C, U+200D) belong to the words that contain them.
    public static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20: return true
        case 0x20..<0x7f: return false
        // Most letters: their category takes longer to find than all else.
        case 0xae..<0x600, 0x3000..<0xe000: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        case .privateUse: return FilePath.marks.contains(scalar.value)
        case .format: return scalar.value != 0x200c && scalar.value != 0x200d
        default: return false
        }
    }
}
