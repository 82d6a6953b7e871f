// A dictionary for the objects of very large structures.

/// A dictionary in parts: as each grows by itself, no insertion takes long, and an interrupt takes effect soon.
struct PartedDictionary<Key: Hashable, Value> {
    private var parts: [[Key: Value]] = []
    var count: Int { parts.reduce(0) { $0 + $1.count } }

    subscript(key: Key) -> Value? {
        parts.isEmpty ? nil : parts[Self.part(of: key)][key]
    }

    /// - Returns: whether the key is new.
    @discardableResult
    mutating func insert(_ key: Key, _ value: Value) -> Bool {
        if parts.isEmpty { parts = [[Key: Value]](repeating: [:], count: 32) }
        return parts[Self.part(of: key)].updateValue(value, forKey: key) == nil
    }

    private static func part(of key: Key) -> Int { key.hashValue & 31 }
}
