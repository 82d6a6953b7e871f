// How help looks at the prompt: the topics, one name, a search. The content comes from the
// library's rows (HelpNatives) and from the table of commands.

import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem
import SegTerminal

public struct HelpPages {
    let interpreter: Interpreter
    let style: TerminalStyle

    /// Pages as wide as the interpreter's terminal.
    public init(_ interpreter: Interpreter) {
        self.interpreter = interpreter
        let terminal = interpreter.terminal
        style = TerminalStyle(
            columns: terminal.width, rows: terminal.height, color: terminal.hasColor ? .ansi16 : .none,
            isTerminal: terminal.isInteractive)
    }

    private var width: Int { max(20, min(style.columns, 110)) }

    private static let keys = [
        ("Tab", "completes names, members, arguments, labels, paths"),
        ("Up, Ctrl-R", "earlier entries, or the lines above in a block; Ctrl-R searches them"),
        (
            "Ctrl-A, Ctrl-E, Ctrl-K",
            "to the start or end of the line; deletes to its end (Ctrl-Y inserts that)"
        ),
        ("Alt-Enter", "adds a line to the entry"),
        ("Ctrl-C", "stops the running code, or cancels the line"),
        ("Ctrl-D", "leaves, as `exit` does"),
    ]

    /// What `?text` and `seg doc text` show.
    public func answer(to text: String) throws -> [String] {
        if text.isEmpty { return overview() }
        if text.hasPrefix("\"") { return search(String(text.dropFirst().prefix { $0 != "\"" })) }
        if let page = page(on: text) { return page }
        let found = interpreter.helpSearch(text)
        if !found.isEmpty, text.contains(" ") { return rows(of: found) }
        let nearest = nearest(to: text)
        if !found.isEmpty, found.isMeant || nearest == nil {
            return ["nothing is called \(TextWidth.escaped(text)); about it:"] + rows(of: found)
        }
        throw Failure(
            .name, "there is no help on \(text)",
            help: nearest.map { "did you mean ?\($0)" } ?? "`?` lists the topics")
    }

    /// `?`: a line for each topic, and the commands; a screen of 24 lines holds it.
    private func overview() -> [String] {
        var lines = ["?NAME explains a name, ?TOPIC lists a topic, ?\"early stopping\" searches.", ""]
        lines += interpreter.helpOverview(width: width)
        let column = (interpreter.helpTopics().map { TextWidth.of($0.topic) }.max() ?? 0)
        let commands = PromptCommand.table.filter { !$0.name.hasPrefix("?") }.map(\.name)
        let last = [
            ("?if ?for ?fn", "and other forms of the language"),
            ("?prompt", commands.joined(separator: "  ")),
            ("?prompt", "Tab completes; Up and Ctrl-R: earlier entries; Ctrl-C stops; Ctrl-D leaves"),
        ]
        lines.append("")
        for (name, text) in last {
            let first = TextWidth.pad(name, to: column)
            for (place, row) in TextWidth.wrap(text, to: width - TextWidth.of(first) - 4).enumerated() {
                lines.append(
                    "  " + (place == 0 ? first : TextWidth.pad("", to: TextWidth.of(first))) + "  " + row)
            }
        }
        return lines
    }

    private func table(_ rows: [(String, String)]) -> [String] {
        let column = rows.map { TextWidth.of($0.0) }.max() ?? 0
        return rows.flatMap { name, help in
            TextWidth.wrap(help, to: width - column - 4).enumerated().map { place, row in
                "  " + TextWidth.pad(place == 0 ? name : "", to: column) + "  " + row
            }
        }
    }

    /// `?name`, `?a.b`, `?topic`; nil where it is unknown.
    private func page(on text: String) -> [String]? {
        let topic = interpreter.leadingTopics().first { $0.topic == text }
        if let own = interpreter[text] {
            return page(interpreter.help(of: own, named: text)) + (topic.map { alsoTopic($0) } ?? [])
        }
        if interpreter.library.contains(text), let entry = interpreter.help(named: text) {
            return page(entry) + (topic.map { alsoTopic($0) } ?? [])
        }
        let commands = PromptCommand.table
        if let command = commands.first(where: { $0.name == text || $0.name == ":" + text }) {
            return ["  \(command.usage)  \(command.help)"]
        }
        if text == "prompt" { return table(commands.map { ($0.usage, $0.help) }) + [""] + table(Self.keys) }
        if text == "keys" { return table(Self.keys) }
        if let topic { return summaries(topic.names) }
        if let form = interpreter.help(named: text) { return page(form) }
        let dotted = Source(name: "", text: text + ".")
        guard case .member(let path) = CompletionContext(source: dotted, cursor: dotted.bytes.count).place
        else { return nil }
        guard let value = PathResolver(interpreter: interpreter).value(of: path) else {
            // `data.augment` calls the function augment.
            guard case .member(let name)? = path.steps?.last, interpreter.library.contains(name) else {
                return nil
            }
            return interpreter.help(named: name).map { page($0) }
        }
        let isNamed = interpreter.isCallable(value) && interpreter.callableName(value) != "function"
        let name = interpreter.isCallable(value) ? text : text.split(separator: ".").last.map(String.init)
        return page(interpreter.help(of: value, named: isNamed ? nil : name))
    }

    /// The names of a topic below the help on a name that is spelled like it.
    private func alsoTopic(_ topic: (topic: String, names: [String])) -> [String] {
        let names = TextWidth.wrap(topic.names.joined(separator: " "), to: width - 4)
        return ["", "The topic \(topic.topic):"] + names.map { "    " + $0 }
    }

    private func page(_ entry: HelpEntry) -> [String] {
        // A long signature continues indented, broken between its parameters.
        var lines = entry.signature.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
            let text = TextWidth.escaped(String(line))
            let parts = TextWidth.of(text) <= width ? [text] : TextWidth.wrap(text, to: width - 4)
            return parts.enumerated().map { style.paint(($0 == 0 ? "" : "    ") + $1, bold: true) }
        }
        if entry.doc.isEmpty {
            // An undocumented value is shown itself.
            lines += source(of: entry.name).map { "    " + $0 }
        } else {
            lines.append("")
        }
        lines += paragraphs(entry.doc).map { $0.isEmpty ? "" : "    " + $0 }
        for example in entry.examplesBesideDoc {
            lines.append("")
            lines += example.split(separator: "\n").map { "        " + String($0) }
        }
        return lines
    }

    /// Documentation fitted to the width: lines are joined to paragraphs, those that begin with `- ` to
    /// entries of a list; text indented by four is an example or a formula, and is not changed.
    private func paragraphs(_ doc: String) -> [String] {
        var lines: [String] = []
        var paragraph = ""
        func end() {
            let isEntry = paragraph.hasPrefix("- ")
            let parts = paragraph.isEmpty ? [] : TextWidth.wrap(paragraph, to: width - (isEntry ? 6 : 4))
            lines += parts.enumerated().map { ($0 > 0 && isEntry ? "  " : "") + $1 }
            paragraph = ""
        }
        for line in TextWidth.harmless(doc).split(separator: "\n", omittingEmptySubsequences: false)
        where !doc.isEmpty {
            if line.isEmpty || line.hasPrefix("    ") {
                end()
                lines.append(String(line))
            } else {
                if line.hasPrefix("- ") { end() }
                let words = line.drop { $0 == " " }
                paragraph += paragraph.isEmpty ? words : " " + words
            }
        }
        end()
        return lines
    }

    /// The lines of a function or type that the user defined.
    private func source(of name: String) -> [String] {
        guard case .object(let object)? = interpreter[name] else { return [] }
        let text = TextWidth.harmless(
            (object as? FunctionObject)?.source ?? (object as? TypeObject)?.source ?? "")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return text.isEmpty ? [] : lines
    }

    private func summaries(_ names: [String]) -> [String] {
        table(names.map { name in (name, interpreter.help(named: name)?.summary ?? "") })
    }

    /// `?"text"`
    private func search(_ text: String) -> [String] {
        let found = interpreter.helpSearch(text)
        if !found.isEmpty { return rows(of: found) }
        return ["nothing about \(quotedText(text)); `?` lists the topics"]
    }

    private func rows(of found: HelpFindings) -> [String] {
        let most = 16
        var lines = found.notes.flatMap { TextWidth.wrap($0, to: width - 2).map { "  " + $0 } }
        let shown = found.entries.prefix(most)
        let column = shown.map { TextWidth.of($0.name) }.max() ?? 0
        lines += shown.map { entry in
            "  " + TextWidth.pad(entry.name, to: column) + "  "
                + TextWidth.truncate(entry.summary, to: max(8, width - column - 4))
        }
        if found.entries.count > most { lines.append("  … and \(found.entries.count - most) more") }
        return lines
    }

    /// The nearest name to one that has no help.
    private func nearest(to name: String) -> String? {
        nearestName(
            to: name, among: interpreter.userNames() + interpreter.library.names)
    }
}
