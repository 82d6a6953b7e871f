// The names of the language and its library that a text may call, with the arguments they take.

import SegLibrary
import SegRuntime
import SegSyntax

struct Vocabulary {
    /// What a function takes by name.
    enum Arguments {
        case named(Set<String>)
        /// It collects names of any kind, or it is unknown.
        case any

        func takes(_ name: String) -> Bool {
            switch self {
            case .named(let names): names.contains(name)
            case .any: true
            }
        }
    }

    /// What users call: the library's public names.
    private(set) var functions: [String: Arguments] = [:]
    /// Internal names that the files of the library call.
    private(set) var hidden: Set<String> = []
    /// Methods of the library's types, and entries of `torch`.
    private(set) var methods: [String: [Arguments]] = [:]
    /// Fields of the library's types; they may hold a function.
    private(set) var fields: Set<String> = []
    /// Every parameter and field of the library.
    private(set) var options: Set<String> = []

    init(_ interpreter: Interpreter) throws {
        for name in interpreter.library.names {
            guard let value = try interpreter.libraryValue(name) else { continue }
            functions[name] = take(interpreter.parameters(of: value)?.map { ($0.name, $0.isRest) })
            if case .object(let object) = value, object.kind == .record {
                for member in interpreter.memberNames(value) {
                    let inner = try interpreter.member(value, member)
                    let parameters = inner.flatMap { interpreter.parameters(of: $0) }
                    methods[member, default: []].append(take(parameters?.map { ($0.name, $0.isRest) }))
                }
            }
        }
        for script in interpreter.library.scripts {
            for statement in Parser(name: script.name, text: script.text).parse().statements {
                take(statement)
            }
        }
    }

    private mutating func take(_ parameters: [(name: String, isRest: Bool)]?) -> Arguments {
        guard let parameters else { return .any }
        options.formUnion(parameters.map(\.name))
        return parameters.last?.isRest == true ? .any : .named(Set(parameters.map(\.name)))
    }

    private mutating func take(_ statement: Statement) {
        switch statement.kind {
        case .function(let function):
            if let name = function.name, functions[name] == nil { hidden.insert(name) }
        case .type(let type):
            if let name = type.name, functions[name] == nil { hidden.insert(name) }
            for parameter in type.parameters { field(parameter.name) }
            for inner in type.body.statements {
                switch inner.kind {
                case .function(let method):
                    guard let name = method.name else { continue }
                    methods[name, default: []].append(take(method.parameters.map { ($0.name, $0.isRest) }))
                case .assign(let targets, _, _):
                    for case .name(let name, _) in targets { field(name) }
                default: break
                }
            }
        default: break
        }
    }

    private mutating func field(_ name: String) {
        options.insert(name)
        fields.insert(name)
    }

    /// Errors in the calls and options of a text; empty if all of them exist.
    /// - Parameters:
    ///   - bound: names that the text's surroundings define.
    ///   - isInternal: whether the text is part of the library, which may use internal names.
    func faults(
        in text: String, bound: Set<String> = [], isInternal: Bool = false, checksLooseOptions: Bool = false
    ) -> [(line: Int, fault: String)] {
        // The output of a line is not a call: `tensor(Road=1, Sky=2)`.
        let text = text.replacing(#/# expect:.*/#, with: "")
        let mentions = Mentions(in: text)
        let own = bound.union(Mentions.bound(in: text))
        var faults: [(line: Int, fault: String)] = []
        for call in mentions.calls where !own.contains(call.name) && Token.Kind.keywords[call.name] == nil {
            var known: [Arguments] = []
            if let function = functions[call.name] { known.append(function) }
            if isInternal, hidden.contains(call.name) { known.append(.any) }
            // Prose names methods without an object, as in: call `step()` or `finish()`.
            known += methods[call.name] ?? []
            if call.isMember, fields.contains(call.name) { known.append(.any) }
            if known.isEmpty {
                faults.append((call.line, "\(call.isMember ? "." : "")\(call.name)( is not defined"))
            }
            for option in call.options
            where !known.isEmpty && !known.contains(where: { $0.takes(option) }) {
                faults.append((call.line, "\(call.name) has no argument \(option)"))
            }
        }
        if checksLooseOptions {
            for option in mentions.looseOptions
            where !options.contains(option.name) && !own.contains(option.name) {
                faults.append((option.line, "no function has an argument \(option.name)"))
            }
        }
        return faults
    }
}
