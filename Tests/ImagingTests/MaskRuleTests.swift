// Mask files of every kind to classes, and what belongs to none.

import SegImaging
import SegTensor
import Testing

@Suite struct MaskRuleTests {
    private let table: ClassTable

    init() throws {
        table = try ClassTable.parse("1 2 3 A\n10 20 30 B\n0 0 0 C\n200 200 200 D", file: "t")
    }

    private func read(
        _ file: [UInt8], by source: MaskRule.Source, _ channel: MaskRule.Channel = .gray,
        void: [ClassTable.VoidMark] = [], strays: MaskRule.Strays = .refused, table other: ClassTable? = nil,
        readable: Set<MaskRule.Source> = []
    ) throws -> [UInt8] {
        let rule = try MaskRule(
            (other ?? table).withVoid(void), by: source, channel: channel, strays: strays, maker: "camseq",
            readable: readable)
        return try rule.readMask(bytes: file, name: "m.png").bytes
    }

    private func png(
        _ width: Int, _ depth: UInt8, _ type: UInt8, _ row: [UInt8], palette: [UInt8] = [],
        transparency: [UInt8] = []
    ) -> [UInt8] {
        pngFile(
            width: width, height: 1, depth: depth, type: type, rows: [row], palette: palette,
            transparency: transparency)
    }

    @Test func graysReadByColour() throws {
        let grays = try ClassTable.parse("0 0 0 A\n100 100 100 B", file: "t")
        func values(_ depth: UInt8, _ row: [UInt8], _ strays: MaskRule.Strays = .refused) throws -> [UInt8] {
            let count = depth == 16 ? row.count / 2 : row.count
            return try read(png(count, depth, 0, row), by: .color, strays: strays, table: grays)
        }
        // 255 is void, also where strays are the nearest class.
        #expect(try values(8, [0, 100, 255]) == [0, 1, 255])
        #expect(try values(8, [0, 90, 255], .nearest) == [0, 1, 255])
        // 16 bits: small numbers are numbers, multiples of 257 levels of light.
        #expect(try values(16, [0, 0, 0, 100, 0, 255, 255, 255]) == [0, 1, 255, 255])
        #expect(try values(16, [100, 100, 0, 90, 255, 255], .nearest) == [1, 1, 255])
        // Numbers of classes beside masks of colours.
        let numbers = png(3, 8, 0, [0, 1, 2])
        for strays in [MaskRule.Strays.refused, .nearest, .void] {
            #expect(complaint { _ = try read(numbers, by: .color, strays: strays) }.contains("holds numbers"))
        }
    }

    @Test func coloursOfEveryKind() throws {
        #expect(try read(png(3, 8, 2, [10, 20, 30, 0, 0, 0, 1, 2, 3]), by: .color) == [1, 2, 0])
        // 16 bits: the colours of 8 bits times 257.
        #expect(try read(png(1, 16, 2, [10, 10, 20, 20, 30, 30]), by: .color) == [1])
        #expect(try read(png(2, 8, 6, [10, 20, 30, 255, 10, 20, 30, 0]), by: .color) == [1, 255])
        #expect(
            try read(png(2, 8, 2, [10, 20, 30, 1, 2, 3], transparency: [0, 1, 0, 2, 0, 3]), by: .color) == [
                1, 255,
            ])
        #expect(try read(png(2, 8, 0, [0, 200]), by: .color) == [2, 3])
        #expect(try read(png(2, 8, 4, [0, 255, 200, 0]), by: .color) == [2, 255])
        let palette: [UInt8] = [10, 20, 30, 1, 2, 3, 9, 9, 9]
        #expect(try read(png(2, 8, 3, [0, 1], palette: palette), by: .color) == [1, 0])
        #expect(
            try read(png(2, 8, 3, [0, 1], palette: palette, transparency: [255, 0]), by: .color) == [1, 255])
        // A class of several colours; a void colour beside the classes.
        let two = try ClassTable.parse("1 2 3 A\n4 5 6 B\n7 8 9 A", file: "t")
        let rgb = png(4, 8, 2, [7, 8, 9, 4, 5, 6, 1, 2, 3, 9, 9, 9])
        #expect(
            try read(rgb, by: .color, void: [.color(ClassPalette.Color(9, 9, 9))], table: two) == [
                0, 1, 0, 255,
            ])
    }

    @Test func numbersOfEveryKind() throws {
        #expect(try read(png(2, 1, 0, [0b0100_0000]), by: .value) == [0, 1])
        #expect(try read(png(2, 2, 0, [0b0111_0000]), by: .value) == [1, 3])
        #expect(try read(png(2, 4, 0, [0x23]), by: .value) == [2, 3])
        #expect(try read(png(2, 8, 0, [2, 255]), by: .value) == [2, 255])
        #expect(try read(png(3, 16, 0, [0, 2, 0, 3, 0, 255]), by: .value) == [2, 3, 255])
        #expect(try read(png(2, 8, 4, [1, 255, 2, 0]), by: .value) == [1, 255])
        #expect(try read(png(2, 16, 4, [0, 1, 255, 255, 0, 2, 0, 0]), by: .value) == [1, 255])
        #expect(try read(png(2, 8, 0, [1, 3], transparency: [0, 3]), by: .value) == [1, 255])
        #expect(try read(png(2, 8, 2, [1, 1, 1, 3, 3, 3]), by: .value) == [1, 3])
        #expect(try read(png(2, 16, 2, [0, 1, 0, 1, 0, 1, 0, 3, 0, 3, 0, 3]), by: .value) == [1, 3])
        #expect(try read(png(2, 8, 2, [1, 0, 0, 3, 0, 0]), by: .value, .red) == [1, 3])
        #expect(try read(png(2, 8, 6, [0, 0, 2, 255, 0, 0, 1, 0]), by: .value, .blue) == [2, 255])
        let palette: [UInt8] = [3, 3, 3, 2, 2, 2, 0, 0, 0]
        #expect(try read(png(2, 8, 3, [0, 1], palette: palette), by: .index) == [0, 1])
        #expect(try read(png(2, 8, 3, [0, 1], palette: palette), by: .value) == [3, 2])
        // Values of their own, also beyond a byte.
        let ids = try ClassTable(
            [.init("road", value: 7), .init("car", value: 26), .init("far", value: 1000)], hasOwnValues: true)
        #expect(
            try read(png(4, 16, 0, [0, 26, 0, 7, 3, 232, 0, 9]), by: .value, void: [.value(9)], table: ids)
                == [1, 0, 2, 255])
        let binary = try ClassTable([.init("no", value: 0), .init("yes", value: 255)], hasOwnValues: true)
        #expect(try read(png(2, 8, 0, [255, 0]), by: .value, table: binary) == [1, 0])
        // White of few bits is 255 where the classes are levels.
        #expect(try read(png(2, 1, 0, [0b0100_0000]), by: .value, table: binary) == [0, 1])
        #expect(try read(png(2, 2, 0, [0b0011_0000]), by: .value, table: binary) == [0, 1])
        #expect(
            try read(
                png(2, 1, 3, [0b0100_0000], palette: [0, 0, 0, 255, 255, 255]), by: .value, table: binary)
                == [0, 1])
        let said = complaint { _ = try read(png(2, 4, 0, [0x0e]), by: .value, table: binary) }
        #expect(said.contains("at most 17 from that of a class") && !said.contains("void=["))
        #expect(try read(png(2, 4, 0, [0x0e]), by: .value, strays: .nearest, table: binary) == [0, 1])
    }

    @Test func strayColoursAreNamed() throws {
        let file = png(4, 8, 2, [1, 2, 3, 11, 20, 30, 11, 20, 30, 5, 0, 0])
        #expect(
            complaint { _ = try read(file, by: .color) }
                == "value: m.png: 3 pixels of 4 have a colour that belongs to no class; the first is (11 20 30) at x=1, y=0; there are 2 such colours, at most 5 levels from the colour of a class: (11 20 30), (5 0 0) | the nearest class is B (10 20 30); add the colour to the table, or write camseq(…, strays=\"nearest\"), strays=\"void\" or void=[[11, 20, 30], [5, 0, 0]]"
        )
        #expect(try read(file, by: .color, strays: .nearest) == [0, 1, 1, 2])
        #expect(try read(file, by: .color, strays: .void) == [0, 255, 255, 255])
        // The nearest can be void.
        #expect(try read(file, by: .color, void: [.name("C")], strays: .nearest) == [0, 1, 1, 255])
        let indexed = png(2, 8, 3, [0, 1], palette: [10, 20, 30, 1, 2, 4])
        let said = complaint { _ = try read(indexed, by: .color, readable: [.color, .index]) }
        #expect(
            said.contains(
                "the first is (1 2 4) at x=1, y=0 | camseq(…, by=\"index\") reads all masks by palette index; else the nearest class is A (1 2 3)"
            ))
        #expect(!complaint { _ = try read(indexed, by: .color) }.contains("by="))
        #expect(try read(indexed, by: .color, strays: .nearest) == [1, 0])
        #expect(
            complaint { _ = try read(png(1, 8, 0, [90]), by: .color, readable: [.value]) }.contains(
                "by=\"value\""))
    }

    @Test func aSmoothedMaskSaysSo() throws {
        let row = (0..<60).flatMap { [UInt8($0), UInt8(20), UInt8(30)] }
        let said = complaint { _ = try read(png(60, 8, 2, row), by: .color) }
        #expect(said.contains("59 pixels of 60"))
        #expect(
            said.contains(
                "there are 59 such colours, at most 49 levels from the colour of a class (was the mask scaled smoothly or saved as JPEG?)"
            ))
    }

    @Test func strayNumbersAreNamed() throws {
        let file = png(4, 8, 0, [1, 255, 40, 50])
        #expect(
            complaint { _ = try read(file, by: .value) }
                == "value: m.png: 2 pixels of 4 have a value that belongs to no class (40, 50), the first is 40 at x=2, y=0; there are 4 classes, numbered from 0 to 3 | 255 is void; make others void with camseq(…, void=[40, 50]), or all with strays=\"void\""
        )
        #expect(try read(file, by: .value, strays: .void) == [1, 255, 255, 255])
        #expect(try read(file, by: .value, void: [.value(40), .value(50)]) == [1, 255, 255, 255])
        #expect(
            complaint { _ = try read(file, by: .value, strays: .nearest) }.contains(
                "near numbers mean nothing"))
        let levels = try ClassTable([.init("no", value: 0), .init("yes", value: 200)], hasOwnValues: true)
        #expect(
            try read(png(3, 8, 0, [3, 190, 200]), by: .value, strays: .nearest, table: levels) == [0, 1, 1])
        // Many are no longer listed as void: they may be the smeared edges of classes.
        let many = png(12, 8, 0, (0..<12).map { UInt8($0 * 20 + 10) })
        let list = complaint { _ = try read(many, by: .value) }
        #expect(list.contains("(10, 30, 50, 70, 90, 110, 130, 150 and 4 more)"))
        #expect(list.contains("strays=\"void\") makes all other values void") && !list.contains("void=["))
        let smeared = complaint { _ = try read(png(3, 8, 0, [60, 61, 62]), by: .value) }
        #expect(smeared.contains("void=[60, 61, 62]") && smeared.contains("If smoothing or JPEG made them"))
        let colored = png(2, 8, 2, [1, 1, 1, 1, 2, 3])
        #expect(
            complaint { _ = try read(colored, by: .value) }.contains(
                "m.png has colours, such as (1 2 3) at x=1, y=0"))
        #expect(try read(colored, by: .value, strays: .void) == [1, 255])
    }
}
