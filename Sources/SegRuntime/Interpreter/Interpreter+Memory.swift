// How natives and the machine hear Ctrl-C and ask for memory: checks between pieces of long work, reservations before
// lists, records and texts grow, and a meter for values whose number is not known before.

@preconcurrency import Glibc
import SegSyntax
import SegSystem

extension Interpreter {
    /// Throws when Ctrl-C was pressed; natives call this every few milliseconds.
    @inline(__always)
    public func checkInterrupt() throws {
        if interruptFlag.isRaised { try interrupt() }
    }

    /// Whether the next check throws.
    var isToStop: Bool { interruptFlag.isRaised && holdCount == 0 }

    @inline(never)
    private func interrupt() throws {
        if holdCount > 0 { return }
        interruptFlag.clear()
        throw Failure(.interrupt, "interrupted")
    }

    /// Runs a short piece of work that must not be interrupted; an interrupt takes effect after it.
    public func holdingInterrupts<Result>(_ body: () throws -> Result) rethrows -> Result {
        holdCount += 1
        defer { holdCount -= 1 }
        return try body()
    }

    /// Whether such work is running.
    public var isHoldingInterrupts: Bool { holdCount > 0 }

    /// Calls `body` with ranges that cover `0..<count`; an interrupt may take effect between two of them.
    public func pieces(_ count: Int, of size: Int = 1 << 16, _ body: (Range<Int>) throws -> Void) throws {
        var start = 0
        while start < count {
            try checkInterrupt()
            let end = count - start > size ? start + size : count
            try body(start..<end)
            start = end
        }
    }

    /// `count` elements, made one by one: within the memory budget, and until an interrupt.
    public func made<Element>(_ count: Int, _ element: (Int) throws -> Element) throws -> [Element] {
        // The text of the error alone takes longer than a short list.
        let (bytes, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        if overflows || bytes >= 1 << 16 {
            try reserve(overflows ? .max : bytes, for: "a list of \(count) elements")
        } else {
            try reserveSmall(bytes)
        }
        var items: [Element] = []
        items.reserveCapacity(count)
        do {
            try pieces(count) { part in for place in part { items.append(try element(place)) } }
        } catch {
            LateRelease.release(unfinished: &items)
            throw error
        }
        return items
    }

    /// Throws an error of kind `memory` if `bytes` more would exceed the budget. It is asked once for a megabyte of
    /// small requests.
    public func reserve(_ bytes: Int, for what: String) throws {
        if bytes < 1 << 20 { return try reserveSmall(bytes) }
        try waitForRelease(of: bytes)
        do {
            try MemoryBudget.process.require(bytes, for: what)
        } catch {
            throw Failure(error)
        }
    }

    @inline(__always)
    private func reserveSmall(_ bytes: Int) throws {
        unasked += bytes
        if unasked >= 1 << 20 {
            unasked = 0
            try checkMemory()
        }
    }

    /// Waits while there is no room for so many bytes and something is being released; Ctrl-C ends it.
    private func waitForRelease(of bytes: Int) throws {
        while LateRelease.isRunning, bytes > MemoryBudget.process.left {
            try checkInterrupt()
            usleep(1000)
        }
    }

    /// The same for a text of `old` bytes that grows by `more`: the budget is asked only when the size passes a power
    /// of two, as its storage then doubles.
    public func reserveGrowth(from old: Int, by more: Int, for what: String) throws {
        let new = old + more
        if old.leadingZeroBitCount != new.leadingZeroBitCount { try reserve(2 * new, for: what) }
    }

    /// The same for a list, whose storage doubles when it is full.
    public func reserveGrowth(of items: [Value], by more: Int) throws {
        guard items.count + more > items.capacity else { return }
        try reserve(elements: max(items.count + more, 2 * items.capacity), for: "a list this long")
    }

    /// Sets an entry of a record that may become long.
    public func set(_ name: String, of record: RecordObject, to value: Value) throws {
        let bytes = record.bytesOfNextEntry
        if bytes > 0 { try reserve(bytes, for: "a record of \(record.count) entries") }
        record[name] = value
    }

    /// Appends to a text within the budget. Where it doubles, its storage is made as large as was asked for: Swift's own
    /// growth takes twice what it had, whatever is needed.
    func extend(_ text: inout String, by more: String, for what: String) throws {
        let (old, new) = (text.utf8.count, text.utf8.count + more.utf8.count)
        guard old.leadingZeroBitCount != new.leadingZeroBitCount else { return text += more }
        try reserve(2 * new, for: what)
        if new < 1 << 20 { text += more } else { text = text.joined(to: more, capacity: 2 * new) }
    }

    /// Appends to a list that may become long: piece by piece, until an interrupt, which leaves the list as it was.
    func append(_ more: [Value], to items: inout [Value]) throws {
        guard more.count > 1 << 16 else { return items += more }
        let count = items.count
        do {
            try pieces(more.count) { items += more[$0] }
        } catch {
            items.removeLast(items.count - count)
            throw error
        }
    }

    /// Adds entries of a record to another, all or those of a range.
    public func add(_ record: RecordObject, _ places: Range<Int>? = nil, to other: RecordObject) throws {
        var meter = MemoryMeter(self, for: "this record")
        for place in places ?? 0..<record.count {
            other[record.names[place]] = record.values[place]
            try meter.add(bytes: 96)
        }
    }

    /// Counts a value that a native made, whose parts it may have made without asking.
    func count(made value: Value) throws {
        guard case .object(let object) = value else { return }
        let size: Int
        switch object.kind {
        case .string: size = unsafeDowncast(object, to: StringObject.self).text.utf8.count
        case .list: size = unsafeDowncast(object, to: ListObject.self).items.count
        case .record: size = unsafeDowncast(object, to: RecordObject.self).count
        default: return
        }
        if size >= 1 << 10 { try reserve(min(size * 16, 1 << 20 - 1), for: "this value") }
    }

    /// Appends to a text that may become long.
    public func append(_ part: String, to text: inout String) throws {
        try checkInterrupt()
        try extend(&text, by: part, for: "this text")
    }

    /// Throws an error of kind `memory` if the process has exceeded the budget.
    @inline(never)
    func checkMemory() throws { try checkMemory(of: "this script") }

    fileprivate func checkMemory(of what: String) throws {
        try waitForRelease(of: 1 << 20)
        do {
            try MemoryBudget.process.checkGrowth(of: what)
        } catch {
            throw Failure(error)
        }
    }

    /// Throws if a list of so many elements would exceed the budget.
    public func reserve(elements: Int, for what: String) throws {
        let (bytes, overflow) = elements.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        try reserve(overflow ? Int.max : bytes, for: what)
    }
}

/// Counts the memory of values while a native makes many of them whose number it does not know before. Between two
/// megabytes Ctrl-C takes effect, and the budget is checked.
public struct MemoryMeter {
    private let interpreter: Interpreter
    private let what: String
    private var bytes = 0

    /// - Parameter what: how the error names the values, as in `the table of a.csv`.
    public init(_ interpreter: Interpreter, for what: String) {
        self.interpreter = interpreter
        self.what = what
    }

    /// Counts a value of a list or record, with the bytes of its own that it has elsewhere.
    public mutating func add(_ value: Value) throws {
        switch value {
        // A record has values of its own, and those of the library may hold much.
        case .object(let object):
            let isSmall = object.kind != .foreign && object.kind != .record && object.kind != .instance
            try add(bytes: isSmall ? 96 + (value.asString?.utf8.count ?? 0) : 1 << 11)
        default: try add(bytes: MemoryLayout<Value>.stride)
        }
    }

    public mutating func add(bytes more: Int) throws {
        bytes += more
        guard bytes >= 1 << 20 else { return }
        bytes = 0
        try interpreter.checkInterrupt()
        try interpreter.checkMemory(of: what)
    }
}
