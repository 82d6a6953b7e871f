// The drawing surface of the streets: colour, class and depth of every pixel, and convex polygons in
// perspective with a depth test. It contains nothing specific to streets.

/// The look of a patch of surface. `u` and `v` are the patch's coordinates, usually in metres.
protocol StreetPaint {
    /// The colour at a point, before haze; `nearness` is 1 / distance in metres.
    func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint
    /// Whether the surface exists at a point: leaves and discs have gaps and their own edges.
    func covers(_ u: Float, _ v: Float) -> Bool
}

extension StreetPaint {
    @inline(__always) func covers(_ u: Float, _ v: Float) -> Bool { true }
}

/// A single colour.
struct FlatPaint: StreetPaint {
    var tint: Tint
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint { tint }
}

/// A disc of radius 1 around the origin of its patch.
struct DiscPaint: StreetPaint {
    var tint: Tint
    @inline(__always) func color(_ u: Float, _ v: Float, _ nearness: Float) -> Tint { tint }
    @inline(__always) func covers(_ u: Float, _ v: Float) -> Bool { u * u + v * v <= 1 }
}

final class StreetCanvas {
    let height: Int
    let width: Int
    /// Pixels per unit of slope, and the pixel in the viewing direction.
    let focalX: Double
    let focalY: Double
    let centerX: Double
    let centerY: Double
    /// The colour that distant surfaces fade to, and the distance in metres at which they are half faded.
    var haze = Tint(repeating: 0.8)
    var hazeDistance: Float = 800

    /// 0xBBGGRR for each pixel.
    let colors: UnsafeMutablePointer<UInt32>
    /// 1 / distance; 0 where nothing has been drawn yet, -1 on shaded ground.
    let depth: UnsafeMutablePointer<Float>
    /// Class indices, in the caller's memory.
    let mask: UnsafeMutablePointer<UInt8>
    /// Whether the drawing was ended early; nothing more is drawn then.
    private(set) var isEnded = false
    private let interrupted: () -> Bool
    private var work = 0
    private let corners: UnsafeMutablePointer<Point>
    private static let cornerLimit = 40
    private static let nearest = 0.3

    /// - Parameter interrupted: asked at intervals; the drawing ends when it is true.
    init(height: Int, width: Int, mask: UnsafeMutablePointer<UInt8>, interrupted: @escaping () -> Bool) {
        self.height = height
        self.width = width
        self.mask = mask
        self.interrupted = interrupted
        focalX = 0.9 * Double(width)
        focalY = 1.2 * Double(height)
        centerX = 0.5 * Double(width)
        centerY = 0.49 * Double(height)
        let count = height * width
        colors = .allocate(capacity: count)
        depth = .allocate(capacity: count)
        corners = .allocate(capacity: 2 * Self.cornerLimit)
        corners.initialize(repeating: Point(), count: 2 * Self.cornerLimit)
        // Of a canvas that is ended here nothing is read.
        for row in 0..<height where !isEnded(after: 2 * width) {
            (colors + row * width).initialize(repeating: 0, count: width)
            (depth + row * width).initialize(repeating: 0, count: width)
        }
    }

    deinit {
        colors.deallocate()
        depth.deallocate()
        corners.deallocate()
    }

    /// Whether the drawing is to end, after so many more pixels were looked at.
    @inline(__always)
    func isEnded(after pixels: Int) -> Bool {
        work += pixels
        return work < 1 << 17 ? isEnded : asks()
    }

    @inline(never)
    private func asks() -> Bool {
        work = 0
        isEnded = isEnded || interrupted()
        return isEnded
    }

    /// A flat surface in front of the camera: u and v run along `u` and `v` from `origin`, all in camera
    /// coordinates.
    struct Patch {
        var origin: Point
        var u: Point
        var v: Point
    }

    @inline(__always)
    static func pack(_ tint: Tint) -> UInt32 {
        byte(tint.x) | byte(tint.y) << 8 | byte(tint.z) << 16
    }

    /// Maps 0...1 to 0...255. The sum with 2²³ has the rounded number in its low bits.
    @inline(__always)
    private static func byte(_ x: Float) -> UInt32 {
        let scaled = x * 255
        let low = scaled < 255 ? scaled : 255
        return ((low > 0 ? low : 0) + 8_388_608).bitPattern & 255
    }

    @inline(__always)
    static func unpack(_ packed: UInt32) -> Tint {
        Tint(Float(packed & 255), Float(packed >> 8 & 255), Float(packed >> 16 & 255), 0) * (1 / 255)
    }

    @inline(__always)
    func hazed(_ tint: Tint, _ nearness: Float) -> Tint {
        tint + (haze - tint) * (1 / (1 + hazeDistance * nearness))
    }

    /// Draws the convex polygon `outline` (points of the patch's plane, in camera coordinates) where it is
    /// nearer than the existing content. `lift` brings it nearer by that fraction of its distance, for
    /// things that are on a surface.
    @inline(__always)
    func fill<P: StreetPaint>(
        _ patch: Patch, outline: [Point], as label: StreetClass, lift: Float = 0, paint: P
    ) {
        let lifted = 1 + lift
        let label = label.rawValue
        scan(patch, outline: outline) { row, first, last, uz, vz, iz, du, dv, di in
            let colors = self.colors + row
            let depth = self.depth + row
            let mask = self.mask + row
            var k: Float = 0
            for x in first..<last {
                let nearness = iz + k * di
                let test = nearness * lifted
                if test > depth[x] {
                    let z = 1 / nearness
                    let u = (uz + k * du) * z
                    let v = (vz + k * dv) * z
                    if paint.covers(u, v) {
                        depth[x] = test
                        mask[x] = label
                        colors[x] = Self.pack(self.hazed(paint.color(u, v, nearness), nearness))
                    }
                }
                k += 1
            }
        }
    }

    /// Darkens the ground within the polygon; ground that is already shaded stays as it is, so the shadows
    /// of several things join without a seam. Call it after ground and sky are drawn.
    func shade<P: StreetPaint>(_ patch: Patch, outline: [Point], by factor: Tint, paint: P) {
        scan(patch, outline: outline) { row, first, last, uz, vz, iz, du, dv, di in
            var k: Float = 0
            for i in (row + first)..<(row + last) {
                if depth[i] == 0 {
                    let nearness = iz + k * di
                    let z = 1 / nearness
                    if paint.covers((uz + k * du) * z, (vz + k * dv) * z) {
                        depth[i] = -1
                        let kept = 1 / (1 + hazeDistance * nearness)
                        let amount = factor + (1 - factor) * kept
                        colors[i] = Self.pack(Self.unpack(colors[i]) * amount)
                    }
                }
                k += 1
            }
        }
    }

    /// Iterates over the rows of a polygon: clips it at the near plane, projects it and passes, for each
    /// row, the offset of its first pixel, the columns first..<last whose centres are inside, and u/z, v/z
    /// and 1/z at the first column with their steps. All three are linear on the screen: for a ray r,
    /// P = z·r = u·U + v·V + O, so (u, v, 1)/z = [U V O]⁻¹ r.
    @inline(__always)
    func scan(
        _ patch: Patch, outline: [Point],
        _ span: (Int, Int, Int, Float, Float, Float, Float, Float, Float) -> Void
    ) {
        let rowU = cross(patch.v, patch.origin)
        let determinant = (patch.u * rowU).sum()
        guard determinant > 1e-12 || determinant < -1e-12, outline.count <= 16 else { return }
        let inverse = 1 / determinant
        let mu = rowU * inverse
        let mv = cross(patch.origin, patch.u) * inverse
        let mz = cross(patch.u, patch.v) * inverse

        var count = 0
        for (index, b) in outline.enumerated() {
            let a = outline[index == 0 ? outline.count - 1 : index - 1]
            if (a.z >= Self.nearest) != (b.z >= Self.nearest) {
                let t = (Self.nearest - a.z) / (b.z - a.z)
                corners[count] = a + (b - a) * t
                count += 1
            }
            if b.z >= Self.nearest {
                corners[count] = b
                count += 1
            }
        }
        guard count >= 3 else { return }

        var top = Double.infinity
        var bottom = -Double.infinity
        for index in 0..<count {
            let p = corners[index]
            let x = centerX + focalX * p.x / p.z
            let y = centerY - focalY * p.y / p.z
            corners[index] = Point(x, y, 0)
            top = min(top, y)
            bottom = max(bottom, y)
        }
        // Each edge's change of x per row, stored in the second half.
        for index in 0..<count {
            let a = corners[index]
            let b = corners[index + 1 == count ? 0 : index + 1]
            let slope = b.y == a.y ? 0 : (b.x - a.x) / (b.y - a.y)
            corners[Self.cornerLimit + index] = Point(b.y, slope, 0)
        }
        let firstRow = Int(max(0, min(Double(height), (top - 0.5).rounded(.up))))
        let endRow = Int(max(0, min(Double(height), (bottom - 0.5).rounded(.up))))
        guard firstRow < endRow else { return }
        let du = mu.x / focalX
        let dv = mv.x / focalX
        let dz = mz.x / focalX
        for y in firstRow..<endRow {
            let yc = Double(y) + 0.5
            var left = Double.infinity
            var right = -Double.infinity
            for index in 0..<count {
                let a = corners[index]
                let edge = corners[Self.cornerLimit + index]
                if (a.y <= yc) != (edge.x <= yc) {
                    let x = a.x + (yc - a.y) * edge.y
                    left = min(left, x)
                    right = max(right, x)
                }
            }
            guard left < right else { continue }
            let first = Int(max(0, min(Double(width), (left - 0.5).rounded(.up))))
            let last = Int(max(0, min(Double(width), (right - 0.5).rounded(.up))))
            guard first < last else { continue }
            if isEnded(after: last - first) { return }
            let rx = (Double(first) + 0.5 - centerX) / focalX
            let ry = (centerY - yc) / focalY
            span(
                y * width, first, last,
                Float(mu.x * rx + mu.y * ry + mu.z), Float(mv.x * rx + mv.y * ry + mv.z),
                Float(mz.x * rx + mz.y * ry + mz.z), Float(du), Float(dv), Float(dz))
        }
    }

    @inline(__always)
    private func cross(_ a: Point, _ b: Point) -> Point {
        Point(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
}
