// Cars, vans, lorries and buses, parked, driving and waiting: solid bodies on wheels, from a side outline.

/// The shape of a vehicle: its outline from the side, from rear to front, in metres.
struct StreetVehicle {
    var label: StreetClass
    var length: Double
    var width: Double
    var clearance: Double
    /// From the rear bumper over the roof to the front bumper: (along, up).
    var outline: [(Double, Double)]
    /// Indices in `outline`: rear and front lower ends of the windows, rear and front ends of the roof.
    var beltRear: Int
    var roofRear: Int
    var roofFront: Int
    var beltFront: Int
    var wheel: Double
    var axles: [Double]
    /// Side windows behind the front doors.
    var rearGlass = true

    static let hatchback = StreetVehicle(
        label: .car, length: 3.9, width: 1.7, clearance: 0.26,
        outline: [
            (0, 0.26), (0.02, 0.72), (0.10, 0.95), (0.50, 1.43), (1.95, 1.46), (2.75, 0.98), (3.68, 0.78),
            (3.87, 0.6),
            (3.9, 0.26),
        ], beltRear: 2, roofRear: 3, roofFront: 4, beltFront: 5, wheel: 0.30, axles: [0.62, 3.1])
    static let saloon = StreetVehicle(
        label: .car, length: 4.5, width: 1.76, clearance: 0.25,
        outline: [
            (0, 0.26), (0.03, 0.70), (0.06, 0.93), (0.78, 0.97), (1.42, 1.39), (2.5, 1.42), (3.3, 0.97),
            (4.3, 0.78),
            (4.47, 0.6), (4.5, 0.26),
        ], beltRear: 3, roofRear: 4, roofFront: 5, beltFront: 6, wheel: 0.31, axles: [0.8, 3.6])
    static let estate = StreetVehicle(
        label: .car, length: 4.5, width: 1.75, clearance: 0.26,
        outline: [
            (0, 0.26), (0.02, 0.72), (0.08, 0.96), (0.42, 1.44), (2.5, 1.47), (3.25, 0.98), (4.28, 0.8),
            (4.47, 0.6),
            (4.5, 0.26),
        ], beltRear: 2, roofRear: 3, roofFront: 4, beltFront: 5, wheel: 0.31, axles: [0.8, 3.6])
    static let suv = StreetVehicle(
        label: .suvPickupTruck, length: 4.6, width: 1.86, clearance: 0.36,
        outline: [
            (0, 0.36), (0.02, 0.85), (0.06, 1.12), (0.3, 1.76), (2.6, 1.78), (3.2, 1.14), (4.3, 1.02),
            (4.56, 0.85),
            (4.6, 0.36),
        ], beltRear: 2, roofRear: 3, roofFront: 4, beltFront: 5, wheel: 0.38, axles: [0.9, 3.7])
    static let van = StreetVehicle(
        label: .suvPickupTruck, length: 5.0, width: 1.95, clearance: 0.34,
        outline: [
            (0, 0.34), (0.02, 0.9), (0.04, 1.15), (0.14, 2.05), (3.5, 2.08), (4.25, 1.2), (4.85, 0.98),
            (4.98, 0.75),
            (5.0, 0.34),
        ], beltRear: 2, roofRear: 3, roofFront: 4, beltFront: 5, wheel: 0.34, axles: [0.95, 4.1],
        rearGlass: false)
    static let bus = StreetVehicle(
        label: .truckBus, length: 10.5, width: 2.5, clearance: 0.35,
        outline: [
            (0, 0.35), (0.02, 0.9), (0.03, 1.35), (0.12, 3.0), (10.3, 3.05), (10.42, 1.15), (10.45, 0.9),
            (10.5, 0.35),
        ], beltRear: 2, roofRear: 3, roofFront: 4, beltFront: 5, wheel: 0.48, axles: [2.6, 8.1])
    static let lorry = StreetVehicle(
        label: .truckBus, length: 2.4, width: 2.3, clearance: 0.5,
        outline: [
            (0, 0.5), (0.01, 0.9), (0.02, 1.4), (0.1, 2.6), (1.7, 2.65), (2.3, 1.4), (2.38, 1.0), (2.4, 0.5),
        ], beltRear: 2, roofRear: 3, roofFront: 4, beltFront: 5, wheel: 0.46, axles: [1.4])

    static let paints = [
        Tint(0.62, 0.63, 0.65, 0), Tint(0.45, 0.47, 0.50, 0), Tint(0.10, 0.10, 0.12, 0),
        Tint(0.85, 0.85, 0.84, 0),
        Tint(0.12, 0.18, 0.40, 0), Tint(0.55, 0.08, 0.08, 0), Tint(0.10, 0.27, 0.20, 0),
        Tint(0.30, 0.36, 0.46, 0),
        Tint(0.66, 0.60, 0.48, 0), Tint(0.75, 0.42, 0.10, 0), Tint(0.18, 0.19, 0.22, 0),
    ]

    static func any(_ dice: inout StreetDice) -> StreetVehicle {
        let roll = dice.unit()
        switch roll {
        case ..<0.42: return hatchback
        case ..<0.64: return saloon
        case ..<0.80: return estate
        case ..<0.91: return suv
        default: return van
        }
    }
}

extension StreetFrame {
    /// The position of a vehicle's rear end, and its heading: ahead (+z), towards the camera (-z), or across.
    struct Placement {
        var across: Double
        var along: Double
        /// Unit vector (across, along), parallel to an axis.
        var heading: (Double, Double)

        func place(_ w: Double, _ l: Double) -> (Double, Double) {
            (across + heading.1 * w + heading.0 * l, along - heading.0 * w + heading.1 * l)
        }
    }

    /// Draws a vehicle whose rear centre is at `placement`.
    func drawVehicle(
        _ kind: StreetVehicle, at placement: Placement, braking: Bool = false, dice: inout StreetDice
    ) {
        let paint = dice.tint(StreetVehicle.paints)
        let tail = placement.along + min(0, placement.heading.1 * kind.length)
        guard tail < Self.reach, tail > -14 else { return }
        func point(_ w: Double, _ y: Double, _ l: Double) -> Point {
            let (x, z) = placement.place(w, l)
            return view(x, y, z)
        }
        let half = kind.width / 2
        let label = kind.label
        let outline = kind.outline
        let belt = outline[kind.beltRear].1
        let roof = outline[kind.roofRear].1
        let glassTint = Tint(0.09, 0.10, 0.115, 0) + light.horizon * 0.10
        // The body narrows above the belt.
        func inset(_ y: Double) -> Double {
            y <= belt ? 0 : (y - belt) / (roof - belt) * min(0.17, kind.width * 0.085)
        }

        // The upper surface, from bumper to bumper.
        for index in 1..<outline.count {
            let (l0, y0) = outline[index - 1]
            let (l1, y1) = outline[index]
            let w0 = half - inset(y0)
            let w1 = half - inset(y1)
            let corners = [point(-w0, y0, l0), point(w0, y0, l0), point(w1, y1, l1), point(-w1, y1, l1)]
            let isRoof = index == kind.roofFront
            solid(corners, paint * (isRoof ? 1.05 : 1), label)
            let isGlass = index == kind.roofRear || index == kind.beltFront
            if isGlass, kind.rearGlass || index == kind.beltFront {
                pane(corners, 0.07, 0.09, 0.93, 0.90, glassTint, label)
            } else if isGlass {
                // The doors of a van: two small panes.
                pane(corners, 0.1, 0.4, 0.44, 0.85, glassTint, label)
                pane(corners, 0.56, 0.4, 0.9, 0.85, glassTint, label)
            }
        }

        for side in [-1.0, 1.0] {
            drawVehicleSide(kind, side, paint, glassTint, inset, point)
        }
        drawVehicleEnds(kind, paint, braking: braking, point)

        // Wheels seen from the front or rear, and the dark area under the body.
        for l in [kind.axles.first ?? 0.6, kind.axles.last ?? 3] {
            for side in [-1.0, 1.0] {
                let w0 = side * (half - 0.21)
                let w1 = side * (half - 0.01)
                solid(
                    [
                        point(w0, 0, l - 0.1), point(w1, 0, l - 0.1), point(w1, 0.5, l - 0.1),
                        point(w0, 0.5, l - 0.1),
                    ],
                    Tint(0.05, 0.05, 0.055, 0), label)
            }
        }
        solid(
            [
                point(-half + 0.1, 0.16, 0.4), point(half - 0.1, 0.16, 0.4), point(half - 0.1, 0.5, 0.4),
                point(-half + 0.1, 0.5, 0.4),
            ], Tint(0.03, 0.03, 0.03, 0), label)
        let (xa, za) = placement.place(-half, -0.1)
        let (xb, zb) = placement.place(half, kind.length + 0.1)
        groundShadow(min(xa, xb)...max(xa, xb), min(za, zb)...max(za, zb), dark: 0.35)
        castShadow(min(xa, xb)...max(xa, xb), min(za, zb)...max(za, zb), height: roof * 0.9)
    }

    /// A rectangle on a quadrilateral, as fractions of its width and height; its top reflects the sky.
    private func pane(
        _ corners: [Point], _ u0: Double, _ v0: Double, _ u1: Double, _ v1: Double, _ tint: Tint,
        _ label: StreetClass, lift: Float = 0.002
    ) {
        func at(_ u: Double, _ v: Double) -> Point {
            let low = corners[0] + (corners[1] - corners[0]) * u
            let high = corners[3] + (corners[2] - corners[3]) * u
            return low + (high - low) * v
        }
        let inner = [at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)]
        let patch = StreetCanvas.Patch(origin: inner[0], u: inner[1] - inner[0], v: inner[3] - inner[0])
        canvas.fill(
            patch, outline: inner, as: label, lift: lift,
            paint: GlassPaint(tint: tint * light.skyTint, mirror: light.horizon * 0.16))
    }

    private func drawVehicleSide(
        _ kind: StreetVehicle, _ side: Double, _ paint: Tint, _ glass: Tint, _ inset: (Double) -> Double,
        _ point: (Double, Double, Double) -> Point
    ) {
        let half = kind.width / 2
        let outline = kind.outline
        let label = kind.label
        // Below the belt.
        var lower: [Point] = []
        for (index, (l, y)) in outline.enumerated() where index <= kind.beltRear || index >= kind.beltFront {
            lower.append(point(side * half, y, l))
        }
        solid(lower, paint, label)
        // Above it.
        let (rl, ry) = outline[kind.beltRear]
        let (fl, fy) = outline[kind.beltFront]
        let (trl, try_) = outline[kind.roofRear]
        let (tfl, tfy) = outline[kind.roofFront]
        let house = [
            point(side * half, ry, rl), point(side * half, fy, fl),
            point(side * (half - inset(tfy)), tfy, tfl),
            point(side * (half - inset(try_)), try_, trl),
        ]
        solid(house, paint, label)
        if kind.label == .truckBus, kind.length > 5 {
            for index in 0..<8 {
                let u = 0.03 + 0.12 * Double(index)
                pane(house, u, 0.12, u + 0.105, 0.72, glass, label)
            }
        } else if kind.rearGlass, kind.length > 3 {
            pane(house, 0.07, 0.10, 0.47, 0.88, glass, label)
            pane(house, 0.50, 0.10, 0.90, 0.88, glass, label)
        } else {
            pane(house, kind.length > 3 ? 0.74 : 0.3, 0.12, 0.95, 0.8, glass, label)
        }
        // The shaded sill, and the wheels in their dark arches.
        let sill = [
            point(side * half, kind.clearance, 0.1), point(side * half, kind.clearance, kind.length - 0.1),
            point(side * half, kind.clearance + 0.12, kind.length - 0.1),
            point(side * half, kind.clearance + 0.12, 0.1),
        ]
        solid(sill, paint * 0.45, label, lift: 0.001)
        for l in kind.axles {
            let center = point(side * (half + 0.01), kind.wheel, l)
            let patch = StreetCanvas.Patch(
                origin: center, u: point(side * (half + 0.01), kind.wheel, l + 1) - center,
                v: point(side * (half + 0.01), kind.wheel + 1, l) - center)
            disc(
                patch, 0, 0.02, kind.wheel * 1.18, kind.wheel * 1.15, Tint(0.04, 0.04, 0.04, 0), label,
                lift: 0.0005)
            disc(patch, 0, 0, kind.wheel, kind.wheel, Tint(0.07, 0.07, 0.075, 0), label, lift: 0.0015)
            disc(
                patch, 0, 0, kind.wheel * 0.62, kind.wheel * 0.62, Tint(0.45, 0.46, 0.47, 0), label,
                lift: 0.0025)
            disc(
                patch, 0, 0, kind.wheel * 0.2, kind.wheel * 0.2, Tint(0.15, 0.15, 0.15, 0), label,
                lift: 0.0035)
        }
    }

    private func drawVehicleEnds(
        _ kind: StreetVehicle, _ paint: Tint, braking: Bool, _ point: (Double, Double, Double) -> Point
    ) {
        let half = kind.width / 2
        let label = kind.label
        func quad(
            _ l: Double, _ w0: Double, _ y0: Double, _ w1: Double, _ y1: Double, _ tint: Tint, _ lift: Float
        ) {
            let corners = [point(w0, y0, l), point(w1, y0, l), point(w1, y1, l), point(w0, y1, l)]
            solid(corners, tint, label, lift: lift)
        }
        let low = kind.clearance
        let top = kind.outline[kind.beltRear].1
        let rear = -0.02
        let front = kind.length + 0.02
        let bumper = StreetNoise.blend(paint, Tint(0.12, 0.12, 0.13, 0), 0.6)
        quad(rear, -half, low, half, low + 0.2, bumper, 0.001)
        quad(front, -half, low, half, low + 0.17, bumper, 0.001)
        let lamp = braking ? Tint(1.5, 0.15, 0.12, 0) : Tint(0.55, 0.06, 0.06, 0)
        let height = top - low
        for side in [-1.0, 1.0] {
            quad(
                rear, side * (half - 0.24), low + height * 0.55, side * (half - 0.02), low + height * 0.85,
                lamp, 0.002)
            quad(
                front, side * (half - 0.38), low + 0.2, side * (half - 0.05), low + 0.36,
                Tint(0.92, 0.92, 0.88, 0), 0.002)
        }
        quad(rear, -0.26, low + height * 0.35, 0.26, low + height * 0.52, Tint(0.78, 0.66, 0.20, 0), 0.002)
        quad(front, -0.26, low + 0.04, 0.26, low + 0.15, Tint(0.85, 0.85, 0.82, 0), 0.002)
        quad(front, -half * 0.5, low + 0.18, half * 0.5, low + 0.32, Tint(0.07, 0.07, 0.08, 0), 0.002)
    }

    /// A lorry: a cab in front of a box, both of class Truck_Bus.
    func drawLorry(at placement: Placement, dice: inout StreetDice) {
        let body = dice.tint([
            Tint(0.82, 0.82, 0.80, 0), Tint(0.40, 0.45, 0.55, 0), Tint(0.62, 0.22, 0.16, 0),
        ])
        let long = 4.6
        let (x0, z0) = placement.place(-1.15, 0)
        let (x1, z1) = placement.place(1.15, long)
        let across = min(x0, x1)...max(x0, x1)
        let along = min(z0, z1)...max(z0, z1)
        box(across, 0.85...3.15, along, body, .truckBus)
        box(across, 0.55...0.85, along, Tint(0.08, 0.08, 0.08, 0), .truckBus)
        for l in [0.9, 3.4] {
            let (wx0, wz0) = placement.place(-1.12, l - 0.42)
            let (wx1, wz1) = placement.place(1.12, l + 0.42)
            box(
                min(wx0, wx1)...max(wx0, wx1), 0...0.8, min(wz0, wz1)...max(wz0, wz1),
                Tint(0.05, 0.05, 0.05, 0),
                .truckBus)
        }
        let (cx, cz) = placement.place(0, long + 0.1)
        drawVehicle(.lorry, at: Placement(across: cx, along: cz, heading: placement.heading), dice: &dice)
        groundShadow(across, along, dark: 0.4)
        castShadow(across, along, height: 3)
    }
}

/// Window glass: darker below, reflecting the sky above. v runs from 0 to 1.
struct GlassPaint: StreetPaint {
    var tint: Tint
    var mirror: Tint
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        tint + mirror * (v * v)
    }
}
