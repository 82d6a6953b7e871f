// What was entered without errors, so that `:save` can write it as a script that runs.

import SegSyntax

struct SessionLog {
    private struct Entry {
        var text: String
        /// Where the expression starts, in bytes, whose value became `ans`.
        var valueStart: Int?
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    /// Stores an entry that ran to its end.
    /// - Parameter gaveValue: whether its last expression became `ans`.
    mutating func add(_ program: Program, gaveValue: Bool) {
        let text = String(decoding: program.source.bytes, as: UTF8.self)
        let last = program.statements.last.map { Int($0.span.start) }
        entries.append(Entry(text: text, valueStart: gaveValue ? last : nil))
    }

    /// Stores, of a failed entry, the statements before the one that failed.
    mutating func add(_ program: Program, upTo error: Diagnostic) {
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

    /// The entries as a script. Where one of them uses `ans`, entries with a value assign it to `ans`.
    func script() -> String {
        let namesAnswer = entries.contains { Self.mentions("ans", $0.text) }
        return entries.map { entry in
            guard namesAnswer, let start = entry.valueStart else { return entry.text + "\n" }
            let bytes = Array(entry.text.utf8)
            return String(decoding: bytes[..<start], as: UTF8.self) + "ans = "
                + String(decoding: bytes[start...], as: UTF8.self) + "\n"
        }.joined()
    }

    private static func mentions(_ name: String, _ text: String) -> Bool {
        guard text.contains(name) else { return false }
        let source = Source(name: "", text: text)
        return source.classified().contains { part in
            (part.kind == .name || part.kind == .call) && source.text(part.span) == name
        }
    }
}
