// What a name or member at a place means: a name of the text, of a file that it imports, or of the library. A
// variable is followed to what it was first given, as far as the text decides that.

import SegConsole
import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem

/// The meaning of a word of a text.
enum Subject {
    /// A name that a document binds; the document may be one that was imported.
    case bound(BoundName, Document)
    /// A name of the library; `isBehindPoint` where the value before the point is its first argument.
    case library(String, isBehindPoint: Bool)
    /// A method of a type of the library.
    case method(String, type: String, Value)
    /// A word of the language.
    case form(String)
}

/// What the text says about the value before a point.
private enum Receiver {
    case type(BoundName)
    case record([RecordEntry])
    case imported(Document)
    /// A path whose first name is the library's.
    case path(CompletionContext.Path)
}

extension LanguageServer {
    // MARK: Words

    /// The word at a place, also directly behind it.
    func word(_ document: Document, _ offset: Int) -> Span? {
        guard !document.isTooLarge else { return nil }
        func isPart(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || byte >= 0x80 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
                || byte >= 0x30 && byte <= 0x39
        }
        let bytes = document.source.bytes
        var (start, end) = (offset, offset)
        while start > 0, isPart(bytes[start - 1]) { start -= 1 }
        while end < bytes.count, isPart(bytes[end]) { end += 1 }
        guard start < end, end - start < 1000, !(0x30...0x39).contains(bytes[start]) else { return nil }
        return Span(start, end)
    }

    func subject(_ document: Document, _ offset: Int) -> (subject: Subject, span: Span)? {
        if document.isTooLarge { return nil }
        if let (name, span) = document.names.name(at: offset) { return (.bound(name, document), span) }
        guard let span = word(document, offset) else { return nil }
        let text = document.source.text(span)
        // Read up to the word's end, the text tells whether it is a word of the script at all.
        let context = CompletionContext(source: document.source, cursor: Int(span.end))
        guard context.replaced == span, !isLabel(document, span, context) else { return nil }
        switch context.place {
        case .text, .label, .nothing: return nil
        case .member(let path): return member(text, of: path, document, offset).map { ($0, span) }
        case .name, .type:
            if Token.Kind.keywords[text] != nil { return (.form(text), span) }
            return interpreter.library.contains(text) || document.isLibrary
                ? (.library(text, isBehindPoint: false), span) : nil
        }
    }

    /// Whether a word is the name of an argument.
    private func isLabel(_ document: Document, _ span: Span, _ context: CompletionContext) -> Bool {
        guard context.call?.startsArgument == true else { return false }
        let rest = document.source.bytes[Int(span.end)...].drop { $0 == UInt8(ascii: " ") }.prefix(2)
        return rest.first == UInt8(ascii: "=") && rest.last != UInt8(ascii: "=") || rest.elementsEqual([0x3d])
    }

    private func member(_ name: String, of path: CompletionContext.Path, _ document: Document, _ offset: Int)
        -> Subject?
    {
        switch receiver(of: path, document, offset) {
        case .type(let type):
            if let member = type.members.first(where: { $0.name == name }) { return .bound(member, document) }
        case .imported(let other): return other.global(name).map { .bound($0, other) }
        case .path(let path):
            if let (type, method) = MemberCandidates(interpreter).method(name, of: path) {
                return .method(name, type: type, method)
            }
        case .record, nil: break
        }
        if let function = document.names.meaning(of: name, at: offset), function.function != nil {
            return .bound(function, document)
        }
        guard interpreter.library.contains(name), interpreter.libraryParameters(name) != nil else {
            return nil
        }
        return .library(name, isBehindPoint: true)
    }

    // MARK: Values before a point

    private func receiver(
        of path: CompletionContext.Path, _ document: Document, _ offset: Int, depth: Int = 0
    ) -> Receiver? {
        guard depth < 20, let steps = path.steps, case .name(let first)? = steps.first else {
            return .path(path)
        }
        if first == "self" {
            return steps.count == 1 ? document.names.type(at: offset).map { .type($0) } : nil
        }
        guard let bound = document.names.meaning(of: first, at: offset) else { return .path(path) }
        if bound.kind == .type { return steps.count == 2 && steps[1] == .call ? .type(bound) : nil }
        guard let value = bound.value else { return nil }
        if steps.count == 1 {
            switch value.kind {
            case .record(let entries): return .record(entries)
            case .importFile(let file): return imported(file, document).map { .imported($0) }
            default: break
            }
        }
        // The value's own text before a point, and then the rest of the path.
        let text = document.source.text(value.span)
        guard text.utf8.count < 1 << 12 else { return nil }
        let source = Source(name: "", text: text + ".")
        guard case .member(let inner) = CompletionContext(source: source, cursor: source.bytes.count).place
        else {
            return nil
        }
        let whole = CompletionContext.Path(
            steps: inner.steps.map { $0 + steps.dropFirst() },
            text: inner.text + path.text.dropFirst(first.count))
        return receiver(of: whole, document, Int(bound.definition.start), depth: depth + 1)
    }

    /// The file that an `import` with a plain string names.
    private func imported(_ file: Expression, _ document: Document) -> Document? {
        guard case .string(let pieces) = file.kind, pieces.count == 1, case .text(let name) = pieces[0].kind,
            let own = FileURI.path(of: document.uri), let folder = Folder.parent(of: own)
        else { return nil }
        let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        guard let status = FileStatus(path), status.kind == .file, status.size <= Document.analysisLimit,
            let bytes = try? FileReader.contents(of: path)
        else { return nil }
        return Document(uri: FileURI.of(path: path), version: nil, bytes: bytes, isLibrary: false)
    }

    // MARK: Completion

    func completion(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        if document.isTooLarge { return .null }
        let context = CompletionContext(source: document.source, cursor: offset)
        var items: [JSONValue] = []
        let edited = document.range(of: context.replaced)
        let prefix = context.prefix.lowercased()
        /// - Parameter kind: the protocol's number: 2 method, 3 function, 5 field, 6 variable, 7 class, 14 keyword,
        ///   17 file, 10 named argument.
        func add(
            _ name: String, _ text: String? = nil, kind: Int, detail: String = "", order: Int? = nil,
            behindPoint: Bool = false
        ) {
            let text = text ?? name
            guard text.lowercased().hasPrefix(prefix) else { return }
            var item: [String: JSONValue] = [
                "label": .string(name), "kind": .integer(kind),
                "textEdit": ["range": edited, "newText": .string(text)], "filterText": .string(text),
            ]
            if !detail.isEmpty { item["detail"] = .string(detail) }
            if let order { item["sortText"] = .string(String(String(10_000 + order).dropFirst())) }
            if detail.isEmpty { item["data"] = ["name": .string(name), "behindPoint": .bool(behindPoint)] }
            items.append(.object(item))
        }
        func addBound(_ names: [BoundName], _ document: Document) {
            for name in names { add(name.name, kind: name.itemKind, detail: name.about(document.source)) }
        }
        switch context.place {
        case .nothing, .label: break
        case .text:
            for item in Completer(interpreter).candidates(
                in: document.source.text(Span(0, offset)), at: offset
            ).items {
                add(item.name, item.text, kind: 17, detail: "file")
            }
        case .type:
            addBound(document.names.visible(at: offset).filter { $0.kind == .type }, document)
            for name in interpreter.kindNames { add(name, kind: 7, detail: "a kind of values") }
            for name in interpreter.library.names where name.first?.isUppercase == true { add(name, kind: 7) }
        case .member(let path):
            switch receiver(of: path, document, offset) {
            case .type(let type): addBound(type.members, document)
            case .imported(let other): addBound(other.globals, other)
            case .record(let entries):
                for entry in entries {
                    if case .name(let name) = entry.key {
                        add(name, kind: 5, detail: document.source.text(entry.value.span))
                    }
                }
            case .path(let path):
                let found = MemberCandidates(interpreter).candidates(of: path, context.prefix)
                for (order, item) in found.prefix(2000).enumerated() {
                    add(
                        item.name, item.text, kind: item.isBehindPoint ? 3 : 2, detail: item.help,
                        order: order,
                        behindPoint: item.isBehindPoint)
                }
            case nil: break
            }
            if items.isEmpty, !prefix.isEmpty {
                for item in MemberCandidates(interpreter).candidates(
                    of: .init(steps: nil, text: ""), context.prefix)
                {
                    add(item.name, item.text, kind: 3, behindPoint: true)
                }
            }
        case .name:
            if let call = context.call, call.startsArgument,
                let called = callable(call.callee, document, offset)
            {
                let positional = call.position - call.names.count + (called.isBehindPoint ? 1 : 0)
                for (place, parameter) in called.parameters.enumerated()
                where parameter.hasName && place >= positional && !call.names.contains(parameter.name) {
                    let detail = parameter.defaultSource.map { "default \($0)" } ?? "required"
                    add(parameter.name + "=", kind: 10, detail: detail, order: place)
                }
            }
            if prefix.isEmpty, parameters["context"]?["triggerKind"]?.integer == 2 { break }
            let own = document.names.visible(at: offset)
            addBound(own, document)
            let known = Set(own.map(\.name))
            for name in interpreter.library.names where !known.contains(name) {
                add(name, kind: name.first?.isUppercase == true ? 7 : 3)
            }
            for word in Completer.keywords { add(word, kind: 14, detail: "keyword") }
        }
        return ["isIncomplete": false, "items": .array(items)]
    }

    /// Adds the help to a candidate of the library.
    func resolve(_ item: JSONValue) throws -> JSONValue {
        guard case .object(var fields) = item, let name = item["data"]?["name"]?.string else { return item }
        let isBehindPoint = item["data"]?["behindPoint"]?.bool ?? false
        let help = Completer(interpreter).help(
            on: .init(name: name, text: name, isBehindPoint: isBehindPoint))
        if !help.isEmpty { fields["detail"] = .string(help) }
        if let entry = interpreter.help(named: name) { fields["documentation"] = markdown(entry) }
        return .object(fields)
    }

    // MARK: Calls

    struct Callable {
        var name: String
        var parameters: [ParameterInfo]
        var doc: String
        /// Whether the value before the point is the first argument.
        var isBehindPoint = false
    }

    func callable(_ path: CompletionContext.Path, _ document: Document, _ offset: Int) -> Callable? {
        guard let last = path.steps?.last ?? lastMember(path) else { return nil }
        switch last {
        case .name(let name):
            if let bound = document.names.meaning(of: name, at: offset) {
                return bound.callable(document.source)
            }
            return libraryCallable(name, isBehindPoint: false)
        case .member(let name):
            let owner = String(path.text.dropLast(name.count + 1))
            let steps = path.steps.map { Array($0.dropLast()) }
            guard let subject = member(name, of: .init(steps: steps, text: owner), document, offset) else {
                return nil
            }
            switch subject {
            case .bound(let bound, let other):
                var callable = bound.callable(other.source)
                callable?.isBehindPoint = bound.type == nil && other === document
                return callable
            case .library(let name, let isBehindPoint):
                return libraryCallable(name, isBehindPoint: isBehindPoint)
            case .method(let name, _, let method):
                guard let parameters = interpreter.parameters(of: method) else { return nil }
                return Callable(
                    name: name, parameters: parameters, doc: interpreter.documentation(of: method) ?? "")
            case .form: return nil
            }
        default: return nil
        }
    }

    /// The member at the end of a path that begins with a literal.
    private func lastMember(_ path: CompletionContext.Path) -> CompletionContext.Step? {
        guard let dot = path.text.lastIndex(of: ".") else { return nil }
        let name = String(path.text[path.text.index(after: dot)...])
        return name.isEmpty ? nil : .member(name)
    }

    private func libraryCallable(_ name: String, isBehindPoint: Bool) -> Callable? {
        guard interpreter.library.contains(name), let parameters = interpreter.libraryParameters(name) else {
            return nil
        }
        return Callable(
            name: name, parameters: parameters, doc: interpreter.help(named: name)?.doc ?? "",
            isBehindPoint: isBehindPoint)
    }

    func signatureHelp(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        guard !document.isTooLarge,
            let call = CompletionContext(source: document.source, cursor: offset).call,
            let called = callable(call.callee, document, offset)
        else { return .null }
        let shown = called.isBehindPoint ? Array(called.parameters.dropFirst()) : called.parameters
        var active = call.position
        if let name = call.argumentName {
            active = shown.firstIndex { $0.hasName && $0.name == name } ?? active
        }
        if let rest = shown.firstIndex(where: \.isRest) { active = min(active, rest) }
        var signature: [String: JSONValue] = [
            "label": .string(shown.signature(called.name)),
            "parameters": .array(shown.map { ["label": .string($0.text)] }),
        ]
        if !called.doc.isEmpty {
            signature["documentation"] = ["kind": "markdown", "value": .string(called.doc)]
        }
        return [
            "signatures": [.object(signature)], "activeSignature": 0, "activeParameter": .integer(active),
        ]
    }

    // MARK: Hover

    func hover(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        guard let (subject, span) = subject(document, offset) else { return .null }
        let content: JSONValue
        switch subject {
        case .bound(let name, let other):
            content = markdown(name.about(other.source), name.doc ?? "")
        case .library(let name, _), .form(let name):
            guard let entry = interpreter.help(named: name) else { return .null }
            content = markdown(entry)
        case .method(let name, let type, let method):
            let signature = (interpreter.parameters(of: method) ?? []).signature("\(type).\(name)")
            content = markdown(signature, interpreter.documentation(of: method) ?? "")
        }
        return ["contents": content, "range": document.range(of: span)]
    }

    private func markdown(_ entry: HelpEntry) -> JSONValue {
        let examples = entry.examplesBesideDoc.map { "\n\n```seg\n\($0)\n```" }.joined()
        return markdown(entry.signature, entry.doc + examples)
    }

    private func markdown(_ code: String, _ text: String) -> JSONValue {
        ["kind": "markdown", "value": .string("```seg\n\(code)\n```" + (text.isEmpty ? "" : "\n\n" + text))]
    }
}

extension Document {
    /// The names of the outermost level.
    var globals: [BoundName] { names.visible(at: 0).filter { $0.kind != .loop && $0.kind != .caught } }

    func global(_ name: String) -> BoundName? { names.meaning(of: name, at: 0) }
}

extension BoundName {
    /// In a line: the signature of a function, the beginning of a value.
    func about(_ source: Source) -> String {
        if let callable = callable(source) { return callable.parameters.signature(name) }
        switch kind {
        case .parameter: return "\(name): a parameter"
        case .loop: return "\(name): of the loop"
        case .caught: return "\(name): the caught error"
        default:
            guard let value else { return name }
            let text = source.text(value.span)
            let line = text.prefix { !$0.isNewline }.prefix(100)
            return "\(name) = \(line)" + (line.endIndex == text.endIndex ? "" : "…")
        }
    }

    func callable(_ source: Source) -> LanguageServer.Callable? {
        guard let function else { return nil }
        return .init(name: name, parameters: function.parameterInfos(source), doc: doc ?? "")
    }

    /// The protocol's number for candidates.
    fileprivate var itemKind: Int {
        if kind == .type { return 7 }
        if kind == .method { return 2 }
        if function != nil { return 3 }
        return kind == .field ? 5 : 6
    }
}
