// Folders of frames and masks, whole and broken, made for the test; the real frames where shared data exist.

import SegImaging
import SegSystem
import SegTensor
import TestSupport
import Testing

@Suite struct FrameFolderTests {
    @Test func camSeqPairsAreSortedByName() throws {
        let tree = try ScratchFolder()
        for name in ["f_10", "f_2", "f_1"] {
            try tree.picture("\(name).png")
            try tree.picture("\(name)_L.png")
        }
        try tree.picture("orphan_L.png")
        let folder = try FrameFolder.camSeq(tree.path, camSeqOptions)
        #expect(folder.pairs.map(\.name) == ["f_1", "f_2", "f_10"])
        #expect(folder.palette == .camVid)
        #expect(folder.notes.count == 2)
        #expect(try folder.pairs[0].readMask(folder.rule).bytes == [30, 30])
        #expect(try folder.pairs[0].imageDigest() == folder.pairs[1].imageDigest())
        try tree.write("0 0 0 A\n1 1 1 B\n", to: "label_colors.txt")
        #expect(try FrameFolder.camSeq(tree.path, camSeqOptions).palette.names == ["A", "B"])
    }

    @Test func brokenFoldersAreNamed() throws {
        func said(_ prepare: (ScratchFolder) throws -> Void) throws -> String {
            let tree = try ScratchFolder()
            try prepare(tree)
            return complaint { _ = try FrameFolder.camSeq(tree.path, camSeqOptions) }.replacing(
                tree.path, with: "DIR")
        }
        #expect(try said { _ in } == "file: DIR holds no PNG or JPEG pictures")
        #expect(
            try said { try $0.write("", to: "a.tif") }
                == "file: DIR holds no PNG or JPEG pictures, but 1 .tif files | seg reads PNG and JPEG; convert them first"
        )
        #expect(try said { try $0.picture("a_L.png") }.contains("holds 1 mask (…_L.png), but no frames"))
        #expect(try said { try $0.picture("a.png") }.contains("holds 1 picture, but no masks"))
        let missing = try said {
            try $0.picture("a.png")
            try $0.picture("a_L.png")
            try $0.picture("b.png")
        }
        #expect(missing.hasPrefix("file: 1 of 2 frames have no mask: DIR/b.png"))
        let twice = try said {
            for name in ["a.png", "a.PNG", "a_L.png"] { try $0.picture(name) }
        }
        #expect(twice.hasPrefix("file: the picture a is there 2 times: DIR/a.PNG, DIR/a.png"))
        let sizes = try said {
            for name in ["a", "b", "c"] {
                try $0.picture("\(name).png")
                try $0.picture("\(name)_L.png", width: name == "a" ? 2 : 3)
            }
        }
        #expect(sizes.contains("2 of 3 pairs of frame and mask cannot be used: DIR/b_L.png is 1 x 3"))
        #expect(sizes.contains("also DIR/c_L.png"))
        let size = try said {
            try $0.picture("a.png")
            try $0.picture("a_L.png", width: 1)
        }
        #expect(size.hasPrefix("value: DIR/a_L.png is 1 x 1, but its frame DIR/a.png is 1 x 2"))
        let labels = try said {
            try $0.picture("a.png")
            try $0.picture("a_L.png")
            try $0.write("0 0 A\n", to: "label_colors.txt")
        }
        #expect(labels.contains("DIR/label_colors.txt, line 1"))
        #expect(
            complaint { _ = try FrameFolder.camSeq("/no/such", camSeqOptions) }
                == "file: cannot read the folder /no/such: there is no such file or folder")
    }

    private static let realFrames =
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/shared/data/camseq01"

    @Test(.enabled(if: FileStatus.exists(realFrames), "CamSeq01 is not beside the repository"))
    func theRealFrames() throws {
        let folder = try FrameFolder.camSeq(Self.realFrames, camSeqOptions)
        #expect(folder.pairs.count == 78 && folder.notes.isEmpty)
        #expect(folder.palette == .camVid)
        let image = try folder.pairs[0].readImage()
        let mask = try folder.pairs[0].readMask(folder.rule)
        #expect(image.width == 960 && image.height == 720 && mask.width == 960)
        #expect(Set(mask.bytes).allSatisfy { $0 < 32 })
    }
}
