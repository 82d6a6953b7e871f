// Natives of the language itself: printing, errors, copies, time, kinds of values.

import SegRuntime
import SegSyntax
import SegSystem

/// Values of the language's part of the library.
public let languageValues: [LibraryValue] = [
    LibraryValue(
        "pi", "The ratio of a circle's circumference to its diameter.", topic: "language",
        examples: ["print(\"{pi:.4}\")  # expect: 3.1416"]
    ) { _ in
        .number(Double.pi)
    },
    LibraryValue(
        "inf", "Infinity, as 1 / 0 gives it.", topic: "language",
        examples: ["print(-inf < 0)  # expect: true"]
    ) { _ in
        .number(Double.infinity)
    },
    LibraryValue("nan", "Not a number.", topic: "language", examples: ["print(nan == nan)  # expect: false"])
    {
        _ in
        .number(Double.nan)
    },
    LibraryValue(
        "args", "The arguments after the script's name.", topic: "language",
        examples: ["print(len(args))  # expect: 0"]
    ) {
        .list($0.arguments.map { .string($0) })
    },
    LibraryValue(
        "seg_version", "The version of seg.", topic: "language",
        examples: ["print(split_text(seg_version, \".\")[0])  # expect: 0"]
    ) { _ in
        .string(segVersion)
    },
]

/// Endings of files that other programs read, which `save` does not write, and what does.
private let othersForms: [(ending: String, help: String)] = [
    (".csv", "write_csv(rows, path) writes a table"), (".json", "write_json(x, path) writes JSON"),
    (".png", "save=path of plot(x) or show(x) writes a picture"),
    (".svg", "save=path of plot(x) or show(x) writes a picture"),
    (".pth", "save_weights(model, path) writes what torch.load reads"),
    (".pt", "save_weights(model, path) writes what torch.load reads"),
    (".txt", "write_text(path, text) writes a text"),
]

/// The kinds of errors that a script can raise.
private let errorKinds = ErrorKind.allCases.filter(\.isForScripts).map(\.rawValue)

private func errorKind(_ call: borrowing Arguments) throws -> ErrorKind {
    let text = try call.string(1)
    if let kind = ErrorKind(rawValue: text), kind.isForScripts { return kind }
    throw call.bad(
        1, "is \(quotedText(text)), which is not a kind of error",
        help: "the kinds are \(errorKinds.joined(separator: ", "))")
}

/// The error that a `catch` received, with the changes made in the record and the call.
private func caughtAgain(_ record: RecordObject, _ call: borrowing Arguments) throws -> any Error {
    let message = try call.interpreter.line(record["message"] ?? .nilValue)
    let help = try call.isGiven(2) ? call.optionalString(2) : record["help"]?.asString
    let given = try call.isGiven(1) ? errorKind(call) : nil
    if var caught = call.interpreter.caughtError(record) {
        caught.diagnostic.message = message
        caught.diagnostic.help = help
        if let given { caught.diagnostic.kind = given }
        return caught
    }
    // Only the last few are stored in full.
    guard let text = record["kind"]?.asString, let kind = ErrorKind(rawValue: text), record["trace"] != nil
    else {
        return call.wrong(
            0, "a text or the error that a `catch` received",
            help: "write error(\"…\", kind=\"value\", help=\"…\")")
    }
    return Failure(given ?? kind, message, help: help)
}

extension Arguments {
    /// The text of `print(...values, sep, end)`.
    fileprivate func printed() throws -> String {
        let separator = try string(1)
        let end = try string(2)
        let values = rest(0)
        // `+` would copy the whole.
        var text = ""
        if values.count == 1 {
            text = try interpreter.fittedLine(values[0])
            text += end
            return text
        }
        for (place, value) in values.enumerated() {
            if place > 0 { try interpreter.append(separator, to: &text) }
            try interpreter.append(try interpreter.line(value), to: &text)
        }
        text += end
        return text
    }
}

/// Natives of the language itself.
public let languageNatives: [Native] = [
    Native(
        "print(...values, sep=\" \", end=\"\\n\")",
        "Writes the one-line forms of the values, with `sep` between them and `end` after them.",
        examples: [
            "print(1, \"two\", [3])  # expect: 1 two [3]",
            "print(\"a\", \"b\", sep=\"-\", end=\"!\")  # expect: a-b!",
        ]
    ) { call in
        let text = try call.printed()
        let interpreter = call.interpreter
        try text.forEachBlock { block in
            // A file or another program gets the bytes as they are.
            interpreter.output(
                interpreter.terminal.isInteractive ? TextWidth.harmless(String(block)) : String(block))
            try interpreter.checkInterrupt()
        }
        return .nilValue
    },
    Native(
        "eprint(...values, sep=\" \", end=\"\\n\")",
        "Writes like `print`, to standard error: notes that do not belong to a script's results.",
        examples: ["eprint(\"reading\", 3, \"files\")\nprint(\"result\")  # expect: result"]
    ) { call in
        let interpreter = call.interpreter
        try call.printed().forEachBlock { block in
            interpreter.errorOutput(TextWidth.harmless(String(block)))
            try interpreter.checkInterrupt()
        }
        return .nilValue
    },
    Native(
        "exit(status=0)",
        "Ends the script, or leaves the prompt, with an exit status from 0 to 255; no `catch` stops it.",
        examples: ["exit(2)  # expect error: exit(2)"], effect: .ending
    ) { call in
        let status = try call.integer(0)
        guard 0...255 ~= status else { throw call.bad(0, "is \(status); an exit status is from 0 to 255") }
        call.interpreter.exitStatus = Int32(status)
        throw Failure(.exit, "exit(\(status))")
    },
    Native(
        "error(message, kind=\"user\", help=nil)",
        "Raises an error. Its kind is one of \(errorKinds.joined(separator: ", ")). An error that a `catch` received is raised "
            + "again with its current message and help.",
        examples: [
            "error(\"no such class\")  # expect error: no such class",
            "error(\"a rate is not negative\", kind=\"value\", help=\"leave out the sign\")  # expect help: leave out the sign",
            "try { [1][5] } catch e { e.help = \"count from 0\"; error(e) }  # expect help: count from 0",
        ]
    ) { call in
        if let record = call[0].asRecord { throw try caughtAgain(record, call) }
        let kind = try errorKind(call)
        throw Failure(kind, try call.interpreter.line(call[0]), help: try call.optionalString(2))
    },
    Native(
        "assert(condition, message=nil)", "Raises an error if the condition is false.",
        examples: ["assert(1 < 2)\nassert(2 < 1, \"not so\")  # expect error: not so"]
    ) { call in
        if try call.interpreter.truth(call[0]) { return .nilValue }
        throw Failure(.user, try call.optionalString(1) ?? "the assertion is false", argument: 0)
    },
    Native(
        "clock()", "Seconds since some point in the past, for measuring time.",
        examples: ["print(clock() > 0)  # expect: true"], asksRoot: true
    ) {
        _ in .number(MonotonicClock.seconds)
    },
    Native(
        "copy(x)", "A copy of a whole graph of values, including the values that its functions captured.",
        examples: ["a = [1, [2]]\nb = copy(a)\nb[1][0] = 3\nprint(a)  # expect: [1, [2]]"]
    ) { call in try call.interpreter.copy(call[0]) },
    Native(
        "check_call(f, ...arguments)",
        "Raises the error of the call f(...arguments) where its arguments do not fit f; f is not called.",
        examples: [
            "f(x, rate=1) = x * rate\ncheck_call(f, x=3)\ncheck_call(f, x=3, rat=2)  # expect error: f has no argument rat"
        ]
    ) { call in
        try call.interpreter.checkCall(try call.function(0), call[1])
        return .nilValue
    },
    Native(
        "isolated(f, ...arguments)",
        "The value of f(...arguments), run on copies of everything that f captured or names among your "
            + "globals. Its changes are not visible outside.",
        examples: ["xs = [1]\nf(x) = { push(xs, x); len(xs) }\nprint(isolated(f, 5), xs)  # expect: 2 [1]"]
    ) { call in try call.interpreter.isolated(call[0], call[1].asList?.items ?? []) },
    Native(
        "is_isolated()", "Whether the code that runs was called by `isolated`, as the trials of a sweep are.",
        examples: ["print(is_isolated(), isolated(() -> is_isolated()))  # expect: false true"]
    ) { call in .bool(call.interpreter.isolationDepth > 0) },
    Native(
        "save(x, path)",
        "Saves any value made of data, tensors, objects and functions in a file. Functions are kept as "
            + "their source with captured values and the globals they name, data sets as their paths. The "
            + "file is replaced only when complete. Its format is safetensors, so other programs can read "
            + "its tensors.",
        examples: [
            "save((lr=0.1, f=x -> x + 1), \"example.run\")\nprint(load(\"example.run\").f(2))  # expect: 3"
        ], effect: .writing
    ) { call in
        let path = try call.string(1)
        if let other = othersForms.first(where: { path.lowercased().hasSuffix($0.ending) }) {
            throw call.bad(
                1, "is \(quotedText(path)); save writes a form of its own, which load reads",
                help: "\(other.help), or choose another ending, such as .run")
        }
        if call.interpreter.isCalledByLibrary, !ValueReader.mayReplace(path) {
            throw Failure(
                .file, "autosave: \(path) exists, and save did not write it: it is not replaced",
                help: "run.autosave = \"another.run\" names another file, nil turns it off", argument: 1)
        }
        let interpreter = call.interpreter
        _ = try interpreter.steps.before(of: call[0], interpreter) {
            try ValueWriter.write(call[0], to: path, interpreter)
        }
        interpreter.noteSavedRuns(in: call[0])
        return .nilValue
    },
    Native(
        "is_saved(path)",
        "Whether `save` wrote the file of that name; nil where there is none, or an empty one.",
        examples: [
            "save([1], \"example.list\")\nwrite_text(\"example.txt\", \"1\")\nprint(is_saved(\"example.list\"), is_saved(\"example.txt\"), is_saved(\"no.run\"))  # expect: true false nil"
        ], asksRoot: true
    ) { call in
        let path = try call.string(0)
        guard let status = FileStatus(path), status.kind != .file || status.size > 0 else { return .nilValue }
        return .bool(status.kind == .file && ValueReader.mayReplace(path))
    },
    Native(
        "load(path, trust=false)",
        "The value that `save` wrote to a file. Nothing in the file runs while it is read or shown. Functions of "
            + "the file compute, but may not write, remove, import or download files, nor end the session; with "
            + "`trust=true` they may do all that yours may.",
        examples: [
            "save([1, \"two\"], \"example.list\")\nprint(load(\"example.list\"))  # expect: [1, \"two\"]",
            "save((f=() -> write_text(\"note.txt\", \"hi\")), \"example.run\")\nload(\"example.run\").f()  # expect error: write_text: this is called by code from example.run, which may not write files",
        ], effect: .trusting(by: "trust")
    ) { call in
        let path = try call.string(0)
        let value = try ValueReader.read(
            path, origin: try call.bool(1) ? nil : FileOrigin(path: path), call.interpreter)
        call.interpreter.noteSavedRuns(in: value)
        return value
    },
    Native(
        "type_of(x)", "The name of the kind of a value: \"number\", \"list\", \"tensor\", \"Conv2d\".",
        examples: ["print(type_of([]))  # expect: list"]
    ) { call in .string(call[0].typeName) },
    Native(
        "is_callable(x)", "Whether x can be called: a function, a type, or an object with `forward`.",
        examples: ["print(is_callable(len))  # expect: true"]
    ) { call in .bool(call.interpreter.isCallable(call[0])) },
    Native(
        "has_member(x, name)", "Whether x has a field, method or entry of that name.",
        examples: ["print(has_member((a=1), \"a\"))  # expect: true"]
    ) { call in .bool(try call.interpreter.member(call[0], try call.string(1)) != nil) },
]
