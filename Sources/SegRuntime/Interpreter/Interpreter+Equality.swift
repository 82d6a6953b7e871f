// Truth, equality and order of values, and the numbers that other values serve as.

import SegSyntax

extension Interpreter {
    /// Only `nil` and `false` count as false; a foreign value has its own rule.
    public func truth(_ value: Value) throws -> Bool {
        switch value {
        case .nilValue: return false
        case .bool(let bool): return bool
        case .number: return true
        case .object(let object):
            if object.kind != .foreign { return true }
            return try unsafeDowncast(object, to: ForeignValue.self).truth(self)
        }
    }

    /// The number a value is or serves as; nil for others. A bool is not a number.
    public func number(from value: Value) throws -> Double? {
        switch value {
        case .number(let number): return number
        case .object(let object) where object.kind == .foreign:
            return try unsafeDowncast(object, to: ForeignValue.self).number(self)
        default: return nil
        }
    }

    /// Whether two values are equal, lists and records element by element. Uses an explicit
    /// stack; pairs that contain themselves count as equal.
    public func equal(_ left: Value, _ right: Value) throws -> Bool {
        if let plain = try equalShallow(left, right) { return plain }
        var pending = [(left, right)]
        var seen = PartedDictionary<Pair, Void>()
        var steps = 0
        /// Compares two elements; those that need a walk of their own wait for it.
        func agree(_ left: Value, _ right: Value) throws -> Bool {
            steps += 1
            if steps & 0xfff == 0 {
                try checkInterrupt()
                try reserve(elements: 2 * pending.count, for: "comparing \(pending.count) lists")
            }
            if let plain = try equalShallow(left, right) { return plain }
            pending.append((left, right))
            return true
        }
        while let (left, right) = pending.popLast() {
            guard case .object(let a) = left, case .object(let b) = right else { return false }
            let pair = Pair(a: ObjectIdentifier(a), b: ObjectIdentifier(b))
            if seen[pair] != nil { continue }
            let waiting = pending.count
            var size = 0
            if let first = left.asList, let second = right.asList {
                size = first.items.count
                if size != second.items.count { return false }
                for place in 0..<size where try !agree(first.items[place], second.items[place]) {
                    return false
                }
            } else if let first = left.asRecord, let second = right.asRecord {
                size = first.count
                if size != second.count { return false }
                for (place, name) in first.names.enumerated() {
                    guard let other = second[name], try agree(first.values[place], other) else {
                        return false
                    }
                }
            }
            // Short lists of plain values are compared again sooner than found.
            if size > 8 || pending.count > waiting { seen.insert(pair, ()) }
        }
        return true
    }

    private struct Pair: Hashable {
        let a: ObjectIdentifier
        let b: ObjectIdentifier
    }

    /// The answer where it needs no walk; nil for two lists or two records that may be equal.
    private func equalShallow(_ left: Value, _ right: Value) throws -> Bool? {
        switch (left, right) {
        case (.nilValue, .nilValue): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.number(let a), .number(let b)): return a == b
        case (.object(let a), .object(let b)):
            if a === b { return true }
            if a.kind != b.kind { return false }
            switch a.kind {
            case .string:
                return unsafeDowncast(a, to: StringObject.self).text
                    == unsafeDowncast(b, to: StringObject.self).text
            case .range:
                let first = unsafeDowncast(a, to: RangeObject.self)
                let second = unsafeDowncast(b, to: RangeObject.self)
                return first.start == second.start && first.end == second.end
                    && first.isInclusive == second.isInclusive
            case .foreign:
                return try unsafeDowncast(a, to: ForeignValue.self).equals(
                    unsafeDowncast(b, to: ForeignValue.self), self)
            case .function:
                return unsafeDowncast(a, to: FunctionObject.self).isSame(
                    as: unsafeDowncast(b, to: FunctionObject.self))
            case .native:
                return unsafeDowncast(a, to: NativeFunction.self).name
                    == unsafeDowncast(b, to: NativeFunction.self).name
            case .bound:
                let first = unsafeDowncast(a, to: BoundMethod.self)
                let second = unsafeDowncast(b, to: BoundMethod.self)
                return first.receiver === second.receiver && first.function.isSame(as: second.function)
            case .list, .record: return nil
            default: return false
            }
        default: return false
        }
    }

    /// A comparison as an operator gives it: a bool, or the elementwise result of a foreign value.
    public func compare(_ op: ComparisonOperator, _ left: Value, _ right: Value) throws -> Value {
        if case .number(let a) = left, case .number(let b) = right { return .bool(op.holds(a, b)) }
        try checkInterrupt()
        if op == .equal || op == .notEqual {
            if let result = try foreignCompare(op, left, right, onlyElementwise: true) { return result }
            return .bool(try equal(left, right) == (op == .equal))
        }
        if let result = try foreignCompare(op, left, right, onlyElementwise: false) { return result }
        if let a = left.asString, let b = right.asString { return .bool(op.holds(a, b)) }
        if left.asList != nil, right.asList != nil {
            let order = try compareLists(left, right, depth: 0)
            return .bool(op.holds(order, 0))
        }
        throw Failure(
            .type, "\(op.rawValue) compares numbers or strings, got \(describe(left)) and \(describe(right))",
            help: left.isNil || right.isNil
                ? "nil stands for no value; test it first: x != nil and x > 0"
                : left.asList != nil || right.asList != nil ? library.hints.purposes[.listArithmetic] : nil,
            notes: [left.typeName, right.typeName])
    }

    private func foreignCompare(
        _ op: ComparisonOperator, _ left: Value, _ right: Value, onlyElementwise: Bool
    ) throws -> Value? {
        if let foreign = left.asForeign {
            if onlyElementwise, isPlainForEquality(right) { return nil }
            return try foreign.compare(op, right, isReversed: false, self)
        }
        if let foreign = right.asForeign {
            if onlyElementwise, isPlainForEquality(left) { return nil }
            return try foreign.compare(op, left, isReversed: true, self)
        }
        return nil
    }

    /// `==` and `!=` of a foreign value against these give a plain bool.
    private func isPlainForEquality(_ value: Value) -> Bool {
        guard case .object(let object) = value else { return value.isNil }
        return object.kind == .string || object.kind == .list || object.kind == .record
    }

    /// The order of two values for sorting: negative, 0 or positive.
    public func order(_ left: Value, _ right: Value, depth: Int = 0) throws -> Int {
        if case .number(let a) = left, case .number(let b) = right { return a < b ? -1 : a > b ? 1 : 0 }
        if let a = left.asString, let b = right.asString { return a < b ? -1 : a == b ? 0 : 1 }
        if case .bool(let a) = left, case .bool(let b) = right { return (a ? 1 : 0) - (b ? 1 : 0) }
        if left.asList != nil, right.asList != nil { return try compareLists(left, right, depth: depth) }
        if let a = try number(from: left), let b = try number(from: right) {
            return a < b ? -1 : a > b ? 1 : 0
        }
        throw Failure(.type, "cannot order \(describe(left)) and \(describe(right))")
    }

    /// Lists are ordered by their first elements that differ.
    private func compareLists(_ left: Value, _ right: Value, depth: Int) throws -> Int {
        guard depth < 1000 else { throw Failure(.value, "these lists are nested too deeply to be compared") }
        // Lists that share parts may have any number of them.
        try checkInterrupt()
        let a = left.asList?.items ?? []
        let b = right.asList?.items ?? []
        for (x, y) in zip(a, b) {
            let order = try order(x, y, depth: depth + 1)
            if order != 0 { return order }
        }
        return a.count - b.count
    }
}

extension ComparisonOperator {
    @inline(__always)
    func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
        switch self {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        }
    }
}
