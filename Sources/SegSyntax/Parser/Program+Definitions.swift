// What a text defines at its outermost level: the index by which the library's files are found.

/// Names by who may use them.
public struct DefinedNames: Sendable, Equatable {
    /// Those with a documentation: for every script.
    public var documented: [String] = []
    /// Those without: for the other files of the library.
    public var undocumented: [String] = []
}

extension Program {
    /// The names of its functions, types and variables. Those that begin with `_` belong to the text alone.
    public var definedNames: DefinedNames {
        var order: [String] = []
        var documented: Set<String> = []
        func add(_ name: String?, _ doc: String?) {
            guard let name, !name.hasPrefix("_") else { return }
            if !order.contains(name) { order.append(name) }
            if doc != nil { documented.insert(name) }
        }
        for statement in statements {
            switch statement.kind {
            case .function(let function), .type(let function): add(function.name, function.doc)
            case .assign(let targets, _, let doc):
                for case .name(let name, _) in targets { add(name, doc) }
            default: break
            }
        }
        return DefinedNames(
            documented: order.filter { documented.contains($0) },
            undocumented: order.filter { !documented.contains($0) })
    }
}
