// What a model remembers of the data that it was made for or trained on: a record beside its fields, which
// `save`, `load` and copies keep, and which its state dict does not contain.

import SegImaging
import SegRuntime
import SegTensor

let madeForNatives: [Native] = [
    Native(
        "made_for(model, data=nil, ...facts)",
        "What a model was made for or trained on, as a record; nil if nothing is known. It has `classes` and "
            + "their `colors`, the `size` [height, width] of the pictures if all have the same, the `mean` and "
            + "`std` of their normalisation, and `ignore`, the classes that the loss left out. A trainer sets "
            + "it. With a data set, or with facts by name, it is set by hand, as for a model whose weights "
            + "come from a file.",
        examples: [
            "m = Conv2d(3, 2, 1)\nmade_for(m, classes=[\"Road\", \"Sky\"])\n"
                + "mask = predict(m, zeros(3, 4, 4))\nprint(mask.classes)  # expect: [\"Road\", \"Sky\"]",
            "m = Conv2d(3, 32, 1)\nmade_for(m, streets(count=2, size=[24, 32]).normalize())\n"
                + "print(made_for(m).size, made_for(m).classes[17])  # expect: [24, 32] Road",
        ]
    ) { call in
        guard case .object(let model as Instance) = call[0] else { throw call.wrong(0, "a model") }
        var entries: [(String, Value)] = []
        if !call.isNil(1) { entries = try facts(of: try call.dataset(1), call.interpreter) }
        if !call.rest(2).isEmpty { throw call.wrong(2, "facts by name, such as classes=") }
        let given = call.namedRest(2) ?? RecordObject()
        let known = ["classes", "colors", "size", "mean", "std", "ignore"]
        for (name, value) in zip(given.names, given.values) {
            guard known.contains(name) else {
                throw Failure(
                    .call, "made_for has no argument \(name)",
                    help: "it takes a model, a data set, and \(known.joined(separator: ", "))", argument: 2)
            }
            entries.removeAll { $0.0 == name }
            entries.append((name, value))
        }
        if entries.isEmpty {
            return try model.attached.map { try call.interpreter.copy(.object($0)) } ?? .nilValue
        }
        let record = RecordObject(entries)
        if let classes = record["classes"], !classes.isNil {
            guard let names = classes.asList?.items.map(\.asString), !names.isEmpty, !names.contains(nil)
            else {
                throw Failure(.type, "made_for: classes should be a list of names", argument: 2)
            }
        }
        if let names = record["classes"]?.asList?.items.compactMap(\.asString),
            let twice = names.first(where: { name in names.count { $0 == name } > 1 })
        {
            throw Failure(.label, "made_for: the class \(quotedText(twice)) occurs twice", argument: 2)
        }
        for name in ["mean", "std"] {
            guard let value = record[name], !value.isNil else { continue }
            let isTensor = value.asTensorValue?.promise.shape == [3]
            let numbers = value.asList?.items.compactMap(\.asNumber) ?? []
            guard isTensor || numbers.count == 3 else {
                throw Failure(
                    .type, "made_for: \(name) should be 3 numbers, one for each channel", argument: 2)
            }
        }
        if let size = record["size"], !size.isNil {
            let sides = size.asNumber.map { [$0] } ?? size.asList?.items.map { $0.asNumber ?? .nan } ?? []
            guard (1...2).contains(sides.count),
                sides.allSatisfy({ $0 == $0.rounded() && (1...65_536).contains($0) })
            else {
                throw Failure(
                    .type, "made_for: size should be a whole number, or [height, width]", argument: 2)
            }
        }
        // A copy, so that nothing changes it later.
        if case .object(let copy as RecordObject) = try call.interpreter.copy(.object(record)) {
            model.attached = copy
        }
        return .nilValue
    },
    Native(
        "check_classes(names, others, what=\"the first\", other=\"the second\")",
        "An error of kind `label` unless two lists of class names are the same, in the same order.",
        examples: [
            "check_classes([\"Road\", \"Sky\"], [\"Sky\", \"Road\"])\n"
                + "# expect error: the first and the second have the same classes in another order: class 0 is Road in one, Sky in the other"
        ]
    ) { call in
        if let names = try call.names(0), let others = try call.names(1) {
            try AxisLabels.check(names, of: try call.string(2), against: others, of: try call.string(3))
        }
        return .nilValue
    },
]

/// What a model of these data needs to know of another picture.
private func facts(of data: DatasetValue, _ interpreter: Interpreter) throws -> [(String, Value)] {
    var facts: [(String, Value)] = [
        ("classes", .list(data.labels.names.map { .string($0) })),
        ("colors", .colors(data.labels.colors ?? [])),
    ]
    guard data.dataset.count > 0 else { return facts }
    let first = try data.dataset.frame(0)
    let haveOneSize = try (0..<data.dataset.count).allSatisfy {
        try interpreter.checkInterrupt()
        return try data.dataset.size($0) == (first.height, first.width)
    }
    if haveOneSize {
        facts.append(("size", .list([.number(Double(first.height)), .number(Double(first.width))])))
    }
    // Floats of a script with values below 0 are normalised by numbers that are not known.
    if first.floats != nil, first.normalization == nil,
        try Tensor.reduce(.min, try first.imageTensor()).item() < 0
    {
        return facts
    }
    // A batch of bytes is divided by 255.
    facts.append(("mean", .list((first.normalization?.mean ?? [0, 0, 0]).map { .number($0) })))
    facts.append(("std", .list((first.normalization?.deviation ?? [1, 1, 1]).map { .number($0) })))
    return facts
}

extension RecordObject {
    /// Of what a model remembers: its classes as labels of its logits.
    var classNames: AxisLabels? {
        guard let names = self["classes"]?.asList?.items.compactMap(\.asString) else { return nil }
        return try? AxisLabels(names)
    }
}
