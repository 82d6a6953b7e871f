// Reads Tests/Fixtures: numbers by PyTorch, and the formula that inputs are made of (generator/formula.py).

import Foundation

@testable import SegTensor

enum Fixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    static func read(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    static func uniform(_ code: Int, _ count: Int) -> [Double] {
        (0..<count).map { i in
            let first = Double(i + 1) * 12.9898
            let second = Double(code) / 1000 * 78.233
            let wave = abs(sin(first + second) * 43758.5453)
            return wave - wave.rounded(.down)
        }
    }

    static func shape(_ entry: [String: Any]) -> [Int] {
        if let shape = entry["shape"] as? [Int] { return shape }
        var shape: [Int] = []
        var level: Any? = entry["values"] ?? entry["samples"]
        while let list = level as? [Any] {
            shape.append(list.count)
            level = list.first
        }
        return shape
    }

    static func flat(_ any: Any?) -> [Double] {
        if let list = any as? [Any] { return list.flatMap { flat($0) } }
        if let text = any as? String {
            return [text == "nan" ? .nan : text == "-inf" ? -.infinity : .infinity]
        }
        return [(any as? NSNumber)?.doubleValue ?? .nan]
    }

    static func tensor(_ entry: [String: Any]) throws -> Tensor {
        let dtype = DType(rawValue: entry["dtype"] as? String ?? "float32") ?? .float32
        let shape = shape(entry)
        if let values = entry["values"] { return try .from(flat(values), shape: shape, dtype: dtype) }
        let u = uniform(entry["code"] as? Int ?? 0, Shape.count(shape))
        if let below = entry["below"] as? Int {
            return try .from(u.map { ($0 * Double(below)).rounded(.down) }, shape: shape, dtype: dtype)
        }
        let (scale, offset) = (entry["scale"] as? Double ?? 1, entry["offset"] as? Double ?? 0)
        return try .from(u.map { offset + scale * (2 * $0 - 1) }, shape: shape, dtype: dtype)
    }

    /// The cotangent of an output of some shape.
    static func cotangent(_ code: Int, _ shape: [Int], dtype: DType) throws -> Tensor {
        let values = uniform(code, Shape.count(shape)).map { Double(Float(2 * $0 - 1)) }
        return try .from(values, shape: shape, dtype: dtype)
    }

    /// The differences between a tensor and a recorded result; nil where there are none.
    static func difference(_ tensor: Tensor, _ entry: [String: Any], tolerance: Double = 2e-5) throws
        -> String?
    {
        let expected = flat(entry["values"] ?? entry["samples"])
        let values = try tensor.doubles()
        let total = values.count
        if let shape = entry["shape"] as? [Int], shape != tensor.shape {
            return "shape \(tensor.shape), expected \(shape)"
        }
        let isSampled = entry["values"] == nil && total != expected.count
        if !isSampled, total != expected.count { return "\(total) values, expected \(expected.count)" }
        let largest = max(
            entry["max_abs"] as? Double ?? expected.map(abs).filter(\.isFinite).max() ?? 1, 1e-2)
        for (k, want) in expected.enumerated() {
            let at = isSampled ? (k * 1_000_003 + 11) % max(total, 1) : k
            guard at < total else { return "\(total) values, expected \(expected.count)" }
            let got = values[at]
            if got == want || (got.isNaN && want.isNaN) { continue }
            if !(abs(got - want) <= tolerance * largest) { return "[\(at)] is \(got), expected \(want)" }
        }
        return nil
    }
}

extension Tensor {
    /// The operations of the library's cross_entropy.
    static func crossEntropy(
        _ logits: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int? = nil,
        smoothing: Double = 0, reduction: LossReduction = .mean
    ) throws -> Tensor {
        try nllLoss(
            logSoftmax(logits.to(.float32), axis: 1), target, weight: weight, ignoreIndex: ignoreIndex,
            smoothing: smoothing, reduction: reduction)
    }
}
