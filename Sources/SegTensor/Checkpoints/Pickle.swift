// The values of a Python pickle, in one arena: handles instead of references, so that tuples nested a million
// deep, or a list that contains itself, are released without recursion. PickleReader reads a pickle into an
// arena; TorchObjects interprets the tensors in it.

/// All values of one pickle. Handles are indices into `nodes`.
struct Pickle {
    typealias Handle = Int32

    enum Node {
        case none
        case bool(Bool)
        case integer(Int)
        case real(Double)
        case text(String)
        /// A range of the file.
        case bytes(Range<Int>)
        /// Bytes that protocol 2 writes as a text of one character per byte; the text's handle.
        case encoded(Handle)
        /// Whole numbers beyond 64 bits, and what calls of unknown results give.
        case other
        case tuple([Handle])
        /// An index into `lists`; the list may still grow.
        case list(Int)
        /// An index into `dictionaries`.
        case dictionary(Int)
        /// An index into `globals`: a function or class by name, never looked up.
        case global(Int)
        /// The result of a function or class that seg does not know; an index into `globals`.
        case opaque(Int)
        /// An index into `storages`.
        case storage(Int)
        /// An index into `tensors`.
        case tensor(Int)
        /// An index into `arrays`: a NumPy array or scalar.
        case array(Int)
        /// An index into `arrayTypes`: the type of a NumPy array.
        case arrayType(Int)
        /// A kind of tensor that seg does not support, described in words. It makes a file unreadable only if
        /// it is among the weights.
        case unreadable(String)
    }

    struct Global: Equatable {
        let module: String
        let name: String
        var path: String { "\(module).\(name)" }
    }

    /// A block of numbers that tensors are views of.
    struct Storage {
        let key: String
        /// Nil for an untyped storage, whose count is in bytes, and for types that seg does not have.
        let dtype: StoredDType?
        /// Bytes per element; nil if unknown.
        let elementSize: Int?
        /// The type's name in the file, for errors.
        let typeName: String
        let count: Int
        /// Elements to add to every offset: old files have storages that are views of others.
        let viewOffset: Int
    }

    /// A view of a storage: offset and strides in elements.
    struct TensorView {
        let storage: Int
        let dtype: StoredDType
        let offset: Int
        let shape: [Int]
        let strides: [Int]
        let count: Int
    }

    /// A NumPy array; its type and shape come after it in the file.
    struct NumPyArray {
        /// A scalar is data of a run beside the weights rather than one of them.
        let isScalar: Bool
        var dtype: StoredDType?
        var shape: [Int] = []
        var count = 0
        var isFortran = false
        /// The bytes of its elements.
        var data: Handle = -1
        /// Why it cannot be read, in words.
        var problem: String? = "a NumPy array without contents"
    }

    /// A file with more values than this is no weight file; the largest real ones have some ten thousand.
    static let nodeLimit = 4_000_000
    static let tensorLimit = 100_000

    var nodes: [Node] = []
    var lists: [[Handle]] = []
    var dictionaries: [[(key: Handle, value: Handle)]] = []
    var globals: [Global] = []
    var storages: [Storage] = []
    var tensors: [TensorView] = []
    var arrays: [NumPyArray] = []
    var arrayTypes: [NumPyType] = []
    /// The states that the file gives to objects of unknown classes.
    var states: [Handle: Handle] = [:]
    /// Strings of Python 2 are text or bytes: their bytes in the file.
    var byteStrings: [Handle: Range<Int>] = [:]
    /// Entries copied from lists of pairs. A short pickle can request the same long list repeatedly.
    var copiedPairs = 0
    /// The result of the STOP operation: the pickled object.
    var root: Handle = -1

    subscript(handle: Handle) -> Node {
        handle >= 0 && Int(handle) < nodes.count ? nodes[Int(handle)] : .none
    }

    func text(_ handle: Handle) -> String? {
        if case .text(let text) = self[handle] { text } else { nil }
    }

    func integer(_ handle: Handle) -> Int? {
        if case .integer(let value) = self[handle] { value } else { nil }
    }

    func global(_ handle: Handle) -> Global? {
        if case .global(let place) = self[handle] { globals[place] } else { nil }
    }

    /// The items of a tuple or a list.
    func sequence(_ handle: Handle) -> [Handle]? {
        switch self[handle] {
        case .tuple(let items): items
        case .list(let place): lists[place]
        default: nil
        }
    }

    /// A tuple or list of at most `StoredSize.rankLimit` whole numbers: a shape or strides.
    func sizes(_ handle: Handle) -> [Int]? {
        guard let items = sequence(handle), items.count <= StoredSize.rankLimit else { return nil }
        var values: [Int] = []
        values.reserveCapacity(items.count)
        for item in items {
            guard let value = integer(item) else { return nil }
            values.append(value)
        }
        return values
    }

    /// The entries of a dictionary; if a key occurs more than once, the last entry counts, as in Python.
    func entries(_ handle: Handle) -> [(key: String, value: Handle)]? {
        guard case .dictionary(let place) = self[handle] else { return nil }
        var positions: [String: Int] = [:]
        var entries: [(key: String, value: Handle)] = []
        for (key, value) in dictionaries[place] {
            guard let key = text(key) else { continue }
            if let known = positions[key] {
                entries[known].value = value
            } else {
                positions[key] = entries.count
                entries.append((key, value))
            }
        }
        return entries
    }

    /// The number of tensors in a dictionary under keys that are no strings.
    func unnamedTensors(_ handle: Handle) -> Int {
        guard case .dictionary(let place) = self[handle] else { return 0 }
        return dictionaries[place].count { text($0.key) == nil && isTensor($0.value) }
    }

    /// What a value is, for errors and notes.
    func description(_ handle: Handle) -> String {
        switch self[handle] {
        case .none: "None"
        case .bool: "a bool"
        case .integer, .real: "a number"
        case .text: "a string"
        case .bytes, .encoded: "bytes"
        case .other: "a value that weights do not use"
        case .tuple: "a tuple"
        case .list: "a list"
        case .dictionary: "a dictionary"
        case .global(let place): FileText.shown(globals[place].path)
        case .opaque(let place): "an object of \(FileText.shown(globals[place].path))"
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .array(let place):
            arrays[place].problem.map { FileText.shown($0) }
                ?? (arrays[place].isScalar ? "a number" : "a NumPy array")
        case .arrayType: "a type of NumPy"
        case .unreadable(let what): FileText.shown(what)
        }
    }

    /// Whether a value is a tensor, of a kind that seg reads or not.
    func isTensor(_ handle: Handle) -> Bool {
        switch self[handle] {
        case .tensor, .unreadable: true
        default: isArray(handle)
        }
    }

    func isArray(_ handle: Handle) -> Bool {
        if case .array(let place) = self[handle] { !arrays[place].isScalar } else { false }
    }
}
