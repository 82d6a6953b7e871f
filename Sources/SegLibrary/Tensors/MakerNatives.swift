// Functions that create tensors and random numbers. Random numbers are counter-based: each call takes the
// next key of the interpreter's stream, and `seed(n)` restarts the stream.

import SegRuntime
import SegSystem
import SegTensor

/// The interpreter's random stream, stored with it.
public final class RandomState {
    var stream = RandomStream(seed: 0)
    init() {}
}

extension Interpreter {
    var random: RandomState { attachment(RandomState.self) { RandomState() } }
}

private func filled(_ name: String, _ value: Double, _ doc: String) -> Native {
    Native(
        "\(name)(...sizes, dtype=float32)", doc + " Sizes as numbers or as one list.",
        examples: ["print(\(name)(2, dtype=int32))  # expect: tensor([\(Int(value)), \(Int(value))], int32)"]
    ) { call in
        .tensor(try Tensor.full(try call.sizes(0), value, dtype: try call.dtype(1), calledAs: name))
    }
}

let makerNatives: [Native] = [
    Native(
        "tensor(x, dtype=nil, labels=nil)",
        "A tensor of a number or of nested lists; float32 by default, bool for bools. A whole type drops the "
            + "fraction of a number; one beyond its range is an error. `labels` names the "
            + "entries of the first axis, or is a list with the names (or nil) of each axis. Of the rows of a "
            + "table, as `read_csv` gives them, the names of the columns become labels, and so do the texts of "
            + "the first column.",
        examples: [
            "print(tensor([[1, 2], [3, 4]]).shape)  # expect: [2, 2]",
            "t = tensor([0.2, 0.5], labels=[\"Sky\", \"Road\"])\nprint(t[\"Road\"])  # expect: 0.5",
            "t = tensor([(class=\"Sky\", n=3, m=4), (class=\"Road\", n=5, m=6)])\nprint(t[\"Road\", \"m\"])  # expect: 6",
        ]
    ) { call in
        if let rows = try rowsOfTable(call) {
            return .tensor(try Tensor.ofTable(rows, call, dtype: try call.optionalDType(1)))
        }
        var result = try Tensor.nested(call[0], dtype: try call.optionalDType(1), for: "tensor")
        if case .object(let list as ListObject) = call[2] {
            let isByAxis = list.items.contains { item in
                if case .object(let inner) = item { return inner is ListObject }
                return false
            }
            let axes = isByAxis ? list.items : [call[2]]
            for (axis, item) in axes.enumerated() where !item.isNil {
                guard case .object(let names as ListObject) = item else {
                    throw call.wrong(2, "a list of names, or one such list per axis")
                }
                let labels = try AxisLabels(
                    names.items.map { name in
                        guard case .object(let text as StringObject) = name else {
                            throw call.wrong(2, "a list of names")
                        }
                        return text.text
                    })
                result = try result.labelled(axis: axis, labels)
            }
        }
        return .tensor(result)
    },
    filled("zeros", 0, "A tensor of zeros."),
    filled("ones", 1, "A tensor of ones."),
    Native(
        "full(shape, value, dtype=float32)", "A tensor of one value.",
        examples: ["print(full([2], 7))  # expect: tensor([7, 7])"]
    ) { call in
        .tensor(try Tensor.full(try call.integers(0) ?? [], try call.number(1), dtype: try call.dtype(2)))
    },
    Native(
        "eye(n, m=nil, dtype=float32)", "Ones on the diagonal of an n x m matrix, zeros elsewhere.",
        examples: ["print(eye(2))  # expect: tensor([[1, 0], [0, 1]])"]
    ) { call in
        .tensor(
            try Tensor.eye(
                try call.integer(0), call[1].isNil ? nil : try call.integer(1), dtype: try call.dtype(2)))
    },
    Native(
        "arange(start, stop=nil, step=1, dtype=float32)",
        "Numbers from `start` up to, but not including, `stop`; `arange(n)` counts from 0.",
        examples: ["print(arange(3))  # expect: tensor([0, 1, 2])"]
    ) { call in
        let first = try call.number(0)
        let (from, to) = call[1].isNil ? (0, first) : (first, try call.number(1))
        let step = try call.number(2)
        return .tensor(try Tensor.arange(from: from, to: to, step: step, dtype: try call.dtype(3)))
    },
    Native(
        "linspace(start, stop, count, dtype=float32)",
        "`count` numbers at equal distances, both ends included.",
        examples: ["print(linspace(0, 1, 3))  # expect: tensor([0, 0.5, 1])"]
    ) { call in
        .tensor(
            try Tensor.linspace(
                from: try call.number(0), to: try call.number(1), count: try call.integer(2),
                dtype: try call.dtype(3)))
    },
    Native(
        "rand(...sizes, dtype=float32)", "Uniform random numbers in 0..<1.",
        examples: ["seed(1)\nx = rand(2, 3)\nprint(x.shape, all(x < 1).item())  # expect: [2, 3] true"]
    ) { call in
        .tensor(
            try Tensor.rand(
                try call.sizes(0), key: call.interpreter.random.stream.next(), dtype: try call.dtype(1)))
    },
    Native(
        "randn(...sizes, dtype=float32)", "Normal random numbers of mean 0 and variance 1.",
        examples: ["print(randn(4).shape)  # expect: [4]"]
    ) { call in
        .tensor(
            try Tensor.randn(
                try call.sizes(0), key: call.interpreter.random.stream.next(), dtype: try call.dtype(1)))
    },
    Native(
        "randint(low, high, shape, dtype=int64)", "Random whole numbers in `low`..<`high`.",
        examples: ["print(all(randint(0, 5, [9]) < 5).item())  # expect: true"]
    ) { call in
        .tensor(
            try Tensor.randint(
                low: try call.integer(0), high: try call.integer(1), shape: try call.integers(2) ?? [],
                key: call.interpreter.random.stream.next(), dtype: try call.dtype(3)))
    },
    Native(
        "permutation(n)", "The numbers 0 to n - 1 in random order.",
        examples: ["print(sort(permutation(3)))  # expect: tensor([0, 1, 2], int64)"]
    ) { call in
        .tensor(try Tensor.permutation(try call.integer(0), key: call.interpreter.random.stream.next()))
    },
    Native(
        "seed(n)", "Restarts the random numbers: the same seed gives the same numbers.",
        examples: ["seed(3)\na = rand(1).item()\nseed(3)\nprint(a == rand(1).item())  # expect: true"]
    ) { call in
        call.interpreter.random.stream = RandomStream(seed: UInt64(bitPattern: Int64(try call.integer(0))))
        return .nilValue
    },
    Native(
        "with_seed(keys, f)",
        "The value of f() with random numbers that depend only on `keys` (a list of numbers). The stream "
            + "outside does not change.",
        examples: [
            "print(with_seed([1, 2], () -> rand(1).item()) == with_seed([1, 2], () -> rand(1).item()))  # expect: true"
        ]
    ) { call in
        let random = call.interpreter.random
        let outer = random.stream
        defer { random.stream = outer }
        var key: UInt64 = 0x9E37_79B9_7F4A_7C15
        for number in try call.integers(0) ?? [] {
            key = (key ^ UInt64(bitPattern: Int64(number))) &* 0xBF58_476D_1CE4_E5B9
            key ^= key >> 29
        }
        random.stream = RandomStream(seed: key)
        return try call.interpreter.call(call[1], [])
    },
    Native(
        "memory_info()",
        "Memory in bytes, as a record. `used` is the memory of tensors now, `peak` its maximum, "
            + "`limit` the value of --memory, `left` the part of it that the process does not use yet.",
        examples: [
            "m = memory_info()\nprint(m.used <= m.peak <= m.limit, m.left < m.limit)  # expect: true true"
        ], asksRoot: true
    ) { _ in
        .object(
            RecordObject([
                ("used", .number(Double(MemoryBudget.process.counted))),
                ("peak", .number(Double(MemoryBudget.process.peak))),
                ("limit", .number(Double(MemoryBudget.process.limit))),
                ("left", .number(Double(MemoryBudget.process.left))),
            ]))
    },
]

/// The rows of a list of records, or of an object that is a sequence of them; nil for anything else.
private func rowsOfTable(_ call: borrowing Arguments) throws -> TableRows? {
    let isTable = call[0].asList?.items.first?.asRecord != nil || call[0].asInstance != nil
    return isTable ? try TableRows(call, 0) : nil
}

extension Tensor {
    /// The numbers of a table's rows, with the names of the columns as labels. A first column of texts, or one
    /// called `label`, has the labels of the rows; a column `value` alone beside it makes a tensor of one axis,
    /// and columns that are numbered have no labels: what `write_csv` makes of a tensor.
    fileprivate static func ofTable(_ table: TableRows, _ call: borrowing Arguments, dtype: DType?) throws
        -> Tensor
    {
        var names = table.columns
        var rows = try table.values(call.interpreter)
        var labels: [String]?
        let interpreter = call.interpreter
        if let first = names.first, first == "label" || rows.contains(where: { $0[0].asString != nil }) {
            labels = try rows.map { try interpreter.line($0[0]) }
            names.removeFirst()
            rows = rows.map { Array($0.dropFirst()) }
        }
        let numbers = try rows.flatMap { row in
            try zip(names, row).map { name, cell in
                if cell.isNil { return Double.nan }
                guard let number = try interpreter.number(from: cell) else {
                    throw call.bad(
                        0, "has \(interpreter.describe(cell)) in the column \(name)",
                        help:
                            "a tensor holds numbers; only the first column may have texts, which become labels"
                    )
                }
                return number
            }
        }
        let isOneAxis = labels != nil && names == ["value"]
        let shape = isOneAxis ? [rows.count] : [rows.count, names.count]
        var result = try Tensor.from(numbers, shape: shape, dtype: dtype ?? .float32)
        if let labels { result = try result.labelled(axis: 0, try AxisLabels(labels)) }
        if !isOneAxis, names != names.indices.map({ String($0) }) {
            result = try result.labelled(axis: 1, try AxisLabels(names))
        }
        return result
    }
}
