// Folders of frames and masks, whole and broken, made for the test; the real frames where shared data lie.

import SegImaging
import SegTensor
import Testing

@preconcurrency import Glibc

/// A tree of files that is gone after the test.
private final class ScratchTree {
    let path: String
    private var made: [String] = []

    init() throws {
        var template = Array("/tmp/seg-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw TensorError.cannot("make", "a scratch folder", errno)
        }
        path = String(cString: made)
    }

    deinit {
        for path in made.reversed() { remove(path) }
        rmdir(path)
    }

    func folder(_ name: String) {
        mkdir("\(path)/\(name)", 0o755)
        made.append("\(path)/\(name)")
    }

    func picture(_ name: String, width: Int = 2, height: Int = 1) throws {
        try PNGImage.write(RGBImage(width: width, height: height, color: .black), to: "\(path)/\(name)")
        made.append("\(path)/\(name)")
    }

    func text(_ name: String, _ text: String) throws {
        try AtomicFile.write(text, to: "\(path)/\(name)")
        made.append("\(path)/\(name)")
    }
}

@Suite struct FrameFolderTests {
    @Test func camSeqPairsAreSortedByName() throws {
        let tree = try ScratchTree()
        for name in ["f_10", "f_2", "f_1"] {
            try tree.picture("\(name).png")
            try tree.picture("\(name)_L.png")
        }
        try tree.picture("orphan_L.png")
        let folder = try FrameFolder.camSeq(tree.path)
        #expect(folder.pairs.map(\.name) == ["f_1", "f_2", "f_10"])
        #expect(folder.palette == .camVid)
        #expect(folder.notes.count == 2)
        #expect(try folder.pairs[0].readMask(folder.palette).bytes == [30, 30])
        #expect(try folder.pairs[0].imageDigest() == folder.pairs[1].imageDigest())
        try tree.text("label_colors.txt", "0 0 0 A\n1 1 1 B\n")
        #expect(try FrameFolder.camSeq(tree.path).palette.names == ["A", "B"])
    }

    @Test func brokenFoldersAreNamed() throws {
        func said(_ prepare: (ScratchTree) throws -> Void) throws -> String {
            let tree = try ScratchTree()
            try prepare(tree)
            return complaint { _ = try FrameFolder.camSeq(tree.path) }.replacing(tree.path, with: "DIR")
        }
        #expect(try said { _ in } == "file: DIR holds no PNG pictures")
        #expect(
            try said { try $0.text("a.jpg", "") }
                == "file: DIR holds no PNG pictures, but 1 .jpg files | seg reads PNG; convert them first")
        #expect(try said { try $0.picture("a_L.png") }.contains("holds 1 masks (…_L.png), but no frames"))
        #expect(try said { try $0.picture("a.png") }.contains("holds 1 pictures, but no masks"))
        let missing = try said {
            try $0.picture("a.png")
            try $0.picture("a_L.png")
            try $0.picture("b.png")
        }
        #expect(missing.hasPrefix("file: 1 of 2 frames of DIR have no mask in DIR: b"))
        let size = try said {
            try $0.picture("a.png")
            try $0.picture("a_L.png", width: 1)
        }
        #expect(size.hasPrefix("value: DIR/a_L.png is 1×1, but its frame DIR/a.png is 2×1"))
        let labels = try said {
            try $0.picture("a.png")
            try $0.picture("a_L.png")
            try $0.text("label_colors.txt", "0 0 A\n")
        }
        #expect(labels.contains("DIR/label_colors.txt, line 1"))
        #expect(
            complaint { _ = try FrameFolder.camSeq("/no/such") }
                == "file: cannot read the folder /no/such: there is no such file or folder")
    }

    @Test func camVidInItsLayouts() throws {
        let tree = try ScratchTree()
        for folder in ["train", "train_labels", "val", "val_labels"] { tree.folder(folder) }
        for part in ["train", "val"] {
            try tree.picture("\(part)/a.png")
            try tree.picture("\(part)_labels/a_L.png")
        }
        try tree.text("class_dict.csv", "name,r,g,b\nA,0,0,0\nB,1,2,3\n")
        let parts = try FrameFolder.camVid(tree.path)
        #expect(parts.map(\.part) == ["train", "val"])
        #expect(parts[0].frames.palette.names == ["A", "B"])
        let other = try ScratchTree()
        other.folder("701_StillsRaw_full")
        try other.picture("701_StillsRaw_full/a.png")
        #expect(complaint { _ = try FrameFolder.camVid(other.path) }.contains("no LabeledApproved_full"))
        other.folder("LabeledApproved_full")
        try other.picture("LabeledApproved_full/a_L.png")
        #expect(try FrameFolder.camVid(other.path).map(\.part) == ["all"])
        let empty = try ScratchTree()
        #expect(complaint { _ = try FrameFolder.camVid(empty.path) }.contains("not laid out like CamVid"))
    }

    @Test func anyTwoFolders() throws {
        let tree = try ScratchTree()
        tree.folder("x")
        tree.folder("y")
        try tree.picture("x/a.png")
        try tree.picture("y/a.png")
        let palette = try Palette(names: ["one", "two"])
        let folder = try FrameFolder.paired(
            images: "\(tree.path)/x", masks: "\(tree.path)/y", palette: palette)
        #expect(folder.pairs.count == 1 && folder.palette == palette)
        tree.folder("z")
        #expect(
            complaint { _ = try FrameFolder.paired(images: "\(tree.path)/x", masks: "\(tree.path)/z") }
                .contains("no PNG pictures"))
    }

    private static let realFrames =
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/shared/data/camseq01"

    @Test(.enabled(if: access(realFrames, R_OK) == 0, "CamSeq01 is not beside the repository"))
    func theRealFrames() throws {
        let folder = try FrameFolder.camSeq(Self.realFrames)
        #expect(folder.pairs.count == 78 && folder.notes.isEmpty)
        #expect(folder.palette == .camVid)
        let image = try folder.pairs[0].readImage()
        let mask = try folder.pairs[0].readMask(folder.palette)
        #expect(image.width == 960 && image.height == 720 && mask.width == 960)
        #expect(Set(mask.bytes).allSatisfy { $0 < 32 })
    }
}
