// Views of data sets: a subset of the frames, several sets in a row, the same change to every frame, tiles.

import SegSystem
import SegTensor

/// Some frames of another data set, in any order.
public struct Subset: DatasetView {
    public var source: any Dataset
    public let indices: [Int]
    public let views: ViewCount

    /// - Throws: if an index is not in the source.
    public init(_ source: any Dataset, _ indices: [Int]) throws {
        if let stray = indices.first(where: { $0 < -source.count || $0 >= source.count }) {
            throw TensorError(.index, "sample \(stray) of \(source.count) does not exist")
        }
        self.source = source
        views = try ViewCount(over: source)
        self.indices = indices.map { $0 < 0 ? $0 + source.count : $0 }
    }

    public var count: Int { indices.count }
    public func sourceIndex(_ index: Int) -> Int { indices[index] }
    public func frame(_ index: Int) throws -> Frame { try source.frame(indices[index]) }
    public func maskSource(_ index: Int) throws -> MaskSource { try source.maskSource(indices[index]) }
}

/// One data set after another.
public struct Concatenation: Dataset {
    public private(set) var parts: [any Dataset]
    public let count: Int
    public let views: ViewCount
    public let isAugmented: Bool
    public let runsScript: Bool
    public let redraws: Bool
    /// The number of the first frame of each part.
    private let starts: [Int]
    /// What its parts say about themselves, each once.
    private let sources: [String]
    private static let sourcesShown = 4
    /// What differs between the parts and does not prevent the concatenation.
    public let notes: [String]

    /// - Parameter isKnown: whether the parts were joined before, as those of a saved file: no picture is asked for its size.
    /// - Throws: if there is none, their classes differ, or some are normalised and others are not.
    public init(_ parts: [any Dataset], isKnown: Bool = false) throws {
        guard let first = parts.first else { throw TensorError(.value, "concat needs at least one data set") }
        var notes: [String] = []
        for part in parts.dropFirst() {
            try AxisLabels.check(
                first.palette.names, of: "the first data set", against: part.palette.names,
                of: "another one")
            guard part.normalization == first.normalization else {
                throw TensorError(
                    .value,
                    part.normalization == nil || first.normalization == nil
                        ? "concat: some of the data sets are normalised and others are not"
                        : "concat: the data sets are normalised by different numbers",
                    help: "concat first, then normalize: concat(a, b).normalize()")
            }
            if part.palette.colors != first.palette.colors {
                let differing = zip(first.palette.names, zip(first.palette.colors, part.palette.colors))
                    .filter { $1.0 != $1.1 }.map(\.0)
                notes.append(
                    "concat: the colours of \(differing.prefix(4).joined(separator: ", "))\(differing.count > 4 ? ", …" : "") differ between the data sets; pictures show those of the first"
                )
            }
        }
        let sizes = isKnown ? [] : try parts.filter { $0.count > 0 }.map { try $0.size(0) }
        if let size = sizes.first, let other = sizes.first(where: { $0 != size }) {
            notes.append(
                "concat: pictures of \(sizeText(height: size.height, width: size.width)) and of \(sizeText(height: other.height, width: other.width)); resize, crop or tiles makes them one size for batches"
            )
        }
        self.parts = parts
        self.notes = notes
        views = try ViewCount(over: parts)
        var starts: [Int] = []
        var total = Size(0)
        for part in parts {
            starts.append(total.value)
            total = try total + part.count
        }
        self.starts = starts
        count = total.value
        isAugmented = parts.contains { $0.isAugmented }
        runsScript = parts.contains { $0.runsScript }
        redraws = parts.contains { $0.redraws }
        var sources: [String] = []
        for part in parts where sources.count <= Self.sourcesShown {
            for about in (part as? Concatenation)?.sources ?? [part.about] where !sources.contains(about) {
                sources.append(about)
            }
        }
        self.sources = sources
    }

    public var palette: ClassPalette { parts[0].palette }
    public var about: String {
        sources.prefix(Self.sourcesShown).joined(separator: " + ")
            + (sources.count > Self.sourcesShown ? " + …" : "")
    }
    public var normalization: Normalization? { parts[0].normalization }
    public func inEpoch(_ epoch: Int) throws -> any Dataset {
        redraws ? with(try parts.map { try $0.inEpoch(epoch) }) : self
    }
    /// The same of other forms of its parts.
    public func with(_ parts: [any Dataset]) -> Concatenation {
        var joined = self
        joined.parts = parts
        return joined
    }
    public func frame(_ index: Int) throws -> Frame {
        let (part, place) = try place(index)
        return try part.frame(place)
    }
    public func maskSource(_ index: Int) throws -> MaskSource {
        let (part, place) = try place(index)
        return try part.maskSource(place)
    }
    public func name(_ index: Int) throws -> String {
        let (part, place) = try place(index)
        return try part.name(place)
    }
    public func size(_ index: Int) throws -> (height: Int, width: Int) {
        let (part, place) = try place(index)
        return try part.size(place)
    }
    public func files(_ index: Int) -> FramePair? {
        guard let (part, place) = try? place(index) else { return nil }
        return part.files(place)
    }
    public func checkFiles(_ index: Int) throws {
        let (part, place) = try place(index)
        try part.checkFiles(place)
    }
    public func area(_ index: Int) -> PictureWindow? {
        guard let (part, place) = try? place(index) else { return nil }
        return part.area(place)
    }
    public func origin(_ index: Int) -> FrameOrigin {
        guard let (part, place) = try? place(index) else { return FrameOrigin(sequence: "", position: index) }
        return part.origin(place)
    }

    /// The part that has a sample, and the sample's number in it.
    private func place(_ index: Int) throws -> (part: any Dataset, index: Int) {
        guard index >= 0, index < count else {
            throw TensorError(.index, "sample \(index) does not exist")
        }
        // The last part that begins at it or before, by bisection; empty ones begin where the next one does.
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return (parts[low], index - starts[low])
    }
}

/// A change that is applied to every frame of a data set.
public enum FrameChange: Sendable {
    case resized(FrameSize)
    case normalized(Normalization)
    /// The middle part of this size.
    case cropped(height: Int, width: Int)
    /// At least this size, with a black, void border to the right and below.
    case padded(height: Int, width: Int)

    var text: String {
        switch self {
        case .resized(let size): size.text
        case .normalized: "normalised"
        case .cropped(let height, let width): "cropped to " + sizeText(height: height, width: width)
        case .padded(let height, let width): "padded to " + sizeText(height: height, width: width)
        }
    }

    func size(_ old: (height: Int, width: Int)) throws -> (height: Int, width: Int) {
        switch self {
        case .resized(let size): try size.size(height: old.height, width: old.width)
        case .normalized: old
        case .cropped(let height, let width): (height, width)
        case .padded(let height, let width): (max(height, old.height), max(width, old.width))
        }
    }

    func applied(to frame: Frame) throws -> Frame {
        switch self {
        case .resized(let size): return try frame.resized(size)
        case .normalized(let normalization):
            var frame = frame
            frame.normalization = normalization
            return frame
        case .cropped(let height, let width):
            // Halves go to the even neighbour, as in torchvision's center_crop.
            func start(_ outer: Int, _ inner: Int) -> Int {
                Int((Double(outer - inner) / 2).rounded(.toNearestOrEven))
            }
            return frame.window(
                PictureWindow(
                    top: start(frame.height, height), left: start(frame.width, width), height: height,
                    width: width))
        case .padded:
            let new = try size((frame.height, frame.width))
            return frame.window(PictureWindow(top: 0, left: 0, height: new.height, width: new.width))
        }
    }
}

/// A data set that changes each frame when it is requested.
public struct ChangedDataset: DatasetView {
    public var source: any Dataset
    public let change: FrameChange
    public let views: ViewCount

    /// - Parameter isKnown: whether the change was made before, as that of a saved file: no picture is asked for its size.
    /// - Throws: for a side that is not from 1 to 65,536, a crop larger than a frame, or pictures that are
    ///   normalised already.
    public init(_ source: any Dataset, _ change: FrameChange, isKnown: Bool = false) throws {
        let (name, sides): (String, [Int])
        switch change {
        case .resized(.exact(let height, let width)): (name, sides) = ("resize", [height, width])
        case .resized(.shorter(let length)): (name, sides) = ("resize", [length])
        case .cropped(let height, let width): (name, sides) = ("crop", [height, width])
        case .padded(let height, let width): (name, sides) = ("pad", [height, width])
        case .normalized:
            (name, sides) = ("normalize", [])
            if source.normalization != nil {
                throw TensorError(
                    .value, "normalize: the pictures are normalised already",
                    help: "normalize once, after all other changes")
            }
        }
        for side in sides where side < 1 || side > 65_536 {
            throw TensorError(
                .value, "\(name): a picture cannot have a side of \(side) pixels: it must be from 1 to 65,536"
            )
        }
        if case .cropped(let height, let width) = change, source.count > 0, !isKnown {
            let size = try source.size(0)
            guard height <= size.height, width <= size.width else {
                throw TensorError(
                    .value,
                    "crop: the pictures, of \(sizeText(height: size.height, width: size.width)), are smaller than \(sizeText(height: height, width: width))",
                    help: "pad(data, [h, w]) makes them larger")
            }
        }
        self.source = source
        self.change = change
        views = try ViewCount(over: source)
    }

    public var about: String { about(change.text) }
    public var normalization: Normalization? {
        if case .normalized(let normalization) = change { normalization } else { source.normalization }
    }
    public func size(_ index: Int) throws -> (height: Int, width: Int) {
        try change.size(try source.size(index))
    }
    public func frame(_ index: Int) throws -> Frame { try change.applied(to: try source.frame(index)) }
    public func maskSource(_ index: Int) throws -> MaskSource {
        if case .normalized = change { return try source.maskSource(index) }
        let frame = try frame(index)
        return MaskSource(name: frame.name, mask: frame.mask)
    }
}

/// The frames cut into tiles of one size, row by row. The last tile of a row or column ends at the border, so
/// that it overlaps more; where a frame is smaller than a tile, the rest of the tile is black and void.
public struct Tiles: DatasetView {
    public var source: any Dataset
    public let size: (height: Int, width: Int)
    public let overlap: Int
    public let views: ViewCount
    /// The source's frame, and the tile's corner.
    public typealias Place = (frame: Int, top: Int, left: Int)
    public let places: [Place]

    /// - Parameter places: where the tiles are, if that is known, as the sizes of what a script makes are not.
    public init(
        _ source: any Dataset, height: Int, width: Int, overlap: Int, places: [Place]? = nil
    ) throws {
        guard (1...65_536).contains(height), (1...65_536).contains(width) else {
            throw TensorError(
                .value,
                "tiles: a tile cannot be \(sizeText(height: height, width: width)): sides are from 1 to 65,536"
            )
        }
        guard overlap >= 0, overlap < min(height, width) else {
            throw TensorError(
                .value, "tiles: overlap is \(overlap); it must be from 0 to \(min(height, width) - 1)")
        }
        self.source = source
        views = try ViewCount(over: source)
        size = (height, width)
        self.overlap = overlap
        self.places = try places ?? Tiles.places(source, height: height, width: width, overlap: overlap)
    }

    private static func places(_ source: any Dataset, height: Int, width: Int, overlap: Int) throws -> [Place]
    {
        func starts(_ side: Int, _ part: Int) -> [Int] {
            guard side > part else { return [0] }
            return Array(stride(from: 0, to: side - part, by: part - overlap)) + [side - part]
        }
        var places: [Place] = []
        for frame in 0..<source.count {
            if frame & 0x3f == 0 { try EvaluationContext.current.checkInterrupt() }
            let own = try source.size(frame)
            let (tops, lefts) = (starts(own.height, height), starts(own.width, width))
            if tops.count * lefts.count > 1000 || frame & 0x3f == 0 {
                try MemoryBudget.process.require(
                    (places.count + tops.count * lefts.count) * MemoryLayout<Place>.stride,
                    for: "a list of the tiles of \(source.count) samples")
            }
            for top in tops {
                try EvaluationContext.current.checkInterrupt()
                for left in lefts { places.append((frame, top, left)) }
            }
        }
        return places
    }

    public var count: Int { places.count }
    public var about: String {
        about(
            "in tiles of \(sizeText(height: size.height, width: size.width))"
                + (overlap > 0 ? " that overlap by \(overlap)" : ""))
    }
    public func sourceIndex(_ index: Int) -> Int { places[index].frame }
    public func size(_ index: Int) throws -> (height: Int, width: Int) { size }
    public func area(_ index: Int) -> PictureWindow? {
        let place = places[index]
        var area = PictureWindow(top: place.top, left: place.left, height: size.height, width: size.width)
        guard let outer = source.area(place.frame) else { return area }
        // A tile of a tile, unless that was resized.
        guard let own = try? source.size(place.frame), own == (outer.height, outer.width) else { return nil }
        area.top += outer.top
        area.left += outer.left
        return area
    }
    public func name(_ index: Int) throws -> String { named(try source.name(places[index].frame), index) }
    public func frame(_ index: Int) throws -> Frame {
        let place = places[index]
        // All tiles of a frame are cut from one decoded picture.
        var frame = try source.frame(place.frame).kept().window(
            PictureWindow(top: place.top, left: place.left, height: size.height, width: size.width))
        frame.name = named(frame.name, index)
        return frame
    }
    public func maskSource(_ index: Int) throws -> MaskSource {
        let frame = try frame(index)
        return MaskSource(name: frame.name, mask: frame.mask)
    }

    private func named(_ name: String, _ index: Int) -> String {
        "\(name)@\(places[index].top),\(places[index].left)"
    }
}
