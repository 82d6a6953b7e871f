// How help looks at the prompt: the topics, one name, a search. The content comes from the
// library's rows (HelpNatives) and from the table of commands.

import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem
import SegTerminal

struct HelpPages {
    let interpreter: Interpreter
    let style: TerminalStyle

    private var width: Int { max(20, min(style.columns, 110)) }

    private static let keys = [
        ("Tab", "completes names, members, arguments, labels, paths"),
        ("Up, Ctrl-R", "earlier entries; searches them"),
        ("Ctrl-C", "stops the running code, or cancels the line"),
        ("Ctrl-D", "leaves"),
    ]

    /// `?`
    func topics() -> [String] {
        let topics = interpreter.helpTopics()
        let column = min(topics.map { TextWidth.of($0.topic) }.max() ?? 0, 24)
        var lines = [style.paint("Topics", bold: true)]
        for (topic, names) in topics {
            let rows = TextWidth.wrap(names.joined(separator: " "), to: width - column - 4)
            for (place, row) in rows.enumerated() {
                lines.append("  " + TextWidth.pad(place == 0 ? topic : "", to: column) + "  " + row)
            }
        }
        lines += ["", style.paint("At the prompt", bold: true)]
        lines += table(PromptCommand.table.map { ($0.usage, $0.help) })
        lines += ["", style.paint("Keys", bold: true)]
        lines += table(Self.keys)
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
    func page(on text: String) -> [String]? {
        if let entry = interpreter.help(named: text) { return page(entry) }
        if let command = PromptCommand.table.first(where: { $0.name == text || $0.name == ":" + text }) {
            return ["  \(command.usage)  \(command.help)"]
        }
        if let topic = interpreter.helpTopics().first(where: { $0.topic == text }) {
            return summaries(topic.names)
        }
        if Completer.keywords.contains(text) {
            return ["`\(text)` is a keyword of the language; see the guide (docs/guide.md)"]
        }
        let dotted = Source(name: "", text: text + ".")
        guard case .member(let path) = CompletionContext(source: dotted, cursor: dotted.bytes.count).place,
            let value = PathResolver(interpreter: interpreter).value(of: path)
        else { return nil }
        let isNamed = interpreter.isCallable(value) && interpreter.callableName(value) != "function"
        let name = interpreter.isCallable(value) ? text : text.split(separator: ".").last.map(String.init)
        return page(interpreter.help(of: value, named: isNamed ? nil : name))
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
        for line in doc.split(separator: "\n", omittingEmptySubsequences: false) where !doc.isEmpty {
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
        let text = (object as? FunctionObject)?.source ?? (object as? TypeObject)?.source ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return text.isEmpty ? [] : lines
    }

    private func summaries(_ names: [String]) -> [String] {
        table(names.map { name in (name, interpreter.help(named: name)?.summary ?? "") })
    }

    /// `?"text"`
    func search(_ text: String) -> [String] {
        let found = interpreter.helpSearch(text)
        if found.isEmpty { return ["nothing about \(quotedText(text)); `?` lists the topics"] }
        var lines = table(found.prefix(30).map { ($0.name, $0.summary) })
        if found.count > 30 { lines.append("  … and \(found.count - 30) more") }
        return lines
    }

    /// The nearest name to one that has no help.
    func nearest(to name: String) -> String? {
        nearestName(
            to: name, among: interpreter.userNames() + interpreter.library.names)
    }
}
