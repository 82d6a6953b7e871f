// Numbers: `1 1_000 0.5 1. 1e-4 0xff`.

extension Lexer {
    mutating func number() -> Token.Kind {
        let start = position
        if bytes[start] == UInt8(ascii: "0"), byte(start + 1) | 0x20 == UInt8(ascii: "x") {
            position += 2
            skipWord()
            let digits = bytes[(start + 2)..<position]
            let isHex = digits.allSatisfy { c in
                Lexer.isDigit(c) || c == UInt8(ascii: "_")
                    || (c | 0x20 >= UInt8(ascii: "a") && c | 0x20 <= UInt8(ascii: "f"))
            }
            if !isHex || !areUnderscoresPlaced(digits) {
                report(
                    "`\(text(start))` is not a number", start, position,
                    help: "hexadecimal digits are 0-9 and a-f")
            }
            return .number
        }
        var wellPlaced = digits()
        if byte(position) == UInt8(ascii: ".") {
            let next = byte(position + 1)
            if Lexer.isDigit(next) {
                position += 1
                wellPlaced = digits() && wellPlaced
            } else if next != UInt8(ascii: "."),
                !Lexer.beginsName(scalar(at: position + 1).0) || position + 1 >= limit
            {
                position += 1  // `1.` as in Python
            }
        }
        if byte(position) | 0x20 == UInt8(ascii: "e") {
            var next = position + 1
            if byte(next) == UInt8(ascii: "+") || byte(next) == UInt8(ascii: "-") { next += 1 }
            if Lexer.isDigit(byte(next)) {
                position = next
                wellPlaced = digits() && wellPlaced
            }
        }
        let end = position
        skipWord()
        if position > end {
            reportTail(start, end)
        } else if !wellPlaced {
            report(
                "`\(text(start))` is not a number", start, position, help: "`_` must be between digits: 1_000"
            )
        }
        return .number
    }

    /// Skips digits; false where a `_` is not between two of them.
    private mutating func digits() -> Bool {
        let start = position
        while position < limit, Lexer.isDigit(bytes[position]) || bytes[position] == UInt8(ascii: "_") {
            position += 1
        }
        return areUnderscoresPlaced(bytes[start..<position])
    }

    private func areUnderscoresPlaced(_ digits: ArraySlice<UInt8>) -> Bool {
        let mark = UInt8(ascii: "_")
        guard let first = digits.first, let last = digits.last, first != mark, last != mark else {
            return false
        }
        var previous: UInt8 = 0
        for c in digits {
            if c == mark, previous == mark { return false }
            previous = c
        }
        return true
    }

    /// Letters directly after the digits: `3x`, `0b101`, `1e`, `2j`.
    private mutating func reportTail(_ start: Int, _ end: Int) {
        let digits = String(decoding: bytes[start..<end], as: UTF8.self)
        let tail = String(decoding: bytes[end..<min(position, end + 40)], as: UTF8.self)
        var help = "a name cannot begin with a digit; to multiply, write `\(digits) * \(tail)`"
        if digits == "0", let mark = tail.utf8.first,
            mark | 0x20 == UInt8(ascii: "b") || mark | 0x20 == UInt8(ascii: "o")
        {
            help = "numbers are decimal or hexadecimal (0xff)"
        } else if tail == "e" || tail == "E" {
            help = "an exponent has digits: 1e-4"
        } else if tail == "f" || tail == "L" || tail == "u" {
            help = "there is one type of number: write `\(digits)`"
        }
        report("`\(text(start))` is not a number", start, position, help: help)
    }

    private func text(_ start: Int) -> String {
        String(decoding: bytes[start..<min(position, start + 40)], as: UTF8.self)
    }

    /// The value of a number's text; nil where it is not one (already reported).
    static func value(ofNumber text: String) -> Double? {
        Double(text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text)
    }
}
