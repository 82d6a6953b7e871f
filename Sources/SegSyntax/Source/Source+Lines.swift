// Lines and columns of a source, worked out when an error is shown. Lines end with a
// newline, a carriage return, or both; columns count characters as people do, from 1.

extension Source {
    /// A line: its number from 1, and its bytes without the line's end.
    struct Line {
        var number: Int
        var range: Range<Int>
    }

    /// The line and column of a byte, both from 1.
    public func position(of offset: Int) -> (line: Int, column: Int) {
        let line = line(at: offset)
        let end = min(max(offset, line.range.lowerBound), line.range.upperBound)
        return (line.number, characterCount(line.range.lowerBound..<end) + 1)
    }

    func line(at offset: Int) -> Line {
        let offset = min(max(0, offset), bytes.count)
        return bytes.withUnsafeBufferPointer { bytes in
            var number = 1
            var start = 0
            var at = 0
            let newline = UInt8(ascii: "\n")
            let carriage = UInt8(ascii: "\r")
            while at < offset {
                let c = bytes[at]
                at += 1
                guard c == newline || c == carriage else { continue }
                if c == carriage, at < bytes.count, bytes[at] == newline {
                    if at >= offset { break }  // between the two: still this line
                    at += 1
                }
                number += 1
                start = at
            }
            var end = start
            while end < bytes.count, bytes[end] != newline, bytes[end] != carriage { end += 1 }
            if start == 0, end >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { start = 3 }
            return Line(number: number, range: start..<end)
        }
    }

    private func characterCount(_ range: Range<Int>) -> Int {
        let part = bytes[range]
        if part.allSatisfy({ $0 < 0x80 }) { return part.count }
        return String(decoding: part, as: UTF8.self).count
    }
}

extension Character {
    /// How many columns of a terminal it takes: 0, 1 or 2.
    var displayWidth: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        if scalar.value < 0x300 { return 1 }
        if unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        if scalar.properties.isEmojiPresentation { return 2 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
            0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x17000...0x18AFF, 0x1B000...0x1B2FF, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return 2
        default:
            return 1
        }
    }
}
