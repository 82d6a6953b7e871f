// Drawings as pixels. Areas are filled by exact coverage along a few sampling lines per pixel row, lines by
// the distance to them; both are antialiased.

@preconcurrency import Glibc

extension Drawing {
    /// The drawing as pixels, with `scale` pixels per point; 2 gives sharp letters. The scale is reduced if
    /// the picture would exceed 40 million pixels.
    public func raster(scale: Double = 2) -> Pixels {
        let scale = rasterScale(scale)
        var raster = Raster(
            width: Int(rounding: width * scale, within: 1...16_384),
            height: Int(rounding: height * scale, within: 1...16_384))
        for element in elements { raster.draw(element, scale) }
        return raster.pixels
    }
}

extension Drawing {
    /// The pixels per point that `raster` gives, which are fewer than asked for where the picture would be too large.
    public func rasterScale(_ asked: Double) -> Double {
        // 2400 pixels per inch are the most that files are written with.
        let scale = asked.held(within: 0.1...34)
        let area = width * height * scale * scale
        return min(scale * min((40e6 / area).squareRoot(), 1), 16_000 / max(width, height))
    }
}

private struct Raster {
    var pixels: Pixels

    init(width: Int, height: Int) { pixels = Pixels(width: width, height: height, fill: .white) }

    mutating func draw(_ element: Drawing.Element, _ scale: Double) {
        func scaled(_ point: Drawing.Point) -> Drawing.Point {
            Drawing.Point(point.x * scale, point.y * scale)
        }
        switch element {
        case .rule(let start, let end, let stroke):
            rule(
                scaled(start), scaled(end), stroke.width * scale, stroke.dashes.map { $0 * scale },
                stroke.color)
        case .polyline(let points, let stroke):
            let lines = Raster.dashed(points.map(scaled), stroke.dashes.map { $0 * scale })
            self.stroke(lines, width: stroke.width * scale, stroke.color)
        case .polygon(let points, let color, let opacity):
            fill([points.map(scaled)], color, opacity: Float(opacity))
        case .rectangle(let corner, let width, let height, let color):
            let (left, right) = ((corner.x * scale).rounded(), ((corner.x + width) * scale).rounded())
            let (top, bottom) = ((corner.y * scale).rounded(), ((corner.y + height) * scale).rounded())
            rectangle(left, top, right, bottom, color)
        case .circle(let center, let radius, let color):
            fill([Raster.circle(scaled(center), radius * scale)], color)
        case .text(let text, let point, let lettering):
            self.text(text, scaled(point), lettering, lettering.size * scale)
        case .picture(let picture, let corner, let width, let height):
            self.picture(picture, scaled(corner), width * scale, height * scale)
        }
    }

    private mutating func blend(_ x: Int, _ y: Int, _ color: RGB, _ share: Float) {
        let index = (y * pixels.width + x) * 3
        func mix(_ offset: Int, _ new: UInt8) {
            let old = Float(pixels.bytes[index + offset])
            pixels.bytes[index + offset] = UInt8(min(max(old + (Float(new) - old) * share + 0.5, 0), 255))
        }
        mix(0, color.red)
        mix(1, color.green)
        mix(2, color.blue)
    }

    private mutating func rectangle(
        _ left: Double, _ top: Double, _ right: Double, _ bottom: Double, _ color: RGB
    ) {
        let columns =
            Int(
                left, within: 0...pixels.width)..<max(
                Int(right, within: 0...pixels.width), Int(left, within: 0...pixels.width))
        let rows =
            Int(
                top, within: 0...pixels.height)..<max(
                Int(bottom, within: 0...pixels.height), Int(top, within: 0...pixels.height))
        for y in rows {
            for x in columns { blend(x, y, color, 1) }
        }
    }

    /// Horizontal and vertical lines are aligned to whole pixels; others are drawn as any line.
    private mutating func rule(
        _ start: Drawing.Point, _ end: Drawing.Point, _ width: Double, _ dashes: [Double], _ color: RGB
    ) {
        guard start.x == end.x || start.y == end.y, dashes.isEmpty else {
            stroke(Raster.dashed([start, end], dashes), width: width, color)
            return
        }
        let thickness = max(width.rounded(), 1)
        func low(_ center: Double) -> Double { (center - thickness / 2).rounded() }
        if start.y == end.y {
            let top = low(start.y)
            rectangle(
                min(start.x, end.x).rounded(), top, max(start.x, end.x).rounded(), top + thickness, color)
        } else {
            let left = low(start.x)
            rectangle(
                left, min(start.y, end.y).rounded(), left + thickness, max(start.y, end.y).rounded(), color)
        }
    }

    private static func circle(_ center: Drawing.Point, _ radius: Double) -> [Drawing.Point] {
        let count = Int(radius * 4, within: 16...200)
        return (0..<count).map { index in
            let angle = 2 * Double.pi * Double(index) / Double(count)
            return Drawing.Point(center.x + radius * cos(angle), center.y + radius * sin(angle))
        }
    }

    private mutating func text(
        _ text: String, _ point: Drawing.Point, _ lettering: Drawing.Lettering, _ size: Double
    ) {
        let width = Typeface.width(of: text, size: size, isBold: lettering.isBold)
        let shift = lettering.anchor == .start ? 0 : lettering.anchor == .middle ? width / 2 : width
        let contours = Typeface.contours(of: text, size: size, isBold: lettering.isBold)
        let placed = contours.map { contour in
            contour.map { corner in
                lettering.isUpright
                    ? Drawing.Point(point.x + corner.y, point.y - (corner.x - shift))
                    : Drawing.Point(point.x + corner.x - shift, point.y + corner.y)
            }
        }
        fill(placed, lettering.color)
    }

    private mutating func picture(
        _ picture: Pixels, _ corner: Drawing.Point, _ width: Double, _ height: Double
    ) {
        let left = Int(rounding: corner.x, within: -100_000...100_000)
        let top = Int(rounding: corner.y, within: -100_000...100_000)
        let fitted = picture.resized(
            width: Int(rounding: width, within: 1...16_384), height: Int(rounding: height, within: 1...16_384)
        )
        for y in max(0, -top)..<max(min(fitted.height, pixels.height - top), max(0, -top)) {
            for x in max(0, -left)..<max(min(fitted.width, pixels.width - left), max(0, -left)) {
                blend(left + x, top + y, fitted.color(x: x, y: y), 1)
            }
        }
    }

    // MARK: Lines

    /// Divides a line into its dashes.
    private static func dashed(_ points: [Drawing.Point], _ dashes: [Double]) -> [[Drawing.Point]] {
        guard !dashes.isEmpty, var last = points.first else { return [points] }
        var lines: [[Drawing.Point]] = []
        var line = [last]
        var dash = 0
        var left = dashes[0]
        for point in points.dropFirst() {
            var length = hypot(point.x - last.x, point.y - last.y)
            while length > left {
                let share = left / length
                last = Drawing.Point(last.x + (point.x - last.x) * share, last.y + (point.y - last.y) * share)
                length -= left
                if dash % 2 == 0 { lines.append(line + [last]) }
                dash += 1
                left = max(dashes[dash % dashes.count], 0.25)
                line = [last]
            }
            left -= length
            last = point
            if dash % 2 == 0 { line.append(point) }
        }
        if dash % 2 == 0, line.count > 1 { lines.append(line) }
        return lines
    }

    /// Draws lines with round ends and joints; their opacity does not add up where they cross themselves.
    private mutating func stroke(_ lines: [[Drawing.Point]], width: Double, _ color: RGB) {
        let half = max(width, 1) / 2
        let strength = Float(min(width, 1))
        let points = lines.joined()
        guard let box = box(Array(points), margin: half + 1) else { return }
        var mask = [Float](repeating: 0, count: box.width * box.height)
        for line in lines {
            for (start, end) in zip(line, line.dropFirst()) {
                cover(start, end, half, box, &mask)
            }
        }
        for (index, share) in mask.enumerated() where share > 0 {
            blend(box.left + index % box.width, box.top + index / box.width, color, share * strength)
        }
    }

    private struct Box {
        let left, top, width, height: Int
    }

    private func box(_ points: [Drawing.Point], margin: Double) -> Box? {
        guard let first = points.first else { return nil }
        var (left, right, top, bottom) = (first.x, first.x, first.y, first.y)
        for point in points {
            left = min(left, point.x)
            right = max(right, point.x)
            top = min(top, point.y)
            bottom = max(bottom, point.y)
        }
        let x = Int((left - margin).rounded(.down), within: 0...pixels.width)
        let y = Int((top - margin).rounded(.down), within: 0...pixels.height)
        let width = Int((right + margin).rounded(.up), within: 0...pixels.width) - x
        let height = Int((bottom + margin).rounded(.up), within: 0...pixels.height) - y
        return width > 0 && height > 0 ? Box(left: x, top: y, width: width, height: height) : nil
    }

    private func cover(
        _ start: Drawing.Point, _ end: Drawing.Point, _ half: Double, _ box: Box, _ mask: inout [Float]
    ) {
        let (dx, dy) = (end.x - start.x, end.y - start.y)
        let length = dx * dx + dy * dy
        let left = Int(min(start.x, end.x) - half - 1, within: box.left...(box.left + box.width))
        let right = Int(max(start.x, end.x) + half + 2, within: left...max(left, box.left + box.width))
        let top = Int(min(start.y, end.y) - half - 1, within: box.top...(box.top + box.height))
        let bottom = Int(max(start.y, end.y) + half + 2, within: top...max(top, box.top + box.height))
        for y in top..<bottom {
            for x in left..<right {
                let (px, py) = (Double(x) + 0.5 - start.x, Double(y) + 0.5 - start.y)
                let along = length > 0 ? ((px * dx + py * dy) / length).held(within: 0...1) : 0
                let (ox, oy) = (px - along * dx, py - along * dy)
                let distance = (ox * ox + oy * oy).squareRoot()
                let share = Float((half + 0.5 - distance).held(within: 0...1))
                let index = (y - box.top) * box.width + x - box.left
                if share > mask[index] { mask[index] = share }
            }
        }
    }

    // MARK: Areas

    /// Fills closed contours by the nonzero rule.
    private mutating func fill(_ contours: [[Drawing.Point]], _ color: RGB, opacity: Float = 1) {
        guard let box = box(contours.flatMap { $0 }, margin: 1) else { return }
        let lines = 5
        var crossings = [[(x: Double, turn: Int)]](repeating: [], count: box.height * lines)
        for contour in contours {
            for (index, start) in contour.enumerated() {
                let end = contour[(index + 1) % contour.count]
                guard start.y != end.y else { continue }
                let (low, high) = (min(start.y, end.y), max(start.y, end.y))
                let slope = (end.x - start.x) / (end.y - start.y)
                func line(_ y: Double) -> Int {
                    let place = ((y - Double(box.top)) * Double(lines) - 0.5).rounded(.up)
                    return Int(place, within: 0...(box.height * lines))
                }
                let (from, to) = (line(low), line(high))
                for line in from..<max(from, to) {
                    let y = Double(box.top) + (Double(line) + 0.5) / Double(lines)
                    crossings[line].append((start.x + (y - start.y) * slope, start.y < end.y ? 1 : -1))
                }
            }
        }
        var cover = [Float](repeating: 0, count: box.width)
        for row in 0..<box.height {
            var isTouched = false
            for line in (row * lines)..<((row + 1) * lines) where !crossings[line].isEmpty {
                isTouched = true
                let sorted = crossings[line].sorted { $0.x < $1.x }
                var winding = 0
                for (index, crossing) in sorted.enumerated() {
                    winding += crossing.turn
                    guard winding != 0, index + 1 < sorted.count else { continue }
                    Raster.add(
                        crossing.x - Double(box.left), sorted[index + 1].x - Double(box.left),
                        1 / Float(lines), to: &cover)
                }
            }
            guard isTouched else { continue }
            for x in 0..<box.width where cover[x] > 0 {
                blend(box.left + x, box.top + row, color, min(cover[x], 1) * opacity)
                cover[x] = 0
            }
        }
    }

    /// Adds a span of one sampling line; its ends count by their fraction of a pixel.
    private static func add(_ from: Double, _ to: Double, _ weight: Float, to cover: inout [Float]) {
        let limit = Double(cover.count)
        let (from, to) = (from.held(within: 0...limit), to.held(within: 0...limit))
        guard to > from, !cover.isEmpty else { return }
        let first = Int(from, within: 0...(cover.count - 1))
        let last = Int(to, within: 0...(cover.count - 1))
        if first == last {
            cover[first] += Float(to - from) * weight
            return
        }
        cover[first] += Float(Double(first + 1) - from) * weight
        for x in (first + 1)..<max(last, first + 1) { cover[x] += weight }
        cover[last] += Float(to - Double(last)) * weight
    }
}
