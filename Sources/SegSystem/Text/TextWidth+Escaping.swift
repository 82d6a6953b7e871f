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
        return result
    }

    /// `text` of several lines, harmless: as `escaped`, but line ends and tabs stay. All text that came from a file, a
    /// name, a label or an error passes through here or through `escaped` on its way to the terminal.
    public static func harmless(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 < 0x7f && ($0 >= 0x20 || $0 == 10 || $0 == 9) }
        if isPlain || !text.unicodeScalars.contains(where: { isHarmful($0) && $0 != "\n" && $0 != "\t" }) {
            return text
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map { escaped(String($0)) }
                .joined(separator: "\t")
        }.joined(separator: "\n")
    }

    /// Whether a terminal may interpret a character as a command, or a reader cannot see it. The joiners of
    /// letters and pictures (U+200C, U+200D) belong to the words that contain them.
    public static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7f { return scalar.value < 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        case .privateUse: return FilePath.marks.contains(scalar.value)
        case .format: return scalar.value != 0x200c && scalar.value != 0x200d
        default: return false
        }
    }
}
