// One drawn frame: the position of the camera, and how the things of the street are drawn on the canvas.
// Coordinates of the street are (across, up, along): metres from the road's middle, above the ground, and
// ahead of the camera. The extensions in StreetFrame+*.swift each draw one kind of thing.

final class StreetFrame {
    let seed: UInt64
    let index: Int
    let time: Double
    let town: StreetTown
    let light: StreetLight
    let canvas: StreetCanvas
    /// Position along the road, from the start of the drive.
    let cameraAlong: Double
    /// Position across, in the town's plan and from the road's middle.
    let cameraX: Double
    let cameraAcross: Double
    let cameraHeight: Double
    let right: Point
    let up: Point
    let forward: Point
    /// The distance up to which things are drawn one by one.
    static let reach = 250.0

    /// A shadow on the ground, drawn after the ground.
    struct Shadow {
        var corners: [Point]
        /// Directly under a thing, `dark` darker than a shadow of the sun.
        var near = false
        var dark: Float = 0
        /// The shadow of a tree's crown: its middle and extent, and a salt for its gaps.
        var crown: (middle: Point, reachU: Point, reachV: Point, salt: UInt32)?
    }
    var shadows: [Shadow] = []
    /// Things with gaps, drawn after everything else.
    var railings: [Railing] = []

    init(seed: UInt64, index: Int, canvas: StreetCanvas) {
        self.seed = seed
        self.index = index
        time = Double(index)
        town = StreetTown(seed: seed)
        light = StreetLight(seed: seed, index: index)
        self.canvas = canvas
        canvas.haze = light.haze
        canvas.hazeDistance = light.hazeDistance

        // 0.65 m per frame on average, varying between 0.5 and 0.8.
        cameraAlong = 0.65 * time + 2 * StreetNoise.wander(time / 41, seed, 0xCA)
        cameraAcross = -0.48 * town.lane + 0.25 * StreetNoise.wander(time / 33, seed, 0xCB)
        cameraX = town.middle(cameraAlong) + cameraAcross
        cameraHeight = 1.35 + 0.02 * StreetNoise.wander(time / 3, seed, 0xCC)
        let ahead = cameraAlong + 14
        let slope =
            (town.middle(ahead) - town.middle(cameraAlong)) / 14 + 0.02
            * StreetNoise.wander(time / 27, seed, 0xCD)
        let pitch =
            0.006 * StreetNoise.wander(time / 4, seed, 0xCE) + 0.01
            * StreetNoise.wander(time / 31, seed, 0xCF)
        let level = (slope * slope + 1).squareRoot()
        let length = (level * level + pitch * pitch).squareRoot()
        forward = Point(slope / length, pitch / length, 1 / length)
        right = Point(1 / level, 0, -slope / level)
        up = Point(
            -forward.y * slope / level, (1 + slope * slope) / (level * length), -forward.y / level)
    }

    func draw() {
        drawTraffic()
        for block in town.blocks(from: cameraAlong - 8, to: cameraAlong + Self.reach) {
            drawSide(block.left, of: block)
            drawSide(block.right, of: block)
        }
        drawSky()
        drawGround()
        drawShadows()
        drawRailings()
    }

    // MARK: Places

    /// A position in the street, in camera coordinates.
    func view(_ across: Double, _ height: Double, _ along: Double) -> Point {
        let x = town.middle(cameraAlong + along) + across - cameraX
        return turn(Point(x, height - cameraHeight, along))
    }

    func turn(_ d: Point) -> Point {
        Point((d * right).sum(), (d * up).sum(), (d * forward).sum())
    }

    /// Converts a direction from camera coordinates to those of the town.
    func unturn(_ v: Point) -> Point { right * v.x + up * v.y + forward * v.z }

    /// The light on the side of a patch that faces the camera.
    func falling(on patch: StreetCanvas.Patch) -> Tint {
        let a = patch.u
        let b = patch.v
        var normal = Point(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
        let length = (normal * normal).sum().squareRoot()
        guard length > 0 else { return light.skyTint }
        normal /= (normal * patch.origin).sum() > 0 ? -length : length
        return light.falling(on: unturn(normal))
    }

    // MARK: Surfaces

    /// A flat polygon of one colour. Its corners are in camera coordinates; the first, second and last are
    /// not collinear.
    func solid(_ corners: [Point], _ tint: Tint, _ label: StreetClass, lift: Float = 0) {
        guard let last = corners.last, corners.count >= 3 else { return }
        let patch = StreetCanvas.Patch(origin: corners[0], u: corners[1] - corners[0], v: last - corners[0])
        canvas.fill(
            patch, outline: corners, as: label, lift: lift, paint: FlatPaint(tint: tint * falling(on: patch)))
    }

    /// A rectangle of a patch, from (u0, v0) to (u1, v1).
    func rectangle(
        _ patch: StreetCanvas.Patch, _ u0: Double, _ v0: Double, _ u1: Double, _ v1: Double
    ) -> [Point] {
        [
            patch.origin + patch.u * u0 + patch.v * v0, patch.origin + patch.u * u1 + patch.v * v0,
            patch.origin + patch.u * u1 + patch.v * v1, patch.origin + patch.u * u0 + patch.v * v1,
        ]
    }

    /// A flat rectangle on a patch; `tint` is its colour before lighting.
    func panel(
        _ patch: StreetCanvas.Patch, _ u0: Double, _ v0: Double, _ u1: Double, _ v1: Double,
        _ tint: Tint, _ label: StreetClass, lift: Float
    ) {
        canvas.fill(
            patch, outline: rectangle(patch, u0, v0, u1, v1), as: label, lift: lift,
            paint: FlatPaint(tint: tint * falling(on: patch)))
    }

    /// A box with vertical sides, seen from outside: `across` and `along` are its ranges.
    func box(
        _ across: ClosedRange<Double>, _ height: ClosedRange<Double>, _ along: ClosedRange<Double>,
        _ tint: Tint, _ label: StreetClass, lift: Float = 0
    ) {
        let (x0, x1) = (across.lowerBound, across.upperBound)
        let (y0, y1) = (height.lowerBound, height.upperBound)
        let (z0, z1) = (along.lowerBound, along.upperBound)
        if z0 > 0 {
            solid(
                [view(x0, y0, z0), view(x1, y0, z0), view(x1, y1, z0), view(x0, y1, z0)], tint, label,
                lift: lift)
        }
        let side = x0 > cameraAcross ? x0 : x1
        solid(
            [view(side, y0, z0), view(side, y0, z1), view(side, y1, z1), view(side, y1, z0)], tint, label,
            lift: lift)
        if y1 < cameraHeight {
            solid(
                [view(x0, y1, z0), view(x1, y1, z0), view(x1, y1, z1), view(x0, y1, z1)], tint, label,
                lift: lift)
        }
    }

    /// A vertical board that always faces the camera; u is metres to the right of the position, v metres up.
    func board(_ across: Double, _ along: Double, height: Double = 0) -> StreetCanvas.Patch {
        let foot = view(across, height, along)
        return StreetCanvas.Patch(origin: foot, u: Point(1, 0, 0), v: turn(Point(0, 1, 0)))
    }

    /// A round post or tube, drawn as a flat board.
    func post(
        _ across: Double, _ along: Double, from low: Double, to high: Double, width: Double, _ tint: Tint,
        _ label: StreetClass
    ) {
        let patch = board(across, along)
        guard patch.origin.z > 0.3 else { return }
        let half = width / 2
        let fall = light.falling(on: Point(0, 0, -1))
        canvas.fill(
            patch, outline: rectangle(patch, -half, low, half, high), as: label,
            paint: TubePaint(tint: tint * fall, inverseHalf: Float(1 / half)))
    }

    /// A disc around (u, v) of a patch.
    func disc(
        _ patch: StreetCanvas.Patch, _ u: Double, _ v: Double, _ radiusU: Double, _ radiusV: Double,
        _ tint: Tint, _ label: StreetClass, lift: Float
    ) {
        var round = patch
        round.origin += patch.u * u + patch.v * v
        round.u = patch.u * radiusU
        round.v = patch.v * radiusV
        canvas.fill(
            round, outline: rectangle(round, -1, -1, 1, 1), as: label, lift: lift,
            paint: DiscPaint(tint: tint * falling(on: patch)))
    }

    // MARK: Shadows

    /// The shadow of a box of the given height on the ground.
    func castShadow(_ across: ClosedRange<Double>, _ along: ClosedRange<Double>, height: Double) {
        guard light.overcast < 0.75, along.lowerBound < 110 else { return }
        let reach = min(height, 30) / max(0.15, light.sun.y)
        let dx = -light.sun.x * reach
        let dz = -light.sun.z * reach
        let (x0, x1) = (across.lowerBound, across.upperBound)
        let (z0, z1) = (along.lowerBound, along.upperBound)
        // The hull of the footprint and its copy at the end of the shadow: a box from its two outer corners.
        let a = dx * dz >= 0 ? (x0, z1) : (x0, z0)
        let b = dx * dz >= 0 ? (x1, z0) : (x1, z1)
        let corners = [a, b, (b.0 + dx, b.1 + dz), (a.0 + dx, a.1 + dz)]
        shadows.append(Shadow(corners: corners.map { view($0.0, 0, $0.1) }))
    }

    /// The soft shadow directly under a thing.
    func groundShadow(_ across: ClosedRange<Double>, _ along: ClosedRange<Double>, dark: Float) {
        guard along.lowerBound < 110 else { return }
        let corners = [
            view(across.lowerBound, 0, along.lowerBound), view(across.upperBound, 0, along.lowerBound),
            view(across.upperBound, 0, along.upperBound), view(across.lowerBound, 0, along.upperBound),
        ]
        shadows.append(Shadow(corners: corners, near: true, dark: dark))
    }

    private func drawShadows() {
        let sunlit = light.shadow
        // The shadows directly under things first: they are darker, and ground is shaded only once.
        for shadow in shadows.filter(\.near) + shadows.filter({ !$0.near }) {
            if let crown = shadow.crown {
                let patch = StreetCanvas.Patch(origin: crown.middle, u: crown.reachU, v: crown.reachV)
                canvas.shade(
                    patch, outline: shadow.corners, by: sunlit, paint: DapplePaint(salt: crown.salt))
                continue
            }
            guard let last = shadow.corners.last, shadow.corners.count >= 3 else { continue }
            let first = shadow.corners[0]
            let patch = StreetCanvas.Patch(origin: first, u: shadow.corners[1] - first, v: last - first)
            let factor = shadow.near ? sunlit * (1 - shadow.dark) : sunlit
            canvas.shade(patch, outline: shadow.corners, by: factor, paint: FlatPaint(tint: factor))
        }
    }
}

/// A round tube: lighter in the middle. u runs across it.
struct TubePaint: StreetPaint {
    var tint: Tint
    var inverseHalf: Float
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let s = u * inverseHalf - 0.25
        return tint * (1.1 - 0.45 * s * s)
    }
}
