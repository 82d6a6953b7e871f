// Loading the tensors of a file into a model: which fit, by WeightNames and their shapes, what is left over on
// both sides, and what of that is an error. The model changes only when everything has been checked and read.

import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

/// A tensor whose shape in the file differs from that in the model.
private struct Mismatch {
    let name: String
    let file: [Int]
    let model: [Int]

    /// Whether only the first axis differs, as for a head with another number of classes.
    var isHead: Bool { !file.isEmpty && file.count == model.count && file.dropFirst() == model.dropFirst() }

    var layer: String { name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name }

    var text: String { "\(name): file \(file), model \(model)" }

    /// The layers for another number of classes, which have weights for each class. If a tensor differs in
    /// anything else, the file belongs to another model, and there are none.
    static func heads(_ mismatches: [Mismatch]) -> [String] {
        let layers = mismatches.reduce(into: [String]()) { if !$0.contains($1.layer) { $0.append($1.layer) } }
        let weighted = Set(mismatches.filter { $0.model.count > 1 }.map(\.layer))
        return mismatches.allSatisfy(\.isHead) && layers.allSatisfy(weighted.contains) ? layers : []
    }
}

/// What `load_weights` accepts of heads.
enum HeadRule: String, CaseIterable {
    /// A head for another number of classes keeps its initial values.
    case replace
    /// A head for another number of classes is an error.
    case refuse
    /// As `replace`; and the file or the model may lack a head.
    case optional
}

/// How the tensors of a file fit a model.
struct WeightFit {
    private let file: Checkpoint
    private let names: WeightNames
    private let modelCount: Int
    private var ready: [(place: TensorPlace, stored: StoredTensor)] = []
    private var missing: [String] = []
    private var unexpected: [String] = []
    private var mismatched: [Mismatch] = []
    private var notes: [String]
    /// The layers for another number of classes.
    private let heads: [String]
    /// The part of each list that the rules do not accept.
    private var unfilled: [String] = []
    private var unused: [String] = []
    private var unlike: [Mismatch] = []

    init(_ file: Checkpoint, _ walk: ModelWalk, _ rule: HeadRule) {
        self.file = file
        names = WeightNames(file: file.tensors.lazy.map(\.name), model: walk.tensors.lazy.map(\.path))
        modelCount = walk.tensors.count
        notes = file.notes
        var stored: [String: StoredTensor] = [:]
        for tensor in file.tensors {
            if let name = names.inModel(tensor.name) { stored[name] = tensor }
        }
        // Files of old PyTorch versions lack the counters of batch norms, on which nothing depends.
        var uncounted = 0
        var used: Set<String> = []
        var places: Set<StoredTensor.Place> = []
        for place in walk.tensors {
            guard let tensor = stored[place.path] else {
                if place.path.hasSuffix("num_batches_tracked") {
                    uncounted += 1
                } else {
                    missing.append(place.path)
                }
                continue
            }
            used.insert(tensor.name)
            if let place = tensor.place { places.insert(place) }
            let shape = place.value.promise.shape
            if tensor.shape == shape {
                ready.append((place, tensor))
            } else {
                mismatched.append(Mismatch(name: place.path, file: tensor.shape, model: shape))
            }
        }
        let others = file.tensors.filter { !used.contains($0.name) }
        unexpected = others.map(\.name)
        heads = Mismatch.heads(mismatched)
        let names = names
        unused = others.filter { tensor in
            // Tied weights have several names; a model finds each tensor once.
            if let place = tensor.place, places.contains(place) { return false }
            return !names.isDispensable(tensor.name) && !(rule == .optional && names.isFileHead(tensor.name))
        }.map(\.name)
        unfilled = missing.filter { rule != .optional || !WeightNames.isHead($0) }
        unlike = heads.isEmpty ? mismatched : []
        if rule == .optional, !heads.isEmpty { unlike = mismatched.filter { !WeightNames.isHead($0.name) } }
        if !names.prefix.isEmpty {
            let without = file.tensors.count { names.inModel($0.name) == nil }
            notes.append(
                "'\(names.prefix)' was removed from "
                    + (without == 0
                        ? "every name" : "\(file.tensors.count - without) of \(file.tensors.count) names"))
        }
        if uncounted > 0 {
            notes.append("\(uncounted) num_batches_tracked are not in it and stay unchanged")
        }
    }

    /// The first thing that does not fit, as an error.
    func check(_ rule: HeadRule, strict: Bool) throws {
        guard !ready.isEmpty else {
            guard mismatched.isEmpty else {
                throw Failure(
                    .shape,
                    "none of the \(file.tensors.count) tensors of the file has its shape in this model",
                    help: hints("the file has \(listed(mismatched.map(\.text)))"))
            }
            guard !file.tensors.isEmpty else { throw Failure(.value, "the file has no tensors") }
            let stored = TextWidth.escaped(file.tensors.prefix(3).map(\.name).joined(separator: ", "))
            throw Failure(
                .value, "none of the \(file.tensors.count) tensors of the file has a name of this model",
                help: hints(
                    "the file holds \(stored) …; the model \(missing.prefix(3).joined(separator: ", ")) …"))
        }
        if rule == .refuse, let head = heads.first, let first = mismatched.first(where: { $0.layer == head })
        {
            throw Failure(
                .shape,
                "the file's \(heads.joined(separator: ", ")) is for another number of classes: \(first.name) is \(first.file) in the file, \(first.model) in the model",
                help: "heads=\"replace\" loads the rest and keeps this layer as it was initialised")
        }
        guard strict, !unfit.isEmpty else { return }
        var parts: [String] = []
        if !unfilled.isEmpty {
            parts.append(
                "\(unfilled.count) of the model's \(modelCount) tensors \(unfilled.count == 1 ? "is" : "are") not in the file (\(listed(unfilled)))"
            )
        }
        if !unused.isEmpty {
            parts.append(
                "\(unused.count) of the file's \(file.tensors.count) tensors \(unused.count == 1 ? "is" : "are") not in the model (\(listed(unused)))"
            )
        }
        if !unlike.isEmpty {
            parts.append(
                "\(unlike.count) \(unlike.count == 1 ? "tensor is" : "tensors are") of another shape (\(listed(unlike.map(\.text))))"
            )
        }
        throw Failure(
            unfilled.isEmpty && unused.isEmpty ? .shape : .value,
            "\(file.path) does not fit the model, which stays as it was: \(parts.joined(separator: "; "))",
            help: hints("strict=false loads the \(ready.count) that fit"))
    }

    /// Reads the tensors and puts them into the model.
    func load(_ interpreter: Interpreter) throws {
        let tensors = try ready.map { place, stored in
            try interpreter.checkInterrupt()
            return try stored.tensor().to(place.value.promise.dtype)
        }
        for (tensor, (place, _)) in zip(tensors, ready) { place.store(tensor) }
    }

    /// A `LoadReport` of the library.
    func report(_ interpreter: Interpreter) throws -> Value {
        guard let report = try interpreter.libraryValue("LoadReport") else { return .nilValue }
        // Names come from a file, and are printed on a terminal.
        func list(_ names: [String]) -> Value { .list(names.map { .string(TextWidth.escaped($0)) }) }
        return try interpreter.call(
            report, [],
            named: [
                ("loaded", .number(Double(ready.count))), ("of", .number(Double(modelCount))),
                ("missing", list(missing)), ("unexpected", list(unexpected)),
                ("mismatched", list(mismatched.map(\.text))), ("replaced", list(heads)),
                ("notes", list(notes)), ("unfit", list(unfit)),
            ])
    }

    /// What the rules do not accept.
    private var unfit: [String] { unfilled + unused + unlike.map(\.text) }

    private func listed(_ names: [String]) -> String {
        names.prefix(4).map { TextWidth.escaped($0, limit: 100) }.joined(separator: ", ")
            + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }

    /// Other prefixes by which names of the file are those of tensors that are missing, most of them first.
    private func prefixesOfMissing() -> [String] {
        let wanted = Set(unfilled)
        var counts: [String: Int] = [:]
        for name in unused where name.utf8.count <= 400 {
            for place in name.indices where name[place] == "." {
                let rest = name.index(after: place)
                if wanted.contains(String(name[rest...])) { counts[String(name[..<rest]), default: 0] += 1 }
            }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// The help of an error: where the missing tensors may be, and last what can always be written.
    private func hints(_ last: String) -> String {
        var hints: [String] = []
        if !missing.isEmpty, let index = ShardIndex.beside(file.path) {
            hints.append("\(index) lists this file as a part of the model: load that")
        }
        let rest = unused.contains { names.inModel($0) == nil }
        let parts = unfilled.isEmpty ? [] : prefixesOfMissing()
        if let other = parts.first {
            let own = names.prefix.isEmpty ? "" : ", section=\(quotedText(String(names.prefix.dropLast())))"
            let others = parts.prefix(3).map { quotedText(String($0.dropLast())) }.joined(
                separator: ", then ")
            hints.append(
                "\(quotedText(other)) holds tensors that are missing: load_weights(model, path\(own), strict=false), then the same with section=\(others)"
            )
        } else if rest, !names.prefix.isEmpty, unfilled.isEmpty {
            let sections = ([names.prefix] + names.rivals).map { quotedText(String($0.dropLast())) }
            hints.append("section=\(sections.joined(separator: " or ")) takes the names that begin so")
        }
        if file.sections.count > 1 {
            hints.append(
                "the file has the state dicts \(listed(file.sections)): section= chooses one\(unfilled.isEmpty ? "" : "; parts of one model load one after the other, with strict=false")"
            )
        }
        return (hints + [last]).joined(separator: "; ")
    }
}

extension StoredTensor {
    /// The elements in the corresponding type of seg.
    func tensor() throws -> Tensor {
        let data = try TensorData(shape: shape, dtype: DType(stored: dtype))
        try read(widened: true, into: UnsafeMutableRawBufferPointer(start: data.bytes, count: data.byteCount))
        return Tensor(data)
    }
}

extension DType {
    /// The type of a stored tensor after reading: half precision becomes float32, short whole numbers int32.
    init(stored: StoredDType) { self = DType(rawValue: stored.widened.rawValue) ?? .float32 }
}
