// Drawings for files: SVG text, pixels, letters, and layouts that no input can break.

import Testing

@testable import SegTerminal

extension Chart {
    /// The SVG text, its pictures without bytes.
    fileprivate var svg: String { drawing.svg { _ in [] } }
}

@Suite struct SVGTests {
    @Test func elements() {
        var drawing = Drawing(width: 100, height: 50.5)
        drawing.rule(from: .init(0, 10), to: .init(100, 10), .init(.black))
        drawing.polygon([.init(0, 0), .init(1.005, 2), .init(3, .nan)], RGB(255, 0, 16), opacity: 0.5)
        drawing.text("a < b & \"c\"\n", at: .init(1, 2), .init(anchor: .middle, isUpright: true))
        let lines = drawing.svg { _ in [] }.split(separator: "\n").map(String.init)
        #expect(lines[0] == #"<?xml version="1.0" encoding="UTF-8"?>"#)
        #expect(lines[1].contains(#"width="100" height="50.5" viewBox="0 0 100 50.5""#))
        #expect(
            lines[3] == ##"<line x1="0" y1="10" x2="100" y2="10" stroke="#000000" stroke-width="1" "##
                + #"shape-rendering="crispEdges"/>"#)
        #expect(lines[4].hasSuffix(##"fill="#ff0010" fill-opacity="0.5"/>"##))
        #expect(lines[5].contains(#"transform="rotate(-90 1 2)">a &lt; b &amp; &quot;c&quot;\n</text>"#))
        #expect(lines.last == "</svg>")
    }

    @Test func picturesAreEncoded() {
        var drawing = Drawing(width: 10, height: 10)
        drawing.picture(Pixels(width: 2, height: 2, fill: .white), at: .init(0, 0), width: 10, height: 10)
        #expect(drawing.svg { _ in Array("seg!".utf8) }.contains("data:image/png;base64,c2VnIQ==\""))
    }
}

@Suite struct RasterTests {
    @Test func areasByTheirCoverage() {
        var drawing = Drawing(width: 4, height: 4)
        drawing.polygon([.init(1, 1), .init(2.5, 1), .init(2.5, 2), .init(1, 2)], .black)
        let pixels = drawing.raster(scale: 1)
        #expect(pixels.color(x: 1, y: 1) == .black)
        #expect(abs(Int(pixels.color(x: 2, y: 1).red) - 128) <= 1)
        #expect(pixels.color(x: 3, y: 1) == .white)
        #expect(pixels.color(x: 1, y: 2) == .white)
    }

    @Test func rulesAreSharp() {
        var drawing = Drawing(width: 10, height: 10)
        drawing.rule(from: .init(0, 5), to: .init(10, 5), .init(.black))
        let pixels = drawing.raster(scale: 1)
        let dark = (0..<10).filter { pixels.color(x: 5, y: $0) != .white }
        #expect(dark.count == 1)
        #expect(dark.allSatisfy { pixels.color(x: 5, y: $0) == .black })
    }

    @Test func crossingLinesDoNotAddUp() {
        var drawing = Drawing(width: 20, height: 20)
        let zigzag: [Drawing.Point] = [.init(2, 2), .init(18, 18), .init(18, 2), .init(2, 18)]
        drawing.polyline(zigzag, .init(RGB(100, 100, 100), width: 2))
        #expect(drawing.raster(scale: 1).color(x: 10, y: 10) == RGB(100, 100, 100))
    }

    @Test func lettersLeaveInk() {
        for character in FontOutlines.characters where character != " " {
            var drawing = Drawing(width: 30, height: 30)
            drawing.text(String(character), at: .init(5, 22), .init(size: 20))
            #expect(drawing.raster(scale: 1).bytes.contains { $0 < 128 }, "\(character)")
        }
        #expect(abs(Typeface.width(of: "00", size: 10) - 11.6) < 0.001)
        #expect(Typeface.width(of: "é", size: 10) == Typeface.width(of: "e", size: 10))
        #expect(Typeface.truncate("abcdef", to: 25, size: 10).hasSuffix("…"))
    }

    /// What the typeface lacks is known, and in a PDF the rest of the text stays text.
    @Test func missingCharacters() {
        var drawing = Drawing(width: 300, height: 40)
        drawing.text("Straße 日本 δ → road 日", at: .init(150, 20), .init(size: 12, anchor: .middle))
        #expect(drawing.missingCharacters == ["日", "本"])
        let pdf = String(decoding: drawing.pdf { _ in [] }, as: UTF8.self)
        #expect(pdf.contains("<53747261df6520> Tj") && pdf.contains("<20726f616420> Tj"))
        #expect(pdf.contains("ActualText <feff65e5672c>"))
        #expect(Typeface.width(of: "日", size: 10) == 10)
    }

    /// The numbers beside the scale of a heat map are whole, and all written in one way.
    @Test func scalesOfHeatMaps() {
        func labels(_ values: [Double], width: Double? = nil) -> [String] {
            var map = Heatmap(rowCount: 2, columnCount: 2, values: values)
            map.width = width
            let drawing = map.drawing
            for case .text(let text, let point, let lettering) in drawing.elements
            where lettering.anchor == .start {
                #expect(point.x + Typeface.width(of: text, size: lettering.size) <= drawing.width)
            }
            return drawing.elements.compactMap { element in
                guard case .text(let text, _, let lettering) = element, lettering.anchor == .start else {
                    return nil
                }
                return text
            }
        }
        #expect(labels([1_234_567, 7_654_321, 2_345_678, 9_876_543]) == ["1.23M", "9.88M", "5M"])
        #expect(labels([1.2e-5, 1e-4, 2e-5, 3e-5]) == ["1.2e-5", "1e-4", "5e-5"])
        #expect(labels([1e-9, -5, .nan, 1e12], width: 240).filter { $0.hasSuffix("1T") } == ["−1T", "1T"])
        #expect(labels([3, 3, 3, 3]).count == 1)
    }

    /// A narrow sheet has several columns, and captions that can be told apart.
    @Test func narrowSheets() {
        let picture = Pixels(width: 320, height: 240, fill: .white)
        var sheet = PictureSheet(
            tiles: (0..<8).map { .picture(picture, caption: "\($0): 0016E5_07959_of_a_long_drive_\($0)") })
        sheet.width = 240
        let drawing = sheet.drawing
        var (places, captions): (Set<Double>, Set<String>) = ([], [])
        for element in drawing.elements {
            if case .picture(_, let point, _, _) = element { places.insert(point.x) }
            if case .text(let text, _, let lettering) = element {
                captions.insert(text)
                #expect(lettering.size >= 6)
            }
        }
        #expect(drawing.width == 240 && places.count == 3 && captions.count == 8)
    }

    @Test func sizesAreBounded() {
        let huge = Drawing(width: 1e9, height: .infinity).raster(scale: 1e9)
        #expect(huge.width * huge.height <= 41_000_000)
        let small = Drawing(width: -1, height: .nan).raster(scale: .nan)
        #expect(small.width >= 1 && small.height >= 1)
    }
}

@Suite struct ChartDrawingTests {
    private let hostile = "<&>\"\u{0}\u{1b}[31m\u{ffff}日本\u{202e}"

    @Test func plotsOfAnything() {
        let values: [Double] = [1, .nan, .infinity, -1e308, 1e308, 0, .leastNonzeroMagnitude]
        for log in [false, true] {
            let plot = LinePlot(
                title: hostile, xLabel: hostile, yLabel: hostile, logY: log,
                series: [
                    .init(hostile, y: values, x: [.nan], low: values, high: values), .init("", y: values),
                ])
            // The note below the plot counts them; nothing else may contain them.
            let lines = plot.svg.split(separator: "\n").filter { !$0.contains(">not drawn: ") }
            #expect(!lines.contains { $0.contains("nan") || $0.contains("inf") })
            #expect(!plot.svg.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
            #expect(plot.drawing.raster(scale: 0.2).width == 144)
        }
    }

    @Test func tickLabelsStandWhole() {
        let plot = LinePlot(series: [.init("", y: [2.83, 1.62, 0.81])])
        #expect(plot.svg.contains(">3.0<") && plot.svg.contains(">1.0<"))
        #expect(!plot.svg.contains("…"))
    }

    @Test func barsAndMatrices() {
        let bars = BarChart(title: hostile, log: true, bars: (0..<3000).map { .init(hostile, Double($0)) })
        #expect(bars.drawing.height <= 20_000)
        let map = Heatmap(
            title: hostile, rowLabel: hostile, rows: [hostile], rowCount: 2, columnCount: 2,
            values: [-1, 0, 2, .nan])
        #expect(map.svg.contains("#b2182b"))
        let large = Heatmap(rowCount: 200, columnCount: 200, values: [Double](repeating: 1, count: 40_000))
        #expect(large.svg.contains("<image "))
    }

    @Test func sheetsAndGrids() {
        let tile = PictureSheet.Tile.picture(Pixels(width: 40, height: 20, fill: .black), caption: hostile)
        let sheet = PictureSheet(title: "t", tiles: [tile, tile, tile], columns: 3).drawing
        #expect(sheet.width == 532)
        let pixels = sheet.raster(scale: 1)
        #expect(pixels.color(x: 20, y: 60) == .black)
        #expect(pixels.color(x: 8, y: 60) == .white)
        let grid = Drawing.grid([sheet, sheet, sheet], columns: 2)
        #expect(grid.width == 2 * sheet.width && grid.height == 2 * sheet.height)
        #expect(Drawing.grid([], columns: 0).width >= 1)
        #expect(PictureSheet(tiles: []).svg.contains(">nothing to show<"))
    }
}
