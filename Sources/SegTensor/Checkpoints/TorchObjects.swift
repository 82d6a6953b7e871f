// What the few known functions and classes in PyTorch's pickles make: dictionaries, sizes, parameters and
// views of storages. Every number is checked here once, so that later readers need not check it. NumPy's are in
// NumPyObjects.

extension Pickle {
    enum Made {
        case node(Node)
        case same(Handle)
    }

    /// The result of calling `function`, or nil if the function is not known. Dictionaries are made in place.
    mutating func make(_ function: Global, _ arguments: Handle, file: String) throws -> Made? {
        let items = sequence(arguments) ?? []
        switch function.path {
        case "collections.OrderedDict", "builtins.dict", "__builtin__.dict", "collections.defaultdict":
            var pairs: [(key: Handle, value: Handle)] = []
            if function.name != "defaultdict", let first = items.first, let list = sequence(first) {
                copiedPairs += list.count
                guard copiedPairs <= Self.nodeLimit else {
                    throw Self.refused(file, "its dictionaries have more than \(Self.nodeLimit) entries")
                }
                for item in list {
                    if let pair = sequence(item), pair.count == 2 { pairs.append((pair[0], pair[1])) }
                }
            }
            dictionaries.append(pairs)
            return .node(.dictionary(dictionaries.count - 1))
        case "torch.Size", "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset":
            return items.first.map(Made.same)
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
            "torch.nn.parameter.Parameter":
            guard let first = items.first, isTensor(first) else { return nil }
            return .same(first)
        case "torch._tensor._rebuild_from_type_v2":
            // (function, class, arguments, state): a tensor with additional attributes.
            guard items.count >= 3, let inner = global(items[0]), inner != function else { return nil }
            return try make(inner, items[2], file: file)
        case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
            guard items.count >= 4 else { return nil }
            guard case .storage(let place) = self[items[0]] else {
                return .node(.unreadable("a tensor that pickle wrote without torch.save"))
            }
            guard let dtype = storages[place].dtype else {
                let type = storages[place].typeName
                return .node(
                    .unreadable(type.contains("Complex") ? "a complex tensor" : "a tensor of \(type)"))
            }
            if items.count >= 7, isNegative(items[6]) { return .node(Self.negative) }
            return .node(try makeTensor(place, dtype, items, file: file))
        case "torch._utils._rebuild_tensor_v3":
            guard items.count >= 7, case .storage(let place) = self[items[0]] else { return nil }
            guard let global = global(items[6]), let dtype = StoredDType(rawValue: global.name) else {
                return .node(.unreadable("a tensor of type \(description(items[6]))"))
            }
            if items.count >= 8, isNegative(items[7]) { return .node(Self.negative) }
            return .node(try makeTensor(place, dtype, items, file: file))
        default:
            if let node = makeNumPy(function, items) { return .node(node) }
            // Quantized, sparse and other tensors would otherwise be skipped silently.
            guard function.module == "torch._utils", function.name.hasPrefix("_rebuild") else { return nil }
            let kinds = [
                "sparse": "a sparse tensor", "qtensor": "a quantized tensor", "nested": "a nested tensor",
                "meta": "a tensor without numbers (of PyTorch's meta device)",
            ]
            let kind = kinds.first { function.name.contains($0.key) }?.value
            return .node(.unreadable(kind ?? "a tensor made by \(function.path)"))
        }
    }

    /// Whether the numbers of a tensor are those of its storage with the other sign, as its metadata say.
    private func isNegative(_ metadata: Handle) -> Bool {
        (entries(metadata) ?? []).contains { name, value in
            guard ["neg", "conj"].contains(name), case .bool(let isOn) = self[value] else { return false }
            return isOn
        }
    }

    private static var negative: Node {
        .unreadable("a tensor whose numbers are stored with the other sign")
    }

    /// A storage from its persistent id: `('storage', class, key, location, count)`, with a sixth entry for
    /// views in legacy files.
    func makeStorage(_ tuple: Handle, file: String) throws -> Storage {
        let items = sequence(tuple) ?? []
        guard items.count >= 5, text(items[0]) == "storage", let type = global(items[1]),
            let count = integer(items[4]), count >= 0
        else { throw Self.refused(file, "a storage is described in an unknown way") }
        guard let key = text(items[2]) ?? integer(items[2]).map(String.init) else {
            throw Self.refused(file, "a storage has no name")
        }
        var offset = 0
        if items.count >= 6, let view = sequence(items[5]) {
            guard view.count >= 2, let start = integer(view[1]), start >= 0, start <= count else {
                throw Self.refused(file, "a storage extends beyond the storage that it is a part of")
            }
            offset = start
        }
        let dtype = Self.storageTypes[type.name]
        return Storage(
            key: key, dtype: dtype, elementSize: dtype?.size ?? Self.otherSizes[type.name],
            typeName: type.path, count: count, viewOffset: offset)
    }

    /// `(storage, offset, shape, strides, …)`, with every element inside the storage.
    private mutating func makeTensor(
        _ place: Int, _ dtype: StoredDType, _ items: [Handle], file: String
    ) throws -> Node {
        let storage = storages[place]
        guard let stated = integer(items[1]), let shape = sizes(items[2]),
            let strides = sizes(items[3]),
            stated >= 0, shape.count == strides.count,
            shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }),
            let count = StoredSize.elements(shape)
        else { throw Self.refused(file, "a tensor has an impossible shape") }
        let (offset, overflow) = stated.addingReportingOverflow(storage.viewOffset)
        let held = storage.dtype == nil ? storage.count / dtype.size : storage.count
        guard !overflow else { throw Self.refused(file, "a tensor has an impossible offset") }
        if count > 0 {
            guard let reach = StoredSize.reach(shape, strides), offset < held, reach < held - offset else {
                throw Self.refused(
                    file, "a tensor of shape \(shape) extends beyond its storage of \(held) elements")
            }
        }
        tensors.append(
            TensorView(
                storage: place, dtype: dtype, offset: offset, shape: shape, strides: strides, count: count))
        return .tensor(tensors.count - 1)
    }

    static func refused(_ file: String, _ what: String) -> TensorError {
        TensorError(.file, "\(file) cannot be read: \(what)")
    }

    static func wholeModule(_ file: String, _ type: Global?) -> TensorError {
        // Class names begin with a capital; any other callable that makes the file's object is no model.
        let isClass = type?.name.first?.isUppercase ?? true
        let of = type.map { " (\(FileText.shown($0.path)))" } ?? ""
        return TensorError(
            .file,
            isClass
                ? "\(file) holds a whole model object\(of), which only running its Python code could rebuild"
                : "\(file) needs a call of a Python function\(of); seg never runs code from a file",
            help: "save its weights instead: torch.save(model.state_dict(), \"weights.pth\")")
    }

    private static let storageTypes: [String: StoredDType] = [
        "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
        "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16,
        "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    ]

    /// Bytes per element of storages whose type seg does not have, so that a legacy file can be read past
    /// them.
    private static let otherSizes: [String: Int] = [
        "UntypedStorage": 1, "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16, "QInt8Storage": 1,
        "QUInt8Storage": 1, "QInt32Storage": 4, "QUInt4x2Storage": 1, "QUInt2x4Storage": 1,
    ]
}
