// Moving traffic: cars ahead and oncoming, cyclists, motorcycles. Each lane is an endless belt of slots
// that moves at its own speed, so the traffic of any frame is computed without the frames before it.

extension StreetFrame {
    func drawTraffic() {
        // Ahead in the same lane: they keep their distance to the camera's mean speed, with some variation.
        let mean = 0.65 * time
        for slot in 1...6 {
            var dice = StreetDice(seed, 0xA4EAD, slot)
            guard dice.chance(0.30 + 0.35 * town.busy) else { continue }
            let distance =
                26.0 * Double(slot) + dice.between(-5, 5)
                + 9 * StreetNoise.wander(time / 160, seed, 0xA0 + UInt64(slot))
            let along = mean + distance - cameraAlong
            let braking = StreetNoise.wander(time / 12, seed, 0xB8 + UInt64(slot)) > 0.55
            drawMoving(
                Placement(across: -town.lane * 0.48, along: along, heading: (0, 1)), braking: braking,
                rare: 0.035,
                &dice)
        }
        belt(spacing: 23, speed: -0.38, purpose: 0x0C) { along, dice in
            guard dice.chance(0.18 + 0.42 * self.town.busy) else { return }
            self.drawMoving(
                Placement(across: self.town.lane * 0.5, along: along + 4, heading: (0, -1)), braking: false,
                rare: 0.07,
                &dice)
        }
        // Cyclists stay at the edge of the lane.
        belt(spacing: 16, speed: 0.5, purpose: 0xB1) { along, dice in
            guard dice.chance(0.12 + 0.33 * self.town.busy) else { return }
            let across = -self.town.lane + dice.between(0.55, 0.85)
            self.drawCyclist(across, along, away: true, &dice)
        }
        belt(spacing: 24, speed: -0.32, purpose: 0xB2) { along, dice in
            guard dice.chance(0.10 + 0.3 * self.town.busy) else { return }
            self.drawCyclist(self.town.lane - dice.between(0.5, 0.9), along, away: false, &dice)
        }
    }

    private func drawCyclist(_ across: Double, _ along: Double, away: Bool, _ dice: inout StreetDice) {
        let person = Person(&dice, child: false)
        drawRider(person, across, along, phase: time * 0.11 + dice.unit(), motor: false, away: away)
    }

    private func drawMoving(_ placement: Placement, braking: Bool, rare: Double, _ dice: inout StreetDice) {
        let roll = dice.unit()
        if roll < rare * 0.5 {
            let person = Person(&dice, child: false)
            drawRider(
                person, placement.across, placement.along, phase: 0.3, motor: true,
                away: placement.heading.1 > 0)
        } else if roll < rare {
            drawVehicle(.bus, at: placement, braking: braking, dice: &dice)
        } else if roll < rare * 1.6 {
            drawLorry(at: placement, dice: &dice)
        } else if roll > 0.985 {
            drawTrailer(placement.across, placement.along + min(0, 3 * placement.heading.1), dice: &dice)
        } else {
            let kind = StreetVehicle.any(&dice)
            drawVehicle(kind, at: placement, braking: braking, dice: &dice)
        }
    }

    /// Calls `draw` for the slots of a belt near the camera with their position along the road.
    private func belt(
        spacing: Double, speed: Double, purpose: UInt64, draw: (Double, inout StreetDice) -> Void
    ) {
        let origin = cameraAlong - speed * time
        let first = Int(((origin - 12) / spacing).rounded(.down))
        let last = Int(((origin + Self.reach) / spacing).rounded(.up))
        for slot in first...max(first, last) {
            var dice = StreetDice(seed, purpose, slot)
            let jitter = dice.between(-0.28, 0.28) * spacing
            draw(Double(slot) * spacing + jitter - origin, &dice)
        }
    }
}
