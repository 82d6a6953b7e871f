// The data set of a folder of frames. Files are read when a frame is needed; their sizes and digests
// are cached as long as the files do not change.

import SegTensor
import Synchronization

/// Pictures and masks in files.
public struct FolderDataset: Dataset {
    public let folder: FrameFolder
    private let sizes: FrameSizes

    public init(_ folder: FrameFolder) {
        self.folder = folder
        sizes = FrameSizes()
    }

    public var about: String { folder.about }

    public var count: Int { folder.pairs.count }
    public var palette: ClassPalette { folder.palette }

    public func name(_ index: Int) -> String { folder.pairs[index].name }
    public func size(_ index: Int) throws -> (height: Int, width: Int) {
        let size = try sizes.size(index, of: folder.pairs[index])
        return (size.height, size.width)
    }
    public func files(_ index: Int) -> FramePair? { folder.pairs[index] }
    public func checkFiles(_ index: Int) throws {
        let pair = folder.pairs[index]
        _ = try pair.size()
        try PictureFile.checkWhole(pair.image)
        try PictureFile.checkWhole(pair.mask)
    }
    public func origin(_ index: Int) -> FrameOrigin {
        FrameOrigin(sequence: folder.directory, position: index)
    }

    /// The files of a frame's picture and mask; nil if one is missing.
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

    public func maskSource(_ index: Int) -> MaskSource {
        let pair = folder.pairs[index]
        let (rule, sizes) = (folder.rule, sizes)
        return MaskSource(
            name: pair.name,
            mask: {
                // One that was written again may no longer fit its frame. Masks are counted without a frame, too.
                do { _ = try sizes.size(index, of: pair) } catch let error as TensorError
                    where error.kind == .value
                {
                    throw error
                } catch {}
                return try pair.readMask(rule)
            })
    }

    public func frame(_ index: Int) throws -> Frame {
        let pair = folder.pairs[index]
        let rule = folder.rule
        let facts = try sizes.facts(index, of: pair, rule)
        return Frame(
            name: pair.name, height: facts.height, width: facts.width, imageDigest: facts.image,
            maskDigest: facts.maskContent,
            image: {
                let image = try pair.readImage()
                try facts.stamps.check(pair)
                return image
            },
            mask: {
                let mask = try pair.readMask(rule)
                try facts.stamps.check(pair)
                return mask
            })
    }
}

/// A frame's files as they were when it was made.
private struct PairStamps: Sendable, Equatable {
    let image: FileIdentity.Stamp?
    let mask: FileIdentity.Stamp?

    init(_ pair: FramePair) {
        image = FileIdentity.stamp(pair.image)
        mask = FileIdentity.stamp(pair.mask)
    }

    /// An error of kind `file` if one of them has changed: picture and mask would no longer be those of the frame.
    func check(_ pair: FramePair) throws {
        let now = PairStamps(pair)
        guard now != self else { return }
        throw TensorError(
            .file, "\(now.image != image ? pair.image : pair.mask) was changed while it was used",
            help: "take the sample again, as in data[0]: it then has the files as they are now")
    }
}

/// Sizes and digests of files, read once per process and again where a file has changed.
private final class FrameSizes: @unchecked Sendable {
    struct Facts {
        let stamps: PairStamps
        let width: Int
        let height: Int
        /// Of the files.
        let image: Digest
        let mask: Digest
        /// Of the mask's file and what its pixels mean.
        let maskContent: Digest
    }
    private let stored = Mutex<[Int: Facts]>([:])
    private let headers = Mutex<[Int: (stamps: PairStamps, width: Int, height: Int)]>([:])

    /// The size, from the files' headers.
    func size(_ index: Int, of pair: FramePair) throws -> (width: Int, height: Int) {
        let stamps = PairStamps(pair)
        if let known = headers.withLock({ $0[index] }), known.stamps == stamps {
            return (known.width, known.height)
        }
        let size = try pair.size()
        headers.withLock { $0[index] = (stamps, size.width, size.height) }
        return size
    }

    func known(_ index: Int) -> Facts? { stored.withLock { $0[index] } }

    func facts(_ index: Int, of pair: FramePair, _ rule: MaskRule) throws -> Facts {
        let stamps = PairStamps(pair)
        if let facts = known(index), facts.stamps == stamps { return facts }
        let size = try size(index, of: pair)
        let mask = try pair.maskDigest()
        let facts = Facts(
            stamps: stamps, width: size.width, height: size.height, image: try pair.imageDigest(), mask: mask,
            maskContent: rule.digest(ofFile: mask))
        stored.withLock { $0[index] = facts }
        return facts
    }
}
