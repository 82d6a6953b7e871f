// Masks as COCO's run lengths; the texts are pycocotools'.

import SegTensor
import Testing

@testable import SegImaging

@Suite struct RunLengthTests {
    /// A mask of 7 × 5 with one class besides 0.
    private func mask() throws -> MaskImage {
        var bytes = [UInt8](repeating: 0, count: 35)
        for y in 1..<4 { for x in 2..<6 { bytes[y * 7 + x] = 1 } }
        (bytes[0], bytes[34]) = (1, 1)
        return try MaskImage(width: 7, height: 5, bytes: bytes)
    }

    @Test func theTextIsThatOfPycocotools() throws {
        let classes = try RunLengths.classes(of: mask())
        #expect(classes.map(\.number) == [0, 1])
        #expect(classes[1].runs.text == "01:2H000003N")
        #expect(classes[1].runs.area == 14)
        #expect(classes[1].runs.box == (0, 0, 7, 5))
        #expect(RunLengths.counts(in: "01:2H000003N") == classes[1].runs.counts)
    }

    @Test func classesAreDrawnAgain() throws {
        var bytes: [UInt8] = []
        var state: UInt32 = 7
        for _ in 0..<61 * 43 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let class3 = UInt8(state >> 30)
            bytes.append(class3 == 3 ? MaskImage.ignored : class3)
        }
        let mask = try MaskImage(width: 61, height: 43, bytes: bytes)
        var drawn = [UInt8](repeating: MaskImage.ignored, count: bytes.count)
        for (number, runs) in try RunLengths.classes(of: mask) {
            let counts = try #require(RunLengths.counts(in: runs.text))
            let read = try RunLengths(width: 61, height: 43, counts: counts)
            #expect(read == runs)
            try read.draw(UInt8(number), into: &drawn)
        }
        #expect(drawn == bytes)
    }

    @Test func countsThatDoNotFitAreRefused() throws {
        for counts in [[], [34], [36], [40, -5], [Int.max, Int.max]] {
            #expect(throws: (any Error).self) { try RunLengths(width: 7, height: 5, counts: counts) }
        }
        func message(_ counts: [Int]) -> String {
            do { return "\(try RunLengths(width: 4, height: 3, counts: counts))" } catch {
                return (error as? TensorError)?.message ?? "\(error)"
            }
        }
        #expect(message([2, 9]) == "the counts of a mask of 3 x 4 do not add up to its 12 pixels")
        #expect(message([14, -2]) == "counts[1] is -2, not a whole number from 0 to 12")
        // Each of the last is about 2^54 more than the one before the last.
        let sums = String(repeating: "oooooooooo?", count: 2000)
        for text in ["!", "p", "\u{e9}", String(repeating: "o", count: 99), sums] {
            #expect(RunLengths.counts(in: text) == nil)
        }
    }

    @Test func drawingCanBeInterrupted() throws {
        let runs = try RunLengths(width: 1 << 20, height: 256, counts: [0, 1 << 28])
        var (mask, polls) = ([UInt8](repeating: 0, count: 1 << 28), 0)
        #expect(throws: CancellationError.self) {
            try runs.draw(1, into: &mask) {
                polls += 1
                if polls == 3 { throw CancellationError() }
            }
        }
        #expect(mask[1] == 1 && mask[2] == 0)
    }
}
