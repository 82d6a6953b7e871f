// `streets`, the built-in data set: drawn driving scenes with exact masks. This file is its interface to the
// rest of seg; StreetTown lays out the town, StreetFrame and its extensions draw a frame.

/// A drawn video of a camera that drives through a town. Each `seed` gives a different town, time of day and
/// weather. At frame `index` the camera has driven about 0.65·`index` metres, so neighbouring frames are
/// nearly the same picture. A frame depends only on the seed and its index: in any order, on any machine,
/// it has the same bytes.
public struct StreetScene: Sendable {
    public let seed: UInt64
    /// Pixels; at least 1. The view is the same for every size: proportions other than 3:4 stretch it.
    public let height: Int
    public let width: Int

    public init(seed: UInt64, height: Int, width: Int) {
        self.seed = seed
        self.height = max(1, height)
        self.width = max(1, width)
    }

    /// RGB bytes, row-major [height][width][3], and class indices [height][width] (`StreetClass`); nil if `interrupted`,
    /// which is asked at intervals, ended the drawing.
    public func frame(
        _ index: Int, interrupted: @escaping () -> Bool = { false }
    ) -> (rgb: [UInt8], mask: [UInt8])? {
        let count = height * width
        var mask: [UInt8] = []
        var isWhole = false
        let rgb = [UInt8](unsafeUninitializedCapacity: 3 * count) { rgb, written in
            mask = [UInt8](unsafeUninitializedCapacity: count) { mask, masked in
                guard let rgb = rgb.baseAddress, let mask = mask.baseAddress else { return }
                isWhole = render(
                    index, rgb: rgb,
                    on: StreetCanvas(height: height, width: width, mask: mask, interrupted: interrupted))
                written = isWhole ? 3 * count : 0
                masked = isWhole ? count : 0
            }
        }
        return isWhole ? (rgb, mask) : nil
    }

    /// Draws frame `index` on a canvas, and into memory for [height][width][3] bytes; false if that was ended early.
    private func render(_ index: Int, rgb: UnsafeMutablePointer<UInt8>, on canvas: StreetCanvas) -> Bool {
        // After 2¹⁸ frames (170 km) the drive starts again, so that positions keep their precision.
        let frame = StreetFrame(seed: seed, index: index & 0x3FFFF, canvas: canvas)
        frame.draw()
        canvas.develop(
            into: rgb, grain: frame.light.grain,
            salt: UInt32(truncatingIfNeeded: StreetNoise.mix(seed &+ UInt64(index & 0x3FFFF))))
        return !canvas.isEnded
    }
}
