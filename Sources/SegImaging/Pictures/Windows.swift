// Windows on pictures and masks: crops, shifts and borders are all a window that may reach beyond the picture.
// What is outside is black, and void in the mask.

import SegTensor

/// A rectangle in the coordinates of a picture.
public struct PictureWindow: Sendable, Hashable {
    public var top: Int
    public var left: Int
    public var height: Int
    public var width: Int
}

/// Copies the part of a window that is inside of a picture of `pixel` bytes per pixel.
private func copy(
    _ window: PictureWindow, of source: [UInt8], _ width: Int, _ height: Int, pixel: Int, fill: UInt8,
    into target: UnsafeMutablePointer<UInt8>
) {
    target.update(repeating: fill, count: window.width * window.height * pixel)
    let columns = max(window.left, 0)..<max(min(window.left + window.width, width), max(window.left, 0))
    guard !columns.isEmpty else { return }
    source.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        for y in 0..<window.height where (0..<height).contains(window.top + y) {
            (target + (y * window.width + columns.lowerBound - window.left) * pixel).update(
                from: base + ((window.top + y) * width + columns.lowerBound) * pixel,
                count: columns.count * pixel)
        }
    }
}

extension RGBImage {
    /// What a window shows; black outside of the picture.
    func window(_ window: PictureWindow) throws -> RGBImage {
        _ = try PictureSize.pixels(window.width, window.height)
        return RGBImage(width: window.width, height: window.height) {
            copy(window, of: bytes, width, height, pixel: 3, fill: 0, into: $0)
        }
    }

    /// The picture with a black hole.
    func withHole(_ hole: PictureWindow) -> RGBImage {
        RGBImage(width: width, height: height) { fill(hole, in: bytes, width, height, 3, 0, $0) }
    }
}

extension MaskImage {
    /// What a window shows; void outside of the mask.
    func window(_ window: PictureWindow) throws -> MaskImage {
        _ = try PictureSize.pixels(window.width, window.height)
        return MaskImage(width: window.width, height: window.height) {
            copy(window, of: bytes, width, height, pixel: 1, fill: MaskImage.ignored, into: $0)
        }
    }

    /// The mask with a void hole.
    func withHole(_ hole: PictureWindow) -> MaskImage {
        MaskImage(width: width, height: height) {
            fill(hole, in: bytes, width, height, 1, MaskImage.ignored, $0)
        }
    }
}

private func fill(
    _ hole: PictureWindow, in source: [UInt8], _ width: Int, _ height: Int, _ pixel: Int, _ value: UInt8,
    _ target: UnsafeMutablePointer<UInt8>
) {
    source.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { target.update(from: base, count: source.count) }
    }
    for y in max(hole.top, 0)..<max(min(hole.top + hole.height, height), max(hole.top, 0)) {
        let columns = max(hole.left, 0)..<max(min(hole.left + hole.width, width), max(hole.left, 0))
        (target + (y * width + columns.lowerBound) * pixel).update(
            repeating: value, count: columns.count * pixel)
    }
}

extension Frame {
    /// The frame seen through a window.
    func window(_ window: PictureWindow) -> Frame {
        if window == PictureWindow(top: 0, left: 0, height: height, width: width) { return self }
        return changed(
            "window", [window.top, window.left, window.height, window.width].map { Double($0) },
            height: window.height, width: window.width, image: { try $0.window(window) },
            mask: { try $0.window(window) })
    }
}
