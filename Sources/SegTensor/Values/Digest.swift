// A 128-bit content hash, stable over runs and machines: the keys of the feature cache. Not a defence
// against an adversary.

/// 128 bits that identify some content.
public struct Digest: Hashable, Sendable, Encodable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The digest of some bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        var builder = DigestBuilder()
        builder.add(bytes)
        self = builder.finish()
    }

    /// The digest of a text.
    public init(_ text: String) {
        var builder = DigestBuilder()
        builder.add(text)
        self = builder.finish()
    }

    public var description: String {
        let digits = [high, low].map { part in
            let text = String(part, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return digits.joined()
    }
}

/// Adds content to a digest. The mixing is that of MurmurHash3 (x64, 128 bit; Appleby, public domain).
public struct DigestBuilder: Sendable {
    private var a: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var b: UInt64 = 0xD1B5_4A32_D192_ED03
    private var length: UInt64 = 0

    public init() {}

    private static let c1: UInt64 = 0x87C3_7B91_1142_53D5
    private static let c2: UInt64 = 0x4CF5_AD43_2745_937F

    @inline(__always) private mutating func mix(_ x: UInt64, _ y: UInt64) {
        let k1 = Self.rotate(x &* Self.c1, 31) &* Self.c2
        a = (Self.rotate(a ^ k1, 27) &+ b) &* 5 &+ 0x52DC_E729
        let k2 = Self.rotate(y &* Self.c2, 33) &* Self.c1
        b = (Self.rotate(b ^ k2, 31) &+ a) &* 5 &+ 0x3849_5AB5
    }

    @inline(__always) private static func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 {
        (x &<< by) | (x &>> (64 &- by))
    }

    private static func finalized(_ x: UInt64) -> UInt64 {
        var k = x
        k = (k ^ (k >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        k = (k ^ (k >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return k ^ (k >> 33)
    }

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let pairs = bytes.count / 16
        for pair in 0..<pairs {
            mix(
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: pair * 16, as: UInt64.self)),
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: pair * 16 + 8, as: UInt64.self)))
        }
        if pairs * 16 < bytes.count {
            var tail: (UInt64, UInt64) = (0, 0)
            for (shift, index) in (pairs * 16..<bytes.count).enumerated() {
                let byte = UInt64(bytes[index])
                if shift < 8 {
                    tail.0 |= byte << UInt64(shift * 8)
                } else {
                    tail.1 |= byte << UInt64(shift * 8 - 64)
                }
            }
            mix(tail.0, tail.1)
        }
        add(bytes.count)
    }

    public mutating func add(_ value: UInt64) {
        mix(value, 0x9E37_79B9_7F4A_7C15)
        length &+= 1
    }
    public mutating func add(_ value: Int) { add(UInt64(bitPattern: Int64(value))) }
    public mutating func add(_ value: Bool) { add(value ? 1 : 0) }
    public mutating func add(_ value: Double) { add(value.bitPattern) }
    public mutating func add(_ digest: Digest) { mix(digest.high, digest.low) }
    public mutating func add(_ list: [Int]) {
        add(list.count)
        for value in list { add(value) }
    }
    public mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    public func finish() -> Digest {
        var x = a ^ length
        var y = b ^ length
        x = x &+ y
        y = y &+ x
        x = Self.finalized(x)
        y = Self.finalized(y)
        x = x &+ y
        return Digest(high: x, low: y &+ x)
    }
}
