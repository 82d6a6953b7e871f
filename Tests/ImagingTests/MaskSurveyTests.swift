// Which of colour, index and value decides what masks mean: one decision for a folder.

import SegImaging
import SegSystem
import SegTensor
import TestSupport
import Testing

@Suite struct MaskSurveyTests {
    private static let table = "1 2 3 A\n10 20 30 B\n0 0 0 C\n200 200 200 D\n"
    /// The first entries of PASCAL VOC's colour map.
    private static let pascal: [UInt8] = [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]

    private func gray(_ values: [UInt8]) -> [UInt8] {
        pngFile(width: values.count, height: 1, depth: 8, type: 0, rows: [values])
    }
    private func rgb(_ colors: [[UInt8]]) -> [UInt8] {
        pngFile(width: colors.count, height: 1, depth: 8, type: 2, rows: [colors.flatMap { $0 }])
    }
    private func indexed(_ indices: [UInt8], _ palette: [UInt8]) -> [UInt8] {
        pngFile(width: indices.count, height: 1, depth: 8, type: 3, rows: [indices], palette: palette)
    }

    private func folder(_ masks: [[UInt8]], table: String? = table, _ options: MaskOptions = camSeqOptions)
        throws
        -> FrameFolder
    {
        let tree = try ScratchFolder()
        try tree.pairs(masks)
        if let table { try tree.write(table, to: "label_colors.txt") }
        return try FrameFolder.camSeq(tree.path, options)
    }
    private func classes(_ masks: [[UInt8]], table: String? = table, _ options: MaskOptions = camSeqOptions)
        throws
        -> [[UInt8]]
    {
        let tree = try ScratchFolder()
        try tree.pairs(masks)
        if let table { try tree.write(table, to: "label_colors.txt") }
        let made = try FrameFolder.camSeq(tree.path, options)
        return try made.pairs.map { try $0.readMask(made.rule).bytes }
    }
    private func said(_ masks: [[UInt8]], table: String? = table, _ options: MaskOptions = camSeqOptions)
        -> String
    {
        complaint { _ = try classes(masks, table: table, options) }
    }

    @Test func coloursDecideWhereOneIsKnown() throws {
        #expect(try classes([rgb([[10, 20, 30], [0, 0, 0]])]) == [[1, 2]])
        #expect(try classes([indexed([0, 1], [10, 20, 30, 1, 2, 3])]) == [[1, 0]])
        // A known colour and an unknown one, in one file or in two: never another rule.
        #expect(said([indexed([0, 1], [10, 20, 30, 9, 9, 9])]).contains("the first is (9 9 9)"))
        #expect(
            said([indexed([0], [10, 20, 30]), indexed([0], [9, 9, 9])]).contains("the first is (9 9 9)"))
        #expect(said([rgb([[10, 20, 30]]), rgb([[1, 1, 1]])]).contains("the first is (1 1 1)"))
        #expect(said([indexed([0, 1], [0, 0, 0, 9, 9, 9])]).contains("by=\"index\""))
        #expect(try folder([rgb([[10, 20, 30]])]).about.hasSuffix(", masks by colour"))
    }

    @Test func valuesDecideWhereNoColourDoes() throws {
        #expect(try classes([gray([0, 1, 3, 255])]) == [[0, 1, 3, 255]])
        #expect(try classes([rgb([[0, 0, 0], [1, 1, 1], [3, 3, 3]])]) == [[0, 1, 3]])
        #expect(try classes([rgb([[0, 0, 0], [2, 0, 0]])]) == [[0, 2]])
        // Black alone, beside a mask that decides.
        #expect(try classes([rgb([[0, 0, 0]]), rgb([[2, 2, 2]])]) == [[0], [2]])
        #expect(try classes([rgb([[0, 0, 0]]), rgb([[1, 2, 3]])]) == [[2], [0]])
        #expect(
            said([gray([0])]).contains("only 0, which is A by its place in the table, and C by its colour"))
        #expect(try classes([gray([0])], table: "0 0 0 A\n9 9 9 B\n") == [[0]])
        #expect(try classes([indexed([0], [0, 0, 0, 10, 20, 30])]) == [[2]])
        #expect(said([indexed([0], Self.pascal)]).contains("only 0"))
        #expect(said([indexed([0], [0, 0, 0, 1, 1, 1])]).contains("only 0"))
        #expect(try classes([rgb([[0, 0, 0]])]) == [[2]])
        // Gray values that are the colours of classes.
        #expect(try classes([gray([0, 200])]) == [[2, 3]])
        #expect(said([gray([0, 1, 7])]).contains("a value that belongs to no class (7)"))
        // A number too high among others is a label too high, in RGB too; white alone is a colour.
        let high = said([rgb([[0, 0, 0], [1, 1, 1], [2, 2, 2], [7, 7, 7]])])
        #expect(high.contains("a value that belongs to no class (7)"))
        #expect(said([rgb([[0, 0, 0], [255, 255, 255]])]).contains("the first is (255 255 255)"))
        #expect(
            said([gray([0, 255])]).contains("only 0 and 255; 0 is A by its place in the table, and C by"))
        let two = try folder([gray([0, 255])], table: "1 2 3 A\n10 20 30 B\n4 4 4 C\n")
        #expect(two.notes == ["the masks hold the values 0 and 255 only, and 255 is void"])
        // White that is void shows no colours; numbers and colours in one folder.
        var options = camSeqOptions
        options.void = [.value(255)]
        #expect(try classes([gray([0, 1, 2, 3, 255])], options) == [[0, 1, 2, 3, 255]])
        let mixed = said([rgb([[1, 2, 3], [10, 20, 30]]), gray([1, 3])])
        #expect(mixed.contains("holds numbers (1, 3)") && mixed.contains("join them with concat"))
        // A palette that is cut off.
        let short = said([indexed([0, 1, 2], [1, 2, 3, 10, 20, 30])])
        #expect(short.contains("the palette of the file has 2 colours"))
        // A table of grays, and a smoothed mask.
        let smooth = said([gray([0, 3, 180, 253])], table: "0 0 0 A\n255 255 255 B")
        #expect(smooth.contains("at most 75 levels from the colour of a class"))
        #expect(try folder([gray([1])]).about.hasSuffix(", masks by value"))
        #expect(try folder([rgb([[2, 0, 0]])]).about.hasSuffix(", masks by the value of red"))
        // Gray levels in the order of their values are no palette.
        #expect(try classes([indexed([0, 2], [0, 0, 0, 1, 1, 1, 2, 2, 2])]) == [[0, 2]])
    }

    @Test func aStandardPaletteIsNotTheTables() throws {
        let camSeq = "0 0 0 A\n9 9 9 B\n128 0 0 C\n7 7 7 D"
        let made = try folder([indexed([0, 1, 2], Self.pascal)], table: camSeq)
        #expect(made.about.hasSuffix(", masks by palette index"))
        #expect(made.notes.contains { $0.contains("PASCAL VOC's colour map") })
        #expect(try classes([indexed([0, 1, 2], Self.pascal)], table: camSeq) == [[0, 1, 2]])
        // All used colours are classes, and all indices too.
        let both = said([indexed([0, 1], Self.pascal)], table: camSeq)
        #expect(both.contains("can be read by colour and by palette index"))
        for (by, wanted) in [(MaskRule.Source.color, [0, 2]), (.index, [0, 1])]
            as [(MaskRule.Source, [UInt8])]
        {
            let options = MaskOptions(maker: "camseq", by: by)
            #expect(try classes([indexed([0, 1], Self.pascal)], table: camSeq, options) == [wanted])
        }
        // A palette without any colour of the table.
        let other = try folder([indexed([0, 1], [5, 5, 6, 6, 6, 5])])
        #expect(other.notes == ["no colour of the masks is in the table: masks are read by palette index"])
    }

    @Test func manyFilesAreLookedAtUntilOneDecides() throws {
        var masks = (0..<20).map { _ in rgb([[0, 0, 0]]) }
        masks[13] = rgb([[3, 3, 3]])
        #expect(try classes(masks)[13] == [3])
        masks[13] = rgb([[1, 2, 3]])
        #expect(try classes(masks)[0] == [2])
    }

    @Test func noTableMeansNoClasses() throws {
        #expect(
            said([gray([0, 1, 11])], table: nil).contains(
                "hold numbers (0, 1, 11), and there is no table of classes"))
        #expect(said([gray([0, 1])], table: nil).contains("camseq(…, classes=[\"Road\", \"Sky\", …])"))
        #expect(said([rgb([[1, 1, 1], [2, 2, 2]])], table: nil).contains("hold numbers (1, 2)"))
        #expect(
            said([rgb([[5, 6, 7], [8, 9, 9]])], table: nil).contains(
                "colours that are not CamVid's, such as (5 6 7)"))
        #expect(said([indexed([0, 1], Self.pascal)], table: nil).contains("no table of classes"))
        #expect(said([indexed([0, 1], [9, 9, 9, 8, 8, 9])], table: nil).contains("no table of classes"))
        // CamVid's own colours.
        let road: [UInt8] = [128, 64, 128]
        let made = try folder([rgb([road, [0, 0, 0]])], table: nil)
        #expect(made.palette == .camVid && made.notes.count == 1)
        #expect(said([rgb([road, [64, 0, 128], [1, 1, 1]])], table: nil).contains("the first is (1 1 1)"))
    }

    @Test func classesFromTheScript() throws {
        var options = camSeqOptions
        options.classes = try ClassTable(names: ["A", "B", "C"])
        #expect(try classes([gray([0, 2, 255])], table: nil, options) == [[0, 2, 255]])
        #expect(try classes([indexed([0, 2], Self.pascal)], table: nil, options) == [[0, 2]])
        #expect(
            said([rgb([[5, 6, 7]])], table: nil, options).contains("the classes were given without colours"))
        options.by = .color
        #expect(said([gray([0])], table: nil, options).contains("the classes have no colours"))
        options.by = nil
        options.void = [.name("A")]
        #expect(try classes([gray([0, 1, 2])], table: nil, options) == [[255, 0, 1]])
        // The script's classes go before the table.
        #expect(try folder([gray([0])], options).palette.names == ["B", "C"])
    }

    @Test func twoValuesAreAskedFor() throws {
        var options = camSeqOptions
        options.classes = try ClassTable(names: ["no", "yes"])
        let question = said([gray([0, 255]), gray([0, 0])], table: nil, options)
        #expect(question.contains("hold the values 0 and 255 only"))
        #expect(question.contains("camseq(…, classes=(no=0, yes=255))"))
        #expect(said([rgb([[0, 0, 0], [255, 255, 255]])], table: nil, options).contains("0 and 255 only"))
        #expect(said([gray([0, 255])], table: "0 0 0 no\n128 0 0 yes").contains("0 and 255 only"))
        // A mask that holds 1 shows that 255 is void; black and white in the table are colours.
        #expect(try classes([gray([0, 255]), gray([0, 1])], table: nil, options) == [[0, 255], [0, 1]])
        #expect(try classes([gray([0, 255])], table: "0 0 0 no\n255 255 255 yes") == [[0, 1]])
        // Other levels of gray, as many as there are classes.
        var levels = camSeqOptions
        levels.classes = try ClassTable(names: ["a", "b", "c"])
        let three = said([gray([0, 128, 255])], table: nil, levels)
        #expect(three.contains("hold the values 0, 128 and 255 only, and there are 3 classes, a, b and c"))
        #expect(three.contains("camseq(…, classes=(a=0, b=128, c=255))"))
        #expect(said([gray([1, 2, 3])], table: nil, levels).contains("classes=(a=1, b=2, c=3)"))
        #expect(said([gray([0, 1, 9])], table: nil, levels).contains("a value that belongs to no class (9)"))
        #expect(try classes([gray([0, 1, 255])], table: nil, levels) == [[0, 1, 255]])
        levels.classes = try ClassTable(names: ["car"])
        #expect(said([gray([0, 255])], table: nil, levels).contains("0 would be car, and 255 void"))
        #expect(said([gray([0, 255])], table: nil, levels).contains("classes=(background=0, car=255)"))
        let wide = pngFile(width: 2, height: 1, depth: 16, type: 0, rows: [[0, 0, 255, 255]])
        #expect(said([wide], table: nil, options).contains("classes=(no=0, yes=65535)"))
        options.void = [.value(255)]
        #expect(try classes([gray([0, 255])], table: nil, options) == [[0, 255]])
        options.void = []
        options.classes = try ClassTable(
            [.init("no", value: 0), .init("yes", value: 255)], hasOwnValues: true)
        #expect(try classes([gray([0, 255])], table: nil, options) == [[0, 1]])
    }

    @Test func theTableIsPartOfAMask() throws {
        let tree = try ScratchFolder()
        try tree.pairs([rgb([[1, 2, 3]])])
        try tree.write("1 2 3 A\n4 5 6 B", to: "label_colors.txt")
        let first = try FolderDataset(FrameFolder.camSeq(tree.path, camSeqOptions)).frame(0)
        try tree.write("4 5 6 B\n1 2 3 A", to: "label_colors.txt")
        let second = try FolderDataset(FrameFolder.camSeq(tree.path, camSeqOptions)).frame(0)
        #expect(first.imageDigest == second.imageDigest && first.maskDigest != second.maskDigest)
        #expect(try second.mask().bytes == [1])
    }
}
