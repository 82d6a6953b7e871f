// `seg test` fails where it should: each kind of expectation when it is not met, and tests that could
// only pass.

import FoundationEssentials
import SegLibrary
import SegRuntime
import Testing

/// A folder with some files in it, and what `seg test` says of it.
private final class Folder {
    let path: String
    init(_ files: [String: String]) throws {
        path = "\(FileManager.default.temporaryDirectory.path)/seg-golden-\(UInt64.random(in: 0 ... .max))"
        for (name, text) in files {
            let file = "\(path)/\(name)"
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What is printed, with the folder's path left out, and the counts.
    func tested(_ name: String = "") throws -> (passed: Int, failed: Int, said: String) {
        var said = ""
        let runner = GoldenRunner(makeInterpreter: { .standard() }) { said += $0 }
        let counts = try #require(try runner.run(path: name.isEmpty ? path : "\(path)/\(name)"))
        return (
            counts.passed, counts.failed, said.replacing("\(path)/", with: "").replacing(path, with: "DIR")
        )
    }
}

@Suite struct GoldenRunnerTests {
    @Test func whatIsMetPasses() throws {
        let folder = try Folder([
            "a.seg": """
            1 + 1             # expect: 2
            print("a\\nb")
            # expect: a
            # expect: b
            [0.5, 1 / 3]      # expect near: [0.5, 0.333]
            [1] + 1           # expect error: + cannot join
            # expect kind: type
            # expect column: 1
            len(nil, 2)       # expect help: len(x)
            """,
            "b.seg": "print(\"x {1 + 1} y\")\n", "b.out": "x … y\n", "_helper.seg": "nowhere",
            "inner/c.seg": "x = (  # expect error: not closed\n",
        ])
        let result = try folder.tested()
        #expect(result.said == "")
        #expect(result.passed == 3 && result.failed == 0)
    }

    @Test(arguments: [
        ("1 + 1  # expect: 3", "expected 3"),
        ("1 + 1  # expect: 2.", "expected 2."),
        ("print(1)  # expect: 1\nprint(2)  # expect: 1", "a.seg:2"),
        ("print(\"a\\nb\")  # expect: a", "printed more than expected: b"),
        ("print(\"a\")\n# expect: a\n# expect: b", "expected b"),
        ("x = 3  # expect: 3", "nothing came"),
        ("1 / 3  # expect near: 0.334", "expected 0.334"),
        ("[1, 2]  # expect near: [1]", "expected [1]"),
        ("\"a\"  # expect near: b", "expected b"),
        ("0 / 0  # expect near: 0", "expected 0"),
        ("1  # expect error: no", "expected the error no"),
        ("nowhere  # expect error: somewhere", "expected error: somewhere"),
        ("[1] + 1  # expect kind: value", "expected kind: value"),
        ("[1] + 1  # expect column: 2", "expected column 2"),
        ("len(nil, 2)  # expect help: nothing of it", "expected help: nothing of it"),
        ("len(nil, 2)\n1  # expect: 1", "unexpected error"),
        ("x = (\n1  # expect: 1", "unexpected error"),
        ("x = (  # expect error: too many", "expected error: too many"),
        ("# expect: 3", "no statement causes this expectation"),
        ("1  # expect: 1\n2  # expect nearly: 3", "`# expect nearly:` is no expectation"),
        ("[1] + 1  # expect error:", "`# expect error:` expects nothing"),
        ("x = 1 + 1", "a.seg:1: expects nothing"),
        ("", "a.seg:1: expects nothing"),
    ])
    func whatIsNotMetFails(_ text: String, _ expected: String) throws {
        let result = try Folder(["a.seg": text]).tested()
        #expect(result.passed == 0 && result.failed == 1, "\(text)")
        #expect(result.said.contains(expected), "\(result.said)")
    }

    @Test func wholeOutputs() throws {
        let folder = try Folder([
            "a.seg": "print(1)\nprint(2)\n", "a.out": "1\n3\n", "b.seg": "print(1)\n", "b.out": "1\n2\n",
            "c.seg": "print(1)\n", "c.out": "", "d.out": "1\n", "e.seg": "print(1)  # expect: 2\n",
            "e.out": "1\n",
        ])
        let result = try folder.tested()
        #expect(result.passed == 0 && result.failed == 5)
        #expect(result.said.contains("a.seg:1: line 2 of the output should be"))
        #expect(result.said.contains("b.seg:1: line 2"))
        #expect(result.said.contains("d.out:1: there is no script d.seg"))
        #expect(result.said.contains("e.seg:1: not looked at"))
    }

    @Test func foldersWithoutTests() throws {
        let empty = try Folder([:]).tested()
        #expect(empty.passed == 0 && empty.failed == 1 && empty.said.contains("no script to test"))
        let helpers = try Folder(["_a.seg": "1  # expect: 1", "b.txt": ""]).tested()
        #expect(helpers.passed == 0 && helpers.failed == 1)
        let runner = GoldenRunner(makeInterpreter: { .standard() }) { _ in }
        #expect(try runner.run(path: "/no/such/folder") == nil)
    }
}
