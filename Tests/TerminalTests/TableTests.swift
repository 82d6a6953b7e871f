// Tables: alignment at the decimal point, fitting to the width, complete in a pipe.

import SegSystem
import Testing

@testable import SegTerminal

@Suite struct TableTests {
    private let terminal = TerminalStyle(columns: 40, isTerminal: true)
    private let pipe = TerminalStyle()

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
        #expect(table.lines(pipe) == ["    t", "─────", "1.5 s", " 47 s", " 2 ms"])
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
        #expect(table.lines(pipe).last == "backbone.layer4.2.conv3.weight  [10, 3]  61,001,856")
    }

    @Test func columnsThatCannotFitAreMarked() {
        let names = (0..<20).map { "column\($0)" }
        let table = Table(header: names, rows: [names.map { .text($0) }])
        let lines = table.lines(terminal)
        #expect(lines[0] == "column0  column1  column2  column3  …")
        #expect(lines.allSatisfy { TextWidth.of($0) <= 40 })
        #expect(table.lines(pipe)[0].hasSuffix("column19"))
    }

    /// A table stays sorted by a column that can be seen.
    @Test func anEssentialColumnIsNeverLeftOut() {
        let names = (0..<20).map { "column\($0)" }
        let table = Table(header: names, rows: [names.map { .text($0) }], essential: 15)
        let lines = table.lines(terminal)
        #expect(lines[0] == "column0  column1  column2  …  column15")
        #expect(lines.allSatisfy { TextWidth.of($0) <= 40 })
    }

    @Test func longTablesAreWholeInAPipe() {
        let table = Table(header: ["i"], rows: (0..<100).map { [.number(Double($0))] })
        #expect(table.lines(pipe).count == 102)
    }

    @Test func hostileAndUneven() {
        #expect(Table(header: [], rows: []).lines(pipe) == [])
        #expect(Table(title: "none", header: [], rows: []).lines(pipe) == ["none"])
        let table = Table(header: ["a"], rows: [[], [.text("x\n\u{1b}[2J"), .text("日本")]])
        #expect(table.lines(TerminalStyle(unicode: false)).last == "x\\n\\u{1b}[2J  日本")
        for width in [-5, 0, 1, 2, 3, 10] {
            _ = table.lines(TerminalStyle(columns: width, isTerminal: true))
        }
    }
}
