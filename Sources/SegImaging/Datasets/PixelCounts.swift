// Pixels per class over a data set, as exact integers.

import SegTensor
import Synchronization

/// The class counts of the masks of a data set.
public struct PixelCounts: Sendable {
    /// Pixels of each class.
    public private(set) var pixels: [Int]
    /// Pixels of all pictures that contain the class, for median frequency.
    public private(set) var pixelsWith: [Int]
    /// Pictures that contain the class.
    public private(set) var pictures: [Int]

    /// Counts that are already known.
    public init(pixels: [Int], pixelsWith: [Int], pictures: [Int]) throws {
        guard pixels.count == pixelsWith.count, pixels.count == pictures.count else {
            throw TensorError(
                .value,
                "counts of \(pixels.count), \(pixelsWith.count) and \(pictures.count) classes do not match")
        }
        self.pixels = pixels
        self.pixelsWith = pixelsWith
        self.pictures = pictures
    }

    /// Reads all masks, several at once; calls `interrupted` between groups of them.
    public init(_ data: any Dataset, interrupted: () throws -> Void = {}) throws {
        let classes = data.palette.count
        pixels = [Int](repeating: 0, count: classes)
        pixelsWith = pixels
        pictures = pixels
        // Small groups, so that an interrupt takes effect soon.
        let step = 2 * Parallel.threads
        for start in stride(from: 0, to: data.count, by: step) {
            try interrupted()
            let frames = try (start..<min(start + step, data.count)).map { try data.frame($0) }
            let results = Mutex<[Int: Result<[Int], any Error>]>([:])
            Parallel.run(frames.count) { index in
                let counts = Result { try Self.histogram(try frames[index].mask()) }
                results.withLock { $0[index] = counts }
            }
            for index in frames.indices {
                guard let counts = try results.withLock({ $0[index] })?.get() else { continue }
                let size = counts.reduce(0, +)
                for c in 0..<classes where counts[c] > 0 {
                    pixels[c] += counts[c]
                    pixelsWith[c] += size
                    pictures[c] += 1
                }
            }
        }
    }

    private static func histogram(_ mask: MaskImage) throws -> [Int] {
        var counts = [Int](repeating: 0, count: 256)
        mask.bytes.withUnsafeBufferPointer { bytes in
            counts.withUnsafeMutableBufferPointer { counts in
                for byte in bytes { counts[Int(byte)] += 1 }
            }
        }
        // `ignored` is not a class.
        counts[Int(MaskImage.ignored)] = 0
        return counts
    }
}
