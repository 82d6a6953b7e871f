// Iteration, for `for` and the list functions: lists, ranges, records,
// strings, foreign values, and objects with `next()` or `at(i)` and `count`.

import SegSyntax
import SegSystem

/// The state of a loop over a value that is neither a list nor a range.
final class IteratorObject: Object {
    let next: () throws -> Value?
    init(_ next: @escaping () throws -> Value?) {
        self.next = next
        super.init(kind: .iterator)
    }
}

extension Interpreter {
    /// Gives one value after the other; nil where the value is not a collection.
    public func iterator(_ value: Value) throws -> (() throws -> Value?)? {
        guard case .object(let object) = value else { return nil }
        switch object.kind {
        case .list:
            let list = unsafeDowncast(object, to: ListObject.self)
            var place = 0
            return {
                guard place < list.items.count else { return nil }
                place += 1
                return list.items[place - 1]
            }
        case .range:
            let range = unsafeDowncast(object, to: RangeObject.self)
            let count = try count(of: range)
            var place = 0
            return {
                guard place < count else { return nil }
                place += 1
                return .number(range.start + Double(place - 1))
            }
        case .record: return iterator(overEntriesOf: unsafeDowncast(object, to: RecordObject.self))
        case .string:
            var rest = Substring(unsafeDowncast(object, to: StringObject.self).text)
            return { rest.popFirst().map { .string(String($0)) } }
        case .instance: return try iterator(over: unsafeDowncast(object, to: Instance.self))
        case .foreign: return try unsafeDowncast(object, to: ForeignValue.self).iterator(self)
        default: return nil
        }
    }

    private func iterator(overEntriesOf record: RecordObject) -> () throws -> Value? {
        var place = 0
        return {
            guard place < record.count else { return nil }
            place += 1
            return .list([.string(record.names[place - 1]), record.values[place - 1]])
        }
    }

    /// An object's `next()` until it gives nil; `at(i)` for each of its `count`; its children.
    private func iterator(over instance: Instance) throws -> (() throws -> Value?)? {
        if let next = instance.type.method(named: "next") {
            let method = Value.object(BoundMethod(receiver: instance, function: next))
            return { [unowned self] in
                let value = try self.call(method, [])
                return value.isNil ? nil : value
            }
        }
        if let at = instance.type.method(named: "at") {
            let method = Value.object(BoundMethod(receiver: instance, function: at))
            var place = 0
            return { [unowned self] in
                guard let count = try self.count(instance), place < count else { return nil }
                place += 1
                return try self.call(method, [.number(Double(place - 1))])
            }
        }
        if let children = instance.children {
            var place = 0
            return {
                guard place < children.count else { return nil }
                place += 1
                return children.values[place - 1]
            }
        }
        return nil
    }

    /// Calls `body` with each element; an error where the value is not a collection.
    public func iterate(_ value: Value, _ body: (Value) throws -> Void) throws {
        guard let next = try iterator(value) else { throw notACollection(value) }
        while let item = try next() {
            try checkInterrupt()
            try body(item)
        }
    }

    /// All elements as an array; nil where the value is not a collection.
    public func items(_ value: Value, for purpose: String = "this list") throws -> [Value]? {
        if let list = value.asList { return list.items }
        if let range = value.asRange {
            let count = try count(of: range)
            try reserve(elements: count, for: "a list of \(count) numbers")
            return (0..<count).map { .number(range.start + Double($0)) }
        }
        guard let next = try iterator(value) else { return nil }
        var items: [Value] = []
        while let item = try next() {
            items.append(item)
            if items.count & 0xfff == 0 { try checkInterrupt() }
            if items.count & 0xffff == 0 { try reserve(elements: items.count, for: purpose) }
        }
        return items
    }

    /// A list or range of plain numbers; nil where it is anything else.
    public func numbers(_ value: Value) throws -> [Double]? {
        if let list = value.asList {
            var numbers: [Double] = []
            numbers.reserveCapacity(list.items.count)
            for item in list.items {
                guard case .number(let number) = item else { return nil }
                numbers.append(number)
            }
            return numbers
        }
        guard let range = value.asRange else { return nil }
        let count = try count(of: range)
        try reserve(elements: count, for: "a list of \(count) numbers")
        return (0..<count).map { range.start + Double($0) }
    }

    func notACollection(_ value: Value) -> Failure {
        var help: String?
        if case .number(let number) = value {
            help = "to repeat \(numberText(number)) times, write 0..<\(numberText(number))"
        }
        return Failure(
            .type,
            "cannot iterate over \(describe(value)): it is not a list, range, string or other collection",
            help: help)
    }

    /// How many numbers a range gives.
    public func count(of range: RangeObject) throws -> Int {
        guard let end = range.end else { throw Failure(.value, "this range has no end") }
        let steps = end - range.start
        if steps.isNaN || range.start.isInfinite {
            throw Failure(.value, "this range has no numbers that can be counted")
        }
        let count = range.isInclusive ? steps.rounded(.down) + 1 : steps.rounded(.up)
        if count > 9_007_199_254_740_992 { throw Failure(.value, "this range does not end") }
        return max(0, Int(count))
    }

    /// The number of elements; nil where the value has none.
    public func count(_ value: Value) throws -> Int? {
        guard case .object(let object) = value else { return nil }
        switch object.kind {
        case .string: return unsafeDowncast(object, to: StringObject.self).characterCount
        case .list: return unsafeDowncast(object, to: ListObject.self).items.count
        case .record: return unsafeDowncast(object, to: RecordObject.self).count
        case .range: return try count(of: unsafeDowncast(object, to: RangeObject.self))
        case .instance: return try count(unsafeDowncast(object, to: Instance.self))
        case .foreign: return try unsafeDowncast(object, to: ForeignValue.self).count(self)
        default: return nil
        }
    }

    /// An object's `count`, as a method or field, else that of its children.
    func count(_ instance: Instance) throws -> Int? {
        var value: Value?
        if let method = instance.type.method(named: "count"), method.code.required == 0 {
            value = try call(.object(BoundMethod(receiver: instance, function: method)), [])
        } else if let field = instance.field(named: "count") {
            value = field
        }
        if let value, let number = try number(from: value) { return Int(exactly: number) }
        return instance.children?.count
    }
}

extension StringObject {
    /// Whether every character is one byte: ASCII without carriage returns.
    var isSimple: Bool {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            var high: UInt8 = 0
            var returns: UInt8 = 0
            for byte in bytes {
                high |= byte
                returns |= byte == 13 ? 1 : 0
            }
            return high < 128 && returns == 0
        } ?? false
    }

    /// The number of characters, as a reader counts them.
    var characterCount: Int { isSimple ? text.utf8.count : text.count }
}
