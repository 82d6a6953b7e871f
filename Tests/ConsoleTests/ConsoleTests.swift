// What transcripts do not show: listings, what `:save` writes, history on disk, paths.

import SegLibrary
import SegRuntime
import SegSystem
import TestSupport
import Testing

@preconcurrency import Glibc
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

@Test func savedSessionsForget() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    _ = played(
        "> sum = 3\n> del sum\n> total = sum([1, 2])\n> x = 4\n> y = x + 1\n> del x\n> :save \(folder.path)/s.seg"
    )
    let text = try folder.text("s.seg")
    #expect(text == "total = sum([1, 2])\nx = 4\ny = x + 1\n")
    let interpreter = Interpreter.standard()
    try interpreter.run(text, name: "s.seg")
    #expect(interpreter["total"]?.asNumber == 3)
}

/// A type with a misspelt name, of which an object was made, is not in the script: a run finds its mistake first.
@Test func savedSessionsHaveNoMistakes() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    func saved(_ entries: String) throws -> String {
        _ = played("\(entries)\n> :save \(folder.path)/s.seg")
        let text = try folder.text("s.seg")
        try Interpreter.standard().run(text, name: "s.seg")
        return text
    }
    let wrong = "> type T(n) { forward(x) = rellu(x * n) }\n> t = T(2)\n> t\n> n = 1"
    let right = "type T(n) { forward(x) = relu(x * n) }\nt = T(2)\n"
    #expect(
        try saved("\(wrong)\n> type T(n) { forward(x) = relu(x * n) }\n> t = T(2)\n> t")
            == "n = 1\n\(right)t\n")
    // What was not defined again is a comment.
    #expect(
        try saved("\(wrong)\n> t.n = 3\n> type T(n) { forward(x) = relu(x * n) }")
            == "# left out: t = T(2)\nn = 1\n# left out: t.n = 3\n\(right.dropLast(9))")
    #expect(
        try saved("> f(x) = nowhere(x)\n> g = map([1, 2], x -> x)\n> h(x) = f(x)")
            == "# left out: f(x) = nowhere(x)\ng = map([1, 2], x -> x)\n# left out: h(x) = f(x)\n")
    // A function that calls one which is defined again is kept.
    #expect(
        try saved(
            "> type U(n) { forward(x) = rellu(x) }\n> make() = U(1)\n> u = make()\n> type U(n) { a = n }")
            == "make() = U(1)\n# left out: u = make()\ntype U(n) { a = n }\n")
}

@Test func savedRunsAreForgottenWithoutAQuestion() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = "\(folder.path)/a.run"
    let run = "> run = trainer(Conv2d(3, 32, 1), streets(count=2, size=32).normalize(), batch=2, epochs=3)"
    let saved = played("\(run)\n> l = run.step()\n> save(run, \"\(path)\")\n> :reset\n")
    #expect(saved.hasSuffix("> :reset\nyour names are removed\n"))
    let loaded = played("> run = load(\"\(path)\")\n> :reset\n")
    #expect(loaded.hasSuffix("> :reset\nyour names are removed\n"))
    let further = played("> run = load(\"\(path)\")\n> l = run.step()\n> :reset\n. n\n")
    #expect(further.contains("run: a run of 2 steps, trained further since it was saved"))
}

@Test func pastedSessions() {
    let transcript = PastedTranscript(columns: 80) { _ in false }
    #expect(PastedTranscript.isOne("seg 0.1.0   ? for help\n> x = 3\n> x"))
    #expect(transcript.entries("2  3\n  > x = 3\n  > x\n  3") == ["x = 3", "x"])
    #expect(PastedTranscript.isOne("# my notes\n> x"))
    // The terminal broke a long entry at its 20th column.
    let narrow = PastedTranscript(columns: 20) { _ in false }
    #expect(
        narrow.entries("> total = sum([1, 2,\n 3, 4])\n> total") == ["total = sum([1, 2, 3, 4])", "total"])
    #expect(!PastedTranscript.isOne("x = 1\n> 3"))
    #expect(!PastedTranscript.isOne(">3"))
    #expect(PastedTranscript.isOne("\n> x"))
    #expect(
        transcript.entries("> a = 1\n>\n> f(x) = {\n...   x\n...\n... }\n... a\n3\n... no\n>>> b")
            == ["a = 1", "f(x) = {\n  x\n\n}\na", "b"])
    // Lines that were edited together have no marks; an answer is dropped.
    #expect(
        transcript.entries("> x = 1\ny = 2\nx + y\n3\n> x\n1") == ["x = 1\ny = 2\nx + y", "x"])
    #expect(transcript.entries("> f(a) = {\n    a + 1\n}\n> f(1)\n2") == ["f(a) = {\n    a + 1\n}", "f(1)"])
    #expect(transcript.entries("> x = f()\nabout x\nnote: none\n> y = 1\n2\n") == ["x = f()", "y = 1"])
    #expect(
        transcript.entries("    > a = 1\n    > if a {\n    ...     b\n    ... }\n    3") == [
            "a = 1", "if a {\n    b\n}",
        ])
    #expect(PastedTranscript.isOne("\t> x = 1"))
    #expect(transcript.entries("> :time f()\nx = 3\n> 1") == [":time f()", "1"])
    #expect(transcript.entries("> a = [1,\n.   2]\n[1, 2]") == ["a = [1,\n  2]"])
}

@Test func pastedSessionsRun() {
    // The entries are shown again, each above its answer.
    let block = "> a = 1\n. > f(x) = {\n. ...   x + a\n. ... }\n. > f(2)\n. 30\n. > f(5)\n. 60"
    let shown = played("> :paste\n. " + block + "\n. .\n> > f(10)\n> exit(3)\n> 5\n")
    let answers =
        "> a = 1\n> f(x) = {\n...   x + a\n... }\n> f(2)\n3\n> f(5)\n6\n> > f(10)\n> f(10)\n11\n> exit(3)\n"
    #expect(shown == "> :paste\n. " + block + "\n. .\n" + answers)
}

@Test func commandsOfOtherPrompts() throws {
    let interpreter = Interpreter.standard()
    try interpreter.run("quit = 1; mask = tensor([true])")
    func command(_ entry: String) -> String? { PromptCommand.command(in: entry, interpreter) }
    #expect(command("exit(2)") == nil)
    #expect(command("exit") == ":quit" && command("exit()") == ":quit" && command("quit") == nil)
    #expect(command("run.history??") == "?run.history" && command("f(x)?") == nil)
    #expect(command("!mask") == nil && command("!isnan(mask)") == nil && command("!(mask & mask)") == nil)
    #expect(command("!ls") == "!ls" && command("!cat a.csv") == "!cat a.csv" && command("!ls -l") != nil)
    #expect(command("del x, y") == ":forget x, y" && command("%run a.seg") == ":load a.seg")
    #expect(command("exits") == nil && command("delta = 3") == nil && command("x % 3") == nil)
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
    // Nobody else reads it, also where an earlier version let others.
    #expect(FileStatus(path)?.permissions == 0o600)
    chmod(path, 0o644)
    HistoryFile(path: path).append("x = 2")
    #expect(FileStatus(path)?.permissions == 0o600)
    // What was cut off is an entry of its own, and not the beginning of the next.
    try folder.write("half", to: "cut")
    HistoryFile(path: "\(folder.path)/cut").append("x = 1")
    HistoryFile(path: "\(folder.path)/cut").append("x = 2")
    #expect(try folder.text("cut") == "half\nx = 1\nx = 2\n")
    // Links are not followed, and what others may write is not taken for history.
    try folder.write("precious\n", to: "victim")
    symlink("\(folder.path)/victim", "\(folder.path)/link")
    HistoryFile(path: "\(folder.path)/link").append("x")
    #expect(
        try folder.text("victim") == "precious\n" && HistoryFile(path: "\(folder.path)/link").load().isEmpty)
    chmod("\(folder.path)/victim", 0o666)
    #expect(HistoryFile(path: "\(folder.path)/victim").load().isEmpty)
    // Nor is it later, when it is the user's alone.
    HistoryFile(path: "\(folder.path)/victim").append("mine")
    #expect(HistoryFile(path: "\(folder.path)/victim").load() == ["mine"])
    // In a folder of all, others could put a file of theirs in its place.
    chmod("\(folder.path)/state/seg", 0o777)
    HistoryFile(path: path).append("x = 3")
    #expect(HistoryFile(path: path).load().isEmpty)
    chmod("\(folder.path)/state/seg", 0o700)
    #expect(HistoryFile(path: path).load().last == "x = 2")
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
    #expect(found("!cat \(folder)/dat") == ["\(folder)/data/", "\(folder)/dates.csv"])
    #expect(found(":load \(folder)/dat") == ["\(folder)/data/", "\(folder)/dates.csv"])
    // To the shell a name is a word, and no command; as far as it is typed it may be quoted.
    try scratch.write("", to: "e$(touch x) 'ä'.txt")
    try scratch.write("", to: "e\u{1b}]0;x")
    #expect(found("!cat \(folder)/e") == ["\(folder)/e\\$\\(touch\\ x\\)\\ \\'ä\\'.txt"])
    #expect(found("!cat \(folder)/e\\$") == ["\(folder)/e\\$\\(touch\\ x\\)\\ \\'ä\\'.txt"])
}

@Test func completionRunsNothing() throws {
    let interpreter = Interpreter.standard()
    try interpreter.run(
        "type Made(size) { grow() = size + 1 }; calls = 0; touch() = { global calls = calls + 1; (a=1) }; r = (inner=(leaf=1, list=[(deep=2)]))"
    )
    let completer = Completer(interpreter)
    func found(_ text: String) -> [String] {
        completer.candidates(in: text, at: text.utf8.count).items.map(\.text)
    }
    #expect(found("touch().") == [])
    // What a call gives is known by what is called, and the element of a history by its type.
    #expect(found("evaluate(m, d).acc") == ["accuracy"])
    #expect(found("load(\"x.run\").hist") == ["history"])
    #expect(found("load(\"x.json\").") == [])
    #expect(found("trainer(m, d).evaluate(d).conf").first == "confusion")
    #expect(found("trainer(m, d).history[i].va").first == "val")
    #expect(found("trainer(m, d).history[-1].numb") == ["number"])
    #expect(found("Made(1).") == ["size", "grow"])
    #expect(found("Made(1).") == found("Made(touch()).") && interpreter["calls"]?.asNumber == 0)
    #expect(found("r.inner.") == ["leaf", "list"])
    #expect(found("r.inner.list[0].") == ["deep"])
    #expect(found("x = \"{r.inner.le") == ["leaf"])
    #expect(interpreter["calls"]?.asNumber == 0)
}

@Test func listingsFitTheWindow() {
    let items = (0..<200).map { Completer.Candidate(name: "name\($0)", text: "name\($0)") }
    let listing = CompletionListing(columns: 40, rows: 12, hasColor: false) { (_: Completer.Candidate) in
        String(repeating: "help ", count: 30)
    }
    let ranked = listing.completion(.init(prefix: "name", items: items, isRanked: true)).listing
    #expect(ranked.count <= 8 && ranked.first?.contains("help") == true)
    #expect(ranked.dropLast().last?.hasSuffix("…") == true)
    #expect(ranked.last?.contains("Tab shows the rest") == true)
    let many = listing.completion(.init(prefix: "name", items: items)).listing
    #expect(many.count <= 12 && many.allSatisfy { $0.count <= 40 })
    let few = listing.completion(.init(prefix: "name", items: Array(items.prefix(3)))).listing
    #expect(few.count == 3 && few.allSatisfy { $0.count <= 40 })
    // Tab again shows the next part, in the end the first again; nothing where all was shown.
    func page(_ page: Int, _ count: Int, isRanked: Bool = false) -> [String] {
        var listing = listing
        listing.page = page
        return listing.completion(
            .init(prefix: "name", items: Array(items.prefix(count)), isRanked: isRanked)
        )
        .listing
    }
    let pages = (0..<7).map { page($0, 200) }
    #expect(pages[0] != pages[1] && pages[0].last == "  … and 168 more; Tab shows them")
    #expect(pages[6].contains { $0.contains("name199") } && !pages[6].contains { $0.contains("more") })
    #expect(page(7, 200) == pages[0])
    #expect(page(1, 200, isRanked: true).first?.contains("name5") == true)
    #expect(page(1, 3) == [])
}
