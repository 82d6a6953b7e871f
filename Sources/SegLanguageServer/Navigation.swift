// Going to definitions and uses, renaming, and the outline of a text.

import SegRuntime
import SegSyntax
import SegSystem

extension LanguageServer {
    func definition(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        guard let (subject, _) = subject(document, offset) else { return .null }
        switch subject {
        case .bound(let name, let other): return other.location(of: name.definition)
        case .library(let name, _): return library.definition(of: name) ?? .null
        case .method(let name, let type, _): return library.definition(of: name, ofType: type) ?? .null
        case .form: return .null
        }
    }

    func references(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        let withDefinition = parameters["context"]?["includeDeclaration"]?.bool ?? true
        guard !document.isTooLarge else { return [] }
        guard let (name, _) = document.names.name(at: offset) else {
            // A name of the library, wherever the text uses it.
            guard case .library(let name, _)? = subject(document, offset)?.subject else { return [] }
            return .array(
                document.names.others.filter { $0.name == name }.map { document.location(of: $0.span) })
        }
        let places = name.places.filter { withDefinition || $0.span != name.definition }
        return .array(places.map { document.location(of: $0.span) })
    }

    func highlights(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        guard !document.isTooLarge, let (name, _) = document.names.name(at: offset) else { return [] }
        return .array(
            name.places.map {
                ["range": document.range(of: $0.span), "kind": $0.isBinding ? 3 : 2]
            })
    }

    // MARK: Renaming

    func prepareRename(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        let (name, span) = try renamed(document, offset)
        return ["range": document.range(of: span), "placeholder": .string(name.name)]
    }

    func rename(_ parameters: JSONValue) throws -> JSONValue {
        let (document, offset) = try place(parameters)
        let (name, _) = try renamed(document, offset)
        guard let new = parameters["newName"]?.string else {
            throw RequestError.invalidParameters("a name is missing")
        }
        guard new.utf8.count <= 100, isName(new) else {
            throw RequestError.failed(
                new.isEmpty ? "a name cannot be empty" : "\(new.prefix(100)) cannot be a name")
        }
        if let other = document.names.obstacle(to: name, as: new) {
            let line = document.source.position(of: Int(other.definition.start)).line
            throw RequestError.failed("\(new) is already a name there, of line \(line)")
        }
        if let use = document.names.others.first(where: { $0.name == new }) {
            let line = document.source.position(of: Int(use.span.start)).line
            throw RequestError.failed("\(new) means the library's in line \(line)")
        }
        let edits = name.places.map {
            ["range": document.range(of: $0.span), "newText": .string(new)] as JSONValue
        }
        return ["changes": .object([document.uri: .array(edits)])]
    }

    /// The name at a place, if the text alone decides where it is used.
    private func renamed(_ document: Document, _ offset: Int) throws -> (BoundName, Span) {
        guard !document.isLibrary else { throw RequestError.failed("the library's files are not renamed in") }
        guard document.program.diagnostics.isEmpty else {
            throw RequestError.failed("the script has errors: with them, not all uses of a name are known")
        }
        guard !document.isTooLarge, let (name, span) = document.names.name(at: offset) else {
            throw RequestError.failed("there is no name of this script")
        }
        func refuse(_ what: String, _ span: Span) -> RequestError {
            let line = document.source.position(of: Int(span.start)).line
            return .failed("whether \(what) in line \(line) is this one is known only when it runs")
        }
        // A function too may be called behind a point.
        for other in document.names.members where other.name == name.name {
            if name.type != nil || other.isCall && name.function != nil {
                throw refuse(".\(name.name)", other.span)
            }
        }
        if name.isParameter, let label = document.names.looseLabels.first(where: { $0.name == name.name }) {
            throw refuse("\(name.name)=", label.span)
        }
        if name.type == nil, library.memberNames.contains(name.name) {
            for place in name.places where document.isBehindPoint(place.span) {
                throw refuse(".\(name.name)", place.span)
            }
        }
        // `mean = mean(xs)`: up to there the name is the library's.
        if document.global(name.name) === name, interpreter.library.contains(name.name) {
            let end = document.source.lineEnd(after: Int(max(name.definition.end, name.value?.span.end ?? 0)))
            if name.places.contains(where: { !$0.isBinding && Int($0.span.start) < end }) {
                throw RequestError.failed("\(name.name) is the library's until this script gives it a value")
            }
        }
        return (name, span)
    }

    private func isName(_ text: String) -> Bool {
        let program = Parser(name: "", text: text).parse()
        guard program.diagnostics.isEmpty, program.statements.count == 1,
            case .expression(let value) = program.statements[0].kind, case .name(let name) = value.kind
        else { return false }
        return name == text
    }

    // MARK: The outline

    func symbols(_ parameters: JSONValue) throws -> JSONValue {
        let document = try document(parameters)
        if document.isTooLarge { return [] }
        return .array(outline(document.program.statements, document, isType: false))
    }

    private func outline(_ statements: [Statement], _ document: Document, isType: Bool) -> [JSONValue] {
        var known: Set<String> = []
        var symbols: [JSONValue] = []
        func add(_ name: String, _ kind: Int, _ span: Span, _ nameSpan: Span, _ children: [JSONValue] = []) {
            guard known.insert(name).inserted else { return }
            symbols.append([
                "name": .string(name), "kind": .integer(kind),
                "range": document.range(of: span.joined(nameSpan)),
                "selectionRange": document.range(of: nameSpan), "children": .array(children),
            ])
        }
        for statement in statements {
            switch statement.kind {
            case .function(let function):
                // 6 method, 12 function, 5 class, 8 field, 13 variable.
                add(function.name ?? "", isType ? 6 : 12, statement.span, function.nameSpan)
            case .type(let function):
                let children = outline(function.body.statements, document, isType: true)
                add(function.name ?? "", 5, statement.span, function.nameSpan, children)
            case .assign(let targets, let values, _):
                for (place, target) in targets.enumerated() {
                    guard case .name(let name, let span) = target else { continue }
                    var kind = isType ? 8 : 13
                    if values.count == targets.count, case .function = values[place].kind {
                        kind = isType ? 6 : 12
                    }
                    add(name, kind, statement.span, span)
                }
            default: break
            }
        }
        return symbols
    }
}

extension Source {
    /// Where the line that holds a place ends.
    fileprivate func lineEnd(after offset: Int) -> Int {
        bytes[min(offset, bytes.count)...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    }
}
