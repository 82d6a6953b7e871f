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
