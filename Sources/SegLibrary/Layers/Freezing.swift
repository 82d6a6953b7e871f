// Freezing and unfreezing: of layers, lists and slices of layers, or of the names in a model that match a
// pattern. Each tensor's field has a mark; a layer with frozen statistics evaluates.

import SegRuntime
import SegSyntax
import SegSystem
import SegTensor

/// What to freeze or unfreeze: whole layers with everything below them, and single tensors.
private struct FreezeSelection {
    var layers: [Instance] = []
    var tensors: [TensorPlace] = []
    /// The owners of tensors that were selected one by one.
    var owners: [Instance] = []

    /// Everything below an argument, or the part of it that patterns select.
    init(_ call: borrowing Arguments, pattern place: Int) throws {
        if call[0].asTensorValue != nil {
            throw call.wrong(
                0, "a model or layers",
                help: "select a tensor by its name: \(call.native.name)(model, \"*.weight\")")
        }
        let walk = try ModelWalk(call, 0)
        try Self.check(call)
        guard !walk.objects.isEmpty || !walk.tensors.isEmpty else {
            throw Failure(
                .value, "there are no layers to \(call.native.name)",
                help: call[0].asList?.items.isEmpty == true ? "the list or slice is empty" : nil, argument: 0)
        }
        if call.isNil(place) {
            layers = walk.objects.map(\.object)
            tensors = walk.tensors
            return
        }
        let patterns: [String]
        if let text = call[place].asString {
            patterns = [text]
        } else {
            let texts = call[place].asList?.items.map(\.asString) ?? [nil]
            patterns = texts.compactMap { $0 }
            guard patterns.count == texts.count else {
                throw call.wrong(
                    place, "a name pattern or a list of them",
                    help: "give several layers as a list: \(call.native.name)([a, b])")
            }
        }
        var (picked, single): (Set<String>, Set<String>) = ([], [])
        for text in patterns {
            let pattern = try PathPattern(text: text)
            let objects = walk.objects.map(\.path).filter { !$0.isEmpty && pattern.matches($0) }
            let names = walk.tensors.map(\.path).filter(pattern.matches)
            if objects.isEmpty, names.isEmpty { throw Self.noMatch(text, walk, place) }
            picked.formUnion(objects)
            single.formUnion(names)
        }
        func isBelow(_ path: String) -> Bool { PathPattern.layers(of: path).contains(where: picked.contains) }
        layers = walk.objects.filter { isBelow($0.path) }.map(\.object)
        for tensor in walk.tensors {
            let belongs = isBelow(tensor.path)
            if belongs || single.contains(tensor.path) { tensors.append(tensor) }
            if !belongs, single.contains(tensor.path) { owners.append(tensor.owner) }
        }
    }

    /// A list or record may hold layers, functions that work as layers, and lists of them; anything else,
    /// such as a name, would be ignored silently.
    private static func check(_ call: borrowing Arguments) throws {
        var work = [call[0]]
        var seen: Set<ObjectIdentifier> = []
        while let value = work.popLast() {
            if let list = value.asList {
                if seen.insert(ObjectIdentifier(list)).inserted { work += list.items }
            } else if let record = value.asRecord {
                if seen.insert(ObjectIdentifier(record)).inserted { work += record.values }
            } else if !value.isNil, value.asInstance == nil, !call.interpreter.isCallable(value) {
                throw Failure(
                    .type,
                    "\(call.native.name): among the layers is \(call.interpreter.describe(value)), which is not a layer",
                    help: value.asString == nil
                        ? nil : "give names after the model: \(call.native.name)(model, [\"…\"])", argument: 0
                )
            }
        }
    }

    private static func noMatch(_ text: String, _ walk: ModelWalk, _ place: Int) -> Failure {
        let paths = (walk.objects.map(\.path) + walk.tensors.map(\.path)).filter { !$0.isEmpty }
        let plain = text.filter { !"*?[]!".contains($0) }
        let wanted = plain.hasPrefix(".") || plain.hasSuffix(".") ? plain.filter { $0 != "." } : plain
        var help = nearestName(to: wanted, among: paths)
        if help == nil, let last = wanted.split(separator: ".").last {
            help = nearestName(
                to: String(last), among: Set(paths.flatMap { $0.split(separator: ".").map(String.init) }))
        }
        let tops = listText(paths.filter { !$0.contains(".") }, most: 8)
        let isMode = text == "train" || text == "eval"
        return Failure(
            .name, "no layer or tensor of the model matches \(quotedText(text))",
            help: isMode
                ? "the second argument is a name pattern; write batchnorm=\(quotedText(text))"
                : help.map { "did you mean \($0)?" } ?? "the names begin with \(tops)", argument: place)
    }

    /// Sets the marks. `keepsStatistics`: the statistics of batch norm continue to follow the batches.
    func set(frozen isFrozen: Bool, keepsStatistics: Bool) {
        for layer in layers {
            layer.isFrozen = isFrozen && (!keepsStatistics || layer.field(named: "running_mean") == nil)
        }
        for place in tensors {
            guard let mark = place.mark else { continue }
            let staysOpen = isFrozen && keepsStatistics && mark.role == .buffer
            place.store(
                place.value.promise, mark: TensorMark(role: mark.role, isFrozen: isFrozen && !staysOpen))
        }
        // A layer of which single tensors were selected evaluates if its statistics are frozen or, without
        // statistics, if all its tensors are frozen.
        for owner in owners {
            let marks = owner.fieldNames.compactMap { owner.field(named: $0)?.asTensorValue?.mark }
            let buffers = marks.filter { $0.role == .buffer }
            owner.isFrozen = (buffers.isEmpty ? marks : buffers).allSatisfy(\.isFrozen)
        }
    }
}

let freezingNatives: [Native] = [
    Native(
        "freeze(layers, pattern=nil, batchnorm=\"eval\")",
        "Keeps the tensors of a layer, model, or list or slice of layers from changing in training. They "
            + "evaluate: batch norm uses its running statistics. A pattern, or a list of them, selects by "
            + "name (`*` stands for any text, `?` for one character, `[34]` for one of several): layers "
            + "with everything below them, and single tensors. `batchnorm=\"train\"` lets the statistics "
            + "continue to follow the batches.",
        examples: [
            "c = Conv2d(3, 8, 1)\nfreeze(c)\nprint(count_parameters(c, trainable=true))  # expect: 0",
            "m = Sequential((conv=Conv2d(3, 8, 1), norm=BatchNorm2d(8)))\nfreeze(m, \"n*\")\nprint(count_parameters(m, trainable=true))  # expect: 32",
        ]
    ) { call in
        let choice = try call.string(2)
        guard ["eval", "train"].contains(choice) else {
            throw Failure(
                .value, "batchnorm must be \"eval\" or \"train\", not \(quotedText(choice))", argument: 2)
        }
        try FreezeSelection(call, pattern: 1).set(frozen: true, keepsStatistics: choice == "train")
        return .nilValue
    },
    Native(
        "unfreeze(layers, pattern=nil)",
        "Lets the tensors of a layer, model, or list or slice of layers change in training again. A pattern "
            + "selects them by name, as for `freeze`.",
        examples: [
            "c = Conv2d(3, 8, 1)\nfreeze(c)\nunfreeze(c, \"bias\")\nprint(count_parameters(c, trainable=true))  # expect: 8"
        ]
    ) { call in
        try FreezeSelection(call, pattern: 1).set(frozen: false, keepsStatistics: false)
        return .nilValue
    },
]
