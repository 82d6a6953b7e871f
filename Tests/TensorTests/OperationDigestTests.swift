// Digests of operations: each attribute of each operation decides it. The attributes are found by Mirror, so that a new
// one fails here until two operations differ in it.

import Testing

@testable import SegTensor

struct OperationDigestTests {
    /// The stored values of an operation by their path, down to values that are not structs.
    static func attributes(of value: Any, at path: String = "") -> [String: String] {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .struct else {
            return [path: text(value)]
        }
        var found: [String: String] = [:]
        for child in mirror.children {
            let name = path.isEmpty ? child.label ?? "" : "\(path).\(child.label ?? "")"
            found.merge(attributes(of: child.value, at: name)) { first, _ in first }
        }
        return found
    }

    private static func text(_ value: Any) -> String {
        if let labels = value as? AxisLabels { return "\(labels.names)" }
        if let labels = value as? [Int: AxisLabels] {
            return labels.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.names)" }.joined(
                separator: " ")
        }
        return String(reflecting: value)
    }

    @Test func everyAttributeDecidesTheDigest() throws {
        var digests = Set<Digest>()
        for example in try OperationExample.all() {
            let base = Self.attributes(of: example.base)
            #expect(digests.insert(try example.base.digest()).inserted)
            var varied = example.exempt
            for variant in example.variants {
                let own = Self.attributes(of: variant)
                let differing = Set(base.keys).union(own.keys).filter { base[$0] != own[$0] }
                #expect(type(of: variant) == type(of: example.base) && differing.count == 1, "\(variant)")
                varied.formUnion(differing)
                #expect(digests.insert(try variant.digest()).inserted, "\(variant): \(differing)")
            }
            #expect(
                Set(base.keys) == varied,
                "\(type(of: example.base)): no two examples differ in \(Set(base.keys).subtracting(varied))")
        }
    }

    @Test func everyOperationHasExamples() throws {
        let declared = try OperationTableTests.sources("Sources/SegTensor").flatMap {
            OperationTableTests.operations(in: $0)
        }
        let shown = try OperationExample.all().map { String(describing: type(of: $0.base)) }
        #expect(Set(declared).subtracting(shown).isEmpty, "no example in OperationExamples.swift")
        #expect(shown.count == Set(shown).count)
    }

    /// Operations that differ only in the batch size are the same to the cache.
    @Test func theBatchDecidesNothing() throws {
        let pairs: [(any Operation, any Operation)] = [
            (ReshapeOperation(shape: [4, 6], labels: [:]), ReshapeOperation(shape: [2, 6], labels: [:])),
            (ExpandOperation(shape: [4, 6]), ExpandOperation(shape: [2, 6])),
            (
                SliceOperation(starts: [0, 1], counts: [4, 2], drops: [false, true]),
                SliceOperation(starts: [0, 1], counts: [2, 2], drops: [false, true])
            ),
        ]
        for (a, b) in pairs {
            #expect(try a.digest() != b.digest())
            #expect(try a.resized(batch: 1).digest() == b.resized(batch: 1).digest())
        }
    }

    /// A process must find what another one stored: no hash with a random seed, no order of a dictionary. Where this
    /// number changes, the version in `FeatureStore.magic` has to.
    @Test func digestsAreTheSameInEveryProcess() throws {
        let labels = try (0..<6).map { ($0, try AxisLabels(["a\($0)", "b"])) }
        let operation = RelabelOperation(labels: Dictionary(uniqueKeysWithValues: labels))
        let digest = try operation.digest().description
        #expect(digest == "0795b7e5fe29a987cbe483cfe5374dcb")
    }
}
