// Comments behind code that were aligned in the source stay aligned.

import SegSystem

extension Formatter {
    /// Comments that were aligned stay aligned.
    mutating func alignComments() {
        guard comments.count > 1 else { return }
        var shifts: [(offset: Int, spaces: Int)] = []
        var group: [(offset: Int, column: Int)] = []
        var groupColumn = -1
        var lastEnd = -1
        func close() {
            let widest = group.map(\.column).max() ?? 0
            if group.count > 1 {
                for member in group where member.column < widest {
                    shifts.append((member.offset, widest - member.column))
                }
            }
        }
        for comment in comments {
            let line = output[..<comment.offset].lastIndex(of: 10).map { $0 + 1 } ?? 0
            let column = Formatter.columns(output[line..<comment.offset])
            let place = source.sourceColumn(comment.source)
            if place != groupColumn || line != lastEnd {
                close()
                group = []
                groupColumn = place
            }
            group.append((comment.offset, column))
            lastEnd = (output[comment.offset...].firstIndex(of: 10) ?? output.count) + 1
        }
        close()
        guard !shifts.isEmpty else { return }
        var aligned: [UInt8] = []
        aligned.reserveCapacity(output.count + 64)
        var from = 0
        for shift in shifts.sorted(by: { $0.offset < $1.offset }) {
            aligned += output[from..<shift.offset]
            aligned.append(contentsOf: repeatElement(UInt8(ascii: " "), count: shift.spaces))
            from = shift.offset
        }
        aligned += output[from...]
        output = aligned
    }
}

extension Source {
    /// The column of a byte as a terminal shows it, from 0.
    fileprivate func sourceColumn(_ offset: Int) -> Int {
        var start = offset
        while start > 0, bytes[start - 1] != UInt8(ascii: "\n"), bytes[start - 1] != UInt8(ascii: "\r") {
            start -= 1
        }
        return TextWidth.of(String(decoding: bytes[start..<offset], as: UTF8.self))
    }
}
