// Files of text as people have them: UTF-8, UTF-16 as Windows saves it, and old files of one byte a letter. A long
// text is decoded in parts, between which `poll` may end the work.

public enum TextEncoding {
    private static let partSize = 1 << 18

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

    /// The text of bytes in UTF-8, or in UTF-16 with a byte order mark. What is no text becomes U+FFFD.
    public static func text(of bytes: [UInt8], poll: () throws -> Void) throws -> String {
        let bytes = try utf8(bytes, poll: poll)
        var text = ""
        text.reserveCapacity(bytes.count)
        for part in parts(of: bytes) {
            try poll()
            text += String(decoding: bytes[part], as: UTF8.self)
        }
        return text
    }

    /// The text of bytes in UTF-8; nil if they are not.
    public static func validText(of bytes: [UInt8], poll: () throws -> Void) throws -> String? {
        if bytes.count <= partSize { return String(validating: bytes, as: UTF8.self) }
        var text = ""
        text.reserveCapacity(bytes.count)
        for part in parts(of: bytes) {
            try poll()
            guard let valid = String(validating: bytes[part], as: UTF8.self) else { return nil }
            text += valid
        }
        return text
    }

    /// What was UTF-16 as UTF-8; other bytes as they are.
    public static func utf8(_ bytes: [UInt8], poll: () throws -> Void) throws -> [UInt8] {
        try transcoded(bytes, poll) ?? bytes
    }

    /// The text of UTF-16 with a byte order mark; nil for anything else.
    public static func utf16(_ bytes: [UInt8]) -> String? {
        transcoded(bytes, {}).map { String(decoding: $0, as: UTF8.self) }
    }

    /// UTF-16 with a byte order mark as UTF-8; nil for anything else. Half a character becomes U+FFFD, half a unit
    /// at the end is passed over.
    private static func transcoded(_ bytes: [UInt8], _ poll: () throws -> Void) rethrows -> [UInt8]? {
        let isLittle = bytes.starts(with: [0xff, 0xfe])
        guard isLittle || bytes.starts(with: [0xfe, 0xff]) else { return nil }
        let count = bytes.count / 2
        func unit(_ place: Int) -> UInt32 {
            let (first, second) = (UInt32(bytes[2 * place]), UInt32(bytes[2 * place + 1]))
            return isLittle ? second << 8 | first : first << 8 | second
        }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        // The first unit is the mark.
        var place = 1
        var nextPoll = partSize
        while place < count {
            if place >= nextPoll {
                nextPoll = place + partSize
                try poll()
            }
            var code = unit(place)
            place += 1
            if code >> 11 == 0x1b {
                let low = code >> 10 == 0x36 && place < count ? unit(place) : 0
                if low >> 10 == 0x37 {
                    code = 0x10000 + ((code & 0x3ff) << 10 | low & 0x3ff)
                    place += 1
                } else {
                    code = 0xfffd
                }
            }
            append(code, to: &text)
        }
        return text
    }

    /// Appends a scalar as UTF-8.
    private static func append(_ code: UInt32, to text: inout [UInt8]) {
        func continuation(_ shift: UInt32) -> UInt8 { UInt8(0x80 | code >> shift & 0x3f) }
        if code < 0x80 {
            text.append(UInt8(code))
        } else if code < 0x800 {
            text.append(UInt8(0xc0 | code >> 6))
            text.append(continuation(0))
        } else if code < 0x10000 {
            text.append(UInt8(0xe0 | code >> 12))
            text.append(continuation(6))
            text.append(continuation(0))
        } else {
            text.append(UInt8(0xf0 | code >> 18))
            text.append(continuation(12))
            text.append(continuation(6))
            text.append(continuation(0))
        }
    }

    /// Parts of bytes in UTF-8, in their order. No character is divided.
    private static func parts(of bytes: [UInt8]) -> some Sequence<Range<Int>> {
        sequence(state: 0) { start -> Range<Int>? in
            guard start < bytes.count else { return nil }
            var end = min(start + partSize, bytes.count)
            if end < bytes.count {
                // Of four bytes that continue a character one at least belongs to none.
                let first = (end - 3...end).last { bytes[$0] & 0xc0 != 0x80 }
                end = first ?? end
            }
            defer { start = end }
            return start..<end
        }
    }
}
