// `seg test` fails where it should: each kind of expectation when it is not met, and tests that could
// only pass.

import SegLibrary
import SegRuntime
import SegSystem
import TestSupport
import Testing

@Suite struct GoldenRunnerTests {
    /// What `seg test` says of a folder with some files, with the folder's path left out, and its counts.
    private func tested(_ files: [String: String]) throws -> (passed: Int, failed: Int, said: String) {
        let folder = try ScratchFolder()
        for (name, text) in files { try folder.write(text, to: name) }
        var said = ""
        let runner = GoldenRunner(makeInterpreter: { .standard() }) { said += $0 }
        let counts = try #require(try runner.run(path: folder.path))
        return (counts.passed, counts.failed, said.replacing("\(folder.path)/", with: ""))
    }
    @Test func whatIsMetPasses() throws {
        let result = try tested([
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
        #expect(result.said == "")
        #expect(result.passed == 3 && result.failed == 0)
    }

    @Test(arguments: [
        ("1 + 1  # expect: 3", "expected 3"),
        ("1 + 1  # expect: 2.", "expected 2."),
        ("print(1)  # expect: 1\nprint(2)  # expect: 1", "a.seg:2"),
        ("print(\"a\\nb\")  # expect: a", "printed more than expected: b"),
        ("print(\"a\")\n# expect: a\n# expect: b", "expected b"),
        ("x = 3  # expect: 3", "got nothing"),
        ("1 / 3  # expect near: 0.335", "expected 0.335"),
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
        ("1  # expect: 1\n2  # expect nearly: 3", "`# expect nearly:` is not an expectation"),
        ("[1] + 1  # expect error:", "`# expect error:` expects nothing"),
        ("x = 1 + 1", "a.seg:1: expects nothing"),
        ("", "a.seg:1: expects nothing"),
    ])
    func whatIsNotMetFails(_ text: String, _ expected: String) throws {
        let result = try tested(["a.seg": text])
        #expect(result.passed == 0 && result.failed == 1, "\(text)")
        #expect(result.said.contains(expected), "\(result.said)")
    }

    @Test func wholeOutputs() throws {
        let result = try tested([
            "a.seg": "print(1)\nprint(2)\n", "a.out": "1\n3\n", "b.seg": "print(1)\n", "b.out": "1\n2\n",
            "c.seg": "print(1)\n", "c.out": "", "d.out": "1\n", "e.seg": "print(1)  # expect: 2\n",
            "e.out": "1\n",
        ])
        #expect(result.passed == 0 && result.failed == 5)
        #expect(result.said.contains("a.seg:1: line 2 of the output should be"))
        #expect(result.said.contains("b.seg:1: line 2"))
        #expect(result.said.contains("d.out:1: there is no script d.seg"))
        #expect(result.said.contains("e.seg:1: this expectation is not checked"))
    }

    @Test func foldersWithoutTests() throws {
        let empty = try tested([:])
        #expect(empty.passed == 0 && empty.failed == 1 && empty.said.contains("no script to test"))
        let helpers = try tested(["_a.seg": "1  # expect: 1", "b.txt": ""])
        #expect(helpers.passed == 0 && helpers.failed == 1)
        let runner = GoldenRunner(makeInterpreter: { .standard() }) { _ in }
        #expect(try runner.run(path: "/no/such/folder") == nil)
    }
}
