// The context of a layer's call (a layer is an object with `forward`): training or evaluation mode, and an
// optional trace; also the display of layers at the prompt, and the check of their children. Objects that are
// data sets have the members of data sets.

import SegImaging
import SegRuntime
import SegTensor

/// The state of an interpreter's layers.
final class LayerHook: ObjectHook {
    // Read and set at each call of a layer, by the machine's thread alone: the run-time checks of exclusive
    // access would cost more than the rest of the hook.

    /// Whether layers called now train: set while a `forward` runs.
    @exclusivity(unchecked) private(set) var isTraining = false
    /// The mode chosen by a trainer, `training()` or `evaluating()`.
    @exclusivity(unchecked) private(set) var baseTraining = false
    /// Observes the calls of layers.
    @exclusivity(unchecked) private var trace: LayerTrace?
    /// The class names of the models that are running and know them, the innermost last.
    @exclusivity(unchecked) private var classNames: [AxisLabels?] = []

    let noun = "layer"

    func began(_ object: Instance, _ argument: Value, depth: Int) -> UInt8 {
        var before: UInt8 = isTraining ? 1 : 0
        isTraining = baseTraining && !object.isFrozen
        trace?.began(object, argument, depth: depth)
        if let known = object.attached {
            classNames.append(known.classNames)
            before |= 2
        }
        return before
    }

    /// The logits [N, C, H, W] of a model that knows its C classes carry their names.
    func ended(_ result: Value, depth: Int, _ state: UInt8) -> Value {
        var result = result
        if let names = leave(state), let logits = result.asTensorValue?.promise, logits.rank == 4,
            logits.shape[1] == names.names.count, let named = try? logits.labelled(axis: 1, names)
        {
            result = .tensor(named)
        }
        trace?.ended(result, depth: depth)
        return result
    }

    func failed(_ state: UInt8) { _ = leave(state) }

    /// Restores the mode of before a call; the names of the classes that its model knows.
    private func leave(_ state: UInt8) -> AxisLabels? {
        isTraining = state & 1 == 1
        return state & 2 == 0 ? nil : classNames.removeLast()
    }

    /// Runs a body with layers in training or evaluation mode, and with an optional trace.
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

    /// An object that is a data set has the members of one, such as `counts`.
    func memberNames(of object: Instance) -> [String] {
        guard ScriptDataset.isData(object) else { return [] }
        return DatasetValue.members.filter {
            object.field(named: $0) == nil && object.method(named: $0) == nil
        }
    }

    func member(_ name: String, of object: Instance, _ interpreter: Interpreter) throws -> Value? {
        guard DatasetValue.members.contains(name), ScriptDataset.isData(object) else { return nil }
        return try DatasetValue(try ScriptDataset(object, interpreter)).member(name, interpreter)
    }

    /// A sample of a data set: its mask has the names of the classes.
    func element(_ value: Value, of object: Instance) throws -> Value {
        guard ScriptDataset.isData(object), let sample = value.asRecord,
            let mask = sample["mask"]?.asTensorValue, mask.categories == nil,
            let names = object.field(named: "classes")?.asList?.items.compactMap(\.asString),
            let labels = try? AxisLabels(names)
        else { return value }
        let named = RecordObject(Array(zip(sample.names, sample.values)))
        named["mask"] = .tensor(mask.promise, categories: labels)
        return .object(named)
    }

    /// A part of a data set is one.
    func part(of object: Instance, _ places: Range<Int>, _ interpreter: Interpreter) throws -> Value? {
        guard ScriptDataset.isData(object) else { return nil }
        let data = try ScriptDataset(object, interpreter)
        return .object(try DatasetValue(try Subset(data, Array(places))))
    }

    /// What an object lacks to be a data set, where something of one is asked.
    func help(forMissing name: String, of object: Instance) -> String? {
        guard DatasetValue.members.contains(name), object.method(named: "at") != nil,
            object.field(named: "count") != nil
        else { return nil }
        return
            "to be a data set, which has \(name), it needs a list `classes` of names: classes = [\"Road\", \"Sky\"]"
    }

    /// A model is displayed as its table, which the library makes, a data set as one.
    func display(_ object: Instance, _ interpreter: Interpreter) throws -> String? {
        if ScriptDataset.isData(object) {
            return try DatasetValue(try ScriptDataset(object, interpreter)).display(interpreter)
        }
        guard let table = try interpreter.libraryValue("layer_display") else { return nil }
        return try interpreter.line(try interpreter.call(table, [.object(object)]))
    }

    /// The children of a layer that are all layers or functions may only be replaced by layers or functions.
    func checkChild(_ value: Value, of parent: Instance, _ interpreter: Interpreter) throws {
        guard let children = parent.children, children.count > 0,
            children.values.allSatisfy(interpreter.isCallable)
        else { return }
        var help: String?
        if case .object(let object) = value, let type = object as? TypeObject {
            help = "construct one: \(type.name)(…)"
        } else if interpreter.isCallable(value) {
            return
        }
        throw Failure(
            .type, "a \(parent.type.name) holds layers, and \(interpreter.describe(value)) is not a layer",
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
