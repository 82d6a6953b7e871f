// All files of data sets are checked before they are used: one error names all that cannot be. What is decoded for
// it is kept for the first epoch.

import SegSystem
import SegTensor
import Synchronization

public enum FrameCheck {
    /// More pixels than this are not decoded beforehand; their files are only checked for being whole.
    static let pixelLimit = 200_000_000
    /// Frames that were found to be right in this process, by their content.
    private static let known = Mutex<Set<Digest>>([])

    /// Checks all frames of some data sets, each once however often it occurs; calls `interrupted` between groups
    /// of them.
    /// - Throws: the error of the only bad frame, or one that names all of them.
    public static func run(_ sets: [any Dataset], interrupted: () throws -> Void = {}) throws {
        var problems = FileProblems()
        // The same picture may have another mask, or be in data whose lines are the same.
        struct Key: Hashable {
            let origin: FrameOrigin
            let image: String?
            let mask: String?
        }
        var seen: Set<Key> = []
        var frames: [(data: any Dataset, index: Int)] = []
        var scripted: [(data: any Dataset, index: Int)] = []
        var pixels = 0
        for data in sets {
            for index in 0..<data.count {
                if index & 0x3f == 0 { try interrupted() }
                let files = data.files(index)
                let key = Key(origin: data.origin(index), image: files?.image, mask: files?.mask)
                guard seen.insert(key).inserted else { continue }
                do {
                    try data.checkFiles(index)
                    if data.runsScript {
                        scripted.append((data, index))
                        continue
                    }
                    let size = try data.size(index)
                    pixels += size.height * size.width
                    frames.append((data, index))
                } catch {
                    problems.add((try? data.name(index)) ?? "sample \(index)", error)
                }
            }
        }
        if pixels <= pixelLimit { try decode(frames, &problems, interrupted) }
        try runScripts(scripted, &problems, interrupted)
        try problems.raise(of: seen.count, "samples")
    }

    /// Makes the frames of scripts, on the thread of the script, as many as are decoded of files.
    private static func runScripts(
        _ all: [(data: any Dataset, index: Int)], _ problems: inout FileProblems,
        _ interrupted: () throws -> Void
    ) throws {
        var pixels = 0
        for (data, index) in all where pixels <= pixelLimit {
            try interrupted()
            do {
                let frame = try data.frame(index)
                pixels += frame.height * frame.width
                try PixelCounts.checkLabels(
                    try PixelCounts.histogram(try frame.mask()), data.palette, frame.name)
                // Whole numbers beyond bytes, and floats that are not finite.
                if frame.floats == nil { _ = try frame.image() }
                guard try frame.imageTensor().hasOnlyFiniteValues() else {
                    throw TensorError(
                        .value, "the picture of \(frame.name) has values that are infinite or not a number")
                }
            } catch {
                if let ended = error as? any ExplainedError, ended.endsWork { throw error }
                problems.add((try? data.name(index)) ?? "sample \(index)", error)
            }
        }
    }

    private static func decode(
        _ all: [(data: any Dataset, index: Int)], _ problems: inout FileProblems,
        _ interrupted: () throws -> Void
    ) throws {
        let step = 2 * Parallel.threads
        // An interrupt ends the drawing of a large picture on the other threads, too.
        let context = EvaluationContext.current
        for start in stride(from: 0, to: all.count, by: step) {
            try interrupted()
            var frames: [(frame: Frame, palette: ClassPalette)] = []
            for (data, index) in all[start..<min(start + step, all.count)] {
                do { frames.append((try data.frame(index).kept(), data.palette)) } catch {
                    problems.add((try? data.name(index)) ?? "sample \(index)", error)
                }
            }
            frames.removeAll { item in known.withLock { $0.contains(item.frame.content) } }
            let failures = Mutex<[Int: any Error]>([:])
            let checked = frames
            Parallel.run(checked.count) { place in
                let (frame, palette) = checked[place]
                do {
                    try EvaluationContext.$current.withValue(context) {
                        _ = try frame.image()
                        try PixelCounts.checkLabels(
                            try PixelCounts.histogram(try frame.mask()), palette, frame.name)
                    }
                    known.withLock { _ = $0.insert(frame.content) }
                } catch { failures.withLock { $0[place] = error } }
            }
            for place in checked.indices {
                if let error = failures.withLock({ $0[place] }) {
                    problems.add(checked[place].frame.name, error)
                }
            }
        }
    }
}

extension Frame {
    /// Identifies picture and mask.
    fileprivate var content: Digest {
        var builder = DigestBuilder()
        builder.add(imageDigest)
        builder.add(maskDigest)
        return builder.finish()
    }
}
