// From a pickled object to named tensors: finds the state dict, which may be inside a training checkpoint,
// and gives each tensor its position in the file. The two containers locate the storages; everything else is
// here.

import SegSystem

/// The state dict of a PyTorch file, and how it was found.
struct TorchStateDict {
    enum Content {
        case view(Pickle.TensorView)
        case array(Pickle.NumPyArray)
    }

    let entries: [(name: String, content: Content)]
    let notes: [String]
    private let losses: [String]
    /// The paths of all state dicts in the file, such as `model_ema`; the outermost dictionary is not listed.
    let sections: [String]
    /// The section that was requested, if it is no dictionary: a prefix of names.
    private let prefix: String?

    /// The names under which training scripts store the state dict, the most likely first.
    private static let wrappers = ["state_dict", "model_state_dict", "model_state", "model", "module", "net"]

    /// - Parameter section: the path of the state dict; nil finds the most likely one.
    init(_ pickle: Pickle, file: String, section: String?) throws {
        var notes: [String] = []
        var losses: [String] = []
        var place = pickle.root
        var path: [String] = []
        // The tensors whose keys are numbers, at all levels.
        var unnamed = 0
        let sections = pickle.stateDicts()
        let found = section.flatMap { pickle.value(at: $0) }
        if let section, let found {
            place = found
            path = [section]
            notes.append("taken from '\(section)'")
        }
        // A state dict inside a dictionary inside a dictionary occurs in practice; deeper levels are not
        // searched.
        for _ in 0..<2 {
            guard let entries = pickle.entries(place), let found = Self.inside(pickle, entries) else { break }
            let others = entries.filter { $0.key != found.key }.map(\.key)
            unnamed += pickle.unnamedTensors(place)
            notes.append(
                "taken from '\(found.key)'" + (others.isEmpty ? "" : "; left out: \(FileText.listed(others))")
            )
            if !others.isEmpty { losses += notes.suffix(1) }
            place = found.value
            path.append(found.key)
        }
        let others = sections.filter { $0 != path.joined(separator: ".") }
        guard let entries = try pickle.namedValues(place, file: file) else {
            if found != nil { throw Self.noTensors(file, path, others) }
            throw Self.noStateDict(pickle, place, file, path, others)
        }
        if pickle.isModule(place) { notes.append("\(pickle.description(place)): its code was not run") }
        var tensors: [(name: String, content: Content)] = []
        var left: [String] = []
        for (name, value) in entries {
            func refusal() -> TensorError {
                Pickle.refused(
                    file,
                    "'\(FileText.shown(name))' is \(pickle.description(value)), which seg does not read")
            }
            switch pickle[value] {
            case .tensor(let index): tensors.append((name, .view(pickle.tensors[index])))
            case .array(let index):
                guard pickle.arrays[index].problem == nil else { throw refusal() }
                tensors.append((name, .array(pickle.arrays[index])))
            case .unreadable: throw refusal()
            default: left.append("\(name) (\(pickle.description(value)))")
            }
        }
        unnamed += pickle.unnamedTensors(place)
        let isEmpty = path.isEmpty && left.isEmpty && unnamed == 0
        guard !tensors.isEmpty || isEmpty else {
            if found != nil { throw Self.noTensors(file, path, others) }
            guard others.count < 2 else { throw Self.severalStateDicts(file, others) }
            let what =
                unnamed > 0
                ? "the keys of its \(unnamed) tensors are not names"
                : left.isEmpty ? "it is empty" : "it has \(FileText.listed(left))"
            let inner = path.isEmpty ? "its dictionary" : "'\(FileText.shown(path.joined(separator: ".")))'"
            throw TensorError(
                .file,
                "\(file) holds no state dict: no tensor with a name was found in \(inner); \(what)",
                help: others.first.map {
                    "section=\(Self.quoted($0)) takes the tensors of \(FileText.shown($0))"
                })
        }
        var more = left.isEmpty ? [] : ["not tensors: \(FileText.listed(left))"]
        if unnamed > 0 { more.append("left out: \(plural(unnamed, "tensor")) with keys that are no names") }
        if section == nil, !others.isEmpty {
            more.append("other state dicts, which section= chooses: \(FileText.listed(others))")
        }
        self.entries = tensors
        self.notes = notes + more
        self.losses = losses + more
        self.sections = sections
        prefix = found == nil ? section : nil
    }

    /// The checkpoint of these tensors.
    func checkpoint(_ format: Checkpoint.Format, _ tensors: [StoredTensor], _ file: FileReader) throws
        -> Checkpoint
    {
        try Checkpoint(
            path: file.path, format: format, tensors: tensors, notes: notes, losses: losses,
            sections: sections
        ).part(prefix)
    }

    /// The entry of a training checkpoint that holds the state dict; nil if the dictionary itself is the
    /// state dict. A checkpoint may have tensors of its own: a loss, or the state of a random generator.
    private static func inside(
        _ pickle: Pickle, _ entries: [(key: String, value: Pickle.Handle)]
    ) -> (key: String, value: Pickle.Handle)? {
        let known = wrappers.compactMap { name in entries.first { $0.key == name } }
        var seen: Set<Pickle.Handle> = []
        if let holder = known.first(where: { leadsToTensors(pickle, $0.value, &seen) }) { return holder }
        let module = known.first { if case .opaque = pickle[$0.value] { true } else { false } }
        if let module { return module }
        let tensors = entries.filter { pickle.isTensor($0.value) }
        if tensors.contains(where: { !pickle.isArray($0.value) }) { return nil }
        // Arrays may be the weights, or data of the run beside the only state dict.
        return (tensors.isEmpty ? known.first : nil) ?? onlyStateDict(pickle, entries)
    }

    /// Whether a value is a dictionary with tensors or a model, or contains such a value under a known name. A
    /// value in `seen` is not searched again: it may occur a million times.
    private static func leadsToTensors(
        _ pickle: Pickle, _ value: Pickle.Handle, _ seen: inout Set<Pickle.Handle>, depth: Int = 1
    ) -> Bool {
        guard seen.insert(value).inserted else { return false }
        if pickle.isModule(value) { return true }
        guard case .dictionary(let place) = pickle[value] else { return false }
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
        place: (_ storage: Pickle.Storage, _ tensor: String) throws -> (Range<Int>, CheckedRange?)
    ) throws -> [StoredTensor] {
        var total = 0
        return try entries.map { name, content in
            let view: Pickle.TensorView
            switch content {
            case .array(let array): return try Self.stored(array, name, &total, pickle, file)
            case .view(let content): view = content
            }
            let storage = pickle.storages[view.storage]
            let size = view.dtype.size
            let (range, checked) = try place(storage, name)
            // All elements are inside the storage's stated count, so that the sum for the last byte does not
            // overflow.
            let reach =
                view.count == 0 ? 0 : (StoredSize.reach(view.shape, view.strides) ?? 0) + view.offset + 1
            let (needed, overflow) = reach.multipliedReportingOverflow(by: size)
            guard !overflow, needed <= range.count else {
                throw TensorError(
                    .file,
                    "\(file.path) is cut off: tensor '\(FileText.shown(name))' needs \(overflow ? Int.max : needed) bytes, \(range.count) left"
                )
            }
            try StoredLimit.add(view.count, size, &total, file)
            let plain = view.count == 0 || StoredSize.isRowMajor(view.shape, view.strides)
            return StoredTensor(
                name: name, dtype: view.dtype, shape: view.shape, count: view.count, file: file,
                start: view.count == 0 ? range.lowerBound : range.lowerBound + view.offset * size,
                strides: plain ? nil : view.strides, checked: checked)
        }
    }

    private static func stored(
        _ array: Pickle.NumPyArray, _ name: String, _ total: inout Int, _ pickle: Pickle, _ file: FileReader
    ) throws -> StoredTensor {
        let dtype = array.dtype ?? .float32
        try StoredLimit.add(array.count, dtype.size, &total, file)
        guard let bytes = pickle.arrayBytes(array, count: array.count * dtype.size) else {
            throw TensorError(
                .file,
                "\(file.path) is damaged: array '\(FileText.shown(name))' has not as many bytes as its shape needs"
            )
        }
        let strides = array.isFortran ? StoredSize.columnMajor(array.shape) : nil
        switch bytes {
        case .range(let range):
            return StoredTensor(
                name: name, dtype: dtype, shape: array.shape, count: array.count, file: file,
                start: range.lowerBound, strides: strides)
        case .memory(let bytes):
            return StoredTensor(
                name: name, dtype: dtype, shape: array.shape, count: array.count,
                file: FileReader(bytes: bytes, name: file.path), start: 0, strides: strides)
        }
    }

    /// The only entry that is a dictionary with tensors, or a module. A dictionary that occurs several times is searched
    /// once.
    private static func onlyStateDict(
        _ pickle: Pickle, _ entries: [(key: String, value: Pickle.Handle)]
    ) -> (key: String, value: Pickle.Handle)? {
        var seen: Set<Pickle.Handle> = []
        var found: (key: String, value: Pickle.Handle)?
        for entry in entries where seen.insert(entry.value).inserted {
            guard pickle.holdsTensors(entry.value) else { continue }
            if found != nil { return nil }
            found = entry
        }
        return found
    }

    private static func noTensors(_ file: String, _ section: [String], _ others: [String]) -> TensorError {
        TensorError(
            .file,
            "section '\(FileText.shown(section.joined(separator: ".")))' of \(file) has no tensors with names",
            help: others.isEmpty ? "leave section out" : "its state dicts are \(FileText.listed(others))")
    }

    private static func severalStateDicts(_ file: String, _ sections: [String]) -> TensorError {
        TensorError(
            .file, "\(file) holds several state dicts: \(FileText.listed(sections))",
            help:
                "section=\(quoted(sections[0])) takes the tensors of \(FileText.shown(sections[0])); parts of one model are loaded one after the other, with strict=false"
        )
    }

    private static func noStateDict(
        _ pickle: Pickle, _ place: Pickle.Handle, _ file: String, _ path: [String], _ others: [String]
    ) -> TensorError {
        switch pickle[place] {
        case .opaque(let global), .global(let global):
            return Pickle.wholeModule(file, pickle.globals[global])
        default: break
        }
        if others.count > 1 { return severalStateDicts(file, others) }
        let outer = path.isEmpty ? "" : " under '\(FileText.shown(path.joined(separator: ".")))'"
        return TensorError(
            .file, "\(file) holds \(pickle.description(place))\(outer), not a state dict (names to tensors)",
            help: others.first.map { "section=\(Self.quoted($0)) takes the tensors of \(FileText.shown($0))" }
                ?? "save its weights with torch.save(model.state_dict(), \"weights.pth\")")
    }

    private static func quoted(_ section: String) -> String { "\"\(FileText.shown(section))\"" }
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
