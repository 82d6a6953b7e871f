// The digest of an operation, derived from its stored attributes: the compiler writes `encode(to:)` for every
// operation, and the encoder here passes the encoded values to a digest. An attribute whose type cannot be
// encoded does not compile, so no attribute can be forgotten.

import Synchronization

extension Operation {
    /// The digest of the type and all stored attributes; numbers by their bits. Stable across runs and
    /// machines.
    func digest() throws -> Digest {
        let sum = AttributeSum()
        try encode(to: AttributeEncoder(sum: sum, path: TypeDigest.of(Self.self)))
        return sum.digest
    }
}

/// Digests of the names of types, cached: producing a type's name takes a microsecond.
private enum TypeDigest {
    private static let known = Mutex<[ObjectIdentifier: Digest]>([:])

    static func of(_ type: Any.Type) -> Digest {
        known.withLock { known in
            if let digest = known[ObjectIdentifier(type)] { return digest }
            let digest = Digest(String(reflecting: type))
            known[ObjectIdentifier(type)] = digest
            return digest
        }
    }
}

/// The sum of the digests of all (path, value) pairs. A sum does not depend on the order of the pairs, and a
/// dictionary's keys have no order.
private final class AttributeSum {
    private(set) var digest = Digest(high: 0, low: 0)

    func add(_ path: Digest, _ value: (inout DigestBuilder) -> Void) {
        var builder = DigestBuilder()
        builder.add(path)
        value(&builder)
        let pair = builder.finish()
        digest.high &+= pair.high
        digest.low &+= pair.low
    }
}

/// An encoder for one part of an operation: `path` is the digest of the names that lead to it.
private struct AttributeEncoder: Encoder {
    let sum: AttributeSum
    let path: Digest

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func place(_ name: String) -> AttributeEncoder {
        var builder = DigestBuilder()
        builder.add(path)
        builder.add(name)
        return AttributeEncoder(sum: sum, path: builder.finish())
    }

    func place(_ index: Int) -> AttributeEncoder {
        var builder = DigestBuilder()
        builder.add(path)
        builder.add(index)
        return AttributeEncoder(sum: sum, path: builder.finish())
    }

    /// An empty group counts too: a case without values, a list without elements.
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        sum.add(path) { $0.add("attributes") }
        return KeyedEncodingContainer(KeyedAttributes<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        sum.add(path) { $0.add("list") }
        return ListedAttributes(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleAttribute(encoder: self) }
}

/// A single value at the encoder's own path.
private struct SingleAttribute: SingleValueEncodingContainer {
    let encoder: AttributeEncoder

    var codingPath: [any CodingKey] { [] }

    private func add(_ value: (inout DigestBuilder) -> Void) { encoder.sum.add(encoder.path, value) }

    func encodeNil() { add { $0.add("nil") } }
    func encode(_ value: Bool) { add { $0.add(value) } }
    func encode(_ value: String) { add { $0.add(value) } }
    func encode(_ value: Double) { add { $0.add(value) } }
    func encode(_ value: Float) { add { $0.add(UInt64(value.bitPattern)) } }
    func encode(_ value: Int) { add { $0.add(value) } }
    func encode(_ value: Int8) { encode(Int(value)) }
    func encode(_ value: Int16) { encode(Int(value)) }
    func encode(_ value: Int32) { encode(Int(value)) }
    func encode(_ value: Int64) { encode(Int(value)) }
    func encode(_ value: UInt) { encode(UInt64(value)) }
    func encode(_ value: UInt8) { encode(UInt64(value)) }
    func encode(_ value: UInt16) { encode(UInt64(value)) }
    func encode(_ value: UInt32) { encode(UInt64(value)) }
    func encode(_ value: UInt64) { add { $0.add(value) } }
    func encode<T: Encodable>(_ value: T) throws { try value.encode(to: encoder) }
}

/// Values by name: the attributes of a struct, the case of an enumeration, the entries of a dictionary.
private struct KeyedAttributes<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: AttributeEncoder

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {
        SingleAttribute(encoder: encoder.place(key.stringValue)).encodeNil()
    }
    /// Most attributes are whole numbers: not by way of the number's own `encode(to:)`.
    func encode(_ value: Int, forKey key: Key) {
        SingleAttribute(encoder: encoder.place(key.stringValue)).encode(value)
    }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try value.encode(to: encoder.place(key.stringValue))
    }
    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key)
        -> KeyedEncodingContainer<Inner>
    {
        encoder.place(key.stringValue).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.place(key.stringValue).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoder.place("super") }
    func superEncoder(forKey key: Key) -> any Encoder { encoder.place(key.stringValue) }
}

/// Values by position.
private struct ListedAttributes: UnkeyedEncodingContainer {
    let encoder: AttributeEncoder
    private(set) var count = 0

    var codingPath: [any CodingKey] { [] }

    private mutating func next() -> AttributeEncoder {
        defer { count += 1 }
        return encoder.place(count)
    }

    mutating func encodeNil() { SingleAttribute(encoder: next()).encodeNil() }
    mutating func encode(_ value: Int) { SingleAttribute(encoder: next()).encode(value) }
    mutating func encode<T: Encodable>(_ value: T) throws { try value.encode(to: next()) }
    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner>
    {
        next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { next() }
}
