// The data behind `help`, `?` and `seg doc`: what the library's natives and scripts document about a name,
// the topics, and a search. The console formats it for a terminal.

import SegRuntime
import SegSyntax

/// The documentation of one name.
public struct HelpEntry: Sendable {
    public var name: String
    public var signature: String
    public var doc: String
    public var topic: String
    public var examples: [String]

    /// The first sentence.
    public var summary: String { firstSentence(doc) }

    /// The examples of the native; the documentation of a script already contains its examples.
    public var examplesBesideDoc: [String] {
        examples.filter { doc.find($0.split(separator: "\n").first.map(String.init) ?? "") == nil }
    }

    /// Signature, documentation and examples, as plain text.
    public var text: String {
        var lines = [signature]
        if !doc.isEmpty {
            lines += [""] + doc.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        }
        for example in examplesBesideDoc {
            lines.append("")
            lines += example.split(separator: "\n").map { "        \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}

extension Library.Script {
    /// The help topic of a file's names: the name of its folder, or its own name.
    var topic: String {
        String(name.prefix { $0 != "/" }).replacing(".seg", with: "")
    }
}

extension Interpreter {
    /// The documentation of a name in the session or the library, or of a form of the language, such as `for`;
    /// nil if there is none.
    public func help(named name: String) -> HelpEntry? {
        if let value = self[name] { return help(of: value, named: name) }
        if let native = library.natives.first(where: { $0.name == name }) {
            return HelpEntry(
                name: name, signature: native.signature, doc: native.doc, topic: native.topic,
                examples: native.examples)
        }
        if let value = library.values.first(where: { $0.name == name }) {
            return HelpEntry(
                name: name, signature: name, doc: value.doc, topic: value.topic, examples: value.examples)
        }
        guard library.contains(name), let value = try? libraryValue(name) else {
            return HelpForm.named(name)?.entry
        }
        var entry = help(of: value, named: name)
        entry.examples = Self.examples(in: entry.doc)
        entry.topic = library.scripts.first { $0.definitions.contains(name) }?.topic ?? ""
        return entry
    }

    /// The sections of a documentation text that are indented by four spaces and contain expectations.
    private static func examples(in doc: String) -> [String] {
        var examples: [String] = []
        var current: [Substring] = []
        let lines: [Substring] = doc.split(separator: "\n", omittingEmptySubsequences: false) + [Substring()]
        for line in lines {
            if line.hasPrefix("    ") {
                current.append(line.dropFirst(4))
            } else if !current.isEmpty {
                let text = current.joined(separator: "\n")
                if text.find("# expect") != nil { examples.append(text) }
                current = []
            }
        }
        return examples
    }

    /// The documentation of a value: its signature and text.
    public func help(of value: Value, named name: String? = nil) -> HelpEntry {
        let known = name ?? callableName(value)
        if case .object(let object) = value, object.kind == .native,
            let native = library.natives.first(where: { $0.name == known })
        {
            return HelpEntry(
                name: known, signature: native.signature, doc: native.doc, topic: native.topic,
                examples: native.examples)
        }
        let doc = documentation(of: value) ?? name.flatMap { variableDocumentation($0) } ?? ""
        var shown = "\(known): \(describe(value))"
        if let parameters = parameters(of: value) {
            // A function without a name is called by the name under which it was found.
            let own = callableName(value)
            shown = own == "function" ? parameters.signature(known) : signature(of: value) ?? known
        }
        return HelpEntry(name: known, signature: shown, doc: doc, topic: "", examples: [])
    }

    /// All topics with their entries' names, natives and values first.
    public func helpTopics() -> [(topic: String, names: [String])] {
        var order: [String] = []
        var names: [String: [String]] = [:]
        func add(_ name: String, _ topic: String) {
            let topic = topic.isEmpty ? "other" : topic
            if names[topic] == nil { order.append(topic) }
            names[topic, default: []].append(name)
        }
        for native in library.natives { add(native.name, native.topic) }
        for value in library.values { add(value.name, value.topic) }
        for script in library.scripts {
            for name in script.definitions { add(name, script.topic) }
        }
        return order.map { ($0, names[$0] ?? []) }
    }
}

let helpNatives: [Native] = [
    Native(
        "help(x=nil)",
        "Shows the documentation of a function, type or name; without it, the topics. A text is looked for: "
            + "`help(\"for\")`, `help(\"early stopping\")`.",
        examples: [
            "help(len)  # expect help: The number of elements",
            "help(\"early stopping\")  # expect help: early_stop",
        ]
    ) { call in
        let interpreter = call.interpreter
        if !call.isGiven(0) {
            let lines = interpreter.helpOverview(width: interpreter.terminal.width)
            interpreter.output(lines.joined(separator: "\n") + "\n")
            return .nilValue
        }
        if let text = call[0].asString {
            if let entry = interpreter.help(named: text) {
                interpreter.output(entry.text + "\n")
                return .nilValue
            }
            let found = interpreter.helpSearch(text)
            if found.isEmpty { throw call.bad(0, "\(quotedText(text)) was not found in any help text") }
            for note in found.notes { interpreter.output(note + "\n") }
            for entry in found.entries.prefix(40) { interpreter.output("\(entry.name)  \(entry.summary)\n") }
            return .nilValue
        }
        interpreter.output(interpreter.help(of: call[0]).text + "\n")
        return .nilValue
    }
]
