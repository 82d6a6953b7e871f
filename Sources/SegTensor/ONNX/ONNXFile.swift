// Writes a model as an ONNX file, a `ModelProto` of onnx.proto3 with its weights inside. The forward pass is recorded
// at several sizes; where its graphs agree, the batch, the height and the width of the file's model are free.

import SegSystem

public struct ONNXExport {
    /// The versions of the operators' set that can be written.
    public static let opsets = 17...21
    public static let inputName = "input"

    /// Sizes of the axes of a value; nil where they are free.
    public typealias Axes = [(name: String, size: Int?)]

    /// Why axes are not free, or where they are not.
    public struct Restriction {
        public enum Axes: Sendable {
            case batch
            case size
            /// Height and width may differ from those asked for by multiples of `step`.
            case steps(Int)
        }
        public let axes: Axes
        /// The operation that follows the size in another way, and its line; nil where the model takes no other size.
        public let operation: String?
        public let site: UInt64?
    }

    public let restrictions: [Restriction]
    public let input: Axes
    public let outputs: [(name: String, axes: Axes)]
    private let graph: ONNXGraph

    /// Records a model.
    /// - Parameters:
    ///   - shape: of the input, [N, C, H, W].
    ///   - parameters: the tensors of the model by their names, computed.
    ///   - forward: runs the model on an input, without computing anything.
    ///   - refuses: whether an error of `forward` says that the model does not take the shape.
    public init(
        shape: [Int], opset: Int, parameters: [(name: String, tensor: Tensor)],
        forward: (Tensor) throws -> [(name: String, tensor: Tensor)], refuses: (any Error) -> Bool
    ) throws {
        func record(_ shape: [Int]) throws -> ForwardGraph {
            let input = try Tensor.zeros(shape)
            return try ForwardGraph(from: input, to: forward(input), parameters: parameters.map(\.tensor))
        }
        /// The shape with another height and width.
        func resized(_ height: Int, _ width: Int) -> [Int] {
            [shape[0], shape[1], shape[2] + height, shape[3] + width]
        }
        func build(_ forwards: [ForwardGraph]) throws -> ONNXGraph {
            try ONNXGraph(forwards, opset: opset, parameters: parameters)
        }
        let asked = try record(shape)
        var forwards = [asked]
        var restrictions: [Restriction] = []
        /// Adds passes at other shapes if the graph can express all.
        func extend(_ shapes: [[Int]], _ axes: Restriction.Axes) throws -> ONNXGraph? {
            let others: [ForwardGraph]
            do {
                others = try shapes.map(record)
            } catch  where refuses(error) {
                restrictions.append(Restriction(axes: axes, operation: nil, site: nil))
                return nil
            }
            do {
                let graph = try build(forwards + others)
                forwards += others
                return graph
            } catch let misfit as SizeMisfit {
                restrictions.append(Restriction(axes: axes, operation: misfit.operation, site: misfit.site))
                return nil
            }
        }
        var graph = try build(forwards)
        if let free = try extend([[shape[0] + 1] + shape.dropFirst()], .batch) { graph = free }
        // Sizes that fit all halvings of the size that was asked for, then those that do not.
        // Neither axis may follow from the other.
        if let free = try extend([resized(64, 192), resized(192, 64)], .size) {
            graph = free
            var step = 1
            while step < 64 {
                // Just above a multiple, and just below: rounding down and to the nearest are not the same at both.
                let odd = [(step, 3 * step), (3 * step, step), (64 - step, 192 - 5 * step)].map(resized)
                if let free = try extend(odd, .steps(2 * step)) {
                    graph = free
                    break
                }
                step *= 2
            }
            // The largest step alone matters, and none if the graph fits the smallest.
            let steps = restrictions.filter { if case .steps = $0.axes { true } else { false } }
            restrictions.removeAll { if case .steps = $0.axes { true } else { false } }
            restrictions += steps.suffix(1)
        }
        self.graph = graph
        self.restrictions = restrictions
        let names = ["batch", "channels", "height", "width"]
        let inputs = forwards.map(\.input.shape)
        func axes(_ shapes: [[Int]], _ value: String) -> Axes {
            shapes[0].indices.map { axis in
                let sizes = shapes.map { $0[axis] }
                let own = shape.indices.first { place in inputs.map { $0[place] } == sizes }
                let isFixed = sizes.allSatisfy { $0 == sizes[0] }
                return (own.map { names[$0] } ?? "\(value)_\(axis)", isFixed ? sizes[0] : nil)
            }
        }
        input = axes(inputs, Self.inputName)
        outputs = asked.outputs.enumerated().map { place, output in
            let shapes = forwards.map { $0.signature(of: $0.outputs[place].source).shape }
            return (output.name, axes(shapes, output.name))
        }
        types = asked.outputs.map { asked.signature(of: $0.source).dtype }
    }

    private let types: [DType]

    /// Writes the file, whole or not at all.
    /// - Parameter metadata: texts by name, which the file keeps beside the graph.
    public func write(to path: String, version: String, metadata: [(key: String, value: String)] = []) throws
    {
        var model = ProtobufMessage()
        // The version of the format that came with the set of operators.
        model.add(1, graph.opset <= 18 ? 8 : graph.opset <= 20 ? 9 : 10)
        model.add(2, "seg")
        model.add(3, version)
        var operators = ProtobufMessage()
        operators.add(1, "")
        operators.add(2, graph.opset)
        model.add(8, operators)
        for (key, value) in metadata {
            var entry = ProtobufMessage()
            entry.add(1, key)
            entry.add(2, value)
            model.add(14, entry)
        }
        var head = ProtobufMessage()
        for node in graph.nodes { head.add(1, node) }
        head.add(2, "model")
        head.add(11, Self.value(Self.inputName, .float32, input))
        for (output, dtype) in zip(outputs, types) {
            head.add(12, Self.value(output.name, dtype, output.axes))
        }
        let constants = try graph.constants.map { tensor in
            (head: try Self.head(of: tensor), tensor: tensor)
        }
        let size = try constants.reduce(head.bytes.count) { try $0 + $1.head.count + $1.tensor.byteCount() }
        guard size + model.bytes.count < Int(Int32.max) else {
            throw TensorError(
                .value,
                "\(path) would be larger than 2 GB, which an ONNX file with its weights inside cannot be")
        }
        model.begin(7, byteCount: size)
        let context = EvaluationContext.current
        let file = try AtomicFile(path, poll: { try context.checkInterrupt() })
        try file.write(model.bytes)
        try file.write(head.bytes)
        for (head, tensor) in constants {
            try file.write(head)
            try tensor.use { try file.write($0) }
        }
        try file.commit()
    }

    /// A `ValueInfoProto`.
    private static func value(_ name: String, _ dtype: DType, _ axes: Axes) -> ProtobufMessage {
        var shape = ProtobufMessage()
        for axis in axes {
            var dimension = ProtobufMessage()
            if let size = axis.size { dimension.add(1, size) } else { dimension.add(2, axis.name) }
            shape.add(1, dimension)
        }
        var tensor = ProtobufMessage()
        tensor.add(1, dtype.onnx)
        tensor.add(2, shape)
        var type = ProtobufMessage()
        type.add(1, tensor)
        var value = ProtobufMessage()
        value.add(1, name)
        value.add(2, type)
        return value
    }

    /// A `TensorProto` in its field of the graph, up to the tensor's bytes.
    private static func head(of tensor: TensorToWrite) throws -> [UInt8] {
        var message = ProtobufMessage()
        for size in tensor.shape { message.add(1, size) }
        message.add(2, tensor.dtype.onnx)
        message.add(8, tensor.name)
        let bytes = try tensor.byteCount()
        message.begin(9, byteCount: bytes)
        var field = ProtobufMessage()
        field.begin(5, byteCount: message.bytes.count + bytes)
        return field.bytes + message.bytes
    }
}
