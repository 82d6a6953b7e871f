// Data sets: a count, classes, and frames by number. Nothing is read or drawn before it is
// looked at. Sources are FolderDataset and StreetsDataset, views over them in DatasetViews.

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
