// Things along the kerb: parked cars, lamps, trees, signs and lights, and the people on the pavement.

extension StreetFrame {
    func drawPavement(_ side: StreetSide, of block: StreetBlock) {
        drawCrossing(side, of: block)
        drawParked(side, of: block)
        drawKerb(side, of: block)
        drawWalkers(side)
    }

    private func isNear(_ along: Double) -> Bool { along > -6 && along < Self.reach * 0.8 }

    /// The last position along the block that does not obstruct its crossing.
    private func clear(_ side: StreetSide, _ block: StreetBlock) -> Double {
        min(side.end - 3, (block.zebra?.lowerBound ?? side.end) - 3)
    }

    private func drawParked(_ side: StreetSide, of block: StreetBlock) {
        guard side.parking > 0 else { return }
        var plan = StreetDice(side.seed, 0xCA2)
        let filled = plan.between(0.3, 0.9)
        let end = clear(side, block)
        var along = side.start + 4
        var number = 0
        while along + 5.5 < end {
            var dice = StreetDice(side.seed, 0xCA3, number)
            let spot = along - cameraAlong
            if dice.chance(filled), isNear(spot) {
                let across = side.sign * (town.lane + 1.05 + dice.between(-0.08, 0.08))
                let roll = dice.unit()
                if roll < 0.04 {
                    drawTrailer(across, spot, dice: &dice)
                } else if roll < 0.075 {
                    let person = Person(&dice, child: false)
                    drawRider(person, across, spot + 2, phase: 0, motor: true, away: side.sign < 0)
                } else {
                    let kind = StreetVehicle.any(&dice)
                    let slack = max(0, 5.6 - kind.length) * dice.unit()
                    let placement =
                        side.sign < 0
                        ? Placement(across: across, along: spot + slack, heading: (0, 1))
                        : Placement(across: across, along: spot + slack + kind.length, heading: (0, -1))
                    drawVehicle(kind, at: placement, dice: &dice)
                }
            }
            along += 5.9
            number += 1
        }
    }

    /// A trailer or site machine: OtherMoving.
    func drawTrailer(_ across: Double, _ along: Double, dice: inout StreetDice) {
        let tint = dice.tint([
            Tint(0.78, 0.60, 0.12, 0), Tint(0.80, 0.78, 0.72, 0), Tint(0.30, 0.34, 0.30, 0),
        ])
        let height = dice.between(1.3, 2.3)
        box((across - 0.95)...(across + 0.95), 0.45...height, along...(along + 3), tint, .otherMoving)
        box(
            (across - 0.9)...(across + 0.9), 0...0.55, (along + 1.1)...(along + 1.8),
            Tint(0.05, 0.05, 0.05, 0),
            .otherMoving)
        box(
            (across - 0.05)...(across + 0.05), 0.35...0.5, (along - 1)...along, Tint(0.2, 0.2, 0.2, 0),
            .otherMoving)
        groundShadow((across - 0.95)...(across + 0.95), along...(along + 3), dark: 0.35)
        castShadow((across - 0.95)...(across + 0.95), along...(along + 3), height: height)
    }

    private func drawKerb(_ side: StreetSide, of block: StreetBlock) {
        var plan = StreetDice(side.seed, 0x2E2)
        let edge = side.sign * (side.kerb + 0.5)
        // Lamps.
        var lamp = StreetDice(seed, 0x1A9)
        let offset = plan.between(4, 30)
        var along = side.start + offset
        while along < side.end {
            if isNear(along - cameraAlong) {
                var own = lamp
                drawLamp(side.sign, edge, along - cameraAlong, dice: &own)
            }
            along += 33
        }
        _ = lamp.next()
        // Trees in the pavement.
        let shady = side.quarter == .shops ? 0.25 : (side.quarter == .park ? 0 : 0.5)
        if plan.chance(shady * (0.4 + town.green)) {
            let spacing = plan.between(9, 15)
            let height = plan.between(6, 9.5)
            along = side.start + 7
            var number = 0
            while along < side.end - 6 {
                var dice = StreetDice(side.seed, 0x2E3, number)
                if isNear(along - cameraAlong), dice.chance(0.85) {
                    let tall = height * dice.between(0.85, 1.15)
                    drawTree(side.sign * (side.kerb + 0.75), along - cameraAlong, height: tall, dice: &dice)
                }
                along += spacing
                number += 1
            }
        }
        // Signs, bollards, bins, bicycles.
        for number in 0..<6 {
            var dice = StreetDice(side.seed, 0x2E5, number)
            let spot = dice.between(side.start + 1, max(side.start + 1.5, side.end - 2)) - cameraAlong
            guard isNear(spot) else { continue }
            switch dice.unit() {
            case ..<0.34: drawSign(edge, spot, dice: &dice)
            case ..<0.60: drawClutter(side.sign * (side.frontage - 0.6), spot, dice: &dice)
            case ..<0.72: drawParkedBicycle(side.sign * (side.frontage - 0.5), spot, dice: &dice)
            case ..<0.82: drawClutter(side.sign * (side.kerb + 0.7), spot, dice: &dice)
            default: break
            }
        }
        if plan.chance(0.3) {
            let dark = plan.chance(0.6)
            for post in 0..<5 {
                let spot = side.start + 0.6 + 1.6 * Double(post) - cameraAlong
                if isNear(spot) { drawBollard(edge, spot, dark: dark) }
            }
        }
    }

    /// Traffic lights, and people who cross while the camera is still far away.
    private func drawCrossing(_ side: StreetSide, of block: StreetBlock) {
        guard let zebra = block.zebra else { return }
        let far = zebra.upperBound - cameraAlong + 0.5
        if block.lights, isNear(far) {
            // Red while people cross; the camera never has to stop.
            let state = far < 34 ? 0 : (far < 39 ? 1 : 2)
            drawTrafficLight(side.sign * (side.kerb + 0.42), far, state: state)
        }
        guard side.sign < 0 else { return }
        let distance = zebra.lowerBound - cameraAlong
        guard distance > -3, distance < 120 else { return }
        for number in 0..<3 {
            var dice = StreetDice(side.seed, 0x3EB, number)
            guard dice.chance(0.25 + 0.4 * town.busy) else { continue }
            let person = Person(&dice, child: dice.chance(0.12))
            let begin = dice.between(60, 90)
            let share = max(0, min(1, (begin - distance) / 38))
            let across = (side.kerb + 0.7) * (dice.chance(0.5) ? 1 - 2 * share : 2 * share - 1)
            drawPerson(
                person, across, distance + dice.between(0.4, 2.4), phase: share * 9,
                walking: share > 0 && share < 1)
        }
    }

    private func drawWalkers(_ side: StreetSide) {
        let length = side.end - side.start - 2
        guard length > 5 else { return }
        let crowd = side.quarter == .shops ? 1.6 : (side.quarter == .flats ? 0.8 : 0.45)
        let count = Int(length / 9 * town.busy * crowd + 0.6)
        for number in 0..<max(0, count) {
            var dice = StreetDice(side.seed, 0x3A1, number)
            let person = Person(&dice, child: dice.chance(0.1))
            let speed = dice.chance(0.15) ? 0 : dice.between(0.06, 0.11)
            // Walks to the end of the block and back.
            let walked = (dice.between(0, 2 * length) + speed * time) / (2 * length)
            let turn = walked - walked.rounded(.down)
            let along = side.start + 1 + length * (turn < 0.5 ? 2 * turn : 2 - 2 * turn) - cameraAlong
            guard isNear(along) else { continue }
            let lateral = side.sign * dice.between(side.kerb + 0.8, side.frontage - 0.5)
            drawPerson(
                person, lateral, along, phase: speed * time / 0.75 * 0.9 + dice.unit(), walking: speed > 0)
            let extra = dice.unit()
            if extra < 0.1 {
                drawCart(lateral + 0.45, along - 0.1, pram: extra < 0.06, dice: &dice)
            } else if extra < 0.2, !person.child {
                let child = Person(&dice, child: true)
                drawPerson(child, lateral + 0.5, along, phase: speed * time / 0.6, walking: speed > 0)
            }
        }
    }
}
