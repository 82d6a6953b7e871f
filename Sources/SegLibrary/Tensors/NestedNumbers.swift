// A tensor from numbers and lists of them, nested to any depth.

import SegRuntime
import SegSystem
import SegTensor

extension Tensor {
    /// A tensor from numbers, bools and nested lists; float32 by default, bool if all are bools.
    /// - Parameters:
    ///   - isDouble: whether float64 is the default, so that sums of counts stay exact.
    ///   - name: the function that the user called, for the error if the numbers exceed the memory budget.
    static func nested(_ value: Value, dtype: DType?, isDouble: Bool = false, for name: String) throws
        -> Tensor
    {
        var shape: [Int] = []
        var numbers: [Double] = []
        var allBools = true
        // An explicit stack: lists may be nested to any depth.
        var work: [(Value, Int)] = [(value, 0)]
        var (steps, nextCheck) = (0, 1 << 16)
        /// Takes a row of plain numbers at a depth.
        func take(_ row: [Double], at depth: Int) throws {
            if shape.count == depth { shape.append(row.count) }
            guard shape.count == depth + 1, shape[depth] == row.count else {
                throw shape.count == depth + 1 ? uneven(shape[depth], row.count) : ragged
            }
            allBools = false
            steps += row.count
            if numbers.isEmpty, depth == 0 { return numbers = row }
            try makeRoom(for: row.count, in: &numbers, of: shape, for: name)
            numbers += row
        }
        while let (item, depth) = work.popLast() {
            steps += 1
            if steps >= nextCheck {
                nextCheck = steps + 1 << 16
                try EvaluationContext.current.checkInterrupt()
            }
            func leaf(_ number: Double) throws {
                guard shape.count == depth else { throw ragged }
                if numbers.count == numbers.capacity {
                    try makeRoom(for: 1, in: &numbers, of: shape, for: name)
                }
                numbers.append(number)
            }
            switch item {
            case .number(let number):
                allBools = false
                try leaf(number)
            case .bool(let flag): try leaf(flag ? 1 : 0)
            case .nilValue:
                throw TensorError(
                    .type, "a tensor holds numbers, not \(item.typeName)",
                    help: "nil stands for no value; filter(xs, x -> x != nil) leaves it out")
            case .object(let object):
                guard depth < 32 || object is TensorValue else {
                    throw TensorError(
                        .shape, "a tensor has at most 32 axes; these lists are nested more deeply")
                }
                var items: [Value]
                switch object {
                case let list as ListObject:
                    items = list.items
                    if shape.count > depth || numbers.isEmpty, let row = try plainNumbers(items, for: name) {
                        try take(row, at: depth)
                        continue
                    }
                case let range as RangeObject:
                    guard let end = range.end else {
                        throw TensorError(.value, "a range without an end cannot become a tensor")
                    }
                    guard end - range.start < 1e9 else {
                        throw TensorError(
                            .memory, "a range of more than a billion numbers is too long for a tensor")
                    }
                    let count =
                        range.isInclusive
                        ? (end - range.start).rounded(.down) + 1 : (end - range.start).rounded(.up)
                    let whole = Int(max(0, count))
                    if depth == 0 && shape.isEmpty {
                        let end = range.start + Double(whole)
                        return try dtype == .bool
                            ? Tensor.arange(from: range.start, to: end, dtype: .float64).to(.bool)
                            : Tensor.arange(
                                from: range.start, to: end, dtype: dtype ?? (isDouble ? .float64 : .float32),
                                calledAs: "tensor")
                    }
                    if shape.count == depth, !numbers.isEmpty { throw ragged }
                    try take(made(whole, for: name) { range.start + Double($0) }, at: depth)
                    continue
                case let tensor as TensorValue:
                    if depth == 0 { return try dtype.map { try tensor.promise.to($0) } ?? tensor.promise }
                    allBools = allBools && tensor.promise.dtype == .bool
                    if tensor.promise.rank == 0 {
                        try leaf(try tensor.promise.item())
                        continue
                    }
                    items = try tensor.promise.nestedRows()
                default:
                    throw TensorError(
                        .type, "a tensor holds numbers, not \(item.typeName)",
                        help: item.asString != nil
                            ? "number(text) is the number in a text, join(texts, \"\") joins texts" : nil)
                }
                if shape.count == depth {
                    if !numbers.isEmpty { throw ragged }
                    shape.append(items.count)
                } else if shape[depth] != items.count {
                    throw uneven(shape[depth], items.count)
                }
                let waiting = work.count + items.count
                if waiting > max(work.capacity, 1 << 16) {
                    let size = max(waiting, 2 * work.count)
                    try MemoryBudget.process.require(size * MemoryLayout<(Value, Int)>.stride, for: name)
                    work.reserveCapacity(size)
                }
                for place in items.indices.reversed() {
                    if place & 0xffff == 0xffff { try EvaluationContext.current.checkInterrupt() }
                    work.append((items[place], depth + 1))
                }
            }
        }
        let type = dtype ?? (allBools && !numbers.isEmpty ? .bool : isDouble ? .float64 : .float32)
        return try Tensor.from(numbers, shape: shape, dtype: type, calledAs: name)
    }

    /// The budget is asked for so many numbers and more: for a few that takes longer than to make them.
    private static let askedFrom = 1 << 16

    /// Numbers that are made one by one: within the memory budget, and until an interrupt. A nil ends them.
    private static func made(_ count: Int, for name: String, _ number: (Int) throws -> Double?) throws
        -> [Double]
    {
        if count >= askedFrom {
            try MemoryBudget.process.require(count * MemoryLayout<Double>.stride, for: name)
        }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for place in 0..<count {
            if place & 0xffff == 0xffff { try EvaluationContext.current.checkInterrupt() }
            guard let next = try number(place) else { break }
            numbers.append(next)
        }
        return numbers
    }

    /// Makes room for more numbers: for all that a tensor of the shape has, or, where that is too much, since its other
    /// rows may turn out to be shorter, for twice as many.
    private static func makeRoom(
        for more: Int, in numbers: inout [Double], of shape: [Int], for name: String
    ) throws {
        let count = numbers.count + more
        guard count > numbers.capacity else { return }
        var size = max(count, 2 * numbers.capacity)
        let whole = shape.reduce((size: 1, overflows: false)) { product, length in
            let (size, overflows) = product.size.multipliedReportingOverflow(by: length)
            return (size, product.overflows || overflows)
        }
        if !whole.overflows, whole.size >= count,
            whole.size < askedFrom || whole.size <= MemoryBudget.process.left / MemoryLayout<Double>.stride
        {
            size = whole.size
        }
        if size >= askedFrom {
            try MemoryBudget.process.require(size * MemoryLayout<Double>.stride, for: name)
        }
        numbers.reserveCapacity(size)
    }

    /// The numbers of a list that holds nothing else and is not short; otherwise nil.
    private static func plainNumbers(_ items: [Value], for name: String) throws -> [Double]? {
        // A short row is not worth an array of its own.
        guard items.count >= 32, case .number? = items.first else { return nil }
        let numbers = try made(items.count, for: name) {
            guard case .number(let number) = items[$0] else { return nil }
            return number
        }
        return numbers.count == items.count ? numbers : nil
    }

    private static func uneven(_ first: Int, _ other: Int) -> TensorError {
        TensorError(
            .shape, "lists of \(first) and of \(other) entries do not make a tensor",
            help: "every list at the same depth has the same length")
    }

    private static var ragged: TensorError {
        TensorError(
            .shape, "there are numbers and lists at the same depth",
            help: "every list at the same depth has the same length")
    }

    /// The rows of the first axis as values.
    private func nestedRows() throws -> [Value] {
        try (0..<(shape.first ?? 0)).map { row in
            if row & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
            return .tensor(try get([.at(row)]))
        }
    }
}
