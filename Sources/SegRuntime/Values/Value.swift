// What a variable can hold. Sixteen bytes: a payload enum with one class reference, so
// that a number costs no allocation and a large value is freed with its last name.

public enum Value {
    case nilValue
    case bool(Bool)
    case number(Double)
    case object(Object)

    @inlinable public static func string(_ text: String) -> Value { .object(StringObject(text)) }
    @inlinable public static func list(_ items: [Value]) -> Value { .object(ListObject(items)) }

    /// Only `nil` and `false` count as false among plain values; a foreign value has its own rule.
    @inlinable public var isNil: Bool {
        if case .nilValue = self { return true }
        return false
    }
}

/// The root of everything that is not nil, a bool or a number. `kind` replaces a
/// dynamic cast in the machine's inner loop. The properties that this loop reads and writes are marked
/// `@exclusivity(unchecked)`: the run-time checks of exclusive access would cost a third of its speed.
open class Object {
    public enum Kind: UInt8 {
        case string, list, record, range, function, native, bound, type, instance, foreign
        /// Internal to the machine, never seen by a script: a captured variable, the state of a
        /// `for`, and the mark of a variable that has no value yet.
        case cell, iterator, unassigned
    }
    public final let kind: Kind
    /// The number by which `ReferenceCycles` tracks it, in bytes that are there anyway; 0: it does not.
    @exclusivity(unchecked) final var place: Int32 = 0
    public init(kind: Kind) { self.kind = kind }

    deinit { if place != 0 { ReferenceCycles.untrack(place) } }
}

/// A text; it never changes while it has more than one reference.
public final class StringObject: Object {
    /// The machine appends in place if it holds the only reference.
    @exclusivity(unchecked) public internal(set) var text: String
    public init(_ text: String) {
        self.text = text
        super.init(kind: .string)
    }
}

/// A mutable list, shared by reference.
public final class ListObject: Object {
    @exclusivity(unchecked) public var items: [Value]
    public init(_ items: [Value]) {
        self.items = items
        super.init(kind: .list)
    }

    /// Moves the second of two arguments to the end of the list that is the first. It
    /// declines where a long list would grow, so that the caller asks the memory budget first.
    public static func appendUnlessDue(_ arguments: UnsafeMutablePointer<Value>) -> Bool {
        guard let list = arguments.list else { return false }
        return list._withUnsafeGuaranteedRef { list in
            if list.items.count >= 1 << 12, list.items.count == list.items.capacity { return false }
            ReferenceCycles.note(list, holds: arguments[1])
            list.items.append(take(arguments + 1))
            return true
        }
    }

    /// Replaces all items of a list that others may refer to.
    public func setItems(_ items: [Value]) {
        ReferenceCycles.note(self, holds: items)
        self.items = items
    }

    public func append(_ values: [Value]) {
        ReferenceCycles.note(self, holds: values)
        items += values
    }

    public func insert(_ value: Value, at index: Int) {
        ReferenceCycles.note(self, holds: value)
        items.insert(value, at: index)
    }

    deinit {
        if items.isReleasedDeep {
            var pending = items
            items = []
            releaseDeep(&pending)
        }
    }
}

/// Numbers from `start` to `end`; `0..<5` does not include its end. An open end (`2...`)
/// is allowed only inside an index.
public final class RangeObject: Object {
    public let start: Double
    public let end: Double?
    public let isInclusive: Bool
    public init(start: Double, end: Double?, isInclusive: Bool) {
        self.start = start
        self.end = end
        self.isInclusive = isInclusive
        super.init(kind: .range)
    }
}
