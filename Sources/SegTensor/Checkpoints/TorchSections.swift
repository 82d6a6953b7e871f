// The state dicts in a training checkpoint: a file may hold those of several models, of their averages and of the
// optimizer. They are listed, and found by the path that `section=` gives: keys, joined by dots.

extension Pickle {
    /// The levels of dictionaries that are searched, and the most entries of each.
    private static let sectionDepth = 5
    private static let sectionLimit = 1_000

    /// Whether a value is a dictionary with named tensors, or a pickled model.
    func holdsTensors(_ handle: Handle) -> Bool {
        guard case .dictionary(let place) = self[handle] else { return isModule(handle) }
        return dictionaries[place].contains { isTensor($0.value) && text($0.key) != nil }
    }

    /// The names and values of a dictionary, or the tensors of a pickled model; nil for anything else.
    func namedValues(_ handle: Handle, file: String) throws -> [(key: String, value: Handle)]? {
        if let entries = entries(handle) { return entries }
        guard isModule(handle) else { return nil }
        let tensors = try moduleTensors(handle, file: file)
        return tensors.isEmpty ? nil : tensors
    }

    /// The paths of the dictionaries with tensors and of the models inside the pickled object, the outer ones
    /// first.
    func stateDicts() -> [String] {
        var found: [String] = []
        var seen: Set<Handle> = [root]
        var level: [(path: String, handle: Handle)] = [("", root)]
        for _ in 0..<Self.sectionDepth {
            var next: [(path: String, handle: Handle)] = []
            for (path, handle) in level {
                for (key, value) in parts(handle).prefix(Self.sectionLimit)
                where key.utf8.count <= 100 && seen.insert(value).inserted {
                    let inner = path.isEmpty ? key : "\(path).\(key)"
                    if holdsTensors(value) { found.append(inner) }
                    next.append((inner, value))
                }
            }
            level = Array(next.prefix(Self.sectionLimit))
            if found.count > Self.sectionLimit { break }
        }
        return found
    }

    /// What may contain state dicts: the entries of a dictionary, or the items of the outermost list or tuple.
    private func parts(_ handle: Handle) -> [(key: String, value: Handle)] {
        if let entries = entries(handle) { return entries }
        guard handle == root else { return [] }
        return (sequence(handle) ?? []).enumerated().map { ("\($0.offset)", $0.element) }
    }

    /// The value at a path, nil if there is none. Keys may contain dots themselves: the longest that fits counts.
    func value(at path: String) -> Handle? {
        var place = root
        var rest = path[...]
        while !rest.isEmpty {
            let next = parts(place).filter { key, _ in
                !key.isEmpty && (rest == key || rest.hasPrefix(key + "."))
            }.max { $0.key.utf8.count < $1.key.utf8.count }
            guard let next else { return nil }
            place = next.value
            rest = rest.dropFirst(next.key.count).drop { $0 == "." }
        }
        return place == root ? nil : place
    }
}
