// Counter-based random numbers: number i of a key is a function of key and i alone (Philox4x32-10; Salmon et
// al., "Parallel random numbers: as easy as 1, 2, 3", 2011), so that recomputing a batch gives the same
// batch.

import Synchronization

/// A node in the tree of random streams; it has any number of numbers and sub-keys.
public struct RandomKey: Hashable, Sendable, Encodable {
    public var seed: UInt64
    public var stream: UInt64

    public init(seed: UInt64, stream: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
    }

    /// Sub-key number `n`.
    public func next(_ n: UInt64) -> RandomKey {
        let a = Philox.block(seed, stream, n, 1)
        return RandomKey(seed: UInt64(a.0) << 32 | UInt64(a.1), stream: UInt64(a.2) << 32 | UInt64(a.3))
    }

    /// Number `n` of this key, uniform in 0..<1, computed outside the graph.
    public func uniform(_ n: UInt64) -> Double {
        let a = Philox.block(seed, stream, n, 2)
        return Double((UInt64(a.0) << 32 | UInt64(a.1)) >> 11) * 0x1p-53
    }
}

/// An interpreter's random state: returns keys in sequence.
public final class RandomStream: Sendable {
    private let position: Mutex<(key: RandomKey, count: UInt64)>

    public init(seed: UInt64) { position = Mutex((RandomKey(seed: seed), 0)) }

    /// The next key.
    public func next() -> RandomKey {
        position.withLock { state in
            defer { state.count += 1 }
            return state.key.next(state.count)
        }
    }

    /// The position in the stream; set it to return to that position.
    public var state: (key: RandomKey, count: UInt64) {
        get { position.withLock { $0 } }
        set { position.withLock { $0 = newValue } }
    }
}

enum Philox {
    /// Four words for a key and a counter.
    @inline(__always)
    static func block(_ seed: UInt64, _ stream: UInt64, _ n: UInt64, _ kind: UInt32) -> (
        UInt32, UInt32, UInt32, UInt32
    ) {
        var c0 = UInt32(truncatingIfNeeded: n)
        var c1 = UInt32(truncatingIfNeeded: n >> 32)
        var c2 = UInt32(truncatingIfNeeded: stream) ^ (kind &* 0x9E37_79B9)
        var c3 = UInt32(truncatingIfNeeded: stream >> 32)
        var k0 = UInt32(truncatingIfNeeded: seed)
        var k1 = UInt32(truncatingIfNeeded: seed >> 32)
        for _ in 0..<10 {
            let p0 = UInt64(c0) &* 0xD251_1F53
            let p1 = UInt64(c2) &* 0xCD9E_8D57
            let (hi0, lo0) = (UInt32(truncatingIfNeeded: p0 >> 32), UInt32(truncatingIfNeeded: p0))
            let (hi1, lo1) = (UInt32(truncatingIfNeeded: p1 >> 32), UInt32(truncatingIfNeeded: p1))
            (c0, c1, c2, c3) = (hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0)
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}
