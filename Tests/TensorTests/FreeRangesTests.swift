// Free ranges of addresses against a plain set of addresses.

import Testing

@testable import SegTensor

@Suite struct FreeRangesTests {
    @Test func neighboursAreJoined() {
        var ranges = FreeRanges()
        for start in [10, 30, 20] as [UInt] { ranges.insert(.init(start: start, size: 10)) }
        #expect(ranges.all == [.init(start: 10, size: 30)])
        #expect(ranges.total == 30)
    }

    @Test func theBestFitIsCut() {
        var ranges = FreeRanges()
        ranges.insert(.init(start: 100, size: 50))
        ranges.insert(.init(start: 200, size: 20))
        #expect(ranges.take(15) == 200)
        #expect(ranges.take(60) == nil)
        #expect(ranges.all == [.init(start: 100, size: 50), .init(start: 215, size: 5)])
        #expect(ranges.takeLargest(atMost: 30) == .init(start: 100, size: 30))
        #expect(ranges.total == 25)
    }

    @Test func alignedPartsAreCutFromTheMiddle() {
        var ranges = FreeRanges()
        ranges.insert(.init(start: 3, size: 7))
        ranges.insert(.init(start: 13, size: 30))
        #expect(ranges.takeLargest(atMost: 19, alignment: 8) == .init(start: 16, size: 16))
        #expect(
            ranges.all == [.init(start: 3, size: 7), .init(start: 13, size: 3), .init(start: 32, size: 11)])
        #expect(ranges.takeLargest(atMost: 100, alignment: 8) == .init(start: 32, size: 8))
        #expect(ranges.takeLargest(atMost: 100, alignment: 8) == nil)
        #expect(ranges.total == 13)
    }

    /// No address is given out twice, and none is lost.
    @Test func randomRequestsAgreeWithASet() {
        var generator = SystemRandomNumberGenerator()
        var ranges = FreeRanges()
        ranges.insert(.init(start: 1, size: 500))
        var given: [FreeRanges.Range] = []
        for _ in 0..<3000 {
            if Bool.random(using: &generator),
                let start = ranges.take(Int.random(in: 1...40, using: &generator))
            {
                let free = ranges.all.map(\.start) + given.map(\.start)
                #expect(!free.contains(start))
                given.append(.init(start: start, size: 0))
                let size = 500 - ranges.total - given.reduce(0) { $0 + $1.size }
                given[given.count - 1].size = size
            } else if let place = given.indices.randomElement(using: &generator) {
                ranges.insert(given.remove(at: place))
            }
            var covered = Set<UInt>()
            for range in ranges.all + given {
                for address in range.start..<range.end { #expect(covered.insert(address).inserted) }
            }
            #expect(covered.count == 500)
            #expect(zip(ranges.all, ranges.all.dropFirst()).allSatisfy { $0.end < $1.start })
        }
    }
}
