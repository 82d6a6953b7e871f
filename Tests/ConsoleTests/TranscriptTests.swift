// Plays the sessions of Tests/Golden/prompt and of the README: each must match the file. With
// SEG_UPDATE=1 in the environment the files are rewritten instead; review the diff.

import FoundationEssentials
@preconcurrency import Glibc
import SegConsole
import SegLibrary
import SegRuntime
import Testing

private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../Golden/prompt"

private func transcripts() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".repl") }.sorted()
}

/// Plays a transcript and returns the actual session.
func played(_ transcript: String, columns: Int = 80) -> String {
    let reader = ScriptedReader(transcript: transcript)
    reader.size.columns = columns
    let interpreter = Interpreter.standard()
    interpreter.output = { reader.write($0) }
    interpreter.errorOutput = { if $0.hasPrefix("note: ") { reader.write($0) } }
    var time = 0.0
    let console = Console(interpreter: interpreter, reader: reader, version: "") {
        time += 1.5
        return time
    }
    _ = console.run()
    return reader.transcript
}

@Test func thereAreSessions() throws {
    #expect(try transcripts().count >= 5)
}

@Test(arguments: try transcripts())
func session(_ name: String) throws {
    let path = "\(folder)/\(name)"
    let expected = try String(contentsOfFile: path, encoding: .utf8)
    let actual = played(expected)
    if getenv("SEG_UPDATE") != nil {
        try actual.write(toFile: path, atomically: true, encoding: .utf8)
    } else {
        #expect(actual == expected)
    }
}

/// The README begins with a session. The seconds that its epochs took differ from run to run.
@Test func theSessionOfTheReadme() throws {
    let path = "\(folder)/../../../README.md"
    let readme = try String(contentsOfFile: path, encoding: .utf8)
    let parts = readme.split(separator: "```\n", maxSplits: 2, omittingEmptySubsequences: false)
    let expected = try #require(parts.count == 3 ? String(parts[1]) : nil)
    let actual = played(expected, columns: 100)
    if getenv("SEG_UPDATE") != nil {
        try "\(parts[0])```\n\(actual)```\n\(parts[2])".write(toFile: path, atomically: true, encoding: .utf8)
    } else {
        let seconds = /\d+\.\d s/
        #expect(actual.replacing(seconds, with: "") == expected.replacing(seconds, with: ""))
    }
}
