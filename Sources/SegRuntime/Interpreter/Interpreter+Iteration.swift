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
            return try made(try count(of: range)) { .number(range.start + Double($0)) }
        }
        guard let next = try iterator(value) else { return nil }
        let items = GrowingList(self, for: purpose)
        while let item = try next() { try items.append(item) }
        return try items.take()
    }

    /// A list or range of plain numbers; nil where it is anything else.
    public func numbers(_ value: Value) throws -> [Double]? {
        if let list = value.asList {
            return try numbers(in: list.items)
        }
        guard let range = value.asRange else { return nil }
        return try made(try count(of: range)) { range.start + Double($0) }
    }

    /// The numbers of a list that holds nothing else; otherwise nil.
    public func numbers(in items: [Value]) throws -> [Double]? {
        var numbers: [Double] = []
        guard case .number? = items.first ?? .number(0) else { return nil }
        try reserve(elements: items.count / 2, for: "a list of \(items.count) numbers")
        numbers.reserveCapacity(items.count)
        try pieces(items.count) { part in
            // One element that is no number ends the work of all pieces.
            guard numbers.count == part.lowerBound else { return }
            for place in part {
                guard case .number(let number) = items[place] else { return }
                numbers.append(number)
            }
        }
        return numbers.count == items.count ? numbers : nil
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

    /// The largest number of which every smaller whole number is exact.
    private static let largestCounted = 9_007_199_254_740_992.0

    /// Throws if one cannot count from a number by ones.
    func checkCountable(from start: Double, to end: Double) throws {
        if start.magnitude > Self.largestCounted {
            throw Failure(
                .value,
                "numbers of this size are not counted by ones: \(numberText(start)) to \(numberText(end))",
                help: "whole numbers are exact up to \(numberText(Self.largestCounted))")
        }
    }

    /// How many numbers a range gives.
    public func count(of range: RangeObject) throws -> Int {
        guard let end = range.end else { throw Failure(.value, "this range has no end") }
        let steps = end - range.start
        if steps.isNaN || range.start.isInfinite {
            throw Failure(.value, "this range has no numbers that can be counted")
        }
        let count = range.isInclusive ? steps.rounded(.down) + 1 : steps.rounded(.up)
        if count <= 0 { return 0 }
        if steps > Self.largestCounted { throw Failure(.value, "this range does not end") }
        try checkCountable(from: range.start, to: end)
        return Int(count)
    }

    /// The number of elements; nil where the value has none.
    public func count(_ value: Value) throws -> Int? {
        guard case .object(let object) = value else { return nil }
        switch object.kind {
        case .string: return try characterCount(unsafeDowncast(object, to: StringObject.self))
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
        guard let value else { return instance.children?.count }
        let count = try number(from: value).flatMap { Int(exactly: $0) }
        // Only of a collection it is the number of elements.
        guard instance.type.method(named: "at") != nil else { return count ?? instance.children?.count }
        guard let count, count >= 0 else {
            throw Failure(
                .value,
                "`count` of \(instance.type.name) is \(try line(value)); it is a whole number from 0 up")
        }
        return count
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

}

extension Interpreter {
    /// The number of characters of a text, as a reader counts them.
    func characterCount(_ string: StringObject) throws -> Int {
        if string.isSimple { return string.text.utf8.count }
        let text = string.text
        if text.utf8.count > Self.longText {
            return try Background.value({ text.count }, interrupted: checkInterrupt)
        }
        var count = 0
        var place = string.text.startIndex
        while place < string.text.endIndex {
            if count & 0xffff == 0 { try checkInterrupt() }
            place = string.text.index(after: place)
            count += 1
        }
        return count
    }

    /// One character of a longer text may be as long as the text: another thread looks for it, and Ctrl-C ends the wait.
    private static let longText = 1 << 20

    /// The part of a text between two characters, counted from its start.
    func characters(_ range: Range<Int>, of text: String) throws -> Substring {
        if text.utf8.count > Self.longText {
            return try Background.value(
                { text.dropFirst(range.lowerBound).prefix(range.count) }, interrupted: checkInterrupt)
        }
        var place = text.startIndex
        var start = place
        for count in 0..<range.upperBound {
            if count & 0xffff == 0 { try checkInterrupt() }
            if count == range.lowerBound { start = place }
            place = text.index(after: place)
        }
        return range.isEmpty ? "" : text[start..<place]
    }
}
