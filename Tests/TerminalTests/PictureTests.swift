// Pictures and masks as cells, their legends, and the progress line.

import SegSystem
import Testing

@testable import SegTerminal

private let terminal = TerminalStyle(columns: 44, rows: 24, isTerminal: true)

private func ramp() -> Pixels {
    let bytes = (0..<16).flatMap { [UInt8](repeating: UInt8($0 * 17), count: 3) }
    return Pixels(width: 4, height: 4, bytes: bytes) ?? Pixels(width: 1, height: 1, fill: .black)
}

private func makeMask(_ indices: [Int], width: Int = 4) -> ClassMask? {
    let classes: [ClassMask.Entry] = [
        .init("Sky", RGB(128, 128, 128)), .init("Road", RGB(128, 64, 128)), .init("Sidewalk", RGB(0, 0, 192)),
    ]
    return ClassMask(width: width, height: indices.count / width, indices: indices, classes: classes)
}

@Suite struct PixelsTests {
    @Test func areaAverage() {
        let picture = Pixels(width: 2, height: 2, bytes: [0, 0, 0, 100, 0, 0, 200, 0, 0, 100, 40, 0])
        #expect(picture?.resized(width: 1, height: 1).bytes == [100, 10, 0])
        #expect(picture?.resized(width: 4, height: 4).color(x: 3, y: 3) == RGB(100, 40, 0))
    }

    @Test func partsOfPixelsCount() {
        let picture = Pixels(width: 3, height: 1, bytes: [0, 0, 0, 90, 90, 90, 240, 240, 240])
        #expect(picture?.resized(width: 2, height: 1).bytes == [30, 30, 30, 190, 190, 190])
    }

    @Test func wrongSizesAreRefused() {
        #expect(Pixels(width: 2, height: 2, bytes: [1, 2, 3]) == nil)
        #expect(Pixels(width: Int.max, height: Int.max, bytes: []) == nil)
        #expect(Pixels(width: 0, height: 0, bytes: []) == nil)
        #expect(Pixels(width: -1, height: 5, fill: .white).width == 1)
        #expect(ClassMask(width: 3, height: 3, indices: [1], classes: []) == nil)
    }
}

@Suite struct PictureSheetTests {
    @Test func halfBlocks() {
        let picture = Pixels(width: 1, height: 2, bytes: [255, 0, 0, 0, 0, 255])
        var style = TerminalStyle(columns: 16, color: .truecolor, isTerminal: true)
        style.rows = 11
        let lines = PictureSheet(tiles: picture.map { [.picture($0)] } ?? []).lines(style)
        // 16 cells wide would be 16 high; the terminal has room for 7 rows of two pixels.
        #expect(lines.count == 7)
        #expect(lines[0].hasPrefix("\u{1b}[48;2;255;0;0m"))
        #expect(lines[3].hasPrefix("\u{1b}[38;2;255;0;0;48;2;0;0;255m▀") || lines[3].contains("▀"))
        #expect(lines[6].hasPrefix("\u{1b}[48;2;0;0;255m"))
    }

    @Test func lettersWithoutColor() throws {
        let mask = try #require(makeMask([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 9, 9]))
        let sheet = PictureSheet(
            title: "sample", tiles: [.picture(ramp(), caption: "picture"), .mask(mask, caption: "truth")],
            columns: 2)
        #expect(
            sheet.lines(terminal) == [
                "sample",
                "        ........       SSSSSSSSSSSSSSSS",
                "        ........       SSSSSSSSSSSSSSSS",
                "::::--------====       SSSSSSSSRRRRRRRR",
                "::::--------====       SSSSSSSSRRRRRRRR",
                "++++++++****####       RRRRRRRRRRRRRRRR",
                "++++++++****####       RRRRRRRRRRRRRRRR",
                "####%%%%@@@@@@@@       ssssssss????????",
                "####%%%%@@@@@@@@       ssssssss????????",
                "    picture                 truth",
                "S Sky 37.5 %  R Road 37.5 %",
                "s Sidewalk 12.5 %  ? other 12.5 %",
            ])
    }

    @Test func masksAreNeverMixed() throws {
        let mask = try #require(makeMask([0, 1, 1, 1, 0, 0, 2, 2], width: 4))
        #expect(mask.resized(width: 2, height: 1).indices == [0, 1])
        #expect(
            mask.resized(width: 8, height: 2).indices == [0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2])
    }

    @Test func overlays() throws {
        let mask = try #require(makeMask([0, 9], width: 2))
        let picture = Pixels(width: 2, height: 1, fill: .black)
        #expect(mask.overlaid(on: picture).bytes == [64, 64, 64, 0, 0, 0])
        #expect(mask.overlaid(on: picture, opacity: .nan).bytes == picture.bytes)
    }

    @Test func lettersAreDistinct() {
        let names = ["Building", "Bicyclist", "Bus", "Bridge", "bicycle", "", "日本", "B"]
        let letters = ClassMask.letters(for: names.map { .init($0, .black) })
        #expect(Set(letters).count == names.count)
        #expect(letters[0] == "B")
        #expect(ClassMask.letters(for: ["7", "10", "1"].map { .init($0, .black) }) == ["7", "A", "1"])
        #expect(ClassMask.letters(for: (0..<500).map { .init("c\($0)", .black) }).count == 500)
    }

    @Test func contactSheetsFit() {
        let tiles = (0..<7).map { PictureSheet.Tile.picture(ramp(), caption: "frame \($0)\n") }
        for style in [
            terminal, TerminalStyle(columns: 1, rows: 1, color: .ansi256, unicode: false, isTerminal: true),
        ] {
            let lines = PictureSheet(tiles: tiles, columns: 100).lines(style)
            #expect(lines.allSatisfy { TextWidth.of($0) <= max(style.columns, 16) })
        }
        #expect(PictureSheet(tiles: []).lines(terminal) == ["nothing to show"])
    }
}

@Suite struct ProgressTests {
    @Test func parts() {
        let progress = Progress(
            label: "epoch 2/5", completed: 12, total: 40, elapsed: 4, unit: "batches", note: "loss 1.23")
        let style = TerminalStyle(columns: 80, unicode: false, isTerminal: true)
        #expect(
            progress.line(style)
                == "epoch 2/5  loss 1.23  [######--------------]  12/40  3.0 batches/s  0:09 left")
        #expect(
            progress.line(TerminalStyle(columns: 40, unicode: false))
                == "epoch 2/5  [##----]  12/40  0:09 left")
        #expect(progress.line(TerminalStyle(columns: 8)) == "12/40")
    }

    @Test func slowWorkAndUnknownEnds() {
        let style = TerminalStyle(columns: 60, unicode: false)
        #expect(
            Progress(completed: 2, total: 10, elapsed: 30, unit: "folds").line(style)
                == "[####----------------]   2/10  15.0 s per fold  2:00 left")
        #expect(
            Progress(label: "reading", completed: 12345, total: nil, elapsed: 75, unit: "files").line(style)
                == "reading  12,345  165 files/s  1:15")
    }

    @Test func anyState() {
        for completed in [Int.min, -1, 0, 7, Int.max] {
            for total in [nil, Int.min, 0, 5, Int.max] as [Int?] {
                for elapsed in [-.infinity, -1, 0, 1e-300, 1e300, .nan] as [Double] {
                    for columns in [Int.min, 0, 5, 80, Int.max] {
                        let progress = Progress(
                            label: "a\n", completed: completed, total: total, elapsed: elapsed)
                        _ = progress.line(TerminalStyle(columns: columns))
                    }
                }
            }
        }
    }
}
