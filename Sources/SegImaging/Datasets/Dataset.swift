// Data sets: a count, classes, and frames by number. Nothing is read or drawn before it is needed.
// The sources are FolderDataset and StreetsDataset; views of them are in DatasetViews.

import SegTensor

/// A sequence of frames with masks of known classes.
public protocol Dataset: Sendable {
    var count: Int { get }
    var palette: ClassPalette { get }
    /// Frame `index`, 0 to count - 1.
    func frame(_ index: Int) throws -> Frame
    /// The name of frame `index`; no file is read for it.
    func name(_ index: Int) throws -> String
    /// The size of frame `index`; at most headers of files are read.
    func size(_ index: Int) throws -> (height: Int, width: Int)
    /// A one-line description: where the frames come from and how they were changed.
    var about: String { get }
    /// How many views it is made by.
    var views: ViewCount { get }
    /// Whether it contains changed copies of its frames; it can then no longer be split.
    var isAugmented: Bool { get }
    /// Where frame `index` comes from.
    func origin(_ index: Int) -> FrameOrigin
    /// The part that frame `index` is of the picture from which it comes; nil: all of it, or not known.
    func area(_ index: Int) -> PictureWindow?
    /// The mask of frame `index` alone, for counting: nothing of its picture is read.
    func maskSource(_ index: Int) throws -> MaskSource
    /// The files of frame `index`; nil if it is of none.
    func files(_ index: Int) -> FramePair?
    /// Checks quickly that the files of frame `index` are there, fit together and are whole, without decoding them.
    func checkFiles(_ index: Int) throws
    /// How its pictures are normalised; nil: they are bytes.
    var normalization: Normalization? { get }
    /// Whether its frames are made by functions of a script, which run on the interpreter's thread alone.
    var runsScript: Bool { get }
    /// Whether its pictures are drawn anew in each epoch.
    var redraws: Bool { get }
    /// The data as they are in an epoch, counted from 0.
    func inEpoch(_ epoch: Int) throws -> any Dataset
}

/// How many views a data set is made by: every frame passes through those on top of each other, and what is asked
/// of a data set is asked of all its parts.
public struct ViewCount: Sendable {
    public var depth = 0
    public var total = 0
    private static let deepest = 400
    private static let most = 10_000

    /// A source of frames.
    static let source = ViewCount()

    /// - Throws: if a view of these data sets would be made by too many others.
    public init(over sources: any Dataset...) throws { try self.init(over: sources) }

    init(over sources: [any Dataset]) throws {
        depth = (sources.map(\.views.depth).max() ?? 0) + 1
        guard depth <= Self.deepest else {
            throw TensorError(
                .value, "this data set would be changed in more than \(Self.deepest) steps",
                help: "make it from the source again, or save the changed pictures")
        }
        // Each term is at most `most`, so that a list of them in memory can be counted.
        total = sources.reduce(1) { $0 + $1.views.total + 1 }
        guard total <= Self.most else {
            throw TensorError(
                .value, "this data set would be joined of more than \(Self.most) parts",
                help: "subset(data, indices) repeats samples, too: subset(data, [0, 1, 0, 1])")
        }
    }

    private init() {}
}

/// A place in a sequence of frames: neighbours are nearly the same picture.
public struct FrameOrigin: Hashable, Sendable {
    public var sequence: String
    public var position: Int

    public init(sequence: String, position: Int) {
        self.sequence = sequence
        self.position = position
    }
}

/// The name of a frame, and its mask when it is needed.
public struct MaskSource: Sendable {
    public let name: String
    public let mask: @Sendable () throws -> MaskImage

    public init(name: String, mask: @escaping @Sendable () throws -> MaskImage) {
        self.name = name
        self.mask = mask
    }
}

extension Dataset {
    public var isAugmented: Bool { false }
    public var views: ViewCount { .source }
    public var normalization: Normalization? { nil }
    public var runsScript: Bool { false }
    public var redraws: Bool { false }
    public func inEpoch(_ epoch: Int) throws -> any Dataset { self }
    public func files(_ index: Int) -> FramePair? { nil }
    public func area(_ index: Int) -> PictureWindow? { nil }
    public func checkFiles(_ index: Int) throws {}
    public func name(_ index: Int) throws -> String { try maskSource(index).name }
    public func size(_ index: Int) throws -> (height: Int, width: Int) {
        let frame = try frame(index)
        return (frame.height, frame.width)
    }
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
                help: count == 0 ? "there are no samples" : "samples are numbered from 0 to \(count - 1)")
        }
        return try frame(place)
    }
}

/// A view of another data set. What it does not change is the source's.
public protocol DatasetView: Dataset {
    /// Another form of the same data may take its place.
    var source: any Dataset { get set }
    /// The number of the source's frame that frame `index` is made of.
    func sourceIndex(_ index: Int) -> Int
}

extension DatasetView {
    public var count: Int { source.count }
    public var palette: ClassPalette { source.palette }
    public var about: String { source.about }
    /// The source's description with a change after it; of very many changes the first.
    public func about(_ change: String) -> String {
        let before = source.about
        if before.hasSuffix(", …") { return before }
        return before.utf8.count > 2000 ? before + ", …" : before + ", " + change
    }
    public var isAugmented: Bool { source.isAugmented }
    public var normalization: Normalization? { source.normalization }
    public var runsScript: Bool { source.runsScript }
    public var redraws: Bool { source.redraws }
    public func sourceIndex(_ index: Int) -> Int { index }
    public func name(_ index: Int) throws -> String { try source.name(sourceIndex(index)) }
    public func size(_ index: Int) throws -> (height: Int, width: Int) {
        try source.size(sourceIndex(index))
    }
    public func files(_ index: Int) -> FramePair? { source.files(sourceIndex(index)) }
    public func area(_ index: Int) -> PictureWindow? { source.area(sourceIndex(index)) }
    public func checkFiles(_ index: Int) throws { try source.checkFiles(sourceIndex(index)) }
    public func origin(_ index: Int) -> FrameOrigin { source.origin(sourceIndex(index)) }
    public func inEpoch(_ epoch: Int) throws -> any Dataset {
        redraws ? over(try source.inEpoch(epoch)) : self
    }
    /// The same view of another form of its source.
    public func over(_ source: any Dataset) -> Self {
        var view = self
        view.source = source
        return view
    }
}
