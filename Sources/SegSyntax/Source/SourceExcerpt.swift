// One line of a source as it is shown below an error: tabs become spaces, wide characters
// count two columns, control characters are made visible, and a long line is cropped around
// the faulty part.

import SegSystem

struct SourceExcerpt {
    /// What is shown of the line.
    private(set) var text = ""
    private let source: Source
    private let span: Span
    /// The columns of each byte offset that is shown: where each character begins.
    private var cells: [Cell] = []
    /// Where the shown part ends, and whether the line continues.
    private var endColumn = 0

    private struct Cell {
        var offset: Int
        var column: Int
        var width: Int
        var isSpace: Bool
    }

    /// How many bytes of a long line are read on each side.
    private static let reach = 1024

    init(source: Source, span: Span, room: Int) {
        self.source = source
        self.span = span
        let line = source.line(at: Int(span.start)).range
        let focus = min(max(Int(span.start), line.lowerBound), line.upperBound)
        var from = max(line.lowerBound, focus - SourceExcerpt.reach)
        while from > line.lowerBound, source.bytes[from] & 0xC0 == 0x80 { from -= 1 }
        var to = min(line.upperBound, focus + SourceExcerpt.reach)
        while to < line.upperBound, source.bytes[to] & 0xC0 == 0x80 { to += 1 }

        var all: [(character: String, offset: Int, width: Int)] = []
        var offset = from
        for character in SourceExcerpt.repaired(source.bytes[from..<to]) {
            let size = character.utf8.count
            if character == "\t" {
                let column = all.reduce(0) { $0 + $1.width }
                let width = 4 - column % 4
                all.append((String(repeating: " ", count: width), offset, width))
            } else if let scalar = character.unicodeScalars.first, scalar.value < 0x20 {
                all.append((String(Character(Unicode.Scalar(0x2400 + scalar.value) ?? "?")), offset, 1))
            } else if character == "\u{7F}" {
                all.append(("\u{2421}", offset, 1))
            } else if character.unicodeScalars.contains(where: TextWidth.isHarmful) {
                all.append(("\u{FFFD}", offset, 1))
            } else {
                all.append((String(character), offset, TextWidth.of(character)))
            }
            offset += size
        }
        while let last = all.last, last.character.allSatisfy({ $0 == " " }), last.offset > Int(span.end) {
            all.removeLast()
        }
        crop(all, focus, room, isCutLeft: from > line.lowerBound, isCutRight: to < line.upperBound)
    }

    private mutating func crop(
        _ all: [(character: String, offset: Int, width: Int)], _ focus: Int, _ room: Int, isCutLeft: Bool,
        isCutRight: Bool
    ) {
        let total = all.reduce(0) { $0 + $1.width }
        var first = 0
        var last = all.count
        var cutLeft = isCutLeft
        var cutRight = isCutRight
        if total > room || isCutLeft || isCutRight {
            let target = all.firstIndex { $0.offset >= focus } ?? all.count
            let before = all[..<target].reduce(0) { $0 + $1.width }
            let wanted = all[target...].prefix { $0.offset < Int(span.end) }.reduce(0) { $0 + $1.width }
            // The whole faulty part is shown where it fits, with a third of the room before it.
            if before + max(1, wanted) > room - 1 || isCutLeft {
                let lead = max(room / 3, room - 2 - max(1, wanted)) / (wanted < room / 2 ? 2 : 1)
                var skipped = 0
                while first < target, before - skipped > min(lead, room / 2) {
                    skipped += all[first].width
                    first += 1
                }
                cutLeft = cutLeft || first > 0
            }
            var used = cutLeft ? 1 : 0
            last = first
            while last < all.count, used + all[last].width <= room - 1 {
                used += all[last].width
                last += 1
            }
            cutRight = cutRight || last < all.count
        }
        var column = 0
        if cutLeft {
            text = "…"
            column = 1
        }
        for cell in all[first..<last] {
            cells.append(
                Cell(
                    offset: cell.offset, column: column, width: cell.width,
                    isSpace: cell.character.allSatisfy { $0 == " " }))
            text += cell.character
            column += cell.width
        }
        endColumn = column
        if cutRight { text += "…" }
    }

    /// The text of bytes that may not be UTF-8: each byte that begins no character shows as `?`,
    /// so that offsets stay valid.
    private static func repaired(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(decoding: bytes.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// The column of a byte, from 0, as shown.
    private func column(of offset: Int) -> Int {
        var result = endColumn
        for cell in cells.reversed() {
            guard cell.offset >= offset else { return cell.offset + 1 > offset ? cell.column : result }
            result = cell.column
        }
        return result
    }

    /// The underline: `~~~~ ^ ~~~~` around an operator, else `^~~~`.
    func underline(point: Span?) -> String {
        let start = column(of: Int(span.start))
        let end = max(start + 1, min(column(of: Int(span.end)), endColumn))
        var signs = [Character](repeating: " ", count: max(end, start + 1))
        for at in start..<end { signs[at] = "~" }
        if let point, point.start >= span.start, Int(point.start) <= (cells.last?.offset ?? 0) {
            let from = column(of: Int(point.start))
            let to = min(end, max(from + 1, column(of: Int(point.end))))
            for cell in cells where cell.isSpace && cell.column >= start && cell.column < end {
                guard touches(cell, from, to) else { continue }
                for at in cell.column..<min(end, cell.column + cell.width) { signs[at] = " " }
            }
            for at in from..<max(from, to) where at < signs.count { signs[at] = "^" }
        } else {
            signs[start] = "^"
            trim(&signs, from: start, to: end)
        }
        while signs.last == " " { signs.removeLast() }
        return String(signs)
    }

    /// Whether there are only spaces between a space and the operator.
    private func touches(_ cell: Cell, _ from: Int, _ to: Int) -> Bool {
        let between = cell.column < from ? cell.column..<from : to..<max(to, cell.column)
        return cells.allSatisfy { !between.contains($0.column) || $0.isSpace }
    }

    /// Spaces at the end are not underlined, as where the span continues on the next line.
    private func trim(_ signs: inout [Character], from start: Int, to end: Int) {
        for cell in cells.reversed() where cell.column > start && cell.column < end {
            guard cell.isSpace else { return }
            for at in cell.column..<min(end, cell.column + cell.width) { signs[at] = " " }
        }
    }

    /// Notes under their operands, as many per row as fit.
    func rows(of notes: [Diagnostic.Note]) -> [String] {
        var rows: [(text: String, width: Int)] = []
        for note in notes.sorted(by: { $0.span.start < $1.span.start }) where !note.text.isEmpty {
            let at = column(of: Int(note.span.start))
            let width = TextWidth.of(note.text)
            if let row = rows.firstIndex(where: { $0.width < at }) {
                rows[row].text += String(repeating: " ", count: at - rows[row].width) + note.text
                rows[row].width = at + width
            } else {
                rows.append((String(repeating: " ", count: at) + note.text, at + width))
            }
        }
        return rows.map(\.text)
    }
}
