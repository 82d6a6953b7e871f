// COCO's form of a mask of one class: the lengths of runs of pixels, down the columns, alternately without and with the
// class, the first without (cocodataset.org/#format-data; github.com/cocodataset/cocoapi, maskApi.c).

import SegSystem
import SegTensor

public struct RunLengths: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public private(set) var counts: [Int] = []
    /// Left, top, width and height of the smallest box around the pixels.
    public private(set) var box = (x: 0, y: 0, width: 0, height: 0)

    public static func == (one: RunLengths, other: RunLengths) -> Bool {
        one.width == other.width && one.height == other.height && one.counts == other.counts
    }

    /// The number of pixels.
    public var area: Int { stride(from: 1, to: counts.count, by: 2).reduce(0) { $0 + counts[$1] } }

    /// The runs of a class so far: the place after the last, and the edges of its box.
    private struct Found {
        var counts: [Int] = []
        var (end, left, top, right, bottom) = (0, Int.max, Int.max, -1, -1)

        mutating func add(_ run: Range<Int>, height: Int) {
            counts.append(run.lowerBound - end)
            counts.append(run.count)
            end = run.upperBound
            let (first, last) = (run.lowerBound / height, (end - 1) / height)
            // A run over the end of a column has pixels at the top and at the bottom.
            left = min(left, first)
            right = max(right, last)
            top = first == last ? min(top, run.lowerBound % height) : 0
            bottom = first == last ? max(bottom, (end - 1) % height) : height - 1
        }
    }

    /// The pixels of each class of a mask, by class, without those that have none.
    /// - Parameter poll: called at each column; if it throws, there is no result.
    public static func classes(of mask: MaskImage, poll: () throws -> Void = {}) rethrows -> [(
        number: Int, runs: RunLengths
    )] {
        let (width, height) = (mask.width, mask.height)
        var found = [Found](repeating: Found(), count: 256)
        let count = width * height
        var (start, polled) = (0, 0)
        func value(_ place: Int) -> UInt8 { mask.bytes[place % height * width + place / height] }
        while start < count {
            if start >= polled {
                try poll()
                polled = start + max(height, 1 << 12)
            }
            let number = value(start)
            var end = start + 1
            while end < count, value(end) == number { end += 1 }
            if number != MaskImage.ignored { found[Int(number)].add(start..<end, height: height) }
            start = end
        }
        return found.enumerated().filter { !$1.counts.isEmpty }.map { number, entry in
            var runs = RunLengths(width: width, height: height)
            runs.counts = entry.counts
            if entry.end < count { runs.counts.append(count - entry.end) }
            runs.box = (entry.left, entry.top, entry.right - entry.left + 1, entry.bottom - entry.top + 1)
            return (number, runs)
        }
    }

    private init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// - Throws: if the counts are not those of a picture of the size.
    public init(width: Int, height: Int, counts: [Int]) throws {
        let pixels = try PictureSize.pixels(width, height)
        var rest = pixels
        if let place = counts.firstIndex(where: { $0 < 0 }) {
            throw TensorError(
                .value, "counts[\(place)] is \(counts[place]), not a whole number from 0 to \(pixels)")
        }
        for count in counts {
            guard count <= rest else { rest = -1; break }
            rest -= count
        }
        guard rest == 0 else {
            throw TensorError(
                .value,
                "the counts of a mask of \(sizeText(height: height, width: width)) do not add up to its \(pixels) pixels"
            )
        }
        self.width = width
        self.height = height
        self.counts = counts
    }

    /// Marks the pixels with a class.
    /// - Parameter poll: called at each column; if it throws, the mask is not complete.
    public func draw(_ number: UInt8, into mask: inout [UInt8], poll: () throws -> Void = {}) rethrows {
        var place = 0
        for (index, count) in counts.enumerated() {
            var (column, row, left) = (place / height, place % height, index % 2 == 1 ? count : 0)
            while left > 0 {
                try poll()
                let end = min(height, row + left)
                for at in row..<end { mask[at * width + column] = number }
                left -= end - row
                (column, row) = (column + 1, 0)
            }
            place += count
        }
    }

    // MARK: The counts as a text

    /// The counts as COCO's text: each less the one before the last, in groups of five bits, the lowest first.
    public var text: String {
        var bytes: [UInt8] = []
        for (place, count) in counts.enumerated() {
            var rest = place > 2 ? count - counts[place - 2] : count
            while true {
                var group = rest & 0x1f
                rest >>= 5
                let isLast = rest == (group & 0x10 != 0 ? -1 : 0)
                if !isLast { group |= 0x20 }
                bytes.append(UInt8(group + 48))
                if isLast { break }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The counts in COCO's text; nil if it is damaged.
    public static func counts(in text: String) -> [Int]? {
        var counts: [Int] = []
        var (number, shift) = (0, 0)
        for byte in text.utf8 {
            guard byte >= 48, byte < 48 + 64, shift < 55 else { return nil }
            let group = Int(byte) - 48
            number |= (group & 0x1f) << shift
            shift += 5
            if group & 0x20 != 0 { continue }
            if group & 0x10 != 0 { number |= -1 << shift }
            let sum = number.addingReportingOverflow(counts.count > 2 ? counts[counts.count - 2] : 0)
            guard !sum.overflow else { return nil }
            counts.append(sum.partialValue)
            (number, shift) = (0, 0)
        }
        return shift == 0 ? counts : nil
    }
}
