// Functions that make objects into models: marks on their tensors, modes, and functions on a whole model.
// Freezing is in a separate file.

import SegRuntime
import SegTensor

private func marked(_ call: Arguments, _ role: TensorMark.Role) throws -> Value {
    let value = call[0].asTensorValue
    return .object(
        TensorValue(try value?.promise ?? call.tensor(0), mark: TensorMark(role: role, isFrozen: false)))
}

let layerNatives: [Native] = [
    Native(
        "parameter(t)", "Marks the tensor of a layer's field as learned.",
        examples: [
            "type Scale() { s = parameter(ones(1)); forward(x) = x * s }\nprint(parameters(Scale()))  # expect: (s=tensor([1]))"
        ]
    ) { call in try marked(call, .parameter) },
    Native(
        "buffer(t)", "Marks the tensor of a layer's field as a part of its state that is not learned.",
        examples: [
            "type Count() { n = buffer(zeros(1)); forward(x) = x }\nprint(keys(state_dict(Count())))  # expect: [\"n\"]"
        ]
    ) { call in try marked(call, .buffer) },
    Native(
        "parameters(model)", "The learned tensors only, by their paths, as a record.",
        examples: ["print(keys(parameters(Conv2d(3, 8, 1))))  # expect: [\"weight\", \"bias\"]"]
    ) { call in
        .object(
            RecordObject(
                try ModelWalk(call, 0).tensors.filter { $0.mark?.role == .parameter }.map {
                    ($0.path, .object(TensorValue($0.value.promise)))
                }))
    },
    Native(
        "state_dict(model)", "All tensors of a model by their paths, buffers included, as a record.",
        examples: ["print(len(state_dict(BatchNorm2d(4))))  # expect: 5"]
    ) { call in
        .object(
            RecordObject(
                try ModelWalk(call, 0).tensors.map { ($0.path, .object(TensorValue($0.value.promise))) }))
    },
    Native(
        "not_finite(tensors)",
        "The names of the tensors of a record, as of `state_dict(model)`, that hold infinities or NaN. A tensor that "
            + "was looked at is not read again.",
        examples: ["print(not_finite((a=ones(2), b=tensor([1, inf]))))  # expect: [\"b\"]"]
    ) { call in
        guard let record = call[0].asRecord else { throw call.wrong(0, "a record of tensors") }
        let tensors = record.values.map { $0.asTensorValue?.promise }
        try Tensor.evaluate(tensors.compactMap { $0 })
        return .list(
            try zip(record.names, tensors).compactMap { name, tensor in
                try call.interpreter.checkInterrupt()
                return try tensor?.hasOnlyFiniteValues() == false ? .string(name) : nil
            })
    },
    Native(
        "count_parameters(model, trainable=false)",
        "The number of learned numbers; with `trainable=true` only of those that are not frozen.",
        examples: ["print(count_parameters(Conv2d(3, 8, 1)))  # expect: 32"]
    ) { call in
        let only = try call.bool(1)
        let walk = try ModelWalk(call, 0)
        return .number(
            Double(
                walk.tensors.filter { only ? $0.isTrainable : $0.mark?.role == .parameter }
                    .reduce(0) { $0 + $1.value.promise.count }))
    },
    Native(
        "is_training()", "Whether the running layer is in training mode; frozen layers never are.",
        examples: ["print(is_training())  # expect: false"]
    ) { call in .bool(call.interpreter.layers.isTraining) },
    Native(
        "training(f)", "The value of f() with layers in training mode.",
        examples: ["print(training(() -> is_training()))  # expect: true"]
    ) { call in
        try call.interpreter.layers.within(training: true) { try call.interpreter.call(call[0], []) }
    },
    Native(
        "evaluating(f)", "The value of f() with layers in evaluation mode.",
        examples: ["print(evaluating(() -> is_training()))  # expect: false"]
    ) { call in
        try call.interpreter.layers.within(training: false) { try call.interpreter.call(call[0], []) }
    },
    Native(
        "compute(...values)",
        "Computes every tensor held by the values (tensors, lists, records, objects); shared work is done "
            + "once.",
        examples: ["x = ones(2) + 1\ncompute(x)\nprint(x)  # expect: tensor([2, 2])"]
    ) { call in
        try Tensor.evaluate(TensorGraph.pending(in: call[0], poll: call.interpreter.checkInterrupt))
        return .nilValue
    },
]
