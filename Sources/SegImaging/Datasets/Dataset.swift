// Data sets: a count, classes, and frames by number. Nothing is read or drawn before it is needed.
// The sources are FolderDataset and StreetsDataset; views of them are in DatasetViews.

import SegTensor

/// A sequence of frames with masks of known classes.
public protocol Dataset: Sendable {
    var count: Int { get }
    var palette: ClassPalette { get }
    /// Frame `index`, 0 to count - 1.
    func frame(_ index: Int) throws -> Frame
    /// A one-line description: where the frames come from and how they were changed.
    var about: String { get }
    /// Whether it contains changed copies of its frames; it can then no longer be split.
    var isAugmented: Bool { get }
    /// The position of frame `index` in the original sequence.
    func position(_ index: Int) -> Int
    /// The mask of frame `index` alone, for counting: nothing of its picture is read.
    func maskSource(_ index: Int) throws -> MaskSource
}

/// The name of a frame, and its mask when it is needed.
public struct MaskSource: Sendable {
    public let name: String
    public let mask: @Sendable () throws -> MaskImage
}

extension Dataset {
    public var isAugmented: Bool { false }
    public func position(_ index: Int) -> Int { index }
    public func maskSource(_ index: Int) throws -> MaskSource {
        let frame = try frame(index)
        return MaskSource(name: frame.name, mask: frame.mask)
    }

    /// A frame, or an error that says how many there are.
    public func checkedFrame(_ index: Int) throws -> Frame {
        let place = index < 0 ? index + count : index
        guard place >= 0, place < count else {
            throw TensorError(
                .index, "sample \(index) of \(count) does not exist",
                help: "samples are numbered from 0 to \(count - 1)")
        }
        return try frame(place)
    }
}
