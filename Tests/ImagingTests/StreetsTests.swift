// The drawn streets: the same bytes every time, related neighbours, and classes as in real scenes.

import SegImaging
import Testing

extension StreetScene {
    /// A frame that nothing interrupts.
    fileprivate func whole(_ index: Int) throws -> (rgb: [UInt8], mask: [UInt8]) {
        try #require(frame(index))
    }
}

@Suite struct StreetsTests {
    /// Shares of the classes over frames of a few towns, at a size that is quick to draw.
    private func counts(seeds: ClosedRange<UInt64>, frames: [Int]) throws -> [Int] {
        var counts = [Int](repeating: 0, count: StreetClass.allCases.count)
        for seed in seeds {
            let scene = StreetScene(seed: seed, height: 72, width: 96)
            for index in frames {
                for label in try scene.whole(index).mask where Int(label) < counts.count {
                    counts[Int(label)] += 1
                }
            }
        }
        return counts
    }

    @Test func classesAreInCamVidsOrder() {
        #expect(StreetClass.allCases.count == 32)
        #expect(StreetClass.animal.rawValue == 0)
        #expect(StreetClass.bicyclist.rawValue == 2)
        #expect(StreetClass.columnPole.rawValue == 8)
        #expect(StreetClass.road.rawValue == 17)
        #expect(StreetClass.sky.rawValue == 21)
        #expect(StreetClass.void.rawValue == 30)
        #expect(StreetClass.wall.rawValue == 31)
    }

    @Test func aFrameDependsOnSeedAndIndexAlone() async throws {
        let scene = StreetScene(seed: 5, height: 40, width: 56)
        let first = try scene.whole(9)
        _ = try StreetScene(seed: 6, height: 24, width: 24).whole(3)
        let again = try await withThrowingTaskGroup(of: (rgb: [UInt8], mask: [UInt8]).self) { group in
            for _ in 0..<3 { group.addTask { try scene.whole(9) } }
            var frames: [(rgb: [UInt8], mask: [UInt8])] = []
            for try await frame in group { frames.append(frame) }
            return frames
        }
        for frame in again {
            #expect(frame.rgb == first.rgb)
            #expect(frame.mask == first.mask)
        }
        #expect(try scene.whole(200).mask != first.mask)
        #expect(try StreetScene(seed: 7, height: 40, width: 56).whole(9).mask != first.mask)
    }

    /// The drawing uses no library trigonometry, so these numbers hold on every machine.
    @Test func aFrameIsTheSameEverywhere() throws {
        let frame = try StreetScene(seed: 1, height: 48, width: 64).whole(0)
        #expect(fingerprint(frame.mask) == 0xDCBA_3377_262E_A3B0)
        #expect(fingerprint(frame.rgb) == 0x263F_EDCD_7260_FB9B)
    }

    private func fingerprint(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    @Test(arguments: [(1, 1), (16, 16), (33, 7), (60, 80), (65, 65), (300, 20)])
    func anySizeWorks(height: Int, width: Int) throws {
        let frame = try StreetScene(seed: 3, height: height, width: width).whole(11)
        #expect(frame.rgb.count == height * width * 3)
        #expect(frame.mask.count == height * width)
        #expect(frame.mask.allSatisfy { $0 < 32 })
    }

    @Test(arguments: [Int.min, -1, 1_000_000, Int.max])
    func anyIndexWorks(index: Int) throws {
        let mask = try StreetScene(seed: .max, height: 16, width: 16).whole(index).mask
        #expect(mask.allSatisfy { $0 < 32 })
    }

    @Test func aSmallFrameShowsTheSameSceneAsALargeOne() throws {
        let small = try StreetScene(seed: 4, height: 36, width: 48).whole(20).mask
        let large = try StreetScene(seed: 4, height: 108, width: 144).whole(20).mask
        var equal = 0
        for y in 0..<36 {
            for x in 0..<48 where small[y * 48 + x] == large[(3 * y + 1) * 144 + 3 * x + 1] { equal += 1 }
        }
        // The middle of three pixels is where the small frame looks: only rounding differs.
        #expect(Double(equal) > 0.97 * 36 * 48)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func neighboursAreNearlyTheSamePicture(seed: UInt64) throws {
        let scene = StreetScene(seed: seed, height: 60, width: 80)
        var previous = try scene.whole(30).mask
        for index in 31..<36 {
            let next = try scene.whole(index).mask
            let equal = zip(previous, next).count { $0 == $1 }
            #expect(Double(equal) > 0.85 * Double(next.count))
            previous = next
        }
    }

    @Test func classesComeAsInCamVid() throws {
        let counts = try counts(seeds: 1...4, frames: Array(stride(from: 0, to: 400, by: 40)))
        let total = Double(counts.reduce(0, +))
        func share(_ label: StreetClass) -> Double { Double(counts[Int(label.rawValue)]) / total }
        #expect(counts.count { $0 > 0 } >= 15)
        for absent: StreetClass in [.animal, .archway, .bridge, .trafficCone, .train, .tunnel] {
            #expect(share(absent) == 0)
        }
        #expect((0.2...0.42).contains(share(.road)))
        #expect((0.1...0.4).contains(share(.building)))
        #expect((0.05...0.3).contains(share(.tree)))
        #expect((0.04...0.25).contains(share(.sky)))
        #expect((0.02...0.15).contains(share(.sidewalk)))
        for rare: StreetClass in [
            .columnPole, .trafficLight, .signSymbol, .bicyclist, .pedestrian, .child, .cartLuggagePram,
            .miscText,
            .motorcycleScooter, .otherMoving,
        ] {
            #expect(share(rare) < 0.03)
        }
        #expect(share(.columnPole) > 0)
        #expect(share(.pedestrian) > 0)
    }
}
