// From a pickled object to named tensors: finds the state dict, which may be inside a training checkpoint,
// and gives each tensor its position in the file. The two containers locate the storages; everything else is
// here.

import SegSystem

/// The state dict of a PyTorch file, and how it was found.
struct TorchStateDict {
    let entries: [(name: String, view: Pickle.TensorView)]
    let notes: [String]

    /// The names under which training scripts store the state dict, the most likely first.
    private static let wrappers = ["state_dict", "model_state_dict", "model_state", "model", "module", "net"]

    init(_ pickle: Pickle, file: String) throws {
        var notes: [String] = []
        var place = pickle.root
        guard var entries = pickle.entries(place) else { throw Self.noStateDict(pickle, place, file) }
        // A state dict inside a dictionary inside a dictionary occurs in practice; deeper levels are not
        // searched.
        for _ in 0..<2 {
            guard let found = Self.inside(pickle, entries) else { break }
            guard let inner = pickle.entries(found.value) else {
                throw Self.noStateDict(pickle, found.value, file, under: found.key)
            }
            let others = entries.filter { $0.key != found.key }.map(\.key)
            notes.append(
                "taken from '\(found.key)'" + (others.isEmpty ? "" : "; left out: \(Self.listed(others))"))
            place = found.value
            entries = inner
        }
        var tensors: [(name: String, view: Pickle.TensorView)] = []
        var others: [String] = []
        for (name, value) in entries {
            switch pickle[value] {
            case .tensor(let index): tensors.append((name, pickle.tensors[index]))
            case .unreadable:
                throw Pickle.refused(
                    file, "'\(FileText.shown(name))' is \(pickle.description(value)), which seg does not read"
                )
            default: others.append("\(name) (\(pickle.description(value)))")
            }
        }
        let unnamed = pickle.unnamedTensors(place)
        guard !tensors.isEmpty else {
            let what =
                unnamed > 0
                ? "the keys of its \(unnamed) tensors are not names"
                : others.isEmpty ? "it is empty" : "it has \(Self.listed(others))"
            throw TensorError(
                .file,
                "\(file) holds no state dict: no tensor with a name was found in its dictionary; \(what)")
        }
        if !others.isEmpty { notes.append("not tensors: \(Self.listed(others))") }
        if unnamed > 0 { notes.append("left out: \(unnamed) tensors whose keys are not names") }
        self.entries = tensors
        self.notes = notes
    }

    /// The entry of a training checkpoint that holds the state dict; nil if the dictionary itself is the
    /// state dict. A checkpoint may have tensors of its own: a loss, or the state of a random generator.
    private static func inside(
        _ pickle: Pickle, _ entries: [(key: String, value: Pickle.Handle)]
    ) -> (key: String, value: Pickle.Handle)? {
        let known = wrappers.compactMap { name in entries.first { $0.key == name } }
        var seen: Set<Int> = []
        if let holder = known.first(where: { leadsToTensors(pickle, $0.value, &seen) }) { return holder }
        let module = known.first { if case .opaque = pickle[$0.value] { true } else { false } }
        if let module { return module }
        if entries.contains(where: { pickle.isTensor($0.value) }) { return nil }
        return known.first ?? onlyStateDict(pickle, entries)
    }

    /// Whether a value is a dictionary with tensors, or contains such a dictionary under a known name. A
    /// dictionary in `seen` is not searched again: it may occur a million times.
    private static func leadsToTensors(
        _ pickle: Pickle, _ value: Pickle.Handle, _ seen: inout Set<Int>, depth: Int = 1
    ) -> Bool {
        guard case .dictionary(let place) = pickle[value], seen.insert(place).inserted else { return false }
        let pairs = pickle.dictionaries[place]
        if pairs.contains(where: { pickle.isTensor($0.value) }) { return true }
        guard depth > 0 else { return false }
        return pairs.contains { key, value in
            guard let name = pickle.text(key), wrappers.contains(name) else { return false }
            return leadsToTensors(pickle, value, &seen, depth: depth - 1)
        }
    }

    /// The tensors in the file. `place` returns the bytes of a storage, or throws, naming the tensor that
    /// needs them.
    func tensors(
        _ pickle: Pickle, _ file: FileReader,
        place: (_ storage: Pickle.Storage, _ tensor: String) throws -> Range<Int>
    ) throws -> [StoredTensor] {
        var total = 0
        return try entries.map { name, view in
            let storage = pickle.storages[view.storage]
            let size = view.dtype.size
            let range = try place(storage, name)
            // All elements are inside the storage's stated count, so that the sum for the last byte does not
            // overflow.
            let reach =
                view.count == 0 ? 0 : (StoredSize.reach(view.shape, view.strides) ?? 0) + view.offset + 1
            let (needed, overflow) = reach.multipliedReportingOverflow(by: size)
            guard !overflow, needed <= range.count else {
                throw TensorError(
                    .file,
                    "\(file.path) is cut off: tensor '\(FileText.shown(name))' needs \(overflow ? Int.max : needed) bytes, \(range.count) are left"
                )
            }
            try StoredLimit.add(view.count, size, &total, file)
            let plain = view.count == 0 || StoredSize.isRowMajor(view.shape, view.strides)
            return StoredTensor(
                name: name, dtype: view.dtype, shape: view.shape, count: view.count, file: file,
                start: view.count == 0 ? range.lowerBound : range.lowerBound + view.offset * size,
                strides: plain ? nil : view.strides)
        }
    }

    /// The only entry that is a dictionary with tensors. A dictionary that occurs several times is searched
    /// once.
    private static func onlyStateDict(
        _ pickle: Pickle, _ entries: [(key: String, value: Pickle.Handle)]
    ) -> (key: String, value: Pickle.Handle)? {
        var seen: Set<Int> = []
        var found: (key: String, value: Pickle.Handle)?
        for entry in entries {
            guard case .dictionary(let place) = pickle[entry.value], seen.insert(place).inserted else {
                continue
            }
            guard pickle.dictionaries[place].contains(where: { pickle.isTensor($0.value) }) else { continue }
            if found != nil { return nil }
            found = entry
        }
        return found
    }

    /// The first names, and the number of the others.
    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(6).map { FileText.shown($0) }.joined(separator: ", ")
        return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
    }

    private static func noStateDict(
        _ pickle: Pickle, _ place: Pickle.Handle, _ file: String, under key: String? = nil
    ) -> TensorError {
        if case .opaque(let global) = pickle[place] {
            return Pickle.wholeModule(file, pickle.globals[global])
        }
        let outer = key.map { " under '\($0)'" } ?? ""
        return TensorError(
            .file, "\(file) holds \(pickle.description(place))\(outer), not a state dict (names to tensors)",
            help: "save its weights with torch.save(model.state_dict(), \"weights.pth\")")
    }
}

/// Tensors may share storages and repeat elements, so a small file can request much memory. The total is
/// limited in proportion to the file's size.
enum StoredLimit {
    static func add(_ count: Int, _ size: Int, _ total: inout Int, _ file: FileReader) throws {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        let (sum, passed) = total.addingReportingOverflow(bytes)
        let limit = 8 * file.count + 1 << 26
        guard !overflow, !passed, sum <= limit else {
            throw TensorError(
                .file,
                "\(file.path) needs more memory than its size justifies: its tensors repeat the same numbers many times"
            )
        }
        total = sum
    }
}
