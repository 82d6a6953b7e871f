// An ONNX graph under construction (github.com/onnx/onnx/blob/main/docs/IR.md): nodes, names of values, constants.
// It is built from forward passes of one model at several sizes. A number that differs between them is looked for
// among the sizes of earlier values, and becomes a computation of shapes in the graph.

import SegSystem

/// What in a step follows the size of the input in a way that the graph cannot express.
struct SizeMisfit: Error {
    let operation: String
    let site: UInt64?
}

/// Where a value's elements are in memory.
private struct Elements: Hashable {
    let storage: ObjectIdentifier
    let offset: Int
    let shape: [Int]

    init(_ data: TensorData) {
        storage = ObjectIdentifier(data.storage)
        (offset, shape) = (data.offset, data.shape)
    }
}

/// An operation that ONNX's operators express.
protocol ONNXExportable: Operation {
    /// Adds the nodes of a step, and returns the name of its result.
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String
    /// Whether `export` looks at the attributes at every size; others must be the same at all sizes.
    var followsSizes: Bool { get }
}

extension ONNXExportable {
    var followsSizes: Bool { false }
}

/// A step with the names of its operands.
struct ONNXStep {
    let number: Int
    let inputs: [String]
    let sources: [ForwardGraph.Source]
    /// At the size that was asked for.
    let operands: [Signature]
    let result: Signature
    let site: UInt64?
    let operation: String

    var misfit: SizeMisfit { SizeMisfit(operation: operation, site: site) }
}

struct ONNXGraph {
    /// The same model at several sizes, the first being the one that was asked for.
    let forwards: [ForwardGraph]
    let opset: Int
    private(set) var nodes: [ProtobufMessage] = []
    private(set) var constants: [TensorToWrite] = []
    private var used: Set<String>
    private var names: [ForwardGraph.Source: String] = [:]
    private var shapeNames: [ForwardGraph.Source: String] = [:]
    private var integerNames: [[Int]: String] = [:]

    /// - Parameter parameters: their names and tensors.
    init(_ forwards: [ForwardGraph], opset: Int, parameters: [(name: String, tensor: Tensor)]) throws {
        self.forwards = forwards
        self.opset = opset
        let first = forwards[0]
        used = [ONNXExport.inputName]
        used.formUnion(first.outputs.map(\.name))
        names[.input] = ONNXExport.inputName
        // A parameter that is not frozen takes part as another tensor of the same elements.
        let paths = try Dictionary(
            parameters.map { (try Elements($0.tensor.value()), $0.name) }, uniquingKeysWith: { one, _ in one }
        )
        try checkStructure()
        for (place, tensor) in first.constants.enumerated() {
            let path = tensor.node.value.flatMap { paths[Elements($0)] }
            names[.constant(place)] = add(tensor, name: path ?? "constant")
        }
        for (number, step) in first.steps.enumerated() { try add(step, number) }
        for output in first.outputs {
            let (name, inner) = (output.name, names[output.source] ?? "")
            emit("Identity", [inner], named: name)
        }
    }

    /// The passes have the same steps on the same constants.
    private func checkStructure() throws {
        let first = forwards[0]
        for other in forwards.dropFirst() {
            for (a, b) in zip(first.steps, other.steps) {
                let isSame =
                    type(of: a.operation) == type(of: b.operation) && a.inputs == b.inputs
                    && a.signature.dtype == b.signature.dtype && a.signature.rank == b.signature.rank
                let isFixed = (a.operation as? any ONNXExportable)?.followsSizes != true
                guard isSame, try !isFixed || a.operation.digest() == b.operation.digest() else {
                    throw SizeMisfit(operation: a.operation.name, site: a.site)
                }
            }
            let last = first.steps.last
            let misfit = SizeMisfit(operation: last?.operation.name ?? "the model", site: last?.site)
            guard first.steps.count == other.steps.count, first.constants.count == other.constants.count,
                first.outputs.elementsEqual(other.outputs, by: { $0 == $1 })
            else { throw misfit }
            for (place, (a, b)) in zip(first.constants, other.constants).enumerated()
            where !Self.areSame(a, b) {
                guard try a.signature == b.signature && a.graphDigest() == b.graphDigest() else {
                    let user = first.steps.first { $0.inputs.contains(.constant(place)) }
                    throw SizeMisfit(operation: user?.operation.name ?? misfit.operation, site: user?.site)
                }
            }
        }
    }

    /// Whether two constants are one in memory.
    private static func areSame(_ a: Tensor, _ b: Tensor) -> Bool {
        if a.node === b.node { return true }
        guard let one = a.node.value, let other = b.node.value else { return false }
        return Elements(one) == Elements(other)
    }

    private mutating func add(_ step: ForwardGraph.Step, _ number: Int) throws {
        guard let operation = step.operation as? any ONNXExportable else {
            throw TensorError(
                .value, "export_onnx: the operation \(step.operation.name) has no form in ONNX",
                site: step.site)
        }
        let description = ONNXStep(
            number: number, inputs: step.inputs.map { names[$0] ?? "" }, sources: step.inputs,
            operands: step.inputs.map(forwards[0].signature), result: step.signature, site: step.site,
            operation: step.operation.name)
        names[.step(number)] = try operation.export(description, to: &self)
    }

    // MARK: Nodes

    enum Attribute {
        case integer(Int)
        case integers([Int])
        case float(Double)
        case text(String)
    }

    /// Adds a node with one result, and returns the result's name. An operand that is left out is "".
    @discardableResult
    mutating func emit(
        _ type: String, _ inputs: [String], _ attributes: KeyValuePairs<String, Attribute> = [:],
        named name: String? = nil
    ) -> String {
        let result = name ?? unused(type.lowercased())
        var node = ProtobufMessage()
        for input in inputs { node.add(1, input) }
        node.add(2, result)
        node.add(3, result)
        node.add(4, type)
        for (name, attribute) in attributes {
            var message = ProtobufMessage()
            message.add(1, name)
            switch attribute {
            case .float(let number):
                message.add(2, Float(number))
                message.add(20, 1)
            case .integer(let number):
                message.add(3, number)
                message.add(20, 2)
            case .text(let text):
                message.add(4, text)
                message.add(20, 3)
            case .integers(let numbers):
                for number in numbers { message.add(8, number) }
                message.add(20, 7)
            }
            node.add(5, message)
        }
        nodes.append(node)
        return result
    }

    /// A name that nothing has yet.
    private mutating func unused(_ base: String) -> String {
        var name = base
        var count = 1
        while !used.insert(name).inserted {
            count += 1
            name = "\(base)_\(count)"
        }
        return name
    }

    mutating func cast(_ value: String, from: DType, to: DType) -> String {
        from == to ? value : emit("Cast", [value], ["to": .integer(to.onnx)])
    }

    // MARK: Constants

    private mutating func add(_ tensor: Tensor, name: String) -> String {
        let name = unused(name)
        constants.append(
            TensorToWrite(name: name, dtype: StoredDType(of: tensor.dtype), shape: tensor.shape) { body in
                let data = try tensor.value().rowMajor()
                try body(UnsafeRawBufferPointer(start: data.bytes, count: data.byteCount))
            })
        return name
    }

    mutating func number(_ number: Double, _ dtype: DType) throws -> String {
        add(try Tensor.scalar(number, dtype: dtype), name: "number")
    }

    mutating func floats(_ numbers: [Double]) throws -> String {
        add(try Tensor.from(numbers, shape: [numbers.count]), name: "numbers")
    }

    /// Whole numbers as axes, sizes and places are given.
    mutating func integers(_ numbers: [Int]) -> String {
        if let known = integerNames[numbers] { return known }
        let name = unused("integers")
        integerNames[numbers] = name
        var bytes: [UInt8] = []
        for number in numbers { withUnsafeBytes(of: Int64(number).littleEndian) { bytes += $0 } }
        constants.append(TensorToWrite(name: name, dtype: .int64, shape: [numbers.count], bytes: bytes))
        return name
    }

    // MARK: Numbers that follow the input's size

    /// A number at every size, or the size of an axis that it is, or is a multiple or a part of.
    enum Extent {
        case fixed(Int)
        case axis(ForwardGraph.Source, Int, times: Int = 1, over: Int = 1)

        var number: Int? {
            if case .fixed(let number) = self { return number }
            return nil
        }
    }

    /// The operation, operands and result of a step in each of the passes.
    func variants<O: Operation>(_ step: ONNXStep, _ type: O.Type) throws -> [(
        operation: O, step: ForwardGraph.Step
    )] {
        try forwards.map { forward in
            let step = forward.steps[step.number]
            guard let operation = step.operation as? O else {
                throw SizeMisfit(operation: step.operation.name, site: step.site)
            }
            return (operation, step)
        }
    }

    /// The shape of a step's operand in each of the passes.
    func shapes(_ step: ONNXStep, operand: Int) -> [[Int]] {
        forwards.map { $0.signature(of: step.sources[operand]).shape }
    }

    /// What gives a number of a step: a constant, or the size of an axis of an earlier value, or else a multiple or a
    /// part of one, as where channels become pixels. The same axis of the step's operand is looked at first.
    func extent(_ numbers: [Int], _ step: ONNXStep, axis: Int) throws -> Extent {
        if numbers.allSatisfy({ $0 == numbers[0] }) { return .fixed(numbers[0]) }
        func extent(_ source: ForwardGraph.Source, _ axis: Int, isEqual: Bool) -> Extent? {
            guard axis < forwards[0].signature(of: source).rank else { return nil }
            let sizes = forwards.map { $0.signature(of: source).shape[axis] }
            if isEqual { return sizes == numbers ? .axis(source, axis) : nil }
            guard
                zip(sizes, numbers).allSatisfy({
                    $0 > 0 && $0.multipliedFullWidth(by: numbers[0]) == sizes[0].multipliedFullWidth(by: $1)
                })
            else { return nil }
            var (divisor, rest) = (numbers[0], sizes[0])
            while rest > 0 { (divisor, rest) = (rest, divisor % rest) }
            return .axis(source, axis, times: numbers[0] / divisor, over: sizes[0] / divisor)
        }
        let earlier = (0..<step.number).reversed().map { ForwardGraph.Source.step($0) }
        let candidates = step.sources + [.input] + earlier
        for isEqual in [true, false] {
            for source in candidates {
                if let found = extent(source, axis, isEqual: isEqual) { return found }
            }
            for source in candidates {
                for axis in forwards[0].signature(of: source).shape.indices {
                    if let found = extent(source, axis, isEqual: isEqual) { return found }
                }
            }
        }
        throw step.misfit
    }

    /// A list of numbers as a value.
    mutating func shape(_ extents: [Extent]) -> String {
        let fixed = extents.compactMap(\.number)
        if fixed.count == extents.count { return integers(fixed) }
        let parts = extents.map { extent in
            switch extent {
            case .fixed(let number): return integers([number])
            case .axis(let source, let axis, let times, let over):
                let shape = shapeNames[source] ?? emit("Shape", [names[source] ?? ""])
                shapeNames[source] = shape
                var size = emit("Gather", [shape, integers([axis])], ["axis": .integer(0)])
                if times != 1 { size = emit("Mul", [size, integers([times])]) }
                if over != 1 { size = emit("Div", [size, integers([over])]) }
                return size
            }
        }
        return emit("Concat", parts, ["axis": .integer(0)])
    }
}

extension DType {
    /// The number of the type in `TensorProto.DataType`.
    var onnx: Int { StoredDType(of: self).onnx }
}

extension StoredDType {
    public init(of dtype: DType) { self = StoredDType(rawValue: dtype.rawValue) ?? .float32 }

    var onnx: Int {
        switch self {
        case .float32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bool: 9
        case .float16: 10
        case .float64: 11
        case .uint32: 12
        case .uint64: 13
        case .bfloat16: 16
        }
    }
}
