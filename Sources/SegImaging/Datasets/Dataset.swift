// Data sets: a count, classes, and frames by number, and the sources that read folders or
// draw; views over them are in DatasetViews. Nothing is read before it is looked at.

import SegTensor

/// A sequence of frames with masks of known classes.
public protocol Dataset: Sendable {
    var count: Int { get }
    var palette: ClassPalette { get }
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
    public var palette: ClassPalette { folder.palette }

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
            mask: { try pair.readMask(palette) })
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
    private let looked = Locked<[Int: Facts]>([:])

    func known(_ index: Int) -> Facts? { looked.with { $0[index] } }

    func facts(_ index: Int, of pair: FramePair) throws -> Facts {
        if let facts = known(index) { return facts }
        let size = try pair.size()
        let facts = Facts(
            width: size.width, height: size.height, image: try pair.imageDigest(), mask: try pair.maskDigest()
        )
        looked.with { $0[index] = facts }
        return facts
    }
}

/// Drawn driving scenes (`streets`).
public struct StreetsDataset: Dataset {
    public let count: Int
    public let scene: StreetScene
    public let palette = ClassPalette.camVid

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
        private let kept = Locked<(rgb: [UInt8]?, mask: [UInt8]?)>((nil, nil))

        init(scene: StreetScene, index: Int) {
            self.scene = scene
            self.index = index
        }

        func image() throws -> RGBImage {
            let bytes = kept.with { kept -> [UInt8] in
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
            let bytes = kept.with { kept -> [UInt8] in
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
