// Names along an axis, such as class names: shared, immutable, with lookup by name.

import SegSystem

/// The names of an axis's entries. Tensors share one object; equal names count as the same labels.
public final class AxisLabels: Sendable, Equatable, Encodable {
    public let names: [String]
    /// The colours in which pictures show the entries, as 0xRRGGBB, if they were chosen. They make no difference
    /// between labels.
    public let colors: [UInt32]?
    private let positions: [String: Int]

    /// - Throws: `TensorError` of kind label if a name occurs twice.
    public init(_ names: [String], colors: [UInt32]? = nil) throws {
        var positions: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            if index & 0xffff == 0xffff { try EvaluationContext.current.checkInterrupt() }
            guard positions.updateValue(index, forKey: name) == nil else {
                throw TensorError(.label, "the label \"\(name)\" occurs twice")
            }
        }
        self.names = names
        self.colors = colors?.count == names.count ? colors : nil
        self.positions = positions
    }

    /// A subset of labels that are known to be distinct.
    private init(distinct names: [String], _ colors: [UInt32]?) {
        self.names = names
        self.colors = colors
        self.positions = Dictionary(
            names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public func encode(to encoder: any Encoder) throws { try names.encode(to: encoder) }

    /// The position of a name; nil if there is none.
    public func index(of name: String) -> Int? { positions[name] }

    public static func == (a: AxisLabels, b: AxisLabels) -> Bool { a === b || a.names == b.names }

    /// The labels at some positions; nil if one would occur twice.
    func picking(_ indices: [Int]) -> AxisLabels? {
        guard Set(indices).count == indices.count else { return nil }
        return AxisLabels(distinct: indices.map { names[$0] }, colors.map { all in indices.map { all[$0] } })
    }

    func picking(_ range: Range<Int>) -> AxisLabels {
        AxisLabels(distinct: Array(names[range]), colors.map { Array($0[range]) })
    }
    func reversed() -> AxisLabels { AxisLabels(distinct: names.reversed(), colors?.reversed()) }

    /// The position of a name, or an error that suggests the nearest name.
    func position(_ name: String) throws -> Int {
        if let index = positions[name] { return index }
        let near = nearestName(to: name, among: names, isForClasses: true)
        let list =
            names.count <= 8 ? names.map { "\"\($0)\"" }.joined(separator: ", ") : "\(names.count) names"
        throw TensorError(
            .label, "there is no label \"\(name)\"",
            help: near.map { "did you mean \"\($0)\"?" } ?? "the axis has \(list)")
    }
}

extension AxisLabels {
    /// - Throws: an error of kind label that shows both lists, unless they are the same names in the same order.
    public static func check(
        _ names: [String], of one: String, against others: [String], of other: String
    ) throws {
        if names == others { return }
        func list(_ names: [String]) -> String { listText(names, most: 100) }
        let message: String
        if Set(names) == Set(others) {
            let place = zip(names, others).enumerated().first { $0.1.0 != $0.1.1 }
            let example = place.map {
                ": class \($0.offset) is \($0.element.0) in one, \($0.element.1) in the other"
            }
            message = "\(one) and \(other) have the same classes in another order\(example ?? "")"
        } else {
            message = "\(one) and \(other) have different classes"
        }
        throw TensorError(.label, message, help: "\(one): \(list(names)); \(other): \(list(others))")
    }

    /// The labels of an elementwise result: each operand's labels follow its axes; different labels are an
    /// error.
    static func merged(_ operands: [(shape: [Int], labels: [Int: AxisLabels])], into shape: [Int]) throws
        -> [Int: AxisLabels]
    {
        var result: [Int: AxisLabels] = [:]
        for operand in operands where !operand.labels.isEmpty {
            let lead = shape.count - operand.shape.count
            for (axis, labels) in operand.labels where operand.shape[axis] == shape[axis + lead] {
                guard let present = result[axis + lead] else {
                    result[axis + lead] = labels
                    continue
                }
                guard present == labels else {
                    throw difference(
                        present, labels, "the labels of axis \(axis + lead)",
                        drop: "x, nil, axis=\(axis + lead)")
                }
            }
        }
        return result
    }

    /// The error for labels that should be the same.
    static func difference(_ a: AxisLabels, _ b: AxisLabels, _ what: String, drop: String = "x, nil")
        -> TensorError
    {
        let at = zip(a.names, b.names).enumerated().first { $1.0 != $1.1 }
        let detail = at.map { "entry \($0.offset) is \"\($0.element.0)\" here and \"\($0.element.1)\" there" }
        return TensorError(
            .label, "\(what) differ: \(detail ?? "they have different lengths")",
            help:
                "bring both into the same order, or drop the labels of one: with_labels(\(drop))"
        )
    }
}
