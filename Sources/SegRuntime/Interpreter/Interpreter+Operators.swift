// The operators on values that are not both plain numbers: strings, lists, ranges and foreign
// values. The machine's loop handles numbers itself.

import SegSyntax
import SegSystem

extension Interpreter {
    /// `left op right`.
    public func binary(_ op: BinaryOperator, _ left: Value, _ right: Value) throws -> Value {
        if case .number(let a) = left, case .number(let b) = right { return try arithmetic(op, a, b) }
        try checkInterrupt()
        if let foreign = left.asForeign, let result = try foreign.binary(op, right, isReversed: false, self) {
            return result
        }
        if let foreign = right.asForeign, let result = try foreign.binary(op, left, isReversed: true, self) {
            return result
        }
        switch op {
        case .add:
            if let a = left.asString, let b = right.asString {
                let size = a.utf8.count + b.utf8.count
                try reserve(size, for: "this string")
                return .string(a.joined(to: b, capacity: size))
            }
            if let a = left.asList, let b = right.asList {
                try reserve(elements: a.items.count + b.items.count, for: "this list")
                var items: [Value] = []
                items.reserveCapacity(a.items.count + b.items.count)
                try append(a.items, to: &items)
                try append(b.items, to: &items)
                return .list(items)
            }
        case .subtract:
            // The one operator that a type can define: how two results differ.
            if let method = left.asInstance?.method(named: "minus") { return try call(method, [right]) }
        case .multiply:
            if let result = try repeated(left, right) ?? repeated(right, left) { return result }
        case .bitAnd:
            if case .bool(let a) = left, case .bool(let b) = right { return .bool(a && b) }
        case .bitOr:
            if case .bool(let a) = left, case .bool(let b) = right { return .bool(a || b) }
            if let a = left.asRecord, let b = right.asRecord { return .object(try merged(a, b)) }
        default: break
        }
        throw unsuitable(op, left, right)
    }

    /// Two plain numbers; `//` floors, `%` has the sign of the divisor, as in Python.
    func arithmetic(_ op: BinaryOperator, _ a: Double, _ b: Double) throws -> Value {
        switch op {
        case .add: return .number(a + b)
        case .subtract: return .number(a - b)
        case .multiply: return .number(a * b)
        case .divide: return .number(a / b)
        case .floorDivide: return .number(floorDivide(a, b))
        case .remainder: return .number(remainder(a, b))
        case .power: return .number(power(a, b))
        case .matrixProduct:
            var failure = unsuitable(op, .number(a), .number(b))
            failure.help = "numbers are multiplied with *"
            throw failure
        case .bitAnd, .bitOr:
            guard let x = Int(exactly: a), let y = Int(exactly: b) else {
                throw unsuitable(op, .number(a), .number(b))
            }
            return .number(Double(op == .bitAnd ? x & y : x | y))
        }
    }

    public func unary(_ op: UnaryOperator, _ value: Value) throws -> Value {
        if let foreign = value.asForeign, let result = try foreign.unary(op, self) { return result }
        switch (op, value) {
        case (.minus, .number(let number)): return .number(-number)
        case (.not, .bool(let bool)): return .bool(!bool)
        case (.minus, _):
            throw Failure(.type, "- needs a number, got \(describe(value))", notes: [value.typeName])
        case (.not, _):
            throw Failure(
                .type, "! needs a bool, got \(describe(value))",
                help: "`not x` is true if x is nil or false", notes: [value.typeName])
        }
    }

    private func repeated(_ sequence: Value, _ times: Value) throws -> Value? {
        guard case .number(let number) = times else { return nil }
        let text = sequence.asString
        let list = sequence.asList
        if text == nil, list == nil { return nil }
        guard let wanted = Int(exactly: number) else {
            throw Failure(
                .value,
                "a \(sequence.typeName) is repeated a whole number of times, not \(numberText(number))")
        }
        let count = max(0, wanted)
        if let text {
            let (bytes, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
            try reserve(overflow ? Int.max : bytes, for: "a string repeated \(count) times")
            return .string(try self.text(text, repeated: count))
        }
        guard let list else { return nil }
        if list.items.isEmpty { return .list([]) }
        let (elements, overflow) = list.items.count.multipliedReportingOverflow(by: count)
        try reserve(elements: overflow ? Int.max : elements, for: "a list repeated \(count) times")
        var items: [Value] = []
        items.reserveCapacity(elements)
        for number in 0..<count {
            if number & 0xfff == 0 { try checkInterrupt() }
            try append(list.items, to: &items)
        }
        return .list(items)
    }

    /// A text several times, by blocks that double up to a megabyte: the standard library appends copy by copy.
    private func text(_ text: String, repeated count: Int) throws -> String {
        guard count > 0, !text.isEmpty else { return "" }
        var block = text
        var copies = 1
        while block.utf8.count < 1 << 20, copies <= count / 2 {
            block += block
            copies *= 2
        }
        var result = ""
        result.reserveCapacity(text.utf8.count * count)
        for _ in 0..<count / copies {
            try checkInterrupt()
            result += block
        }
        // `+` would copy the whole.
        result += String(repeating: text, count: count % copies)
        return result
    }

    private func merged(_ a: RecordObject, _ b: RecordObject) throws -> RecordObject {
        let both = RecordObject()
        try add(a, to: both)
        try add(b, to: both)
        return both
    }

    private func unsuitable(_ op: BinaryOperator, _ left: Value, _ right: Value) -> Failure {
        let sign = op.rawValue
        let kinds = "\(describe(left)) and \(describe(right))"
        let notes = [left.typeName, right.typeName]
        let isText = left.asString != nil || right.asString != nil
        switch op {
        case .add where isText:
            return Failure(
                .type, "+ cannot join \(kinds)", help: "write the value into the string: \"… {x}\"",
                notes: notes)
        case .add where left.asList != nil || right.asList != nil:
            let help = library.hints.purposes[.listAddition]
            return Failure(.type, "+ cannot join \(kinds)", help: help, notes: notes)
        case .bitAnd, .bitOr:
            let word = op == .bitAnd ? "and" : "or"
            let help = "`\(word)` joins conditions of plain values"
            return Failure(.type, "\(sign) needs bools, got \(kinds)", help: help, notes: notes)
        case .matrixProduct:
            return Failure(.type, "@ is the matrix product; it needs matrices, got \(kinds)", notes: notes)
        case .remainder where left.asString != nil:
            return Failure(
                .type, "\(sign) needs numbers, got \(kinds)", help: library.hints.purposes[.textFormat],
                notes: notes)
        default:
            let aList = left.asList != nil || right.asList != nil
            let help = aList ? library.hints.purposes[.listArithmetic] : nil
            return Failure(.type, "\(sign) needs numbers, got \(kinds)", help: help, notes: notes)
        }
    }
}

@inline(__always)
func floorDivide(_ a: Double, _ b: Double) -> Double {
    if b == 0 { return a / b }
    if b.isInfinite, a.isFinite { return a == 0 || (a < 0) == (b < 0) ? 0 : -1 }
    if a.isInfinite { return .nan }
    let quotient = (a / b).rounded(.down)
    // The quotient may round up to a whole number that a does not reach.
    return quotient.magnitude < 1e15 ? ((a - remainder(a, b)) / b).rounded() : quotient
}

@inline(__always)
func remainder(_ a: Double, _ b: Double) -> Double {
    if a.magnitude < 9e15, b.magnitude < 9e15 {
        let dividend = Int64(a)
        let divisor = Int64(b)
        if Double(dividend) == a, Double(divisor) == b, divisor != 0 {
            let rest = dividend % divisor
            return Double(rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest)
        }
    }
    let rest = a.truncatingRemainder(dividingBy: b)
    if rest == 0 { return 0 }
    if !b.isFinite { return (rest < 0) == (b < 0) ? rest : b }
    return (rest < 0) == (b < 0) ? rest : rest + b
}
