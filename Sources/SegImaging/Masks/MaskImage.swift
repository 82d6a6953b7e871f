// A mask in memory, as bytes. ClassPalette reads files; geometry is in Resizing and FlipsAndRotations.

import SegSystem
import SegTensor

/// A mask: a class index for each pixel, row by row. `ignored` marks pixels without a class.
public struct MaskImage: Sendable, Equatable {
    /// The value of pixels that losses and metrics do not count.
    public static let ignored: UInt8 = 255

    public let width: Int
    public let height: Int
    /// `height * width` bytes.
    public let bytes: [UInt8]

    /// An error of kind `value` if the number of bytes does not fit the size.
    public init(width: Int, height: Int, bytes: [UInt8]) throws {
        let count = try PictureSize.pixels(width, height)
        guard bytes.count == count else {
            throw TensorError(
                .value,
                "a mask of \(sizeText(height: height, width: width)) has \(count) bytes, not \(bytes.count)")
        }
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// A mask that `fill` writes completely; the size must be valid.
    init(width: Int, height: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows {
        self.width = width
        self.height = height
        bytes = try PictureSize.filled(width * height, fill)
    }
}

extension MaskImage {
    /// The highest number of a class; 0 where all is void.
    public var highest: Int { Int(bytes.lazy.filter { $0 != Self.ignored }.max() ?? 0) }

    /// A mask from a tensor value [H, W] of class numbers, of which 255 is `ignored`. Negative numbers, larger ones and
    /// fractions are an error of kind `value`, which names what made the mask.
    public init(classes data: TensorData, by maker: String? = nil) throws {
        guard data.shape.count == 2 else {
            throw TensorError(.shape, "a mask has the shape [height, width], not \(data.shape)")
        }
        if data.dtype == .uint8 {
            let bytes = Array(UnsafeBufferPointer(start: data.elements(UInt8.self), count: data.count))
            try self.init(width: data.shape[1], height: data.shape[0], bytes: bytes)
            return
        }
        let numbers = try Tensor(data).doubles()
        if let place = numbers.firstIndex(where: { !(0...255).contains($0) || $0.rounded() != $0 }) {
            throw TensorError(
                .value,
                "\(maker.map { "\($0): the" } ?? "a") mask holds \(Tensor.text(of: numbers[place])) at [\(place / data.shape[1]), \(place % data.shape[1])]; the numbers of classes are from 0 to 254, and 255 is void",
                help: numbers[place] < 0 ? "where(mask < 0, 255, mask) makes negative labels void" : nil)
        }
        try self.init(width: data.shape[1], height: data.shape[0], bytes: numbers.map { UInt8($0) })
    }
}

extension ClassPalette {
    /// A mask as a picture of its classes' colours; pixels without a class are black.
    public func picture(of mask: MaskImage) throws -> RGBImage {
        let table = table(ignored: Color(0, 0, 0))
        return RGBImage(width: mask.width, height: mask.height) { target in
            for (pixel, index) in mask.bytes.enumerated() {
                for channel in 0..<3 { target[3 * pixel + channel] = table[3 * Int(index) + channel] }
            }
        }
    }
}
