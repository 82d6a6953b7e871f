// Augmentation: changed copies of frames. Picture and mask share one geometric draw. The draws depend
// only on the seed, the frame and the copy, so that a copy is always the same picture.

import SegTensor

/// One kind of change, with the range its draws come from.
public enum Augmentation: Sendable, Equatable {
    /// Flipped left to right, in half of the copies.
    case horizontalFlip
    /// Flipped upside down, in half of the copies.
    case verticalFlip
    /// Rotated by up to this many degrees in either direction; corners become void.
    case rotation(degrees: Double)
    /// A range of factors; 1 leaves the picture unchanged.
    case saturation(ClosedRange<Double>)
    case brightness(ClosedRange<Double>)
    /// Normal noise with this standard deviation, in 0…1.
    case noise(deviation: Double)

    public var text: String {
        switch self {
        case .horizontalFlip: "hflip()"
        case .verticalFlip: "vflip()"
        case .rotation(let degrees): "rotate(\(Tensor.text(of: degrees)))"
        case .saturation(let range):
            "saturation(\(Tensor.text(of: range.lowerBound))...\(Tensor.text(of: range.upperBound)))"
        case .brightness(let range):
            "brightness(\(Tensor.text(of: range.lowerBound))...\(Tensor.text(of: range.upperBound)))"
        case .noise(let deviation): "noise(\(Tensor.text(of: deviation)))"
        }
    }

    /// The frame changed according to one draw in 0..<1.
    func applied(to frame: Frame, draw: Double, key: RandomKey, void: UInt8) -> Frame {
        switch self {
        case .horizontalFlip:
            if draw >= 0.5 { return frame }
            return frame.changed(
                "hflip", image: { $0.flippedHorizontally() }, mask: { $0.flippedHorizontally() })
        case .verticalFlip:
            if draw >= 0.5 { return frame }
            return frame.changed("vflip", image: { $0.flippedVertically() }, mask: { $0.flippedVertically() })
        case .rotation(let degrees):
            let angle = (2 * draw - 1) * degrees
            return frame.changed(
                "rotate", [angle, Double(void)], image: { try $0.rotated(degrees: angle) },
                mask: { try $0.rotated(degrees: angle, fill: void) })
        case .saturation(let range):
            let factor = range.lowerBound + draw * (range.upperBound - range.lowerBound)
            return frame.changed("saturation", [factor], image: { try $0.saturation(factor) })
        case .brightness(let range):
            let factor = range.lowerBound + draw * (range.upperBound - range.lowerBound)
            return frame.changed("brightness", [factor], image: { try $0.brightness(factor) })
        case .noise(let deviation):
            return frame.changed(
                "noise", [deviation, Double(key.seed), Double(key.stream)],
                image: { picture in
                    let noise = try Tensor.randn([picture.bytes.count], key: key).value()
                    return try picture.noisy(
                        sigma: deviation,
                        noise: Array(UnsafeBufferPointer(start: noise.floats, count: noise.count)))
                })
        }
    }
}

/// The frames of a data set followed by changed copies of each.
public struct AugmentedDataset: Dataset {
    public let source: any Dataset
    public let changes: [Augmentation]
    public let copies: Int
    public let seed: UInt64
    private let key: RandomKey
    private let void: UInt8

    public init(_ source: any Dataset, _ changes: [Augmentation], copies: Int, seed: UInt64) throws {
        guard copies >= 0, copies <= 1_000_000 else {
            throw TensorError(
                .value, "augment: copies is \(copies); it must be from 0 to 1,000,000")
        }
        self.source = source
        self.changes = changes
        self.copies = copies
        self.seed = seed
        key = RandomKey(seed: seed)
        void = source.palette.cornerClass
    }

    public var count: Int { source.count * (1 + copies) }
    public var palette: ClassPalette { source.palette }
    public var isAugmented: Bool { true }
    /// A copy is where its frame is.
    public func position(_ index: Int) -> Int { source.position(index % source.count) }
    public var about: String {
        source.about + ", with \(copies) cop\(copies == 1 ? "y" : "ies") each by "
            + changes.map(\.text).joined(separator: ", ")
    }

    public func frame(_ index: Int) throws -> Frame {
        var frame = try source.frame(index % source.count)
        let copy = index / source.count
        if copy == 0 { return frame }
        for (number, change) in changes.enumerated() {
            let own = key.next(UInt64(index)).next(UInt64(number))
            let draw = try Tensor.rand([1], key: own, dtype: .float64).item()
            frame = change.applied(to: frame, draw: draw, key: own, void: void)
        }
        frame.name += "+\(copy)"
        return frame
    }
}
