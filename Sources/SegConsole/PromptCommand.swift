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

    var usage: String { name == "?" ? name + arguments : arguments.isEmpty ? name : "\(name) \(arguments)" }

    static var table: [PromptCommand] {
        [
            PromptCommand(name: "?", arguments: "", help: "this list; help() without the prompt") {
                console, _ in
                console.show(console.pages.topics())
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
            PromptCommand(name: ":reset", arguments: "", help: "removes all your names") { console, _ in
                console.reset()
            },
            PromptCommand(name: ":quit", arguments: "", help: "leaves, as Ctrl-D does") { _, _ in .leave },
        ]
    }

    /// Whether an entry is one for the commands instead of the language.
    static func isCommand(_ entry: String) -> Bool { entry.hasPrefix(":") || entry.hasPrefix("?") }

    /// Runs an entry that starts with `:` or `?`.
    static func run(_ entry: String, in console: Console) throws -> Console.Outcome {
        if entry.hasPrefix("?") {
            let text = String(entry.dropFirst().trimmed)
            let isBare = text.isEmpty
            guard let row = table.first(where: { $0.name == "?" && $0.arguments.isEmpty == isBare }) else {
                return .done
            }
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
                help: near.map { "did you mean \($0)?" }
                    ?? "the commands are \(rows.map(\.name).joined(separator: " "))")
        }
        if row.arguments.isEmpty, !rest.isEmpty {
            throw Failure(.call, "\(row.name) takes no arguments", help: row.help)
        }
        if !row.arguments.isEmpty, rest.isEmpty {
            throw Failure(
                .call, "\(row.name) needs \(row.arguments == "FILE" ? "a file" : "an expression")",
                help: row.usage)
        }
        return try row.run(console, rest)
    }
}
