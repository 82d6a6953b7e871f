// Road, markings, kerbs, pavements and grass. The ground is one plane; the position of a pixel decides
// what it shows. Class and colour come from the same comparison, so the mask is exact.

/// A stretch of one side of the street with the same kind of ground, in metres relative to the camera.
private struct GroundStretch {
    enum Kind { case street, corner, mouth }
    var kind: Kind
    var low: Float
    var high: Float
    var kerb: Float
    var frontage: Float
    var parking: Float
    var bays: Bool
    var yellow: Bool
    /// The edge of a side street, and on which side of it this corner is.
    var edge: Float = 0
    var away: Float = 0
    var grass: Bool
    /// A zebra crossing and its stop line.
    var zebraLow: Float = -1e9
    var zebraHigh: Float = -1e9
}

private enum Ground {
    case asphalt, paint, yellowPaint, kerb, slabs, grass, bays
}

extension StreetFrame {
    func drawGround() {
        let left = stretches { $0.left }
        let right = stretches { $0.right }
        guard !left.isEmpty, !right.isEmpty else { return }
        let width = canvas.width
        let fall = light.falling(on: Point(0, 1, 0))
        let textureStart = Float(cameraAlong - (cameraAlong / 4096).rounded(.down) * 4096)
        let lane = Float(town.lane)
        let arrows = Float(
            (Double(Int(cameraAlong / 47)) + 0.5) * 47 - cameraAlong)
        for y in 0..<canvas.height {
            if canvas.isEnded(after: width) { return }
            let ry = (canvas.centerY - Double(y) - 0.5) / canvas.focalY
            let row = y * width
            let start = self.right * ((0.5 - canvas.centerX) / canvas.focalX) + up * ry + forward
            guard start.y < -1e-6 else { continue }
            let t = cameraHeight / -start.y
            let nearness = Float(1 / t)
            let xStep = self.right.x * t / canvas.focalX
            let zStep = self.right.z * t / canvas.focalX
            let pixel = Float(t / canvas.focalX)
            // Textures finer than a pixel would flicker.
            let fine = 1 / (1 + 0.02 * pixel * pixel * 1e4)
            let haze = 1 / (1 + canvas.hazeDistance * nearness)
            var stretch = left[0]
            var onLeft = true
            var x = 0
            while x < width {
                let end = min(width, x + 32)
                // The road's bend is computed in steps of 32 pixels.
                let z0 = start.z * t + zStep * Double(x)
                let z1 = start.z * t + zStep * Double(end)
                let a0 = start.x * t + xStep * Double(x) + cameraX - town.middle(cameraAlong + z0)
                let a1 = start.x * t + xStep * Double(end) + cameraX - town.middle(cameraAlong + z1)
                let acrossStep = Float((a1 - a0) / Double(end - x))
                let alongStep = Float(zStep)
                // So is the large-scale wear of the surface.
                let worn0 = StreetNoise.smooth(Float(a0) * 0.9, (Float(z0) + textureStart) * 0.35, 5) - 0.5
                let worn1 = StreetNoise.smooth(Float(a1) * 0.9, (Float(z1) + textureStart) * 0.35, 5) - 0.5
                let wornStep = (worn1 - worn0) / Float(end - x)
                var k: Float = 0
                for i in (row + x)..<(row + end) {
                    defer { k += 1 }
                    guard canvas.depth[i] == 0 else { continue }
                    let across = Float(a0) + acrossStep * k
                    let along = Float(z0) + alongStep * k
                    let isLeft = across < 0
                    if isLeft != onLeft || along < stretch.low || along >= stretch.high {
                        onLeft = isLeft
                        stretch = find(isLeft ? left : right, along)
                    }
                    let (label, ground) = look(across, along, textureStart, stretch, lane, arrows)
                    canvas.mask[i] = label.rawValue
                    let tint = surface(ground, across, along + textureStart, fine, worn0 + wornStep * k)
                    canvas.colors[i] = StreetCanvas.pack(
                        StreetNoise.blend(tint * fall, canvas.haze, haze))
                }
                x = end
            }
        }
    }

    private func find(_ list: [GroundStretch], _ along: Float) -> GroundStretch {
        var found = list[0]
        for stretch in list {
            found = stretch
            if along < stretch.high { break }
        }
        return found
    }

    /// The class and the kind of ground at a position.
    @inline(__always)
    private func look(
        _ across: Float, _ along: Float, _ textureStart: Float, _ stretch: GroundStretch, _ lane: Float,
        _ arrows: Float
    ) -> (StreetClass, Ground) {
        let distance = abs(across)
        // The distance from the edge of the road.
        var beyond = distance - stretch.kerb
        var open = false
        switch stretch.kind {
        case .street: break
        case .mouth:
            open = beyond > 0
            beyond = -1
        case .corner:
            let deep = (along - stretch.edge) * stretch.away
            let radius: Float = 1.9
            if beyond > 0 {
                if beyond < radius, deep < radius {
                    let p = radius - beyond
                    let q = radius - deep
                    beyond = radius - (p * p + q * q).squareRoot()
                    open = beyond <= 0
                } else {
                    beyond = min(beyond, deep)
                }
            }
        }
        if beyond > 0 {
            if beyond < 0.2 { return (.roadShoulder, .kerb) }
            if stretch.kind == .street, distance > stretch.frontage, stretch.grass {
                return (.vegetationMisc, .grass)
            }
            return (.sidewalk, .slabs)
        }
        let z = along + textureStart
        if open {
            // Give-way line at the mouth of a side street.
            let over = distance - stretch.kerb
            let dash = z * 1.1 - Float(StreetNoise.floor(z * 1.1))
            if stretch.kind == .mouth, over > 0.1, over < 0.3, dash < 0.62 {
                return (.laneMarkingNonDriving, .paint)
            }
            return (.road, .asphalt)
        }
        if along > stretch.zebraLow, along < stretch.zebraHigh {
            let stripe = distance * 0.95 + 0.22
            if stripe - Float(StreetNoise.floor(stripe)) < 0.5 { return (.laneMarkingNonDriving, .paint) }
            return (.road, .asphalt)
        }
        if stretch.kind == .street {
            if stretch.parking > 0, distance > lane {
                if stretch.bays { return (.parkingBlock, .bays) }
                // The outline of the parking lane.
                let bay = z * (1 / 5.6)
                let inBay = bay - Float(StreetNoise.floor(bay))
                if distance < lane + 0.1 || inBay < 0.018 { return (.laneMarkingNonDriving, .paint) }
            } else if stretch.yellow, stretch.parking == 0 {
                if (beyond > -0.42 && beyond < -0.31) || (beyond > -0.68 && beyond < -0.57) {
                    return (.laneMarkingDriving, .yellowPaint)
                }
            }
            let before = stretch.zebraLow - along
            if before > 0.9, before < 1.25, across < 0, distance < lane {
                return (.laneMarkingNonDriving, .paint)
            }
        }
        if distance < 0.065, stretch.kind != .mouth {
            let dash = z * (1 / 6)
            if dash - Float(StreetNoise.floor(dash)) < 0.5 { return (.laneMarkingDriving, .paint) }
        }
        // Arrows in the own lane.
        let spot = (along - arrows) * (1 / 47)
        let ahead = (spot - Float(StreetNoise.floor(spot))) * 47
        if ahead < 3.4 {
            let aside = abs(across + lane * 0.5)
            if ahead < 2.2 ? aside < 0.09 : aside < (3.4 - ahead) * 0.36 {
                return (.laneMarkingDriving, .paint)
            }
        }
        return (.road, .asphalt)
    }

    @inline(__always)
    private func surface(
        _ ground: Ground, _ across: Float, _ z: Float, _ fine: Float, _ blotch: Float
    ) -> Tint {
        let grit =
            (StreetNoise.cell(StreetNoise.floor(across * 40), StreetNoise.floor(z * 40), 3) - 0.5) * fine
        switch ground {
        case .asphalt, .paint, .yellowPaint:
            let patch = StreetNoise.cell(
                StreetNoise.floor(across * 0.45 + 0.3), StreetNoise.floor(z * 0.13), 6)
            let worn = (patch < 0.07 ? Float(0.86) : 1) * (1 + 0.16 * blotch + 0.20 * grit)
            let base = town.asphalt * worn
            if ground == .asphalt { return base }
            let paint = ground == .paint ? Tint(0.86, 0.86, 0.84, 0) : Tint(0.80, 0.66, 0.26, 0)
            return StreetNoise.blend(base, paint, StreetNoise.clamp(0.74 + 0.5 * blotch + 0.5 * grit))
        case .kerb:
            return town.slabs * (1.12 + 0.15 * grit)
        case .bays:
            let row = StreetNoise.cell(StreetNoise.floor(across * 5), StreetNoise.floor(z * 10), 8) - 0.5
            return Tint(0.47, 0.36, 0.31, 0) * (1 + 0.25 * row * fine + 0.15 * grit)
        case .slabs:
            // Flagstones of 0.6 × 0.9 m with joints, if these are wider than a pixel.
            let u = across * 1.65
            let w = z * 1.1 + (StreetNoise.floor(u) & 1 == 0 ? 0.5 : 0)
            let fu = u - Float(StreetNoise.floor(u))
            let fw = w - Float(StreetNoise.floor(w))
            let stone = StreetNoise.cell(StreetNoise.floor(u), StreetNoise.floor(w), 9) - 0.5
            let joint: Float = fu < 0.03 || fw < 0.025 ? 0.25 * fine : 0
            return town.slabs * (1 + 0.10 * stone * fine + 0.14 * blotch + 0.12 * grit - joint)
        case .grass:
            let tuft = StreetNoise.smooth(across * 2.1, z * 1.4, 14) - 0.5
            return Tint(0.27, 0.36, 0.14, 0) * (1 + 0.35 * tuft + 0.5 * grit)
        }
    }

    /// The ground of one side up to the maximum distance, in order.
    private func stretches(_ side: (StreetBlock) -> StreetSide) -> [GroundStretch] {
        var list: [GroundStretch] = []
        for block in town.blocks(from: cameraAlong - 30, to: cameraAlong + Self.reach + 60) {
            let s = side(block)
            let grass = s.quarter == .park || s.quarter == .villas || s.quarter == .flats
            func stretch(_ kind: GroundStretch.Kind, _ low: Double, _ high: Double) -> GroundStretch {
                GroundStretch(
                    kind: kind, low: Float(low - cameraAlong), high: Float(high - cameraAlong),
                    kerb: Float(s.kerb),
                    frontage: Float(s.frontage), parking: Float(s.parking), bays: s.bays,
                    yellow: town.yellowLines,
                    grass: grass)
            }
            if s.openingBefore > 0 {
                let edge = s.before + s.openingBefore
                list.append(stretch(.mouth, s.before, edge))
                var corner = stretch(.corner, edge, s.start)
                corner.edge = corner.low
                corner.away = 1
                list.append(corner)
            }
            var street = stretch(.street, s.start, s.end)
            if let zebra = block.zebra {
                street.zebraLow = Float(zebra.lowerBound - cameraAlong)
                street.zebraHigh = Float(zebra.upperBound - cameraAlong)
            }
            list.append(street)
            if s.openingAfter > 0 {
                let edge = s.after - s.openingAfter
                var corner = stretch(.corner, s.end, edge)
                corner.edge = corner.high
                corner.away = -1
                list.append(corner)
                list.append(stretch(.mouth, edge, s.after))
            }
        }
        return list
    }
}
