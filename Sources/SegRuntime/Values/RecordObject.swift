// Ordered names to values, mutable, shared by reference. Small records are searched in
// order; larger ones keep a table of positions.

public final class RecordObject: Object {
    @exclusivity(unchecked) public private(set) var names: [String] = []
    @exclusivity(unchecked) public private(set) var values: [Value] = []
    @exclusivity(unchecked) private var positions = NamePositions()
    private static let indexedFrom = 9

    public init() { super.init(kind: .record) }

    public init(_ entries: [(String, Value)]) {
        super.init(kind: .record)
        for (name, value) in entries { set(name, value) }
    }

    /// A record of names that all differ.
    init(distinctNames names: [String], values: [Value]) {
        self.names = names
        self.values = values
        super.init(kind: .record)
        if names.count >= Self.indexedFrom { positions = NamePositions(names) }
    }

    /// A record with the names of another, whose table of positions it shares.
    public init(like other: RecordObject, values: [Value]) {
        names = other.names
        positions = other.positions
        self.values = values
        super.init(kind: .record)
    }

    public var count: Int { names.count }

    /// What one more name takes at most where the tables of a long record are full.
    var bytesOfNextEntry: Int {
        guard names.count >= 1 << 12 else { return 0 }
        let lists = MemoryLayout<String>.stride + MemoryLayout<Value>.stride
        return (names.count == names.capacity ? 2 * names.count * lists : 0) + positions.bytesOfNextEntry
    }

    public func position(of name: String) -> Int? {
        if names.count < Self.indexedFrom { return names.firstIndex(of: name) }
        return positions[name]
    }

    /// The value of a name; setting nil removes the entry, which keeps the order of the others.
    public subscript(name: String) -> Value? {
        get { position(of: name).map { values[$0] } }
        set {
            if let newValue { ReferenceCycles.note(self, holds: newValue) }
            set(name, newValue)
        }
    }

    private func set(_ name: String, _ newValue: Value?) {
        let place = position(of: name)
        switch (place, newValue) {
        case (let place?, let value?): values[place] = value
        case (nil, let value?):
            names.append(name)
            values.append(value)
            if names.count == Self.indexedFrom {
                positions = NamePositions(names)
            } else if names.count > Self.indexedFrom {
                positions.insert(name, names.count - 1)
            }
        case (let place?, nil):
            names.remove(at: place)
            values.remove(at: place)
            positions = names.count < Self.indexedFrom ? NamePositions() : NamePositions(names)
        case (nil, nil): break
        }
    }

    /// Gives the record the entries that it had before.
    public func restore(names: [String], values: [Value]) {
        if names != self.names {
            self.names = names
            positions = names.count < Self.indexedFrom ? NamePositions() : NamePositions(names)
        }
        self.values = values
    }

    deinit {
        if values.isReleasedDeep {
            var pending = values
            values = []
            releaseDeep(&pending)
        }
    }

    /// Empties the record; for releasing deep structures with an explicit stack.
    func takeValues() -> [Value] {
        let taken = values
        values = []
        names = []
        positions = NamePositions()
        return taken
    }

    public func value(at place: Int) -> Value { values[place] }
    public func setValue(_ value: Value, at place: Int) {
        ReferenceCycles.note(self, holds: value)
        values[place] = value
    }
}

/// A table of the positions of names. A large one is in parts, as one table would be made anew at twice its size.
private struct NamePositions {
    private var table: [String: Int] = [:]
    private var parts: PartedDictionary<String, Int>?
    private static let largest = 1 << 16

    init() {}

    /// Of names that occur twice the first counts.
    init(_ names: [String]) {
        if names.count > Self.largest {
            var parts = PartedDictionary<String, Int>()
            for (place, name) in names.enumerated().reversed() { parts.insert(name, place) }
            self.parts = parts
        } else {
            table = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        }
    }

    subscript(name: String) -> Int? { parts == nil ? table[name] : parts?[name] }

    mutating func insert(_ name: String, _ place: Int) {
        if parts == nil, table.count >= Self.largest {
            var parts = PartedDictionary<String, Int>()
            for (name, place) in table { parts.insert(name, place) }
            self.parts = parts
            table = [:]
        }
        if parts == nil { table[name] = place } else { parts?.insert(name, place) }
    }

    /// What one more name takes: that of a part is counted when all parts have doubled together.
    var bytesOfNextEntry: Int {
        let entry = 2 * MemoryLayout<(String, Int)>.stride
        if let parts { return parts.count.nonzeroBitCount == 1 ? 2 * parts.count * entry : 0 }
        return table.count == table.capacity ? 2 * table.count * entry : 0
    }
}
