// Classes, label files and the decoding of masks.

import SegImaging
import SegTensor
import Testing

@Suite struct ClassPaletteTests {
    @Test func camVidIsInTheOrderOfItsFile() {
        let palette = ClassPalette.camVid
        #expect(palette.count == 32)
        #expect(palette.names[0] == "Animal" && palette.names[17] == "Road" && palette.names[31] == "Wall")
        #expect(palette.voidIndex == 30)
        #expect(palette.colors[2] == ClassPalette.Color(0, 128, 192))
        #expect(palette.index(of: "Bicyclist") == 2)
        #expect(palette.index(of: "bicyclist") == nil)
    }

    @Test func labelFilesInTheirForms() throws {
        let text = "\u{feff}# classes\r\n64 128 64\tAnimal\r\n\r\n 0\t0  0 Void \r\n1 2 3 Traffic light\n"
        let palette = try ClassPalette.parse(text, file: "labels.txt")
        #expect(palette.names == ["Animal", "Void", "Traffic light"])
        #expect(palette.colors[2] == ClassPalette.Color(1, 2, 3))
        func said(_ text: String) -> String {
            complaint { _ = try ClassPalette.parse(text, file: "labels.txt") }
        }
        #expect(said("1 2 3 A\n4 5 B") == "file: labels.txt, line 2: '4 5 B' is not of the form R G B Name")
        #expect(said("1 2 256 A").contains("line 1: '256' is not a colour value"))
        #expect(said("1 2 x A").contains("line 1: 'x' is not a colour value"))
        #expect(said("1 2 3 A\n\n1 2 3 B").contains("line 3: the colour 1 2 3 is already in line 1"))
        #expect(said("1 2 3 A\n1 2 4 A").contains("line 2: the class A is already in line 1"))
        #expect(said("\n").contains("names no classes"))
        #expect(
            said((0..<300).map { "\($0 % 256) \($0 / 256) 0 c\($0)\n" }.joined()).contains(
                "more than the 255 classes"))
    }

    @Test func classesWithoutColoursGetSome() throws {
        let palette = try ClassPalette(names: (0..<255).map { "c\($0)" })
        #expect(Set(palette.colors).count == 255)
        #expect(
            complaint { _ = try ClassPalette(names: ["a", "a"]) }.contains("two classes have the name a"))
        #expect(complaint { _ = try ClassPalette(names: []) }.contains("at least one class"))
    }

    @Test func coloursBecomeClasses() throws {
        let mask = try MaskImage(width: 8, height: 4, bytes: (0..<32).map { UInt8($0) })
        let colors = mask.bytes.map { ClassPalette.camVid.colors[Int($0)] }
        let image = try RGBImage(width: 8, height: 4, bytes: colors.flatMap { [$0.red, $0.green, $0.blue] })
        #expect(try ClassPalette.camVid.decode(image, file: "m.png") == mask)
        #expect(try ClassPalette.camVid.readMask(bytes: PNGImage.encode(image), name: "m.png") == mask)
        // A palette PNG whose colours are in another order than the classes.
        let shuffled = pngFile(
            width: 2, height: 1, depth: 8, type: 3, rows: [[0, 1]], palette: [64, 192, 0, 128, 64, 128])
        #expect(try ClassPalette.camVid.readMask(bytes: shuffled, name: "m.png").bytes == [31, 17])
        // One with other colours holds indices.
        let indices = pngFile(
            width: 2, height: 1, depth: 8, type: 3, rows: [[0, 1]], palette: [1, 1, 1, 2, 2, 2])
        #expect(try ClassPalette.camVid.readMask(bytes: indices, name: "m.png").bytes == [0, 1])
    }

    @Test func strayColoursAreNamed() throws {
        var bytes = [UInt8](repeating: 0, count: 4 * 3 * 3)
        for (pixel, color) in [(6, [128, 64, 129]), (7, [128, 64, 129]), (11, [1, 1, 1])] {
            for c in 0..<3 { bytes[3 * pixel + c] = UInt8(color[c]) }
        }
        let image = try RGBImage(width: 4, height: 3, bytes: bytes)
        let said = complaint { _ = try ClassPalette.camVid.decode(image, file: "m_L.png") }
        #expect(
            said
                == "value: m_L.png: 3 pixels have a colour that belongs to no class; the first is (128 64 129) at x=2, y=1 (2 such colours in all; was the mask scaled smoothly or saved as JPEG?) | the nearest class is Road (128 64 128)"
        )
    }

    @Test func strayIndicesAreNamed() throws {
        let file = pngFile(width: 3, height: 1, depth: 8, type: 0, rows: [[1, 255, 40]])
        let said = complaint { _ = try ClassPalette.camVid.readMask(bytes: file, name: "m.png") }
        #expect(
            said.hasPrefix(
                "value: m.png: 1 pixel has a class index of 32 or more, the first is 40 at x=2, y=0; there are 32 classes"
            ))
        let good = pngFile(width: 2, height: 1, depth: 8, type: 0, rows: [[1, 255]])
        #expect(try ClassPalette.camVid.readMask(bytes: good, name: "m.png").bytes == [1, MaskImage.ignored])
    }
}
