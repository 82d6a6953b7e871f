// Reads a pickle with a fixed list of operations. Nothing is ever called: functions and classes are names,
// and TorchObjects says what the few known ones make. Every operation makes at most one value, every length
// is checked against the file, there is no recursion: memory is in proportion to the pickle's size.

/// The operations of a pickle that seg reads: those of PyTorch's own weights-only reader, and the harmless
/// ones of newer protocols.
struct PickleReader {
    private typealias Handle = Pickle.Handle

    private var stream: ByteStream
    private var pickle = Pickle()
    private var stack: [Handle] = []
    /// Stack heights at the open MARKs.
    private var marks: [Int] = []
    private var memo: [UInt32: Handle] = [:]
    private var globalPlaces: [String: Int] = [:]

    /// Reads one pickle from the position of `stream`, and leaves `stream` at its end.
    static func read(_ stream: inout ByteStream) throws -> Pickle {
        var reader = PickleReader(stream: stream)
        try reader.run()
        stream = reader.stream
        return reader.pickle
    }

    private init(stream: ByteStream) { self.stream = stream }

    private mutating func run() throws {
        while true {
            let code = try stream.byte()
            if code == UInt8(ascii: ".") {
                pickle.root = try pop()
                return
            }
            if try literal(code) { continue }
            if try collection(code) { continue }
            try object(code)
        }
    }

    // MARK: Values that are in the file as bytes

    private mutating func literal(_ code: UInt8) throws -> Bool {
        switch code {
        case 0x80:  // PROTO
            let version = try stream.byte()
            guard (2...5).contains(version) else { throw damaged("pickle protocol \(version) is unknown") }
        case 0x95: _ = try stream.number(bytes: 8)  // FRAME
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "K"): try push(.integer(Int(try stream.number(bytes: 1))))
        case UInt8(ascii: "M"): try push(.integer(Int(try stream.number(bytes: 2))))
        case UInt8(ascii: "J"):
            try push(.integer(Int(Int32(truncatingIfNeeded: try stream.number(bytes: 4)))))
        case 0x8a: try pushLong(try stream.number(bytes: 1))  // LONG1
        case 0x8b: try pushLong(try stream.number(bytes: 4))  // LONG4
        case UInt8(ascii: "G"):
            let bits = try stream.number(bytes: 8).byteSwapped
            try push(.real(Double(bitPattern: bits)))
        case UInt8(ascii: "X"): try push(.text(try stream.text(try stream.number(bytes: 4))))
        case 0x8c: try push(.text(try stream.text(try stream.number(bytes: 1))))
        case 0x8d: try push(.text(try stream.text(try stream.number(bytes: 8))))
        case UInt8(ascii: "U"): try pushByteString(try stream.number(bytes: 1))
        case UInt8(ascii: "T"): try pushByteString(try stream.number(bytes: 4))
        case UInt8(ascii: "C"): try pushBytes(try stream.number(bytes: 1))
        case UInt8(ascii: "B"): try pushBytes(try stream.number(bytes: 4))
        case 0x8e, 0x96: try pushBytes(try stream.number(bytes: 8))
        default: return false
        }
        return true
    }

    private mutating func pushBytes(_ count: UInt64) throws {
        try push(.bytes(try skip(count)))
    }

    private mutating func pushByteString(_ count: UInt64) throws {
        let start = stream.position
        try push(.text(try stream.text(count)))
        pickle.byteStrings[try top()] = start..<stream.position
    }

    private mutating func skip(_ count: UInt64) throws -> Range<Int> {
        guard count <= UInt64(stream.remaining) else { throw stream.cutOff() }
        let start = stream.position
        try stream.skip(Int(count))
        return start..<stream.position
    }

    /// A whole number in two's complement.
    private mutating func pushLong(_ count: UInt64) throws {
        guard count <= 8 else {
            _ = try skip(count)
            return try push(.other)
        }
        let bits = try stream.number(bytes: Int(count))
        let unused = UInt64(64 - 8 * count)
        try push(.integer(count == 0 ? 0 : Int(Int64(bitPattern: bits << unused) >> Int64(unused))))
    }

    // MARK: Stack, memo, lists, tuples and dictionaries

    private mutating func collection(_ code: UInt8) throws -> Bool {
        switch code {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"):
            if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
        case UInt8(ascii: "1"): _ = try popMark()
        case UInt8(ascii: "2"): stack.append(try top())
        case UInt8(ascii: ")"): try push(.tuple([]))
        case 0x85: try pushTuple(1)
        case 0x86: try pushTuple(2)
        case 0x87: try pushTuple(3)
        case UInt8(ascii: "t"): try push(.tuple(try popMark()))
        case UInt8(ascii: "]"), 0x8f:  // sets are lists
            pickle.lists.append([])
            try push(.list(pickle.lists.count - 1))
        case UInt8(ascii: "l"), 0x91:
            pickle.lists.append(try popMark())
            try push(.list(pickle.lists.count - 1))
        case UInt8(ascii: "a"): try append([try pop()])
        case UInt8(ascii: "e"), 0x90: try append(try popMark())
        case UInt8(ascii: "}"):
            pickle.dictionaries.append([])
            try push(.dictionary(pickle.dictionaries.count - 1))
        case UInt8(ascii: "d"):
            let items = try popMark()
            pickle.dictionaries.append([])
            try push(.dictionary(pickle.dictionaries.count - 1))
            try setItems(items)
        case UInt8(ascii: "s"):
            let value = try pop()
            try setItems([try pop(), value])
        case UInt8(ascii: "u"): try setItems(try popMark())
        case UInt8(ascii: "q"): try remember(UInt32(try stream.number(bytes: 1)))
        case UInt8(ascii: "r"): try remember(UInt32(truncatingIfNeeded: try stream.number(bytes: 4)))
        case 0x94: try remember(UInt32(memo.count))  // MEMOIZE
        case UInt8(ascii: "h"): try recall(try stream.number(bytes: 1))
        case UInt8(ascii: "j"): try recall(try stream.number(bytes: 4))
        default: return false
        }
        return true
    }

    private mutating func pushTuple(_ count: Int) throws {
        guard stack.count - (marks.last ?? 0) >= count else { throw damaged("its stack runs empty") }
        let items = Array(stack.suffix(count))
        stack.removeLast(count)
        try push(.tuple(items))
    }

    private mutating func append(_ items: [Handle]) throws {
        switch pickle[try top()] {
        case .list(let place): pickle.lists[place].append(contentsOf: items)
        case .opaque, .other: break
        default: throw damaged("items are appended to something that is not a list")
        }
    }

    private mutating func setItems(_ items: [Handle]) throws {
        guard items.count.isMultiple(of: 2) else { throw damaged("a dictionary has a key without a value") }
        switch pickle[try top()] {
        case .dictionary(let place):
            for i in stride(from: 0, to: items.count, by: 2) {
                pickle.dictionaries[place].append((items[i], items[i + 1]))
            }
        case .opaque, .other: break
        default: throw damaged("an entry is set in something that is not a dictionary")
        }
    }

    private mutating func remember(_ index: UInt32) throws {
        memo[index] = try top()
        guard memo.count <= Pickle.nodeLimit else {
            throw damaged("it remembers more than \(Pickle.nodeLimit) values")
        }
    }

    private mutating func recall(_ index: UInt64) throws {
        guard let handle = memo[UInt32(truncatingIfNeeded: index)] else {
            throw damaged("it refers to a value that does not exist")
        }
        stack.append(handle)
    }

    // MARK: Functions, classes and what they would make

    private mutating func object(_ code: UInt8) throws {
        switch code {
        case UInt8(ascii: "c"):
            let module = try stream.line()
            try pushGlobal(module, try stream.line())
        case 0x93:  // STACK_GLOBAL
            let name = pickle.text(try pop())
            let module = pickle.text(try pop())
            guard let name, let module else { throw damaged("a name is not a string") }
            try pushGlobal(module, name)
        case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
            let arguments = try pop()
            try call(try pop(), arguments)
        case 0x92:  // NEWOBJ_EX
            _ = try pop()
            let arguments = try pop()
            try call(try pop(), arguments)
        case UInt8(ascii: "b"):  // BUILD: the state of an object, e.g. the module versions of a state dict
            let state = try pop()
            pickle.build(try top(), state)
        case UInt8(ascii: "Q"):  // BINPERSID
            let tuple = try pop()
            if let type = pickle.moduleType(tuple) {
                stack.append(type)
                return
            }
            let storage = try pickle.makeStorage(tuple, file: stream.file.path)
            pickle.storages.append(storage)
            try push(.storage(pickle.storages.count - 1))
        default:
            throw damaged("weights do not use pickle operation \(code)")
        }
    }

    private mutating func pushGlobal(_ module: String, _ name: String) throws {
        try push(.global(place(of: Pickle.Global(module: module, name: name))))
    }

    private mutating func place(of global: Pickle.Global) -> Int {
        if let known = globalPlaces[global.path] { return known }
        pickle.globals.append(global)
        globalPlaces[global.path] = pickle.globals.count - 1
        return pickle.globals.count - 1
    }

    private mutating func call(_ function: Handle, _ arguments: Handle) throws {
        guard case .global(let place) = pickle[function] else {
            // Calling what a call made: kept as something without contents, like everything that seg does not
            // know.
            return try push(.other)
        }
        if let made = try pickle.make(pickle.globals[place], arguments, file: stream.file.path) {
            switch made {
            case .node(let node):
                guard pickle.tensors.count <= Pickle.tensorLimit else {
                    throw damaged("it has more than \(Pickle.tensorLimit) tensors")
                }
                try push(node)
            case .same(let handle): stack.append(handle)
            }
        } else {
            try push(.opaque(place))
        }
    }

    // MARK: The stack

    private mutating func push(_ node: Pickle.Node) throws {
        guard pickle.nodes.count < Pickle.nodeLimit else {
            throw damaged("its table of contents has more than \(Pickle.nodeLimit) values")
        }
        pickle.nodes.append(node)
        stack.append(Handle(pickle.nodes.count - 1))
    }

    private mutating func pop() throws -> Handle {
        guard stack.count > marks.last ?? 0 else { throw damaged("its stack runs empty") }
        return stack.removeLast()
    }

    private func top() throws -> Handle {
        guard let last = stack.last, stack.count > marks.last ?? 0 else {
            throw damaged("its stack runs empty")
        }
        return last
    }

    private mutating func popMark() throws -> [Handle] {
        guard let mark = marks.popLast() else { throw damaged("its stack runs empty") }
        let items = Array(stack[mark...])
        stack.removeLast(items.count)
        return items
    }

    private func damaged(_ what: String) -> TensorError {
        TensorError(.file, "\(stream.file.path) is damaged or no weight file: \(what)")
    }
}
