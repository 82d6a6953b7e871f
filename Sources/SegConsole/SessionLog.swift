// What was entered without errors, so that `:save` can write it as a script that runs.

import SegSyntax

struct SessionLog {
    private struct Entry {
        var text: String
        /// Where the expression starts, in bytes, whose value became `ans`.
        var valueStart: Int?
        /// What Ctrl-C ended: the entry is then a comment.
        var interrupted: String?
    }

    private var entries: [Entry] = []

    /// Stores an entry that ran to its end.
    /// - Parameter gaveValue: whether its last expression became `ans`.
    mutating func add(_ program: Program, gaveValue: Bool) {
        let text = String(decoding: program.source.bytes, as: UTF8.self)
        let last = program.statements.last.map { Int($0.span.start) }
        entries.append(Entry(text: text, valueStart: gaveValue ? last : nil))
    }

    /// Stores, of a failed entry, the statements before the one that failed; an interrupted one as a comment,
    /// since a part of it may have taken effect.
    mutating func add(_ program: Program, upTo error: Diagnostic) {
        // Of an entry with a mistake in its form nothing ran.
        guard program.diagnostics.isEmpty else { return }
        defer {
            if error.kind == .interrupt {
                let lines = String(decoding: program.source.bytes, as: UTF8.self)
                    .split(separator: "\n", omittingEmptySubsequences: false)
                let comment = lines.enumerated().map { ($0 == 0 ? "# interrupted: " : "#     ") + $1 }
                let first = String(lines.first ?? "")
                entries.append(Entry(text: comment.joined(separator: "\n"), interrupted: first))
            }
        }
        let places =
            [error.location].compactMap { $0 }.map { ($0.source, $0.span) }
            + error.trace.frames.map { ($0.source, $0.span) }
        // The outermost call in the entry itself.
        guard let span = places.last(where: { $0.0 === program.source })?.1,
            let failed = program.statements.firstIndex(where: { $0.span.end > span.start }), failed > 0
        else { return }
        let end = Int(program.statements[failed - 1].span.end)
        let text = String(decoding: program.source.bytes[..<end], as: UTF8.self)
        entries.append(Entry(text: text, valueStart: nil))
    }

    mutating func removeAll() { entries = [] }

    /// Drops the definitions of a name that was forgotten: a script cannot forget, and later entries mean the
    /// library's name. Where other entries use it, all are kept.
    mutating func forget(_ name: String) {
        let users = entries.indices.filter { Self.mentions(name, entries[$0].text) }
        let definitions = users.filter { Self.onlyDefines(name, entries[$0].text) }
        guard users.count == definitions.count else { return }
        for place in definitions.reversed() { entries.remove(at: place) }
    }

    private static func onlyDefines(_ name: String, _ text: String) -> Bool {
        let program = Parser(name: "", text: text).parse()
        guard program.statements.count == 1 else { return false }
        let names = program.definedNames
        return names.documented + names.undocumented == [name]
    }

    /// Drops definitions that a later entry replaces before anything has used them, such as those of a function that
    /// was wrong at first.
    private func current() -> [Entry] {
        var kept: [Entry] = []
        for entry in entries {
            for name in Self.definedFunctions(entry.text) {
                let users = kept.indices.filter { Self.mentions(name, kept[$0].text) }
                let isUnused = users.allSatisfy { Self.onlyDefines(name, kept[$0].text) }
                if isUnused { for place in users.reversed() { kept.remove(at: place) } }
            }
            kept.append(entry)
        }
        return kept
    }

    /// The functions and types that an entry of definitions alone defines.
    private static func definedFunctions(_ text: String) -> [String] {
        let program = Parser(name: "", text: text).parse()
        guard program.statements.count == 1, let only = program.statements.first else { return [] }
        switch only.kind {
        case .function, .type: break
        default: return []
        }
        let names = program.definedNames
        return names.documented + names.undocumented
    }

    /// The first lines of the entries that Ctrl-C ended.
    var interrupted: [String] { entries.compactMap(\.interrupted) }

    /// The entries as a script that has no mistakes, and how many it holds. Where one of them uses `ans`, entries
    /// with a value assign it to `ans`.
    /// - Parameter mistakes: the places of a text's mistakes, in bytes, as `seg check` finds them.
    func script(mistakes: (String) -> [Int]) -> (text: String, count: Int) {
        var draft = SessionDraft(
            current().map { SessionDraft.Part(text: $0.text, valueStart: $0.valueStart) })
        while true {
            let texts = draft.texts
            var end = 0
            let ends = texts.map { text -> Int in
                end += text.utf8.count
                return end
            }
            guard let mistake = mistakes(texts.joined()).first,
                let place = ends.firstIndex(where: { $0 > mistake }), draft.leaveOut(place)
            else { return (texts.joined(), draft.kept) }
        }
    }

    static func mentions(_ name: String, _ text: String) -> Bool { mentions(of: name, text) > 0 }

    static func mentions(of name: String, _ text: String) -> Int {
        guard text.contains(name) else { return 0 }
        let source = Source(name: "", text: text)
        return source.classified().count { part in
            [.name, .call, .type].contains(part.kind) && source.text(part.span) == name
        }
    }
}
