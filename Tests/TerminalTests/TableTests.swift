// Tables: alignment at the decimal point, fitting to the width, whole in a pipe; and
// the corner of a matrix.

import SegSystem
import Testing

@testable import SegTerminal

@Suite struct TableTests {
    private let terminal = TerminalStyle(columns: 40, isTerminal: true)

    @Test func numbersAlignAtTheirPoints() {
        let table = Table(
            title: "weights", header: ["name", "IoU", "share"],
            rows: [
                [.text("none"), .number(0.197), .figure("40.5 %")],
                [.text("linear"), .number(12.5), .figure("3.1 %")],
                [.text("absent"), .empty, .figure("<0.1 %")],
            ], footer: [[.text("mean"), .number(6.3)]])
        #expect(
            table.lines(terminal) == [
                "weights",
                "name       IoU   share",
                "──────  ──────  ──────",
                "none     0.197  40.5 %",
                "linear  12.500   3.1 %",
                "absent          <0.1 %",
                "──────  ──────  ──────",
                "mean     6.300        ",
            ])
    }

    @Test func unitsOfTheirOwnStandRight() {
        let table = Table(header: ["t"], rows: [[.figure("1.5 s")], [.figure("47 s")], [.figure("2 ms")]])
        #expect(table.lines(TerminalStyle.plain) == ["    t", "─────", "1.5 s", " 47 s", " 2 ms"])
    }

    @Test func theWidestTextGivesWay() {
        let table = Table(
            header: ["layer", "shape", "n"],
            rows: [[.text("backbone.layer4.2.conv3.weight"), .text("[10, 3]"), .number(61_001_856)]])
        #expect(
            table.lines(terminal) == [
                "layer                shape             n",
                "───────────────────  ───────  ──────────",
                "backbone.layer4.2.…  [10, 3]  61,001,856",
            ])
        #expect(table.lines(.plain).last == "backbone.layer4.2.conv3.weight  [10, 3]  61,001,856")
    }

    @Test func columnsThatCannotFitAreMarked() {
        let names = (0..<20).map { "column\($0)" }
        let table = Table(header: names, rows: [names.map { .text($0) }])
        let lines = table.lines(terminal)
        #expect(lines[0] == "column0  column1  column2  column3  …")
        #expect(lines.allSatisfy { TextWidth.of($0) <= 40 })
        #expect(table.lines(.plain)[0].hasSuffix("column19"))
    }

    @Test func longTablesAreWholeInAPipe() {
        let table = Table(header: ["i"], rows: (0..<100).map { [.number(Double($0))] })
        #expect(table.lines(.plain, rowLimit: 6).count == 102)
        let lines = table.lines(terminal, rowLimit: 6)
        #expect(lines == [" i", "──", " 0", " 1", " 2", "⋮ 95 more rows", "98", "99"])
    }

    @Test func hostileAndUneven() {
        #expect(Table(header: [], rows: []).lines(.plain) == [])
        #expect(Table(title: "none", header: [], rows: []).lines(.plain) == ["none"])
        let table = Table(header: ["a"], rows: [[], [.text("x\n\u{1b}[2J"), .text("日本")]])
        #expect(table.lines(TerminalStyle(unicode: false)).last == "x\\n\\u{1b}[2J  日本")
        for width in [-5, 0, 1, 2, 3, 10] {
            _ = table.lines(TerminalStyle(columns: width, isTerminal: true))
        }
    }

    @Test func swatchesOnlyInColor() {
        let table = Table(header: ["class"], rows: [[.text("Road", color: RGB(128, 64, 128))]])
        let style = TerminalStyle(color: .truecolor, isTerminal: true)
        #expect(table.lines(style).last == "\u{1b}[38;2;128;64;128m■\u{1b}[0m Road")
        #expect(table.lines(.plain).last == "Road")
    }
}

@Suite struct NumberGridTests {
    @Test func cornersOfALargeMatrix() {
        let grid = NumberGrid(rowCount: 1000, columnCount: 1000) { Double($0 * 1000 + $1) }
        let lines = grid.lines(TerminalStyle(columns: 40, isTerminal: true), rowLimit: 4)
        #expect(
            lines == [
                "      0        1  …      998      999",
                "  1,000    1,001  …    1,998    1,999",
                "      ⋮        ⋮  …        ⋮        ⋮",
                "998,000  998,001  …  998,998  998,999",
                "999,000  999,001  …  999,998  999,999",
            ])
    }

    @Test func labels() {
        let grid = NumberGrid(rowCount: 2, columnCount: 1, rows: ["Road", "Sky"], columns: ["IoU"]) {
            row, _ in
            row == 0 ? 0.5 : .nan
        }
        #expect(grid.lines(.plain) == ["      IoU", "Road  0.5", "Sky   nan"])
        #expect(NumberGrid(rowCount: 0, columnCount: 5) { _, _ in 0 }.lines(.plain) == [])
    }
}
