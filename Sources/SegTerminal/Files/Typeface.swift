// Letters for drawings: decodes the embedded outlines once, measures text (also for the layout of SVG) and
// returns its contours for the raster.

import SegSystem

/// The one typeface of drawings.
enum Typeface {
    /// The outline of one character, in thousandths of the letter height, y upwards.
    struct Glyph: Sendable {
        struct Node: Sendable {
            let x, y: Double
            let isOnCurve: Bool
        }
        let advance: Double
        let contours: [[Node]]
    }

    /// The height of capital letters, as a fraction of the size; for centring.
    static let capHeight = 0.7

    /// The width of `text` at a letter size. Characters without an outline are boxes.
    static func width(of text: String, size: Double, isBold: Bool = false) -> Double {
        text.reduce(0) { $0 + glyph($1).advance + (isBold ? boldness : 0) } * size / 1000
    }

    /// How much wider the strokes of bold letters are, in thousandths.
    static let boldness = 32.0

    /// `text` cut to a width, its end replaced by an ellipsis.
    static func truncate(_ text: String, to limit: Double, size: Double, isBold: Bool = false) -> String {
        // A text that was measured for this width must not be cut because of a rounding error.
        guard width(of: text, size: size, isBold: isBold) > limit + 0.01 else { return text }
        let room = limit - width(of: "…", size: size)
        var used = 0.0
        var result = ""
        for character in text {
            used += width(of: String(character), size: size, isBold: isBold)
            if used > room { break }
            result.append(character)
        }
        return result + "…"
    }

    /// Names cut to a width, those that differ still different.
    static func truncate(_ names: [String], to limit: Double, size: Double) -> [String] {
        DistinctNames.cut(names) { width(of: $0, size: size) <= limit + 0.01 }
    }

    /// The characters of `text` that have no outline and are drawn as boxes.
    static func missing(in text: String) -> [Character] {
        text.filter { plain($0) == nil && accented[$0] == nil && TextWidth.of($0) > 0 }
    }

    /// `text` wrapped at spaces into lines of a width, at most `limit`; a longer word, and the last line, is cut.
    static func wrap(
        _ text: String, to width: Double, size: Double, isBold: Bool = false, limit: Int
    ) -> [String] {
        func fits(_ line: String) -> Bool {
            self.width(of: line, size: size, isBold: isBold) <= width + 0.01
        }
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, lines.count == limit || fits("\(last) \(word)") {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.map { truncate($0, to: width, size: size, isBold: isBold) }
    }

    /// The contours of `text` from (0, 0) on its base line, y downwards, curves converted to lines.
    static func contours(of text: String, size: Double, isBold: Bool = false) -> [[Drawing.Point]] {
        let scale = size / 1000
        var x = 0.0
        var result: [[Drawing.Point]] = []
        for character in text {
            let glyph = glyph(character)
            for contour in glyph.contours {
                let points = flattened(contour)
                result.append(points.map { Drawing.Point(x + $0.x * scale, -$0.y * scale) })
                // Drawn twice, slightly shifted: the union has thicker vertical strokes.
                guard isBold else { continue }
                result.append(points.map { Drawing.Point(x + ($0.x + boldness) * scale, -$0.y * scale) })
            }
            x += (glyph.advance + (isBold ? boldness : 0)) * scale
        }
        return result
    }

    private static func glyph(_ character: Character) -> Glyph {
        if let known = plain(character) ?? accented[character] { return known }
        let cells = TextWidth.of(character)
        return cells == 0 ? empty : cells == 1 ? box : wideBox
    }

    /// A character that has an outline of its own, or that of another.
    static func plain(_ character: Character) -> Glyph? {
        glyphs[character] ?? bases[character].flatMap { glyphs[$0] }
    }

    /// All letters with an outline.
    static var letters: [Character] { (Array(glyphs.keys) + bases.keys).filter(\.isLetter) }

    private static let empty = Glyph(advance: 0, contours: [])

    /// The glyph for characters without an outline.
    private static let box = box(width: 620)
    /// That for characters as wide as high, such as Chinese ones.
    private static let wideBox = box(width: 1000)

    private static func box(width: Double) -> Glyph {
        func square(_ low: Double, _ left: Double, _ high: Double, _ right: Double, reversed: Bool) -> [Glyph
            .Node]
        {
            let nodes = [(left, low), (left, high), (right, high), (right, low)].map {
                Glyph.Node(x: $0.0, y: $0.1, isOnCurve: true)
            }
            return reversed ? nodes.reversed() : nodes
        }
        return Glyph(
            advance: width,
            contours: [
                square(0, 60, 700, width - 60, reversed: false),
                square(50, 110, 650, width - 110, reversed: true),
            ])
    }

    /// Characters that are drawn as another, which is the first of each group.
    private static let bases: [Character: Character] = {
        let groups = [
            "-‐‑", "—―", "'‚′", "\"„″", " \u{a0}\u{2002}\u{2003}\u{2009}\u{200a}\u{202f}", ".․", "/⁄∕", "*∗",
            "·•", "μµ", "Δ∆", "|∣", ":∶",
            "AΑ", "BΒ", "EΕ", "ZΖ", "HΗ", "IΙ", "KΚ", "MΜ", "NΝ", "OΟ", "PΡ", "TΤ", "YΥ", "XΧ", "oο",
        ]
        var bases: [Character: Character] = [:]
        for group in groups {
            guard let base = group.first else { continue }
            for character in group.dropFirst() where glyphs[character] == nil { bases[character] = base }
        }
        return bases
    }()

    private static let glyphs: [Character: Glyph] = {
        var glyphs: [Character: Glyph] = [:]
        func add<Characters: Sequence>(_ characters: Characters, _ outlines: String)
        where Characters.Element == Unicode.Scalar {
            let entries = outlines.utf8.split(separator: UInt8(ascii: " "))
            for (character, entry) in zip(characters, entries) {
                glyphs[Character(character)] = decode(Array(entry))
            }
        }
        add(FontOutlines.characters.unicodeScalars, FontOutlines.outlines)
        add(
            (SymbolOutlines.characters + SymbolOutlines.marks).unicodeScalars, SymbolOutlines.outlines)
        for (letter, dotless) in [("i", "ı"), ("j", "ȷ")] as [(Character, Character)] {
            glyphs[dotless] = glyphs[letter].map { $0.withoutDot }
        }
        return glyphs
    }()

    private static func decode(_ text: [UInt8]) -> Glyph {
        func digit(_ byte: UInt8) -> Int {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): return Int(byte) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): return Int(byte) - 97 + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): return Int(byte) - 48 + 52
            default: return byte == UInt8(ascii: "+") ? 62 : 63
            }
        }
        let numbers = stride(from: 0, to: text.count - 1, by: 2).map {
            digit(text[$0]) << 6 | digit(text[$0 + 1])
        }
        var contours: [[Glyph.Node]] = []
        var contour: [Glyph.Node] = []
        for index in stride(from: 1, to: numbers.count - 1, by: 2) {
            let (x, y) = (numbers[index], numbers[index + 1])
            contour.append(
                Glyph.Node(x: Double(x & 2047) - 512, y: Double(y & 2047) - 512, isOnCurve: x & 2048 != 0))
            if y & 2048 != 0 {
                contours.append(contour)
                contour = []
            }
        }
        return Glyph(advance: Double(numbers.first ?? 0), contours: contours)
    }

    /// Quadratic splines as in TrueType: between two points off the curve there is one on it.
    private static func flattened(_ contour: [Glyph.Node]) -> [(x: Double, y: Double)] {
        guard let first = contour.first, let last = contour.last else { return [] }
        let start =
            first.isOnCurve
            ? (x: first.x, y: first.y)
            : last.isOnCurve ? (x: last.x, y: last.y) : (x: (first.x + last.x) / 2, y: (first.y + last.y) / 2)
        var points = [start]
        var current = start
        var control: (x: Double, y: Double)?
        func curve(to end: (x: Double, y: Double), by middle: (x: Double, y: Double)) {
            let steps = 6
            for step in 1...steps {
                let t = Double(step) / Double(steps)
                let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
                points.append(
                    (a * current.x + b * middle.x + c * end.x, a * current.y + b * middle.y + c * end.y))
            }
            current = end
        }
        for node in contour + [Glyph.Node(x: start.x, y: start.y, isOnCurve: true)] {
            let place = (x: node.x, y: node.y)
            if node.isOnCurve {
                if let middle = control {
                    curve(to: place, by: middle)
                } else {
                    points.append(place)
                    current = place
                }
                control = nil
            } else {
                if let middle = control {
                    curve(to: ((middle.x + place.x) / 2, (middle.y + place.y) / 2), by: middle)
                }
                control = place
            }
        }
        return points
    }
}
