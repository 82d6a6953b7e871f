// Tensors of random numbers, and dropout. The numbers depend only on the key and the position.

@preconcurrency import Glibc

extension Tensor {
    /// Uniform random numbers in 0..<1.
    public static func rand(_ shape: [Int], key: RandomKey, dtype: DType = .float32) throws -> Tensor {
        try make(RandomOperation(name: "rand", kind: .uniform, shape: shape, dtype: dtype, key: key), [])
    }

    /// Normally distributed numbers of mean 0 and variance 1.
    public static func randn(_ shape: [Int], key: RandomKey, dtype: DType = .float32) throws -> Tensor {
        try make(RandomOperation(name: "randn", kind: .normal, shape: shape, dtype: dtype, key: key), [])
    }

    /// Whole numbers from `low` up to, but not including, `high`.
    public static func randint(low: Int = 0, high: Int, shape: [Int], key: RandomKey, dtype: DType = .int64)
        throws -> Tensor
    {
        guard low < high else {
            throw TensorError(
                .value, "randint: there is no whole number from \(low) up to, but not including, \(high)")
        }
        try dtype.check(holds: Double(low), in: "randint")
        try dtype.check(holds: Double(high - 1), in: "randint")
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
            throw TensorError(.value, "dropout: the probability is \(text(of: p)), it must be in 0...1")
        }
        guard x.dtype.isFloating else {
            throw TensorError(.type, "dropout needs floats, got \(x.dtype.rawValue)")
        }
        return p == 0 ? x : try make(DropoutOperation(p: p, key: key, first: first(x)), [x])
    }

    /// The elements before those of `x` in the batch of which it is a part.
    private static func first(_ x: Tensor) -> Int {
        guard x.rank > 0, let share = EvaluationContext.current.share, share.covers(x.shape[0]) else {
            return 0
        }
        return x.count / x.shape[0] * share.first
    }
}

struct RandomOperation: Operation {
    enum Kind: Sendable, Encodable {
        case uniform, normal, permutation
        case integer(low: Int, high: Int)
    }

    /// The name of the function that was called.
    let name: String
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
        func run<T: Element>(_ type: T.Type) throws {
            let p = out.elements(T.self)
            switch kind {
            case .permutation: try permute(p, out.count, context)
            default: Elementwise.blocks(out.count) { start, n in fill(p, start, n) }
            }
        }
        try dtype.withElement { try run($0) }
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
                // 64 bits per number, so that the bias of the remainder is negligible.
                for k in 0..<min(4, start + n - i) {
                    let more = Philox.block(key.seed, key.stream, UInt64(i + k), 3)
                    let word = UInt64(more.0) << 32 | UInt64(more.1)
                    let offset = word % UInt64(bitPattern: Int64(high &- low))
                    p[i + k] = T(converting: Double(low &+ Int(truncatingIfNeeded: offset)))
                }
            case .normal:
                // Pairs by the Box-Muller method.
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

    /// The Fisher-Yates shuffle.
    private func permute<T: Element>(
        _ p: UnsafeMutablePointer<T>, _ count: Int, _ context: EvaluationContext
    ) throws {
        try Parallel.pieces(count) { part in for i in part { p[i] = T(converting: Double(i)) } }
        for i in stride(from: count - 1, to: 0, by: -1) {
            if i & 0xffff == 0 { try context.checkInterrupt() }
            let j = min(Int(key.uniform(UInt64(i)) * Double(i + 1)), i)
            let kept = p[i]
            p[i] = p[j]
            p[j] = kept
        }
    }
}

/// Sets elements to 0 by a key; the same mask serves its gradient.
struct DropoutOperation: Operation {
    var name: String { "dropout" }
    let p: Double
    let key: RandomKey
    /// The place of the first element in the batch of which the input is a part.
    var first = 0

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        // The same order in memory for value and gradient, otherwise the masks would differ.
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
                    let words = Philox.block(key.seed, key.stream, UInt64((first + i) / 4), 4)
                    // All four, but where the elements of an earlier part end within them.
                    let skipped = (first + i) % 4
                    let count = min(4 - skipped, start + n - i)
                    withUnsafeBytes(of: words) { bytes in
                        let four = bytes.bindMemory(to: UInt32.self)
                        for k in 0..<count {
                            let kept = UInt64(four[skipped + k]) >= limit
                            to[i + k] = kept ? T(converting: from[i + k].number * factor) : T(converting: 0)
                        }
                    }
                    i += count
                }
            }
        }
        x.dtype.withElement { run($0) }
        return out
    }

    func gradient(_ g: Backward) throws -> [Tensor?] { [try Tensor.make(self, [g.upstream])] }
}
