// Names of files that are not UTF-8: opened, listed and shown, never passed over.

import SegSystem
import TestSupport
import Testing

@preconcurrency import Glibc

@Suite struct FilePathTests {
    /// The bytes that a text is opened by.
    private func bytes(_ text: String) -> [UInt8] {
        FilePath.with(text) { path in (0..<strlen(path)).map { UInt8(bitPattern: path[$0]) } }
    }

    @Test func everyNameHasOneText() {
        var random = SystemRandomNumberGenerator()
        let pieces: [[UInt8]] = [
            [0x61], [0xc3, 0xa4], [0xe4], [0xff], [0xf0, 0x9f, 0x98, 0x80], [0xf4, 0x8f, 0xba, 0x80],
            [0xed, 0xa0, 0x80],
            [0xc0, 0xaf], [0xe2, 0x82], [0x80],
        ]
        for _ in 0..<2000 {
            let name = (0..<Int.random(in: 0..<6, using: &random)).flatMap { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            #expect(bytes(FilePath.text(name)) == name)
        }
        #expect(FilePath.text(Array("äöü 😀".utf8)) == "äöü 😀")
        #expect(TextWidth.escaped(FilePath.text([0x61, 0xe4, 0x62])) == "a\\xE4b")
    }

    @Test func suchFilesAreListedReadAndWritten() throws {
        let folder = try ScratchFolder()
        let raw: [CChar] =
            Array("\(folder.path)/b".utf8CString.dropLast()) + [CChar(bitPattern: 0xe4), 0x72, 0]
        close(open(raw, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        let name = try #require(folder.names.first)
        #expect(folder.names.count == 1 && name.hasPrefix("b"))
        let path = "\(folder.path)/\(name)"
        #expect(FileStatus(path)?.kind == .file)
        try AtomicFile.write("new", to: path)
        #expect(folder.names == [name])
        #expect(try folder.text(name) == "new")
        #expect(Folder.resolved(path)?.hasSuffix(name) == true)
        #expect(try FilePattern("\(folder.path)/*r").paths() == [path])
        try Folder.make("\(folder.path)/\(FilePath.text([0xff]))/in")
        #expect(folder.names.count == 2)
        #expect(message { _ = try FileReader("\(path)x") }.contains("cannot read"))
    }

    @Test func textForTheTerminalIsHarmless() {
        #expect(TextWidth.harmless("a\n\tb äöü 😀") == "a\n\tb äöü 😀")
        #expect(
            TextWidth.harmless("a\u{1b}[31m\n\u{9b}0m\u{202e}\r") == "a\\u{1b}[31m\n\\u{9b}0m\\u{202e}\\r")
        #expect(TextWidth.harmless("\u{0}\u{7}\u{7f}") == "\\u{0}\\u{7}\\u{7f}")
    }
}
