// The tensor as the bridge and its users see it: its shape, type and labels are known immediately, its values
// are computed when they are read. Operations are extensions in Operations/.

import CKernels
import SegSystem
import Synchronization

/// A tensor: a handle on a node of the computation. Immutable.
public final class Tensor: @unchecked Sendable {
    let node: Node

    init(_ node: Node) {
        self.node = node
        node.handles.wrappingAdd(1, ordering: .relaxed)
    }

    deinit { node.handles.wrappingSubtract(1, ordering: .relaxed) }

    /// A tensor of a computed value.
    public convenience init(_ data: TensorData, labels: [Int: AxisLabels] = [:]) {
        self.init(Node(data, labels: labels))
    }

    /// The result of an operation, not yet computed. Graphs that are too deep or keep too much memory alive
    /// are computed up to here first, which bounds their growth.
    /// - Throws: the errors of the operation's shape rule, and an error if the result exceeds the memory
    ///   budget.
    static func make(_ operation: any Operation, _ inputs: [Tensor]) throws -> Tensor {
        let signature = try operation.infer(inputs.map(\.signature))
        let bytes = try Shape.byteCount(signature.shape, signature.dtype, for: operation.name)
        if bytes > 1 << 24, bytes > MemoryBudget.process.limit {
            throw TensorError.refusal(
                Double(bytes),
                "\(operation.name) of shape \(Shape.text(signature.shape)), \(signature.dtype.rawValue),")
        }
        // Labels matter to the shape rule alone, which has seen them: no step of theirs stands between an
        // operation and what it takes, where it would hide one from the rules of fusion.
        let sources = inputs.map { $0.node.withoutLabels }
        var node = Node(operation, sources, signature)
        if node.depth > deepest || node.heldBytes > heaviest {
            try Evaluator.evaluate(sources, in: .current)
            node = Node(operation, sources, signature)
        }
        return Tensor(node)
    }

    /// The depth of pending nodes from which they are computed without a request.
    private static let deepest = 10_000
    /// The number of bytes that one pending path may keep alive.
    private static let heaviest = 1 << 31

    // MARK: Known without computing

    public var signature: Signature { node.signature }
    public var shape: [Int] { node.signature.shape }
    public var rank: Int { node.signature.shape.count }
    public var count: Int { node.signature.count }
    public var dtype: DType { node.signature.dtype }
    /// The names along the axes that have labels.
    public var labels: [Int: AxisLabels] { node.signature.labels }
    public var isComputed: Bool { node.isComputed }
    /// Whether it was marked as a parameter or running statistic, which will change.
    public var isVariable: Bool { node.isVariable }
    /// Whether it depends on such a value, or is one.
    public var dependsOnVariables: Bool { node.dependsOnVariables }
    /// Whether a gradient can still be requested through it.
    public var isTracked: Bool { node.isTracked }
    /// The operation that makes it; "constant" once computed.
    var operationName: String { node.operation?.name ?? "constant" }

    // MARK: Reading values

    /// The value; computed now if it is pending.
    public func value() throws -> TensorData {
        if let value = node.value { return value }
        try Evaluator.evaluate([node], in: .current)
        guard let value = node.value else {
            throw TensorError(.value, "\(operationName) gave no value")
        }
        return value
    }

    /// Computes several tensors at once; shared work is done once.
    public static func evaluate(_ tensors: [Tensor]) throws {
        try Evaluator.evaluate(tensors.map(\.node), in: .current)
    }

    /// The number in a tensor of one element.
    public func item() throws -> Double {
        guard count == 1 else {
            throw TensorError(
                .shape, "a number is needed, the tensor has shape \(Shape.text(shape)), \(count) elements",
                help: "pick one with an index, or reduce it with sum, mean, max …", notes: [Shape.text(shape)]
            )
        }
        return try doubles()[0]
    }

    /// All elements in row-major order.
    public func doubles() throws -> [Double] {
        try value().rowMajor().numbers()
    }

    /// Whether it is true as the condition of an `if`: bool tensors of one element only.
    public func truth() throws -> Bool {
        guard dtype == .bool else {
            throw TensorError(
                .type, "a tensor of \(dtype.rawValue) is neither true nor false",
                help: "compare it, e.g. x > 0", notes: [Shape.text(shape)])
        }
        guard count == 1 else {
            throw TensorError(
                .shape, "a bool tensor of shape \(Shape.text(shape)) is neither true nor false",
                help: "write any(x) or all(x)", notes: [Shape.text(shape)])
        }
        return try item() != 0
    }

    /// The same tensor with the labels of an axis set, or removed if nil.
    public func labelled(axis: Int, _ names: AxisLabels?) throws -> Tensor {
        let axis = try Shape.axis(axis, rank: rank, in: "labels")
        if let names, names.names.count != shape[axis] {
            throw TensorError(
                .label, "\(names.names.count) labels for an axis of \(shape[axis])",
                notes: [Shape.text(shape)])
        }
        var all = labels
        all[axis] = names
        return all == labels ? self : try relabelled(all)
    }

    /// The same tensor with these labels instead of its own.
    public func relabelled(_ labels: [Int: AxisLabels]) throws -> Tensor {
        if labels == self.labels { return self }
        if !node.isTracked, let value = node.value { return Tensor(value, labels: labels) }
        return try Tensor.make(RelabelOperation(labels: labels), [self])
    }

    /// A leaf that shares `t`'s value and is marked as changing: a trainable parameter or running statistic.
    public static func variable(_ t: Tensor) throws -> Tensor {
        if t.isVariable { return t }
        if !t.node.isTracked, let value = t.node.value {
            return Tensor(Node(value, labels: t.labels, isVariable: true))
        }
        return Tensor(Node(PassOperation(), [t.node], t.signature, isVariable: true))
    }

    /// Identifies the content without computing it, where it is still to be computed.
    public func graphDigest() throws -> Digest {
        var known: [UInt64: Digest] = [:]
        return try FrozenPrefix.fixedDigest(node, &known)
    }

    /// Whether no element is infinite or not a number; known from then on.
    public func hasOnlyFiniteValues() throws -> Bool {
        guard dtype.isFloating else { return true }
        if let known = node.knownFinite { return known }
        let data = try value()
        let block = 1 << 16
        var areFinite = [Bool](repeating: true, count: (data.count + block - 1) / block)
        areFinite.withUnsafeMutableBufferPointer { areFinite in
            let answers = areFinite
            Parallel.run(answers.count) { index in
                let (start, n) = (index * block, min(block, data.count - index * block))
                answers[index] =
                    dtype == .float32
                    ? ew_is_finite_f32(data.floats + start, n)
                    : ew_is_finite_f64(data.elements(Double.self) + start, n)
            }
        }
        let found = areFinite.allSatisfy { $0 }
        node.knownFinite = found
        return found
    }

    /// Content hash: type, shape and elements.
    public func digest() throws -> Digest {
        if let known = node.knownDigest { return known }
        let digest = try value().digest()
        node.knownDigest = digest
        return digest
    }
}
