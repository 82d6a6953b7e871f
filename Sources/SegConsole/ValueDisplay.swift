// Lists and records that are too long for one line of the terminal: broken between their
// elements, and cut to the height of the terminal, so that a list of a million does not scroll
// by. `print` writes everything; other values have their own display forms.

import SegRuntime
import SegSystem
import SegTerminal

struct ValueDisplay {
    let interpreter: Interpreter
    let columns: Int
    let rows: Int

    /// The lines of a long list or record; nil for all else.
    func lines(_ value: Value) throws -> [String]? {
        guard case .object(let object) = value else { return nil }
        let count: Int
        let brackets: (String, String)
        switch object {
        case let list as ListObject: (count, brackets) = (list.items.count, ("[", "]"))
        case let record as RecordObject: (count, brackets) = (record.count, ("(", ")"))
        default: return nil
        }
        // A value that fits one line has the ordinary form.
        let whole = try interpreter.line(value, quoted: true, limit: 4 * columns)
        if whole.utf8.count <= 4 * columns, TextWidth.of(whole) <= columns { return nil }
        let most = max(6, rows - 6)
        var lines: [String] = []
        var line = brackets.0
        var width = 1
        for place in 0..<count {
            if place & 0xff == 0 { try interpreter.checkInterrupt() }
            let isLast = place == count - 1
            let text =
                TextWidth.truncate(try element(object, place), to: max(8, columns - 3)) + (isLast ? "" : ",")
            let needed = TextWidth.of(text) + (isLast ? 1 : 0)
            if width > 1, width + 1 + needed > columns {
                lines.append(line)
                if lines.count == most, place < count - 1 {
                    lines.append(" … \(NumberFormat.count(count - place)) more; print shows all\(brackets.1)")
                    return lines
                }
                line = " "
                width = 1
            }
            line += width > 1 ? " " + text : text
            width += (width > 1 ? 1 : 0) + TextWidth.of(text)
        }
        lines.append(line + brackets.1)
        return lines
    }

    private func element(_ object: Object, _ place: Int) throws -> String {
        let limit = 2 * columns
        if let list = object as? ListObject {
            guard list.items.indices.contains(place) else { return "" }
            return oneLine(try interpreter.line(list.items[place], quoted: true, limit: limit))
        }
        guard let record = object as? RecordObject, place < record.count else { return "" }
        // The name as a record of one entry shows it, quotes and all.
        let entry = try interpreter.line(
            .object(RecordObject([(record.names[place], record.value(at: place))])), quoted: true,
            limit: limit)
        return oneLine(String(entry.dropFirst().dropLast()))
    }

    private func oneLine(_ text: String) -> String {
        let first = text.prefix { !$0.isNewline }
        return first.endIndex == text.endIndex ? text : first + "…"
    }
}
