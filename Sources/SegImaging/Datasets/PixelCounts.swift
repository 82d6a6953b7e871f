// Pixels per class over a data set, as exact integers.

import CKernels
import SegTensor
import Synchronization

extension Dataset {
    /// Differs as soon as one of the mask files is written again, or a script makes other masks. Very many are not
    /// looked at.
    public var maskStamp: Int {
        guard count <= 1_000_000 else { return 0 }
        var hasher = Hasher()
        for index in 0..<count {
            if runsScript, let made = try? frame(index), !made.isRedrawn { hasher.combine(made.maskDigest) }
            guard let pair = files(index) else { continue }
            hasher.combine(FileIdentity.stamp(pair.mask))
        }
        return hasher.finalize()
    }
}

/// The class counts of the masks of a data set.
public struct PixelCounts: Sendable {
    /// Pixels of each class.
    public private(set) var pixels: [Int]
    /// Pixels of all pictures that contain the class, for median frequency.
    public private(set) var pixelsWith: [Int]
    /// Pictures that contain the class.
    public private(set) var pictures: [Int]

    /// Pixels that are void.
    public private(set) var void: Int

    /// Counts that are already known.
    public init(pixels: [Int], pixelsWith: [Int], pictures: [Int], void: Int) throws {
        guard pixels.count == pixelsWith.count, pixels.count == pictures.count else {
            throw TensorError(
                .value,
                "counts of \(pixels.count), \(pixelsWith.count) and \(pictures.count) classes do not match")
        }
        self.pixels = pixels
        self.pixelsWith = pixelsWith
        self.pictures = pictures
        self.void = void
    }

    /// Reads all masks, several at once; calls `between` with the number of those read between groups of them. 255 is void: its pixels do
    /// not count anywhere. One error names all samples whose masks cannot be read or hold other labels.
    public init(_ data: any Dataset, between: (Int) throws -> Void = { _ in }) throws {
        let classes = data.palette.count
        pixels = [Int](repeating: 0, count: classes)
        pixelsWith = pixels
        pictures = pixels
        void = 0
        var problems = FileProblems()
        // Small groups, so that an interrupt takes effect soon.
        let step = 2 * Parallel.threads
        // An interrupt ends the drawing of a large mask on the other threads, too.
        let context = EvaluationContext.current
        for start in stride(from: 0, to: data.count, by: step) {
            try between(start)
            let sources = try (start..<min(start + step, data.count)).map { try data.maskSource($0) }
            let results = Mutex<[Int: Result<[Int], any Error>]>([:])
            let count = { @Sendable (index: Int) in
                let counts = Result {
                    try EvaluationContext.$current.withValue(context) {
                        try Self.histogram(try sources[index].mask())
                    }
                }
                results.withLock { $0[index] = counts }
            }
            // Tensors of a script are computed on its own thread.
            if data.runsScript { sources.indices.forEach(count) } else { Parallel.run(sources.count, count) }
            for index in sources.indices {
                guard let result = results.withLock({ $0[index] }) else { continue }
                var counts: [Int]
                do {
                    counts = try result.get()
                    void += counts[Int(MaskImage.ignored)]
                    // It is not a class.
                    counts[Int(MaskImage.ignored)] = 0
                    try Self.checkLabels(counts, data.palette, sources[index].name)
                } catch {
                    problems.add(sources[index].name, error)
                    continue
                }
                let size = counts.reduce(0, +)
                for c in 0..<classes where counts[c] > 0 {
                    pixels[c] += counts[c]
                    pixelsWith[c] += size
                    pictures[c] += 1
                }
            }
        }
        try problems.raise(of: data.count, "samples")
    }

    /// - Throws: for labels beyond the classes.
    static func checkLabels(_ counts: [Int], _ palette: ClassPalette, _ name: String) throws {
        let strays = counts.indices.filter {
            $0 >= palette.count && $0 != Int(MaskImage.ignored) && counts[$0] > 0
        }
        guard let first = strays.first else { return }
        let total = strays.reduce(0) { $0 + counts[$1] }
        throw TensorError(
            .value,
            "the mask of \(name) has \(total) pixel\(total == 1 ? "" : "s") with labels beyond the \(palette.count) classes (\(strays.prefix(8).map { "\($0)" }.joined(separator: ", "))\(strays.count > 8 ? ", …" : "")), the first is \(first)",
            help: "classes are numbered from 0 to \(palette.count - 1), 255 is void")
    }

    static func histogram(_ mask: MaskImage) throws -> [Int] {
        var counts = [Int](repeating: 0, count: 256)
        counts.withUnsafeMutableBufferPointer { counts in
            counts.withMemoryRebound(to: UInt.self) {
                image_count_bytes(mask.bytes, mask.bytes.count, $0.baseAddress)
            }
        }
        return counts
    }
}
