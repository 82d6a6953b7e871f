// A mask in memory, as bytes. Reading files is ClassPalette's, geometry is in Resizing and FlipsAndRotations.

import SegTensor

/// A mask: the index of a class for each pixel, row by row. `ignored` marks pixels of no class.
public struct MaskImage: Sendable, Equatable {
    /// The value of pixels that no loss and no metric counts.
    public static let ignored: UInt8 = 255

    public let width: Int
    public let height: Int
    /// `height * width` bytes.
    public let bytes: [UInt8]

    /// An error of kind `value` where the bytes do not fit the size.
    public init(width: Int, height: Int, bytes: [UInt8]) throws {
        let count = try PictureSize.pixels(width, height)
        guard bytes.count == count else {
            throw TensorError(.value, "a mask of \(width)×\(height) has \(count) bytes, not \(bytes.count)")
        }
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// A mask that `fill` writes in full; the size has been checked.
    init(width: Int, height: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows {
        self.width = width
        self.height = height
        bytes = try PictureSize.filled(width * height, fill)
    }
}

extension MaskImage {
    /// A mask from a tensor value [H, W] of class numbers; what is outside 0…255 is `ignored`.
    public init(classes data: TensorData) throws {
        guard data.shape.count == 2 else {
            throw TensorError(.shape, "a mask is of shape [height, width], not \(data.shape)")
        }
        let bytes = try Tensor(data).doubles().map { (0...255).contains($0) ? UInt8($0) : MaskImage.ignored }
        try self.init(width: data.shape[1], height: data.shape[0], bytes: bytes)
    }
}
