// Strings and numbers as JSON. Callers write the objects and arrays around them.

public enum JSON {
    /// A text in quotes.
    public static func text(_ string: String) -> String { text(string) { _ in } }

    /// The same for text that may be long, as `append` has it.
    public static func text(_ string: String, poll: (Int) throws -> Void) rethrows -> String {
        var text = ""
        try append(string, to: &text, poll: poll)
        return text
    }

    /// Appends a text in quotes.
    public static func append(_ string: String, to text: inout String) { append(string, to: &text) { _ in } }

    /// The same for text that may be long: `poll` is called before each block of it with the bytes written so far; what
    /// it throws ends the work.
    public static func append(
        _ string: String, to text: inout String, poll: (Int) throws -> Void
    ) rethrows {
        text += "\""
        try string.forEachBlock { block in
            try poll(text.utf8.count)
            append(block, to: &text)
        }
        text += "\""
    }

    private static func append(_ block: Substring, to text: inout String) {
        let bytes = block.utf8
        // What needs no escape is appended as a whole.
        var start = bytes.startIndex
        for place in bytes.indices {
            let byte = bytes[place]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5c else { continue }
            if start < place { text += block[start..<place] }
            text += escape(byte)
            start = bytes.index(after: place)
        }
        text += block[start...]
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case 0x22: "\\\""
        case 0x5c: "\\\\"
        default: controls[Int(byte)]
        }
    }

    /// The escapes of the characters below 0x20.
    private static let controls: [String] = (0..<0x20).map { byte in
        switch byte {
        case 0x0a: return "\\n"
        case 0x09: return "\\t"
        case 0x0d: return "\\r"
        default:
            let digits = String(byte, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    /// A number; numbers that JSON lacks use the words that JSONReader and Python accept: `NaN`, `Infinity`
    /// and `-Infinity`.
    public static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number == 0 && number.sign == .minus ? "-0.0" : numberText(number)
    }
}
