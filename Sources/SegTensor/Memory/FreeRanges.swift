// Ranges of addresses that are free for reuse. Neighbours are joined, and a request takes a part of the range that fits
// best, so that a step of other sizes than the one before needs no fresh memory.

/// Disjoint ranges in the order of their addresses, no two of them adjacent.
struct FreeRanges: Sendable {
    struct Range: Sendable, Equatable {
        var start: UInt
        var size: Int
        var end: UInt { start + UInt(size) }
    }

    private(set) var all: [Range] = []

    /// Bytes of all ranges.
    private(set) var total = 0

    /// Adds a range, joined with those that it touches.
    mutating func insert(_ range: Range) {
        total += range.size
        let place = index(after: range.start)
        var joined = range
        var taken = place..<place
        if place > 0, all[place - 1].end == range.start {
            joined = Range(start: all[place - 1].start, size: all[place - 1].size + joined.size)
            taken = (place - 1)..<place
        }
        if place < all.count, joined.end == all[place].start {
            joined.size += all[place].size
            taken = taken.lowerBound..<(place + 1)
        }
        all.replaceSubrange(taken, with: CollectionOfOne(joined))
    }

    /// The start of `size` bytes, cut from the smallest range that has as many.
    mutating func take(_ size: Int) -> UInt? {
        var best: Int?
        for (i, range) in all.enumerated()
        where range.size >= size && best.map({ range.size < all[$0].size }) != false {
            best = i
        }
        guard let best else { return nil }
        return cut(size, from: best)
    }

    /// Cuts at most `size` bytes from the largest range; given an `alignment`, whole multiples of it at such an address.
    mutating func takeLargest(atMost size: Int, alignment: Int = 1) -> Range? {
        func inner(_ place: Int) -> Range {
            let step = UInt(alignment)
            let (start, end) = ((all[place].start + step - 1) / step * step, all[place].end / step * step)
            return Range(start: start, size: end > start ? Int(end - start) : 0)
        }
        guard let place = all.indices.max(by: { inner($0).size < inner($1).size }) else { return nil }
        var range = inner(place)
        range.size = min(range.size, size / alignment * alignment)
        if range.size == 0 { return nil }
        let before = Range(start: all[place].start, size: Int(range.start - all[place].start))
        let after = Range(start: range.end, size: Int(all[place].end - range.end))
        all.replaceSubrange(place...place, with: [before, after].filter { $0.size > 0 })
        total -= range.size
        return range
    }

    private mutating func cut(_ size: Int, from place: Int) -> UInt {
        let start = all[place].start
        total -= size
        if all[place].size == size {
            all.remove(at: place)
        } else {
            all[place] = Range(start: start + UInt(size), size: all[place].size - size)
        }
        return start
    }

    /// How many ranges begin at or before `start`.
    private func index(after start: UInt) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].start <= start { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
