// Houses: a facade towards the street, a flank towards the camera, a roof, and things fixed to them.

extension StreetFrame {
    /// The properties of a house; lengths in metres.
    struct House {
        var storeys: Int
        var storey = 2.9
        var ground = 3.0
        var depth = 11.0
        var cell = 2.4
        var wall: Tint
        var trim: Tint
        var brick: Bool
        var shop = false
        var pitched = false
        /// The fraction of its cell and storey that a window takes.
        var openness = 0.5
        var bands = false
        var doorEvery = 3
        var chimney = false
        var blankFlank = true
        var roof = Tint(0.33, 0.30, 0.30, 0)

        var height: Double { ground + Double(max(0, storeys - 1)) * storey + 0.5 }
    }

    /// A house whose front is `front` metres from the road's middle, on the side `sign`, from `start` to
    /// `end` along (relative to the camera).
    func drawHouse(
        _ house: House, sign: Double, front: Double, start: Double, end: Double, dice: inout StreetDice
    ) {
        let length = end - start
        guard length > 0.5, end > 0.5 else { return }
        let height = house.height
        let salt = dice.salt()
        let foot = view(sign * front, 0, start)
        let rise = turn(Point(0, 1, 0))
        let facade = StreetCanvas.Patch(
            origin: foot, u: (view(sign * front, 0, end) - foot) / length, v: rise)
        let flank = StreetCanvas.Patch(
            origin: foot, u: (view(sign * (front + house.depth), 0, start) - foot) / house.depth, v: rise)
        let cells = max(1, (length / house.cell).rounded())
        let door = dice.tint([
            Tint(0.45, 0.10, 0.10, 0), Tint(0.10, 0.25, 0.18, 0), Tint(0.12, 0.16, 0.35, 0),
            Tint(0.15, 0.13, 0.12, 0), Tint(0.75, 0.73, 0.68, 0),
        ])
        let aslant = abs(sign * front - cameraAcross)
        var paint = facadePaint(house, cell: length / cells, door: door, salt: salt)
        paint.fall = falling(on: facade)
        paint.aslant = Float(aslant)
        canvas.fill(facade, outline: rectangle(facade, 0, 0, length, height), as: .building, paint: paint)

        if house.pitched {
            drawRoof(house, facade, sign: sign, front: front, start: start, end: end, salt: salt)
        }
        if start > 0.3 {
            let flankCells = max(1, (house.depth / 3.4).rounded())
            var side = facadePaint(house, cell: house.depth / flankCells, door: door, salt: salt ^ 9)
            side.fall = falling(on: flank)
            side.aslant = 1e6
            side.shop = false
            side.blank = house.blankFlank
            side.doorEvery = 99
            var outline = rectangle(flank, 0, 0, house.depth, height)
            if house.pitched {
                side.height = Float(height + 9)
                outline.insert(
                    flank.origin + flank.u * (house.depth / 2) + flank.v * (height + ridge(house)), at: 3)
            }
            canvas.fill(flank, outline: outline, as: .building, paint: side)
        }
        if house.chimney {
            let x = front + house.depth / 2
            let top = height + ridge(house) + 1
            box(
                min(sign * x - 0.4, sign * x + 0.4)...max(sign * x - 0.4, sign * x + 0.4),
                (height + 0.5)...top, (end - 1.2)...(end - 0.3), house.wall * 0.9, .building)
            for pot in [-0.2, 0.2] {
                post(
                    sign * x + pot, end - 0.75, from: top, to: top + 0.4, width: 0.2,
                    Tint(0.55, 0.33, 0.24, 0),
                    .building)
            }
        }
        if house.shop { drawShopSigns(facade, length: length, sign: sign, front: front, start: start, &dice) }
        let outer = front + house.depth
        castShadow(
            min(sign * front, sign * outer)...max(sign * front, sign * outer), start...end,
            height: height + (house.pitched ? 1.2 : 0))
    }

    private func ridge(_ house: House) -> Double { house.pitched ? house.depth * 0.3 : 0 }

    private func facadePaint(_ house: House, cell: Double, door: Tint, salt: UInt32) -> FacadePaint {
        let width = cell * house.openness
        let tall = house.storey * (0.32 + 0.3 * house.openness)
        let low = house.storey * 0.30
        return FacadePaint(
            wall: house.wall, trim: house.trim, door: door, fall: light.skyTint,
            sky: light.skyTint + light.zenith * 0.4,
            cell: Float(cell), storey: Float(house.storey), ground: Float(house.ground),
            height: Float(house.height),
            windowLeft: Float((cell - width) / 2), windowRight: Float((cell + width) / 2),
            windowLow: Float(low),
            windowHigh: Float(min(low + tall, house.storey - 0.25)), shop: house.shop, brick: house.brick,
            bands: house.bands, doorEvery: Int32(max(1, house.doorEvery)), salt: salt,
            focal: Float(canvas.focalY), aslant: 1)
    }

    private func drawRoof(
        _ house: House, _ facade: StreetCanvas.Patch, sign: Double, front: Double, start: Double, end: Double,
        salt: UInt32
    ) {
        // The eaves project a little beyond the wall.
        let eave = view(sign * (front - 0.3), house.height - 0.1, start - 0.15)
        let top = view(sign * (front + house.depth / 2), house.height + ridge(house), start - 0.15)
        let length = end - start + 0.3
        let slope = top - eave
        let slant = (slope * slope).sum().squareRoot()
        guard slant > 0 else { return }
        let roof = StreetCanvas.Patch(
            origin: eave, u: (view(sign * (front - 0.3), house.height - 0.1, end + 0.15) - eave) / length,
            v: slope / slant)
        canvas.fill(
            roof, outline: rectangle(roof, 0, 0, length, slant), as: .building,
            paint: TilePaint(tint: house.roof * falling(on: roof), focal: Float(canvas.focalY), salt: salt))
        // The gutter.
        var gutter = facade
        gutter.origin += eave - facade.origin
        panel(gutter, 0, -0.1, length, 0.05, house.trim * 0.8, .building, lift: 0.001)
    }

    private func drawShopSigns(
        _ facade: StreetCanvas.Patch, length: Double, sign: Double, front: Double, start: Double,
        _ dice: inout StreetDice
    ) {
        let boards = [
            Tint(0.12, 0.22, 0.16, 0), Tint(0.50, 0.10, 0.12, 0), Tint(0.10, 0.16, 0.36, 0),
            Tint(0.80, 0.78, 0.72, 0),
            Tint(0.13, 0.13, 0.14, 0), Tint(0.80, 0.60, 0.15, 0), Tint(0.30, 0.12, 0.30, 0),
        ]
        let ground = dice.tint(boards)
        let bright = (ground.x + ground.y + ground.z) > 1.4
        let letters = bright ? Tint(0.15, 0.12, 0.12, 0) : Tint(0.93, 0.90, 0.80, 0)
        // The fascia belongs to the house; the part with the name is class Misc_Text.
        panel(facade, 0.1, 2.68, length - 0.1, 3.34, ground * 0.9, .building, lift: 0.0005)
        let named = min(length - 0.8, dice.between(2.4, 5))
        let from = dice.between(0.3, max(0.31, length - named - 0.3))
        if named > 1, dice.chance(0.85) {
            var board = facade
            board.origin += facade.u * from + facade.v * 2.72
            let fall = falling(on: facade)
            canvas.fill(
                board, outline: rectangle(board, 0, 0, named, 0.58), as: .miscText, lift: 0.001,
                paint: LetterPaint(
                    ground: ground * fall, letters: letters * fall, width: Float(named), height: 0.58,
                    salt: dice.salt()))
        }
        if dice.chance(0.3) {
            // A sign that projects over the pavement.
            let along = start + dice.between(0.5, max(0.6, length - 0.5))
            let inner = sign * (front - 0.15)
            let outer = sign * (front - 0.95)
            let left = min(inner, outer)
            let origin = view(left, 3.2, along)
            let patch = StreetCanvas.Patch(
                origin: origin, u: (view(max(inner, outer), 3.2, along) - origin) / 0.8,
                v: turn(Point(0, 1, 0)))
            let fall = falling(on: patch)
            canvas.fill(
                patch, outline: rectangle(patch, 0, 0, 0.8, 0.75), as: .miscText,
                paint: LetterPaint(
                    ground: ground * fall, letters: letters * fall, width: 0.8, height: 0.4, salt: dice.salt()
                ))
        }
        if dice.chance(0.3) {
            // An awning.
            let along0 = start + dice.between(0.2, length * 0.3)
            let along1 = along0 + length * 0.5
            let tint = dice.tint([
                Tint(0.6, 0.15, 0.13, 0), Tint(0.75, 0.72, 0.62, 0), Tint(0.15, 0.32, 0.24, 0),
            ])
            solid(
                [
                    view(sign * front, 2.75, along0), view(sign * front, 2.75, along1),
                    view(sign * (front - 1.1), 2.3, along1), view(sign * (front - 1.1), 2.3, along0),
                ], tint, .building)
        }
    }
}
