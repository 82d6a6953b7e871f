// An open text, and its places as the protocol counts them: lines from 0, and in a line the units of UTF-16. What is
// known of it (tree, names) is made when it is first asked for.

import SegSyntax
import SegSystem

final class Document {
    let uri: String
    let version: Int?
    let source: Source
    /// Whether it is a file of the library, which uses names that scripts do not see.
    let isLibrary: Bool
    private let lineStarts: [Int]
    /// The units of UTF-16 before each part of the text: a line may be the whole text.
    private let partUnits: [Int]
    private static let partSize = 1 << 10

    /// Longer texts are data: they are kept, but not looked into.
    static let analysisLimit = 4 << 20

    init(uri: String, version: Int?, bytes: [UInt8], isLibrary: Bool) {
        self.uri = uri
        self.version = version
        self.isLibrary = isLibrary
        source = Source(name: FileURI.path(of: uri) ?? uri, bytes: bytes, isLibrary: isLibrary)
        var starts = [0]
        var (units, partUnits) = (0, [0])
        for (place, byte) in bytes.enumerated() {
            units += Self.units(byte)
            if (place + 1) % Self.partSize == 0 { partUnits.append(units) }
            if byte == UInt8(ascii: "\n")
                || byte == UInt8(ascii: "\r")
                    && (place + 1 == bytes.count || bytes[place + 1] != UInt8(ascii: "\n"))
            {
                starts.append(place + 1)
            }
        }
        lineStarts = starts
        self.partUnits = partUnits
    }

    var isTooLarge: Bool { source.bytes.count > Self.analysisLimit }
    private(set) lazy var program = Parser(source: isTooLarge ? Source(name: source.name, text: "") : source)
        .parse()
    private(set) lazy var names = NameTable(program)

    /// Whether a name follows a point.
    func isBehindPoint(_ span: Span) -> Bool {
        span.start > 0 && source.bytes[Int(span.start) - 1] == UInt8(ascii: ".")
    }

    // MARK: Places

    /// The byte at a position. One behind its line is the line's end, one behind the text its end; one within a
    /// character is the character's start.
    func offset(of position: JSONValue?) throws -> Int {
        guard let line = position?["line"]?.integer, let units = position?["character"]?.integer, line >= 0,
            units >= 0
        else { throw RequestError.invalidParameters("a position is missing") }
        guard line < lineStarts.count else { return source.bytes.count }
        let bytes = source.bytes
        var at = lineStarts[line]
        var count = 0
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n"), bytes[at] != UInt8(ascii: "\r") {
            let lead = bytes[at]
            count += lead >= 0xF0 ? 2 : 1
            if count > units { break }
            at += lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        }
        return min(at, bytes.count)
    }

    func position(of offset: Int) -> JSONValue {
        let offset = min(max(0, offset), source.bytes.count)
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return [
            "line": .integer(low),
            "character": .integer(units(before: offset) - units(before: lineStarts[low])),
        ]
    }

    private func units(before offset: Int) -> Int {
        let part = offset / Self.partSize
        return source.bytes[part * Self.partSize..<offset].reduce(partUnits[part]) { $0 + Self.units($1) }
    }

    /// Of a character, its first byte stands for all of its units.
    private static func units(_ byte: UInt8) -> Int { byte & 0xC0 == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1 }

    func range(of span: Span) -> JSONValue {
        ["start": position(of: Int(span.start)), "end": position(of: Int(max(span.start, span.end)))]
    }

    func location(of span: Span) -> JSONValue { ["uri": .string(uri), "range": range(of: span)] }

    /// The bytes after a change of the protocol: a part replaced, or all.
    func changed(by change: JSONValue) throws -> [UInt8] {
        guard let text = change["text"]?.string else {
            throw RequestError.invalidParameters("a change has no text")
        }
        guard let range = change["range"], range != .null else { return Array(text.utf8) }
        let start = try offset(of: range["start"])
        let end = try offset(of: range["end"])
        guard start <= end else { throw RequestError.invalidParameters("a range ends before it begins") }
        var bytes = source.bytes
        bytes.replaceSubrange(start..<end, with: text.utf8)
        return bytes
    }
}

/// Paths as URIs.
enum FileURI {
    /// The path of `file:///a%20b`; nil for other URIs.
    static func path(of uri: String) -> String? {
        guard uri.hasPrefix("file://") else { return nil }
        let rest = uri.dropFirst(7)
        guard let slash = rest.firstIndex(of: "/"), ["", "localhost"].contains(rest[..<slash]) else {
            return nil
        }
        var bytes: [UInt8] = []
        var left = Array(rest[slash...].utf8)[...]
        while let byte = left.popFirst() {
            if byte == UInt8(ascii: "%"), left.count >= 2,
                let code = UInt8(String(decoding: left.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                left = left.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : FilePath.text(bytes)
    }

    static func of(path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var uri = Array("file://".utf8)
        FilePath.with(path) { start in
            var at = start
            while at.pointee != 0 {
                let byte = UInt8(bitPattern: at.pointee)
                let isPlain =
                    byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a || byte >= 0x30 && byte <= 0x39
                    || "/-._~".utf8.contains(byte)
                uri += isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                at += 1
            }
        }
        return String(decoding: uri, as: UTF8.self)
    }
}
