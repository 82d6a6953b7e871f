// From candidates to what Tab does: the common beginning is inserted first; if several candidates
// remain, they are listed below the line with their help, fitted to the terminal.

import SegRuntime
import SegSystem
import SegTerminal

struct CompletionListing {
    let columns: Int
    let rows: Int
    let hasColor: Bool
    /// How often Tab was pressed again at the same place: each time the next part of a long list is shown.
    var page = 0
    /// One line of help for a candidate without its own; called only for those that are shown.
    let help: (Completer.Candidate) -> String

    func completion(_ found: Completer.Candidates) -> LineCompletion {
        guard let first = found.items.first else { return LineCompletion() }
        let erase = found.prefix.unicodeScalars.count
        if found.items.count == 1 {
            let whole = first.text + first.suffix
            if whole == found.prefix {
                return LineCompletion(listing: lines(found.items, isRanked: found.isRanked))
            }
            // The whole name was typed already: show what it is.
            if first.text == found.prefix, !first.name.hasSuffix("/"), first.suffix.isEmpty {
                return LineCompletion(listing: lines(found.items, isRanked: found.isRanked))
            }
            return LineCompletion(erase: erase, insert: whole)
        }
        let common = found.items.dropFirst().reduce(first.text) { $0.commonPrefix(with: $1.text) }
        if common.unicodeScalars.count > erase { return LineCompletion(erase: erase, insert: common) }
        return LineCompletion(listing: lines(found.items, isRanked: found.isRanked))
    }

    /// The candidates: one per line with its help if they fit, else names in columns; of ranked ones the first
    /// have help, and only names of the rest follow. Nothing where the list was shown whole before.
    private func lines(_ items: [Completer.Candidate], isRanked: Bool) -> [String] {
        let most = max(4, min(40, rows - 4))
        if items.count <= most { return page == 0 ? withHelp(items) : [] }
        let first = isRanked ? max(2, most - 3) : 0
        if isRanked {
            let names = items.dropFirst(first).map { TextWidth.escaped($0.name) }
            let rest = TextWidth.wrap(names.joined(separator: " "), to: max(8, columns - 4))
            let isCut = rest.count > 2
            let pages = isCut ? inColumns(Array(items.dropFirst(first)), most).count + 1 : 1
            if page % pages == 0 {
                if page > 0 && pages == 1 { return [] }
                return withHelp(Array(items.prefix(first)))
                    + rest.prefix(2).enumerated().map { "  " + $1 + (isCut && $0 == 1 ? " …" : "") }
                    + (isCut ? ["  Tab shows the rest"] : [])
            }
            return inColumns(Array(items.dropFirst(first)), most)[page % pages - 1]
        }
        let pages = inColumns(items, most)
        return page > 0 && pages.count == 1 ? [] : pages[page % pages.count]
    }

    /// One candidate per line, with its help.
    private func withHelp(_ items: [Completer.Candidate]) -> [String] {
        let style = TerminalStyle(
            columns: columns, rows: rows, color: hasColor ? .ansi16 : .none, isTerminal: true)
        let width = min(items.map { TextWidth.of($0.name) }.max() ?? 0, max(8, columns / 2))
        return items.map { item in
            let name = TextWidth.pad(
                TextWidth.truncate(TextWidth.escaped(item.name), to: width), to: width)
            let about = item.help.isEmpty ? help(item) : item.help
            let oneLine = TextWidth.escaped(String(about.prefix { !$0.isNewline }))
            let shown = TextWidth.truncate(oneLine, to: max(0, columns - 5 - width))
            let line =
                style.paint("  " + name, bold: true)
                + (shown.isEmpty ? "" : "  " + style.paint(shown, dim: true))
            return shown.isEmpty && !hasColor
                ? "  " + TextWidth.truncate(TextWidth.escaped(item.name), to: width) : line
        }
    }

    /// Names in columns, in as many pages of at most `most` lines as they need.
    private func inColumns(_ items: [Completer.Candidate], _ most: Int) -> [[String]] {
        let width = min(items.map { TextWidth.of($0.name) }.max() ?? 1, max(8, columns - 4)) + 2
        let across = max(1, (columns - 2) / width)
        let size = across * most
        return stride(from: 0, to: items.count, by: size).map { start in
            let shown = items[start..<min(start + size, items.count)]
            let down = (shown.count + across - 1) / across
            var lines = (0..<down).map { row in
                var line = " "
                for column in 0..<across where row + column * down < shown.count {
                    let name = TextWidth.escaped(shown[start + row + column * down].name)
                    line += " " + TextWidth.pad(TextWidth.truncate(name, to: width - 2), to: width - 1)
                }
                while line.last == " " { line.removeLast() }
                return line
            }
            let left = items.count - start - shown.count
            if left > 0 { lines.append("  … and \(left) more; Tab shows them") }
            return lines
        }
    }
}

extension String {
    func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
