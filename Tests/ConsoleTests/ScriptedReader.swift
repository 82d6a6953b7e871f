// A session played from a transcript, for tests: lines that start with `> ` and `. ` are
// typed, the others are what the console is expected to write. The session as it really went
// is written down in the same form, so that the two can be compared, or the one made the other.
//
//     > x = [1,
//     .      2]
//     > len(x)
//     2
//
// `^C` and `^D` alone on a line are the keys; a line that ends with `⇥` presses Tab there, and
// shows the line after it, and the candidates. Lines before the first typed one are comments
// and are kept.

import SegConsole

final class ScriptedReader: LineReader {
    private var typed: [(isFresh: Bool, text: String)] = []
    private var next = 0
    /// The actual session.
    private(set) var transcript = ""
    var completer: ((String, Int) -> LineCompletion)?
    /// The entries put into the history.
    private(set) var history: [String] = []
    var size = (columns: 80, rows: 24)
    let isTerminal = false

    init(transcript text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == ">" || line.hasPrefix("> ") {
                typed.append((true, String(line.dropFirst(2))))
            } else if line == "." || line.hasPrefix(". ") {
                typed.append((false, String(line.dropFirst(2))))
            } else if typed.isEmpty {
                transcript += line + "\n"
            }
        }
    }

    /// What the console writes.
    func write(_ text: String) { transcript += text }

    func read(_ prompt: Prompt, begun: String) -> LineInput {
        if case .question(let text) = prompt { transcript += text + "\n" }
        while next < typed.count {
            let line = typed[next].text
            next += 1
            // The marks differ if a complete entry was taken for unfinished, or the reverse.
            let mark = prompt == .fresh ? ">" : "."
            transcript += line.isEmpty ? "\(mark)\n" : "\(mark) \(line)\n"
            if line == "^C" { return .interrupted }
            if line == "^D" { return .end }
            guard line.hasSuffix("⇥") else { return .line(line) }
            complete(String(line.dropLast()))
        }
        return .end
    }

    private func complete(_ line: String) {
        guard let found = completer?(line, line.utf8.count) else { return }
        if let insert = found.insert {
            transcript += String(line.unicodeScalars.dropLast(found.erase)) + insert + "\n"
        }
        for row in found.listing { transcript += row + "\n" }
    }

    func remember(_ entry: String) { history.append(entry) }
}
