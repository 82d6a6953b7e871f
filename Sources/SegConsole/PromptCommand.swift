// What can be typed at the prompt besides the language: one row per command. `?` lists the
// rows, completion offers them, and the error for an unknown command names the nearest.

import SegRuntime
import SegSyntax
import SegSystem
import SegTerminal

struct PromptCommand {
    /// `:time`, or `?`.
    let name: String
    /// What follows it, as the help shows it; completion uses `FILE` and `E`.
    let arguments: String
    let help: String
    let run: (Console, String) throws -> Console.Outcome

    var usage: String {
        !name.hasPrefix(":") ? name + arguments : arguments.isEmpty ? name : "\(name) \(arguments)"
    }

    /// What its arguments are, in words.
    private var need: String {
        switch arguments {
        case "FILE": "a file"
        case "NAME": "a name"
        default: "an expression"
        }
    }

    static var table: [PromptCommand] {
        [
            PromptCommand(name: "?", arguments: "", help: "the topics of the help; help() without the prompt")
            {
                console, _ in try console.showHelp("")
            },
            PromptCommand(
                name: "?", arguments: "NAME",
                help: "help on a name, a topic, or a value such as model.backbone"
            ) {
                console, text in try console.showHelp(text)
            },
            PromptCommand(name: "?", arguments: "\"TEXT\"", help: "searches the help") { console, text in
                try console.showHelp(text)
            },
            PromptCommand(
                name: ":time", arguments: "E", help: "how long an expression takes, with its values computed"
            ) {
                console, text in console.time(text)
            },
            PromptCommand(name: ":load", arguments: "FILE", help: "runs a file as if it were typed here") {
                console, path in try console.load(path)
            },
            PromptCommand(
                name: ":save", arguments: "FILE", help: "writes your entries as a script that runs"
            ) {
                console, path in try console.save(path)
            },
            PromptCommand(
                name: ":paste", arguments: "",
                help:
                    "takes a block up to a line with a single `.`, or Ctrl-D; line numbers of a listing are left out"
            ) { console, _ in console.paste() },
            PromptCommand(
                name: ":forget", arguments: "NAME",
                help: "removes your names, as `del` does; a library name is the library's again"
            ) { console, names in try console.forget(names) },
            PromptCommand(
                name: ":reset", arguments: "", help: "removes all your names; asks if a run was not saved"
            ) { console, _ in console.reset() },
            PromptCommand(name: ":quit", arguments: "", help: "leaves, as Ctrl-D and `exit` do") {
                console, _ in console.leave()
            },
            PromptCommand(name: "!", arguments: "COMMAND", help: "runs a command of the shell: !ls") {
                console, command in try console.shell(command)
            },
        ]
    }

    /// The command that an entry is, also where it has the form of another prompt: `exit`, `trainer?`, `del x`,
    /// `%time f()`; nil where it belongs to the language.
    static func command(in entry: String, _ interpreter: Interpreter) -> String? {
        if entry.hasPrefix(":") || entry.hasPrefix("?") { return entry }
        if entry.hasPrefix("!") { return isOfLanguage(entry, interpreter) ? nil : entry }
        if entry.hasPrefix("%") {
            let name = entry.dropFirst().prefix { $0.isLetter }
            if name.isEmpty { return nil }
            let known = ["timeit": "time", "run": "load", "reset_selective": "forget"]
            return ":\(known[String(name)] ?? String(name))\(entry.dropFirst(1 + name.count))"
        }
        let word = entry.hasSuffix("()") ? String(entry.dropLast(2)) : entry
        if ["exit", "quit"].contains(word), interpreter[word] == nil { return ":quit" }
        if interpreter["help"] == nil, let subject = subjectOfHelp(entry) { return "?" + subject }
        if entry.hasSuffix("?") {
            let name = entry.replacing("?", with: "")
            let isPath = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
            return isPath && !name.isEmpty ? "?" + name : nil
        }
        // IPython's shell commands without a sign; `cd ..` cannot be an expression.
        if entry.hasPrefix("cd "), interpreter["cd"] == nil { return "!" + entry }
        if ["ls", "pwd", "clear"].contains(entry), interpreter[entry] == nil { return "!" + entry }
        if entry.hasPrefix("del "), interpreter["del"] == nil { return ":forget " + entry.dropFirst(4) }
        return nil
    }

    /// Commands of other prompts, which seg has in another form.
    private static let habits = [
        "who": "who() lists your names", "whos": "who() lists your names", "exit": "write exit, or :quit",
        "ls": "write !ls", "cd": "write !cd FOLDER", "pwd": "write !pwd", "help": "write ?",
        "history": "the arrow keys go through earlier entries, Ctrl-R searches them",
        "matplotlib": "leave it out: plot(data) shows at once",
        "edit": "write the code to a file, and :load FILE", "pdb": "an error lists the calls that led to it",
    ]

    /// What `help(x)` asks for, which is shown as `?x`: a name, a path or a text; nil for other entries.
    private static func subjectOfHelp(_ entry: String) -> String? {
        if entry == "help" { return "" }
        guard entry.hasPrefix("help("), entry.hasSuffix(")") else { return nil }
        let subject = String(entry.dropFirst(5).dropLast().trimmed)
        if subject.hasPrefix("\""), subject.hasSuffix("\""), subject.count > 2 {
            let text = subject.dropFirst().dropLast()
            return text.contains { "\"\\{".contains($0) } ? nil : String(text)
        }
        return subject.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." } ? subject : nil
    }

    /// `!mask` is an expression where it can be read as one and all its names are known; `!ls -l` is not.
    private static func isOfLanguage(_ entry: String, _ interpreter: Interpreter) -> Bool {
        let program = Parser(name: "", text: entry).parse()
        guard program.diagnostics.isEmpty || program.isUnfinished else { return false }
        return program.source.classified().allSatisfy { part in
            guard part.kind == .name || part.kind == .call else { return true }
            let name = program.source.text(part.span)
            return interpreter[name] != nil || interpreter.library.contains(name)
        }
    }

    /// Runs an entry that starts with `:`, `?` or `!`.
    static func run(_ entry: String, in console: Console) throws -> Console.Outcome {
        if let sign = entry.first, sign != ":" {
            let text = String(entry.dropFirst().trimmed)
            let isBare = text.isEmpty
            guard let row = table.first(where: { $0.name == String(sign) && $0.arguments.isEmpty == isBare })
            else { return .done }
            return try row.run(console, text)
        }
        let name = String(entry.prefix { !$0.isWhitespace })
        let rest = String(entry.dropFirst(name.count).trimmed)
        let rows = table.filter { $0.name.hasPrefix(":") }
        let begun = rows.filter { $0.name.hasPrefix(name) }
        guard
            let row = rows.first(where: { $0.name == name })
                ?? (name.count > 1 && begun.count == 1 ? begun[0] : nil)
        else {
            let near = nearestName(to: name, among: rows.map(\.name))
            throw Failure(
                .name, "there is no command \(name)",
                help: habits[String(name.dropFirst())] ?? near.map { "did you mean \($0)?" }
                    ?? "the commands are \(rows.map(\.name).joined(separator: " "))")
        }
        if row.arguments.isEmpty, !rest.isEmpty {
            throw Failure(.call, "\(row.name) takes no arguments", help: row.help)
        }
        if !row.arguments.isEmpty, rest.isEmpty {
            throw Failure(
                .call, "\(row.name) needs \(row.need)",
                help: row.usage)
        }
        return try row.run(console, rest)
    }
}
