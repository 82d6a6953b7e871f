// Draws what the plan of a block's side contains: houses, gardens and parks, by quarter.

extension StreetFrame {
    func drawSide(_ side: StreetSide, of block: StreetBlock) {
        drawPavement(side, of: block)
        switch side.quarter {
        case .shops: drawRow(side, shops: true)
        case .terrace: drawRow(side, shops: false)
        case .flats: drawFlats(side)
        case .villas: drawVillas(side)
        case .park: drawPark(side)
        case .yard: drawYard(side)
        }
        if side.openingBefore > 0 { drawSideStreet(side) }
    }

    /// Calls `draw` for each lot of a side with its random numbers, and its start and end relative to the
    /// camera.
    private func lots(
        _ side: StreetSide, width: ClosedRange<Double>, draw: (inout StreetDice, Double, Double) -> Void
    ) {
        var along = side.start
        var number = 0
        while along < side.end - 1 {
            var dice = StreetDice(side.seed, 0x107, number)
            var end = along + dice.between(width.lowerBound, width.upperBound)
            if side.end - end < width.lowerBound { end = side.end }
            if end > cameraAlong - 1, along < cameraAlong + Self.reach {
                draw(&dice, along - cameraAlong, end - cameraAlong)
            }
            along = end
            number += 1
        }
    }

    private func anyWall(_ dice: inout StreetDice) -> (Tint, Bool) {
        let brick = dice.chance(0.6)
        return (dice.tint(brick ? town.brick : town.plaster, vary: 0.05), brick)
    }

    private func anyTrim(_ dice: inout StreetDice) -> Tint {
        dice.tint([Tint(0.85, 0.84, 0.80, 0), Tint(0.70, 0.66, 0.58, 0), Tint(0.35, 0.33, 0.32, 0)])
    }

    private func anyRoof(_ dice: inout StreetDice) -> Tint {
        dice.tint([Tint(0.30, 0.30, 0.33, 0), Tint(0.45, 0.27, 0.20, 0), Tint(0.36, 0.32, 0.29, 0)])
    }

    // MARK: Quarters

    /// A closed row of houses: different shops, or a terrace of equal houses.
    private func drawRow(_ side: StreetSide, shops: Bool) {
        var plan = StreetDice(side.seed, 0x505)
        let (rowWall, rowBrick) = anyWall(&plan)
        let rowTrim = anyTrim(&plan)
        let rowRoof = anyRoof(&plan)
        let rowStoreys = 2 + plan.below(5) / 2
        let garden = shops ? 0.0 : (plan.chance(0.5) ? 2.2 : 0)
        let front = side.frontage + garden
        lots(side, width: shops ? 5.5...11 : 5...6.2) { dice, start, end in
            var house: House
            if shops {
                let (wall, brick) = self.anyWall(&dice)
                house = House(
                    storeys: 3 + dice.below(3), storey: dice.between(2.9, 3.4), ground: 3.6, wall: wall,
                    trim: self.anyTrim(&dice), brick: brick)
                house.shop = dice.chance(0.85)
                house.cell = dice.between(1.7, 2.6)
                house.openness = dice.between(0.42, 0.65)
                house.bands = dice.chance(0.3)
                house.pitched = dice.chance(0.4)
                house.roof = self.anyRoof(&dice)
            } else {
                house = House(
                    storeys: rowStoreys, ground: 2.9, wall: rowWall, trim: rowTrim, brick: rowBrick)
                if dice.chance(0.2) {
                    house.wall = dice.tint(self.town.plaster)
                    house.brick = false
                }
                house.cell = (end - start) / 2
                house.doorEvery = 2
                house.openness = 0.46
                house.pitched = true
                house.roof = rowRoof
                house.depth = 9
                house.chimney = dice.chance(0.7)
            }
            self.drawHouse(house, sign: side.sign, front: front, start: start, end: end, dice: &dice)
        }
        guard garden > 0 else { return }
        let kinds: [Boundary] = [.wall, .hedge, .lowWallAndRailing, .railing]
        let kind = kinds[plan.below(4)]
        lots(side, width: 5...6.2) { dice, start, end in
            var dice = StreetDice(side.seed, 0x6A4, Int(dice.next() >> 40))
            self.drawBoundary(
                kind, sign: side.sign, front: side.frontage, start: start + 0.1, end: end - 1.1, height: 0.85,
                dice: &dice)
            if dice.chance(0.35) {
                self.drawBush(
                    side.sign * (side.frontage + 1.1), (start + end) / 2 - 0.5, size: dice.between(0.5, 0.9),
                    dice: &dice)
            }
        }
    }

    private func drawFlats(_ side: StreetSide) {
        var plan = StreetDice(side.seed, 0xF1A)
        let setback = plan.chance(0.5) ? 0.6 : plan.between(3, 5)
        let front = side.frontage + setback
        lots(side, width: 14...26) { dice, start, end in
            let (wall, brick) = self.anyWall(&dice)
            var house = House(
                storeys: 4 + dice.below(4), storey: dice.between(2.8, 3.3), ground: 3.2, wall: wall,
                trim: self.anyTrim(&dice), brick: brick)
            house.depth = 13
            house.cell = dice.between(2.2, 3.4)
            house.openness = dice.between(0.45, 0.85)
            house.bands = dice.chance(0.5)
            house.doorEvery = 5
            house.blankFlank = dice.chance(0.4)
            self.drawHouse(house, sign: side.sign, front: front, start: start, end: end - 0.8, dice: &dice)
            guard setback > 2 else { return }
            var green = StreetDice(side.seed, 0xF1B, Int(dice.next() >> 40))
            for place in [0.2, 0.55, 0.85] where green.chance(0.6) {
                var own = StreetDice(green.next(), 1)
                let along = start + (end - start) * place
                if own.chance(0.45) {
                    self.drawTree(
                        side.sign * (side.frontage + 1.8), along, height: own.between(5, 8), dice: &own)
                } else {
                    self.drawBush(
                        side.sign * (side.frontage + 1.6), along, size: own.between(0.6, 1.2), dice: &own)
                }
            }
        }
    }

    private func drawVillas(_ side: StreetSide) {
        var plan = StreetDice(side.seed, 0x711A)
        let setback = plan.between(3, 6)
        let kinds: [Boundary] = [.hedge, .wall, .planks, .lowWallAndRailing, .planks]
        lots(side, width: 11...15) { dice, start, end in
            let (wall, brick) = self.anyWall(&dice)
            var house = House(
                storeys: 2, storey: 2.7, ground: 2.8, wall: wall, trim: self.anyTrim(&dice), brick: brick)
            house.depth = 9
            house.cell = dice.between(2.4, 3.2)
            house.openness = dice.between(0.45, 0.6)
            house.doorEvery = 3
            house.pitched = true
            house.roof = self.anyRoof(&dice)
            house.chimney = dice.chance(0.6)
            house.blankFlank = dice.chance(0.4)
            let gap = dice.between(2.8, 3.6)
            let kind = kinds[dice.below(kinds.count)]
            let height = kind == .planks ? 1.6 : dice.between(0.8, 1.6)
            var trees: [StreetDice] = []
            for _ in 0..<3 { trees.append(StreetDice(dice.next(), 2)) }
            var car = StreetDice(dice.next(), 3)
            var fence = StreetDice(dice.next(), 4)
            self.drawHouse(
                house, sign: side.sign, front: side.frontage + setback, start: start + 0.8, end: end - gap,
                dice: &dice)
            self.drawBoundary(
                kind, sign: side.sign, front: side.frontage, start: start + 0.2, end: end - gap,
                height: height,
                dice: &fence)
            for index in trees.indices {
                let along = start + (end - gap - start) * (0.15 + 0.3 * Double(index))
                if trees[index].chance(0.34) {
                    let height = trees[index].between(4.5, 8.5)
                    self.drawTree(
                        side.sign * (side.frontage + 0.45 * setback), along, height: height,
                        dice: &trees[index])
                } else if trees[index].chance(0.4) {
                    let size = trees[index].between(0.6, 1.1)
                    self.drawBush(side.sign * (side.frontage + 1.3), along, size: size, dice: &trees[index])
                }
            }
            if car.chance(0.5) {
                let kind = StreetVehicle.any(&car)
                self.drawVehicle(
                    kind,
                    at: Placement(
                        across: side.sign * (side.frontage + 1 + kind.length), along: end - gap / 2,
                        heading: (-side.sign, 0)), dice: &car)
            }
            // Tall trees behind the houses close the view.
            var back = StreetDice(side.seed, 0xBAC, Int(dice.next() >> 40))
            if back.chance(0.7) {
                self.drawTree(
                    side.sign * (side.frontage + setback + 13), end - 1.5, height: back.between(9, 13),
                    dice: &back)
            }
        }
    }

    private func drawPark(_ side: StreetSide) {
        var plan = StreetDice(side.seed, 0x9A2)
        let kinds: [Boundary?] = [.lowWallAndRailing, .railing, .lowWallAndRailing, .hedge, .wall, nil]
        let kind = kinds[plan.below(kinds.count)]
        let tall = plan.between(7, 13)
        if let kind {
            let height = kind == .wall ? plan.between(1.0, 1.7) : plan.between(1.2, 1.8)
            lots(side, width: 18...26) { dice, start, end in
                self.drawBoundary(
                    kind, sign: side.sign, front: side.frontage, start: start, end: end - 0.05,
                    height: height,
                    dice: &plan)
            }
        }
        for row in 0..<4 {
            var number = 0
            var along = side.start + 2 + Double(row % 2) * 3
            while along < side.end - 1 {
                var dice = StreetDice(side.seed, 0x9A3 + UInt64(row), number)
                let spot = along + dice.between(-1.5, 1.5) - cameraAlong
                let across = side.sign * (side.frontage + 2.6 + 6.2 * Double(row) + dice.between(-1, 1))
                if spot > -4, spot < Self.reach {
                    if dice.chance(0.8) {
                        let height = tall * dice.between(0.75, 1.2) + Double(row)
                        drawTree(across, spot, height: height, dice: &dice)
                    } else {
                        let size = dice.between(0.7, 1.6)
                        drawBush(across, spot, size: size, dice: &dice)
                    }
                }
                along += 7 + 1.5 * Double(row)
                number += 1
            }
        }
    }

    /// A long wall or fence, with trees and the backs of buildings behind it.
    private func drawYard(_ side: StreetSide) {
        var plan = StreetDice(side.seed, 0x9A4D)
        let kind: Boundary = plan.chance(0.55) ? .planks : .wall
        let height = plan.between(1.7, 2.5)
        lots(side, width: 14...20) { dice, start, end in
            var fence = StreetDice(side.seed, 0x9A4E)
            self.drawBoundary(
                kind, sign: side.sign, front: side.frontage, start: start, end: end, height: height,
                dice: &fence)
            var tree = StreetDice(dice.next(), 5)
            for place in [0.2, 0.7] {
                var own = StreetDice(tree.next(), 6)
                if own.chance(0.8) {
                    self.drawTree(
                        side.sign * (side.frontage + own.between(2.5, 5)), start + (end - start) * place,
                        height: own.between(6, 10), dice: &own)
                }
            }
            if dice.chance(0.25) {
                var board = StreetDice(dice.next(), 7)
                self.drawHoarding(side.sign, side.frontage + 0.8, (start + end) / 2, dice: &board)
            }
            if dice.chance(0.75) {
                let (wall, brick) = self.anyWall(&dice)
                var house = House(
                    storeys: 2 + dice.below(3), wall: wall, trim: self.anyTrim(&dice), brick: brick)
                house.pitched = dice.chance(0.6)
                house.roof = self.anyRoof(&dice)
                house.blankFlank = false
                self.drawHouse(
                    house, sign: side.sign, front: side.frontage + 9, start: start + 1, end: end - 1,
                    dice: &dice)
            }
        }
    }

    // MARK: Side streets

    /// The things along the side street before a block: more houses or trees, and one that closes the view.
    private func drawSideStreet(_ side: StreetSide) {
        var dice = StreetDice(side.seed, 0x51D3)
        let start = side.start - cameraAlong
        let mouth = side.before - cameraAlong
        guard mouth < Self.reach * 0.7, start > -2 else { return }
        let built = side.quarter != .park && side.quarter != .yard
        var outward = side.frontage + (built ? 14 : 28)
        for _ in 0..<3 {
            var own = StreetDice(dice.next(), 8)
            let depth = own.between(9, 13)
            if own.chance(built ? 0.8 : 0.4) {
                let (wall, brick) = anyWall(&own)
                var house = House(
                    storeys: 2 + own.below(3), wall: wall, trim: anyTrim(&own), brick: brick)
                house.depth = depth
                house.blankFlank = false
                house.cell = own.between(2, 3)
                drawHouse(house, sign: side.sign, front: outward, start: start, end: start + 10, dice: &own)
            } else {
                let height = own.between(6, 10)
                drawTree(side.sign * (outward + depth / 2), start + 2.5, height: height, dice: &own)
            }
            outward += depth
        }
        var closing = StreetDice(dice.next(), 9)
        let (wall, brick) = anyWall(&closing)
        let house = House(storeys: 2 + closing.below(3), wall: wall, trim: anyTrim(&closing), brick: brick)
        drawHouse(
            house, sign: side.sign, front: side.frontage + 56, start: mouth - 18, end: mouth + 18,
            dice: &closing)
        var car = StreetDice(dice.next(), 10)
        if car.chance(0.4) {
            let kind = StreetVehicle.any(&car)
            drawVehicle(
                kind,
                at: Placement(
                    across: side.sign * (side.kerb + 1 + kind.length),
                    along: mouth + side.openingBefore * (side.sign > 0 ? -0.45 : 0.45),
                    heading: (-side.sign, 0)),
                dice: &car)
        }
        if car.chance(0.4) {
            let kind = StreetVehicle.any(&car)
            drawVehicle(
                kind,
                at: Placement(
                    across: side.sign * (side.kerb + car.between(9, 20)),
                    along: mouth + side.openingBefore * (side.sign > 0 ? 0.55 : -0.55),
                    heading: (side.sign, 0)),
                dice: &car)
        }
    }
}
