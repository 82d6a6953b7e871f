// A picture in memory. It stays bytes until a model needs floats: twenty times as many fit into memory.
// PNGImage reads and writes files, geometry is in Resizing and FlipsAndRotations.

import SegSystem
import SegTensor

/// A picture of 8-bit RGB, three bytes per pixel, row by row.
public struct RGBImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// `height * width * 3` bytes.
    public let bytes: [UInt8]

    /// An error of kind `value` if the number of bytes does not fit the size.
    public init(width: Int, height: Int, bytes: [UInt8]) throws {
        let count = try PictureSize.pixels(width, height) * 3
        guard bytes.count == count else {
            throw TensorError(
                .value,
                "a picture of \(sizeText(height: height, width: width)) has \(count) bytes, not \(bytes.count)"
            )
        }
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// A picture that `fill` writes completely; the size must be valid.
    init(width: Int, height: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows {
        self.width = width
        self.height = height
        bytes = try PictureSize.filled(width * height * 3, fill)
    }

    /// The colour of a pixel; the position must be inside the picture.
    subscript(x: Int, y: Int) -> ClassPalette.Color {
        let at = (y * width + x) * 3
        return ClassPalette.Color(bytes[at], bytes[at + 1], bytes[at + 2])
    }
}
