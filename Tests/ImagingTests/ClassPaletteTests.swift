// Classes and their colours, and the tables that name them.

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

    @Test func classesWithoutColoursGetSome() throws {
        let palette = try ClassPalette(names: (0..<255).map { "c\($0)" })
        #expect(Set(palette.colors).count == 255)
        // Black and white are void and unknown; the first twenty are far from both and from each other.
        let some =
            palette.colors.prefix(20) + [ClassPalette.Color(0, 0, 0), ClassPalette.Color(255, 255, 255)]
        for (place, color) in some.enumerated() {
            for other in some.prefix(place) {
                let parts = [(color.red, other.red), (color.green, other.green), (color.blue, other.blue)]
                #expect(parts.contains { abs(Int($0) - Int($1)) >= 32 }, "\(color) and \(other)")
            }
        }
        #expect(
            complaint { _ = try ClassPalette(names: ["a", "a"]) }.contains("two classes have the name a"))
        #expect(complaint { _ = try ClassPalette(names: []) }.contains("at least one class"))
        #expect(
            complaint { _ = try ClassPalette(names: (0..<300).map { "c\($0)" }) }.contains(
                "more than the 255"))
    }
}

@Suite struct ClassTableTests {
    private func names(_ text: String) throws -> [String] {
        try ClassTable.parse(text, file: "labels.txt").entries.map { entry in
            "\(entry.name): \(entry.colors.map(\.description).joined(separator: ", "))"
        }
    }

    private func said(_ text: String) -> String {
        complaint { _ = try ClassTable.parse(text, file: "labels.txt") }
    }

    @Test func linesOfNumbersAndNames() throws {
        let text = "\u{feff}# classes\r\n64 128 64\tAnimal\r\n\r\n 0\t0  0 Void \r\n1 2 3 Traffic light\n"
        #expect(try names(text) == ["Animal: 64 128 64", "Void: 0 0 0", "Traffic light: 1 2 3"])
        #expect(try names("1\t2\t3\tTraffic light\n4\t5\t6\tCar") == ["Traffic light: 1 2 3", "Car: 4 5 6"])
        #expect(try names("Traffic light 1 2 3\nCar 4 5 6") == ["Traffic light: 1 2 3", "Car: 4 5 6"])
        #expect(try names("1 2 3 A\n4 5 6 B\n7 8 9 A") == ["A: 1 2 3, 7 8 9", "B: 4 5 6"])
        #expect(try names("Road\nTraffic light") == ["Road: ", "Traffic light: "])
        #expect(said("1 2 3 A\n4 5 B") == "file: labels.txt, line 2: '4 5 B' is not of the form R G B Name")
        #expect(said("1 2 256 A").contains("line 1: '256' is not a colour value"))
        #expect(said("1 2 x A").contains("line 1: 'x' is not a colour value"))
        #expect(said("1 2 3 A\n\n1 2 3 B").contains("line 3: the colour 1 2 3 is already in line 1"))
        #expect(said("\n").contains("names no classes"))
        #expect(
            said((0..<300).map { "\($0 % 256) \($0 / 256) 0 c\($0)\n" }.joined()).contains(
                "more than the 255 classes"))
    }

    @Test func columnsOfATable() throws {
        let wanted = ["Road: 1 2 3", "Sky, far: 4 5 6"]
        #expect(try names("name,r,g,b,class_11\nRoad,1,2,3,0\n\"Sky, far\",4,5,6,1\n") == wanted)
        #expect(try names("id,Name,R,G,B\n0,Road,1,2,3\n1,\"Sky, far\",4,5,6") == wanted)
        #expect(try names("red;green;blue;class\n1;2;3;Road\n4;5;6;Sky, far") == wanted)
        #expect(try names("Road,1,2,3\n\"Sky, far\",4,5,6") == wanted)
        #expect(try names("1,2,3,Road\n4,5,6,\"Sky, far\"") == wanted)
        #expect(said("name,r,g,b\nRoad,1,2").contains("line 2: 'Road,1,2' is not of the form name,r,g,b"))
        #expect(said("name,r,g,b\nRoad,1,2,300").contains("'300' is not a colour value"))
        #expect(said("name,r,g,b\n").contains("names no classes | each line is name,r,g,b"))
    }

    @Test func labelMapsOfCVAT() throws {
        let text = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nTraffic light:48,112,32:a,b:c\n"
        #expect(try names(text) == ["background: 0 0 0", "Traffic light: 48 112 32"])
        #expect(said("a:0,0,0::\nb:1,2::").contains("line 2: 'b:1,2::' is not of the form name:r,g,b"))
    }

    @Test func voidTakesClassesOut() throws {
        let table = try ClassTable.parse("0 0 0 Void\n1 2 3 Road\n4 5 6 Sky\n7 8 9 Sky", file: "t")
        func left(_ marks: [ClassTable.VoidMark]) throws -> [String] {
            try table.withVoid(marks).classes.map(\.name)
        }
        #expect(try left([]) == ["Void", "Road", "Sky"])
        #expect(try left([.name("Void")]) == ["Road", "Sky"])
        #expect(try left([.value(1), .color(ClassPalette.Color(0, 0, 0))]) == ["Sky"])
        #expect(try left([.three(1, 2, 3), .value(255)]) == ["Void", "Sky"])
        // One of a class's colours.
        #expect(try left([.color(ClassPalette.Color(7, 8, 9))]) == ["Void", "Road", "Sky"])
        #expect(
            complaint { _ = try left([.name("Raod")]) }
                == "label: void: there is no class \"Raod\" | did you mean \"Road\"?")
        #expect(
            complaint { _ = try left([.value(0), .value(1), .value(2)]) }.contains("all classes are void"))
        #expect(
            try ClassTable(names: ["A", "B", "C", "D"]).withVoid([.three(0, 1, 3)]).classes.map(\.name) == [
                "C"
            ])
    }
}
