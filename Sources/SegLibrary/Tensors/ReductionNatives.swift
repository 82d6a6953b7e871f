// Functions that reduce many numbers to few: sums, means, extremes, orders and counts. For lists and ranges
// of numbers they return plain numbers.

import SegRuntime
import SegSystem
import SegTensor

private func reduction(_ name: String, _ kind: Reduction, _ doc: String, examples: [String]) -> Native {
    Native("\(name)(x, axis=nil, keepdims=false)", doc, examples: examples) { call in
        let x = try call.collection(0)
        let result = try Tensor.reduce(kind, x, axes: try call.integers(1), keepdims: try call.bool(2))
        return try call.isPlainList(0) && result.rank == 0 ? call.plain(result) : .tensor(result)
    }
}

/// `max` and `min`: also of plain numbers as arguments, `max(3, 4)`.
private func extreme(
    _ name: String, _ kind: Reduction, _ doc: String, examples: [String],
    _ pick: @escaping @Sendable (Double, Double) -> Double
) -> Native {
    let row = reduction(name, kind, doc, examples: examples)
    let inner = row.body
    return Native(row.signature, doc, examples: examples) { call in
        if let a = call.plainNumber(0), let b = call.plainNumber(1) {
            let two = a.isNaN || b.isNaN ? Double.nan : pick(a, b)
            return .number(call.plainNumber(2).map { pick(two, $0) } ?? two)
        }
        if call[1].asTensorValue != nil {
            throw Failure(
                .type, "\(name): the second argument is an axis, got a tensor",
                help: "\(name)imum(a, b) compares two tensors element by element", argument: 1)
        }
        return try inner(&call)
    }
}

private func spread(_ name: String, root: Bool, _ doc: String, examples: [String]) -> Native {
    Native("\(name)(x, axis=nil, keepdims=false, correction=0)", doc, examples: examples) { call in
        let x = try call.collection(0)
        let result = try x.variance(
            axes: try call.integers(1), keepdims: try call.bool(2), correction: try call.integer(3),
            root: root)
        return try call.isPlainList(0) && result.rank == 0 ? call.plain(result) : .tensor(result)
    }
}

extension Arguments {
    /// A reduced value as a plain number or bool.
    fileprivate func plain(_ tensor: Tensor) throws -> Value {
        let item = try tensor.item()
        return tensor.dtype == .bool ? .bool(item != 0) : .number(item)
    }

    /// An axis, or nil for all together.
    fileprivate func axis(_ place: Int) throws -> Int? { values[place].isNil ? nil : try integer(place) }

    fileprivate func list(_ tensor: Tensor, at place: Int) throws -> Value {
        guard isPlainList(place) else { return .tensor(tensor) }
        let numbers = try tensor.doubles()
        return .list(try interpreter.made(numbers.count) { .number(numbers[$0]) })
    }

    fileprivate func collection(_ place: Int) throws -> Tensor {
        guard isPlainList(place) else { return try tensor(place) }
        return try Tensor.nested(values[place], dtype: nil, isDouble: true, for: native.name)
    }
}

let reductionNatives: [Native] = [
    reduction(
        "sum", .sum, "The sum over all elements, or over `axis` (a number or a list).",
        examples: [
            "print(sum([1, 2, 3]))  # expect: 6",
            "print(sum(tensor([[1, 2], [3, 4]]), axis=0))  # expect: tensor([4, 6])",
        ]),
    reduction(
        "mean", .mean, "The mean over all elements, or over `axis`.",
        examples: [
            "print(mean([1, 2, 6]))  # expect: 3"
        ]),
    reduction(
        "prod", .prod, "The product over all elements, or over `axis`.",
        examples: [
            "print(prod([2, 3, 4]))  # expect: 24"
        ]),
    reduction(
        "any", .any, "Whether any element is true (not 0).",
        examples: [
            "print(any(tensor([1, 2]) > 1))  # expect: true"
        ]),
    reduction(
        "all", .all, "Whether all elements are true (not 0).",
        examples: [
            "print(all(tensor([1, 2]) > 1))  # expect: false"
        ]),
    extreme(
        "min", .min, "The smallest element, over all or over `axis`; of plain numbers too: min(3, 4).",
        examples: [
            "print(min([3, 1, 2]), min(3, 4))  # expect: 1 3"
        ]
    ) { Swift.min($0, $1) },
    extreme(
        "max", .max, "The largest element, over all or over `axis`; of plain numbers too: max(3, 4).",
        examples: [
            "print(max([3, 1, 2]), max(3, 4))  # expect: 3 4"
        ]
    ) { Swift.max($0, $1) },
    spread(
        "var", root: false, "The variance, divided by n - correction (NumPy's: correction 0).",
        examples: [
            "print(var([1, 2, 3, 4]))  # expect: 1.25"
        ]),
    spread(
        "std", root: true, "The standard deviation, the root of `var`.",
        examples: [
            "print(std([1, 3]))  # expect: 1"
        ]),
    Native(
        "argmin(x, axis=nil)", "The position of the smallest element; the first of equal ones.",
        examples: [
            "print(argmin([3, 1, 2]))  # expect: 1"
        ]
    ) { call in
        let result = try call.collection(0).argmin(axis: try call.axis(1))
        return try call.isPlainList(0) ? call.plain(result) : .tensor(result)
    },
    Native(
        "argmax(x, axis=nil)",
        "The position of the largest element; the first of equal ones. Of logits that carry class names it is "
            + "a mask with these classes.",
        examples: [
            "print(argmax([3, 1, 4]))  # expect: 2",
            "m = Conv2d(3, 2, 1)\nmade_for(m, classes=[\"Road\", \"Sky\"])\n"
                + "print(argmax(m(zeros(1, 3, 4, 4)), axis=1).classes)  # expect: [\"Road\", \"Sky\"]",
        ]
    ) { call in
        let x = try call.collection(0)
        let axis = try call.axis(1)
        let result = try x.argmax(axis: axis)
        if call.isPlainList(0) { return try call.plain(result) }
        let names = axis.flatMap { x.labels[$0 < 0 ? $0 + x.rank : $0] }
        return .tensor(result, categories: result.rank >= 2 ? names : nil)
    },
    Native(
        "cumsum(x, axis=nil)", "Running sums along `axis`, or over all elements as one row.",
        examples: [
            "print(cumsum([1, 2, 3]))  # expect: [1, 3, 6]"
        ]
    ) { call in try call.list(try call.collection(0).cumsum(axis: try call.axis(1)), at: 0) },
    Native(
        "sort(x, axis=-1, descending=false)",
        "The elements in order along `axis`; labels follow. Not-a-number comes last.",
        examples: [
            "print(sort(tensor([3, 1, 2])))  # expect: tensor([1, 2, 3])"
        ]
    ) { call in
        if call[0].asList?.items.contains(where: { $0.asString != nil || $0.asRecord != nil }) ?? false {
            throw call.wrong(
                0, "numbers",
                help: "sorted(xs) orders any list, rows.sorted(\"x\") records by an entry")
        }
        return try call.list(
            try call.collection(0).sort(axis: try call.axis(1), descending: try call.bool(2)), at: 0)
    },
    Native(
        "argsort(x, axis=-1, descending=false)", "The positions that sort x. Not-a-number comes last.",
        examples: [
            "print(argsort([3, 1, 2]))  # expect: [1, 2, 0]"
        ]
    ) { call in
        try call.list(
            try call.collection(0).argsort(axis: try call.axis(1), descending: try call.bool(2)), at: 0)
    },
    Native(
        "topk(x, k, axis=-1, largest=true)",
        "The k largest elements and their positions: a list of two tensors. Not-a-number comes last.",
        examples: [
            "values, positions = topk(tensor([3, 1, 2]), 2)\nprint(values, positions)  # expect: tensor([3, 2]) tensor([0, 2], int64)"
        ]
    ) { call in
        let (values, indices) = try call.collection(0).topk(
            try call.integer(1), axis: try call.integer(2), largest: try call.bool(3))
        return .list([.tensor(values), .tensor(indices)])
    },
    Native(
        "unique(x)", "The different elements, in order.",
        examples: [
            "print(unique(tensor([3, 1, 3])))  # expect: tensor([1, 3])"
        ]
    ) { call in try call.list(try call.collection(0).unique(), at: 0) },
    Native(
        "histogram(x, bins=10, range=nil)",
        "Counts in bins of equal width and the bins' edges, as NumPy's: a list of two tensors.",
        examples: [
            "counts, edges = histogram([1, 1, 2], bins=2)\nprint(counts)  # expect: tensor([2, 1], int64)"
        ]
    ) { call in
        var limits: (Double, Double)?
        if !call[2].isNil {
            guard case .object(let list as ListObject) = call[2], list.items.count == 2,
                let low = try call.interpreter.number(from: list.items[0]),
                let high = try call.interpreter.number(from: list.items[1])
            else { throw call.wrong(2, "a list of two numbers") }
            limits = (low, high)
        }
        let (counts, edges) = try call.collection(0).histogram(bins: try call.integer(1), range: limits)
        return .list([.tensor(counts), .tensor(edges)])
    },
    Native(
        "bincount(x, minlength=0, weights=nil)",
        "How often each whole number from 0 occurs; with `weights`, one for each of `x`, their sum (float64).",
        examples: [
            "print(bincount([0, 2, 2]))  # expect: tensor([1, 0, 2], int64)",
            "print(bincount([0, 2, 2], weights=[1, 2, 0.5]))  # expect: tensor([1, 0, 2.5], float64)",
        ]
    ) { call in
        var x = try call.collection(0)
        if x.dtype.isFloating {
            let numbers = try x.doubles()
            try call.interpreter.pieces(numbers.count) { part in
                guard let stray = numbers[part].first(where: { !$0.isFinite || $0 != $0.rounded() }) else {
                    return
                }
                throw Failure(
                    .value, "bincount: \(Tensor.text(of: stray)) is not a whole number",
                    help: "histogram(x) counts other numbers, by bins")
            }
            x = try x.to(.int64)
        }
        return .tensor(
            try x.bincount(
                minlength: try call.integer(1), weights: call.isNil(2) ? nil : try call.collection(2)))
    },
    Native(
        "item(t)", "The one number of a tensor of one element.",
        examples: [
            "print(item(tensor([7])))  # expect: 7"
        ]
    ) { call in
        if call.plainNumber(0) != nil { return call[0] }
        return try call.plain(try call.tensor(0))
    },
    Native(
        "to_list(t)", "The elements as a list of numbers; of lists, for more axes.",
        examples: [
            "print(to_list(tensor([[1, 2], [3, 4]])))  # expect: [[1, 2], [3, 4]]"
        ]
    ) { call in
        let x = try call.tensor(0)
        return try x.nestedList(of: x.doubles(), call.interpreter)
    },
]

extension Tensor {
    /// Its elements, given in row-major order, as nested lists of numbers, or of bools; of a tensor without
    /// axes, its one value.
    /// - Throws: an error of kind `memory` before the numbers are made, if the list would exceed the budget.
    func nestedList(of numbers: @autoclosure () throws -> [Double], _ interpreter: Interpreter) throws
        -> Value
    {
        let bytes = count.multipliedReportingOverflow(by: 8 + 2 * MemoryLayout<Value>.stride)
        try MemoryBudget.process.require(
            bytes.overflow ? Int.max : bytes.partialValue, for: "a list of \(count) numbers")
        let elements = try numbers()
        var level = try interpreter.made(elements.count) { place -> Value in
            dtype == .bool ? .bool(elements[place] != 0) : .number(elements[place])
        }
        for axis in (1..<max(rank, 1)).reversed() {
            let size = shape[axis]
            level = try interpreter.made(shape[..<axis].reduce(1, *)) {
                try interpreter.checkInterrupt()
                return .list(Array(level[$0 * size..<($0 + 1) * size]))
            }
        }
        return rank == 0 ? (level.first ?? .nilValue) : .list(level)
    }
}
