// Whole models that were pickled as objects: their tensors are found by the fields that every torch.nn.Module has
// in its state, under the names that its state_dict() would give them. No class is looked up, no code runs; a
// model that keeps its tensors elsewhere is refused.

extension Pickle {
    /// The levels of modules in modules; real models have some ten.
    private static let moduleDepth = 100

    /// The class of a module in a legacy file, which stores its source beside it: `('module', class, file, source)`.
    func moduleType(_ tuple: Handle) -> Handle? {
        guard let items = sequence(tuple), items.count >= 2, text(items[0]) == "module",
            global(items[1]) != nil
        else { return nil }
        return items[1]
    }

    /// Whether a value is an object with the fields of a module. They are the first ones that it gets; many
    /// objects may share a state of many fields, which is not searched for each.
    func isModule(_ handle: Handle) -> Bool {
        guard let state = moduleState(handle), case .dictionary(let place) = self[state] else { return false }
        return dictionaries[place].prefix(Self.firstFields).contains { text($0.key) == "_parameters" }
    }

    private static let firstFields = 30

    private func moduleState(_ handle: Handle) -> Handle? {
        guard case .opaque = self[handle], let state = states[handle] else { return nil }
        // A class with __slots__ has them beside its dictionary.
        if case .tuple(let parts) = self[state] { return parts.first }
        return state
    }

    /// The tensors of a module, in the order of its state_dict().
    func moduleTensors(_ root: Handle, file: String) throws -> [(key: String, value: Handle)] {
        var found: [(key: String, value: Handle)] = []
        var work: [(prefix: String, module: Handle, depth: Int)] = [("", root, 0)]
        // A module may be reached by many ways, or contain itself.
        var effort = 0
        while let (prefix, module, depth) = work.popLast() {
            guard let fields = moduleState(module).flatMap({ self.entries($0) }) else { continue }
            let named = Dictionary(fields.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
            func entries(_ field: String) -> [(key: String, value: Handle)] {
                named[field].flatMap { self.entries($0) } ?? []
            }
            let parameters = entries("_parameters")
            let buffers = entries("_buffers")
            let children = entries("_modules")
            effort += fields.count + parameters.count + buffers.count + children.count + prefix.utf8.count
            guard effort <= Self.nodeLimit, found.count <= Self.tensorLimit, depth <= Self.moduleDepth else {
                throw Self.refused(file, "its modules contain each other or are nested too deeply")
            }
            let passing = Set(
                (named["_non_persistent_buffers_set"].flatMap { sequence($0) } ?? []).compactMap { text($0) })
            for (name, value) in parameters + buffers.filter({ !passing.contains($0.key) })
            where isTensor(value) {
                found.append((prefix + name, value))
            }
            for (name, child) in children.reversed() { work.append((prefix + name + ".", child, depth + 1)) }
        }
        return found
    }
}
