// Finds the tensors of a model: objects are visited field by field in order; an object that is reached twice
// counts once, by its first path. The paths equal PyTorch's names if the fields have the same names.

import SegRuntime
import SegTensor

/// One tensor field of a model.
struct TensorPlace {
    /// `backbone.0.1.running_mean`
    let path: String
    let owner: Instance
    let field: String
    let value: TensorValue

    var mark: TensorMark? { value.mark }
    var isTrainable: Bool { value.mark == TensorMark(role: .parameter, isFrozen: false) }

    /// Puts another tensor into the field, which keeps its mark.
    func store(_ tensor: Tensor, mark: TensorMark? = nil) {
        owner.setField(named: field, to: .object(TensorValue(tensor, mark: mark ?? value.mark)))
    }
}

/// The result of a walk over a model.
struct ModelWalk {
    private(set) var tensors: [TensorPlace] = []
    /// Every object found, with its path; the model itself first, with an empty path.
    private(set) var objects: [(path: String, object: Instance)] = []

    /// A path is as long as its object is deep: paths of endlessly nested layers would fill the memory.
    private static let depthLimit = 1000

    /// Walks an object, or a list or record of objects.
    /// - Throws: an error of kind `value` where they are nested too deeply.
    init(_ root: Value) throws {
        var seen: Set<ObjectIdentifier> = []
        var seenTensors: Set<ObjectIdentifier> = []
        // An explicit stack: entries are pushed in reverse to keep the fields' order.
        var work: [(path: String, value: Value, depth: Int)] = [("", root, 0)]
        var owners: [(Instance, String)?] = [nil]
        var steps = 0
        while let (path, value, depth) = work.popLast() {
            let owner = owners.popLast() ?? nil
            steps += 1
            if steps & 0xfff == 0 { try EvaluationContext.current.checkInterrupt() }
            guard depth <= Self.depthLimit else {
                throw Failure(
                    .value, "the layers are nested in each other more than \(Self.depthLimit) deep",
                    help: "Sequential takes many layers side by side: Sequential(a, b, c)")
            }
            guard case .object(let object) = value else { continue }
            if let tensor = object as? TensorValue {
                if let (instance, field) = owner, tensor.mark != nil,
                    seenTensors.insert(ObjectIdentifier(tensor)).inserted
                {
                    tensors.append(TensorPlace(path: path, owner: instance, field: field, value: tensor))
                }
                continue
            }
            var entries: [(String, Value)] = []
            var parent: Instance?
            switch object {
            case let instance as Instance:
                guard seen.insert(ObjectIdentifier(instance)).inserted else { continue }
                objects.append((path, instance))
                if let children = instance.children {
                    entries = zip(children.names, children.values).map { ($0, $1) }
                } else {
                    parent = instance
                    entries = instance.fieldNames.compactMap { name in
                        instance.field(named: name).map { (name, $0) }
                    }
                }
            case let list as ListObject:
                guard seen.insert(ObjectIdentifier(list)).inserted else { continue }
                entries = list.items.enumerated().map { ("\($0.offset)", $0.element) }
            case let record as RecordObject:
                guard seen.insert(ObjectIdentifier(record)).inserted else { continue }
                entries = zip(record.names, record.values).map { ($0, $1) }
            default: continue
            }
            for (name, entry) in entries.reversed() {
                guard case .object(let inner) = entry, inner.kind != .string else { continue }
                work.append((path.isEmpty ? name : path + "." + name, entry, depth + 1))
                owners.append(parent.map { ($0, name) })
            }
        }
    }

    /// The walk of a native's argument; an error if it is neither a model nor layers.
    init(_ call: borrowing Arguments, _ place: Int) throws {
        guard case .object(let object) = call[place],
            object is Instance || object is ListObject || object is RecordObject
        else {
            let isSwapped = call.count > 1 && call[1 - min(place, 1)].asInstance?.type.isCallable == true
            throw call.wrong(place, "a model or layers", help: isSwapped ? "the model comes first" : nil)
        }
        try self.init(call[place])
    }

    var trainable: [TensorPlace] { tensors.filter(\.isTrainable) }
}
