// The plan of a drawn town: a winding main street, divided into blocks by side streets, and the things along
// each side. All of it is computed from the seed and a block's number, so any stretch can be laid out without
// the ones before it.

/// The kind of surroundings on one side of a block.
enum StreetQuarter {
    case shops, terrace, flats, villas, park, yard
}

/// One side (left or right) of one block. Distances across are from the middle of the road, in metres;
/// `start` and `end` are along the road.
struct StreetSide {
    /// -1 left, 1 right.
    var sign: Double
    var quarter: StreetQuarter
    /// The edge of the road, including its parking lane.
    var kerb: Double
    /// Width of the parking lane, 0 if there is none.
    var parking: Double
    /// Parking bays with a different paving (ParkingBlock) instead of a lane.
    var bays: Bool
    var pavement: Double
    /// Half the width of the side street before and after the block; 0 if there is none.
    var openingBefore: Double
    var openingAfter: Double
    /// Centres of the side streets before and after.
    var before: Double
    var after: Double
    var seed: UInt64

    /// Where the pavement ends and the plots begin.
    var frontage: Double { kerb + pavement }
    /// Pavement along the side streets.
    var corner: Double { 2.2 }
    /// The extent of the plots.
    var start: Double { openingBefore > 0 ? before + openingBefore + corner : before }
    var end: Double { openingAfter > 0 ? after - openingAfter - corner : after }
}

struct StreetBlock {
    var start: Double
    var end: Double
    var left: StreetSide
    var right: StreetSide
    /// A zebra crossing before the end of the block, if any.
    var zebra: ClosedRange<Double>?
    var lights: Bool
}

struct StreetTown {
    let seed: UInt64
    /// Half the carriageway: one lane.
    let lane: Double
    /// The density of buildings, of green and of traffic in the town, from 0 to 1.
    let density: Double
    let green: Double
    let busy: Double
    let brick: [Tint]
    let plaster: [Tint]
    let asphalt: Tint
    let leaves: [Tint]
    let yellowLines: Bool
    let slabs: Tint

    init(seed: UInt64) {
        self.seed = seed
        var dice = StreetDice(seed, 0x70E7)
        lane = dice.between(2.75, 3.3)
        density = dice.between(0.3, 1)
        green = dice.between(0.25, 0.95)
        busy = dice.between(0.2, 1)
        let grey = Float(dice.between(0.32, 0.46))
        asphalt = Tint(grey * Float(dice.between(0.96, 1.05)), grey, grey * Float(dice.between(0.97, 1.1)), 0)
        let bricks = [
            Tint(0.50, 0.27, 0.20, 0), Tint(0.60, 0.40, 0.28, 0), Tint(0.67, 0.57, 0.40, 0),
            Tint(0.42, 0.30, 0.25, 0), Tint(0.55, 0.47, 0.40, 0),
        ]
        let first = dice.below(bricks.count)
        brick = [bricks[first], bricks[first], bricks[(first + 1 + dice.below(4)) % bricks.count]]
        plaster = [
            Tint(0.86, 0.83, 0.76, 0), Tint(0.80, 0.80, 0.80, 0), Tint(0.78, 0.68, 0.52, 0),
            Tint(0.66, 0.70, 0.74, 0),
            Tint(0.83, 0.73, 0.66, 0), Tint(0.62, 0.60, 0.56, 0),
        ]
        let seasons = [
            [Tint(0.19, 0.32, 0.11, 0), Tint(0.24, 0.38, 0.13, 0), Tint(0.30, 0.40, 0.14, 0)],
            [Tint(0.17, 0.27, 0.10, 0), Tint(0.20, 0.33, 0.14, 0), Tint(0.33, 0.36, 0.16, 0)],
            [Tint(0.42, 0.36, 0.13, 0), Tint(0.50, 0.30, 0.12, 0), Tint(0.27, 0.33, 0.12, 0)],
            [Tint(0.33, 0.27, 0.21, 0), Tint(0.36, 0.29, 0.22, 0), Tint(0.22, 0.29, 0.13, 0)],
        ]
        leaves = seasons[dice.below(seasons.count)]
        yellowLines = dice.chance(0.5)
        let pale = Float(dice.between(0.44, 0.60))
        slabs = Tint(pale * 1.03, pale, pale * Float(dice.between(0.9, 1)), 0)
    }

    /// The offset of the road's middle at `z` along. Its slope stays below 0.17.
    func middle(_ z: Double) -> Double {
        7.5 * StreetNoise.wander(z / 150, seed, 0xB0D) + 1.2 * StreetNoise.wander(z / 61, seed, 0xB1D)
    }

    private static let pitch = 92.0

    func boundary(_ number: Int) -> Double {
        var dice = StreetDice(seed, 0xB0, number)
        return Double(number) * Self.pitch + dice.between(-18, 18)
    }

    /// The blocks that overlap `from...to`.
    func blocks(from: Double, to: Double) -> [StreetBlock] {
        let first = Int((from / Self.pitch).rounded(.down)) - 1
        let last = Int((to / Self.pitch).rounded(.up)) + 1
        return (first...max(first, last)).map(block).filter { $0.end > from && $0.start < to }
    }

    /// Half the width of the side street at boundary `number` on a side; 0 if there is none.
    private func opening(_ number: Int, _ sign: Double) -> Double {
        var dice = StreetDice(seed, sign < 0 ? 0x0A : 0x0B, number)
        return dice.chance(0.62) ? dice.between(2.8, 3.9) : 0
    }

    func block(_ number: Int) -> StreetBlock {
        let start = boundary(number)
        let end = boundary(number + 1)
        var dice = StreetDice(seed, 0xB10C, number)
        let lights = dice.chance(0.45)
        let crossing = lights || dice.chance(0.25)
        let left = side(number, -1, start, end)
        let right = side(number, 1, start, end)
        let stop = min(left.end, right.end) - dice.between(3, 5)
        return StreetBlock(
            start: start, end: end, left: left, right: right,
            zebra: crossing ? (stop - 2.8)...stop : nil, lights: lights)
    }

    private func side(_ number: Int, _ sign: Double, _ start: Double, _ end: Double) -> StreetSide {
        var dice = StreetDice(seed, sign < 0 ? 0x51DE : 0x51DF, number)
        // The quarter changes along the drive and is similar on both sides, but not equal.
        let urban =
            density + 0.28 * StreetNoise.wander(Double(number) / 2.3, seed, 0xDE) + dice.between(-0.22, 0.22)
        let leafy = dice.unit() < 0.08 + 0.30 * green
        let quarter: StreetQuarter
        switch urban {
        case _ where leafy: quarter = dice.chance(0.62) ? .park : .yard
        case 0.62...: quarter = dice.chance(0.7) ? .shops : .flats
        case 0.40...: quarter = dice.chance(0.6) ? .terrace : (dice.chance(0.5) ? .flats : .shops)
        default: quarter = dice.chance(0.6) ? .villas : .terrace
        }
        let parking = dice.chance(0.33) ? 2.05 : 0.0
        return StreetSide(
            sign: sign, quarter: quarter, kerb: lane + parking, parking: parking,
            bays: parking > 0 && dice.chance(0.12), pavement: dice.between(2.6, 4.8),
            openingBefore: opening(number, sign), openingAfter: opening(number + 1, sign),
            before: start, after: end, seed: dice.next())
    }
}
