// The allowed sizes of pictures and masks, checked before memory is allocated.

import SegSystem
import SegTensor

/// How large pictures may be.
public enum PictureSize {
    /// Largest number of pixels, and of pixels along a side.
    static let pixelLimit = 1 << 28
    static let sideLimit = 1 << 20

    public static func pixels(_ width: Int, _ height: Int) throws -> Int {
        guard width > 0, height > 0 else {
            throw TensorError(
                .value, "a picture cannot have the size \(sizeText(height: height, width: width))")
        }
        guard isAllowed(width, height) else {
            throw TensorError(
                .value,
                "a picture of \(sizeText(height: height, width: width)) is too large: the limit is 2^28 pixels"
            )
        }
        return width * height
    }

    private static func isAllowed(_ width: Int, _ height: Int) -> Bool {
        width <= sideLimit && height <= sideLimit && width * height <= pixelLimit
    }

    /// Throws an error of kind `file` if the picture of a file is too large.
    static func check(_ name: String, _ width: Int, _ height: Int) throws {
        guard isAllowed(width, height) else {
            throw TensorError(
                .file,
                "cannot read \(name): it has \(sizeText(height: height, width: width)) pixels, and the limit is 2^28"
            )
        }
    }

    /// Throws unless there is room for the pixels of a file. Of small pictures, which are many, none is asked for.
    /// - Parameter bytes: of a pixel.
    public static func requireRoom(for name: String, _ width: Int, _ height: Int, bytes: Int) throws {
        try check(name, width, height)
        let count = try pixels(width, height) * bytes
        guard count >= 16 << 20 else { return }
        try MemoryBudget.process.require(count, for: "\(name), of \(sizeText(height: height, width: width)),")
    }

    static func filled(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows -> [UInt8]
    {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let base = buffer.baseAddress { try fill(base) }
            filled = count
        }
    }
}
