// Strings: where one ends, which parts are text and which are `{expression:format}`, and
// what its escapes mean. Strings within the braces of strings are read with an explicit
// stack, without recursion.

/// One part of a string, as byte offsets.
struct StringPart {
    /// nil for text; for `{…}` the span of the expression.
    var expression: Range<Int>?
    /// The format behind the `:`, or the text.
    var text: Range<Int>
    var hasFormat = false
    /// The whole part, braces included.
    var whole: Range<Int>
}

extension Lexer {
    /// Strings within strings beyond this depth are refused.
    static let stringDepthLimit = 24

    mutating func string() -> Token.Kind {
        let start = position
        var parts: [StringPart]?
        let problem = scanString(&parts)
        guard let problem else { return .string }
        if problem.isAtEnd { endsInsideString = true }
        report(problem.message, problem.start, problem.end(start, position), help: problem.help)
        return .invalid
    }

    struct StringProblem {
        var message: String
        var help: String?
        var start: Int
        var length: Int
        /// Whether more text could complete it.
        var isAtEnd = false
        func end(_ tokenStart: Int, _ tokenEnd: Int) -> Int { start + length }
    }

    /// Skips the string that begins at `position`, and collects its parts if asked.
    mutating func scanString(_ parts: inout [StringPart]?) -> StringProblem? {
        let quote = UInt8(ascii: "\"")
        let single: UInt8 = 1
        let triple: UInt8 = 3
        let format: UInt8 = 2
        let opening = position
        var stack: [UInt8] = []
        var singles = 0  // one-line strings among the open ones
        var brace = -1  // the brace of the outermost string that is open
        var textStart = 0
        var expressionEnd = -1

        func open(_ at: Int) -> Int {
            let isTriple = byte(at + 1) == quote && byte(at + 2) == quote
            stack.append(isTriple ? triple : single)
            if !isTriple { singles += 1 }
            return isTriple ? 3 : 1
        }
        func unclosed(atEnd: Bool) -> StringProblem {
            if brace >= 0 {
                return StringProblem(
                    message: "this `{` in a string is not closed",
                    help: "for a brace itself write `\\{`; a value is written as \"{x}\"", start: brace,
                    length: 1,
                    isAtEnd: atEnd && singles == 0)
            }
            let isTriple = stack.first == triple
            return StringProblem(
                message: isTriple ? "this string is not closed" : "this string is not closed on its line",
                help: isTriple
                    ? "it ends with `\"\"\"`"
                    : "end it with `\"`; a text of several lines is written in `\"\"\"`",
                start: opening, length: isTriple ? 3 : 1, isAtEnd: atEnd && singles == 0)
        }

        position += open(position)
        textStart = position
        while position < limit, let top = stack.last {
            let c = bytes[position]
            let isNewline = c == UInt8(ascii: "\n") || c == UInt8(ascii: "\r")
            if isNewline, singles > 0 { return unclosed(atEnd: false) }
            if top == single || top == triple {
                if c == UInt8(ascii: "\\") {
                    position = skipEscape()
                } else if c == quote,
                    top == single || (byte(position + 1) == quote && byte(position + 2) == quote)
                {
                    if stack.count == 1, textStart < position {
                        parts?.append(StringPart(text: textStart..<position, whole: textStart..<position))
                    }
                    position += top == single ? 1 : 3
                    stack.removeLast()
                    if top == single { singles -= 1 }
                } else if c == UInt8(ascii: "{") {
                    if stack.count == 1 {
                        if textStart < position {
                            parts?.append(StringPart(text: textStart..<position, whole: textStart..<position))
                        }
                        brace = position
                        expressionEnd = -1
                    }
                    stack.append(c)
                    position += 1
                } else {
                    position += 1
                }
                continue
            }
            switch c {
            case UInt8(ascii: "}"):
                // The parser reports brackets that are left open inside.
                while let inner = stack.popLast(), inner != UInt8(ascii: "{"), inner != format {}
                if stack.count == 1 {
                    let end = expressionEnd >= 0 ? expressionEnd : position
                    parts?.append(
                        StringPart(
                            expression: (brace + 1)..<end, text: min(end + 1, position)..<position,
                            hasFormat: expressionEnd >= 0, whole: brace..<(position + 1)))
                    brace = -1
                    textStart = position + 1
                }
                position += 1
            case quote where top == format:
                return unclosedFormat(brace)
            case quote:
                guard stack.count < Lexer.stringDepthLimit * 4, singles < Lexer.stringDepthLimit else {
                    while position < limit, bytes[position] != UInt8(ascii: "\n") { position += 1 }
                    return StringProblem(
                        message: "strings are nested too deeply within strings",
                        help: "give the inner parts names",
                        start: opening, length: 1)
                }
                position += open(position)
            case _ where top == format:
                position += 1
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
                stack.append(c)
                position += 1
            case UInt8(ascii: ")") where top == UInt8(ascii: "("),
                UInt8(ascii: "]") where top == UInt8(ascii: "["):
                stack.removeLast()
                position += 1
            case UInt8(ascii: ":")
            where top == UInt8(ascii: "{") && stack.count > 1 && stack[stack.count - 2] <= triple:
                stack[stack.count - 1] = format
                if stack.count == 2 { expressionEnd = position }
                position += 1
            default:
                position += 1
            }
        }
        return stack.isEmpty ? nil : unclosed(atEnd: true)
    }

    private mutating func unclosedFormat(_ brace: Int) -> StringProblem {
        while position < limit, bytes[position] != UInt8(ascii: "\n"), bytes[position] != UInt8(ascii: "\r") {
            position += 1
        }
        return StringProblem(
            message: "this `{` in a string is not closed", help: "a format ends with `}`: \"{x:.3}\"",
            start: max(brace, 0), length: 1)
    }

    /// Where the escape that begins at `position` ends. `\u{…}` must not open a brace.
    func skipEscape() -> Int {
        let next = byte(position + 1)
        guard next == UInt8(ascii: "u"), byte(position + 2) == UInt8(ascii: "{") else {
            // A backslash before a newline leaves the newline to the caller's check.
            let isNewline = next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r")
            return min(limit, position + (isNewline ? 1 : 2))
        }
        var end = position + 3
        while end < limit, end < position + 12, bytes[end] != UInt8(ascii: "}") {
            if !Lexer.isWordByte(bytes[end]) { return end }
            end += 1
        }
        return min(limit, end + 1)
    }

    /// `'…'`: reported, and read as a string where it closes on its line.
    mutating func singleQuoted() -> Token.Kind {
        let start = position
        var end = start + 1
        while end < limit, bytes[end] != UInt8(ascii: "'"), bytes[end] != UInt8(ascii: "\n"),
            bytes[end] != UInt8(ascii: "\r")
        {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        end = min(end, limit)
        guard byte(end) == UInt8(ascii: "'") else {
            position = start + 1
            // `t'`, the transpose in MATLAB and Julia.
            let last = start > 0 ? bytes[start - 1] : 0
            let isTranspose =
                Lexer.isWordByte(last) || last == UInt8(ascii: ")") || last == UInt8(ascii: "]")
            report(
                "`'` has no meaning here", start, position,
                help: isTranspose
                    ? "the transpose of a matrix is transpose(t)"
                    : "strings are written in double quotes: \"…\"")
            return .invalid
        }
        position = end + 1
        let inner = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
        let shown = inner.utf8.count <= 40 && !inner.contains("\"") ? "write \"\(inner)\"" : "write \"…\""
        report("strings are written in double quotes", start, position, help: shown)
        return .string
    }

    /// The text that a part of a string means. Wrong escapes are reported.
    mutating func unescape(_ range: Range<Int>) -> String {
        let part = bytes[range]
        guard part.contains(UInt8(ascii: "\\")) || part.contains(UInt8(ascii: "\r")) else {
            return String(decoding: part, as: UTF8.self)
        }
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var at = range.lowerBound
        while at < range.upperBound {
            let c = bytes[at]
            let next = at + 1 < range.upperBound ? bytes[at + 1] : 0
            if c == UInt8(ascii: "\r") {
                // All line ends become a newline.
                result.append(UInt8(ascii: "\n"))
                at += next == UInt8(ascii: "\n") ? 2 : 1
                continue
            }
            guard c == UInt8(ascii: "\\") else {
                result.append(c)
                at += 1
                continue
            }
            at += 2
            switch next {
            case UInt8(ascii: "n"): result.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "t"): result.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "r"): result.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "0"): result.append(0)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"),
                UInt8(ascii: "'"):
                result.append(next)
            case UInt8(ascii: "\n"): break  // the line continues
            case UInt8(ascii: "\r"):
                if at < range.upperBound, bytes[at] == UInt8(ascii: "\n") { at += 1 }
            case UInt8(ascii: "u"):
                at = appendScalar(at, range.upperBound, &result)
            default:
                let cluster = String(
                    decoding: bytes[(at - 1)..<min(range.upperBound, at + 15)], as: UTF8.self
                ).first
                let shown = cluster.map(String.init) ?? ""
                report(
                    "`\\\(shown)` is not an escape", at - 2, min(range.upperBound, at - 1 + shown.utf8.count),
                    help: "escapes are \\n \\t \\\" \\\\ \\{ and \\u{…}; a backslash itself is `\\\\`")
                result.append(next)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `\u{1F600}`, from after the `u`; returns where it ends.
    private mutating func appendScalar(_ start: Int, _ limit: Int, _ result: inout [UInt8]) -> Int {
        var end = start
        var value: UInt32 = 0
        var count = 0
        if end < limit, bytes[end] == UInt8(ascii: "{") {
            end += 1
            while end < limit, count <= 6, let digit = Character(Unicode.Scalar(bytes[end])).hexDigitValue {
                value = value << 4 | UInt32(digit)
                count += 1
                end += 1
            }
            if end < limit, bytes[end] == UInt8(ascii: "}"), count > 0, count <= 6,
                let scalar = Unicode.Scalar(value)
            {
                result.append(contentsOf: Array(String(Character(scalar)).utf8))
                return end + 1
            }
        }
        report(
            "this is not a Unicode escape", start - 2, max(end, start),
            help: "write the character's number in hexadecimal: \\u{e9}")
        return max(end, start)
    }
}
