// What transcripts do not show: listings, what `:save` writes, history on disk, paths.

import SegLibrary
import SegRuntime
import SegSystem
import TestSupport
import Testing

@testable import SegConsole

@Test func listingsLoseTheirLineNumbers() {
    let wrapped = "  1  X, Y = 100, 50\n  2  w = where(c > 0,\n     ↪  X, Y)\n\n  3  w\n"
    #expect(PrintedListing.unnumbered(wrapped) == "X, Y = 100, 50\nw = where(c > 0, X, Y)\nw")
    #expect(PrintedListing.unnumbered("9\n10\n11\na = 1\nb = 2\nc = 3") == "a = 1\nb = 2\nc = 3")
    #expect(
        PrintedListing.unnumbered("1: a = 1\n2: if a {\n3:     b = 2\n4: }") == "a = 1\nif a {\n    b = 2\n}")
    #expect(PrintedListing.unnumbered("a = 1\nb = 2") == nil)
    #expect(PrintedListing.unnumbered("2 * 3") == nil)
    #expect(PrintedListing.unnumbered("2 * 3\n") == nil)
    #expect(PrintedListing.unnumbered("2  a = [1,\n   3]") == "a = [1, 3]")
    #expect(PrintedListing.unnumbered("1.5\n2.5") == nil)
}

@Test func savedSessionsRun() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/s.seg"
    _ = played(
        """
        > x = 2
        > x * 3
        > y = ans + 1
        > broken(
        . 1
        > a = 5; b = a + nowhere; c = 3
        > f(n) = {
        .   n + y
        . }
        > f(1)
        > :save \(path)
        """)
    let text = try folder.text("s.seg")
    let interpreter = Interpreter.standard()
    try interpreter.run(text, name: "s.seg")
    #expect(interpreter["y"]?.asNumber == 7)
    #expect(text.contains("ans = x * 3"))
    #expect(!text.contains("nowhere"))
    let again = played("> :load \(path)\n> y\n")
    withExtendedLifetime(folder) {}
    #expect(again.hasSuffix("> y\n7\n"))
}

@Test func historyLasts() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = "\(folder.path)/state/seg/history"
    HistoryFile(path: path).append("f(x) = {\n  \"a\\n\"\n}")
    HistoryFile(path: path).append("größer = 1")
    #expect(HistoryFile(path: path).load() == ["f(x) = {\n  \"a\\n\"\n}", "größer = 1"])
    #expect(HistoryFile(path: "/proc/nowhere/history").load().isEmpty)
    HistoryFile(path: "/proc/nowhere/history").append("x")
}

@Test func pathsComplete() throws {
    let scratch = try ScratchFolder()
    defer { withExtendedLifetime(scratch) {} }
    let folder = scratch.path
    try Folder.make("\(folder)/data")
    try scratch.write("", to: "dates.csv")
    let completer = Completer(Interpreter.standard())
    func found(_ text: String) -> [String] {
        completer.candidates(in: text, at: text.utf8.count).items.map { $0.text + $0.suffix }
    }
    #expect(found("camseq(\"\(folder)/da") == ["\(folder)/data/", "\(folder)/dates.csv\""])
    #expect(found(":load \(folder)/dat") == ["\(folder)/data/", "\(folder)/dates.csv"])
}

@Test func completionRunsNothing() throws {
    let interpreter = Interpreter.standard()
    try interpreter.run(
        "calls = 0; touch() = { global calls = calls + 1; (a=1) }; r = (inner=(leaf=1, list=[(deep=2)]))")
    let completer = Completer(interpreter)
    func found(_ text: String) -> [String] {
        completer.candidates(in: text, at: text.utf8.count).items.map(\.text)
    }
    #expect(found("touch().") == [])
    #expect(found("r.inner.") == ["leaf", "list"])
    #expect(found("r.inner.list[0].") == ["deep"])
    #expect(found("x = \"{r.inner.le") == ["leaf"])
    #expect(interpreter["calls"]?.asNumber == 0)
}

@Test func listingsFitTheWindow() {
    let items = (0..<200).map { Completer.Candidate(name: "name\($0)", text: "name\($0)") }
    let listing = CompletionListing(columns: 40, rows: 12, hasColor: false) { _ in
        String(repeating: "help ", count: 30)
    }
    let many = listing.completion(.init(prefix: "name", items: items)).listing
    #expect(many.count <= 12 && many.allSatisfy { $0.count <= 40 })
    let few = listing.completion(.init(prefix: "name", items: Array(items.prefix(3)))).listing
    #expect(few.count == 3 && few.allSatisfy { $0.count <= 40 })
}
