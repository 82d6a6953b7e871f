// Takes the strings and comments out of Swift and seg texts, so that tests can read what users read.

/// A string or comment with the line that it begins on.
struct TextPart: Equatable {
    let line: Int
    let text: String
}

/// Reads a text once. In strings, `TextLiterals.hole` takes the place of each interpolation; the
/// strings within an interpolation are parts of their own.
struct TextLiterals {
    enum Language { case swift, seg }

    static let hole: Character = "\u{1}"

    private(set) var strings: [TextPart] = []
    /// Comments; those on lines that follow each other are one.
    private(set) var comments: [TextPart] = []

    private let bytes: [UInt8]
    private let language: Language
    private var at = 0
    private var line = 1
    /// The line of the last comment, where it has that line to itself.
    private var lastWholeLine: Int?

    init(_ text: String, _ language: Language) {
        bytes = Array(text.utf8)
        self.language = language
        code(until: nil)
    }

    private func starts(_ text: StaticString, _ offset: Int = 0) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at + offset + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { bytes[at + offset + $0] == text.utf8Start[$0] }
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") { line += 1 }
            at += 1
        }
    }

    /// Code up to a closing bracket of the code around it, which is passed.
    private mutating func code(until closer: UInt8?) {
        let opener = closer == UInt8(ascii: ")") ? UInt8(ascii: "(") : UInt8(ascii: "{")
        var depth = 0
        while at < bytes.count {
            let byte = bytes[at]
            if language == .swift ? starts("//") : byte == UInt8(ascii: "#") {
                comment()
            } else if language == .swift, starts("/*") {
                while at < bytes.count, !starts("*/") { advance() }
                advance(2)
            } else if byte == UInt8(ascii: "\"") {
                string(hashes: 0)
            } else if language == .swift, byte == UInt8(ascii: "#"), let hashes = hashesBeforeQuote() {
                string(hashes: hashes)
            } else {
                advance()
                guard let closer else { continue }
                if byte == opener { depth += 1 }
                if byte == closer {
                    if depth == 0 { return }
                    depth -= 1
                }
            }
        }
    }

    private func hashesBeforeQuote() -> Int? {
        var count = 0
        while at + count < bytes.count, bytes[at + count] == UInt8(ascii: "#") { count += 1 }
        return at + count < bytes.count && bytes[at + count] == UInt8(ascii: "\"") ? count : nil
    }

    private mutating func comment() {
        let first = line
        var before = at
        while before > 0, bytes[before - 1] == UInt8(ascii: " ") { before -= 1 }
        let isWholeLine = before == 0 || bytes[before - 1] == UInt8(ascii: "\n")
        let mark = bytes[at]
        while at < bytes.count, bytes[at] == mark { advance() }
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { advance() }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isWholeLine, let last = comments.last, lastWholeLine == first - 1 {
            comments[comments.count - 1] = TextPart(line: last.line, text: last.text + "\n" + text)
        } else {
            comments.append(TextPart(line: first, text: text))
        }
        lastWholeLine = isWholeLine ? first : nil
    }

    private mutating func string(hashes: Int) {
        let first = line
        advance(hashes)
        let quotes = starts("\"\"\"") ? 3 : 1
        advance(quotes)
        var text: [UInt8] = []
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\""), quotes == 1 || starts("\"\"\""),
                hasHashes(hashes, after: quotes)
            {
                advance(quotes + hashes)
                break
            }
            if quotes == 1, hashes == 0, bytes[at] == UInt8(ascii: "\n") { break }
            if bytes[at] == UInt8(ascii: "\\"), hasHashes(hashes, after: 1) {
                advance(1 + hashes)
                escape(&text)
            } else if language == .seg, bytes[at] == UInt8(ascii: "{") {
                interpolation(until: UInt8(ascii: "}"), &text)
            } else {
                text.append(bytes[at])
                advance()
            }
        }
        var words = String(decoding: text, as: UTF8.self)
        if language == .swift, quotes == 3 { words = Self.unindented(words) }
        strings.append(TextPart(line: first, text: words))
    }

    private func hasHashes(_ count: Int, after offset: Int) -> Bool {
        (0..<count).allSatisfy {
            at + offset + $0 < bytes.count && bytes[at + offset + $0] == UInt8(ascii: "#")
        }
    }

    private mutating func escape(_ text: inout [UInt8]) {
        guard at < bytes.count else { return }
        let byte = bytes[at]
        if language == .swift, byte == UInt8(ascii: "(") {
            return interpolation(until: UInt8(ascii: ")"), &text)
        }
        advance()
        switch byte {
        case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "\n"): break
        case UInt8(ascii: "u"):
            while at < bytes.count, bytes[at] != UInt8(ascii: "}") { advance() }
            advance()
            text.append(UInt8(ascii: "?"))
        default: text.append(byte)
        }
    }

    private mutating func interpolation(until closer: UInt8, _ text: inout [UInt8]) {
        text += String(Self.hole).utf8
        advance()
        code(until: closer)
    }

    /// A Swift string of several lines without the indentation of its last one.
    private static func unindented(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let last = lines.popLast(), !lines.isEmpty else { return text }
        return lines.dropFirst().map { $0.hasPrefix(last) ? String($0.dropFirst(last.count)) : String($0) }
            .joined(separator: "\n")
    }
}
