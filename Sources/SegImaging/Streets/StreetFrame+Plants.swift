// Trees, hedges and shrubs, and the fences and walls around them.

/// An iron fence of upright bars: the whole area counts as fence, and the background shows through.
struct Railing {
    var patch: StreetCanvas.Patch
    var length: Double
    var low: Double
    var high: Double
    var tint: Tint
}

extension StreetFrame {
    /// A tree `height` metres tall; its crown consists of several clumps of leaves.
    func drawTree(_ across: Double, _ along: Double, height: Double, dice: inout StreetDice) {
        let radius = height * dice.between(0.26, 0.36)
        let stem = height * dice.between(0.25, 0.36)
        let tint = dice.tint(town.leaves, vary: 0.05)
        let bark = dice.tint([Tint(0.25, 0.20, 0.16, 0), Tint(0.33, 0.30, 0.26, 0)])
        let bare = town.leaves[0].y < 0.3 && dice.chance(0.6)
        let salt = dice.salt()
        guard along > -radius else {
            return
        }
        let crown = (stem + height) / 2
        let tallness = (height - stem) / 2
        // Leaves are lit from above and from the side of the sun.
        let sun = Point((light.sun * right).sum(), (light.sun * up).sum(), (light.sun * forward).sum())
        let strong = Float(1 - light.overcast)
        let lightU = Float(sun.x) * strong
        let lightV = Float(max(0.3, sun.y)) * (0.6 + 0.4 * strong)
        let fall = (light.skyTint + light.sunTint * 0.75) * 1.15
        let clumps = 9
        var places: [(Point, Double)] = []
        for index in 0..<clumps {
            let level = Double(index) / Double(clumps - 1) * 2 - 1
            let spread = (1 - 0.6 * level * level) * radius * 0.7
            let size = radius * dice.between(0.5, 0.72)
            let x = across + dice.between(-1, 1) * spread
            let z = along + dice.between(-1, 1) * spread
            places.append((view(x, crown + level * tallness * 0.72, z), size))
        }
        places.sort { $0.0.z < $1.0.z }
        for (index, (place, size)) in places.enumerated() where place.z > 0.6 {
            let patch = StreetCanvas.Patch(
                origin: place, u: Point(size, 0, 0), v: Point(0, size, 0))
            let paint = LeafPaint(
                tint: tint * fall * Float(1.06 - 0.03 * Double(index)), size: Float(size), lightU: lightU,
                lightV: lightV, salt: salt &+ UInt32(index &* 7), full: bare ? 0.8 : 1,
                focal: Float(canvas.focalY))
            canvas.fill(patch, outline: rectangle(patch, -1, -1, 1, 1), as: .tree, paint: paint)
        }
        post(across, along, from: 0, to: crown, width: max(0.16, height * 0.038), bark, .tree)
        // Two branches.
        let board = board(across, along)
        if board.origin.z > 0.5 {
            let thick = height * 0.012
            for lean in [-0.35, 0.3] {
                let corners = [
                    board.origin + board.v * (stem * 0.85) - board.u * thick,
                    board.origin + board.v * (stem * 0.85) + board.u * thick,
                    board.origin + board.v * crown + board.u * (lean * radius * 1.5 + thick),
                    board.origin + board.v * crown + board.u * (lean * radius * 1.5 - thick),
                ]
                solid(corners, bark * 0.9, .tree)
            }
        }
        crownShadow(across, along, radius: radius, height: crown, salt: salt)
    }

    private func crownShadow(_ across: Double, _ along: Double, radius: Double, height: Double, salt: UInt32)
    {
        guard light.overcast < 0.75, along < 80 else { return }
        let reach = height / max(0.2, light.sun.y)
        let x = across - light.sun.x * reach
        let z = along - light.sun.z * reach
        let long = radius * 1.25
        let middle = view(x, 0, z)
        let reachU = view(x + radius, 0, z) - middle
        let reachV = view(x, 0, z + long) - middle
        let corners = [
            middle - reachU - reachV, middle + reachU - reachV, middle + reachU + reachV,
            middle - reachU + reachV,
        ]
        shadows.append(Shadow(corners: corners, crown: (middle, reachU, reachV, salt)))
    }

    /// A bush: one or two clumps on the ground.
    func drawBush(_ across: Double, _ along: Double, size: Double, dice: inout StreetDice) {
        let tint = dice.tint([
            Tint(0.20, 0.31, 0.12, 0), Tint(0.28, 0.34, 0.15, 0), Tint(0.24, 0.27, 0.12, 0),
        ])
        let fall = (light.skyTint + light.sunTint * 0.7) * 1.15
        for _ in 0..<2 {
            let place = view(
                across + dice.between(-0.4, 0.4) * size, size * 0.55, along + dice.between(-0.3, 0.3))
            let salt = dice.salt()
            guard place.z > 0.6 else { continue }
            let patch = StreetCanvas.Patch(origin: place, u: Point(size, 0, 0), v: Point(0, size * 0.8, 0))
            let paint = LeafPaint(
                tint: tint * fall, size: Float(size), lightU: 0.1, lightV: 0.7, salt: salt, full: 1,
                focal: Float(canvas.focalY))
            canvas.fill(
                patch, outline: rectangle(patch, -1, -0.68, 1, 1), as: .vegetationMisc, paint: paint)
        }
    }

    /// The boundary of a plot towards the pavement.
    enum Boundary { case hedge, wall, planks, railing, lowWallAndRailing }

    func drawBoundary(
        _ kind: Boundary, sign: Double, front: Double, start: Double, end: Double, height: Double,
        dice: inout StreetDice
    ) {
        let length = end - start
        guard length > 0.2, end > 0.3 else { return }
        let salt = dice.salt()
        let foot = view(sign * front, 0, start)
        let patch = StreetCanvas.Patch(
            origin: foot, u: (view(sign * front, 0, end) - foot) / length, v: turn(Point(0, 1, 0)))
        let fall = falling(on: patch)
        let focal = Float(canvas.focalY)
        let thick = kind == .hedge ? 0.8 : 0.25
        let inner = min(sign * front, sign * (front + thick))
        let outer = max(sign * front, sign * (front + thick))
        switch kind {
        case .hedge:
            let tint = dice.tint([Tint(0.20, 0.32, 0.13, 0), Tint(0.26, 0.33, 0.14, 0)])
            canvas.fill(
                patch, outline: rectangle(patch, 0, 0, length, height), as: .vegetationMisc,
                paint: HedgePaint(tint: tint * fall * 1.1, height: Float(height), salt: salt, focal: focal))
            var tail = patch
            tail.u = (view(sign * (front + thick), 0, start) - foot) / thick
            let leaves = HedgePaint(
                tint: tint * falling(on: tail), height: Float(height), salt: salt ^ 3, focal: focal)
            canvas.fill(
                tail, outline: rectangle(tail, 0, 0, thick, height), as: .vegetationMisc, paint: leaves)
        case .wall:
            let tint = dice.tint(town.brick + [Tint(0.62, 0.60, 0.56, 0)])
            canvas.fill(
                patch, outline: rectangle(patch, 0, 0, length, height), as: .wall,
                paint: BrickPaint(tint: tint * fall, height: Float(height), focal: focal, salt: salt))
            box(inner...outer, 0...height, start...end, tint, .wall, lift: -0.001)
            castShadow(inner...outer, start...end, height: height)
        case .planks:
            let tint = dice.tint([
                Tint(0.45, 0.36, 0.27, 0), Tint(0.52, 0.48, 0.42, 0), Tint(0.36, 0.27, 0.20, 0),
            ])
            canvas.fill(
                patch, outline: rectangle(patch, 0, 0, length, height), as: .fence,
                paint: PlankPaint(tint: tint * fall, focal: focal, salt: salt))
            castShadow(inner...outer, start...end, height: height)
        case .railing, .lowWallAndRailing:
            let low = kind == .railing ? 0.0 : 0.55
            if low > 0 {
                let tint = dice.tint(town.brick + [Tint(0.60, 0.57, 0.52, 0)])
                canvas.fill(
                    patch, outline: rectangle(patch, 0, 0, length, low), as: .wall,
                    paint: BrickPaint(tint: tint * fall, height: Float(low), focal: focal, salt: salt))
            }
            let tint = dice.tint([
                Tint(0.10, 0.10, 0.11, 0), Tint(0.10, 0.17, 0.13, 0), Tint(0.35, 0.36, 0.37, 0),
            ])
            railings.append(Railing(patch: patch, length: length, low: low, high: height, tint: tint * fall))
        }
    }

    /// The background shows through railings, so they are drawn last, the most distant ones first.
    func drawRailings() {
        for railing in railings.sorted(by: { $0.patch.origin.z > $1.patch.origin.z }) {
            canvas.veil(
                railing.patch,
                outline: rectangle(railing.patch, 0, railing.low, railing.length, railing.high),
                as: .fence, top: Float(railing.high), tint: railing.tint)
        }
    }
}

extension StreetCanvas {
    /// Draws bars (every 0.14 m along u, rails near `top`) over the existing picture, and marks the outline.
    func veil(_ patch: Patch, outline: [Point], as label: StreetClass, top: Float, tint: Tint) {
        let label = label.rawValue
        scan(patch, outline: outline) { row, first, last, uz, vz, iz, du, dv, di in
            var k: Float = 0
            for i in (row + first)..<(row + last) {
                let nearness = iz + k * di
                if nearness > self.depth[i] {
                    let z = 1 / nearness
                    let u = (uz + k * du) * z
                    let v = (vz + k * dv) * z
                    let bar = u * (1 / 0.14)
                    let inBar = bar - Float(StreetNoise.floor(bar))
                    // Where bars are narrower than a pixel they are drawn as an even tint.
                    let step = abs(du - u * di) * z * (1 / 0.14)
                    let sharp = StreetNoise.clamp(1.6 - 2.5 * step)
                    let rail = abs(v - (top - 0.12)) < 0.025 || abs(v - (top - 1)) < 0.02
                    let solid: Float = rail ? 0.95 : (inBar < 0.26 ? 0.95 : 0.03)
                    let share = rail ? 0.9 : solid * sharp + 0.34 * (1 - sharp)
                    self.depth[i] = nearness
                    self.mask[i] = label
                    let bars = self.hazed(tint, nearness)
                    let behind = Self.unpack(self.colors[i])
                    self.colors[i] = Self.pack(behind + (bars - behind) * share)
                }
                k += 1
            }
        }
    }
}
