// Files of annotation tools that scripts cannot write: archives with lists and labels of their own, tables and JSON in
// Latin-1, and COCO's JSON with entries of other types.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import TestSupport
import Testing

@testable import SegLibrary

@Suite struct AnnotationTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// What `read_annotations` gives for a file of the folder, as names with the classes of their masks, or its error; notes
    /// come first.
    private func read(_ name: String) -> String {
        let interpreter = Interpreter.standard()
        let script =
            "map(read_annotations(args[0]), s -> s.name + \": \" + join(s.mask.classes, \", \")).join(\"; \")"
        interpreter.arguments = ["\(folder.path)/\(name)"]
        var notes = ""
        interpreter.errorOutput = { notes += $0.replacing("\(folder.path)/", with: "") }
        do {
            let found = try interpreter.run(script)?.asString ?? "no text"
            return notes + found
        } catch {
            let message = (error as? ScriptError)?.diagnostic.message ?? "\(error)"
            return message.replacing("\(folder.path)/", with: "")
        }
    }

    // MARK: CVAT

    private static let labels = Array("background:0,0,0::\nRoad:1,2,3::\n".utf8)

    /// An archive of black masks, with lists by their names.
    private func zip(
        _ masks: [String], lists: [(name: String, text: String)] = [], labels: [UInt8] = labels
    ) throws -> String {
        var writer = try ZipWriter("\(folder.path)/m.zip", help: "", poll: {})
        try writer.add("labelmap.txt", labels)
        let black = try RGBImage(width: 2, height: 1, bytes: [0, 0, 0, 1, 2, 3])
        for mask in masks { try writer.add("SegmentationClass/\(mask)", try PNGImage.encode(black)) }
        for (name, text) in lists { try writer.add("ImageSets/Segmentation/\(name).txt", Array(text.utf8)) }
        try writer.finish()
        return read("m.zip")
    }

    @Test func listsNameTheMasks() throws {
        let whole = "a: background, Road; b c: background, Road"
        let masks = ["a.png", "b c.png"]
        #expect(try zip(masks) == whole)
        #expect(try zip(masks, lists: [("default", "a\r\nb c\n")]) == whole)
        #expect(try zip(masks, lists: [("default", "# names\n\n  a \n\"b c\"\na\n")]) == whole)
        #expect(try zip(masks, lists: [("train", "a\n"), ("val", "b c")]) == whole)
        #expect(try zip(["#a.png", "\"q\".png"], lists: [("default", "#a\n\"q\"\n")]).hasPrefix("#a: "))
        #expect(
            try zip(["a.png"], lists: [("default", "a\nb\nc\n")])
                == "note: m.zip: 2 of the 3 names in ImageSets/Segmentation/default.txt have no mask in SegmentationClass/: "
                + "the first is \"b\"; pictures that nobody has annotated have none\na: background, Road"
        )
        #expect(
            try zip(masks, lists: [("train", "a\nb c\n"), ("val", "d")])
                == "m.zip: 1 of the 1 name in ImageSets/Segmentation/val.txt has no mask in SegmentationClass/: \"d\""
        )
        #expect(
            try zip(masks, lists: [("default", "a")])
                == "note: m.zip: 1 of the 2 masks in SegmentationClass/ is in no list of ImageSets/Segmentation/: \"b c\"; "
                + "they are read, too\n" + whole
        )
        #expect(
            try zip(masks, lists: [("default", "")])
                == "note: m.zip: 2 of the 2 masks in SegmentationClass/ are in no list of ImageSets/Segmentation/: the first is "
                + "\"a\"; they are read, too\n" + whole
        )
        #expect(try zip([], lists: [("default", "")]) == "")
    }

    @Test func masksHaveDifferentNames() throws {
        #expect(try zip(["a.PNG"]) == "a: background, Road")
        #expect(try zip(["a.png", "a.PNG"]) == "m.zip: two pictures have the name \"a\"")
        #expect(
            try zip(["day/.png"])
                == "m.zip: its member \"SegmentationClass/day/.png\" is a mask without a name")
    }

    /// Labels of archives are decoded as those of other tables.
    @Test func labelsMayBeLatin1() throws {
        func table(_ first: UInt8, _ second: UInt8) -> [UInt8] {
            Array("Stra".utf8) + [first] + Array("e:0,0,0::\nStra".utf8) + [second]
                + Array("e:1,2,3::\n".utf8)
        }
        #expect(try zip(["a.png"], labels: table(0xdf, 0xe9)) == "a: Stra\u{df}e, Stra\u{e9}e")
        #expect(try zip(["a.png"], labels: [0xef, 0xbb, 0xbf] + Self.labels) == "a: background, Road")
        #expect(
            try zip(["a.png"], labels: table(0xdf, 0xdf))
                == "m.zip: the label \"Stra\u{df}e\" occurs twice in labelmap.txt, in lines 1 and 2")
        #expect(
            try zip(["a.png"], labels: Array(":1,2,3::\n".utf8))
                == "m.zip: line 1 of labelmap.txt has a colour without a label")
        let many = (0..<256).map { "c\($0):\($0),1,1::\n" }.joined()
        #expect(
            try zip(["a.png"], labels: Array(many.utf8))
                == "m.zip: line 256 of labelmap.txt is one more than the 255 labels that masks can hold")
    }

    // MARK: COCO

    /// A file with one image, category and annotation, in which a text is replaced.
    private func coco(_ part: String = "", _ other: String = "") throws -> String {
        let image = #"{"id": 7, "file_name": "p.png", "width": 4, "height": 3}"#
        let category = #"{"id": 5, "name": "A"}"#
        let annotation =
            #"{"id": 9, "image_id": 7, "category_id": 5, "segmentation": {"size": [3, 4], "counts": [2, 10]}}"#
        let text = #"{"images": [\#(image)], "categories": [\#(category)], "annotations": [\#(annotation)]}"#
        #expect(part.isEmpty || text.contains(part))
        try folder.write(part.isEmpty ? text : text.replacing(part, with: other), to: "o.json")
        return read("o.json")
    }

    @Test(arguments: [
        (#""p.png""#, "null", #"images[0] (id 7): "file_name" is null, not a name"#),
        (#""p.png""#, "5", #"images[0] (id 7): "file_name" is 5, not a name"#),
        (#""p.png""#, #""""#, #"images[0] (id 7): "file_name" is empty, not a name"#),
        (#""p.png""#, #"".png""#, #"images[0] (id 7): "file_name" is ".png", which names no picture"#),
        (
            #""p.png""#, #""day/.JPG""#,
            #"images[0] (id 7): "file_name" is "day/.JPG", which names no picture"#
        ),
        (#""name": "A""#, #""name": null"#, #"categories[0] (id 5): "name" is null, not a name"#),
        (#""name": "A""#, #""name": 5"#, #"categories[0] (id 5): "name" is 5, not a name"#),
        (#""name": "A""#, #""name": """#, #"categories[0] (id 5): "name" is empty, not a name"#),
        (#", "name": "A""#, "", #"categories[0] (id 5) has no "name""#),
        (#""id": 5, "#, "", #"categories[0] ("A") has no whole number "id""#),
        (#""width": 4"#, #""width": 4.5"#, #"images[0] (id 7) has no whole number "width", but 4.5"#),
        (#""width": 4"#, #""width": -4"#, "images[0] (id 7): a picture cannot have the size 3 x -4"),
        (
            #""width": 4"#, #""width": 4e9"#,
            "images[0] (id 7): a picture of 3 x 4000000000 is too large: the limit is 2^28 pixels"
        ),
        (#""image_id": 7, "#, "", #"annotations[0] (id 9) has no whole number "image_id""#),
        (
            #""image_id": 7"#, #""image_id": 8"#,
            #"annotations[0] (id 9) is of picture 8, which is not in "images""#
        ),
        (
            #""category_id": 5"#, #""category_id": 6"#,
            #"annotations[0] (id 9) of "p" is of category 6, which is not in "categories""#
        ),
        (
            "[2, 10]", "[2, 9]",
            #"annotations[0] (id 9) of "p": the counts of a mask of 3 x 4 do not add up to its 12 pixels"#
        ),
        (
            "[2, 10]", "[2.5, 9.5]",
            #"annotations[0] (id 9) of "p": counts[0] is 2.5, not a whole number from 0 to 12"#
        ),
        (
            "[2, 10]", "[14, -2]",
            #"annotations[0] (id 9) of "p": counts[1] is -2, not a whole number from 0 to 12"#
        ),
        (
            "[2, 10]", "[1e300]",
            #"annotations[0] (id 9) of "p": counts[0] is 1e300, not a whole number from 0 to 12"#
        ),
        (
            "[2, 10]", "[2, null]",
            #"annotations[0] (id 9) of "p": counts[1] is null, not a whole number from 0 to 12"#
        ),
        (
            "[2, 10]", "5",
            #"annotations[0] (id 9) of "p": the run lengths cannot be read: "counts" is 5, not a text or a list"#
        ),
        ("[3, 4]", "null", #"annotations[0] (id 9) of "p": "size" is null, not [height, width]"#),
        (
            #"[{"id": 5"#, #"[{"id": 3, "name": "A"}, {"id": 5"#,
            #"two categories have the name "A": categories[0] (id 3) and categories[1] (id 5)"#
        ),
        (
            #"[{"id": 7"#, #"[{"id": 3, "file_name": "p.jpeg", "width": 1, "height": 1}, {"id": 7"#,
            #"two pictures have the name "p": images[0] (id 3) and images[1] (id 7)"#
        ),
        (#"[{"id": 9"#, #"[5, {"id": 9"#, "annotations[0] is 5, no object"),
    ])
    func errorsNameTheEntry(_ part: String, _ other: String, _ expected: String) throws {
        #expect(try coco() == "p: A")
        #expect(try coco(part, other) == "o.json: " + expected)
    }

    @Test func aPictureWithoutAFileHasItsNumber() throws {
        #expect(try coco(#""file_name": "p.png", "#, "") == "7: A")
    }

    /// The names in JSON are decoded as those of tables.
    @Test func classesOfJSONMayBeLatin1() throws {
        _ = try coco(#""A""#, #""Stra~e""#)
        let bytes = try FileReader.contents(of: "\(folder.path)/o.json").map { $0 == 0x7e ? 0xdf : $0 }
        try AtomicFile.write(bytes, to: "\(folder.path)/o.json", isDurable: false)
        #expect(read("o.json") == "p: Stra\u{df}e")
    }
}
