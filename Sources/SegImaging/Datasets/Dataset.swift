// Data sets: a count, classes, and frames by number. Sources read folders or draw;
// views take some frames of another, in another order or changed. Nothing is read before
// it is looked at.

import SegSystem
import SegTensor
import Synchronization

/// A sequence of frames with masks of known classes.
public protocol Dataset: Sendable {
    var count: Int { get }
    var palette: Palette { get }
    /// Frame `index`, 0 to count - 1.
    func frame(_ index: Int) throws -> Frame
    /// What it is, in a line: where the frames come from and what was done to them.
    var about: String { get }
    /// Whether it holds changed copies of its frames; it is then too late to split it.
    var isAugmented: Bool { get }
    /// The place of frame `index` in the sequence it was filmed in.
    func position(_ index: Int) -> Int
}

extension Dataset {
    public var isAugmented: Bool { false }
    public func position(_ index: Int) -> Int { index }

    /// A frame, or an error that says how many there are.
    public func checkedFrame(_ index: Int) throws -> Frame {
        let place = index < 0 ? index + count : index
        guard place >= 0, place < count else {
            throw TensorError(
                .index, "sample \(index) of \(count) does not exist",
                help: "they count from 0 to \(count - 1)")
        }
        return try frame(place)
    }
}

/// What tells whether a file is still the one it was.
public struct FileIdentity: Sendable, Equatable {
    public let size: Int
    /// The last change of its content, in nanoseconds.
    public let changed: Int
    /// Of its bytes, where they have been read.
    public var digest: Digest?

    public init(size: Int, changed: Int, digest: Digest? = nil) {
        self.size = size
        self.changed = changed
        self.digest = digest
    }

    /// What a path holds now; nil where there is no file.
    public init?(path: String) {
        guard let status = FileStatus(path) else { return nil }
        self.init(size: status.size, changed: status.changed)
    }

    /// Whether a path still holds the same bytes. A new date alone is looked into where the
    /// digest is known.
    public func holds(at path: String) -> Bool {
        guard let now = FileIdentity(path: path), now.size == size else { return false }
        if now.changed == changed { return true }
        guard let digest, let bytes = try? FileReader.contents(of: path) else { return false }
        return bytes.withUnsafeBytes { Digest($0) } == digest
    }
}

/// Pictures and masks in files.
public struct FolderDataset: Dataset {
    public let folder: FrameFolder
    public let about: String
    private let sizes: FrameSizes

    public init(_ folder: FrameFolder, about: String) {
        self.folder = folder
        self.about = about
        sizes = FrameSizes()
    }

    public var count: Int { folder.pairs.count }
    public var palette: Palette { folder.palette }

    /// What picture and mask of a frame are as files; nil where one is gone.
    public func identity(_ index: Int) -> (image: FileIdentity, mask: FileIdentity)? {
        let pair = folder.pairs[index]
        guard var image = FileIdentity(path: pair.image), var mask = FileIdentity(path: pair.mask) else {
            return nil
        }
        let facts = sizes.known(index)
        image.digest = facts?.image
        mask.digest = facts?.mask
        return (image, mask)
    }

    public func frame(_ index: Int) throws -> Frame {
        let pair = folder.pairs[index]
        let palette = folder.palette
        let facts = try sizes.facts(index, of: pair)
        return Frame(
            name: pair.name, height: facts.height, width: facts.width, imageDigest: facts.image,
            maskDigest: facts.mask, image: { try pair.readImage() },
            mask: { try pair.readMask(palette, strays: .refuse) })
    }
}

/// Sizes and digests of files, looked up once a run of the program.
private final class FrameSizes: @unchecked Sendable {
    struct Facts {
        let width: Int
        let height: Int
        let image: Digest
        let mask: Digest
    }
    private let looked = Mutex<[Int: Facts]>([:])

    func known(_ index: Int) -> Facts? { looked.withLock { $0[index] } }

    func facts(_ index: Int, of pair: FramePair) throws -> Facts {
        if let facts = known(index) { return facts }
        let size = try pair.size()
        let facts = Facts(
            width: size.width, height: size.height, image: try pair.imageDigest(), mask: try pair.maskDigest()
        )
        looked.withLock { $0[index] = facts }
        return facts
    }
}

/// Drawn driving scenes (`streets`).
public struct StreetsDataset: Dataset {
    public let count: Int
    public let scene: StreetScene
    public let palette = Palette.camVid

    public init(count: Int, height: Int, width: Int, seed: UInt64) {
        self.count = count
        scene = StreetScene(seed: seed, height: height, width: width)
    }

    public var about: String { "drawn street scenes, seed \(scene.seed)" }

    public func frame(_ index: Int) throws -> Frame {
        var builder = DigestBuilder()
        builder.add("streets 1")
        for number in [Double(scene.seed), Double(scene.height), Double(scene.width), Double(index)] {
            builder.add(number)
        }
        let image = builder.finish()
        builder.add("mask")
        // Picture and mask come of one drawing: whichever is looked at first keeps the other.
        let drawing = Drawing(scene: scene, index: index)
        return Frame(
            name: "street\(scene.seed)_\(index)", height: scene.height, width: scene.width,
            imageDigest: image,
            maskDigest: builder.finish(), image: { try drawing.image() }, mask: { try drawing.mask() })
    }

    private final class Drawing: @unchecked Sendable {
        let scene: StreetScene
        let index: Int
        private let kept = Mutex<(rgb: [UInt8]?, mask: [UInt8]?)>((nil, nil))

        init(scene: StreetScene, index: Int) {
            self.scene = scene
            self.index = index
        }

        func image() throws -> RGBImage {
            let bytes = kept.withLock { kept -> [UInt8] in
                if let bytes = kept.rgb {
                    kept.rgb = nil
                    return bytes
                }
                let drawn = scene.frame(index)
                kept.mask = drawn.mask
                return drawn.rgb
            }
            return try RGBImage(width: scene.width, height: scene.height, bytes: bytes)
        }

        func mask() throws -> MaskImage {
            let bytes = kept.withLock { kept -> [UInt8] in
                if let bytes = kept.mask {
                    kept.mask = nil
                    return bytes
                }
                let drawn = scene.frame(index)
                kept.rgb = drawn.rgb
                return drawn.mask
            }
            return try MaskImage(width: scene.width, height: scene.height, bytes: bytes)
        }
    }
}

/// Some frames of another data set, in any order.
public struct Subset: Dataset {
    public let source: any Dataset
    public let indices: [Int]

    /// - Throws: where an index is not in the source.
    public init(_ source: any Dataset, _ indices: [Int]) throws {
        if let stray = indices.first(where: { $0 < -source.count || $0 >= source.count }) {
            throw TensorError(.index, "sample \(stray) of \(source.count) does not exist")
        }
        self.source = source
        self.indices = indices.map { $0 < 0 ? $0 + source.count : $0 }
    }

    public var count: Int { indices.count }
    public var palette: Palette { source.palette }
    public var about: String { source.about }
    public var isAugmented: Bool { source.isAugmented }
    public func frame(_ index: Int) throws -> Frame { try source.frame(indices[index]) }
    public func position(_ index: Int) -> Int { source.position(indices[index]) }
}

/// One data set after another.
public struct Concatenation: Dataset {
    public let parts: [any Dataset]

    /// - Throws: where there is none, or their classes differ.
    public init(_ parts: [any Dataset]) throws {
        guard let first = parts.first else { throw TensorError(.value, "concat wants at least one data set") }
        for part in parts where part.palette.names != first.palette.names {
            throw TensorError(.label, "the data sets have different classes")
        }
        self.parts = parts
    }

    public var count: Int { parts.reduce(0) { $0 + $1.count } }
    public var palette: Palette { parts[0].palette }
    public var about: String { parts.map(\.about).joined(separator: " + ") }
    public var isAugmented: Bool { parts.contains { $0.isAugmented } }
    public func frame(_ index: Int) throws -> Frame {
        var index = index
        for part in parts {
            if index < part.count { return try part.frame(index) }
            index -= part.count
        }
        throw TensorError(.index, "sample \(index) does not exist")
    }
}

/// What may be done to every frame of a data set alike.
public enum FrameChange: Sendable {
    case resized(FrameSize)
    case normalized(Normalization)

    var text: String {
        switch self {
        case .resized(let size): size.text
        case .normalized: "normalised"
        }
    }

    func applied(to frame: Frame) throws -> Frame {
        switch self {
        case .resized(let size): return try frame.resized(size)
        case .normalized(let normalization):
            var frame = frame
            frame.normalization = normalization
            return frame
        }
    }
}

/// A data set with each frame changed as it is asked for.
public struct ChangedDataset: Dataset {
    public let source: any Dataset
    public let change: FrameChange

    init(_ source: any Dataset, _ change: FrameChange) {
        self.source = source
        self.change = change
    }

    public var about: String { source.about + ", " + change.text }
    public var count: Int { source.count }
    public var palette: Palette { source.palette }
    public var isAugmented: Bool { source.isAugmented }
    public func frame(_ index: Int) throws -> Frame { try change.applied(to: try source.frame(index)) }
    public func position(_ index: Int) -> Int { source.position(index) }
}
