// Augmented data: changed copies of frames. The draws depend only on the seed, the frame and the copy, and in
// data that are drawn anew also on the epoch: the same seed gives the same pictures.

import SegSystem
import SegTensor

/// The frames of a data set, and changed copies of each. Where a crop gives all a size of their own, the frames
/// themselves are left out.
public struct AugmentedDataset: DatasetView {
    public var source: any Dataset
    public let changes: [Augmentation]
    /// The number of copies that stay the same pictures; nil: one, drawn anew in each epoch.
    public let copies: Int?
    public let seed: UInt64
    public let count: Int
    public let views: ViewCount
    /// The copies that the views below number, so that two of a frame have two names.
    private let earlier: Int
    private let epoch: Int
    private let key: RandomKey
    /// The classes that each change looks for.
    private let classes: [[UInt8]]

    public init(
        _ source: any Dataset, _ changes: [Augmentation], copies: Int?, seed: UInt64, epoch: Int = 0
    ) throws {
        if let copies, copies < 0 || copies > 1_000_000 {
            throw TensorError(.value, "augment: copies is \(copies); it must be from 0 to 1,000,000")
        }
        self.source = source
        self.changes = changes
        self.copies = copies
        self.seed = seed
        self.epoch = epoch
        views = try ViewCount(over: source)
        earlier = Self.copies(in: source)
        let frames = Self.size(changes) != nil && copies != 0 ? 0 : 1
        count = try (Size(source.count) * ((copies ?? 1) + frames)).value
        key =
            copies == nil
            ? RandomKey(seed: seed).next(UInt64(1) << 62).next(UInt64(bitPattern: Int64(epoch)))
            : RandomKey(seed: seed)
        let palette = source.palette
        classes = try changes.map { change in
            guard case .crop(_, _, let names) = change.change else { return [] }
            return try names.map { name in
                guard let index = palette.index(of: name) else {
                    throw TensorError(
                        .label, "crop: the data has no class \"\(name)\", which has= names",
                        help: nearestName(to: name, among: palette.names).map { "did you mean \"\($0)\"?" }
                            ?? "its classes are \(listText(palette.names, most: 12))")
                }
                return UInt8(clamping: index)
            }
        }
    }

    /// The size that a crop gives to all copies.
    private var size: (height: Int, width: Int)? { Self.size(changes) }
    private static func size(_ changes: [Augmentation]) -> (height: Int, width: Int)? {
        for change in changes.reversed() {
            if case .crop(let height, let width, _) = change.change { return (height, width) }
        }
        return nil
    }

    /// Whether the frames themselves are left out.
    private var leavesOut: Bool { size != nil && copies != 0 }

    /// The highest number that the name of a copy has.
    private static func copies(in data: any Dataset) -> Int {
        var data = data
        while true {
            if let augmented = data as? AugmentedDataset {
                return augmented.earlier + (augmented.copies ?? 1)
            }
            if let joined = data as? Concatenation { return joined.parts.map(copies).max() ?? 0 }
            guard let view = data as? any DatasetView else { return 0 }
            data = view.source
        }
    }

    public var isAugmented: Bool { true }
    public var redraws: Bool { copies == nil || source.redraws }
    public func sourceIndex(_ index: Int) -> Int { index % source.count }
    private func copy(_ index: Int) -> Int { index / source.count + (leavesOut ? 1 : 0) }

    public var about: String {
        let names = changes.map(\.text).joined(separator: ", ")
        guard let copies else {
            return about(
                leavesOut
                    ? "drawn anew in each epoch by \(names)"
                    : "with a copy of each drawn anew in each epoch by \(names)")
        }
        if leavesOut {
            return about(
                copies == 1 ? "changed by \(names)" : "\(copies) changed copies of each by \(names)")
        }
        return about("with \(copies) cop\(copies == 1 ? "y" : "ies") each by \(names)")
    }

    public func inEpoch(_ epoch: Int) throws -> any Dataset {
        guard redraws else { return self }
        return try AugmentedDataset(source.inEpoch(epoch), changes, copies: copies, seed: seed, epoch: epoch)
    }

    public func name(_ index: Int) throws -> String {
        let (name, copy) = (try source.name(sourceIndex(index)), copy(index))
        return copy == 0 ? name : name + "+\(earlier + copy)"
    }

    public func size(_ index: Int) throws -> (height: Int, width: Int) {
        try copy(index) == 0 ? source.size(sourceIndex(index)) : size ?? source.size(sourceIndex(index))
    }

    public func maskSource(_ index: Int) throws -> MaskSource {
        if copy(index) == 0 { return try source.maskSource(sourceIndex(index)) }
        let frame = try frame(index)
        return MaskSource(name: frame.name, mask: frame.mask)
    }

    public func frame(_ index: Int) throws -> Frame {
        let copy = copy(index)
        var frame = try source.frame(sourceIndex(index))
        if copy == 0 { return frame }
        frame = frame.kept()
        frame.isRedrawn = frame.isRedrawn || copies == nil
        if frame.floats != nil { frame = frame.changed("bytes", image: { $0 }) }
        let wanted = size ?? (frame.height, frame.width)
        let own = key.next(UInt64(copy * source.count + sourceIndex(index)))
        for (number, change) in changes.enumerated() {
            frame = try change.applied(
                to: frame, key: own.next(UInt64(number)), classes: classes[number])
        }
        if (frame.height, frame.width) != wanted {
            frame = frame.cropped(
                height: wanted.height, width: wanted.width, having: [],
                key: own.next(UInt64(changes.count)))
        }
        frame.name += "+\(earlier + copy)"
        return frame
    }
}
