// Drawings for files: a list of lines, areas, texts and pictures in points. SVG and Raster convert them to
// SVG text and pixels. A drawing contains nothing specific to charts.

import SegSystem

/// A vector drawing on white. Lengths are in points, y grows downwards; coordinates are limited to a
/// large square.
public struct Drawing: Sendable {
    public struct Point: Sendable, Equatable {
        public var x, y: Double

        public init(_ x: Double, _ y: Double) {
            self.x = x.held(within: -1e5...1e5)
            self.y = y.held(within: -1e5...1e5)
        }
    }

    /// Which end of a text is at its point.
    public enum Anchor: String, Sendable { case start, middle, end }

    /// How a line is drawn.
    public struct Stroke: Sendable, Equatable {
        public var color: RGB
        public var width: Double
        /// Alternating lengths of dashes and gaps; empty for a solid line.
        public var dashes: [Double]

        public init(_ color: RGB, width: Double = 1, dashes: [Double] = []) {
            self.color = color
            self.width = width.held(within: 0.1...1000)
            self.dashes = dashes.map { $0.held(within: 0.5...1000) }
        }
    }

    /// How a text is drawn.
    public struct Lettering: Sendable, Equatable {
        public var size: Double
        public var color: RGB
        public var anchor: Anchor
        public var isBold: Bool
        /// Read from bottom to top.
        public var isUpright: Bool
        /// Whether it has the width that it was measured with in every font: what is beside it leaves no more room.
        public var isFitted: Bool

        public init(
            size: Double = 11, color: RGB = .black, anchor: Anchor = .start, isBold: Bool = false,
            isUpright: Bool = false, isFitted: Bool = false
        ) {
            self.size = size.held(within: 1...500)
            self.color = color
            self.anchor = anchor
            self.isBold = isBold
            self.isUpright = isUpright
            self.isFitted = isFitted
        }
    }

    enum Element: Sendable {
        /// A straight line that is drawn sharply, such as an axis.
        case rule(Point, Point, Stroke)
        case polyline([Point], Stroke)
        case polygon([Point], RGB, opacity: Double)
        case rectangle(Point, width: Double, height: Double, RGB)
        case circle(Point, radius: Double, RGB)
        case text(String, Point, Lettering)
        case picture(Pixels, Point, width: Double, height: Double)
    }

    public let width: Double
    public let height: Double
    private(set) var elements: [Element] = []

    /// An empty drawing; its sides are limited to 1 to 20,000 points.
    public init(width: Double, height: Double) {
        self.width = width.held(within: 1...20_000)
        self.height = height.held(within: 1...20_000)
    }

    public mutating func rule(from start: Point, to end: Point, _ stroke: Stroke) {
        elements.append(.rule(start, end, stroke))
    }

    public mutating func polyline(_ points: [Point], _ stroke: Stroke) {
        if points.count > 1 { elements.append(.polyline(points, stroke)) }
    }

    public mutating func polygon(_ points: [Point], _ color: RGB, opacity: Double = 1) {
        guard points.count > 2 else { return }
        elements.append(.polygon(points, color, opacity: opacity.held(within: 0...1)))
    }

    public mutating func rectangle(_ corner: Point, width: Double, height: Double, _ color: RGB) {
        guard width > 0, height > 0 else { return }
        elements.append(.rectangle(corner, width: min(width, 1e5), height: min(height, 1e5), color))
    }

    public mutating func circle(_ center: Point, radius: Double, _ color: RGB) {
        guard radius > 0 else { return }
        elements.append(.circle(center, radius: min(radius, 1e4), color))
    }

    /// Text whose base line begins, is centred, or ends at `point`.
    public mutating func text(_ text: String, at point: Point, _ lettering: Lettering = Lettering()) {
        guard !text.isEmpty else { return }
        var text = TextWidth.escaped(text)
        // A hyphen before a digit is a minus sign, which is wider.
        if text.first == "-", let next = text.dropFirst().first, next >= "0", next <= "9" {
            text = "−" + text.dropFirst()
        }
        elements.append(.text(text, point, lettering))
    }

    /// The characters in its texts that the typeface of PNG and PDF files has no outlines for, each once.
    public var missingCharacters: [Character] {
        var found: [Character] = []
        for case .text(let text, _, _) in elements {
            for character in Typeface.missing(in: text) where !found.contains(character) {
                found.append(character)
            }
        }
        return found
    }

    public mutating func picture(_ picture: Pixels, at corner: Point, width: Double, height: Double) {
        guard width > 0, height > 0 else { return }
        elements.append(.picture(picture, corner, width: min(width, 2e4), height: min(height, 2e4)))
    }

    /// Adds another drawing to this one, its upper left at `corner`, in another size with `scale`.
    public mutating func place(_ drawing: Drawing, at corner: Point, scale: Double = 1) {
        func moved(_ point: Point) -> Point { Point(point.x * scale + corner.x, point.y * scale + corner.y) }
        func scaled(_ stroke: Stroke) -> Stroke {
            Stroke(stroke.color, width: stroke.width * scale, dashes: stroke.dashes.map { $0 * scale })
        }
        for element in drawing.elements {
            switch element {
            case .rule(let start, let end, let stroke):
                elements.append(.rule(moved(start), moved(end), scaled(stroke)))
            case .polyline(let points, let stroke):
                elements.append(.polyline(points.map(moved), scaled(stroke)))
            case .polygon(let points, let color, let opacity):
                elements.append(.polygon(points.map(moved), color, opacity: opacity))
            case .rectangle(let point, let width, let height, let color):
                elements.append(
                    .rectangle(moved(point), width: width * scale, height: height * scale, color))
            case .circle(let center, let radius, let color):
                elements.append(.circle(moved(center), radius: radius * scale, color))
            case .text(let text, let point, var lettering):
                lettering.size = (lettering.size * scale).held(within: 1...500)
                elements.append(.text(text, moved(point), lettering))
            case .picture(let picture, let point, let width, let height):
                elements.append(
                    .picture(picture, moved(point), width: width * scale, height: height * scale))
            }
        }
    }

    /// The drawing in another size, its letters and lines too.
    func scaled(by scale: Double) -> Drawing {
        if scale == 1 { return self }
        var drawing = Drawing(width: width * scale, height: height * scale)
        drawing.place(self, at: Point(0, 0), scale: scale)
        return drawing
    }

    /// Drawings in rows of `columns`, each column as wide and each row as high as its largest.
    public static func grid(_ drawings: [Drawing], columns: Int) -> Drawing {
        let columns = columns.held(within: 1...max(drawings.count, 1))
        let rows = (drawings.count + columns - 1) / columns
        func largest(_ indices: [Int], _ size: (Drawing) -> Double) -> Double {
            indices.filter { $0 < drawings.count }.map { size(drawings[$0]) }.max() ?? 0
        }
        let widths = (0..<columns).map { column in
            largest((0..<rows).map { $0 * columns + column }) { $0.width }
        }
        let heights = (0..<rows).map { row in
            largest((0..<columns).map { row * columns + $0 }) { $0.height }
        }
        var result = Drawing(width: widths.reduce(0, +), height: heights.reduce(0, +))
        for (index, drawing) in drawings.enumerated() {
            let x = widths.prefix(index % columns).reduce(0, +)
            let y = heights.prefix(index / columns).reduce(0, +)
            result.place(drawing, at: Point(x, y))
        }
        return result
    }

    /// How many shapes markers have.
    static let markerShapes = 5

    /// A mark for the points of series `index`: circle, triangle, square, diamond and so on, filled for the
    /// first five and hollow for the next, so that ten series can be distinguished in print without colour.
    mutating func marker(_ index: Int, at point: Point, radius: Double, _ color: RGB) {
        let outlines: [[(Double, Double)]] = [
            [], [(0, -1.25), (1.15, 0.85), (-1.15, 0.85)],
            [(-0.95, -0.95), (0.95, -0.95), (0.95, 0.95), (-0.95, 0.95)],
            [(0, -1.35), (1.15, 0), (0, 1.35), (-1.15, 0)], [(0, 1.25), (1.15, -0.85), (-1.15, -0.85)],
        ]
        func fill(_ radius: Double, _ color: RGB) {
            let outline = outlines[index % outlines.count]
            if outline.isEmpty {
                circle(point, radius: radius, color)
            } else {
                polygon(outline.map { Point(point.x + $0.0 * radius, point.y + $0.1 * radius) }, color)
            }
        }
        let isHollow = index / outlines.count % 2 == 1
        fill(isHollow ? radius * 1.25 : radius, color)
        if isHollow { fill(radius * 0.65, .white) }
    }
}

extension Drawing {
    /// A length with at most two decimals; points are finite and bounded.
    static func decimal(_ value: Double) -> String {
        let scaled = Int(rounding: value * 100, within: -(1 << 40)...(1 << 40))
        let (whole, rest) = (scaled.magnitude / 100, scaled.magnitude % 100)
        let sign = scaled < 0 ? "-" : ""
        if rest == 0 { return sign + String(whole) }
        let digits = rest % 10 == 0 ? String(rest / 10) : rest < 10 ? "0\(rest)" : String(rest)
        return sign + "\(whole).\(digits)"
    }
}

/// The colours of everything that is not data.
extension RGB {
    static let ink = RGB(hex: 0x22262b)
    static let quiet = RGB(hex: 0x6a7078)
    static let grid = RGB(hex: 0xe6e8eb)
}
