// Classes and their colours, and the tables that name them.

import SegImaging
import SegSystem
import SegTensor
import TestSupport
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

    private func values(_ text: String) throws -> [String] {
        try ClassTable.parse(text, file: "labels.txt").entries.map { "\($0.name) \($0.value)" }
    }

    @Test func namesWithAndWithoutValues() throws {
        let plain = ["Sky 0", "Road 1", "Traffic light 2"]
        for text in [
            "Sky\nRoad\nTraffic light", "name\nSky\nRoad\nTraffic light",
            "Class\r\nSky\r\nRoad\r\nTraffic light\r\n",
            "name,category\nSky,far\nRoad,flat\nTraffic light,thin", "0: Sky\n1: Road\n2: Traffic light",
            "names:\n  0: Sky\n  1: Road\n  2: Traffic light",
        ] {
            #expect(try values(text) == plain, "\(text)")
        }
        let numbered = ["Sky 2", "Road 0", "Traffic light 7"]
        for text in [
            "name,value\nSky,2\nRoad,0\nTraffic light,7", "Sky,2\nRoad,0\nTraffic light,7",
            "2;Sky\n0;Road\n7;Traffic light", "Sky\t2\nRoad\t0\nTraffic light\t7",
            "2 Sky\n0 Road\n7 Traffic light", "Sky 2\nRoad 0\nTraffic light 7",
            "id name\n2 Sky\n0 Road\n7 Traffic light", "Sky=2\nRoad=0\nTraffic light=7",
            "id,name,category\n2,Sky,far\n0,Road,flat\n7,Traffic light,thin",
            "label,name\n2,Sky\n0,Road\n7,Traffic light",
            "name,id,trainId\nSky,2,2\nRoad,0,0\nTraffic light,7,7",
        ] {
            #expect(try values(text) == numbered, "\(text)")
        }
        // Names that are words for colours, end in numbers, or have commas.
        #expect(try values("red\ngreen\nblue") == ["red 0", "green 1", "blue 2"])
        #expect(try values("Lane 1\nLane 2\nLane 3") == ["Lane 1 0", "Lane 2 1", "Lane 3 2"])
        #expect(try values("Trees, low\nRoad") == ["Trees, low 0", "Road 1"])
        #expect(
            said("Tree\t2\nRoad\nSky").contains("line 1: 'Tree\t2' has a number, and other lines have none"))
        #expect(said("0 Sky\nRoad").contains("line 2: 'Road' is not of the form Value Name"))
        #expect(said("Tree\t2\nRoad\t2").contains("line 2: the value 2 is already that of Tree in line 1"))
        #expect(said("name,id\nSky,0\nRoad,x\nCar,2").contains("line 3: 'x' is not a value of masks"))
        #expect(said("name,id\nSky,-2\nRoad,0").contains("line 2: '-2' is not a value of masks, 0...65535"))
        // Not in the masks: void, as 255 is.
        #expect(try values("name,id\nSky,-1\nRoad,0\nCar,1") == ["Sky 255", "Road 0", "Car 1"])
        #expect(
            said("name,id,trainId\nSky,0,2\nRoad,1,0").contains(
                "the columns id and trainid give classes different values"))
        #expect(said("Klasse,Zahl\nSky,0\nRoad,1").contains("nothing says what the column zahl holds"))
        #expect(said("name,color\nSky,black\nRoad,gray").contains("the column color is not read"))
        #expect(said("Sky\nRoad\nSky").contains("line 3: there is a class Sky already"))
    }

    @Test func tablesOfOtherEncodings() throws {
        let tree = try ScratchFolder()
        let text = "0 0 0 Straße\r\n7 8 9 Gehweg\r\n"
        let little =
            [0xff, 0xfe] + text.utf16.flatMap { unit -> [UInt8] in [UInt8(unit & 255), UInt8(unit >> 8)] }
        let big =
            [0xfe, 0xff] + text.utf16.flatMap { unit -> [UInt8] in [UInt8(unit >> 8), UInt8(unit & 255)] }
        let latin = text.unicodeScalars.map { UInt8($0.value) }
        for bytes in [Array(text.utf8), little, big, latin] {
            try tree.file("t.txt", bytes)
            #expect(try ClassTable.read("\(tree.path)/t.txt").entries.map(\.name) == ["Straße", "Gehweg"])
        }
    }

    @Test func valuesBesideColours() throws {
        let wanted = ["Sky 0 7 7 7", "Road 2 9 9 9", "Far car 1 8 8 8"]
        for text in [
            "name,id,r,g,b\nSky,0,7,7,7\nRoad,2,9,9,9\nFar car,1,8,8,8",
            "name,r,g,b,id\nSky,7,7,7,0\nRoad,9,9,9,2\nFar car,8,8,8,1",
            "0 7 7 7 Sky\n2 9 9 9 Road\n1 8 8 8 Far car", "7 7 7 0 Sky\n9 9 9 2 Road\n8 8 8 1 Far car",
            "Sky 0 7 7 7\nRoad 2 9 9 9\nFar car 1 8 8 8", "0 Sky 7 7 7\n2 Road 9 9 9\n1 Far car 8 8 8",
            "id r g b name\n0 7 7 7 Sky\n2 9 9 9 Road\n1 8 8 8 Far car",
            "0,Sky,7,7,7\n2,Road,9,9,9\n1,Far car,8,8,8", "0;7;7;7;Sky\n2;9;9;9;Road\n1;8;8;8;Far car",
        ] {
            let found = try ClassTable.parse(text, file: "t").entries.map {
                "\($0.name) \($0.value) \($0.colors[0])"
            }
            #expect(found == wanted, "\(text)")
        }
        #expect(try values("0 0 0 0 Sky") == ["Sky 0"])
        // Without a heading, or with one that contradicts itself.
        for text in ["7 128 64 128 Road\n23 70 130 180 Sky", "Sky,128,128,128,0\nRoad,64,64,128,0"] {
            #expect(
                said(text).contains(
                    "a value may come before the colour or after it | a first line that names"))
        }
        #expect(
            said("name,id,r,g,b\nSky,0,7,7,7\nRoad,0,9,9,9").contains(
                "line 3: the value 0 is already that of Sky"))
        #expect(
            said("name,id,r,g,b\nSky,0,7,7,7\nSky,1,9,9,9").contains(
                "line 3: Sky has the value 1, and 0 before"))
        #expect(said("name,r,g\nSky,0,0\nRoad,1,1").contains("2 of the columns r, g and b"))
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
