// What happens around the call of a layer, an object with `forward`: it trains or evaluates, a trace may look
// on; and what layers look like at the prompt, and hold.

import SegRuntime

/// An interpreter's state of its layers.
final class LayerHook: ObjectHook {
    /// Whether the layers called now train: set while a `forward` runs.
    private(set) var isTraining = false
    /// What a trainer, `training()` or `evaluating()` chose.
    private var baseTraining = false
    /// Looks on while layers are called.
    private var trace: LayerTrace?

    let noun = "layer"

    func began(_ object: Instance, _ argument: Value, depth: Int) -> UInt8 {
        let before: UInt8 = isTraining ? 1 : 0
        isTraining = baseTraining && !object.isFrozen
        trace?.began(object, argument, depth: depth)
        return before
    }

    func ended(_ result: Value, depth: Int, _ state: UInt8) {
        isTraining = state == 1
        trace?.ended(result, depth: depth)
    }

    func failed(_ state: UInt8) { isTraining = state == 1 }

    /// Runs a body with layers in training or evaluation mode, with a trace that looks on where one is given.
    func within<Result>(training: Bool, trace: LayerTrace? = nil, _ body: () throws -> Result) rethrows
        -> Result
    {
        let before = (isTraining, baseTraining, self.trace)
        isTraining = training
        baseTraining = training
        if let trace { self.trace = trace }
        defer { (isTraining, baseTraining, self.trace) = before }
        return try body()
    }

    /// A model's own form is its table, which the library makes.
    func display(_ object: Instance, _ interpreter: Interpreter) throws -> String? {
        guard let table = try interpreter.libraryValue("layer_display") else { return nil }
        return try interpreter.line(try interpreter.call(table, [.object(object)]))
    }

    /// Among the children of a layer that are all layers or functions nothing else is put.
    func checkChild(_ value: Value, of parent: Instance, _ interpreter: Interpreter) throws {
        guard let children = parent.children, children.count > 0,
            children.values.allSatisfy(interpreter.isCallable)
        else { return }
        var help: String?
        if case .object(let object) = value, let type = object as? TypeObject {
            help = "make one of it: \(type.name)(…)"
        } else if interpreter.isCallable(value) {
            return
        }
        throw Failure(
            .type, "a \(parent.type.name) holds layers, and \(interpreter.describe(value)) is none",
            help: help)
    }
}

extension Interpreter {
    var layers: LayerHook { attachment(LayerHook.self) { LayerHook() } }
}

extension Instance {
    /// Set by `freeze`: its `forward` then always evaluates.
    var isFrozen: Bool {
        get { isMarked }
        set { isMarked = newValue }
    }
}

extension TypeObject {
    /// Whether its objects are layers.
    var isLayer: Bool { isCallable }
}
