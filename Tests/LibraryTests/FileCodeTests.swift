// Code that came from a file of `save`: it has no hands, and takes nothing over. Files that say they are what they
// are not are made here, as scripts cannot write them.

import SegRuntime
import SegSystem
import SegTensor
import TestSupport
import Testing

@testable import SegLibrary

/// From <sched.h>, which the Glibc module lacks: 0x200 gives the calling thread a working folder of its own, so that
/// tests that run beside it keep theirs.
@_silgen_name("unshare") private func unshare(_ flags: Int32) -> Int32

@Suite(.serialized) struct FileCodeTests {
    /// A file of `save` with these nodes, of which the last is the value.
    private func write(_ nodes: some Collection<String>, to path: String) throws {
        let graph = "{\"root\": [\(nodes.count - 1)], \"nodes\": [\(nodes.joined(separator: ","))]}"
        try Safetensors.write([], metadata: [("seg", "1"), ("value", graph)], to: path)
    }

    private func text(_ text: String) -> String { JSON.text(text) }

    /// What is printed, and the error that ends a script.
    private func run(_ script: String, in folder: ScratchFolder) throws -> String {
        let interpreter = Interpreter.standard()
        var printed = ""
        interpreter.output = { printed += $0 }
        interpreter.errorOutput = { _ in }
        _ = unshare(0x200)
        do {
            try folder.asWorkingFolder { _ = try interpreter.run(script) }
        } catch let error as ScriptError {
            printed += "error: \(error.diagnostic.message)"
        }
        return printed
    }

    /// Every example of the help, as the body of a function of a file, writes nothing.
    @Test func noExampleWritesAsCodeOfAFile() throws {
        let interpreter = Interpreter.standard()
        var problems: [String] = []
        var refused: Set<String> = []
        for native in interpreter.library.natives {
            for example in native.examples where !example.contains("import(") {
                let folder = try ScratchFolder()
                let body = example.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
                let script = """
                    f() = {
                    \(body)
                        nil
                    }
                    save(f, "f.run")
                    """
                if try run(script, in: folder).contains("error") { continue }
                let said = try run("load(\"f.run\")()", in: folder)
                if said.contains("may not") { refused.insert(native.name) }
                let made = folder.names.filter { $0 != "f.run" }
                if !made.isEmpty { problems.append("\(native.name): \(made)") }
            }
        }
        #expect(problems.isEmpty, "\(problems)")
        for name in [
            "write_text", "write_json", "write_csv", "write_image", "save", "save_weights", "write_tensors",
            "write_annotations", "write_events", "export_onnx", "cache_clear", "exit",
        ] {
            #expect(refused.contains(name), "\(name) is not refused")
        }
    }

    /// Natives that write have an effect; the others have none that a look at their names would betray.
    @Test func effectsAreOfThoseThatWrite() {
        let named = Interpreter.standard().library.natives.filter { native in
            ["write_", "save", "export_"].contains { native.name.hasPrefix($0) }
                || native.signature.contains("save=")
                || ["exit", "cache_clear", "official_weights", "load"].contains(native.name)
        }
        #expect(named.count >= 17)
        for native in named { #expect(native.effect != nil, "\(native.name) has no effect") }
    }

    /// A function that says it is of a file of the library, and is not, can bind nothing there.
    @Test func theScopeOfTheLibraryIsNotTaken() throws {
        let folder = try ScratchFolder()
        let type = """
            type T() { take() = { global iou = x -> 0.99; global _dice = 5; global mine = 1; _dice }; see() = _dice }
            """
        try write(
            [
                "[\"module\", \"stdlib/losses.seg\", [], []]", "[\"type\", \(text(type)), [0], [], []]",
                "[\"object\", [1], false, [], []]",
            ], to: "\(folder.path)/m.run")
        let said = try run(
            """
            before = "{iou}"
            r = load("m.run")
            print(r, r.see() == 5)
            print(r.take())
            print("{iou}" == before, dice_loss()(rand(1, 3, 2, 2), zeros(1, 2, 2, dtype=int64)) < 2)
            print(try { mine } catch e { "none" })
            """, in: folder)
        #expect(
            said.hasPrefix("T() false\n5\ntrue true\n") || said.contains("there is nothing called `mine`"),
            "\(said)")
        #expect(!said.contains("0.99"))
    }

    /// A function whose text is the library's own is in the library's scope, but has no hands either.
    @Test func textsOfTheLibraryHaveNoHandsInAFile() throws {
        let folder = try ScratchFolder()
        let source =
            "keep_search(file, facts, state) = if file != nil { save((facts=facts, state=state), file) }"
        try write(
            [
                "[\"module\", \"stdlib/experiments/kept_search.seg\", [], []]",
                "[\"cell\", \"pwned\"]",
                "[\"function\", \(text("state -> save((facts=1, state=state), file)")), [0], [\"file\"], [[1]]]",
            ], to: "\(folder.path)/m.run")
        let said = try run("load(\"m.run\")(3)", in: folder)
        #expect(said.contains("may not write files"), "\(said)")
        #expect(source.count > 0 && folder.names == ["m.run"])
    }

    /// A function of the library that writes, and an object of the library that calls it with what the file says: nodes
    /// behind those that are given, with the number of the object's method `finish`.
    private func writer(behind first: Int) throws -> (nodes: [String], method: Int) {
        let scripts = Interpreter.standard().library.scripts
        let script = try #require(scripts.first { $0.name == "experiments/kept_rows.seg" }?.text)
        let start = try #require(script.firstRange(of: "_keep_rows(file, facts, rows) ="))
        let function = script[start.lowerBound...].prefix { $0 != "\n" }
        let nodes = [
            "[\"module\", \"stdlib/experiments/kept_rows.seg\", [], []]",
            "[\"function\", \(text(String(function))), [\(first)], [], []]",
            "[\"record\", [], []]", "[\"list\", []]",
            "[\"record\", [\"file\", \"facts\", \"rows\"], [\"pwned.json\", [\(first + 2)], [\(first + 3)]]]",
            "[\"library\", \"Trial\"]",
            """
            ["object", [\(first + 5)], false, ["f", "settings", "arguments", "seed", "run", "measures", "seconds", "failure", "problem"],
             [[\(first + 1)], [\(first + 2)], [\(first + 4)], 0, null, [\(first + 2)], 0, null, null]]
            """, "[\"method\", [\(first + 6)], \"finish\"]",
        ]
        return (nodes, first + 7)
    }

    /// What a file says is called by the library's own code has no hands: neither where it is shown nor where the user
    /// trains with it.
    @Test func functionsOfTheLibraryHaveNoHandsAsValuesOfAFile() throws {
        let folder = try ScratchFolder()
        let (nodes, method) = try writer(behind: 0)
        let line = [
            "[\"library\", \"FoldLine\"]", "[\"record\", [\"number\", \"line\"], [1, [\(method)]]]",
            "[\"object\", [\(method + 1)], false, [\"fold\", \"of\", \"seconds\"], [[\(method + 2)], 3, 1]]",
        ]
        try write(nodes + line, to: "\(folder.path)/m.run")
        var said = try run("r = load(\"m.run\")\nprint(r)", in: folder)
        #expect(said.hasPrefix("FoldLine(fold="), "\(said)")
        try write(nodes.dropLast(), to: "\(folder.path)/m.run")
        said = try run("t = load(\"m.run\")\nt.finish()\nprint(t.failure)", in: folder)
        #expect(said.contains("may not write files"), "\(said)")
        try write(nodes, to: "\(folder.path)/m.run")
        said = try run(
            """
            data = streets(count=2, size=32).normalize()
            run = trainer(Conv2d(3, 32, 1), data, batch=2, epochs=1, stop=load("m.run"))
            for e in run { }
            """, in: folder)
        for name in ["report", "write_text"] {
            try write(["[\"library\", \"\(name)\"]"], to: "\(folder.path)/m.run")
            said = try run("load(\"m.run\")(\"pwned.html\", \"pwned.html\")", in: folder)
            #expect(name == "report" || said.contains("may not write files"), "\(said)")
        }
        #expect(folder.names == ["m.run"], "\(folder.names)")
    }

    /// A method that code of a file reads as a value, of any object, is a value of the file; so is a function that the
    /// library makes for it. Nothing else keeps them alive while they run.
    @Test func methodsThatCodeOfAFileReadsHaveNoHands() throws {
        let folder = try ScratchFolder()
        let setting = """
            data = streets(count=2, size=32).normalize()
            run = trainer(Conv2d(3, 32, 1), data, batch=2, epochs=1)
            w = worst(run.model, data)

            """
        _ = try run(setting + "save((f=x -> x.show, m=run.evaluate, w=w.show), \"m.run\")", in: folder)
        for show in ["r.f(w)", "map([w], r.f)[0]", "r.w"] {
            let said = try run(setting + "r = load(\"m.run\")\n(\(show))(save=\"pwned.png\")", in: folder)
            #expect(said.contains("may not write files"), "\(show): \(said)")
        }
        let said = try run(
            setting
                + """
                for i in 0..<20 {
                    methods = [load("m.run").m, load("m.run").w]
                    pop(methods)
                    if type_of(pop(methods)(data)) != "Evaluation" { print("no evaluation") }
                    try { [load("m.run").w][0](save="pwned.png") } catch e { }
                }
                print(run.evaluate == load("m.run").m, relu == relu)
                """, in: folder)
        #expect(said == "false true\n", "\(said)")
        #expect(folder.names == ["m.run"], "\(folder.names)")
    }

    /// Natives of a file do not run either where it is only shown.
    @Test func showingCallsNoNativeOfAFile() throws {
        let folder = try ScratchFolder()
        try write(
            [
                "[\"library\", \"print\"]", "[\"library\", \"FoldLine\"]",
                "[\"record\", [\"number\", \"line\"], [1, [0]]]",
                "[\"object\", [1], false, [\"fold\", \"of\", \"seconds\"], [[2], 3, 1]]",
            ], to: "\(folder.path)/m.run")
        let said = try run("print(load(\"m.run\"))", in: folder)
        #expect(said.hasPrefix("FoldLine(fold=") && said.hasSuffix(")\n"), "\(said)")
        #expect(said.count { $0 == "\n" } == 1, "\(said)")
    }

    /// While a file is loaded nothing is called that it brings, not even what has no effect.
    @Test func loadingCallsNothing() throws {
        let folder = try ScratchFolder()
        let (nodes, method) = try writer(behind: 0)
        for function in ["[\"library\", \"print\"]", nodes[method]] {
            let data = [
                function,
                "[\"record\", [\"kind\", \"count\", \"height\", \"width\", \"seed\"], [\"streets\", 1, 32, 32, \"0\"]]",
                "[\"foreign\", \"dataset\", [\(method + 2)]]",
                "[\"record\", [\"kind\", \"source\", \"function\"], [\"mapped\", [\(method + 3)], [\(method + 1)]]]",
                "[\"foreign\", \"dataset\", [\(method + 4)]]", "[\"list\", [16, 16]]",
                """
                ["record", ["kind", "source", "size", "overlap"], ["tiles", [\(method + 5)], [\(method + 6)], 0]]
                """, "[\"foreign\", \"dataset\", [\(method + 7)]]",
            ]
            try write(nodes + data, to: "\(folder.path)/m.run")
            let said = try run("load(\"m.run\")", in: folder)
            #expect(said == "error: m.run is damaged: its functions would have to run while it is loaded")
        }
        #expect(folder.names == ["m.run"], "\(folder.names)")
        // What is the user's own has all that it needs in the file.
        let own = try run(
            """
            data = tiles(map(streets(count=1, size=64), (image, mask) -> [image, mask]), 32)
            save(data, "d.run")
            print(load("d.run").names == data.names, len(load("d.run")))
            """, in: folder)
        #expect(own == "true 4\n", "\(own)")
    }

    /// `save` reads back what it wrote, which runs nothing.
    @Test func savingRunsNoCodeOfAFile() throws {
        let folder = try ScratchFolder()
        _ = try run(
            """
            f(image, mask) = { try { write_text("pwned.txt", "") } catch e { }; [image, mask] }
            make() = tiles(map(streets(count=2, size=64), f), 32)
            save((make=make), "d.run")
            """, in: folder)
        let said = try run(
            "save(load(\"d.run\").make(), \"own.run\")\nprint(len(load(\"own.run\")))", in: folder)
        #expect(said == "8\n", "\(said)")
        #expect(folder.names == ["d.run", "own.run"], "\(folder.names)")
    }

    /// Lists and records of the library are the file's own where its code changes them.
    @Test func valuesOfTheLibraryStayAsTheyAre() throws {
        let folder = try ScratchFolder()
        let said = try run(
            """
            save((f=() -> { imagenet_mean[0] = 99; torch.relu = 5; report == imagenet_mean }), "m.run")
            r = load("m.run")
            print(r.f(), imagenet_mean[0], torch.relu(-1))
            save(r, "again.run")
            print(load("again.run").f())
            """, in: folder)
        #expect(said == "false 0.485 0\nfalse\n", "\(said)")
    }

    /// What goes from rank to rank is trusted as far as it was before.
    @Test func functionsOfAFileGetNoHandsOnTheirWayToAnotherRank() throws {
        let folder = try ScratchFolder()
        let interpreter = Interpreter.standard()
        _ = unshare(0x200)
        try folder.asWorkingFolder {
            try interpreter.run(
                """
                type Box(x) { keep() = write_text("box.txt", "") }
                own = (f=() -> write_text("own.txt", ""))
                save((f=() -> write_text("file.txt", ""), g=write_text, b=Box(1)), "f.run")
                data = streets(count=1, size=32).normalize()
                save(worst(Conv2d(3, 32, 1), data).show, "w.run")
                theirs = load("f.run")
                """)
            for name in ["own", "theirs"] {
                let value = try #require(interpreter[name])
                let bytes = try ValuePacking.bytes(of: value, interpreter)
                interpreter[name] = try ValuePacking.value(of: bytes, interpreter)
            }
            // A method of the library alone says from where it is, too.
            let method = try ValuePacking.bytes(
                of: try #require(try interpreter.run("load(\"w.run\")")), interpreter)
            interpreter["shown"] = try ValuePacking.value(of: method, interpreter)
            #expect(throws: ScriptError.self) { try interpreter.run("shown(save=\"w.png\")") }
            for call in ["own.f()", "theirs.f()", "theirs.g(\"g.txt\", \"\")", "theirs.b.keep()"] {
                _ = try? interpreter.run(call)
            }
        }
        #expect(folder.names == ["f.run", "own.txt", "w.run"], "\(folder.names)")
    }

    /// A run of a file saves itself nowhere but there.
    @Test func theAutosaveOfAFileIsItsOwn() throws {
        let folder = try ScratchFolder()
        try folder.write("precious", to: "victim")
        let said = try run(
            """
            data = streets(count=2, size=32).normalize()
            run = trainer(Conv2d(3, 32, 1), data, batch=2, epochs=2, autosave="victim")
            save(run, "m.run")
            r = load("m.run")
            r.epoch()
            print(r.done, r.autosave)
            """, in: folder)
        #expect(said == "1 nil\n", "\(said)")
        #expect(try folder.text("victim") == "precious")
    }

    /// One flipped byte of a saved run, wherever it is, is an error or changes nothing.
    @Test func flippedBytesAreFound() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/m.run"
        let interpreter = Interpreter.standard()
        try interpreter.run(
            "x = (a=tensor([1.5, 2, 3]), b=map(0..<70, i -> i), c=\"text\", d=[1, nil, x -> x + 1], e=tensor([1], uint8))"
        )
        try interpreter.run("save(x, \(quotedText(path)))")
        let whole = try FileReader.contents(of: path)
        let shown = try interpreter.line(try #require(try interpreter.run("load(\(quotedText(path)))")))
        var loaded = 0
        for place in 0..<whole.count {
            var bytes = whole
            bytes[place] ^= 1 << (place % 8)
            try AtomicFile.write(bytes, to: path, isDurable: false)
            guard let value = try? interpreter.run("load(\(quotedText(path)))") else { continue }
            loaded += 1
            #expect(try interpreter.line(value) == shown, "byte \(place) of \(whole.count)")
        }
        // The name of the checksum, and the spaces that fill the table up.
        #expect(loaded < 30)
    }

    @Test func flippedBytesOfPyTorchFilesAreFound() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/m.pth"
        let interpreter = Interpreter.standard()
        try interpreter.run(
            "write_tensors((a=tensor([1.5, 2, 3]), b=tensor([1, 2], int64)), \(quotedText(path)))")
        let whole = try FileReader.contents(of: path)
        let read = "read_tensors(\(quotedText(path)))"
        let shown = try interpreter.line(try #require(try interpreter.run(read)))
        for place in 0..<whole.count {
            var bytes = whole
            bytes[place] ^= 1 << (place % 8)
            try AtomicFile.write(bytes, to: path, isDurable: false)
            guard let value = try? interpreter.run(read) else { continue }
            #expect(try interpreter.line(value) == shown, "byte \(place) of \(whole.count)")
        }
    }
}
