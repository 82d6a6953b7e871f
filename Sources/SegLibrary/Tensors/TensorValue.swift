// A tensor in the language: a foreign value around a lazy tensor of the engine, with the mark of the field
// that holds it. Operators and indexing are in the extensions of this folder, the functions in the natives.

import SegRuntime
import SegSyntax
import SegSystem
import SegTensor
import SegTerminal

/// The role of a tensor in the model field that holds it. The mark belongs to the field: a later tensor of
/// the same shape gets it too.
public struct TensorMark: Equatable, Sendable {
    public enum Role: Sendable { case parameter, buffer }
    public let role: Role
    /// A frozen tensor does not change in training; what depends only on frozen tensors is computed once.
    public let isFrozen: Bool
}

public class TensorValue: ForeignValue {
    /// The lazy tensor.
    public let promise: Tensor
    public let mark: TensorMark?
    /// The meaning of a mask's values: class names by index.
    public let categories: AxisLabels?

    public init(_ tensor: Tensor, mark: TensorMark? = nil, categories: AxisLabels? = nil) {
        promise = tensor
        self.mark = mark
        self.categories = categories
        super.init()
    }

    /// The tensor for use in an operation. A tensor that may still change in training is marked as changing,
    /// so that it is not part of a frozen prefix.
    public var tensor: Tensor {
        get throws {
            guard let mark, !mark.isFrozen, !promise.isVariable, !promise.isTracked else { return promise }
            return try Tensor.variable(promise)
        }
    }

    public override var typeName: String { "tensor" }
    /// In lists and records tensors are equal if their shapes, names and elements are; class names of masks too.
    public override func equals(_ other: ForeignValue, _ interpreter: Interpreter) throws -> Bool {
        guard let value = other as? TensorValue, categories == value.categories else { return false }
        let other = value.promise
        if promise === other { return true }
        guard promise.shape == other.shape, promise.labels == other.labels else { return false }
        return try Tensor.apply(.equal, promise, other).doubles().allSatisfy { $0 != 0 }
    }
    public override func line(_ interpreter: Interpreter) throws -> String { try promise.text() }
    /// Of several elements each is formatted.
    public override func formatted(_ format: TextFormat, _ interpreter: Interpreter) throws -> String? {
        guard format.precision != nil || format.isPercent, promise.count != 1, promise.dtype != .bool else {
            return nil
        }
        var (element, whole) = (format, format)
        element.width = 0
        whole.precision = nil
        return whole.text(try promise.text { element.text($0) })
    }
    /// A mask with class names is shown as a picture with its legend, any other tensor as numbers.
    public override func display(_ interpreter: Interpreter) throws -> String {
        if categories != nil, promise.rank == 2, !promise.dtype.isFloating, promise.count > 0 {
            let sheet = PictureSheet(tiles: [.mask(try ClassMask(self))])
            let lines =
                try interpreter.lines(of: sheet, interpreter.pictureStyle) + [
                    "mask \(promise.shape), \(promise.dtype)"
                ]
            return lines.joined(separator: "\n")
        }
        return TextWidth.harmless(try promise.display(width: interpreter.terminal.width))
    }

    public override func binary(
        _ op: BinaryOperator, _ other: Value, isReversed: Bool, _ interpreter: Interpreter
    ) throws -> Value? { try operated(op, other, isReversed: isReversed) }

    public override func compare(
        _ op: ComparisonOperator, _ other: Value, isReversed: Bool, _ interpreter: Interpreter
    ) throws -> Value? { try compared(op, other, isReversed: isReversed) }

    public override func unary(_ op: UnaryOperator, _ interpreter: Interpreter) throws -> Value? {
        try operated(op)
    }

    public override func get(_ keys: [IndexKey], _ interpreter: Interpreter) throws -> Value? {
        try picked(keys)
    }

    public override func setting(_ keys: [IndexKey], to value: Value, _ interpreter: Interpreter) throws
        -> Value?
    {
        try changed(keys, to: value, interpreter)
    }

    public override func truth(_ interpreter: Interpreter) throws -> Bool { try promise.truth() }

    public override func number(_ interpreter: Interpreter) throws -> Double? {
        guard promise.count == 1 else { return nil }
        return try promise.item()
    }

    public override func contains(_ element: Value, _ interpreter: Interpreter) throws -> Bool? {
        try holds(element, interpreter)
    }

    public override func count(_ interpreter: Interpreter) throws -> Int? {
        guard let first = promise.shape.first else {
            throw Failure(.shape, "a tensor without axes has no length", help: "its one value is t.item()")
        }
        return first
    }

    public override func iterator(_ interpreter: Interpreter) throws -> (() throws -> Value?)? {
        guard let rows = promise.shape.first else {
            throw Failure(
                .shape, "a tensor without axes cannot be looped over", help: "its one value is t.item()")
        }
        var next = 0
        return { [self] in
            guard next < rows else { return nil }
            next += 1
            return .tensor(try promise.get([.at(next - 1)]), categories: categories)
        }
    }

    public override func replacing(_ old: Value) -> Value {
        guard mark == nil, let before = old.asTensorValue, let role = before.mark,
            before.promise.shape == promise.shape
        else { return .object(self) }
        return .object(TensorValue(promise, mark: role, categories: categories))
    }

    public override var memberNames: [String] { ["shape", "dtype", "labels", "classes"] }

    public override func member(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "shape": .list(promise.shape.map { .number(Double($0)) })
        case "dtype": .object(DTypeValue.of(promise.dtype))
        case "labels": labelsValue
        case "classes": categories.map { .list($0.names.map { .string($0) }) } ?? .nilValue
        default: nil
        }
    }

    public override func help(forMissing name: String) -> String? {
        let labels = promise.labels.values.flatMap(\.names)
        let label = labels.contains(name) ? name : nearestName(to: name, among: labels)
        return label.map { "a label is an index: [\(quotedText($0))]" }
    }

    /// The labels of the first axis as a list, or by axis if other axes have labels.
    private var labelsValue: Value {
        func names(_ axis: Int) -> Value {
            promise.labels[axis].map { .list($0.names.map { .string($0) }) } ?? .nilValue
        }
        if promise.labels.isEmpty { return .nilValue }
        if promise.rank == 1 { return names(0) }
        return .list((0..<promise.rank).map(names))
    }
}

/// A type of number: `float32`, `int64`, …
public final class DTypeValue: ForeignValue {
    public let dtype: DType
    private init(_ dtype: DType) {
        self.dtype = dtype
        super.init()
    }
    static func of(_ dtype: DType) -> DTypeValue { DTypeValue(dtype) }
    public override var typeName: String { "dtype" }
    public override func saved(_ interpreter: Interpreter) -> (kind: String, parts: Value)? {
        ("dtype", .string(dtype.rawValue))
    }
    public override func line(_ interpreter: Interpreter) -> String { dtype.rawValue }
    public override func compare(
        _ op: ComparisonOperator, _ other: Value, isReversed: Bool, _ interpreter: Interpreter
    ) -> Value? {
        guard op == .equal || op == .notEqual else { return nil }
        let same = other.foreign(DTypeValue.self)?.dtype == dtype
        return .bool(same == (op == .equal))
    }
}

extension Value {
    /// A foreign value of the requested class.
    func foreign<T: ForeignValue>(_ type: T.Type) -> T? {
        guard case .object(let object) = self, object.kind == .foreign else { return nil }
        return object as? T
    }

    var asTensorValue: TensorValue? { foreign(TensorValue.self) }

    /// Colours 0xRRGGBB as lists [red, green, blue].
    static func colors(_ codes: [UInt32]) -> Value {
        .list(codes.map { code in .list([16, 8, 0].map { .number(Double(code >> $0 & 255)) }) })
    }

    static func tensor(_ tensor: Tensor, categories: AxisLabels? = nil) -> Value {
        .object(TensorValue(tensor, categories: categories))
    }
}

extension Failure {
    /// An error of a tensor, as natives throw it.
    public init(_ error: TensorError) {
        let kind: ErrorKind =
            switch error.kind {
            case .shape: .shape
            case .type: .type
            case .index: .index
            case .label: .label
            case .value: .value
            case .file: .file
            case .memory: .memory
            case .interrupt: .interrupt
            }
        self.init(kind, error.message, help: error.help, notes: error.notes)
    }
}
