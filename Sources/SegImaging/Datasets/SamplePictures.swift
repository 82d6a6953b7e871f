// Which samples of a data set are of the same picture: tiles, changed copies, repetitions. They are no independent
// evidence, and what several of them show counts several times.

import SegSystem
import SegTensor

public struct SamplePictures: Sendable {
    /// For each sample the number of its picture, in the order in which they first occur.
    public private(set) var numbers: [Int] = []
    /// How many different pictures there are.
    public private(set) var count = 0
    /// The pixels of the tiles, and those of them that another tile of the same picture shows, too.
    public private(set) var pixels = 0
    public private(set) var repeated = 0

    public init(_ data: any Dataset) throws {
        try MemoryBudget.process.require(
            try (Size(data.count) * (4 * MemoryLayout<Int>.stride)).value,
            for: "a list of the pictures of \(data.count) samples")
        var known: [FrameOrigin: Int] = [:]
        var areas: [[PictureWindow]] = []
        numbers.reserveCapacity(data.count)
        for index in 0..<data.count {
            if index & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
            let origin = data.origin(index)
            let number = known[origin] ?? known.count
            if number == known.count {
                known[origin] = number
                areas.append([])
            }
            numbers.append(number)
            if let area = data.area(index) { areas[number].append(area) }
        }
        count = known.count
        for (number, own) in areas.enumerated() where !own.isEmpty {
            if number & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
            let all = own.reduce(0) { $0 + $1.height * $1.width }
            pixels += all
            repeated += all - Self.covered(own)
        }
    }

    /// How many pixels some rectangles cover together: they are cut along all their sides.
    private static func covered(_ areas: [PictureWindow]) -> Int {
        guard areas.count > 1 else { return areas.reduce(0) { $0 + $1.height * $1.width } }
        let rows = Set(areas.flatMap { [$0.top, $0.top + $0.height] }).sorted()
        var sum = 0
        for (top, bottom) in zip(rows, rows.dropFirst()) {
            let spans = areas.filter { $0.top <= top && bottom <= $0.top + $0.height }
                .map { ($0.left, $0.left + $0.width) }.sorted { $0 < $1 }
            var end = Int.min
            for (left, right) in spans where right > end {
                sum += (bottom - top) * (right - max(left, end))
                end = right
            }
        }
        return sum
    }
}
