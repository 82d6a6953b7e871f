// Whether a source is text at all: checked once, before the lexer reads it.

import SegSystem

extension Source {
    /// The largest text that is read: places in it must fit 32 bits.
    static let byteLimit = 1 << 30

    /// What keeps these bytes from being a text, with its place; nil for valid UTF-8.
    public var utf8Problem: Diagnostic? {
        if bytes.count > Source.byteLimit {
            return problem(
                "the text is too large: \(ByteCount.text(bytes.count))", 0,
                help: "put data into a separate file")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return problem("the text is UTF-16", 0, help: "save it as UTF-8")
        }
        guard let offset = firstInvalidByte() else { return nil }
        let byte = String(bytes[offset], radix: 16, uppercase: true)
        return problem(
            "the text is not UTF-8: byte 0x\(byte) begins no character", offset,
            help: bytes.prefix(4096).contains(0) ? "is this a text file?" : "save the file as UTF-8")
    }

    private func problem(_ message: String, _ offset: Int, help: String) -> Diagnostic {
        Diagnostic(
            .syntax, message, help: help, location: .init(source: self, span: Span(offset, offset + 1)))
    }

    private func firstInvalidByte() -> Int? {
        bytes.withUnsafeBytes { raw -> Int? in
            let count = raw.count
            var at = 0
            func isContinuation(_ offset: Int) -> Bool { offset < count && raw[offset] & 0xC0 == 0x80 }
            while at < count {
                if at + 8 <= count,
                    raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    at += 8
                    continue
                }
                let lead = raw[at]
                if lead < 0x80 {
                    at += 1
                } else if lead >= 0xC2, lead < 0xE0 {
                    guard isContinuation(at + 1) else { return at }
                    at += 2
                } else if lead >= 0xE0, lead < 0xF0 {
                    guard isContinuation(at + 1), isContinuation(at + 2) else { return at }
                    let second = raw[at + 1]
                    // No overlong forms, no surrogates.
                    if (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) { return at }
                    at += 3
                } else if lead >= 0xF0, lead < 0xF5 {
                    guard isContinuation(at + 1), isContinuation(at + 2), isContinuation(at + 3) else {
                        return at
                    }
                    let second = raw[at + 1]
                    if (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90) { return at }
                    at += 4
                } else {
                    return at
                }
            }
            return nil
        }
    }
}
