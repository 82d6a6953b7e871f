// Natives that load, save and list files of tensors. How a file fits a model is in WeightLoading.

import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

let weightFileNatives: [Native] = [
    Native(
        "load_weights(model, path, heads=\"replace\", strict=true, section=nil)",
        "Loads the tensors of a weight file into a model by their names, buffers included. It reads PyTorch's "
            + "files, .safetensors, an `.index.json` of shards, .npz, and pickles of NumPy arrays; nothing in "
            + "them is executed. A tensor of the model that the file lacks, one of the file that the model "
            + "lacks, or one of another shape is an error, and the model stays as it was; `strict=false` loads "
            + "what fits. A prefix such as `module.`, `model.` or `features.` is taken off if more names fit so. `section=\"model_ema\"` chooses a state dict "
            + "of a training checkpoint. Accepted without `strict=false`: counters of batch norms that old files "
            + "lack, the head of a classification file in whose features a backbone finds its weights, and a "
            + "head for another number of classes, which stays as it was initialised (an error with "
            + "`heads=\"refuse\"`; with `heads=\"optional\"` heads may be missing, too). Returns a LoadReport.",
        examples: [
            "a = Conv2d(3, 8, 1)\nsave_weights(a, \"example.safetensors\")\nprint(load_weights(Conv2d(3, 8, 1), \"example.safetensors\"))  # expect: loaded 2 of 2 tensors",
            "write_tensors((weight=zeros(8, 3, 1, 1)), \"example-half.safetensors\")\nload_weights(Conv2d(3, 8, 1), \"example-half.safetensors\")  # expect error: 1 of the model's 2 tensors is not in the file (bias)",
        ]
    ) { call in
        let walk = try ModelWalk(call, 0)
        guard let heads = HeadRule(rawValue: try call.string(2)) else {
            throw call.bad(
                2, "must be \"replace\", \"refuse\" or \"optional\", not \(quotedText(try call.string(2)))")
        }
        let strict = try call.bool(3)
        let file = try Checkpoint.open(try call.string(1), section: try call.optionalString(4))
        let fit = WeightFit(file, walk, heads)
        try fit.check(heads, strict: strict)
        try fit.load(call.interpreter)
        return try fit.report(call.interpreter)
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
        ], effect: .writing
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
        ], effect: .writing
    ) { call in
        guard case .object(let record as RecordObject) = call[0] else {
            throw call.wrong(0, "a record of names to tensors")
        }
        try writeWeights(
            try zip(record.names, record.values).map { name, value in
                guard let tensor = value.asTensorValue else {
                    throw Failure(
                        .type,
                        "write_tensors: \(quotedText(name)) is \(value.typeName), not a tensor"
                    )
                }
                return (name, tensor.promise)
            }, call)
        return .nilValue
    },
    Native(
        "read_tensors(path, section=nil)",
        "The tensors of a file that `load_weights` reads, as a record of names to tensors. The names are those "
            + "in the file; the array of a .npy file is `arr_0`. A note says what else the file has.",
        examples: [
            "write_tensors((n=tensor(3, int64)), \"example.safetensors\")\nprint(read_tensors(\"example.safetensors\").n.dtype)  # expect: int64"
        ]
    ) { call in
        let file = try Checkpoint.open(try call.string(0), section: try call.optionalString(1))
        if !file.losses.isEmpty {
            call.interpreter.note("read_tensors: \(file.losses.joined(separator: "; "))")
        }
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
        "tensor_names(path, section=nil)",
        "The names of the tensors in a weight file; no tensor data is read.",
        examples: [
            "write_tensors((a=ones(2), b=ones(3)), \"example.safetensors\")\nprint(tensor_names(\"example.safetensors\"))  # expect: [\"a\", \"b\"]"
        ]
    ) { call in
        let file = try Checkpoint.open(try call.string(0), section: try call.optionalString(1))
        return .list(file.tensors.map { .string($0.name) })
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
                    .name, "the model has no tensor \(quotedText(name))",
                    help: nearestName(to: name, among: walk.tensors.map(\.path)).map {
                        "did you mean \(quotedText($0))?"
                    })
            }
            guard let tensor = value.asTensorValue, tensor.promise.shape == place.value.promise.shape else {
                throw Failure(
                    .shape, "\(quotedText(name)) has shape \(place.value.promise.shape)",
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

private func writeTensors(_ tensors: [(String, Tensor)], to path: String) throws {
    try Tensor.evaluate(tensors.map(\.1))
    try Safetensors.write(try tensors.map(toWrite), metadata: [("format", "pt")], to: path)
}

func toWrite(_ name: String, _ tensor: Tensor) throws -> TensorToWrite {
    let data = try tensor.value().rowMajor()
    return TensorToWrite(name: name, dtype: StoredDType(of: data.dtype), shape: data.shape) { body in
        try body(UnsafeRawBufferPointer(start: data.bytes, count: data.byteCount))
    }
}
