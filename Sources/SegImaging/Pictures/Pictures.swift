// The two plain buffers of this module: pictures of 8-bit RGB and masks of class indices. Pictures stay bytes until a
// model wants floats, so that a thousand of them fit where fifty did. Files are PNGImage's, geometry is in Resize and
// Rotation, colours are Palette's.

import CKernels
import SegTensor

/// A picture of 8-bit RGB, three bytes a pixel, row by row.
public struct RGBImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// `height * width * 3` bytes.
    public private(set) var bytes: [UInt8]

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

    /// A picture of one colour.
    public init(width: Int, height: Int, color: Palette.Color) throws {
        let pixels = try PictureSize.pixels(width, height)
        var bytes = [UInt8](repeating: color.red, count: pixels * 3)
        if color.green != color.red || color.blue != color.red {
            for pixel in 0..<pixels {
                bytes[3 * pixel + 1] = color.green
                bytes[3 * pixel + 2] = color.blue
            }
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

    /// The colour of a pixel, which must lie inside.
    subscript(x: Int, y: Int) -> Palette.Color {
        get {
            let at = (y * width + x) * 3
            return Palette.Color(bytes[at], bytes[at + 1], bytes[at + 2])
        }
        set {
            let at = (y * width + x) * 3
            bytes[at] = newValue.red
            bytes[at + 1] = newValue.green
            bytes[at + 2] = newValue.blue
        }
    }
}

/// A mask: the index of a class for each pixel, row by row. `ignored` marks pixels of no class.
public struct MaskImage: Sendable, Equatable {
    /// The value of pixels that no loss and no metric counts.
    public static let ignored: UInt8 = 255

    public let width: Int
    public let height: Int
    /// `height * width` bytes.
    public private(set) var bytes: [UInt8]

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

    /// A mask of one class.
    public init(width: Int, height: Int, fill: UInt8) throws {
        self.width = width
        self.height = height
        bytes = [UInt8](repeating: fill, count: try PictureSize.pixels(width, height))
    }

    /// A mask that `fill` writes in full; the size has been checked.
    init(width: Int, height: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows {
        self.width = width
        self.height = height
        bytes = try PictureSize.filled(width * height, fill)
    }
}

/// What sizes pictures may have.
enum PictureSize {
    /// Largest number of pixels, and of pixels along a side.
    static let pixelLimit = 1 << 28
    static let sideLimit = 1 << 20

    static func pixels(_ width: Int, _ height: Int) throws -> Int {
        guard width > 0, height > 0 else {
            throw TensorError(.value, "a picture cannot have the size \(width)×\(height)")
        }
        guard width <= sideLimit, height <= sideLimit, width * height <= pixelLimit else {
            throw TensorError(
                .value, "a picture of \(width)×\(height) is too large: at most 2^28 pixels are held")
        }
        return width * height
    }

    static func filled(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows -> [UInt8]
    {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let base = buffer.baseAddress { try fill(base) }
            filled = count
        }
    }
}

extension RGBImage {
    /// Writes `(byte / 255 - mean) / deviation`, a channel at a time or channels last, into `width * height * 3`
    /// floats. With mean 0 and deviation 1 this is the plain picture of 0...1.
    public func normalized(
        mean: [Float] = [0, 0, 0], deviation: [Float] = [1, 1, 1], channelsLast: Bool,
        into target: UnsafeMutableBufferPointer<Float>
    ) throws {
        guard mean.count == 3, deviation.count == 3, let base = target.baseAddress,
            target.count == bytes.count
        else {
            throw TensorError(
                .shape,
                "a picture has 3 channels; mean has \(mean.count) entries, deviation \(deviation.count)")
        }
        // A table gives the value of the plain formula, to the bit, at a load a byte.
        var tables = [Float](repeating: 0, count: 768)
        for channel in 0..<3 {
            for value in 0..<256 {
                tables[channel * 256 + value] = (Float(value) / 255 - mean[channel]) / deviation[channel]
            }
        }
        if channelsLast {
            image_floats_last(bytes, width * height, base, tables)
        } else {
            image_floats_planar(bytes, width * height, base, tables)
        }
    }
}
