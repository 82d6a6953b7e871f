// A session copied from a terminal or a document: its entries without their prompts, the answers left out.
//
//     > f(x) = {
//     ...   x + 1
//     ... }
//     > f(1)
//     2

enum PastedTranscript {
    private static let starts = [">>> ", "> "]
    private static let continuations = ["... ", ". "]

    /// Whether a text is a session: its first line has a prompt, which no line of the language begins with.
    static func isOne(_ text: String) -> Bool {
        guard let first = lines(text).first(where: { !$0.allSatisfy(\.isWhitespace) }) else { return false }
        return rest(of: first, after: starts) != nil
    }

    /// The entries in their order; prompts without an entry are left out.
    static func entries(_ text: String) -> [String] {
        var entries: [String] = []
        var isOpen = false
        for line in lines(text) {
            if let start = rest(of: line, after: starts) {
                entries.append(start)
                isOpen = true
            } else if isOpen, let more = rest(of: line, after: continuations) {
                entries[entries.count - 1] += "\n" + more
            } else {
                isOpen = false
            }
        }
        return entries.filter { !$0.allSatisfy(\.isWhitespace) }
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
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
