// Loading and saving the tensors of a model: PyTorch's and safetensors' files in,
// safetensors out.

import SegRuntime
import SegTensor

/// What loading did, printed as a report.
private struct LoadReport {
    var loaded = 0
    var missing: [String] = []
    var unexpected: [String] = []
    var mismatched: [(name: String, file: [Int], model: [Int])] = []
    var notes: [String] = []

    var value: Value {
        func list(_ names: [String]) -> Value { .list(names.map { .string($0) }) }
        return .object(
            RecordObject([
                ("loaded", .number(Double(loaded))), ("missing", list(missing)),
                ("unexpected", list(unexpected)),
                ("mismatched", list(mismatched.map { "\($0.name): file \($0.file), model \($0.model)" })),
                ("notes", list(notes)),
            ]))
    }
}

/// The tensors of a checkpoint under the names that a model has for them: a classification
/// file holds its backbone as `features.N` and more that no backbone has.
private func backboneName(_ name: String) -> String? {
    name.hasPrefix("features.") ? String(name.dropFirst("features.".count)) : nil
}

private func load(_ file: Checkpoint, into walk: ModelWalk) throws -> LoadReport {
    var report = LoadReport()
    report.notes = file.notes
    var stored: [String: StoredTensor] = [:]
    let isClassifier = file.tensors.contains { $0.name.hasPrefix("features.") }
    for tensor in file.tensors {
        let name = isClassifier ? backboneName(tensor.name) : tensor.name
        if let name { stored[name] = tensor } else { report.unexpected.append(tensor.name) }
    }
    var ready: [(TensorPlace, Tensor)] = []
    for place in walk.tensors {
        guard let tensor = stored.removeValue(forKey: place.path) else {
            if !place.path.hasSuffix("num_batches_tracked") { report.missing.append(place.path) }
            continue
        }
        let wanted = place.value.promise
        guard tensor.shape == wanted.shape else {
            report.mismatched.append((place.path, tensor.shape, wanted.shape))
            continue
        }
        let data = try TensorData(shape: tensor.shape, dtype: DType(stored: tensor.dtype))
        try tensor.read(into: UnsafeMutableRawBufferPointer(start: data.bytes, count: data.byteCount))
        ready.append((place, try Tensor(data).to(wanted.dtype)))
    }
    report.unexpected += file.tensors.map(\.name).filter {
        stored[isClassifier ? backboneName($0) ?? "" : $0] != nil
    }
    guard !ready.isEmpty else {
        let names = file.tensors.prefix(3).map(\.name).joined(separator: ", ")
        throw TensorError(
            .value, "none of the \(file.tensors.count) tensors of the file has a name of this model",
            help:
                "the file holds \(names) …; the model \(walk.tensors.prefix(3).map(\.path).joined(separator: ", ")) …"
        )
    }
    // Only now, when everything has been read, does the model change.
    for (place, tensor) in ready { place.store(tensor) }
    report.loaded = ready.count
    return report
}

let weightFileNatives: [Native] = [
    Native(
        "load_weights(model, path)",
        "Loads a state dict from a .pth or .safetensors file by names, buffers included; nothing in the file is "
            + "executed. Gives a record: loaded, missing, unexpected, mismatched (both shapes), notes. A "
            + "classification file's `features.N` fit a backbone's `N`."
    ) { call in
        let walk = try ModelWalk(call, 0)
        return try load(try Checkpoint.open(try call.string(1)), into: walk).value
    },
    Native(
        "save_weights(model, path)", "Saves the whole state dict, buffers included, as safetensors.",
        examples: ["c = Conv2d(1, 1, 1)\nsave_weights(c, \"/dev/null\")"]
    ) { call in
        let places = try ModelWalk(call, 0).tensors
        try writeTensors(places.map { ($0.path, $0.value.promise) }, to: try call.string(1))
        return .nilValue
    },
    Native("write_tensors(tensors, path)", "Writes a record of names to tensors as a safetensors file.") {
        call in
        guard case .object(let record as RecordObject) = call[0] else {
            throw call.wrong(0, "a record of names to tensors")
        }
        try writeTensors(
            try zip(record.names, record.values).map { name, value in
                guard let tensor = value.asTensorValue else {
                    throw Failure(
                        .type,
                        "write_tensors: \"\(name)\" is \(call.interpreter.typeName(value)), not a tensor")
                }
                return (name, tensor.promise)
            }, to: try call.string(1))
        return .nilValue
    },
    Native(
        "read_tensors(path)", "The tensors of a safetensors or .pth file, as a record of names to tensors."
    ) { call in
        let file = try Checkpoint.open(try call.string(0))
        return .object(
            RecordObject(
                try file.tensors.map { tensor in
                    let data = try TensorData(shape: tensor.shape, dtype: DType(stored: tensor.dtype))
                    try tensor.read(
                        into: UnsafeMutableRawBufferPointer(start: data.bytes, count: data.byteCount))
                    return (tensor.name, .tensor(Tensor(data)))
                }))
    },
    Native("tensor_names(path)", "The names of the tensors in a weight file; none is read.") { call in
        .list(try Checkpoint.open(try call.string(0)).tensors.map { .string($0.name) })
    },
    Native(
        "set_parameters(model, tensors)",
        "Puts tensors into a model by a record of paths; each field keeps its mark. Shapes must be the same.",
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
                    help: nearestName(name, walk.tensors.map(\.path)))
            }
            guard let tensor = value.asTensorValue, tensor.promise.shape == place.value.promise.shape else {
                throw Failure(
                    .shape, "\"\(name)\" has shape \(place.value.promise.shape)",
                    help: "it was given \(try call.interpreter.line(value))")
            }
            return (place, tensor.promise)
        }
        for (place, tensor) in changes { place.store(tensor) }
        return .nilValue
    },
].map { $0.listed(under: "models") }

func writeTensors(
    _ tensors: [(String, Tensor)], metadata: [(key: String, value: String)] = [("format", "pt")],
    to path: String
) throws {
    try Tensor.evaluate(tensors.map(\.1))
    try Safetensors.write(
        try tensors.map { name, tensor in
            let data = try tensor.value().rowMajor()
            return TensorToWrite(name: name, dtype: StoredDType(of: data.dtype), shape: data.shape) { body in
                try body(UnsafeRawBufferPointer(start: data.bytes, count: data.byteCount))
            }
        }, metadata: metadata, to: path)
}

extension DType {
    /// The type that a stored one is read as: half precision as float32, short whole numbers as int32.
    init(stored: StoredDType) { self = DType(rawValue: stored.widened.rawValue) ?? .float32 }
}

extension StoredDType {
    init(of dtype: DType) { self = StoredDType(rawValue: dtype.rawValue) ?? .float32 }
}
