// A session copied from a terminal or a document: its entries without their prompts, the answers left out.
//
//     > f(x) = {
//     ...   x + 1
//     ... }
//     > f(1)
//     2
//
// The terminal shows the lines of an entry without marks where they were edited together (Alt-Enter): what an
// unfinished entry still needs belongs to it, and so does what follows an assignment, which has no answer.

import SegSyntax
import SegSystem

struct PastedTranscript {
    private static let starts = [">>> ", "> "]
    private static let continuations = ["... ", ". "]

    /// The width of the terminal, which breaks a longer entry where it is copied from the screen.
    let columns: Int
    /// Whether a name exists in the session that it is pasted into.
    let isKnown: (String) -> Bool

    /// Whether a text is a session: its first line has a prompt, which no line of the language begins with; or a later
    /// line has one, and what is above it is no code but the end of an answer, a remark or seg's own first line.
    static func isOne(_ text: String) -> Bool {
        let lines = lines(text).filter { !$0.allSatisfy(\.isWhitespace) }
        guard let start = lines.firstIndex(where: { rest(of: $0, after: starts) != nil }) else {
            return false
        }
        if start == 0 { return true }
        let above = Parser(name: "", text: lines[..<start].joined(separator: "\n")).parse()
        return above.statements.isEmpty || !above.diagnostics.isEmpty
    }

    /// A line without the mark of a continued entry.
    static func withoutContinuation(_ line: String) -> String {
        rest(of: line.drop { $0 == " " }, after: continuations) ?? line
    }

    /// The entries in their order; prompts without an entry are left out.
    func entries(_ text: String) -> [String] {
        var entries: [String] = []
        var isOpen = false
        var isFull = false
        for line in Self.lines(text) {
            let wasFull = isFull
            isFull = TextWidth.of(String(line)) == columns
            if isOpen, wasFull, let entry = entries.last, Self.rest(of: line, after: Self.starts) == nil,
                Self.rest(of: line, after: Self.continuations) == nil,
                !Self.isComplete(entry)
            {
                entries[entries.count - 1] += line
            } else if let start = Self.rest(of: line, after: Self.starts) {
                entries.append(start)
                isOpen = true
            } else if isOpen, let more = Self.rest(of: line, after: Self.continuations) {
                entries[entries.count - 1] += "\n" + more
            } else if isOpen, let entry = entries.last, belongs(line, to: entry, after: entries) {
                entries[entries.count - 1] += "\n" + line
            } else {
                isOpen = false
            }
        }
        return entries.filter { !$0.allSatisfy(\.isWhitespace) }
    }

    private static func isComplete(_ entry: String) -> Bool {
        let program = Parser(name: "", text: entry).parse()
        return program.diagnostics.isEmpty && !program.isUnfinished
    }

    /// Whether a line without a mark belongs to the entry above it.
    private func belongs(_ line: Substring, to entry: String, after entries: [String]) -> Bool {
        if let sign = entry.first, ":?!%".contains(sign) { return false }
        let above = Parser(name: "", text: entry).parse()
        if above.isUnfinished { return true }
        guard above.diagnostics.isEmpty, let last = above.statements.last, last.isSilent else { return false }
        if line.allSatisfy(\.isWhitespace) { return true }
        let program = Parser(name: "", text: String(line)).parse()
        guard program.diagnostics.isEmpty || program.isUnfinished, let first = program.statements.first else {
            return false
        }
        guard case .expression = first.kind else { return true }
        // A text or number that was printed reads as an expression too, but has no known names.
        let defined = Set(
            entries.flatMap { entry in
                let names = Parser(name: "", text: entry).parse().definedNames
                return names.documented + names.undocumented
            })
        let names = program.source.classified().filter { $0.kind == .name || $0.kind == .call }
            .map { program.source.text($0.span) }
        return !names.isEmpty && names.allSatisfy { defined.contains($0) || isKnown($0) }
    }

    /// The lines, without the indentation of the first prompt.
    private static func lines(_ text: String) -> [Substring] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first =
            lines.first { rest(of: $0.drop { $0 == " " || $0 == "\t" }, after: starts) != nil }
            ?? lines.first { !$0.allSatisfy(\.isWhitespace) }
        let depth = first?.prefix { $0 == " " || $0 == "\t" }.count ?? 0
        return lines.map { line in
            let blank = line.prefix(depth).prefix { $0 == " " || $0 == "\t" }
            return line.dropFirst(blank.count)
        }
    }

    /// What follows one of the marks; a mark may be alone on its line, without its space.
    private static func rest(of line: Substring, after marks: [String]) -> String? {
        for mark in marks {
            if line.hasPrefix(mark) { return String(line.dropFirst(mark.count)) }
            if line == mark.dropLast() { return "" }
        }
        return nil
    }
}

extension Statement {
    /// Whether the prompt shows nothing after it.
    fileprivate var isSilent: Bool {
        switch kind {
        case .assign, .compoundAssign, .global, .function, .type: true
        default: false
        }
    }
}
