// The last pass over a drawn street, which simulates a camera: the packed colours become RGB bytes, with
// the softness of a lens, which also smooths the polygons' edges, and the grain of a sensor. The mask is
// not changed.

extension StreetCanvas {
    /// Writes [height][width][3] bytes. `grain` is the noise's amplitude in levels of 255.
    func develop(into rgb: UnsafeMutablePointer<UInt8>, grain: Int32, salt: UInt32) {
        // A small picture represents a large one scaled down, so it is less soft: weights 1-2-1 or 1-6-1.
        let middle: UInt32 = height >= 400 ? 2 : 6
        let shift: UInt32 = height >= 400 ? 4 : 6
        let sums = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * width)
        sums.initialize(repeating: 0, count: 2 * width)
        defer { sums.deallocate() }
        let evens = sums
        let odds = sums + width
        for y in 0..<height {
            if isEnded(after: width) { return }
            let here = colors + y * width
            let above = colors + max(0, y - 1) * width
            let below = colors + min(height - 1, y + 1) * width
            // Red and blue share one word, 16 bits each; green has the other.
            for x in 0..<width {
                let a = above[x]
                let b = here[x]
                let c = below[x]
                evens[x] = (a & 0xFF00FF) &+ middle &* (b & 0xFF00FF) &+ (c & 0xFF00FF)
                odds[x] = (a >> 8 & 0xFF) &+ middle &* (b >> 8 & 0xFF) &+ (c >> 8 & 0xFF)
            }
            var out = rgb + y * width * 3
            var noise = StreetNoise.hash(Int32(truncatingIfNeeded: y), 7, salt) | 1
            for x in 0..<width {
                let l = x == 0 ? 0 : x - 1
                let r = x + 1 == width ? x : x + 1
                let redBlue = evens[l] &+ middle &* evens[x] &+ evens[r]
                let green = odds[l] &+ middle &* odds[x] &+ odds[r]
                noise = noise &* 1_664_525 &+ 1_013_904_223
                // The mean of two random bytes: most grains are small.
                let common = Int32(noise >> 24) + Int32(noise >> 16 & 0xFF) - 255
                let lean = Int32(noise >> 8 & 0xFF) - 128
                let light = (common * grain) >> 8
                let color = (lean * grain) >> 9
                out[0] = Self.byte(Int32((redBlue & 0xFFFF) >> shift) + light + color)
                out[1] = Self.byte(Int32(green >> shift) + light)
                out[2] = Self.byte(Int32(redBlue >> (16 + shift)) + light - color)
                out += 3
            }
        }
    }

    @inline(__always)
    private static func byte(_ value: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 0 ? 0 : (value > 255 ? 255 : value))
    }
}
