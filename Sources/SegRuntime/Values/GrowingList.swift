/// A list that is being made and whose length is not known before: within the memory budget, and until Ctrl-C. It
/// grows in pieces, as an array that grows copies at once all that it has.
public final class GrowingList {
    private static let pieceLength = LateRelease.from + 1

    private let interpreter: Interpreter
    private let what: String
    // A loop that appends would hold its access while it calls a script, and deep recursion through such loops would take
    // quadratic time.
    @exclusivity(unchecked) private var meter: MemoryMeter
    @exclusivity(unchecked) private var full: [[Value]] = []
    @exclusivity(unchecked) private var last: [Value] = []

    /// - Parameter what: how the error names the list, as in `the table of a.csv`.
    public init(_ interpreter: Interpreter, for what: String) {
        self.interpreter = interpreter
        self.what = what
        meter = MemoryMeter(interpreter, for: what)
    }

    deinit {
        for place in full.indices { LateRelease.release(unfinished: &full[place]) }
        LateRelease.release(unfinished: &last)
    }

    public var count: Int { full.count * Self.pieceLength + last.count }

    /// - Parameter isCounted: whether somebody else has asked the budget for the value.
    public func append(_ value: Value, isCounted: Bool = false) throws {
        if !isCounted { try meter.add(value) }
        if last.count == Self.pieceLength {
            full.append(last)
            last = []
            last.reserveCapacity(Self.pieceLength)
        }
        last.append(value)
    }

    /// All elements; the list is empty afterwards.
    public func take() throws -> [Value] {
        guard !full.isEmpty else {
            defer { last = [] }
            return last
        }
        try interpreter.reserve(elements: count, for: what)
        var items: [Value] = []
        items.reserveCapacity(count)
        do {
            for place in full.indices {
                try interpreter.checkInterrupt()
                items += full[place]
                full[place] = []
            }
        } catch {
            LateRelease.release(unfinished: &items)
            throw error
        }
        items += last
        (full, last) = ([], [])
        return items
    }
}
