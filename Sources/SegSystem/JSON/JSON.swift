// Strings and numbers as JSON. Callers write the objects and arrays around them.

public enum JSON {
    /// A text in quotes.
    public static func text(_ string: String) -> String {
        var text = ""
        append(string, to: &text)
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
        for scalar in block.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
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
