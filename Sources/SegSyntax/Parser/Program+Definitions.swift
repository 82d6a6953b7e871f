// What a text defines at its outermost level: the index by which the library's files are found.

extension Program {
    /// The names of its functions, types and variables; those that begin with `_` are its own affair.
    public var definedNames: [String] {
        var names: [String] = []
        for statement in statements {
            switch statement.kind {
            case .function(let function), .type(let function): names += [function.name].compactMap { $0 }
            case .assign(let targets, _, _):
                for case .name(let name, _) in targets { names.append(name) }
            default: break
            }
        }
        return names.filter { !$0.hasPrefix("_") }
    }
}
