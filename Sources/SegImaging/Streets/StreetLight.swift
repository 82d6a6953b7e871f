// Time of day and weather of a drawn street: sun, clouds, haze and exposure, slowly changing along the drive.

struct StreetLight {
    /// Towards the sun, length 1.
    let sun: Point
    let sunTint: Tint
    let skyTint: Tint
    /// The colours of the sky overhead, of the sky near the horizon, and of the haze.
    let zenith: Tint
    let horizon: Tint
    let haze: Tint
    let hazeDistance: Float
    /// 0 is a blue sky, 1 a fully clouded one.
    let overcast: Float
    let cloudTint: Tint
    let grain: Int32

    init(seed: UInt64, index: Int) {
        var dice = StreetDice(seed, 0x11647)
        let time = Double(index)
        let usual = dice.between(-0.35, 1.05)
        let warm = Float(dice.chance(0.35) ? dice.between(0.4, 1) : dice.between(0, 0.25))
        let cloudy = usual + 0.35 * StreetNoise.wander(time / 220, seed, 0xC10D)
        let t = StreetNoise.clamp(Float(cloudy))
        let overcast = t * t * (3 - 2 * t)
        let rise = warm > 0.4 ? dice.between(0.25, 0.5) : dice.between(0.5, 1.3)
        var azimuth = Point(dice.between(-1, 1), 0, dice.between(-1, 0.8))
        azimuth /= max(0.1, (azimuth * azimuth).sum().squareRoot())
        let direction = Point(azimuth.x, rise, azimuth.z)
        sun = direction / (direction * direction).sum().squareRoot()

        let exposure = Float(
            dice.between(0.92, 1.18) + 0.06 * StreetNoise.wander(time / 90, seed, 0xE4))
        let blend = StreetNoise.blend
        let strength = (1 - 0.93 * overcast) * 0.78
        sunTint = blend(Tint(1, 0.95, 0.86, 0), Tint(1, 0.76, 0.5, 0), warm) * (strength * exposure)
        skyTint =
            blend(Tint(0.47, 0.52, 0.62, 0), Tint(0.74, 0.755, 0.78, 0), overcast)
            * (exposure * (1 - 0.12 * warm))
        let clear = blend(Tint(0.30, 0.50, 0.84, 0), Tint(0.42, 0.52, 0.74, 0), warm)
        zenith = blend(clear, Tint(0.66, 0.69, 0.73, 0), overcast) * exposure
        let low = blend(Tint(0.78, 0.88, 0.97, 0), Tint(0.99, 0.87, 0.70, 0), warm)
        horizon = blend(low, Tint(0.86, 0.87, 0.88, 0), overcast) * exposure
        haze = blend(horizon, zenith, 0.25) * 0.93
        hazeDistance = Float(dice.chance(0.2) ? dice.between(160, 300) : dice.between(400, 1100))
        cloudTint = blend(Tint(1, 1, 1, 0), Tint(0.93, 0.93, 0.94, 0), overcast) * min(1, exposure)
        self.overcast = overcast
        grain = Int32(dice.between(4, 11))
    }

    /// The light that a white surface with this normal (length 1) reflects.
    func falling(on normal: Point) -> Tint {
        let facing = Float(max(0, (normal * sun).sum()))
        return skyTint * Float(0.8 + 0.2 * normal.y) + sunTint * facing
    }

    /// The fraction of its light that level ground keeps in a shadow.
    var shadow: Tint {
        let open = falling(on: Point(0, 1, 0))
        let kept = skyTint * 0.85
        return Tint(kept.x / open.x, kept.y / open.y, kept.z / open.z, 0)
    }
}
