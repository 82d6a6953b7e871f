// Folders of frames and masks: which files belong together, and what is missing. Only names and headers are looked at;
// pictures are decoded when they are needed. The known layouts are in FrameFolder+Layouts.

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

    /// Width and height of frame and mask, from the files' headers. Where they differ, an error of kind `value`.
    public func size() throws -> (width: Int, height: Int) {
        let frame = try PNGImage.info(image)
        let labels = try PNGImage.info(mask)
        guard frame.width == labels.width, frame.height == labels.height else {
            throw TensorError(
                .value,
                "\(mask) is \(labels.width)×\(labels.height), but its frame \(image) is \(frame.width)×\(frame.height)",
                help: "a mask has one value for each pixel of its frame")
        }
        return (frame.width, frame.height)
    }

    /// The decoded frame.
    public func readImage() throws -> RGBImage { try PNGImage.read(image) }

    /// The decoded mask.
    public func readMask(_ palette: Palette, strays: StrayPixels = .refuse) throws -> MaskImage {
        try palette.readMask(mask, strays: strays)
    }

    /// A digest of the frame's file: the same bytes give the same digest, wherever the file lies.
    public func imageDigest() throws -> Digest { try Self.digest(image) }

    /// A digest of the mask's file.
    public func maskDigest() throws -> Digest { try Self.digest(mask) }

    private static func digest(_ path: String) throws -> Digest {
        try FileReader.contents(of: path).withUnsafeBytes { Digest($0) }
    }
}

/// Frames with their masks in the order of their names, and the classes that the masks hold.
public struct FrameFolder: Sendable {
    /// The folder that was asked for, as the user gave it.
    public let directory: String
    public let palette: Palette
    public let pairs: [FramePair]
    /// What a user would want to know: that the built-in palette is used, masks without a frame.
    public let notes: [String]

    public init(directory: String, palette: Palette, pairs: [FramePair], notes: [String] = []) {
        self.directory = directory
        self.palette = palette
        self.pairs = pairs
        self.notes = notes
    }

    /// Checks that every mask has its frame's size, by the headers of the files.
    public func checkSizes() throws {
        for pair in pairs { _ = try pair.size() }
    }
}

/// What lies in a folder.
struct FolderListing {
    let path: String
    /// Names in natural order: runs of digits count as numbers.
    let files: [String]
    let folders: [String]

    init(_ path: String) throws {
        let entries = try Folder.entries(of: path).filter { !$0.name.hasPrefix(".") }
        func names(_ kind: FolderEntry.Kind) -> [String] {
            entries.filter { $0.kind == kind }.map(\.name).sorted(by: Self.naturally)
        }
        self.path = path
        files = names(.file)
        folders = names(.folder)
    }

    func has(_ file: String) -> Bool { files.contains(file) }

    /// The stems of the PNG files: `0001` for `0001.png`.
    var pictures: [String] {
        files.filter { $0.lowercased().hasSuffix(".png") }.map { String($0.dropLast(4)) }
    }

    /// The file of a stem.
    func file(_ stem: String) -> String {
        has("\(stem).png") ? "\(path)/\(stem).png" : "\(path)/\(stem).PNG"
    }

    /// The error of a folder without pictures, which says what is there instead.
    func withoutPictures() -> TensorError {
        let others = ["jpg", "jpeg", "tif", "tiff", "bmp", "ppm", "webp"]
        let found = others.first { ending in files.contains { $0.lowercased().hasSuffix(".\(ending)") } }
        let number = files.count { $0.lowercased().hasSuffix(".\(found ?? "")") }
        if let found {
            return TensorError(
                .file, "\(path) holds no PNG pictures, but \(number) .\(found) files",
                help: "seg reads PNG; convert them first")
        }
        let inside =
            folders.isEmpty ? nil : "it holds the folders \(folders.prefix(5).joined(separator: ", "))"
        return TensorError(.file, "\(path) holds no PNG pictures", help: inside)
    }

    /// `frame_2` before `frame_10`, so that a sequence keeps its order.
    static func naturally(_ a: String, _ b: String) -> Bool {
        var x = Substring(a).utf8
        var y = Substring(b).utf8
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        while let first = x.first, let second = y.first {
            if isDigit(first), isDigit(second) {
                let left = x.prefix(while: isDigit)
                let right = y.prefix(while: isDigit)
                let one = left.drop { $0 == 0x30 }
                let other = right.drop { $0 == 0x30 }
                if one.count != other.count { return one.count < other.count }
                if !one.elementsEqual(other) { return one.lexicographicallyPrecedes(other) }
                x = x[left.endIndex...]
                y = y[right.endIndex...]
            } else {
                if first != second { return first < second }
                x = x.dropFirst()
                y = y.dropFirst()
            }
        }
        if x.isEmpty != y.isEmpty { return x.isEmpty }
        return a < b
    }
}
