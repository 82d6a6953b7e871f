// Loading and saving the tensors of a model: reads PyTorch's files and safetensors, writes safetensors.

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

    /// The layers for another number of classes. If a tensor differs in anything else, the file belongs to
    /// another model, and there are none.
    static func heads(_ mismatches: [Mismatch]) -> [String] {
        guard mismatches.allSatisfy(\.isHead) else { return [] }
        return mismatches.reduce(into: []) { if !$0.contains($1.layer) { $0.append($1.layer) } }
    }
}

/// The names that a model uses for the tensors of a checkpoint.
private struct NamesInModel {
    private let isClassifier: Bool
    private let prefix: String

    init(_ file: Checkpoint, _ model: ModelWalk) {
        func all(_ prefix: String) -> Bool { model.tensors.allSatisfy { $0.path.hasPrefix(prefix) } }
        // A classification file has its backbone as `features.N`, and more tensors that no backbone has. For
        // a model that itself has such names, they are used unchanged.
        isClassifier =
            file.tensors.contains { $0.name.hasPrefix("features.") }
            && !model.tensors.contains { $0.path.hasPrefix("features.") }
        // Opening a file removes these prefixes; some models' own names begin with them.
        prefix = ["module.", "_orig_mod."].first(where: all) ?? ""
    }

    /// Nil if no backbone has such a tensor.
    func callAsFunction(_ name: String) -> String? {
        guard isClassifier else { return prefix + name }
        return name.hasPrefix("features.") ? String(name.dropFirst("features.".count)) : nil
    }
}

/// Loads the tensors that fit, and returns a `LoadReport` of the library. `replacesHeads`: a head for another
/// number of classes stays unchanged and is listed, otherwise it is an error.
private func load(
    _ file: Checkpoint, into walk: ModelWalk, replacesHeads: Bool, _ interpreter: Interpreter
) throws -> Value {
    var missing: [String] = []
    var unexpected: [String] = []
    var mismatched: [Mismatch] = []
    var stored: [String: StoredTensor] = [:]
    let nameInModel = NamesInModel(file, walk)
    for tensor in file.tensors {
        if let name = nameInModel(tensor.name) {
            stored[name] = tensor
        } else {
            unexpected.append(tensor.name)
        }
    }
    var ready: [(TensorPlace, Tensor)] = []
    // Files of old PyTorch versions lack the counters of batch norms, on which nothing depends.
    var uncounted = 0
    for place in walk.tensors {
        try interpreter.checkInterrupt()
        guard let tensor = stored.removeValue(forKey: place.path) else {
            if place.path.hasSuffix("num_batches_tracked") {
                uncounted += 1
            } else {
                missing.append(place.path)
            }
            continue
        }
        let wanted = place.value.promise
        guard tensor.shape == wanted.shape else {
            mismatched.append(Mismatch(name: place.path, file: tensor.shape, model: wanted.shape))
            continue
        }
        ready.append((place, try tensor.tensor().to(wanted.dtype)))
    }
    unexpected += file.tensors.map(\.name).filter {
        nameInModel($0).map { stored[$0] != nil } ?? false
    }
    guard !ready.isEmpty else {
        let names = TextWidth.escaped(file.tensors.prefix(3).map(\.name).joined(separator: ", "))
        throw TensorError(
            .value, "none of the \(file.tensors.count) tensors of the file has a name of this model",
            help:
                "the file holds \(names) …; the model \(walk.tensors.prefix(3).map(\.path).joined(separator: ", ")) …"
        )
    }
    let heads = Mismatch.heads(mismatched)
    guard replacesHeads || heads.isEmpty else {
        let shapes = mismatched.filter { $0.layer == heads[0] }
        throw Failure(
            .shape,
            "the file's \(heads.joined(separator: ", ")) is for another number of classes: \(shapes[0].name) is \(shapes[0].file) in the file, \(shapes[0].model) in the model",
            help: "heads=\"replace\" loads the rest and keeps this layer as it was initialised")
    }
    // The model changes only now, when everything has been read.
    for (place, tensor) in ready { place.store(tensor) }
    var notes = file.notes
    if uncounted > 0 {
        notes.append("\(uncounted) num_batches_tracked are not in it and stay unchanged")
    }
    guard let report = try interpreter.libraryValue("LoadReport") else { return .nilValue }
    // Names come from a file, and are printed on a terminal.
    func list(_ names: [String]) -> Value { .list(names.map { .string(TextWidth.escaped($0)) }) }
    return try interpreter.call(
        report, [],
        named: [
            ("loaded", .number(Double(ready.count))), ("of", .number(Double(walk.tensors.count))),
            ("missing", list(missing)), ("unexpected", list(unexpected)),
            ("mismatched", list(mismatched.map { "\($0.name): file \($0.file), model \($0.model)" })),
            ("replaced", list(heads)), ("notes", list(notes)),
        ])
}

let weightFileNatives: [Native] = [
    Native(
        "load_weights(model, path, heads=\"replace\")",
        "Loads a state dict from a .pth or .safetensors file by names, buffers included. Nothing in the "
            + "file is executed. Returns a report: loaded, of (the model's tensors), missing, unexpected, "
            + "mismatched (both shapes), replaced (heads for another number of classes, which stay as they "
            + "were initialised; an error with `heads=\"refuse\"`), notes. A classification file's "
            + "`features.N` fit a backbone's `N`.",
        examples: [
            "a = Conv2d(3, 8, 1)\nsave_weights(a, \"example.safetensors\")\nprint(load_weights(Conv2d(3, 8, 1), \"example.safetensors\"))  # expect: loaded 2 of 2 tensors"
        ]
    ) { call in
        let walk = try ModelWalk(call, 0)
        let heads = try call.string(2)
        guard ["replace", "refuse"].contains(heads) else {
            throw Failure(.value, "heads must be \"replace\" or \"refuse\", not \"\(heads)\"", argument: 2)
        }
        let file = try Checkpoint.open(try call.string(1))
        return try load(file, into: walk, replacesHeads: heads == "replace", call.interpreter)
    },
    Native(
        "save_weights(model, path)",
        "Saves the whole state dict, buffers included, as .safetensors, or as .pth or .pt. PyTorch's torch.load "
            + "reads the latter; any other ending is refused.",
        examples: [
            "save_weights(BatchNorm2d(2), \"example.safetensors\")\n"
                + "print(len(tensor_names(\"example.safetensors\")))  # expect: 5",
            "save_weights(BatchNorm2d(2), \"example.pth\")\n"
                + "print(load_weights(BatchNorm2d(2), \"example.pth\"))  # expect: loaded 5 of 5 tensors",
        ]
    ) { call in
        let places = try ModelWalk(call, 0).tensors
        try writeWeights(places.map { ($0.path, $0.value.promise) }, call)
        return .nilValue
    },
    Native(
        "write_tensors(tensors, path)",
        "Writes a record of names to tensors as .safetensors, or as .pth or .pt, which PyTorch reads.",
        examples: [
            "write_tensors((a=ones(2)), \"example.safetensors\")\nprint(read_tensors(\"example.safetensors\"))  # expect: (a=tensor([1, 1]))"
        ]
    ) { call in
        guard case .object(let record as RecordObject) = call[0] else {
            throw call.wrong(0, "a record of names to tensors")
        }
        try writeWeights(
            try zip(record.names, record.values).map { name, value in
                guard let tensor = value.asTensorValue else {
                    throw Failure(
                        .type,
                        "write_tensors: \"\(name)\" is \(call.interpreter.typeName(value)), not a tensor")
                }
                return (name, tensor.promise)
            }, call)
        return .nilValue
    },
    Native(
        "read_tensors(path)",
        "The tensors of a safetensors or .pth file, as a record of names to tensors. The names are those in "
            + "the file.",
        examples: [
            "write_tensors((n=tensor(3, int64)), \"example.safetensors\")\nprint(read_tensors(\"example.safetensors\").n.dtype)  # expect: int64"
        ]
    ) { call in
        let file = try Checkpoint.openUnchanged(FileReader(try call.string(0)))
        return .object(
            RecordObject(
                try file.tensors.map { tensor in
                    try call.interpreter.checkInterrupt()
                    return (tensor.name, .tensor(try tensor.tensor()))
                }))
    },
    Native(
        "weight_listing(path)",
        "The contents of a weight file, as text: names, types and shapes of its tensors, totals, metadata. "
            + "`seg weights FILE` prints it. No tensor data is read.",
        examples: [
            "write_tensors((a=zeros(2, 3)), \"example.safetensors\")\nprint(split_text(weight_listing(\"example.safetensors\"), \"\\n\")[2...])  # expect: [\"a     float32  [2, 3]\", \"1 tensor, 6 numbers, 24 bytes; safetensors\", \"format: pt\"]"
        ]
    ) { call in .string(try call.interpreter.weightListing(try call.string(0))) },
    Native(
        "tensor_names(path)", "The names of the tensors in a weight file; no tensor data is read.",
        examples: [
            "write_tensors((a=ones(2), b=ones(3)), \"example.safetensors\")\nprint(tensor_names(\"example.safetensors\"))  # expect: [\"a\", \"b\"]"
        ]
    ) { call in
        .list(try Checkpoint.open(try call.string(0)).tensors.map { .string($0.name) })
    },
    Native(
        "set_parameters(model, tensors)",
        "Replaces tensors of a model by a record of paths; each field keeps its mark. Shapes must be equal.",
        examples: [
            "c = Conv2d(1, 1, 1)\nset_parameters(c, (bias=tensor([3])))\nprint(c.bias)  # expect: tensor([3])"
        ]
    ) { call in
        let walk = try ModelWalk(call, 0)
        guard case .object(let record as RecordObject) = call[1] else {
            throw call.wrong(1, "a record of paths to tensors")
        }
        let places = Dictionary(walk.tensors.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let changes = try zip(record.names, record.values).map { name, value in
            guard let place = places[name] else {
                throw Failure(
                    .name, "the model has no tensor \"\(name)\"",
                    help: nearestName(to: name, among: walk.tensors.map(\.path)).map {
                        "did you mean \(quotedText($0))?"
                    })
            }
            guard let tensor = value.asTensorValue, tensor.promise.shape == place.value.promise.shape else {
                throw Failure(
                    .shape, "\"\(name)\" has shape \(place.value.promise.shape)",
                    help: "the new value is \(try call.interpreter.line(value))")
            }
            return (place, tensor.promise)
        }
        for (place, tensor) in changes { place.store(tensor) }
        return .nilValue
    },
]

/// Writes the file of a call's second argument, whose ending says in which format.
private func writeWeights(_ tensors: [(String, Tensor)], _ call: borrowing Arguments) throws {
    let path = try call.string(1)
    let ending = path.lowercased()
    if ending.hasSuffix(".safetensors") {
        try writeTensors(tensors, to: path)
    } else if ending.hasSuffix(".pth") || ending.hasSuffix(".pt") {
        try Tensor.evaluate(tensors.map(\.1))
        try TorchZip.write(try tensors.map(toWrite), to: path)
    } else {
        throw call.bad(
            1, "should end in .safetensors, or in .pth or .pt, which PyTorch reads, not \(quotedText(path))")
    }
}

func writeTensors(
    _ tensors: [(String, Tensor)], metadata: [(key: String, value: String)] = [("format", "pt")],
    to path: String
) throws {
    try Tensor.evaluate(tensors.map(\.1))
    try Safetensors.write(try tensors.map(toWrite), metadata: metadata, to: path)
}

private func toWrite(_ name: String, _ tensor: Tensor) throws -> TensorToWrite {
    let data = try tensor.value().rowMajor()
    return TensorToWrite(name: name, dtype: StoredDType(of: data.dtype), shape: data.shape) { body in
        try body(UnsafeRawBufferPointer(start: data.bytes, count: data.byteCount))
    }
}

extension StoredTensor {
    /// The elements in the corresponding type of seg.
    fileprivate func tensor() throws -> Tensor {
        let data = try TensorData(shape: shape, dtype: DType(stored: dtype))
        try read(widened: true, into: UnsafeMutableRawBufferPointer(start: data.bytes, count: data.byteCount))
        return Tensor(data)
    }
}

extension DType {
    /// The type of a stored tensor after reading: half precision becomes float32, short whole numbers int32.
    init(stored: StoredDType) { self = DType(rawValue: stored.widened.rawValue) ?? .float32 }
}

extension StoredDType {
    init(of dtype: DType) { self = StoredDType(rawValue: dtype.rawValue) ?? .float32 }
}
