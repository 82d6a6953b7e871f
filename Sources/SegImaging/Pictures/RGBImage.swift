// A picture in memory. It stays bytes until a model wants floats, so that a thousand of them fit where fifty did. Files
// are PNGImage's, geometry is in Resizing and FlipsAndRotations, colours are ClassPalette's.

import SegTensor

/// A picture of 8-bit RGB, three bytes a pixel, row by row.
public struct RGBImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// `height * width * 3` bytes.
    public let bytes: [UInt8]

    /// An error of kind `value` where the bytes do not fit the size.
    public init(width: Int, height: Int, bytes: [UInt8]) throws {
        let count = try PictureSize.pixels(width, height) * 3
        guard bytes.count == count else {
            throw TensorError(
                .value, "a picture of \(width)×\(height) has \(count) bytes, not \(bytes.count)")
        }
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// A picture that `fill` writes in full; the size has been checked.
    init(width: Int, height: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows {
        self.width = width
        self.height = height
        bytes = try PictureSize.filled(width * height * 3, fill)
    }

    /// The colour of a pixel, which must be inside.
    subscript(x: Int, y: Int) -> ClassPalette.Color {
        let at = (y * width + x) * 3
        return ClassPalette.Color(bytes[at], bytes[at + 1], bytes[at + 2])
    }
}
