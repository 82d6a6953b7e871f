// Folders of frames and masks: which files belong together, and what is missing. Only names and headers
// are read; pictures are decoded when they are needed. The known layouts are in FrameFolder+Layouts.

import SegSystem
import SegTensor

/// A frame and its mask, as files.
public struct FramePair: Sendable, Equatable {
    /// The frame's file name without its ending.
    public let name: String
    /// Paths.
    public let image: String
    public let mask: String

    public init(name: String, image: String, mask: String) {
        self.name = name
        self.image = image
        self.mask = mask
    }

    /// Width and height of frame and mask, from the files' headers. An error of kind `value` if they differ.
    public func size() throws -> (width: Int, height: Int) {
        let frame = try PictureFile.size(ofFile: image)
        let labels = try PictureFile.size(ofFile: mask)
        guard frame.width == labels.width, frame.height == labels.height else {
            let isTurned = frame.width == labels.height && frame.height == labels.width
            throw TensorError(
                .value,
                "\(mask) is \(sizeText(height: labels.height, width: labels.width)), but its frame \(image) is \(sizeText(height: frame.height, width: frame.width))",
                help: isTurned && PictureFile.orientation(image).swapsSides
                    ? "EXIF says that the frame is to be turned, as viewers show it; turn the mask too, or write the frame upright"
                    : "a mask has one value for each pixel of its frame")
        }
        return (frame.width, frame.height)
    }

    /// The decoded frame.
    public func readImage() throws -> RGBImage { try PictureFile.read(image) }

    /// The decoded mask.
    public func readMask(_ rule: MaskRule) throws -> MaskImage { try rule.readMask(mask) }

    /// A digest of the frame's file: the same bytes give the same digest, wherever the file is.
    public func imageDigest() throws -> Digest { try Self.digest(image) }

    /// A digest of the mask's file.
    public func maskDigest() throws -> Digest { try Self.digest(mask) }

    private static func digest(_ path: String) throws -> Digest {
        try FileReader.contents(of: path).withUnsafeBytes { Digest($0) }
    }
}

/// Frames with their masks in the order of their names, and what the masks mean.
public struct FrameFolder: Sendable {
    /// The folder, as the user named it.
    public let directory: String
    public let rule: MaskRule
    public let pairs: [FramePair]
    /// Notes for the user: that the built-in classes are used, masks without a frame.
    public let notes: [String]
    /// How many pixels are void because they are transparent, for the line; nil: none was found.
    let transparency: String?
    public var palette: ClassPalette { rule.palette }
    /// One line for the data set.
    public var about: String {
        let classes = plural(palette.count, "class")
        return "frames of \(directory), \(classes), \(rule.text)" + (transparency.map { ", \($0)" } ?? "")
    }

    public init(
        directory: String, rule: MaskRule, pairs: [FramePair], notes: [String] = [],
        transparency: String? = nil
    ) {
        self.directory = directory
        self.rule = rule
        self.pairs = pairs
        self.notes = notes
        self.transparency = transparency
    }

    /// A note where frames are turned or mirrored as EXIF says, in a way that keeps their size, and their masks are not:
    /// no size shows whether the masks were drawn on the turned pictures.
    static func noteOfTurns(_ pairs: [FramePair]) -> String? {
        let turned = pairs.filter { pair in
            let orientation = PictureFile.orientation(pair.image)
            guard orientation != .upright, PictureFile.orientation(pair.mask) == .upright else {
                return false
            }
            guard orientation.swapsSides, let size = try? pair.size() else { return !orientation.swapsSides }
            return size.width == size.height
        }
        guard let first = turned.first else { return nil }
        guard turned.count > 1 else {
            return
                "\(first.image) is turned or mirrored as EXIF says, its mask not: it fits only if it was drawn on the turned picture"
        }
        return
            "\(turned.count) frames, such as \(first.image), are turned or mirrored as EXIF says, their masks not: they fit only if they were drawn on the turned pictures"
    }

    /// Checks by the files' headers that every mask has its frame's size. Where one has not, the others are decoded,
    /// so that one error names all files that cannot be used.
    static func check(_ pairs: [FramePair], rule: () -> MaskRule?) throws {
        var problems = FileProblems()
        var whole: [FramePair] = []
        for pair in pairs {
            problems.collect(pair.mask) {
                _ = try pair.size()
                whole.append(pair)
            }
        }
        guard !problems.isEmpty else { return }
        let rule = rule()
        var pixels = 0
        for pair in whole where pixels <= FrameCheck.pixelLimit {
            problems.collect(pair.mask) {
                let size = try pair.size()
                pixels += size.width * size.height
                _ = try pair.readImage()
                if let rule { _ = try pair.readMask(rule) }
            }
        }
        try problems.raise(of: pairs.count, "pairs of frame and mask")
    }
}

/// Errors of single files, raised together.
struct FileProblems {
    private var found: [(file: String, error: any Error)] = []

    mutating func collect(_ file: String, _ work: () throws -> Void) {
        do { try work() } catch { found.append((file, error)) }
    }

    mutating func add(_ file: String, _ error: any Error) { found.append((file, error)) }

    var isEmpty: Bool { found.isEmpty }

    /// Throws the only error, or one that names all files, with the reason where it is another; interrupts and lack of memory go before.
    func raise(of count: Int, _ things: String) throws {
        guard let first = found.first else { return }
        for case let error as any ExplainedError in found.map(\.error) where error.endsWork { throw error }
        let help = TensorError(anyError: first.error)?.help
        let others = found.dropFirst().enumerated().map { place, problem in
            // The same help is the same sort of mistake. A few reasons are enough.
            guard place < 6, let error = TensorError(anyError: problem.error),
                help == nil || error.help != help
            else { return problem.file }
            let isNamed = error.message.contains(problem.file)
            let reason = error.message.count > 110 ? "\(error.message.prefix(108))…" : error.message
            return isNamed ? reason : "\(problem.file) (\(reason))"
        }
        guard !others.isEmpty, let error = TensorError(anyError: first.error) else { throw first.error }
        throw TensorError(
            error.kind,
            "\(found.count) of \(count) \(things) cannot be used: \(error.message); also \(Self.list(others, by: others.contains { $0.contains(" ") } ? "; " : ", "))",
            help: error.help)
    }

    /// Names for an error: all of them up to a screenful.
    static func list(_ names: [String], by separator: String = ", ") -> String {
        names.prefix(20).map { TextWidth.escaped($0) }.joined(separator: separator)
            + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }
}

extension TensorError {
    /// An error as a tensor error; nil for other kinds.
    fileprivate init?(anyError error: any Error) {
        if let known = error as? TensorError {
            self = known
        } else if let system = error as? SystemError {
            self.init(.file, system.message, help: system.help)
        } else if let other = error as? any ExplainedError {
            self.init(.value, other.message, help: other.help)
        } else {
            return nil
        }
    }
}
