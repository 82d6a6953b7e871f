// The layouts of published data sets, and any pairs of files.

import Glibc
import SegImaging
import SegSystem
import SegTensor
import TestSupport
import Testing

@Suite struct LayoutTests {
    private let options = MaskOptions(maker: "folder", classes: try? ClassTable(names: ["A", "B"]))

    private func ids(_ values: [UInt8] = [0, 1]) -> [UInt8] {
        pngFile(width: values.count, height: 1, depth: 8, type: 0, rows: [values])
    }

    private func tree(_ images: [String], _ masks: [String]) throws -> ScratchFolder {
        let tree = try ScratchFolder()
        for name in images { try tree.picture(name) }
        for name in masks { try tree.file(name, ids()) }
        return tree
    }

    private func pairs(_ tree: ScratchFolder, _ images: String, _ masks: String) throws -> [String] {
        try FrameFolder.pairs(images: "\(tree.path)/\(images)", masks: "\(tree.path)/\(masks)", options).pairs
            .map { pair in
                "\(pair.name): \(pair.image) \(pair.mask)".replacing("\(tree.path)/", with: "")
            }
    }

    private func said(_ tree: ScratchFolder, _ images: String, _ masks: String) -> String {
        complaint { _ = try pairs(tree, images, masks) }.replacing(tree.path, with: "DIR")
    }

    @Test func twoFolders() throws {
        let plain = try tree(["i/a.png", "i/b.PNG"], ["m/a.png", "m/b.Png"])
        #expect(try pairs(plain, "i", "m/") == ["a: i/a.png m//a.png", "b: i/b.PNG m//b.Png"])
        let suffixes = try tree(
            ["i/a.png", "i/b.png", "i/c.x.png"], ["m/a_L.png", "m/b_mask.png", "m/c.x.png"])
        #expect(try pairs(suffixes, "i", "m").map { String($0.suffix(12)) }.count == 3)
        let one = try tree(["a.png", "b.png"], ["a_mask.png", "b_mask.png"])
        #expect(try pairs(one, ".", ".") == ["a: ./a.png ./a_mask.png", "b: ./b.png ./b_mask.png"])
    }

    @Test func everyFileWithoutPartnerIsListed() throws {
        let alone = try tree(["i/a.png", "i/b.png", "i/c.png"], ["m/a.png", "m/d.png"])
        let message = said(alone, "i", "m")
        #expect(message.contains("2 of 3 frames have no mask: DIR/i/b.png, DIR/i/c.png"))
        #expect(message.contains("1 of 2 masks have no frame: DIR/m/d.png"))
        let patterns = said(alone, "i/*.png", "m/*.png")
        #expect(patterns.contains("DIR/i/b.png, DIR/i/c.png") && patterns.contains("DIR/m/d.png"))
        #expect(said(alone, "i", "none").contains("no such file or folder"))
        #expect(said(alone, "i/*/x.png", "m/*.png").contains("no file matches"))
        #expect(said(alone, "i/*_*.png", "m/*.png").contains("no file matches DIR/i/*_*.png"))
        #expect(said(try tree(["a_b.png"], ["a_m.png"]), "*_b.png", "*_*.png").contains("has 1 * and masks"))
    }

    @Test func patternsPairByTheirStars() throws {
        let cities = try tree(
            ["l/x/f1_left.png", "l/x/f2_left.PNG", "l/y/f1_left.png"],
            ["g/x/f1_ids.png", "g/x/f2_ids.png", "g/y/f1_ids.png", "g/x/f1_color.png"])
        #expect(
            try pairs(cities, "l/*/*_left.png", "g/*/*_ids.png") == [
                "x/f1: l/x/f1_left.png g/x/f1_ids.png", "x/f2: l/x/f2_left.PNG g/x/f2_ids.png",
                "y/f1: l/y/f1_left.png g/y/f1_ids.png",
            ])
        // A pattern of frames that takes the masks too; one pattern and a folder.
        let beside = try tree(["f10.png", "f9.png"], ["f10_m.png", "f9_m.png"])
        #expect(try pairs(beside, "*.png", "*_m.png") == ["f9: f9.png f9_m.png", "f10: f10.png f10_m.png"])
        let mixed = try tree(["i/a_rgb.png", "i/a_d.png"], ["m/a_rgb.png"])
        #expect(try pairs(mixed, "i/*_rgb.png", "m/*_rgb.png").count == 1)
    }

    @Test func camVidInBothLayouts() throws {
        let options = MaskOptions(maker: "camvid", classes: try ClassTable(names: ["A", "B"]))
        func parts(_ tree: ScratchFolder) throws -> [String] {
            try FrameFolder.camVid(tree.path, options).map { "\($0.part) \($0.frames.pairs.count)" }
        }
        #expect(
            try parts(
                tree(
                    ["train/a.png", "val/b.png", "test/c.png", "test/d.png"],
                    ["trainannot/a.png", "valannot/b.png", "testannot/c.png", "testannot/d.png"]))
                == ["train 1", "val 1", "test 2"])
        #expect(try parts(tree(["train/a.png"], ["train_labels/a_L.png"])) == ["train 1"])
        #expect(
            try parts(tree(["701_StillsRaw_full/a.png"], ["LabeledApproved_full/a_L.png"])) == ["all 1"])
        #expect(try parts(tree(["images/a.png"], ["labels/a_P.png"])) == ["all 1"])
        #expect(try parts(tree(["a.png"], ["a_L.png"])) == ["all 1"])
        #expect(
            complaint { _ = try parts(tree(["train/a.png"], [])) }.contains(
                "has the folder train, but no trainannot"))
        #expect(complaint { _ = try parts(tree(["x/a.png"], [])) }.contains("not laid out like CamVid"))
        let numbers = try tree(["train/a.png"], ["trainannot/a.png"])
        #expect(
            complaint { _ = try FrameFolder.camVid(numbers.path, MaskOptions(maker: "camvid")) }.contains(
                "\"Bicyclist\"], void=11)"))
    }

    @Test func cityscapesByItsPublishedTable() throws {
        let tree = try ScratchFolder()
        let masks: [(String, [UInt8])] = [("train/x/x_1", [0, 7, 33]), ("val/y/y_1", [26, 9, 8])]
        for (name, values) in masks {
            try tree.picture("leftImg8bit/\(name)_leftImg8bit.png", width: 3)
            try tree.file("gtFine/\(name)_gtFine_labelIds.png", ids(values))
        }
        try tree.picture("leftImg8bit/test/z/z_1_leftImg8bit.png", width: 3)
        let parts = try FrameFolder.cityscapes(tree.path, MaskOptions(maker: "cityscapes"))
        #expect(parts.map(\.part) == ["train", "val"])
        #expect(parts[0].frames.palette.names.count == 19 && parts[0].frames.palette.names[18] == "bicycle")
        #expect(parts[0].frames.notes.contains { $0.contains("test without") })
        func classes(_ place: Int) throws -> [UInt8] {
            try parts[place].frames.pairs[0].readMask(parts[place].frames.rule).bytes
        }
        #expect(try classes(0) == [255, 0, 18] && classes(1) == [13, 255, 1])
        try tree.file("gtFine/train/x/x_1_gtFine_labelIds.png", ids([34, 7, 7]))
        #expect(
            complaint { _ = try classes(0) }.contains("a value that belongs to no class (34)"))
        let trainIds = try self.tree(
            ["leftImg8bit/x/a_leftImg8bit.png"], ["gtFine/x/a_gtFine_labelTrainIds.png"])
        let all = try FrameFolder.cityscapes(trainIds.path, MaskOptions(maker: "cityscapes"))
        #expect(all.map(\.part) == ["all"])
        #expect(try all[0].frames.pairs[0].readMask(all[0].frames.rule).bytes == [0, 1])
        #expect(
            complaint { _ = try FrameFolder.cityscapes("/tmp", MaskOptions(maker: "cityscapes")) }.contains(
                "not laid out like Cityscapes"))
    }

    @Test func vocByItsListsAndPalette() throws {
        let tree = try ScratchFolder()
        var palette: [UInt8] = []
        for index in 0..<256 {
            for channel in 0..<3 {
                var level = 0
                for bit in 0..<3 { level |= (index >> (3 * bit + channel) & 1) << (7 - bit) }
                palette.append(UInt8(level))
            }
        }
        for name in ["a", "b", "c"] {
            try tree.picture("VOCdevkit/VOC2012/JPEGImages/\(name).png", width: 3)
            try tree.file(
                "VOCdevkit/VOC2012/SegmentationClass/\(name).png",
                pngFile(width: 3, height: 1, depth: 8, type: 3, rows: [[0, 20, 255]], palette: palette))
        }
        func parts() throws -> [FrameFolder.Part] {
            try FrameFolder.voc(tree.path, MaskOptions(maker: "voc"))
        }
        #expect(try parts().map { "\($0.part) \($0.frames.pairs.count)" } == ["all 3"])
        try Folder.make("\(tree.path)/VOCdevkit/VOC2012/ImageSets/Segmentation")
        try tree.write("b\na\n", to: "VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt")
        try tree.write("c\n", to: "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt")
        try tree.write("t\n", to: "VOCdevkit/VOC2012/ImageSets/Segmentation/test.txt")
        let found = try parts()
        #expect(found.map(\.part) == ["train", "val"])
        #expect(found[0].frames.pairs.map(\.name) == ["b", "a"])
        #expect(found[0].frames.palette.count == 21)
        let val = found[1].frames
        #expect(try val.pairs[0].readMask(val.rule).bytes == [0, 20, 255])
        #expect(!found[0].frames.notes.contains { $0.contains("in both") })
        try tree.write("c\na\n", to: "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt")
        let both = try parts()[0].frames.notes
        #expect(both.contains { $0.contains("1 frame is in both train.txt and val.txt: a") })
        try tree.write("b\nq\n", to: "VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt")
        #expect(complaint { _ = try parts() }.contains("1 of the 2 frames of train.txt are not in"))
        // A byte order mark is no part of a name, and an empty list no part of the data.
        try tree.write("\u{feff}b\n", to: "VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt")
        try tree.write("\n", to: "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt")
        let one = try parts()
        #expect(one.map { "\($0.part) \($0.frames.pairs.map(\.name))" } == ["train [\"b\"]"])
        #expect(one[0].frames.notes.contains { $0.contains("val.txt lists no frames") })
        // A list that cannot be read is not one that is not there.
        let list = "\(tree.path)/VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt"
        unlink(list)
        symlink("nowhere.txt", list)
        #expect(complaint { _ = try parts() }.contains("val.txt: it is a symbolic link that points nowhere"))
        unlink(list)
        symlink("val.txt", list)
        #expect(complaint { _ = try parts() }.contains("val.txt: its symbolic links form a circle"))
    }
}
