// Folders of frames and masks: which files belong together, and what is missing. Only names and headers
// are read; pictures are decoded when they are needed. The known layouts are in FrameFolder+Layouts.

import SegSystem
import SegTensor

/// A frame and its mask, as files.
public struct FramePair: Sendable, Equatable {
    /// The frame's file name without its ending.
    public let name: String
    /// Paths.
    public let image: String
    public let mask: String

    public init(name: String, image: String, mask: String) {
        self.name = name
        self.image = image
        self.mask = mask
    }

    /// Width and height of frame and mask, from the files' headers. An error of kind `value` if they differ.
    public func size() throws -> (width: Int, height: Int) {
        let frame = try PNGImage.size(ofFile: image)
        let labels = try PNGImage.size(ofFile: mask)
        guard frame.width == labels.width, frame.height == labels.height else {
            throw TensorError(
                .value,
                "\(mask) is \(sizeText(height: labels.height, width: labels.width)), but its frame \(image) is \(sizeText(height: frame.height, width: frame.width))",
                help: "a mask has one value for each pixel of its frame")
        }
        return (frame.width, frame.height)
    }

    /// The decoded frame.
    public func readImage() throws -> RGBImage { try PNGImage.read(image) }

    /// The decoded mask.
    public func readMask(_ palette: ClassPalette) throws -> MaskImage { try palette.readMask(mask) }

    /// A digest of the frame's file: the same bytes give the same digest, wherever the file is.
    public func imageDigest() throws -> Digest { try Self.digest(image) }

    /// A digest of the mask's file.
    public func maskDigest() throws -> Digest { try Self.digest(mask) }

    private static func digest(_ path: String) throws -> Digest {
        try FileReader.contents(of: path).withUnsafeBytes { Digest($0) }
    }
}

/// Frames with their masks in the order of their names, and the classes that the masks hold.
public struct FrameFolder: Sendable {
    /// The folder, as the user named it.
    public let directory: String
    public let palette: ClassPalette
    public let pairs: [FramePair]
    /// Notes for the user: that the built-in palette is used, masks without a frame.
    public let notes: [String]

    public init(directory: String, palette: ClassPalette, pairs: [FramePair], notes: [String] = []) {
        self.directory = directory
        self.palette = palette
        self.pairs = pairs
        self.notes = notes
    }

    /// Checks by the files' headers that every mask has its frame's size.
    func checkSizes() throws {
        for pair in pairs { _ = try pair.size() }
    }
}
