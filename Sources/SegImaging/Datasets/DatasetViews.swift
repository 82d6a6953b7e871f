// Views of data sets: a subset of the frames, several sets in a row, the same change to every frame.

import SegTensor

/// Some frames of another data set, in any order.
public struct Subset: Dataset {
    public let source: any Dataset
    public let indices: [Int]

    /// - Throws: if an index is not in the source.
    public init(_ source: any Dataset, _ indices: [Int]) throws {
        if let stray = indices.first(where: { $0 < -source.count || $0 >= source.count }) {
            throw TensorError(.index, "sample \(stray) of \(source.count) does not exist")
        }
        self.source = source
        self.indices = indices.map { $0 < 0 ? $0 + source.count : $0 }
    }

    public var count: Int { indices.count }
    public var palette: ClassPalette { source.palette }
    public var about: String { source.about }
    public var isAugmented: Bool { source.isAugmented }
    public func frame(_ index: Int) throws -> Frame { try source.frame(indices[index]) }
    public func maskSource(_ index: Int) throws -> MaskSource { try source.maskSource(indices[index]) }
    public func position(_ index: Int) -> Int { source.position(indices[index]) }
}

/// One data set after another.
public struct Concatenation: Dataset {
    public let parts: [any Dataset]

    /// - Throws: if there is none, or their classes differ.
    public init(_ parts: [any Dataset]) throws {
        guard let first = parts.first else { throw TensorError(.value, "concat needs at least one data set") }
        for part in parts where part.palette.names != first.palette.names {
            try AxisLabels.check(
                first.palette.names, of: "the first data set", against: part.palette.names,
                of: "another one")
        }
        self.parts = parts
    }

    public var count: Int { parts.reduce(0) { $0 + $1.count } }
    public var palette: ClassPalette { parts[0].palette }
    public var about: String { parts.map(\.about).joined(separator: " + ") }
    public var isAugmented: Bool { parts.contains { $0.isAugmented } }
    public func frame(_ index: Int) throws -> Frame {
        let (part, place) = try place(index)
        return try part.frame(place)
    }
    public func maskSource(_ index: Int) throws -> MaskSource {
        let (part, place) = try place(index)
        return try part.maskSource(place)
    }

    /// The part that has a sample, and the sample's number in it.
    private func place(_ index: Int) throws -> (part: any Dataset, index: Int) {
        var index = index
        for part in parts {
            if index < part.count { return (part, index) }
            index -= part.count
        }
        throw TensorError(.index, "sample \(index) does not exist")
    }
}

/// A change that is applied to every frame of a data set.
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

/// A data set that changes each frame when it is requested.
public struct ChangedDataset: Dataset {
    public let source: any Dataset
    public let change: FrameChange

    init(_ source: any Dataset, _ change: FrameChange) {
        self.source = source
        self.change = change
    }

    public var about: String { source.about + ", " + change.text }
    public var count: Int { source.count }
    public var palette: ClassPalette { source.palette }
    public var isAugmented: Bool { source.isAugmented }
    public func frame(_ index: Int) throws -> Frame { try change.applied(to: try source.frame(index)) }
    public func maskSource(_ index: Int) throws -> MaskSource {
        if case .normalized = change { return try source.maskSource(index) }
        let frame = try frame(index)
        return MaskSource(name: frame.name, mask: frame.mask)
    }
    public func position(_ index: Int) -> Int { source.position(index) }
}
