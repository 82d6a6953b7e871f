// `streets`, the embedded data set: drawn driving scenes with exact masks. This file is what the rest of seg sees;
// the town is laid out in StreetTown, a frame is drawn by StreetFrame and its extensions.

/// A drawn video of a camera driving through a town. Each `seed` is a town, an hour and a weather of its own; frame
/// `index` is where the camera is after about 0.65·`index` metres, so neighbouring frames are nearly the same picture.
/// Every frame is drawn from the seed and its index alone: in any order, on any machine, the same bytes.
public struct StreetScene: Sendable {
    public let seed: UInt64
    /// Pixels; at least 1. The view is the same whatever the size: other proportions than 3:4 stretch it.
    public let height: Int
    public let width: Int

    public init(seed: UInt64, height: Int, width: Int) {
        self.seed = seed
        self.height = max(1, height)
        self.width = max(1, width)
    }

    /// RGB bytes, row-major [height][width][3], and class indices [height][width] (`StreetClass`).
    public func frame(_ index: Int) -> (rgb: [UInt8], mask: [UInt8]) {
        let count = height * width
        var mask: [UInt8] = []
        let rgb = [UInt8](unsafeUninitializedCapacity: 3 * count) { rgb, written in
            mask = [UInt8](unsafeUninitializedCapacity: count) { mask, masked in
                if let rgb = rgb.baseAddress, let mask = mask.baseAddress {
                    render(index, rgb: rgb, mask: mask)
                    written = 3 * count
                    masked = count
                }
            }
        }
        return (rgb, mask)
    }

    /// Draws frame `index` into room for [height][width][3] and [height][width] bytes.
    public func render(_ index: Int, rgb: UnsafeMutablePointer<UInt8>, mask: UnsafeMutablePointer<UInt8>) {
        // After 2¹⁸ frames (170 km) the drive begins anew, so that positions keep their precision.
        let frame = StreetFrame(seed: seed, index: index & 0x3FFFF, height: height, width: width, mask: mask)
        frame.draw()
        frame.canvas.develop(
            into: rgb, grain: frame.light.grain,
            salt: UInt32(truncatingIfNeeded: StreetNoise.mix(seed &+ UInt64(index & 0x3FFFF))))
    }
}
