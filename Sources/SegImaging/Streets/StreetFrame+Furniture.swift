// Lamps, signs, traffic lights, bollards and bins.

extension StreetFrame {
    private var steel: Tint { Tint(0.40, 0.41, 0.42, 0) }

    /// A street lamp with an arm over the road.
    func drawLamp(_ sign: Double, _ across: Double, _ along: Double, dice: inout StreetDice) {
        let tint = dice.tint([
            Tint(0.30, 0.32, 0.33, 0), Tint(0.45, 0.46, 0.46, 0), Tint(0.13, 0.16, 0.15, 0),
        ])
        let height = dice.between(5.5, 8)
        post(across, along, from: 0, to: 1.1, width: 0.2, tint, .columnPole)
        post(across, along, from: 1.1, to: height, width: 0.13, tint, .columnPole)
        let board = board(across, along)
        guard board.origin.z > 0.5 else { return }
        let arm = -sign * 1.3
        let fall = light.falling(on: Point(0, 0, -1))
        solid(
            [
                board.origin + board.v * (height - 0.1),
                board.origin + board.u * arm + board.v * (height + 0.18),
                board.origin + board.u * arm + board.v * (height + 0.27),
                board.origin + board.v * (height + 0.02),
            ], tint, .columnPole)
        canvas.fill(
            board,
            outline: rectangle(board, min(arm, arm * 1.4), height + 0.1, max(arm, arm * 1.4), height + 0.28),
            as: .columnPole, paint: FlatPaint(tint: tint * fall * 0.8))
    }

    /// A traffic sign on its pole.
    func drawSign(_ across: Double, _ along: Double, dice: inout StreetDice) {
        let kind = dice.below(4)
        let low = dice.between(2.0, 2.4)
        post(across, along, from: 0, to: low + 0.5, width: 0.08, steel, .columnPole)
        let board = board(across, along)
        guard board.origin.z > 0.5, board.origin.z < 130 else { return }
        let fall = light.falling(on: Point(0, 0, -1))
        let red = Tint(0.75, 0.10, 0.10, 0)
        let white = Tint(0.92, 0.92, 0.90, 0)
        let blue = Tint(0.10, 0.25, 0.62, 0)
        let middle = low + 0.3
        switch kind {
        case 0:
            disc(board, 0, middle, 0.33, 0.33, red, .signSymbol, lift: 0.002)
            disc(board, 0, middle, 0.24, 0.24, white, .signSymbol, lift: 0.003)
            panel(
                board, -0.13, middle - 0.05, 0.13, middle + 0.05, Tint(0.1, 0.1, 0.1, 0), .signSymbol,
                lift: 0.004)
        case 1:
            disc(board, 0, middle, 0.31, 0.31, blue, .signSymbol, lift: 0.002)
            panel(board, -0.04, middle - 0.18, 0.04, middle + 0.2, white, .signSymbol, lift: 0.003)
        case 2:
            func triangle(_ size: Double, _ tint: Tint, _ lift: Float) {
                let corners = [(-size, -0.58 * size), (size, -0.58 * size), (0, 1.15 * size)].map {
                    board.origin + board.u * $0.0 + board.v * (middle + $0.1)
                }
                canvas.fill(
                    board, outline: corners, as: .signSymbol, lift: lift, paint: FlatPaint(tint: tint * fall))
            }
            triangle(0.40, red, 0.002)
            triangle(0.26, white, 0.003)
        default:
            panel(board, -0.28, middle - 0.36, 0.28, middle + 0.36, blue, .signSymbol, lift: 0.002)
            panel(board, -0.16, middle - 0.22, 0.16, middle + 0.2, white, .signSymbol, lift: 0.003)
        }
    }

    /// A traffic light for traffic from the camera's side; `state` 0 green, 1 amber, 2 red.
    func drawTrafficLight(_ across: Double, _ along: Double, state: Int) {
        post(across, along, from: 0, to: 3.4, width: 0.13, Tint(0.42, 0.43, 0.44, 0), .columnPole)
        let board = board(across, along)
        guard board.origin.z > 0.5, board.origin.z < 140 else { return }
        panel(board, -0.24, 2.35, 0.24, 3.5, Tint(0.05, 0.05, 0.055, 0), .trafficLight, lift: 0.003)
        let lamps = [Tint(0.15, 1.5, 0.9, 0), Tint(1.5, 0.85, 0.1, 0), Tint(1.6, 0.15, 0.1, 0)]
        for lamp in 0..<3 {
            let tint = lamp == state ? lamps[lamp] : lamps[lamp] * 0.10
            disc(
                board, 0, 2.58 + 0.345 * Double(lamp), 0.12, 0.12, tint, .trafficLight, lift: 0.005)
        }
    }

    func drawBollard(_ across: Double, _ along: Double, dark: Bool) {
        let tint = dark ? Tint(0.12, 0.12, 0.13, 0) : Tint(0.62, 0.60, 0.56, 0)
        post(across, along, from: 0, to: 0.95, width: 0.16, tint, .columnPole)
        groundShadow((across - 0.12)...(across + 0.12), (along - 0.12)...(along + 0.12), dark: 0.3)
    }

    /// Bins, boxes and cabinets, for which CamVid has no class.
    func drawClutter(_ across: Double, _ along: Double, dice: inout StreetDice) {
        let tint = dice.tint([
            Tint(0.14, 0.20, 0.16, 0), Tint(0.16, 0.16, 0.17, 0), Tint(0.30, 0.35, 0.30, 0),
        ])
        let width = dice.between(0.25, 0.45)
        let height = dice.between(0.8, 1.35)
        box(
            (across - width)...(across + width), 0...height, (along - width * 0.8)...(along + width * 0.8),
            tint, .void)
        box(
            (across - width - 0.03)...(across + width + 0.03), height...(height + 0.07),
            (along - width * 0.8 - 0.03)...(along + width * 0.8 + 0.03), tint * 0.7, .void)
        groundShadow(
            (across - width - 0.1)...(across + width + 0.1), (along - width)...(along + width), dark: 0.3)
    }

    /// A billboard with large letters.
    func drawHoarding(_ sign: Double, _ front: Double, _ along: Double, dice: inout StreetDice) {
        let width = dice.between(2.5, 4.5)
        let ground = dice.tint([
            Tint(0.75, 0.70, 0.60, 0), Tint(0.15, 0.25, 0.45, 0), Tint(0.65, 0.18, 0.15, 0),
        ])
        let left = sign < 0 ? -(front + width) : front
        let origin = view(left, 1.6, along)
        let patch = StreetCanvas.Patch(
            origin: origin, u: (view(left + width, 1.6, along) - origin) / width, v: turn(Point(0, 1, 0)))
        guard origin.z > 1, origin.z < 200 else { return }
        let fall = falling(on: patch)
        canvas.fill(
            patch, outline: rectangle(patch, 0, 0, width, 1.5), as: .miscText,
            paint: LetterPaint(
                ground: ground * fall, letters: (1 - ground) * fall, width: Float(width), height: 1.5,
                salt: dice.salt()))
        for x in [0.3, width - 0.3] {
            post(left + x, along + 0.05, from: 0, to: 1.6, width: 0.12, Tint(0.3, 0.25, 0.2, 0), .columnPole)
        }
    }
}
