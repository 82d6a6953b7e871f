// Paths as the system has them, bytes, and as text. A name that is not UTF-8 stays usable: each of its invalid bytes is
// a character of a private area of Unicode, U+10FE80 to U+10FEFF, and becomes the byte again when the file is opened.
// On the terminal it is shown as `\xE4`.

@preconcurrency import Glibc

public enum FilePath {
    /// The characters that stand for the bytes 0x80 to 0xFF.
    private static let first: UInt32 = 0x10fe00
    static let marks: ClosedRange<UInt32> = 0x10fe80...0x10feff

    /// The text of a path's bytes. It is the only text that gives these bytes again.
    public static func text(_ bytes: some Collection<UInt8>) -> String {
        let whole = Array(bytes)
        if let text = String(validating: whole, as: UTF8.self), !hasMarks(text) { return text }
        var text = ""
        var place = 0
        while place < whole.count {
            let length = min(sequenceLength(whole[place]), whole.count - place)
            let piece = String(validating: whole[place..<place + length], as: UTF8.self)
            if let piece, !hasMarks(piece) {
                text += piece
                place += length
            } else {
                text.unicodeScalars.append(Unicode.Scalar(first + UInt32(whole[place])) ?? "?")
                place += 1
            }
        }
        return text
    }

    /// The text of a path of the system.
    public static func text(_ path: UnsafePointer<CChar>) -> String {
        text(UnsafeBufferPointer(start: path, count: strlen(path)).map { UInt8(bitPattern: $0) })
    }

    /// Calls `body` with the path as the system takes it.
    public static func with<Result>(_ path: String, _ body: (UnsafePointer<CChar>) throws -> Result) rethrows
        -> Result
    {
        guard hasMarks(path) else { return try path.withCString(body) }
        var bytes: [CChar] = []
        for scalar in path.unicodeScalars {
            if marks.contains(scalar.value) {
                bytes.append(CChar(truncatingIfNeeded: scalar.value - first))
            } else {
                for byte in UTF8.encode(scalar) ?? UTF8.encode("?") ?? .init() {
                    bytes.append(CChar(bitPattern: byte))
                }
            }
        }
        return try (bytes + [0]).withUnsafeBufferPointer { buffer in
            try buffer.baseAddress.map(body) ?? path.withCString(body)
        }
    }

    private static func hasMarks(_ text: String) -> Bool {
        text.utf8.contains(0xf4) && text.unicodeScalars.contains { marks.contains($0.value) }
    }

    /// The bytes that a character takes whose first byte this is.
    private static func sequenceLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 1
        }
    }
}
