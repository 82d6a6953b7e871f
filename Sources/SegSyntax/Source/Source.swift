// A text with a name, and places in it. Spans are byte offsets into UTF-8; lines and
// columns are worked out only when an error is shown.

/// One text that seg reads: a file, a prompt entry, a piece of the library.
public final class Source: Sendable {
    /// What errors call it: a path, `<stdin>`, `<prompt 3>`, `stdlib/training/train.seg`.
    public let name: String
    /// The text as UTF-8; not necessarily valid, the lexer reports what is not.
    public let bytes: [UInt8]
    /// Whether this is part of the library, so that errors point at the user's line instead.
    public let isLibrary: Bool

    public init(name: String, bytes: [UInt8], isLibrary: Bool = false) {
        self.name = name
        self.bytes = bytes
        self.isLibrary = isLibrary
    }

    public convenience init(name: String, text: String, isLibrary: Bool = false) {
        self.init(name: name, bytes: Array(text.utf8), isLibrary: isLibrary)
    }

    /// The text of a span; what is not UTF-8 is shown as replacement characters.
    public func text(_ span: Span) -> String {
        let start = min(max(0, Int(span.start)), bytes.count)
        let end = min(max(start, Int(span.end)), bytes.count)
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The names of the members that follow a span: `random`, `rand` after the `np` of `np.random.rand(3)`.
    public func members(after span: Span) -> [String] {
        var members: [String] = []
        var rest = bytes[min(max(0, Int(span.end)), bytes.count)...]
        while rest.first == UInt8(ascii: ".") {
            let name = rest.dropFirst().prefix { byte in
                byte == UInt8(ascii: "_") || byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
                    || (byte >= 0x30 && byte <= 0x39)
            }
            if name.isEmpty { break }
            members.append(String(decoding: name, as: UTF8.self))
            rest = bytes[name.endIndex...]
        }
        return members
    }
}

/// A half-open range of byte offsets in a source.
public struct Span: Sendable, Hashable {
    public var start: Int32
    public var end: Int32

    public init(_ start: Int, _ end: Int) {
        self.start = Int32(clamping: start)
        self.end = Int32(clamping: end)
    }

    /// The smallest span that holds both.
    public func joined(_ other: Span) -> Span {
        Span(Int(min(start, other.start)), Int(max(end, other.end)))
    }
}
