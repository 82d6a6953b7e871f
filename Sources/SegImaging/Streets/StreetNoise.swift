// Random numbers for the drawn streets: hashes and smooth noise from integers, additions and
// multiplications only, so that every machine draws the same street. The drawing uses no trigonometric
// functions of a library.

/// A repeatable stream of random numbers (SplitMix64), started from a seed and a purpose.
struct StreetDice {
    private var state: UInt64

    init(_ seed: UInt64, _ purpose: UInt64, _ index: Int = 0) {
        state = StreetNoise.mix(
            seed ^ StreetNoise.mix(purpose &+ StreetNoise.mix(UInt64(bitPattern: Int64(index)))))
    }

    mutating func next() -> UInt64 {
        state = state &+ 0x9E37_79B9_7F4A_7C15
        return StreetNoise.mix(state)
    }

    /// A number in 0..<1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// An integer in 0..<count.
    mutating func below(_ count: Int) -> Int { Int(next() >> 33) % max(1, count) }

    mutating func salt() -> UInt32 { UInt32(truncatingIfNeeded: next()) }

    /// One of the colours, slightly varied in lightness and hue.
    mutating func tint(_ choices: [Tint], vary: Double = 0.06) -> Tint {
        let chosen = choices.isEmpty ? Tint(repeating: 0.5) : choices[below(choices.count)]
        let light = Float(between(1 - 1.5 * vary, 1 + 1.5 * vary))
        let shift = Tint(
            Float(between(-vary, vary)), Float(between(-vary, vary)), Float(between(-vary, vary)), 0)
        return chosen * light + shift * 0.5
    }
}

/// A colour: red, green, blue from 0 to 1, the fourth number unused.
typealias Tint = SIMD4<Float>

/// A point or direction in metres: x to the right, y up, z forward.
typealias Point = SIMD3<Double>

enum StreetNoise {
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The largest integer not above `x`, for |x| < 2²¹; other inputs give an arbitrary number, never a trap.
    /// The sum with 1.5·2²³ has the integer in its low bits; this is faster than the C library's floor.
    @inline(__always)
    static func floor(_ x: Float) -> Int32 {
        Int32(bitPattern: (x - 0.5 + 12_582_912).bitPattern) &- 0x4B40_0000
    }

    @inline(__always)
    static func hash(_ x: Int32, _ y: Int32, _ salt: UInt32) -> UInt32 {
        var h = UInt32(bitPattern: x) &* 0x9E37_79B1 ^ UInt32(bitPattern: y) &* 0x85EB_CA77 ^ salt
        h = (h ^ (h >> 15)) &* 0x2C1B_3C6D
        h = (h ^ (h >> 12)) &* 0x297A_2D39
        return h ^ (h >> 15)
    }

    /// A number in 0..<1 for a cell of a grid.
    @inline(__always)
    static func cell(_ x: Int32, _ y: Int32, _ salt: UInt32) -> Float {
        Float(hash(x, y, salt) >> 8) * 0x1p-24
    }

    /// Smooth noise in 0...1 with one grid point per unit.
    @inline(__always)
    static func smooth(_ x: Float, _ y: Float, _ salt: UInt32) -> Float {
        let ix = floor(x)
        let iy = floor(y)
        let fx = x - Float(ix)
        let fy = y - Float(iy)
        let sx = fx * fx * (3 - 2 * fx)
        let sy = fy * fy * (3 - 2 * fy)
        let a = cell(ix, iy, salt)
        let b = cell(ix &+ 1, iy, salt)
        let c = cell(ix, iy &+ 1, salt)
        let d = cell(ix &+ 1, iy &+ 1, salt)
        let top = a + (b - a) * sx
        let bottom = c + (d - c) * sx
        return top + (bottom - top) * sy
    }

    /// Smooth noise in -1...1 along a line, with one knot per unit; its slope stays within 3.
    static func wander(_ x: Double, _ seed: UInt64, _ purpose: UInt64) -> Double {
        let knot = x.rounded(.down)
        let t = x - knot
        let key = mix(seed ^ mix(purpose))
        let index = Int64(max(-1e15, min(1e15, knot)))
        let a = Double(mix(key &+ UInt64(bitPattern: index) &* 0x9E37_79B9_7F4A_7C15) >> 11) * 0x1p-52 - 1
        let b = Double(mix(key &+ UInt64(bitPattern: index + 1) &* 0x9E37_79B9_7F4A_7C15) >> 11) * 0x1p-52 - 1
        return a + (b - a) * (t * t * (3 - 2 * t))
    }

    @inline(__always)
    static func clamp(_ x: Float) -> Float { x < 0 ? 0 : (x > 1 ? 1 : x) }

    @inline(__always)
    static func blend(_ a: Tint, _ b: Tint, _ t: Float) -> Tint { a + (b - a) * t }
}
