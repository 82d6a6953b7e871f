// Random numbers by counter: number i of a key is a function of key and i alone (Philox4x32-10; Salmon et
// al., "Parallel random numbers: as easy as 1, 2, 3", 2011), so that redoing a batch gives the same batch.

@preconcurrency import Glibc
import Synchronization

/// A place in the tree of random streams; from it hang as many numbers and sub-keys as one likes.
public struct RandomKey: Hashable, Sendable {
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

    /// Number `n` of this key, evenly from 0 up to 1, on the caller's side of the graph.
    public func uniform(_ n: UInt64) -> Double {
        let a = Philox.block(seed, stream, n, 2)
        return Double((UInt64(a.0) << 32 | UInt64(a.1)) >> 11) * 0x1p-53
    }
}

/// An interpreter's random state: hands out keys one after the other.
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

    /// Where the stream stands; set it to go back there.
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

extension Tensor {
    /// Numbers evenly from 0 up to 1.
    public static func rand(_ shape: [Int], key: RandomKey, dtype: DType = .float32) throws -> Tensor {
        try make(RandomOperation(name: "rand", kind: .uniform, shape: shape, dtype: dtype, key: key), [])
    }

    /// Numbers of mean 0 and variance 1, normally distributed.
    public static func randn(_ shape: [Int], key: RandomKey, dtype: DType = .float32) throws -> Tensor {
        try make(RandomOperation(name: "randn", kind: .normal, shape: shape, dtype: dtype, key: key), [])
    }

    /// Whole numbers from `low` up to, but without, `high`.
    public static func randint(low: Int = 0, high: Int, shape: [Int], key: RandomKey, dtype: DType = .int64)
        throws -> Tensor
    {
        guard low < high else {
            throw TensorError(
                .value, "randint: there is no whole number from \(low) up to, but without, \(high)")
        }
        return try make(
            RandomOperation(
                name: "randint", kind: .integer(low: low, high: high), shape: shape, dtype: dtype, key: key),
            [])
    }

    /// The numbers 0 ..< n in random order; int64.
    public static func permutation(_ n: Int, key: RandomKey) throws -> Tensor {
        try make(
            RandomOperation(name: "permutation", kind: .permutation, shape: [n], dtype: .int64, key: key), [])
    }

    /// `x` with each element set to 0 with probability `p` and the others divided by 1 - p.
    public static func dropout(_ x: Tensor, p: Double, key: RandomKey) throws -> Tensor {
        guard p >= 0, p <= 1 else {
            throw TensorError(.value, "dropout: the probability is \(text(of: p)), it must lie in 0...1")
        }
        guard x.dtype.isFloating else {
            throw TensorError(.type, "dropout needs floats, here is \(x.dtype.rawValue)")
        }
        return p == 0 ? x : try make(DropoutOperation(p: p, key: key), [x])
    }
}

struct RandomOperation: Operation {
    enum Kind: Sendable {
        case uniform, normal, permutation
        case integer(low: Int, high: Int)
    }

    /// That of the function that was called.
    var name = "random"
    let kind: Kind
    let shape: [Int]
    let dtype: DType
    let key: RandomKey

    func infer(_ inputs: [Signature]) throws -> Signature {
        if !dtype.isFloating {
            switch kind {
            case .uniform, .normal:
                throw TensorError(
                    .type,
                    "random numbers of \(dtype.rawValue): rand and randn give floats; randint gives whole numbers"
                )
            default: break
            }
        }
        return Signature(shape, dtype)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let out = try TensorData(shape: shape, dtype: dtype, for: name)
        func run<T: Element>(_ type: T.Type) {
            let p = out.elements(T.self)
            switch kind {
            case .permutation: permute(p, out.count)
            default: Elementwise.blocks(out.count) { start, n in fill(p, start, n) }
            }
        }
        dtype.withElement { run($0) }
        return out
    }

    /// Elements start ..< start + n; start is a multiple of four.
    private func fill<T: Element>(_ p: UnsafeMutablePointer<T>, _ start: Int, _ n: Int) {
        let scale = dtype == .float32 ? 0x1p-24 : 0x1p-32
        var i = start
        while i < start + n {
            let words = Philox.block(key.seed, key.stream, UInt64(i / 4), 0)
            let four = [words.0, words.1, words.2, words.3]
            switch kind {
            case .uniform, .permutation:
                for k in 0..<min(4, start + n - i) {
                    p[i + k] = T(converting: Double(dtype == .float32 ? four[k] >> 8 : four[k]) * scale)
                }
            case .integer(let low, let high):
                // 64 bits a number, so that the remainder's bias stays below what anyone can see.
                for k in 0..<min(4, start + n - i) {
                    let more = Philox.block(key.seed, key.stream, UInt64(i + k), 3)
                    let word = UInt64(more.0) << 32 | UInt64(more.1)
                    let offset = word % UInt64(bitPattern: Int64(high &- low))
                    p[i + k] = T(converting: Double(low &+ Int(truncatingIfNeeded: offset)))
                }
            case .normal:
                // Box and Muller's pairs.
                for pair in 0..<2 {
                    let u = (Double(four[pair * 2]) + 1) * 0x1p-32
                    let angle = Double(four[pair * 2 + 1]) * 0x1p-32 * 2 * Double.pi
                    let radius = sqrt(-2 * log(u))
                    if i + pair * 2 < start + n { p[i + pair * 2] = T(converting: radius * cos(angle)) }
                    if i + pair * 2 + 1 < start + n {
                        p[i + pair * 2 + 1] = T(converting: radius * sin(angle))
                    }
                }
            }
            i += 4
        }
    }

    /// Fisher and Yates's shuffle.
    private func permute<T: Element>(_ p: UnsafeMutablePointer<T>, _ count: Int) {
        for i in 0..<count { p[i] = T(converting: Double(i)) }
        for i in stride(from: count - 1, to: 0, by: -1) {
            let j = min(Int(key.uniform(UInt64(i)) * Double(i + 1)), i)
            let kept = p[i]
            p[i] = p[j]
            p[j] = kept
        }
    }

    func digest(_ builder: inout DigestBuilder) {
        builder.add(key.seed)
        builder.add(key.stream)
        switch kind {
        case .uniform: builder.add(0)
        case .normal: builder.add(1)
        case .permutation: builder.add(2)
        case .integer(let low, let high):
            builder.add(low)
            builder.add(high)
        }
    }
}

/// Sets elements to 0 by a key; the same mask serves its gradient.
struct DropoutOperation: Operation {
    let name = "dropout"
    let p: Double
    let key: RandomKey

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        // One order in memory for value and gradient, or the masks would differ.
        let isFree =
            (inputs[0].layout == .channelsLast || inputs[0].shape.count != 4) && inputs.isFree(0, for: result)
        let x = inputs[0].shape.count == 4 ? try inputs[0].channelsLast() : inputs[0]
        let out = isFree ? x : try TensorData(shape: x.shape, dtype: x.dtype, layout: x.layout, for: name)
        let limit = UInt64(p * 0x1p32)
        func run<T: Element>(_ type: T.Type) {
            let factor = p < 1 ? 1 / (1 - p) : 0
            let (from, to) = (x.elements(T.self), out.elements(T.self))
            Elementwise.blocks(x.count) { start, n in
                var i = start
                while i < start + n {
                    let words = Philox.block(key.seed, key.stream, UInt64(i / 4), 4)
                    withUnsafeBytes(of: words) { bytes in
                        let four = bytes.bindMemory(to: UInt32.self)
                        for k in 0..<min(4, start + n - i) {
                            let kept = UInt64(four[k]) >= limit
                            to[i + k] = kept ? T(converting: from[i + k].number * factor) : T(converting: 0)
                        }
                    }
                    i += 4
                }
            }
        }
        x.dtype.withElement { run($0) }
        return out
    }

    func digest(_ builder: inout DigestBuilder) {
        builder.add(p)
        builder.add(key.seed)
        builder.add(key.stream)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] { [try Tensor.make(self, [g.upstream])] }
}
