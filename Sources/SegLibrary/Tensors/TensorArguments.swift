// Conversion of a call's arguments to tensors, sizes, axes, pairs and types of numbers, with errors that name
// the function and the argument.

import SegRuntime
import SegSystem
import SegTensor

extension Arguments {
    /// A tensor; a number or list is converted.
    func tensor(_ place: Int) throws -> Tensor {
        if let value = values[place].asTensorValue { return try value.tensor }
        switch values[place] {
        case .number(let number): return try Tensor.scalar(number)
        case .bool(let flag): return try Tensor.scalar(flag ? 1 : 0, dtype: .bool)
        case .object(let object) where object is ListObject || object is RangeObject:
            return try Tensor.nested(values[place], dtype: nil, for: native.name)
        default: throw wrong(place, "a tensor", help: columnHelp(place))
        }
    }

    /// For a table where numbers are wanted: `t.max("mIoU")`.
    private func columnHelp(_ place: Int) -> String? {
        guard let columns = values[place].asInstance?.columnNames, !columns.isEmpty else { return nil }
        let named =
            values.lazy.compactMap(\.asString).first { columns.contains($0) } ?? columns[columns.count - 1]
        if native.name == "sort" { return "a table is ordered by a column: t.sorted(\(quotedText(named)))" }
        return "a column of the table is a list: \(native.name)(t[\(quotedText(named))])"
    }

    func optionalTensor(_ place: Int) throws -> Tensor? {
        values[place].isNil ? nil : try tensor(place)
    }

    /// A tensor or a plain number, which takes the type of the other operand.
    func operand(_ place: Int) throws -> Operand {
        if case .number(let number) = values[place] { return .number(number) }
        return .tensor(try tensor(place))
    }

    func optionalOperand(_ place: Int) throws -> Operand? {
        values[place].isNil ? nil : try operand(place)
    }

    /// The class names of a mask.
    func categories(_ place: Int) -> AxisLabels? { values[place].asTensorValue?.categories }

    /// Whether the argument is a plain number, so that the result is a plain number too.
    func plainNumber(_ place: Int) -> Double? {
        if case .number(let number) = values[place] { return number }
        return nil
    }

    /// Whether it is a list or range, for which reductions return a plain number.
    func isPlainList(_ place: Int) -> Bool {
        if case .object(let object) = values[place] { return object is ListObject || object is RangeObject }
        return false
    }

    func dtype(_ place: Int) throws -> DType {
        guard let value = values[place].foreign(DTypeValue.self) else {
            var help: String?
            if let name = values[place].asString {
                help =
                    DType(rawValue: name) != nil
                    ? "write \(name), without quotes"
                    : "a device is left out: everything runs on the processor"
            }
            throw wrong(place, "a type of number such as float32 or int64", help: help)
        }
        return value.dtype
    }

    func optionalDType(_ place: Int) throws -> DType? { values[place].isNil ? nil : try dtype(place) }

    /// A whole number or a list of them; nil if the argument is nil.
    func integers(_ place: Int) throws -> [Int]? {
        if values[place].isNil { return nil }
        if case .object(let list as ListObject) = values[place] {
            let items = list.items
            return try interpreter.made(items.count) {
                guard let number = try interpreter.number(from: items[$0]), let whole = Int(exactly: number)
                else { throw wrong(place, "a whole number or a list of them") }
                return whole
            }
        }
        if case .object(let range as RangeObject) = values[place], let end = range.end,
            let low = Int(exactly: range.start), Int(exactly: end) != nil,
            let count = try? interpreter.count(of: range)
        {
            return try interpreter.made(count) { low + $0 }
        }
        if let value = values[place].asTensorValue, value.promise.count > 1 {
            guard value.promise.dtype != .bool else { throw wrong(place, "a whole number or a list of them") }
            return try value.promise.doubles().map { number in
                guard let whole = Int(exactly: number) else {
                    throw wrong(place, "a whole number or a list of them")
                }
                return whole
            }
        }
        return [try integer(place)]
    }

    /// Positions of samples, given as whole numbers, or by a tensor of bool that is true for those wanted.
    func samplePositions(_ place: Int, of count: Int) throws -> [Int] {
        guard let mask = values[place].asTensorValue?.promise, mask.dtype == .bool else {
            guard let positions = try integers(place) else { throw wrong(place, "the positions of samples") }
            return positions
        }
        guard mask.shape == [count] else {
            throw Failure(
                .shape,
                "a tensor of bool chooses among all samples: it is to have \(count) entries, got shape \(mask.shape)"
            )
        }
        return try mask.doubles().enumerated().filter { $0.element != 0 }.map(\.offset)
    }

    /// Two numbers, height and width, given as one number or as a list.
    func pair(_ place: Int) throws -> (Int, Int) {
        guard let sizes = try integers(place) else { throw wrong(place, "a whole number or a pair") }
        switch sizes.count {
        case 1: return (sizes[0], sizes[0])
        case 2: return (sizes[0], sizes[1])
        default: throw wrong(place, "a whole number or a pair")
        }
    }

    /// Two numbers that need not be whole, given as one number or as a list.
    func pairOfNumbers(_ place: Int) throws -> (Double, Double) {
        guard case .object(let list as ListObject) = values[place] else {
            let one = try number(place)
            return (one, one)
        }
        let two = try list.items.map { try interpreter.number(from: $0) }
        guard two.count == 2, let first = two[0], let second = two[1] else {
            throw wrong(place, "a number or a pair")
        }
        return (first, second)
    }

    func optionalPair(_ place: Int) throws -> (Int, Int)? { values[place].isNil ? nil : try pair(place) }

    /// Sizes given as numbers or as one list: `zeros(3, 4)`, `zeros([3, 4])`; `place` holds the rest list.
    func sizes(_ place: Int) throws -> [Int] {
        guard case .object(let rest as ListObject) = values[place] else { throw wrong(place, "sizes") }
        var items = rest.items
        if items.count == 1, case .object(let inner as ListObject) = items[0] { items = inner.items }
        return try items.map { item in
            guard let number = try interpreter.number(from: item) else {
                throw Failure(
                    .type, "\(native.name): sizes are whole numbers, not \(interpreter.describe(item))",
                    help: "as in \(native.name)(3, 4) or \(native.name)([3, 4])")
            }
            guard let size = Int(exactly: number) else {
                throw Failure(
                    .value, "\(native.name): sizes are whole numbers, not \(Tensor.text(of: number))")
            }
            return size
        }
    }

    /// Colours [red, green, blue] as 0xRRGGBB; nil if the argument is nil.
    func colors(_ place: Int) throws -> [UInt32]? {
        if values[place].isNil { return nil }
        let wanted = "a list of colours [red, green, blue], 0 to 255 each"
        guard let colors = values[place].asList?.items else { throw wrong(place, wanted) }
        return try colors.map { color in
            guard let parts = color.asList?.items, parts.count == 3 else { throw wrong(place, wanted) }
            return try parts.reduce(0) { code, part in
                guard let number = try interpreter.number(from: part), let byte = UInt8(exactly: number)
                else {
                    throw wrong(place, wanted)
                }
                return code << 8 | UInt32(byte)
            }
        }
    }

    /// A list of strings, as class names.
    func names(_ place: Int) throws -> [String]? {
        if values[place].isNil { return nil }
        guard case .object(let list as ListObject) = values[place] else {
            throw wrong(place, "a list of names")
        }
        return try list.items.map { item in
            guard case .object(let text as StringObject) = item else {
                throw wrong(place, "a list of names")
            }
            return text.text
        }
    }
}
