// EXIF in PNG files: pictures and masks are turned as viewers turn them.

import SegImaging
import SegSystem
import SegTensor
import TestSupport
import Testing

@Suite struct OrientationTests {
    /// A directory with an orientation, in either order of bytes.
    private func exif(_ orientation: UInt8, isLittle: Bool = true) -> [UInt8] {
        isLittle
            ? [
                0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0,
                0,
            ]
            : [
                0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0,
                0,
            ]
    }

    /// Gray pixels 1 2 3 over 4 5 6.
    private func file(_ exif: [UInt8] = [], late: [UInt8] = []) -> [UInt8] {
        pngFile(
            width: 3, height: 2, depth: 8, type: 0, rows: [[1, 2, 3], [4, 5, 6]], exif: exif, late: late)
    }

    /// Pillow 12's `exif_transpose`.
    private let wanted: [[UInt8]] = [
        [1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4], [6, 5, 4, 3, 2, 1], [4, 5, 6, 1, 2, 3], [1, 4, 2, 5, 3, 6],
        [4, 1, 5, 2, 6, 3], [6, 3, 5, 2, 4, 1], [3, 6, 2, 5, 1, 4],
    ]

    @Test func picturesAndMasksAreUpright() throws {
        let tree = try ScratchFolder()
        let rule = try MaskRule(ClassTable(names: (0..<7).map { "c\($0)" }), by: .value, maker: "folder")
        for (place, values) in wanted.enumerated() {
            let (wide, high) = place < 4 ? (3, 2) : (2, 3)
            let number = UInt8(place + 1)
            for bytes in [
                file(exif(number)), file(exif(number, isLittle: false)), file(late: exif(number)),
                file(late: exif(number, isLittle: false)),
            ] {
                let image = try PictureFile.read(bytes: bytes, name: "a.png")
                #expect((image.width, image.height) == (wide, high))
                #expect(image.bytes == values.flatMap { [$0, $0, $0] }, "orientation \(number)")
                let mask = try rule.readMask(bytes: bytes, name: "a.png")
                #expect((mask.width, mask.height) == (wide, high))
                #expect(mask.bytes == values, "orientation \(number)")
                try tree.file("a.png", bytes)
                #expect(try PictureFile.size(ofFile: "\(tree.path)/a.png") == (wide, high))
            }
        }
    }

    @Test func damagedEXIFChangesNothing() throws {
        let plain = try PictureFile.read(bytes: file(), name: "a").bytes
        for exif in [exif(9), exif(0), [1, 2, 3], Array(exif(6).prefix(14)), Array(exif(6).prefix(20))] {
            #expect(try PictureFile.read(bytes: file(exif), name: "a").bytes.count == plain.count)
            #expect(try PictureFile.read(bytes: file(late: exif), name: "a").bytes.count == plain.count)
        }
        #expect(try PictureFile.read(bytes: file(exif(9)), name: "a").bytes == plain)
    }

    @Test func turnsThatKeepTheSizeAreNoted() throws {
        let options = MaskOptions(maker: "camseq", classes: try ClassTable(names: (0..<7).map { "c\($0)" }))
        let tree = try ScratchFolder()
        try tree.file("a.png", file(exif(3)))
        try tree.file("a_L.png", file())
        #expect(
            try FrameFolder.camSeq(tree.path, options).notes.first?.hasPrefix("\(tree.path)/a.png is turned")
                == true)
        try tree.file("b.png", file(exif(2)))
        try tree.file("b_L.png", file())
        #expect(
            try FrameFolder.camSeq(tree.path, options).notes.first?.hasPrefix("2 frames, such as") == true)
        for name in ["a", "b"] { try tree.file("\(name)_L.png", file(exif(3))) }
        #expect(try FrameFolder.camSeq(tree.path, options).notes.isEmpty)
    }

    @Test func aTurnedFrameNeedsATurnedMask() throws {
        let tree = try ScratchFolder()
        try tree.file("a.png", file(exif(6)))
        try tree.file("a_L.png", file())
        let options = MaskOptions(maker: "camseq", classes: try ClassTable(names: (0..<7).map { "c\($0)" }))
        let said = complaint { _ = try FrameFolder.camSeq(tree.path, options) }
        #expect(said.contains("a_L.png is 2 x 3, but its frame") && said.contains("EXIF says"))
        try tree.file("a_L.png", file(exif(6)))
        let found = try FrameFolder.camSeq(tree.path, options)
        #expect(try found.pairs[0].readMask(found.rule).bytes == wanted[5])
    }
}
