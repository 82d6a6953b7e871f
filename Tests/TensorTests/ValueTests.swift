// What a script cannot test quickly, or what every script depends on: dtype rules, labels, indices, text,
// random numbers.

import Testing

@testable import SegTensor

struct ValueTests {
    private func labelled(_ values: [Double], _ names: [String]) throws -> Tensor {
        try .from(values, shape: [values.count], labels: [0: AxisLabels(names)])
    }

    @Test func dtypesFollowNumPy() throws {
        let counts = try Tensor.from([30_000_001, 4], shape: [2], dtype: .int64)
        #expect(try Tensor.apply(.multiply, counts, 2).dtype == .int64)
        #expect(try Tensor.apply(.multiply, counts, 0.5).dtype == .float64)
        #expect(try Tensor.apply(.divide, counts, 3).dtype == .float64)
        #expect(try Tensor.apply(.divide, counts, 1).doubles() == [30_000_001, 4])
        #expect(try Tensor.apply(.add, Tensor.ones([2]), 0.5).dtype == .float32)
        #expect(try (Tensor.ones([2]) + counts).dtype == .float64)
        #expect(try Tensor.where(.tensor(.apply(.greater, counts, 4)), 1, 0).dtype == .float32)
        let bytes = try Tensor.from([250, 10], shape: [2], dtype: .uint8)
        #expect(try Tensor.apply(.add, bytes, 300).doubles() == [550, 310])
        #expect(try Tensor.apply(.less, bytes, -1).doubles() == [0, 0])
        #expect(try Tensor.reduce(.sum, bytes).item() == 260)
        #expect(try Tensor.reduce(.sum, Tensor.apply(.greater, bytes, 100)).dtype == .int64)
        #expect(try Tensor.reduce(.mean, counts).dtype == .float64)
        #expect(try Tensor.apply(.power, counts, -1).dtype == .float64)
        #expect(try counts.setting([.at(0)], to: 0.5).doubles() == [0.5, 4])
    }

    @Test func identitiesKeepTheValue() throws {
        let x = try Tensor.from([1, -2], shape: [2])
        let scope = TrackingScope()
        let leaf = try scope.track(Tensor.apply(.negate, x))
        #expect(try leaf.doubles() == [-1, 2])
        let named = try leaf.labelled(axis: 0, AxisLabels(["a", "b"]))
        #expect(try named.doubles() == [-1, 2] && named.labels[0]?.names == ["a", "b"])
        let constant = try leaf.detached()
        #expect(try constant.doubles() == [-1, 2] && leaf.isTracked)
        let gradient = try gradients(of: Tensor.reduce(.sum, constant * leaf), wrt: [leaf])[0]
        // The constant's share of the gradient is missing.
        #expect(try gradient.doubles() == [-1, 2])
    }

    @Test func makersGiveWhatTheySay() throws {
        #expect(try Tensor.full([2, 2], 1.5).doubles() == [1.5, 1.5, 1.5, 1.5])
        #expect(try Tensor.full([2], 3, dtype: .bool).doubles() == [1, 1])
        #expect(try Tensor.eye(2, 3, dtype: .int32).doubles() == [1, 0, 0, 0, 1, 0])
        #expect(try Tensor.arange(from: 3, to: -1, step: -2).doubles() == [3, 1])
        #expect(try Tensor.linspace(from: 0, to: 0.3, count: 4, dtype: .float64).doubles().last == 0.3)
        func source(_ shape: [Int]) throws -> Tensor {
            try Tensor.source(shape: shape, dtype: .float32, digest: Digest("two")) {
                try TensorData([Float(5), 7], shape: [2])
            }
        }
        #expect(try source([2]).doubles() == [5, 7])
        #expect { try source([3]).doubles() } throws: { ($0 as? TensorError)?.kind == .file }
    }

    @Test func logicIsTheTruthTable() throws {
        let a = try Tensor.from([0, 0, 1, 1], shape: [4])
        let b = try Tensor.from([0, 1, 0, 1], shape: [4])
        let (p, q) = (try a.to(.bool), try b.to(.bool))
        let wanted: [(BinaryFunction, Tensor, Tensor, [Double])] = [
            (.and, p, q, [0, 0, 0, 1]), (.or, p, q, [0, 1, 1, 1]), (.xor, p, q, [0, 1, 1, 0]),
            (.equal, a, b, [1, 0, 0, 1]), (.notEqual, a, b, [0, 1, 1, 0]), (.less, a, b, [0, 1, 0, 0]),
            (.lessEqual, a, b, [1, 1, 0, 1]), (.greater, a, b, [0, 0, 1, 0]),
            (.greaterEqual, a, b, [1, 0, 1, 1]),
        ]
        for (function, x, y, result) in wanted {
            #expect(try Tensor.apply(function, x, y).doubles() == result, "\(function)")
        }
        #expect(try Tensor.apply(.not, p).doubles() == [1, 1, 0, 0])
        let thirds = try Tensor.from([-7, 7], shape: [2], dtype: .int64)
        #expect(try Tensor.apply(.floorDivide, thirds, 3).doubles() == [-3, 2])
        #expect(try Tensor.apply(.floorDivide, thirds.to(.float32), -2).doubles() == [3, -4])
    }

    @Test func reciprocalsAreQuotients() throws {
        let x = try Tensor.from([2, -0.5, 0], shape: [3])
        #expect(try Tensor.apply(.reciprocal, x).doubles() == [0.5, -2, .infinity])
        #expect(try Tensor.apply(.reciprocal, x.to(.int64)).dtype == .float64)
    }

    @Test func addingByPlaceSumsWhatMeets() throws {
        let rows = try Tensor.from([1, 2, 3, 4], shape: [2, 2])
        let twice = try Tensor.from([2, -1], shape: [2], dtype: .int64)
        let taken = try Tensor.make(TakeAddOperation(axis: 0, length: 3), [rows, twice])
        #expect(try taken.doubles() == [0, 0, 0, 0, 4, 6])
        let apart = try Tensor.from([0, 2, 1, 1], shape: [2, 2], dtype: .int64)
        let gathered = try Tensor.make(GatherAddOperation(axis: 1, length: 3), [rows, apart])
        #expect(try gathered.doubles() == [1, 0, 2, 0, 7, 0])
    }

    @Test func labelsFollowTheirAxis() throws {
        let x = try labelled([3, 1, 2], ["Sky", "Road", "Car"])
        #expect(try Tensor.apply(.multiply, x, 2).labels[0]?.names == ["Sky", "Road", "Car"])
        #expect(try x.sort().labels[0]?.names == ["Road", "Car", "Sky"])
        #expect(try x.get([.slice(from: 1, to: nil, inclusive: true)]).labels[0]?.names == ["Road", "Car"])
        let mask = try Tensor.apply(.greater, x, 1)
        #expect(try x.get([.tensor(mask)]).text() == "tensor(Sky=3, Car=2)")
        #expect(try Tensor.where(.tensor(mask), 1, 0).labels[0] != nil)
        #expect(try Tensor.reduce(.sum, x).labels.isEmpty)
        #expect(try x.get([.label("Car")]).item() == 2)
        #expect(try x.setting([.label("Car")], to: 0.5).text() == "tensor(Sky=3, Road=1, Car=0.5)")
        #expect { try x.get([.label("Caar")]) } throws: { error in
            (error as? TensorError)?.help?.contains("Car") == true && (error as? TensorError)?.kind == .label
        }
        let y = try labelled([1, 2, 3], ["Sky", "Car", "Road"])
        #expect { try x + y } throws: { ($0 as? TensorError)?.kind == .label }
    }

    @Test func shapesThatDoNotBroadcastAreNamed() throws {
        #expect { try Tensor.ones([32]) + Tensor.ones([31]) } throws: { error in
            let error = error as? TensorError
            return error?.message == "shapes [32] and [31] do not broadcast"
                && error?.notes == ["[32]", "[31]"]
        }
        #expect { try Tensor.conv2d(.ones([1, 3, 8, 8]), .ones([4, 16, 3, 3])) } throws: { error in
            (error as? TensorError)?.message == "conv2d: input has 3 channels, weight expects 16"
        }
    }

    @Test func indicesReadAndReplace() throws {
        let x = try Tensor.arange(to: 12, dtype: .int64).reshape([3, 4])
        #expect(try x.get([.at(-1)]).doubles() == [8, 9, 10, 11])
        #expect(
            try x.get([.all, .slice(from: 1, to: -2, inclusive: true)]).doubles() == [1, 2, 5, 6, 9, 10])
        #expect(try x.get([.slice(from: 5, to: 1, inclusive: true)]).shape == [0, 4])
        #expect(try x.get([.slice(from: nil, to: 99, inclusive: false), .at(0)]).doubles() == [0, 4, 8])
        let rows = try Tensor.from([2, -3], shape: [2], dtype: .int64)
        let columns = try Tensor.from([1, 3], shape: [2], dtype: .int64)
        #expect(try x.get([.tensor(rows)]).doubles() == [8, 9, 10, 11, 0, 1, 2, 3])
        #expect(try x.get([.tensor(rows), .tensor(columns)]).doubles() == [9, 3])
        #expect(try x.get([.at(1), .tensor(columns)]).doubles() == [5, 7])
        let mask = try Tensor.apply(.greater, x, 9)
        #expect(try x.get([.tensor(mask)]).doubles() == [10, 11])
        #expect(try Tensor.reduce(.sum, x.setting([.tensor(mask)], to: 0)).item() == 45)
        let two = try Tensor.from([7, 8], shape: [2], dtype: .int64)
        #expect(try x.setting([.tensor(mask)], to: .tensor(two)).get([.at(2)]).doubles() == [8, 9, 7, 8])
        #expect(
            try x.setting([.tensor(rows), .at(0)], to: .tensor(two)).get([.all, .at(0)]).doubles() == [
                8, 4, 7,
            ])
        #expect(try x.setting([.all, .at(1)], to: -1).get([.all, .at(1)]).doubles() == [-1, -1, -1])
        #expect { try x.get([.at(3)]) } throws: { ($0 as? TensorError)?.kind == .index }
        #expect { try x.get([.at(0), .at(0), .at(0)]) } throws: { ($0 as? TensorError)?.kind == .index }
        #expect { try x.get([.tensor(Tensor.ones([4], dtype: .bool))]) } throws: {
            ($0 as? TensorError)?.kind == .shape
        }
        #expect { try x.setting([.at(0)], to: .tensor(.ones([3]))) } throws: {
            ($0 as? TensorError)?.kind == .shape
        }
    }

    @Test func textIsShortAndReadsBack() throws {
        #expect(try Tensor.from([1, 2, 3], shape: [3]).text() == "tensor([1, 2, 3])")
        #expect(try Tensor.from([0.1, 1e-5], shape: [2]).text() == "tensor([0.1, 1e-5])")
        #expect(try Tensor.from([1, 0], shape: [2], dtype: .bool).text() == "tensor([true, false], bool)")
        #expect(try Tensor.scalar(2.5).text() == "2.5")
        #expect(
            try Tensor.from([1, 2, 3, 4], shape: [2, 2], dtype: .int64).text()
                == "tensor([[1, 2], [3, 4]], int64)")
        #expect(try Tensor.arange(to: 100).text() == "tensor([0, 1, 2, 3, 4, …, 95, 96, 97, 98, 99])")
        #expect(
            try labelled([0.2, 0.5], ["Sky", "Lane Marking"]).text()
                == "tensor(Sky=0.2, \"Lane Marking\"=0.5)")
        let lines = try Tensor.arange(to: 4000).reshape([40, 100]).display(width: 60).split(separator: "\n")
        #expect(lines[0] == "tensor [40, 100], float32, 0 … 3999, mean 1999.5")
        #expect(lines.allSatisfy { $0.count <= 60 })
        #expect(try Tensor.zeros([0, 3]).text() == "tensor([])")
    }

    @Test func randomNumbersHangOnKeyAndPlaceAlone() throws {
        let key = RandomKey(seed: 42)
        let a = try Tensor.rand([100_000], key: key)
        #expect(try EvaluationTests.bits(a) == EvaluationTests.bits(.rand([100_000], key: key)))
        let part = try Tensor.rand([10], key: key)
        #expect(try a.get([.slice(from: 0, to: 10, inclusive: false)]).doubles() == part.doubles())
        #expect(try abs(Tensor.reduce(.mean, a).item() - 0.5) < 0.005)
        let n = try Tensor.randn([100_000], key: key.next(1))
        #expect(try abs(Tensor.reduce(.mean, n).item()) < 0.02)
        #expect(try abs(Tensor.reduce(.std, n).item() - 1) < 0.02)
        #expect(try Tensor.permutation(50, key: key).sort().doubles() == (0..<50).map(Double.init))
        let whole = try Tensor.randint(low: -2, high: 3, shape: [1000], key: key).doubles()
        #expect(Set(whole) == [-2, -1, 0, 1, 2])
        let dropped = try Tensor.dropout(.ones([100_000]), p: 0.25, key: key)
        #expect(try abs(Tensor.reduce(.mean, dropped).item() - 1) < 0.01)
    }
}

extension ValueTests {
    @Test func hostileSizesAreErrorsNotTraps() throws {
        let x = try Tensor.arange(to: 6, dtype: .int64)
        let huge = try Tensor.from([9.3e18, -9.3e18], shape: [2], dtype: .float64).to(.int64)
        #expect(throws: TensorError.self) { try x.get([.tensor(huge)]) }
        #expect(throws: TensorError.self) { try x.get([.tensor(huge.get([.at(0)]))]) }
        #expect(throws: TensorError.self) { try huge.oneHot() }
        #expect(throws: TensorError.self) {
            try Tensor.apply(.abs, huge).get([.at(0)]).reshape([1]).bincount()
        }
        #expect(try x.get([.slice(from: .max, to: .min, inclusive: true)]).count == 0)
        #expect(try x.get([.slice(from: .min, to: .max, inclusive: true)]).count == 6)
        var parts = 0
        try x.forEachChunk(.max) { _ in parts += 1 }
        #expect(parts == 6)
        #expect(try x.roll([.min]).count == 6)
        #expect(throws: TensorError.self) {
            try x.to(.float64).setting([.at(0)], to: .number(1.7e308)).histogram(range: (-1.7e308, 1.7e308))
        }
        #expect(throws: TensorError.self) {
            try Tensor.conv2d(.ones([1, 1, 0, 0]), .ones([1, 1, 1, 1]), padding: (3, 3))
        }
        #expect(throws: TensorError.self) {
            try Tensor.maxPool2d(.ones([1, 1, 0, 0]), kernel: (2, 2), padding: (1, 1))
        }
        #expect(throws: TensorError.self) {
            try Tensor.interpolate(.ones([1, 1, 2, 2]), size: (1 << 40, 1 << 40))
        }
        #expect(throws: TensorError.self) { try Tensor.linspace(from: 0, to: 1, count: .min) }
        #expect(throws: TensorError.self) { try x.unsqueeze(.max) }
        #expect(throws: TensorError.self) { try x.reshape([.min, -1]) }
    }
}
