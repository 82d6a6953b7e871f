// People on foot and on two wheels: flat figures that face the camera, made of limbs, trunk and head.

extension StreetFrame {
    /// The clothes and the build of a figure.
    struct Person {
        var height: Double
        var coat: Tint
        var trousers: Tint
        var skin: Tint
        var hair: Tint
        var child: Bool

        init(_ dice: inout StreetDice, child: Bool) {
            self.child = child
            height = child ? dice.between(0.95, 1.3) : dice.between(1.58, 1.85)
            coat = dice.tint([
                Tint(0.13, 0.13, 0.16, 0), Tint(0.20, 0.22, 0.33, 0), Tint(0.55, 0.13, 0.13, 0),
                Tint(0.70, 0.68, 0.62, 0),
                Tint(0.33, 0.36, 0.25, 0), Tint(0.40, 0.30, 0.22, 0), Tint(0.62, 0.55, 0.20, 0),
                Tint(0.30, 0.42, 0.55, 0),
                Tint(0.45, 0.45, 0.47, 0),
            ])
            trousers = dice.tint([
                Tint(0.12, 0.13, 0.20, 0), Tint(0.10, 0.10, 0.11, 0), Tint(0.28, 0.32, 0.42, 0),
                Tint(0.42, 0.36, 0.28, 0),
            ])
            skin = dice.tint([
                Tint(0.80, 0.60, 0.50, 0), Tint(0.62, 0.44, 0.34, 0), Tint(0.38, 0.26, 0.20, 0),
            ])
            hair = dice.tint([
                Tint(0.14, 0.10, 0.08, 0), Tint(0.35, 0.24, 0.14, 0), Tint(0.60, 0.55, 0.48, 0),
            ])
        }
    }

    /// A quadrilateral on a board between two points, `w0` wide at the first and `w1` at the second.
    private func limb(
        _ board: StreetCanvas.Patch, _ a: (Double, Double), _ b: (Double, Double), _ w0: Double, _ w1: Double,
        _ tint: Tint, _ label: StreetClass, _ lift: Float
    ) {
        let dx = b.0 - a.0
        let dy = b.1 - a.1
        let length = (dx * dx + dy * dy).squareRoot()
        guard length > 0 else { return }
        let nx = -dy / length / 2
        let ny = dx / length / 2
        func at(_ p: (Double, Double), _ w: Double) -> Point {
            board.origin + board.u * (p.0 + nx * w) + board.v * (p.1 + ny * w)
        }
        let corners = [at(a, w0), at(b, w1), at(b, -w1), at(a, -w0)]
        canvas.fill(board, outline: corners, as: label, lift: lift, paint: FlatPaint(tint: tint))
    }

    /// A person who stands or walks; `phase` counts steps.
    func drawPerson(_ person: Person, _ across: Double, _ along: Double, phase: Double, walking: Bool) {
        let board = board(across, along)
        guard board.origin.z > 0.7, board.origin.z < 160 else { return }
        let label: StreetClass = person.child ? .child : .pedestrian
        let h = person.height
        let fall = light.falling(on: Point(0, 0.3, -0.95))
        let coat = person.coat * fall
        let trousers = person.trousers * fall
        let step = phase - phase.rounded(.down)
        // A triangle wave in -1...1.
        let swing = walking ? abs(step * 4 - 2) - 1 : 0.35
        let stride = 0.11 * h * swing
        limb(board, (0.04 * h, 0.47 * h), (0.05 * h + stride, 0.02), 0.10 * h, 0.07 * h, trousers, label, 0)
        limb(
            board, (-0.04 * h, 0.47 * h), (-0.05 * h - stride, 0.02), 0.10 * h, 0.07 * h, trousers * 0.85,
            label, 0)
        for foot in [0.05 * h + stride, -0.05 * h - stride] {
            limb(
                board, (foot - 0.045 * h, 0.02), (foot + 0.055 * h, 0.02), 0.04, 0.04,
                Tint(0.06, 0.05, 0.05, 0) * fall,
                label, 0.0005)
        }
        // Trunk: hips, then shoulders.
        limb(board, (0, 0.42 * h), (0, 0.66 * h), 0.19 * h, 0.22 * h, coat, label, 0.001)
        limb(board, (0, 0.66 * h), (0, 0.825 * h), 0.22 * h, 0.20 * h, coat * 1.04, label, 0.001)
        for side in [-1.0, 1.0] {
            limb(
                board, (side * 0.11 * h, 0.80 * h), (side * 0.13 * h - stride * side * 0.6, 0.47 * h),
                0.07 * h, 0.05 * h,
                coat * (side < 0 ? 0.82 : 0.92), label, 0.0015)
            disc(
                board, side * 0.13 * h - stride * side * 0.6, 0.455 * h, 0.026 * h, 0.03 * h, person.skin,
                label,
                lift: 0.0016)
        }
        let scale = person.child ? 1.3 : 1.0
        disc(board, 0, 0.915 * h, 0.058 * h * scale, 0.075 * h * scale, person.skin, label, lift: 0.002)
        disc(board, 0, 0.945 * h, 0.06 * h * scale, 0.05 * h * scale, person.hair, label, lift: 0.0025)
        groundShadow((across - 0.2)...(across + 0.2), (along - 0.15)...(along + 0.15), dark: 0.25)
        castShadow((across - 0.15)...(across + 0.15), (along - 0.1)...(along + 0.1), height: h * 0.9)
    }

    /// A pram or a suitcase beside a person.
    func drawCart(_ across: Double, _ along: Double, pram: Bool, dice: inout StreetDice) {
        let board = board(across, along)
        guard board.origin.z > 0.7, board.origin.z < 120 else { return }
        let tint = dice.tint([Tint(0.15, 0.16, 0.25, 0), Tint(0.45, 0.12, 0.14, 0), Tint(0.2, 0.22, 0.2, 0)])
        let fall = light.falling(on: Point(0, 0.3, -0.95))
        if pram {
            limb(board, (-0.35, 0.62), (0.25, 0.62), 0.34, 0.34, tint * fall, .cartLuggagePram, 0)
            disc(board, -0.2, 0.78, 0.27, 0.27, tint * 0.85, .cartLuggagePram, lift: 0.001)
            limb(
                board, (0.25, 0.62), (0.52, 0.98), 0.04, 0.04, Tint(0.3, 0.3, 0.3, 0) * fall,
                .cartLuggagePram, 0)
            for x in [-0.28, 0.2] {
                limb(
                    board, (x, 0.5), (x, 0.2), 0.04, 0.04, Tint(0.3, 0.3, 0.3, 0) * fall, .cartLuggagePram, 0)
                disc(board, x, 0.16, 0.16, 0.16, Tint(0.08, 0.08, 0.08, 0), .cartLuggagePram, lift: 0.001)
            }
        } else {
            limb(board, (0, 0.08), (0, 0.62), 0.42, 0.42, tint * fall, .cartLuggagePram, 0)
            limb(
                board, (0, 0.62), (0, 0.95), 0.22, 0.22, Tint(0.25, 0.25, 0.25, 0) * fall, .cartLuggagePram,
                -0.001)
        }
    }

    /// A cyclist or a motorcyclist seen from behind or from the front.
    func drawRider(
        _ person: Person, _ across: Double, _ along: Double, phase: Double, motor: Bool, away: Bool
    ) {
        let board = board(across, along)
        guard board.origin.z > 0.8, board.origin.z < 160 else { return }
        let label: StreetClass = motor ? .motorcycleScooter : .bicyclist
        let fall = light.falling(on: Point(0, 0.3, -0.95))
        let metal = Tint(0.12, 0.12, 0.13, 0) * fall
        let coat = person.coat * fall
        let trousers = person.trousers * fall
        let wheel = motor ? 0.16 : 0.07
        limb(board, (0, 0), (0, 0.68), wheel, wheel, metal * 0.6, label, 0)
        if motor {
            limb(board, (0, 0.35), (0, 0.85), 0.42, 0.36, person.coat * 0.7 * fall, label, 0.0005)
            disc(
                board, 0, 0.78, 0.1, 0.09, away ? Tint(0.8, 0.08, 0.06, 0) : Tint(1, 1, 0.9, 0), label,
                lift: 0.003)
        } else {
            limb(board, (0, 0.68), (0, 0.95), 0.05, 0.16, metal, label, 0)
            if !away { disc(board, 0, 0.86, 0.045, 0.045, Tint(1, 1, 0.9, 0), label, lift: 0.003) }
        }
        let turn = phase - phase.rounded(.down)
        let pedal = abs(turn * 4 - 2) - 1
        let seat = motor ? 0.82 : 0.98
        for side in [-1.0, 1.0] {
            let foot = motor ? 0.34 : 0.24 + 0.12 * pedal * side
            limb(
                board, (side * 0.10, seat), (side * 0.17, (seat + foot) / 2 + 0.08), 0.15, 0.12,
                trousers * (side < 0 ? 0.9 : 1), label, 0.001)
            limb(
                board, (side * 0.17, (seat + foot) / 2 + 0.08), (side * 0.13, foot), 0.12, 0.08,
                trousers * (side < 0 ? 0.9 : 1), label, 0.001)
            limb(
                board, (side * 0.13 - 0.05, foot), (side * 0.13 + 0.05, foot), 0.07, 0.07, metal * 0.6, label,
                0.0012)
        }
        limb(board, (0, seat - 0.06), (0, seat + 0.28), 0.33, 0.38, coat, label, 0.0015)
        limb(board, (0, seat + 0.28), (0, seat + 0.54), 0.40, 0.36, coat * 1.05, label, 0.0015)
        for side in [-1.0, 1.0] {
            limb(
                board, (side * 0.19, seat + 0.50), (side * 0.29, seat + 0.22), 0.11, 0.09, coat * 0.88, label,
                0.002)
            limb(
                board, (side * 0.29, seat + 0.22), (side * 0.26, 1.02), 0.08, 0.06, coat * 0.85, label, 0.001)
        }
        let helmet = motor ? person.coat * 0.5 + 0.1 : person.hair
        disc(board, 0, seat + 0.68, 0.095, 0.13, motor || away ? helmet : person.skin, label, lift: 0.0025)
        disc(board, 0, seat + 0.73, 0.105, 0.09, helmet, label, lift: 0.003)
        groundShadow((across - 0.2)...(across + 0.2), (along - 0.7)...(along + 0.7), dark: 0.25)
        castShadow((across - 0.2)...(across + 0.2), (along - 0.6)...(along + 0.6), height: 1.5)
    }

    /// A bicycle parked at the edge of the pavement, seen from its side: wheels are rings.
    func drawParkedBicycle(_ across: Double, _ along: Double, dice: inout StreetDice) {
        let patch = board(across, along)
        guard patch.origin.z > 0.8, patch.origin.z < 80 else { return }
        let fall = light.falling(on: Point(0, 0.3, -0.95))
        let frame =
            dice.tint([Tint(0.1, 0.1, 0.1, 0), Tint(0.5, 0.1, 0.1, 0), Tint(0.1, 0.25, 0.4, 0)]) * fall
        for x in [-0.5, 0.5] {
            var wheel = patch
            wheel.origin += patch.u * x + patch.v * 0.34
            wheel.u = patch.u * 0.34
            wheel.v = patch.v * 0.34
            canvas.fill(
                wheel, outline: rectangle(wheel, -1, -1, 1, 1), as: .bicyclist,
                paint: RingPaint(tint: Tint(0.06, 0.06, 0.06, 0) * fall))
        }
        let strokes: [((Double, Double), (Double, Double))] = [
            ((-0.5, 0.34), (-0.2, 0.82)), ((-0.2, 0.82), (0.35, 0.82)), ((0.35, 0.95), (0.5, 0.34)),
            ((-0.05, 0.34), (0.35, 0.82)), ((-0.05, 0.34), (-0.2, 0.9)), ((-0.5, 0.34), (-0.05, 0.34)),
            ((-0.3, 0.92), (-0.1, 0.92)), ((0.3, 0.98), (0.42, 1.0)),
        ]
        for (a, b) in strokes { limb(patch, a, b, 0.045, 0.045, frame, .bicyclist, 0.001) }
    }
}

/// A tyre: the rim of a disc of radius 1.
struct RingPaint: StreetPaint {
    var tint: Tint
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint { tint }
    @inline(__always) func covers(_ u: Float, _ v: Float) -> Bool {
        let r = u * u + v * v
        return r <= 1 && r >= 0.72
    }
}
