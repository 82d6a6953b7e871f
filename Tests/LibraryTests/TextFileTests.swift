// Files of text in other encodings than UTF-8, which scripts cannot write: read as what they are, or an error that names
// the line.

import SegRuntime
import SegSystem
import Testing

@testable import SegLibrary

@Suite struct TextFileTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func said(_ script: String, _ bytes: [UInt8]) throws -> String {
        try AtomicFile.write(bytes, to: "\(folder.path)/t.txt", isDurable: false)
        let interpreter = Interpreter.standard()
        interpreter.arguments = ["\(folder.path)/t.txt"]
        do {
            return try interpreter.line(try interpreter.run(script) ?? .nilValue)
        } catch {
            let message = (error as? ScriptError)?.diagnostic.message ?? "\(error)"
            return message.replacing("\(folder.path)/", with: "")
        }
    }

    private static func utf16(_ text: String, isLittle: Bool) -> [UInt8] {
        "\u{feff}\(text)".utf16.flatMap { unit -> [UInt8] in
            let (low, high) = (UInt8(unit & 255), UInt8(unit >> 8))
            return isLittle ? [low, high] : [high, low]
        }
    }

    @Test(arguments: [true, false]) func textOfWindows(isLittle: Bool) throws {
        let table = Self.utf16("name,n\r\nStraße,1\r\n", isLittle: isLittle)
        #expect(try said("read_csv(args[0])", table) == "[(name=\"Straße\", n=1)]")
        #expect(try said("read_text(args[0])", table) == "name,n\r\nStraße,1\r\n")
        let json = Self.utf16("{\"a\": \"Straße 😀\"}", isLittle: isLittle)
        #expect(try said("read_json(args[0])", json) == "(a=\"Straße 😀\")")
    }

    @Test func textOfNoKnownEncoding() throws {
        let latin: [UInt8] = Array("name,n\nSky,1\nStra".utf8) + [0xdf] + Array("e,2\nRoad,3\n".utf8)
        #expect(try said("read_csv(args[0])", latin) == "t.txt, line 3, is not UTF-8")
        #expect(try said("read_text(args[0])", [0x41, 0xc3]) == "A\u{fffd}")
        #expect(try said("read_csv(args[0])", Array("a\n".utf8) + [0xff]) == "t.txt, line 2, is not UTF-8")
        #expect(try said("read_text(args[0])", [0xff, 0xfe]) == "")
    }

    /// A list names files by their bytes.
    @Test func namesOfListsAreBytes() throws {
        let list = "\(folder.path)/l.txt"
        try AtomicFile.write(Array("B".utf8) + [0xe4, 0x0a, 0x43, 0x0a], to: list, isDurable: false)
        let names = try FileReader.text(of: list).split(whereSeparator: \.isNewline).map(String.init)
        #expect(names == [FilePath.text([0x42, 0xe4]), "C"])
    }
}
