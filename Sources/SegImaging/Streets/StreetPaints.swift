// The surfaces of a street, near and far: facades with windows and doors, bricks, tiles, leaves, boards
// and lettering. Colours are computed from the position on the surface, so that nothing is stored.

/// A wall with storeys of windows, and doors or shop fronts at the bottom. u along the wall, v up, in metres.
struct FacadePaint: StreetPaint {
    var wall: Tint
    var trim: Tint
    var door: Tint
    /// The light on the wall, and the light of the sky that the glass reflects.
    var fall: Tint
    var sky: Tint
    var cell: Float
    var storey: Float
    var ground: Float
    var height: Float
    /// The position of the window within its cell and storey.
    var windowLeft: Float
    var windowRight: Float
    var windowLow: Float
    var windowHigh: Float
    var shop = false
    var blank = false
    var brick = true
    var bands = false
    /// The number of cells from one door on the ground floor to the next.
    var doorEvery: Int32 = 3
    var salt: UInt32
    /// Pixels per unit of slope, and the camera's distance from the wall's plane if it is seen at an angle.
    var focal: Float
    var aslant: Float

    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let sharpV = focal * nearness
        let sharpU = sharpV * min(1, aslant * nearness)
        var tint = wall
        let fine = StreetNoise.clamp((sharpV - 8) * 0.03)
        if brick {
            let course = StreetNoise.floor(v * 13.3)
            let stone = StreetNoise.floor(u * 4.4 + (course & 1 == 0 ? 0 : 0.5))
            tint *= 1 + (StreetNoise.cell(stone, course, salt) - 0.5) * 0.35 * fine
        }
        tint *= 0.93 + 0.16 * StreetNoise.smooth(u * 0.5, v * 0.35, salt)
        if v < 0.45 { tint *= 0.8 }
        let index = StreetNoise.floor(u / cell)
        let inCell = u - Float(index) * cell
        let below = v < ground
        let level = below ? -1 : StreetNoise.floor((v - ground) / storey)
        let inStorey = below ? v : v - ground - Float(level) * storey
        if bands, abs(inStorey - (below ? ground : storey)) < 0.12 { tint = trim }
        if v > height - 0.28 { tint = trim }
        if !blank {
            var left = windowLeft
            var right = windowRight
            var low = windowLow
            var high = windowHigh
            var isDoor = false
            if below {
                isDoor = (index &+ Int32(bitPattern: salt & 3)) % doorEvery == 0
                if shop {
                    left = 0.12
                    right = cell - 0.12
                    low = isDoor ? 0.05 : 0.5
                    high = 2.6
                } else if isDoor {
                    left = 0.5 * cell - 0.5
                    right = left + 1
                    low = 0
                    high = 2.1
                }
            }
            let reachU = min(inCell - left, right - inCell)
            let reachV = min(inStorey - low, high - inStorey)
            if reachU > -0.3, reachV > -0.3, v < height - 0.4 {
                // Edges are one pixel soft.
                let frame = edge(reachU, sharpU) * edge(reachV, sharpV)
                let pane = edge(reachU - 0.08, sharpU) * edge(reachV - 0.08, sharpV)
                tint = StreetNoise.blend(tint, isDoor && !shop ? door * 0.8 : trim, frame)
                let room = StreetNoise.cell(index, level, salt ^ 77)
                let rise = (inStorey - low) / (high - low)
                var glass = Tint(0.10, 0.115, 0.135, 0) + sky * (0.10 + 0.22 * room * rise)
                if isDoor && !shop {
                    glass = door * fall
                } else if shop, below {
                    // Goods behind the glass.
                    let thing = StreetNoise.cell(
                        StreetNoise.floor(u * 2.3), StreetNoise.floor(v * 2.1 + room), salt ^ 5)
                    glass +=
                        Tint(thing * 0.17, (0.3 * room + 0.5 * thing) * 0.2, (1 - thing) * 0.08, 0) * fine
                } else if room < 0.3, rise > 0.75 - room {
                    glass = Tint(0.55, 0.53, 0.50, 0) * sky
                } else {
                    // A bar across the middle.
                    let bar = edge(0.04 - abs(rise - 0.5), sharpV)
                    glass = StreetNoise.blend(glass, trim * fall, bar * 0.8)
                }
                return StreetNoise.blend(tint * fall, glass, pane)
            }
        }
        return tint * fall
    }

    @inline(__always) private func edge(_ inside: Float, _ sharp: Float) -> Float {
        StreetNoise.clamp(inside * sharp + 0.5)
    }
}

/// Courses of brick with a coping on top, for garden walls.
struct BrickPaint: StreetPaint {
    var tint: Tint
    var height: Float
    var focal: Float
    var salt: UInt32
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let fine = StreetNoise.clamp((focal * nearness - 8) * 0.03)
        let course = StreetNoise.floor(v * 13.3)
        let stone = StreetNoise.floor(u * 4.4 + (course & 1 == 0 ? 0 : 0.5))
        let stain = StreetNoise.smooth(u * 0.8, v * 0.8, salt)
        let wall = tint * (0.86 + 0.24 * stain + (StreetNoise.cell(stone, course, salt) - 0.5) * 0.35 * fine)
        return v > height - 0.12 ? wall * 1.25 : wall
    }
}

/// Rows of tiles.
struct TilePaint: StreetPaint {
    var tint: Tint
    var focal: Float
    var salt: UInt32
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let fine = StreetNoise.clamp((focal * nearness - 6) * 0.04)
        let row = v * 3.2
        let line = row - Float(StreetNoise.floor(row))
        let tile = StreetNoise.cell(StreetNoise.floor(u * 3.5), StreetNoise.floor(row), salt) - 0.5
        let moss = StreetNoise.smooth(u * 0.6, v * 0.6, salt) - 0.5
        return tint * (1 + 0.22 * moss + (0.25 * tile - (line < 0.2 ? 0.2 : 0)) * fine)
    }
}

/// Vertical boards.
struct PlankPaint: StreetPaint {
    var tint: Tint
    var focal: Float
    var salt: UInt32
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let fine = StreetNoise.clamp((focal * nearness - 8) * 0.03)
        let board = u * 7
        let index = StreetNoise.floor(board)
        let gap: Float = board - Float(index) < 0.14 ? 0.35 : 0
        let grain = StreetNoise.cell(index, 1, salt) - 0.5
        return tint * (1 + (0.3 * grain - gap) * fine + 0.2 * (StreetNoise.smooth(u * 0.7, v, salt) - 0.5))
    }
}

/// A clump of leaves: a ragged disc of radius 1 in units of its patch; its true size is `size` metres.
struct LeafPaint: StreetPaint {
    var tint: Tint
    var size: Float
    /// The direction of the light, across and up.
    var lightU: Float
    var lightV: Float
    var salt: UInt32
    /// 1 for full foliage, less for sparse crowns.
    var full: Float
    var focal: Float
    @inline(__always) func covers(_ u: Float, _ v: Float) -> Bool {
        let r = u * u + v * v
        if r < 0.35 * full { return true }
        if r > 1 { return false }
        // The fine noise is computed only where it decides.
        let ragged = full * (0.35 + 0.55 * StreetNoise.smooth(u * size * 2.6, v * size * 2.6, salt))
        if r < ragged { return true }
        if r > ragged + 0.35 * full { return false }
        return r < ragged + 0.35 * full * StreetNoise.smooth(u * size * 9, v * size * 9, salt &+ 1)
    }
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let fine = StreetNoise.clamp((focal * nearness - 8) * 0.04)
        let x = u * size
        let y = v * size
        let clump = StreetNoise.smooth(x * 2.6, y * 2.6, salt &+ 2)
        let leaf = StreetNoise.cell(StreetNoise.floor(x * 18), StreetNoise.floor(y * 18), salt) - 0.5
        let side = 0.62 + 0.32 * (u * lightU + v * lightV)
        return tint * (side + 0.75 * (clump - 0.4) + 0.42 * leaf * fine)
    }
}

/// A clipped hedge or low shrubs, ragged at the top.
struct HedgePaint: StreetPaint {
    var tint: Tint
    var height: Float
    var salt: UInt32
    var focal: Float
    @inline(__always) func covers(_ u: Float, _ v: Float) -> Bool {
        v < height * 0.86 || v < height * (0.8 + 0.2 * StreetNoise.smooth(u * 5, 0.5, salt))
    }
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let fine = StreetNoise.clamp((focal * nearness - 8) * 0.04)
        let clump = StreetNoise.smooth(u * 3, v * 3, salt)
        let leaf = StreetNoise.cell(StreetNoise.floor(u * 16), StreetNoise.floor(v * 16), salt) - 0.5
        return tint * (0.5 + 0.35 * v / height + 0.5 * clump + 0.6 * leaf * fine)
    }
}

/// A board with illegible lettering. u from 0 to `width` and v from 0 to `height`, metres.
struct LetterPaint: StreetPaint {
    var ground: Tint
    var letters: Tint
    var width: Float
    var height: Float
    var salt: UInt32
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint {
        let size = height * 0.62
        let margin = height * 0.19
        let pitch = size * 0.78
        let x = (u - margin * 2) / pitch
        let index = StreetNoise.floor(x)
        guard u > margin * 2, u < width - margin * 2, v > margin, v < margin + size else { return ground }
        // Letters consist of strokes on a grid of 3 by 5, with occasional spaces.
        let column = StreetNoise.floor((x - Float(index)) * 4)
        let row = StreetNoise.floor((v - margin) / size * 5)
        guard column < 3, StreetNoise.cell(index, 99, salt) > 0.14 else { return ground }
        let upright = column != 1 && StreetNoise.cell(index &* 3 &+ column, 1, salt) < 0.72
        let level = row & 1 == 0 && StreetNoise.cell(index, row &+ 10, salt) < 0.6
        return upright || level ? letters : ground
    }
}

/// The shadow of a crown: a ragged disc of radius 1 with sunny spots. It has no colour.
struct DapplePaint: StreetPaint {
    var salt: UInt32
    @inline(__always) func covers(_ u: Float, _ v: Float) -> Bool {
        let r = u * u + v * v
        guard r < 1 else { return false }
        let leaves = StreetNoise.smooth(u * 7, v * 7, salt)
        return leaves * 0.7 + StreetNoise.smooth(u * 19, v * 19, salt) * 0.3 < 1.05 - 0.75 * r
    }
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint { Tint() }
}
