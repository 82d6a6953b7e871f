// How an error looks: the message, the place, the line with the faulty part underlined, the
// values under the operands, the help, and the calls that led there. The excerpt of the
// line (tabs, wide characters, cropping) is in SourceExcerpt. Names and texts of files that are part of an error
// are harmless to the terminal.
//
//     error: shapes [32] and [31] do not broadcast
//       --> weights.seg:4:11
//        |
//      4 | w = where(counts / other > 0, 1, 0)
//        |           ~~~~~~ ^ ~~~~~
//        |           [32]     [31]
//     help: train.counts has one entry a class; other has 31

import SegSystem

extension Diagnostic {
    /// Frames of the trace that are shown before and after the omitted ones.
    private static let shownFrames = 5
    /// Bytes that are shown of a message, which may quote a text of any length, and of the help.
    private static let shownBytes = 20_000

    /// The error as text, without a newline at its end.
    /// - Parameters:
    ///   - width: columns of the terminal; longer source lines are cropped around the faulty part.
    ///   - color: whether to colour it with ANSI sequences.
    public func rendered(width: Int = 120, color: Bool = false) -> String {
        let paint = Paint(isOn: color)
        var lines = [paint.error("error:") + " " + paint.strong(shown(message))]
        if let location {
            let (line, column) = location.source.position(of: Int(location.span.start))
            let elsewhere = notesOnOtherLines(location, line)
            let digits = elsewhere.map { String($0.line).count }.reduce(String(line).count, max)
            let pad = String(repeating: " ", count: digits + 1)
            let bar = paint.gutter(pad + " |")
            lines.append(
                paint.gutter(pad + "-->") + " \(TextWidth.escaped(location.source.name)):\(line):\(column)")
            lines.append(bar)
            let room = max(20, width - digits - 4)
            let here = notes.filter { note in !elsewhere.contains { $0.note.span == note.span } }
                .map { Note(span: $0.span, text: TextWidth.escaped($0.text)) }
            let excerpt = SourceExcerpt(source: location.source, span: location.span, room: room)
            lines.append(gutter(line, digits, excerpt.text, paint))
            lines.append(bar + " " + paint.error(excerpt.underline(point: location.point)))
            for row in excerpt.rows(of: here) { lines.append(bar + " " + row) }
            for (note, line) in elsewhere {
                let excerpt = SourceExcerpt(source: location.source, span: note.span, room: room)
                lines.append(bar)
                lines.append(gutter(line, digits, excerpt.text, paint))
                lines.append(bar + " " + excerpt.underline(point: nil) + " " + TextWidth.escaped(note.text))
            }
        }
        if let help { lines.append(paint.help("help:") + " " + shown(help)) }
        if let part { lines.append("  in \(TextWidth.escaped(part))") }
        lines += traceLines()
        return lines.joined(separator: "\n")
    }

    private func shown(_ text: String) -> String {
        TextWidth.harmless(text.shortened(toBytes: Diagnostic.shownBytes))
    }

    private func gutter(_ line: Int, _ digits: Int, _ text: String, _ paint: Paint) -> String {
        let number = String(line)
        let pad = String(repeating: " ", count: max(0, digits - number.count) + 1)
        return paint.gutter(pad + number + " |") + (text.isEmpty ? "" : " " + text)
    }

    private func notesOnOtherLines(_ location: Location, _ line: Int) -> [(note: Note, line: Int)] {
        notes.compactMap { note in
            let (noteLine, _) = location.source.position(of: Int(note.span.start))
            return noteLine == line ? nil : (note, noteLine)
        }
    }

    /// The calls, innermost first; the middle of a long list is left out.
    private func traceLines() -> [String] {
        let shown = Diagnostic.shownFrames
        let trace = trace.frames
        let isLong = trace.count > 2 * shown + 1
        var lines: [String] = []
        for (place, frame) in trace.enumerated() {
            if isLong, place == shown { lines.append("  … \(trace.count - 2 * shown) more calls …") }
            if isLong, place >= shown, place < trace.count - shown { continue }
            let (line, column) = frame.source.position(of: Int(frame.span.start))
            lines.append(
                "  in \(frame.function), called at \(TextWidth.escaped(frame.source.name)):\(line):\(column)")
        }
        return lines
    }
}

/// The colours of an error, or none.
private struct Paint {
    var isOn: Bool
    func error(_ text: String) -> String { wrap("1;31", text) }
    func strong(_ text: String) -> String { wrap("1", text) }
    func gutter(_ text: String) -> String { wrap("34", text) }
    func help(_ text: String) -> String { wrap("1;36", text) }
    private func wrap(_ code: String, _ text: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
