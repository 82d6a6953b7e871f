// Files of text as people have them: UTF-8, UTF-16 as Windows saves it, and old files of one byte a letter.

public enum TextEncoding {
    /// The text of bytes in UTF-8, in UTF-16 that begins with a byte order mark, or else in Latin-1, in which every byte is
    /// a letter: for names that only have to differ.
    public static func textOrLatin1(of bytes: [UInt8]) -> String {
        if let text = utf16(bytes) ?? String(validating: bytes, as: UTF8.self) { return text }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: bytes.map { Unicode.Scalar($0) })
        return String(text)
    }

    /// The error of a line that is no text.
    public static func notUTF8(_ path: String, line: Int) -> SystemError {
        SystemError(
            .file, "\(path), line \(line), is not UTF-8",
            help: "convert it: iconv -f latin1 -t utf-8, where it is in Latin-1")
    }

    /// What was UTF-16 as UTF-8; other bytes as they are.
    public static func utf8(_ bytes: [UInt8]) -> [UInt8] { utf16(bytes).map { Array($0.utf8) } ?? bytes }

    /// The text of UTF-16 with a byte order mark; nil for anything else.
    public static func utf16(_ bytes: [UInt8]) -> String? {
        let isLittle = bytes.starts(with: [0xff, 0xfe])
        guard isLittle || bytes.starts(with: [0xfe, 0xff]) else { return nil }
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
            let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
            return isLittle ? second << 8 | first : first << 8 | second
        }
        return String(decoding: units, as: UTF16.self)
    }
}
