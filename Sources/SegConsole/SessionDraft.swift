// The script that `:save` writes while it is made. An entry with a mistake could run at the prompt, where a type with
// a misspelt name is only called later, but no script that holds it runs: it is left out, with what needs it.

import SegSyntax

struct SessionDraft {
    struct Part {
        var text: String
        /// Where the expression starts, in bytes, whose value became `ans`.
        var valueStart: Int?
        var isLeftOut = false
    }

    private var parts: [Part]

    init(_ parts: [Part]) { self.parts = parts }

    /// How many entries are in the script.
    var kept: Int { parts.count { !$0.isLeftOut } }

    /// The entries as lines of the script.
    var texts: [String] {
        let namesAnswer = parts.contains { !$0.isLeftOut && SessionLog.mentions("ans", $0.text) }
        return parts.map { part in
            if part.isLeftOut && part.text.isEmpty { return "" }
            guard namesAnswer, !part.isLeftOut, let start = part.valueStart else { return part.text + "\n" }
            let bytes = Array(part.text.utf8)
            return String(decoding: bytes[..<start], as: UTF8.self) + "ans = "
                + String(decoding: bytes[start...], as: UTF8.self) + "\n"
        }
    }

    /// Leaves out an entry, and those that use what it defined until it is defined again. What is defined again, or
    /// only looks at a value, goes without a trace; the others become comments.
    /// - Returns: false where it was left out before.
    mutating func leaveOut(_ place: Int) -> Bool {
        guard !parts[place].isLeftOut else { return false }
        // Names without a value, and functions that need one of them when they are called.
        var missing: Set<String> = []
        var waiting: [String: Set<String>] = [:]
        for at in place..<parts.count where !parts[at].isLeftOut {
            let part = parts[at]
            let entry = Entry(part)
            let absent = missing.union(waiting.keys).filter(entry.uses)
            if at == place || !absent.isEmpty {
                let isLate =
                    at != place && entry.definesFunction && absent.allSatisfy { isDefined($0, after: at) }
                if isLate, let name = entry.names.first {
                    waiting[name] = Set(absent.flatMap { waiting[$0] ?? [$0] })
                    missing.remove(name)
                    continue
                }
                missing.formUnion(entry.names)
                if part.valueStart != nil { missing.insert("ans") }
                let leavesNoTrace =
                    entry.isDefinition
                    ? entry.names.allSatisfy { isDefined($0, after: at) } : entry.isLook
                parts[at] = Part(text: leavesNoTrace ? "" : Self.comment(part.text), isLeftOut: true)
                continue
            }
            for name in entry.names + (part.valueStart != nil ? ["ans"] : []) {
                missing.remove(name)
                waiting[name] = nil
                for (function, needed) in waiting {
                    waiting[function] = needed == [name] ? nil : needed.subtracting([name])
                }
            }
        }
        return true
    }

    private func isDefined(_ name: String, after place: Int) -> Bool {
        parts[(place + 1)...].contains { !$0.isLeftOut && Entry($0).names.contains(name) }
    }

    private static func comment(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .map { ($0 == 0 ? "# left out: " : "#     ") + $1 }.joined(separator: "\n")
    }

    /// What an entry defines and uses.
    private struct Entry {
        /// The names that it defines.
        let names: [String]
        /// Whether it does nothing else.
        let isDefinition: Bool
        let definesFunction: Bool
        /// Whether it only names a value, which a script does not show.
        let isLook: Bool
        private let text: String

        init(_ part: Part) {
            let program = Parser(name: "", text: part.text).parse()
            let defined = program.definedNames
            names = defined.documented + defined.undocumented
            text = part.text
            let only = program.statements.count == 1 ? program.statements.first : nil
            switch only?.kind {
            case .function, .type: (isDefinition, definesFunction) = (!names.isEmpty, !names.isEmpty)
            case .assign: (isDefinition, definesFunction) = (!names.isEmpty, false)
            default: (isDefinition, definesFunction) = (false, false)
            }
            var isExpression = false
            if case .expression? = only?.kind { isExpression = true }
            isLook =
                isExpression
                && !Source(name: "", text: part.text).classified().contains {
                    [.call, .type].contains($0.kind)
                }
        }

        /// Whether it needs a name's value. A function's own name in its body is the function itself.
        func uses(_ name: String) -> Bool {
            if definesFunction && names == [name] { return false }
            let times = SessionLog.mentions(of: name, text)
            return times > (names.contains(name) ? 1 : 0)
        }
    }
}
