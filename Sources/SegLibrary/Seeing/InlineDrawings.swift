// Where output can show pictures between its text, as a notebook does, charts and pictures are drawn as for save=:
// in the text stands a mark of each, by which the reader of the output finds its pixels.

import SegImaging
import SegRuntime
import SegSystem
import SegTerminal

/// The drawings that the text of an interpreter's output has marks of.
public final class InlineDrawings {
    /// A drawing as PNG, with the size at which it is meant to be seen, in points.
    public struct Drawn: Sendable {
        public let png: [UInt8]
        public let width: Int
        public let height: Int
    }

    /// A part of the output.
    public enum Piece {
        case text(String)
        case drawing(Drawn)
    }

    /// Whether the output takes drawings.
    public var isOn = false
    private var drawings: [Int: Drawn] = [:]
    private var count = 0

    // Two characters for private use around a number.
    private static let opening: Character = "\u{10f5e9}"
    private static let closing: Character = "\u{10f5ea}"

    /// The mark of a drawing.
    func mark(_ drawn: Drawn) -> String {
        count += 1
        drawings[count] = drawn
        return "\(Self.opening)\(count)\(Self.closing)"
    }

    /// A text and the drawings it has marks of, in their order. The line end behind a mark belongs to it.
    public func pieces(of text: String) -> [Piece] {
        // The first byte of the mark is rare.
        guard isOn, text.utf8.contains(0xf4), text.contains(Self.opening) else {
            return text.isEmpty ? [] : [.text(text)]
        }
        var pieces: [Piece] = []
        var plain = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: Self.opening) {
            plain += rest[..<start]
            let number = rest[rest.index(after: start)...].prefix { $0.isNumber }
            guard let drawn = Int(number).flatMap({ drawings.removeValue(forKey: $0) }),
                number.endIndex < rest.endIndex, rest[number.endIndex] == Self.closing
            else {
                plain.append(rest[start])
                rest = rest[rest.index(after: start)...]
                continue
            }
            if !plain.isEmpty { pieces.append(.text(plain)) }
            plain = ""
            pieces.append(.drawing(drawn))
            rest = rest[rest.index(after: number.endIndex)...]
            if rest.first == "\n" { rest = rest.dropFirst() }
        }
        plain += rest
        if !plain.isEmpty { pieces.append(.text(plain)) }
        return pieces
    }

    /// Drops the drawings whose marks were not shown.
    public func removeAll() { drawings = [:] }
}

/// The width of a notebook's page, in points: what chooses its own width is not wider.
private let pageWidth = 960.0

extension Interpreter {
    public var inlineDrawings: InlineDrawings { attachment(InlineDrawings.self) { InlineDrawings() } }

    /// A chart as lines of text, or as the mark of its drawing.
    func lines(of chart: some Chart, _ style: TerminalStyle) throws -> [String] {
        guard inlineDrawings.isOn else { return try awaited { chart.lines(style) } }
        let drawn = try awaited { () throws -> InlineDrawings.Drawn? in
            if chart.emptiness != nil { return nil }
            var drawing = chart.drawing
            if drawing.width > pageWidth, var sized = chart as? any SizedChart, sized.width == nil {
                sized.width = pageWidth
                drawing = sized.drawing
            }
            // As for a file: two pixels per point are sharp on a screen.
            let png = try PNGImage.encode(drawing.raster(scale: 2).image)
            return .init(png: png, width: Int(drawing.width.rounded()), height: Int(drawing.height.rounded()))
        }
        return drawn.map { [inlineDrawings.mark($0)] } ?? chart.lines(style)
    }
}
