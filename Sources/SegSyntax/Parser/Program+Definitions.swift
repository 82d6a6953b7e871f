// What a text defines at its outermost level: the index from names to files of the library.

/// Names by who may use them.
public struct DefinedNames: Sendable, Equatable {
    /// Documented names: for every script.
    public var documented: [String] = []
    /// Names without documentation: for the other files of the library.
    public var undocumented: [String] = []
}

extension Program {
    /// The names of its functions, types and variables. Those that begin with `_` are private to the text.
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
