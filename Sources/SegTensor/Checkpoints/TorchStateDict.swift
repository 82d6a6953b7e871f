// From a pickled object to named tensors: finds the state dict, which may stand inside a training checkpoint, and
// gives each tensor its place in the file. The two containers say where storages lie; the rest is here.

/// The state dict of a PyTorch file, and how it was found.
struct TorchStateDict {
    let entries: [(name: String, view: Pickle.TensorView)]
    let notes: [String]

    /// The names under which training scripts keep the state dict, the likeliest first.
    private static let wrappers = ["state_dict", "model_state_dict", "model_state", "model", "module", "net"]

    init(_ pickle: Pickle, file: String) throws {
        var notes: [String] = []
        var place = pickle.root
        guard var entries = pickle.entries(place) else { throw Self.noStateDict(pickle, place, file) }
        // A state dict inside a dictionary inside a dictionary has been seen; deeper than that it is not looked for.
        for _ in 0..<2 where !Self.hasTensors(pickle, entries) {
            let found =
                Self.wrappers.lazy.compactMap { name in entries.first { $0.key == name } }.first
                ?? Self.onlyStateDict(pickle, entries)
            guard let found else { break }
            guard let inner = pickle.entries(found.value) else {
                throw Self.noStateDict(pickle, found.value, file)
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
            if case .tensor(let index) = pickle[value] {
                tensors.append((name, pickle.tensors[index]))
            } else {
                others.append("\(name) (\(pickle.description(value)))")
            }
        }
        guard !tensors.isEmpty else {
            let keys = entries.isEmpty ? "it is empty" : "it has \(Self.listed(entries.map(\.key)))"
            throw TensorError(
                .file, "\(file) holds no state dict: no tensor was found in its dictionary; \(keys)")
        }
        if !others.isEmpty { notes.append("no tensors: \(Self.listed(others))") }
        self.entries = tensors
        self.notes = notes
    }

    /// The tensors in the file. `place` gives the bytes of a storage, or throws in the name of a tensor that needs
    /// them.
    func tensors(
        _ pickle: Pickle, _ file: FileReader,
        place: (_ storage: Pickle.Storage, _ tensor: String) throws -> Range<Int>
    ) throws -> [StoredTensor] {
        var total = 0
        return try entries.map { name, view in
            let storage = pickle.storages[view.storage]
            let size = view.dtype.size
            let range = try place(storage, name)
            // All elements lie inside the storage's stated count, so that the last byte is a sum that fits.
            let reach =
                view.count == 0 ? 0 : (StoredSize.reach(view.shape, view.strides) ?? 0) + view.offset + 1
            let (needed, overflow) = reach.multipliedReportingOverflow(by: size)
            guard !overflow, needed <= range.count else {
                throw TensorError(
                    .file,
                    "\(file.path) is cut off: tensor '\(name)' needs \(overflow ? Int.max : needed) bytes, \(range.count) are left"
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

    private static func hasTensors(_ pickle: Pickle, _ entries: [(key: String, value: Pickle.Handle)]) -> Bool
    {
        entries.contains { if case .tensor = pickle[$0.value] { true } else { false } }
    }

    /// The one entry that is a dictionary with tensors. A dictionary that stands there many times is looked at once.
    private static func onlyStateDict(
        _ pickle: Pickle, _ entries: [(key: String, value: Pickle.Handle)]
    ) -> (key: String, value: Pickle.Handle)? {
        var seen: Set<Int> = []
        var found: (key: String, value: Pickle.Handle)?
        for entry in entries {
            guard case .dictionary(let place) = pickle[entry.value], seen.insert(place).inserted else {
                continue
            }
            let holds = pickle.dictionaries[place].contains {
                if case .tensor = pickle[$0.value] { true } else { false }
            }
            guard holds else { continue }
            if found != nil { return nil }
            found = entry
        }
        return found
    }

    /// The first names, and how many more there are.
    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(6).map { $0.prefix(80) }.joined(separator: ", ")
        return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
    }

    private static func noStateDict(_ pickle: Pickle, _ place: Pickle.Handle, _ file: String) -> TensorError {
        if case .opaque(let global) = pickle[place] {
            return Pickle.wholeModule(file, pickle.globals[global].path)
        }
        return TensorError(
            .file, "\(file) holds \(pickle.description(place)), not a state dict (names to tensors)",
            help: "save its weights with torch.save(model.state_dict(), \"weights.pth\")")
    }
}

/// Tensors may share storages and repeat elements, so that a small file can ask for much memory. What a whole file
/// may ask for is bounded by its size.
enum StoredLimit {
    static func add(_ count: Int, _ size: Int, _ total: inout Int, _ file: FileReader) throws {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        let (sum, passed) = total.addingReportingOverflow(bytes)
        let limit = 8 * file.count + 1 << 26
        guard !overflow, !passed, sum <= limit else {
            throw TensorError(
                .file,
                "\(file.path) asks for more memory than its size warrants: its tensors repeat the same numbers many times"
            )
        }
        total = sum
    }
}
