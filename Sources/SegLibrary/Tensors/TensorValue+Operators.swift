// Operators and indexing of tensors: NumPy's rules, also for plain numbers and lists.

import SegRuntime
import SegSyntax
import SegTensor

extension TensorValue {
    func operated(
        _ op: BinaryOperator, _ other: Value, isReversed: Bool
    ) throws -> Value? {
        guard let operand = try TensorValue.operand(other) else { return nil }
        try checkCategories(other.asTensorValue)
        let own = Operand.tensor(try tensor)
        let (a, b) = isReversed ? (operand, own) : (own, operand)
        if op == .matrixProduct { return .tensor(try Tensor.matmul(try a.asTensor(), try b.asTensor())) }
        guard var function = TensorValue.functions[op] else { return nil }
        // The product of two masks is a mask, as in NumPy and PyTorch.
        if function == .multiply, case .tensor(let x) = a, case .tensor(let y) = b, x.dtype == .bool,
            y.dtype == .bool
        {
            function = .and
        }
        return .tensor(try Tensor.apply(function, a, b))
    }

    private static let functions: [BinaryOperator: BinaryFunction] = [
        .add: .add, .subtract: .subtract, .multiply: .multiply, .divide: .divide,
        .floorDivide: .floorDivide, .remainder: .remainder, .power: .power, .bitAnd: .and, .bitOr: .or,
    ]

    private static let comparisons: [ComparisonOperator: BinaryFunction] = [
        .equal: .equal, .notEqual: .notEqual, .less: .less, .lessOrEqual: .lessEqual,
        .greater: .greater, .greaterOrEqual: .greaterEqual,
    ]

    func compared(
        _ op: ComparisonOperator, _ other: Value, isReversed: Bool
    ) throws -> Value? {
        guard let function = TensorValue.comparisons[op] else { return nil }
        let operand: Operand
        switch other {
        case .number(let number): operand = .number(number)
        case .bool(let flag): operand = .tensor(try Tensor.scalar(flag ? 1 : 0, dtype: .bool))
        default:
            guard let value = other.asTensorValue else {
                // Compared with nil, a string, a list or a record, the result is a plain bool.
                return op == .equal ? .bool(false) : op == .notEqual ? .bool(true) : nil
            }
            try checkCategories(value)
            operand = .tensor(try value.tensor)
        }
        let own = Operand.tensor(try tensor)
        return .tensor(
            try isReversed ? Tensor.apply(function, operand, own) : Tensor.apply(function, own, operand))
    }

    /// Whether any element equals a number; computed immediately.
    func holds(_ element: Value, _ interpreter: Interpreter) throws -> Bool {
        if element.asString != nil, !promise.labels.isEmpty {
            throw Failure(
                .type, "a tensor holds numbers, got \(interpreter.describe(element))",
                help: "its labels are a list: name in t.labels")
        }
        let isNumber: Bool
        if case .bool = element {
            isNumber = true
        } else {
            isNumber = try interpreter.number(from: element) != nil
        }
        guard isNumber, let equal = try compared(.equal, element, isReversed: false)?.asTensorValue else {
            throw Failure(
                .type, "a tensor holds numbers, got \(interpreter.describe(element))",
                help: element.asTensorValue == nil ? nil : "any(t == x) compares element by element")
        }
        return try Tensor.reduce(.any, equal.promise, axes: nil, keepdims: false).item() != 0
    }

    func operated(_ op: UnaryOperator) throws -> Value {
        .tensor(try Tensor.apply(op == .minus ? .negate : .not, try tensor))
    }

    /// The allowed second operands of a tensor: a number, a bool, another tensor, a list of numbers.
    static func operand(_ value: Value) throws -> Operand? {
        switch value {
        case .number(let number): return .number(number)
        case .bool(let flag): return .tensor(try Tensor.scalar(flag ? 1 : 0, dtype: .bool))
        case .nilValue: return nil
        case .object(let object):
            if let other = object as? TensorValue { return .tensor(try other.tensor) }
            if object is ListObject || object is RangeObject {
                return .tensor(try Tensor.nested(value, dtype: nil, for: "a tensor of this list"))
            }
            return nil
        }
    }

    func picked(_ keys: [IndexKey]) throws -> Value {
        .tensor(try tensor.get(try keys.map(TensorValue.index)), categories: categories)
    }

    /// The numbers of two masks mean the same only by the same class names in the same order.
    func checkCategories(_ other: TensorValue?) throws {
        guard let own = categories, let others = other?.categories else { return }
        try AxisLabels.check(own.names, of: "one mask", against: others.names, of: "the other")
    }

    func changed(_ keys: [IndexKey], to value: Value, _ interpreter: Interpreter) throws -> Value {
        try checkCategories(value.asTensorValue)
        guard let operand = try TensorValue.operand(value) else {
            throw Failure(.type, "a tensor's elements are numbers, not \(value.typeName)")
        }
        let changed = try promise.setting(try keys.map(TensorValue.index), to: operand)
        return .object(TensorValue(changed, mark: mark, categories: categories))
    }

    /// One index in the brackets, in the engine's form.
    static func index(_ key: IndexKey) throws -> Tensor.Index {
        guard case .value(let value) = key else { return .all }
        switch value {
        case .number(let number): return .at(try whole(number))
        case .nilValue:
            throw Failure(
                .type, "a tensor is indexed by whole numbers, ranges, labels or masks, got nil",
                help: "unsqueeze(x, 0) adds a first axis, unsqueeze(x, 1) a second")
        case .bool:
            throw Failure(.type, "a tensor is indexed by whole numbers, ranges, labels or masks")
        case .object(let object):
            switch object {
            case let text as StringObject: return .label(text.text)
            case let range as RangeObject:
                return .slice(
                    from: try whole(range.start), to: try range.end.map(whole), inclusive: range.isInclusive)
            case let other as TensorValue:
                if other.promise.rank == 0 && other.promise.dtype != .bool {
                    return .at(try whole(other.promise.item()))
                }
                return .tensor(try positions(other.promise))
            case let list as ListObject:
                let names = list.items.compactMap { item -> String? in
                    guard case .object(let text as StringObject) = item else { return nil }
                    return text.text
                }
                if !names.isEmpty && names.count == list.items.count { return .labels(names) }
                let numbers = try Tensor.nested(value, dtype: nil, for: "an index of this list")
                return .tensor(try positions(numbers))
            default: throw Failure(.type, "a tensor is indexed by whole numbers, ranges, labels or masks")
            }
        }
    }

    /// A mask or whole numbers as an index; functions that create tensors return float32, so whole floats are
    /// allowed too.
    private static func positions(_ tensor: Tensor) throws -> Tensor {
        guard tensor.dtype.isFloating else { return tensor }
        if let stray = try tensor.doubles().first(where: { $0 != $0.rounded() }) {
            throw Failure(.index, "an index is a whole number, not \(Tensor.text(of: stray))")
        }
        return try tensor.to(.int64)
    }

    private static func whole(_ number: Double) throws -> Int {
        guard number == number.rounded(), let index = Int(exactly: number) else {
            throw Failure(.index, "an index is a whole number, not \(Tensor.text(of: number))")
        }
        return index
    }
}

extension Operand {
    func asTensor() throws -> Tensor {
        switch self {
        case .tensor(let tensor): tensor
        case .number(let number): try Tensor.scalar(number)
        }
    }
}
