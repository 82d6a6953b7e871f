// What Tab offers at a place: names, members, named arguments, labels, paths, commands, with
// a line of help each. Values are looked up but nothing is run. The layout of the candidates
// is in CompletionListing.

import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem

public struct Completer {
    /// A text that completion may insert at the cursor.
    public struct Candidate: Equatable {
        /// As the list shows it.
        public var name: String
        /// As it is inserted into the line.
        public var text: String
        /// One line of help.
        public var help: String = ""
        /// What follows if it is the only candidate: `(`, `"]`, `/`.
        public var suffix: String = ""
        /// Whether it is a function whose first argument is the expression before the point.
        public var isBehindPoint = false

        public init(
            name: String, text: String, help: String = "", suffix: String = "", isBehindPoint: Bool = false
        ) {
            self.name = name
            self.text = text
            self.help = help
            self.suffix = suffix
            self.isBehindPoint = isBehindPoint
        }
    }

    /// The candidates, and how much of the line before the cursor they replace.
    public struct Candidates: Equatable {
        public var prefix: String
        public var items: [Candidate]
        /// Whether the first ones are the likeliest.
        public var isRanked = false
    }

    /// The words that are no names.
    public static let keywords = Token.Kind.keywords.keys.sorted()

    let interpreter: Interpreter
    private var resolver: PathResolver { PathResolver(interpreter: interpreter) }

    public init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// - Parameters:
    ///   - entry: the lines of an unfinished entry so far, and the one being typed.
    ///   - cursor: a byte offset in it.
    public func candidates(in entry: String, at cursor: Int) -> Candidates {
        let before = String(decoding: Array(entry.utf8.prefix(cursor)), as: UTF8.self)
        if before.hasPrefix(":") { return command(before) }
        if before.hasPrefix("!") { return shellPath(before) }
        if before.hasPrefix("?") { return topic(String(before.dropFirst())) }
        let context = CompletionContext(source: Source(name: "", text: entry), cursor: cursor)
        let prefix = context.prefix
        switch context.place {
        case .nothing: return Candidates(prefix: "", items: [])
        case .text: return paths(prefix, inString: true)
        case .label(let path):
            let labels = resolver.labels(of: path).map { label in
                Candidate(name: label, text: escaped(label), suffix: "\"]")
            }
            return Candidates(prefix: prefix, items: matching(prefix, labels))
        case .member(let path):
            let members = MemberCandidates(interpreter).candidates(of: path, prefix)
            // The entries of a long record, such as torch, are equals.
            let isLong = (resolver.value(of: path)?.asRecord?.count ?? 0) > 20
            return Candidates(prefix: prefix, items: matching(prefix, members), isRanked: !isLong)
        case .type: return Candidates(prefix: prefix, items: matching(prefix, types()))
        case .name:
            let arguments = context.call.map(namedArguments) ?? []
            if prefix.isEmpty { return Candidates(prefix: "", items: arguments) }
            return Candidates(prefix: prefix, items: matching(prefix, arguments) + matching(prefix, names()))
        }
    }

    /// Those that begin with the typed text; if none does, letters may differ in case.
    private func matching(_ prefix: String, _ candidates: [Candidate]) -> [Candidate] {
        let exact = candidates.filter { $0.text.hasPrefix(prefix) }
        if !exact.isEmpty { return exact }
        let lower = prefix.lowercased()
        return candidates.filter { $0.text.lowercased().hasPrefix(lower) }
    }

    // MARK: Names

    /// The user's names, the library's, the keywords; help is looked up only for the shown ones.
    private func names() -> [Candidate] {
        let own = interpreter.userNames()
        let known = Set(own)
        let library = interpreter.library.names.filter { !known.contains($0) }
        return (own + library).sorted().map { Candidate(name: $0, text: $0) }
            + Self.keywords.map { Candidate(name: $0, text: $0, help: "keyword") }
    }

    /// What may follow `is`: the built-in kinds, and the types of the session and the library.
    private func types() -> [Candidate] {
        let own = interpreter.userNames().filter {
            (interpreter[$0] ?? .nilValue).typeName == "type"
        }
        let library = interpreter.library.names.filter { $0.first?.isUppercase ?? false }
        return Set(interpreter.kindNames + own + library).sorted().map { Candidate(name: $0, text: $0) }
    }

    /// One line about a candidate without help of its own.
    public func help(on candidate: Candidate) -> String {
        if let value = interpreter[candidate.name] {
            return about(value, isBehindPoint: candidate.isBehindPoint)
        }
        guard let entry = interpreter.help(named: candidate.name) else { return "" }
        if candidate.isBehindPoint, let function = try? interpreter.libraryValue(candidate.name),
            let parameters = interpreter.parameters(of: function)
        {
            return signature(parameters, isBehindPoint: true) + "  " + entry.summary
        }
        let signature =
            entry.signature.hasPrefix(entry.name + "(")
            ? String(entry.signature.dropFirst(entry.name.count)) : ""
        return [signature, entry.summary].filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private func signature(_ parameters: [ParameterInfo], isBehindPoint: Bool) -> String {
        // `...lists` takes the value before the point and all others.
        let isGiven = isBehindPoint && !(parameters.first?.isRest ?? true)
        return Array(isGiven ? parameters.dropFirst() : parameters[...]).signature("")
    }

    /// A value in a few words, a function by its parameters.
    func about(_ value: Value, isBehindPoint: Bool = false) -> String {
        if let parameters = interpreter.parameters(of: value), case .object(let object) = value,
            !(object is Instance)
        {
            let doc = interpreter.documentation(of: value).map { "  " + firstSentence($0) } ?? ""
            return signature(parameters, isBehindPoint: isBehindPoint) + doc
        }
        if case .object(let object) = value, let instance = object as? Instance, let doc = instance.type.doc {
            return interpreter.glance(value) + "  " + firstSentence(doc)
        }
        return interpreter.glance(value)
    }

    // MARK: Arguments

    /// The named arguments that a call still takes where a new argument begins.
    private func namedArguments(_ call: CompletionContext.Call) -> [Candidate] {
        guard call.startsArgument, let (parameters, isMethod) = parameters(of: call.callee) else { return [] }
        let positional = call.position - call.names.count + (isMethod ? 1 : 0)
        var candidates: [Candidate] = []
        for (place, parameter) in parameters.enumerated() where parameter.hasName && place >= positional {
            if call.names.contains(parameter.name) { continue }
            let text = parameter.name + "="
            let help = parameter.defaultSource.map { "default \($0)" } ?? "required"
            candidates.append(Candidate(name: text, text: text, help: help))
        }
        return candidates
    }

    /// The parameters of a callee, and whether the first is the expression before the dot.
    private func parameters(of path: CompletionContext.Path) -> ([ParameterInfo], Bool)? {
        if let value = resolver.value(of: path), let parameters = interpreter.parameters(of: value) {
            return (parameters, false)
        }
        guard let dot = path.text.lastIndex(of: ".") else { return nil }
        let name = String(path.text[path.text.index(after: dot)...])
        guard !name.isEmpty, let function = try? interpreter.value(named: name),
            let parameters = interpreter.parameters(of: function)
        else { return nil }
        return (parameters, true)
    }

    // MARK: Commands, topics, paths

    private func command(_ line: String) -> Candidates {
        guard let space = line.firstIndex(of: " ") else {
            let rows = PromptCommand.table.filter { $0.name.hasPrefix(":") }.map { row in
                Candidate(
                    name: row.usage, text: row.name, help: row.help, suffix: row.arguments.isEmpty ? "" : " ")
            }
            return Candidates(prefix: line, items: rows.filter { $0.text.hasPrefix(line) })
        }
        let name = String(line[..<space])
        let rest = String(line[line.index(after: space)...])
        guard let command = PromptCommand.table.first(where: { $0.name == name }) else {
            return Candidates(prefix: "", items: [])
        }
        if command.arguments.hasPrefix("FILE") { return paths(rest, inString: false) }
        return candidates(in: rest, at: rest.utf8.count)
    }

    private func topic(_ text: String) -> Candidates {
        if text.contains(".") {
            return candidates(in: text, at: text.utf8.count)
        }
        let topics = interpreter.helpTopics().map { Candidate(name: $0.topic, text: $0.topic, help: "topic") }
        return Candidates(prefix: text, items: matching(text, names() + topics))
    }

    /// `!cat da`: a path as the last word of a command of the shell; an expression such as `!mask` has names.
    private func shellPath(_ line: String) -> Candidates {
        guard let space = line.lastIndex(of: " ") else {
            return candidates(in: " " + line, at: line.utf8.count + 1)
        }
        let typed = String(line[line.index(after: space)...])
        let items = paths(typed.filter { $0 != "\\" }, inString: false).items.compactMap {
            item -> Candidate? in
            guard let text = Self.shellWord(item.text) else { return nil }
            return Candidate(name: item.name, text: text)
        }
        return Candidates(prefix: typed, items: items.filter { $0.text.hasPrefix(typed) })
    }

    /// A path as a word of the shell; nil for names that no typed word has.
    static func shellWord(_ path: String) -> String? {
        var word = ""
        for scalar in path.unicodeScalars {
            if TextWidth.escaped(String(scalar)) != String(scalar) { return nil }
            let isPlain =
                !scalar.isASCII || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "/._-+=@:,%~^".unicodeScalars.contains(scalar)
            word += (isPlain ? "" : "\\") + String(scalar)
        }
        return word
    }

    private func paths(_ prefix: String, inString: Bool) -> Candidates {
        let slash = prefix.lastIndex(of: "/")
        let folder = slash.map { String(prefix[...$0]) } ?? ""
        let start = slash.map { String(prefix[prefix.index(after: $0)...]) } ?? prefix
        let entries =
            (try? Folder.entries(of: folder.isEmpty ? "." : UserFolders().expanded(folder), limit: 10_000))
            ?? []
        let items =
            entries
            .filter { $0.name.hasPrefix(start) && (start.hasPrefix(".") || !$0.name.hasPrefix(".")) }
            .map { entry in
                let text = folder + (inString ? escaped(entry.name) : entry.name)
                let isFolder = entry.kind == .folder
                let name = isFolder ? entry.name + "/" : entry.name
                return Candidate(
                    name: name, text: isFolder ? text + "/" : text,
                    suffix: inString && !isFolder ? "\"" : "")
            }
        return Candidates(prefix: prefix, items: items)
    }

    /// A text as it is written between the quotes of a string.
    private func escaped(_ text: String) -> String {
        String(quotedText(text).dropFirst().dropLast())
    }
}
