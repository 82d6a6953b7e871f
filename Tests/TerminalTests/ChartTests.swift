// Axes and charts as text, compared with the expected text.

import SegSystem
import Testing

@testable import SegTerminal

private let terminal = TerminalStyle(columns: 44, rows: 24, isTerminal: true)
private func svg(_ chart: some Chart) -> String { chart.drawing.svg { _ in [] } }
private let ascii = TerminalStyle(columns: 44, rows: 24, unicode: false, isTerminal: true)

@Suite struct AxisTests {
    private func axis(
        _ values: [Double], log: Bool = false, intervals: Int = 5, rounded: Bool = true
    ) -> Axis {
        var extent = Extent(isLog: log)
        for value in values { extent.take(value) }
        return Axis(extent, intervals: intervals, isRounded: rounded)
    }

    @Test func roundNumbers() {
        #expect(axis([0.12, 2.83]).ticks.map(\.label) == ["0", "1", "2", "3"])
        #expect(axis([0.61, 0.98]).ticks.map(\.label) == ["0.6", "0.7", "0.8", "0.9", "1.0"])
        #expect(axis([0, 14_655_082]).ticks.map(\.label) == ["0", "5M", "10M", "15M"])
        #expect(axis([-1, 1]).ticks.map(\.label) == ["-1.0", "-0.5", "0.0", "0.5", "1.0"])
        #expect(axis([1e-7, 5e-7]).ticks.map(\.label) == ["1e-7", "2e-7", "3e-7", "4e-7", "5e-7"])
    }

    @Test func wholeStepsForEpochs() {
        #expect(axis([1, 2, 3], intervals: 9, rounded: false).ticks.map(\.label) == ["1", "2", "3"])
        #expect(axis([1], rounded: false).ticks.map(\.label) == ["1"])
    }

    @Test func decades() {
        let rates = axis([1e-5, 0.1], log: true, rounded: false)
        #expect(rates.ticks.map(\.label) == ["1e-5", "1e-4", "0.001", "0.01", "0.1"])
        #expect(rates.fraction(1e-3).map { abs($0 - 0.5) < 1e-12 } == true)
        #expect(rates.fraction(0) == nil)
        #expect(
            axis([1, 40], log: true, intervals: 6).ticks.map(\.label) == ["1", "2", "5", "10", "20", "50"])
    }

    /// Round ends do not give more than a quarter of an axis to a range without data.
    @Test func endsAreNearTheData() {
        #expect(axis([-0.003, 1], intervals: 3).ticks.map(\.label) == ["0.0", "0.5", "1.0"])
        #expect(axis([1e-5, 3e-4], log: true, intervals: 2).high < 5e-4)
        for step in 1...40 {
            for low in [-20.0, -1, 0, 3, 250] {
                let high = low + Double(step) * 0.37
                for intervals in [2, 3, 5, 8] {
                    let axis = axis([low, high], intervals: intervals)
                    #expect(axis.low <= low && axis.high >= high && axis.ticks.count > 1)
                    let rest = (low - axis.low) + (axis.high - high)
                    #expect(rest <= (axis.high - axis.low) / 4 + 1e-9 || axis.ticks.count == 2)
                }
            }
        }
    }

    /// A label reads as the place of its tick.
    @Test func labelsAreNotRounded() {
        for (low, high) in [
            (1e9, 1e9 + 2), (0.8765, 0.8768), (1e16, 1.01e16), (2.5e-7, 1e-6), (-3e-6, 4e-6),
            (99_999.5, 100_001),
            (1e12, 1e12 + 1e4), (123_456, 123_466),
        ] {
            for intervals in [2, 4, 7] {
                let axis = axis([low, high], intervals: intervals)
                for tick in axis.ticks {
                    var (text, unit) = (tick.label, 1.0)
                    for (sign, size) in [("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)]
                    where text.hasSuffix(sign) {
                        text.removeLast()
                        unit = size
                    }
                    let read = (Double(text) ?? .nan) * unit
                    #expect(abs(read - tick.value) <= (high - low) * 1e-3, "\(tick.label) for \(tick.value)")
                }
                #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count)
            }
        }
    }

    @Test(
        arguments: [
            [], [.nan], [0], [.leastNonzeroMagnitude], [1e308, -1e308], [1e308], [-.infinity, 1],
            [1, 1 + 1e-15],
            [1e-300, 1e300],
            [1e15, 1e15 + 1],
        ] as [[Double]])
    func anyNumbersMakeAnAxis(values: [Double]) {
        for log in [false, true] {
            for intervals in [-1, 0, 1, 7, 10_000] {
                for rounded in [false, true] {
                    let axis = axis(values, log: log, intervals: intervals, rounded: rounded)
                    #expect(axis.low < axis.high)
                    #expect(axis.ticks.count <= 700)
                    #expect(axis.ticks.allSatisfy { axis.fraction($0.value) != nil })
                }
            }
        }
    }

    /// The largest and the smallest numbers are between the ends of their axis, which are finite.
    @Test(
        arguments: [
            [1e308], [1e308, -1e308], [1, .greatestFiniteMagnitude], [.greatestFiniteMagnitude],
            [-.greatestFiniteMagnitude, .greatestFiniteMagnitude], [2, 1e307], [1e307, 1.5e308],
            [.leastNonzeroMagnitude, 1], [.leastNormalMagnitude / 128, 1e308],
        ] as [[Double]])
    func extremeNumbersAreOnTheAxis(values: [Double]) {
        for log in [false, true] {
            for rounded in [false, true] {
                let axis = axis(values, log: log, intervals: 6, rounded: rounded)
                #expect(axis.low.isFinite && axis.high.isFinite && !axis.ticks.isEmpty)
                for value in values where !log || value > 0 {
                    let place = axis.fraction(value) ?? .nan
                    #expect((-1e-9...1 + 1e-9).contains(place), "\(value) in \(axis.low)...\(axis.high)")
                }
            }
        }
    }
}

@Suite struct LinePlotTests {
    private let curves = LinePlot(
        title: "loss", xLabel: "epoch",
        series: [
            .init("train", y: [2.8, 1.6, 1.1, 0.9], x: [1, 2, 3, 4]),
            .init("val", y: [2.1, 1.5, .nan, 1.2], x: [1, 2, 3, 4]),
        ])

    /// Names that are cut differ where they did, in legends of files and of the terminal.
    @Test func cutNamesDiffer() {
        let long =
            "a run whose name is a sentence of many words that no legend of this width has any room for"
        let names = ["\(long) first", "\(long) second", "\(long) first of all", "short"]
        let plot = LinePlot(width: 240, height: 400, series: names.map { .init($0, y: [1, 2]) })
        let texts = svg(plot).split(separator: "\n").filter { $0.contains("textLength") }
        #expect(texts.count == 4 && Set(texts.map { $0.split(separator: ">").last }).count == 4)
        #expect(texts.allSatisfy { $0.contains("…") || $0.contains("short") })
        let lines = LinePlot(series: plot.series).lines(terminal).filter { $0.contains("…") }
        #expect(lines.count == 3 && lines.contains { $0.contains("second") })
        let equal = DistinctNames.cut(["abcdefghij", "abcxxxxhij", "abcdefghij"]) { $0.count <= 6 }
        #expect(Set(equal).count == 3 && equal.allSatisfy { $0.count <= 6 })
        #expect(DistinctNames.cut(["abc", "abc"]) { $0.count <= 3 } == ["abc", "abc"])
        #expect(DistinctNames.cut(["abc"]) { _ in false } == ["…"])
    }

    /// The curves of one run have one colour and one shape of markers; training is dashed, its markers are hollow.
    @Test func twoCurvesOfEachRun() {
        let runs = LinePlot(
            series: ["a", "b"].enumerated().flatMap { run, name in
                [true, false].map { isTraining in
                    let start = Double(4 * run + (isTraining ? 1 : 0))
                    var series = LinePlot.Series(
                        "\(name) \(isTraining ? "train" : "val")", y: [start, start, start])
                    series.group = run
                    series.isSecondary = isTraining
                    return series
                }
            })
        let wide = { TerminalStyle(columns: 60, rows: 24, unicode: $0, isTerminal: true) }
        let lines = runs.lines(wide(true), height: 12)
        #expect(lines.last == "  ○ a train   ● a val   △ b train   ▲ b val")
        // A line is whole from its first marker to its last, a dashed one has gaps.
        func hasGaps(_ marker: Character) -> Bool? {
            guard let line = lines.dropLast().first(where: { $0.contains(marker) }),
                let first = line.firstIndex(of: marker), let last = line.lastIndex(of: marker)
            else { return nil }
            return line[first...last].contains(" ")
        }
        #expect(hasGaps("●") == false && hasGaps("▲") == false)
        #expect(hasGaps("○") == true && hasGaps("△") == true)
        #expect(runs.lines(wide(false), height: 12).last == "  a a train   A a val   b b train   B b val")
        let dashed = svg(runs).split(separator: "<").filter { $0.contains("stroke-dasharray=\"5 4\"") }
        #expect(dashed.count == 4)
        #expect(dashed.filter { $0.contains("#0072b2") }.count == 2)
        #expect(!svg(runs).contains("#009e73"))
    }

    @Test func braille() {
        #expect(
            curves.lines(terminal, height: 13) == [
                "                    loss",
                "3 ┤●⡀",
                "  │ ⠈⠑⠢⢄",
                "  │▲    ⠉⠒⠤⣀",
                "2 ┤ ⠉⠉⠒⠢⠤⣀⣀ ⠑⠢⢄⡀",
                "  │        ⠉⠑⠒⠤⠬▲⠢⠤⢄⣀⡀",
                "  │                  ⠈⠉⠑⠒⠢⠤⢄⣀⡀             ▲",
                "1 ┤                          ⠈●⠉⠉⠑⠒⠒⠒⠒⠒⠒⠢⠤⠤●",
                "  └┬────────────┬─────────────┬────────────┬",
                "   1            2             3            4",
                "                     epoch",
                "  ● train   ▲ val",
                "not drawn: 1 of 8 values (1 nan)",
            ])
    }

    @Test func plainLetters() {
        #expect(
            curves.lines(ascii, height: 13) == [
                "                    loss",
                "3 +",
                "  |****",
                "  |o   ****",
                "2 + oooooooo***",
                "  |         ooooo******",
                "  |                    **************      o",
                "1 +                                  *******",
                "  ++------------+-------------+------------+",
                "   1            2             3            4",
                "                     epoch",
                "  * train   o val",
                "not drawn: 1 of 8 values (1 nan)",
            ])
    }

    @Test func bands() {
        let plot = LinePlot(series: [.init("", y: [1, 2, 3], low: [0, 1, 2], high: [2, 3, 4])])
        #expect(
            plot.lines(ascii, height: 8) == [
                "4 +                                .........",
                "  |                 ....................****",
                "  | ....................****************....",
                "2 +.....****************....................",
                "  |*****....................",
                "0 +.........",
                "  ++-------------------+-------------------+",
                "   0                   1                   2",
            ])
    }

    @Test func severalPlotsAreOneChart() {
        let panels = PlotPanels([curves, curves])
        // The panels of a column name their axis once.
        let lines = panels.lines(terminal)
        #expect(lines.count == 2 * 14)
        #expect(lines.filter { $0.hasSuffix("epoch") }.count == 1)
        #expect(PlotPanels([curves]).lines(terminal) == curves.lines(terminal))
        #expect(panels.drawing.width == 2 * 480)
        #expect(panels.drawing.height == 320)
    }

    @Test func seriesDifferWithoutColor() {
        #expect(Set(LinePlot.unicodeMarkers).count == 40 && Set(LinePlot.asciiMarkers).count == 40)
        #expect(LinePlot.unicodeMarkers.allSatisfy { TextWidth.of($0) == 1 })
        // In print, where all are black: the same curve with each of ten markers is another picture.
        let prints = (0..<10).map { index -> [UInt8] in
            var drawing = Drawing(width: 20, height: 20)
            drawing.marker(index, at: .init(10, 10), radius: 6, .black)
            return drawing.raster(scale: 1).bytes
        }
        #expect(Set(prints).count == 10)
    }

    @Test func limitsCutCurvesAndBandsOff() {
        let plot = LinePlot(
            xLimits: .init(low: 1, high: 3), yLimits: .init(low: 0, high: 2),
            series: [.init("", y: [0, 1, 4, 1, 0], low: [0, 0, 0, 0, 0], high: [9, 9, 9, 9, 9])])
        let layout = plot.layout(xIntervals: 5, yIntervals: 5, resolution: 100)
        #expect((layout.x.low, layout.x.high) == (1, 3) && (layout.y.low, layout.y.high) == (0, 2))
        let curve = layout.curves[0]
        #expect(curve.points.count == 2 && curve.runs.count == 2)
        // From (1, 1) to the upper border, which the line to (2, 4) crosses after a third.
        #expect(curve.runs[0].count == 2 && curve.runs[0][0] == LinePlot.Place(x: 0, y: 0.5))
        #expect(abs(curve.runs[0][1].x - 1.0 / 6) < 1e-12 && curve.runs[0][1].y == 1)
        #expect(curve.bands.count == 1 && curve.bands[0].allSatisfy(\.isInside))
        #expect(plot.emptiness == nil)
        let outside = LinePlot(xLimits: .init(low: 9), series: [.init("", y: [1, 2])])
        #expect(outside.emptiness == "no value within the limits")
    }

    @Test func binsAreAreas() {
        let plot = LinePlot(series: [.init("", y: [2, 0, 1], edges: [0, 1, 2, 4])])
        let curve = plot.layout(xIntervals: 5, yIntervals: 5, resolution: 100).curves[0]
        #expect(curve.runs.map(\.count) == [8] && curve.bands.count == 1)
        #expect(curve.runs[0][2] == LinePlot.Place(x: 0.25, y: 1))
        #expect(
            LinePlot(series: [.init("", y: [0, 0], edges: [0, 1, 2])]).emptiness == "nothing in the bins")
    }

    @Test func whatIsNotDrawnIsCounted() {
        let values: [Double] = [1, .nan, .infinity, 0, -1]
        #expect(
            LinePlot(logY: true, series: [.init("", y: values)]).note
                == "not drawn: 4 of 5 values (1 nan, 1 infinite, 2 not above 0 on the log axis)")
        #expect(
            LinePlot(logX: true, series: [.init("", y: [1, 2, 3])]).note
                == "not drawn: 1 of 3 values (1 not above 0 on the log axis)")
        #expect(LinePlot(series: [.init("", y: [1, 2], x: [0, 1])]).note == nil)
        let heatmap = Heatmap(rowCount: 1, columnCount: 2, values: [.nan, 1])
        #expect(heatmap.lines(terminal).last == "not drawn: 1 of 2 values (1 nan)")
        for svg in [
            LinePlot(series: [.init("", y: values)]).drawing.svg { _ in [] }, heatmap.drawing.svg { _ in [] },
            BarChart(bars: [.init("a", .nan), .init("b", 1)]).drawing.svg { _ in [] },
        ] { #expect(svg.contains(">not drawn: ")) }
    }

    @Test func sizes() {
        let plot = LinePlot(width: 30, height: 9, series: [.init("", y: [1, 2])])
        #expect(plot.lines(terminal).count == 9)
        #expect(plot.lines(terminal).map(TextWidth.of).max() == 30)
        let drawing = LinePlot(width: 300, height: 200, series: [.init("", y: [1, 2])]).drawing
        #expect((drawing.width, drawing.height) == (300, 200))
    }

    @Test func emptinessHasItsReason() {
        func text(_ plot: LinePlot) -> String { plot.lines(terminal).joined() }
        #expect(PlotPanels([]).emptiness == "nothing to plot yet")
        #expect(PlotPanels([LinePlot(series: []), curves]).emptiness == nil)
        #expect(BarChart(bars: [.init("a", .nan)]).emptiness == "no finite value among 1")
        #expect(Heatmap(rowCount: 0, columnCount: 0, values: []).emptiness == "nothing to plot yet")
        #expect(PictureSheet(tiles: []).emptiness == "nothing to show")
        #expect(text(LinePlot(series: [])).contains("nothing to plot yet"))
        #expect(
            text(LinePlot(series: [.init("a", y: [.nan, .infinity])])).contains("no finite value among 2"))
        #expect(
            text(LinePlot(logY: true, series: [.init("a", y: [0, -1])]))
                .contains("nothing above zero for the log axis"))
    }

    @Test func gapsBreakTheLine() {
        let plot = LinePlot(series: [.init("a", y: [1, 2, .nan, 3, 4])])
        let layout = plot.layout(xIntervals: 5, yIntervals: 5, resolution: 100)
        #expect(layout.curves[0].runs.map(\.count) == [2, 2])
        #expect(layout.curves[0].points.count == 4)
    }

    @Test func longSeriesKeepTheirExtremes() {
        var values = [Double](repeating: 1, count: 200_000)
        values[123_456] = 100
        values[54_321] = -100
        let layout = LinePlot(series: [.init("a", y: values)]).layout(
            xIntervals: 5, yIntervals: 5, resolution: 160)
        let places = layout.curves[0].runs.flatMap { $0 }
        #expect(places.count <= 161 * 4)
        #expect(places.contains { $0.y == 1 } && places.contains { $0.y == 0 })
    }

    @Test func everyLineFits() {
        let names = (0..<300).map { "series \($0) with a name\n" }
        let plot = LinePlot(
            title: String(repeating: "title ", count: 40), xLabel: "x", yLabel: "y",
            series: names.map { .init($0, y: [1, 2]) })
        for style in [terminal, ascii, TerminalStyle(columns: 1, rows: 1, isTerminal: true)] {
            let lines = plot.lines(style)
            #expect(lines.allSatisfy { TextWidth.of($0) <= max(style.columns, 16) })
            #expect(lines.count < 30)
        }
    }
}

@Suite struct BarChartTests {
    private let pixels = BarChart(
        title: "pixels", showsShares: true,
        bars: [.init("Road", 750), .init("Sky", 249), .init("Pole", 1), .init("Train", 0)])

    @Test func sharesAndSmallValues() {
        #expect(
            pixels.lines(terminal) == [
                "pixels",
                "Road  ██████████████████████████ 750  75.0 %",
                "Sky   ████████▋                  249  24.9 %",
                "Pole  ▏                            1   0.1 %",
                "Train                              0   0.0 %",
            ])
        #expect(pixels.lines(ascii)[1] == "Road  ########################## 750  75.0 %")
    }

    @Test func belowZero() {
        let chart = BarChart(bars: [.init("up", 2), .init("down", -1), .init("?", .nan)])
        #expect(
            chart.lines(terminal) == [
                "up               ███████████████████████   2",
                "down ████████████                         -1",
                "?    ·                                   nan",
                "not drawn: 1 of 3 values (1 nan)",
            ])
    }

    @Test func logarithmic() {
        let chart = BarChart(log: true, bars: [.init("many", 10000), .init("few", 10), .init("none", 0)])
        #expect(
            chart.lines(terminal) == [
                "many ████████████████████████████████ 10,000",
                "few  ████████                             10",
                "none                                       0",
                "     ┬───────────────┬──────────────┬",
                "     1              100            1e4",
                "not drawn: 1 of 3 values (1 not above 0 on",
                "the log axis)",
            ])
    }

    @Test(
        arguments: [
            [], [.infinity, -.infinity], [1e308, -1e308], [.leastNonzeroMagnitude], [.nan], [0, 0],
        ] as [[Double]])
    func anyNumbers(values: [Double]) {
        for log in [false, true] {
            let chart = BarChart(log: log, showsShares: true, bars: values.map { .init("x\u{7}", $0) })
            #expect(chart.lines(terminal).allSatisfy { TextWidth.of($0) <= 44 })
            _ = chart.drawing.svg { _ in [] }
        }
    }
}

@Suite struct HeatmapTests {
    private let names = ["Road", "Sky", "Pole"]
    private var confusion: Heatmap {
        Heatmap(
            title: "confusion", rowLabel: "truth", columnLabel: "prediction", rows: names, columns: names,
            rowCount: 3, columnCount: 3, values: [90, 10, 0, 0, 50, 0, 199, 1, 0], shading: .rowShare)
    }

    @Test func sharesOfTheRow() {
        #expect(
            confusion.lines(terminal) == [
                "confusion",
                "↓ truth  → prediction",
                "      Road  Sky Pole",
                "Road    90   10",
                " Sky        100",
                "Pole   100    ·",
                "0 % ░░░▒▒▓▓▓██ 100 % of the row",
            ])
    }

    @Test func colorsBehindValues() {
        let style = TerminalStyle(columns: 44, color: .truecolor, isTerminal: true)
        let line = confusion.lines(style)[3]
        #expect(line.contains("\u{1b}[38;2;0;0;0;48;2;"))
        #expect(TextWidth.of(line) == 5 + 15)
    }

    /// In a file, names without room are numbers.
    @Test func numbersWithoutRoomForNames() {
        let names = (0..<32).map { "class \($0)" }
        var map = Heatmap(
            rows: names, columns: names, rowCount: 32, columnCount: 32,
            values: [Double](repeating: 1, count: 1024))
        #expect(svg(map).contains(">class 31<"))
        map.width = 240
        #expect(!svg(map).contains(">class"))
        let numbers = [0, 10, 20, 30].map { svg(map).ranges(of: ">\($0)<").count }
        #expect(numbers.allSatisfy { $0 >= 2 }, "\(numbers)")
        #expect(svg(Heatmap(rowCount: 2, columnCount: 2, values: [5, 6, 7, 8])).ranges(of: ">1<").count == 2)
    }

    @Test func largeOnesShrink() {
        let map = Heatmap(
            rowCount: 500, columnCount: 700, values: (0..<350_000).map { Double($0 % 700) })
        let lines = map.lines(terminal)
        #expect(lines.count == 17)
        #expect(lines.contains("500 x 700, shown as 15 x 44"))
        #expect(lines.allSatisfy { TextWidth.of($0) <= 44 })
    }

    @Test func anySizesAndNumbers() {
        for (rows, columns) in [(0, 0), (-1, 5), (5, -1), (Int.max, Int.max), (2, 2), (1, 100)] {
            for shading in [Heatmap.Shading.value, .rowShare] {
                let map = Heatmap(
                    rowCount: rows, columnCount: columns, values: [.nan, .infinity, -1e308, 1e308, 0],
                    shading: shading)
                _ = map.lines(terminal)
                _ = map.lines(TerminalStyle(columns: 3, color: .ansi256, isTerminal: true))
                _ = map.drawing.svg { _ in [] }
            }
        }
    }
}
