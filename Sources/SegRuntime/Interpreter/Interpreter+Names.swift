// Errors about names: names that do not exist, and names of the library that a script has bound to something
// else.

import SegSyntax
import SegSystem

extension Interpreter {
    /// Words of other languages, and what is written instead.
    private static let habits = [
        "None": "nil", "null": "nil", "True": "true", "False": "false", "this": "self", "def": "f(x) = …",
        "lambda": "x -> …", "elif": "else if", "str": "a string \"{x}\"", "range": "0..<n",
        "undefined": "nil", "fn": "f(x) = …", "func": "f(x) = …", "var": "x = …", "let": "x = …",
        "const": "x = …", "raise": "error(\"…\")", "throw": "error(\"…\")", "class": "type",
        "dict": "(name=value)",
    ]

    /// The error for a name that nothing has, with what another language's word is in seg, or the nearest name.
    /// - Parameter members: the names after it, as in `np.random.rand`.
    func unknownName(_ name: String, among visible: [String], members: [String] = []) -> Failure {
        Failure(
            .name, "there is nothing called `\(name)`",
            help: help(forUnknown: name, members, among: visible))
    }

    private func help(forUnknown name: String, _ members: [String], among visible: [String]) -> String? {
        if let habit = Self.habits[name] { return "in seg write \(habit)" }
        if let help = library.hints.help(forName: [name] + members, library.contains) { return help }
        let near = nearestName(to: name, among: visible)
        if near.map({ library.contains($0) }) ?? true, let help = library.hints.help(forMembers: members) {
            return help
        }
        // Words that the help knows say more than a name of the library that is only similar.
        let isTypo = near.map { !library.contains($0) || $0.lowercased() == name.lowercased() } ?? false
        if !isTypo, let help = library.hints.help(forWordsOf: name) { return help }
        return near.map { "did you mean `\($0)`?" }
    }

    /// The error for a local that is read before it is assigned: `mean = mean(xs)` in a function, or a branch
    /// that did not run.
    func unassigned(
        _ executable: UnsafeMutablePointer<Executable>, _ name: UInt32, _ frame: UnsafeMutablePointer<Frame>
    ) -> Failure {
        let code = frame.pointee.function._withUnsafeGuaranteedRef { $0.code }
        let text = code.names[Int(name)]
        let help: String
        if let slot = code.module.slot(of: text), !globals[slot].isUnassigned {
            help =
                "`\(text)` is assigned in this function, so it is local to it; `global \(text) = …` binds the global, "
                + "and a local of another name leaves it readable"
        } else if library.contains(text) {
            help =
                "`\(text)` is assigned in this function, so it is local to it; to call the library's `\(text)`, "
                + "give the local another name"
        } else {
            help =
                "it is assigned further down, or in a branch that did not run; `global \(text) = …` binds a global"
        }
        return Failure(.name, "the local `\(text)` is read before it has a value", help: help)
    }

    /// Help for a call of what is no function: its name hides a function of the library.
    func helpForHiddenName() -> String? {
        guard frameCount > 0 else { return nil }
        let frame = frames[frameCount - 1]
        let code = frame.function._withUnsafeGuaranteedRef { $0.code }
        guard let name = CodePlace(of: frame, frame.ip).callee, library.contains(name) else { return nil }
        let isLocal =
            code.syntax.map { syntax in
                let assigned = Surveyor().survey(of: syntax).assigned
                return (assigned + syntax.parameters.flatMap(\.boundNames)).contains(name)
            } ?? false
        if !isLocal {
            guard let slot = code.module.slot(of: name), !globals[slot].isUnassigned else { return nil }
        }
        return
            "the variable `\(name)` hides the library's function `\(name)`; give the variable another name, "
            + "or type `:forget \(name)` at the prompt"
    }
}
