// The native that writes a model as an ONNX file: it runs the model on inputs of several sizes, without computing
// anything, and says where the file's model takes fewer sizes than this one.

import SegRuntime
import SegSyntax
import SegTensor

let onnxNatives: [Native] = [
    Native(
        "export_onnx(model, path, size=[3, 520, 520], opset=17)",
        "Writes a model with its weights as an ONNX file, which onnxruntime, OpenCV, TensorRT and others run. "
            + "`size` is that of an input, [channels, height, width]; batch, height and width of the file's input are "
            + "free where the model allows it, and a note says where they are not. The input is what `model(x)` takes, "
            + "float32 and normalised: the file's metadata has `classes`, `mean` and `std` where the model knows its "
            + "data. The output is named `output`; those of a model that gives a record are named by its fields. "
            + "`opset` is the version of ONNX's operators, from 17 to 21. Gives the axes of the input and of the "
            + "outputs: numbers, or names where they are free. An operation without a form in ONNX is an error.",
        examples: [
            "made = export_onnx(Sequential(Conv2d(3, 8, 3, padding=1), ReLU()), \"example.onnx\", size=[3, 64, 96])\n"
                + "print(made.input)  # expect: [\"batch\", 3, \"height\", \"width\"]\n"
                + "print(made.output)  # expect: [\"batch\", 8, \"height\", \"width\"]"
        ], effect: .writing
    ) { call in try exportONNX(call) }
]

private func exportONNX(_ call: borrowing Arguments) throws -> Value {
    let interpreter = call.interpreter
    let walk = try ModelWalk(call, 0)
    guard interpreter.isCallable(call[0]) else { throw call.wrong(0, "a model that can be called") }
    let path = try call.string(1)
    guard path.lowercased().hasSuffix(".onnx") else {
        throw call.bad(1, "should end in .onnx, not \(quotedText(path))")
    }
    let size = try call.numbers(2)?.map { Int(exactly: $0) ?? 0 } ?? []
    guard size.count == 3, size.allSatisfy({ $0 > 0 && $0 < 1 << 20 }) else {
        throw call.wrong(2, "the size of an input, [channels, height, width], as [3, 520, 520]")
    }
    let opset = try call.integer(3)
    guard ONNXExport.opsets.contains(opset) else {
        throw call.bad(
            3, "is from \(ONNXExport.opsets.lowerBound) to \(ONNXExport.opsets.upperBound), not \(opset)")
    }
    let parameters = walk.tensors.map { (name: $0.path, tensor: $0.value.promise) }
    try Tensor.evaluate(parameters.map(\.tensor))
    let model = call[0]
    let export = try ONNXExport(
        shape: [1] + size, opset: opset, parameters: parameters,
        forward: { input in
            // A forward that counts its calls, or stores what it saw, is restored afterwards.
            let snapshot = try Snapshot(of: model, poll: call.interpreter.checkInterrupt)
            defer { snapshot.restore() }
            let result = try interpreter.layers.within(training: false) {
                try interpreter.call(model, [.tensor(input)])
            }
            return try outputs(result, interpreter)
        },
        refuses: { interpreter.scriptError($0).diagnostic.kind != .interrupt })
    try export.write(to: path, version: segVersion, metadata: metadata(of: model, interpreter))
    for restriction in export.restrictions { interpreter.note(text(of: restriction, size, interpreter)) }
    func axes(_ axes: ONNXExport.Axes) -> Value {
        .list(axes.map { axis in axis.size.map { .number(Double($0)) } ?? .string(axis.name) })
    }
    return .record([("input", axes(export.input))] + export.outputs.map { ($0.name, axes($0.axes)) })
}

/// The tensors that a model gives, by name.
private func outputs(_ result: Value, _ interpreter: Interpreter) throws -> [(name: String, tensor: Tensor)] {
    if let tensor = result.asTensorValue { return [("output", tensor.promise)] }
    let named =
        result.asRecord.map { Array(zip($0.names, $0.values)) }
        ?? result.asList.map { $0.items.enumerated().map { ("output_\($0)", $1) } } ?? []
    guard !named.isEmpty, named.allSatisfy({ $1.asTensorValue != nil }) else {
        throw Failure(
            .type, "export_onnx: the model gives \(interpreter.describe(result)), which is no tensor",
            help: "a model that gives a tensor, or a record or list of tensors, can be exported", argument: 0)
    }
    if let wrong = named.map(\.0).first(where: { [ONNXExport.inputName, ""].contains($0) }) {
        throw Failure(
            .value, "export_onnx: an output cannot have the name \(quotedText(wrong))",
            help: wrong.isEmpty
                ? nil : "it is that of the file's input; give the field of the record another name",
            argument: 0)
    }
    return named.compactMap { name, value in value.asTensorValue.map { (name, $0.promise) } }
}

/// What a model remembers of its data, as texts.
private func metadata(of model: Value, _ interpreter: Interpreter) throws -> [(key: String, value: String)] {
    guard let known = model.asInstance?.attached else { return [] }
    return try ["classes", "mean", "std"].compactMap { name in
        guard let value = known[name], !value.isNil else { return nil }
        return (name, try textOfJSON(value, interpreter))
    }
}

/// The note on axes that are not free.
private func text(of restriction: ONNXExport.Restriction, _ size: [Int], _ interpreter: Interpreter) -> String
{
    var reason = "the model takes no other"
    if let operation = restriction.operation {
        // The line of a model of the library is that of this call.
        let place = restriction.site.flatMap {
            $0 == interpreter.currentSite() ? nil : interpreter.location(ofSite: $0)
        }.map { " (\($0.source.name), line \($0.source.position(of: Int($0.span.start)).line))" }
        reason = "\(operation)\(place ?? "") follows it in a way that the file cannot hold"
    }
    switch restriction.axes {
    case .batch: return "export_onnx: the batch of the file's input is 1, since \(reason)"
    case .size:
        return
            "export_onnx: height and width of the file's input are \(size[1]) and \(size[2]), since \(reason)"
    case .steps(let step):
        return
            "export_onnx: height and width of the file's input may differ from \(size[1]) and \(size[2]) by "
            + "multiples of \(step): at others \(reason)"
    }
}
