// The sky with its clouds, and the town at the horizon: distant roofs and trees, not drawn one by one.

extension StreetFrame {
    /// Fills the empty pixels above the horizon, and the far end of the ground.
    func drawSky() {
        let width = canvas.width
        // The skyline is at infinity: it depends only on the direction.
        var skyline: [(top: Float, tint: Tint, label: StreetClass)] = []
        skyline.reserveCapacity(width)
        let salt = UInt32(truncatingIfNeeded: StreetNoise.mix(seed ^ 0x5C1))
        let fall = light.falling(on: Point(0, 0, -1))
        for x in 0..<width {
            let rx = (Double(x) + 0.5 - canvas.centerX) / canvas.focalX
            let ray = unturn(Point(rx, 0, 1))
            let azimuth = Float(ray.x / ray.z)
            skyline.append(horizonTown(azimuth, salt, fall))
        }
        // Where the ground ends: below the horizon, by the maximum distance.
        let foot = Float(-cameraHeight / (Self.reach + 6))
        let drift = Float(time * 0.02)
        let cover = 0.62 - 0.5 * light.overcast
        for y in 0..<canvas.height {
            if canvas.isEnded(after: width) { return }
            let ry = (canvas.centerY - Double(y) - 0.5) / canvas.focalY
            let row = y * width
            let step = right * (1 / canvas.focalX)
            let start = right * ((0.5 - canvas.centerX) / canvas.focalX) + up * ry + forward
            let elevation = Float(start.y)
            guard elevation > foot * 1.3 else { break }
            let lift = max(0.004, elevation)
            let t = 1 - 1 / (1 + 3.2 * lift)
            let base = StreetNoise.blend(light.horizon, light.zenith, min(1, t * 1.7))
            // Clouds are on a plane above; near the horizon they fade into the haze.
            let scale = 1 / (lift + 0.12)
            let shown = StreetNoise.clamp((lift - 0.02) * 6)
            func billow(_ x: Int) -> Float {
                let u = Float(start.x + step.x * Double(x)) * scale * 1.1 + drift
                let v = Float(start.z + step.z * Double(x)) * scale * 0.8
                return 0.55 * StreetNoise.smooth(u, v, 11) + 0.28 * StreetNoise.smooth(u * 2.1, v * 2.1, 12)
                    + 0.17 * StreetNoise.smooth(u * 4.7, v * 4.7, 13)
            }
            // Clouds are smooth: their noise is sampled every 8 pixels.
            var knot = -1
            var knotted: Float = 0
            var slope: Float = 0
            for x in 0..<width where canvas.depth[row + x] == 0 {
                let place = skyline[x]
                let ahead = Float(start.z + step.z * Double(x))
                if elevation < place.top * ahead {
                    guard elevation > foot * ahead else { continue }
                    canvas.mask[row + x] = place.label.rawValue
                    canvas.colors[row + x] = StreetCanvas.pack(place.tint)
                    canvas.depth[row + x] = 1e-6
                    continue
                }
                if x >> 3 != knot {
                    knot = x >> 3
                    knotted = billow(knot << 3)
                    slope = (billow(knot << 3 + 8) - knotted) / 8
                }
                let thick = knotted + slope * Float(x & 7)
                let cloud = StreetNoise.clamp((thick - cover) * 3.4) * shown
                let body = light.cloudTint * (1.04 - 0.28 * light.overcast * thick)
                canvas.mask[row + x] = StreetClass.sky.rawValue
                canvas.colors[row + x] = StreetCanvas.pack(StreetNoise.blend(base, body, cloud * 0.85))
                canvas.depth[row + x] = 1e-6
            }
        }
    }

    private func horizonTown(
        _ azimuth: Float, _ salt: UInt32, _ fall: Tint
    ) -> (top: Float, tint: Tint, label: StreetClass) {
        let cell = StreetNoise.floor(azimuth * 28)
        let trees = StreetNoise.smooth(azimuth * 9, 0.5, salt) < 0.35 + 0.35 * Float(town.green)
        if trees {
            let top =
                0.022 + 0.03 * StreetNoise.smooth(azimuth * 17, 1.5, salt)
                + 0.008 * StreetNoise.smooth(azimuth * 120, 2.5, salt)
            let tint = town.leaves[0] * (0.8 + 0.4 * StreetNoise.smooth(azimuth * 150, 3.5, salt)) * fall
            return (top, canvas.hazed(tint, 1 / 330), .tree)
        }
        let top = 0.024 + 0.034 * StreetNoise.cell(cell, 4, salt)
        let palette = StreetNoise.cell(cell, 5, salt) < 0.6 ? town.brick : town.plaster
        let index = Int(StreetNoise.hash(cell, 6, salt) >> 8) % palette.count
        return (top, canvas.hazed(palette[index] * fall, 1 / 330), .building)
    }
}
