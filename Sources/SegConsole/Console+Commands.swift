// What the prompt's commands do; their rows are in PromptCommand.

import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem
import SegTerminal

extension Console {
    /// `?`, `?name`, `?"text"`.
    func showHelp(_ text: String) throws -> Outcome { showPage(try pages.answer(to: text)) }

    /// Shows lines a screenful at a time.
    private func showPage(_ lines: [String]) -> Outcome {
        var rest = lines[...]
        let rows = max(4, reader.size.rows - 2)
        while reader.isTerminal, rest.count > rows {
            show(Array(rest.prefix(rows)))
            rest = rest.dropFirst(rows)
            let more = rest.count == 1 ? "1 more line" : "\(rest.count) more lines"
            let answer = reader.read(.question("-- \(more): Enter goes on, q ends --"))
            // The question is replaced by what follows.
            write("\u{1b}[A\r\u{1b}[J")
            if answer != .line("") { return .done }
        }
        return show(Array(rest))
    }

    /// `!ls`: a command of the shell; `!cd` changes the folder of the session.
    func shell(_ command: String) throws -> Outcome {
        let words = command.split(separator: " ", maxSplits: 1)
        if words.first == "cd" {
            let path = words.count > 1 ? unquoted(String(words[1].trimmed)) : "~"
            try ShellCommand.changeFolder(to: UserFolders().expanded(path))
            return .done
        }
        guard let status = try runsCommand(command) else {
            throw Failure(.file, "no shell can be started for !\(command)")
        }
        return status == 0 ? .done : show([style.paint("exit status \(status)", dim: true)])
    }

    /// `:time E`: runs it, computes its pending tensors, and shows how long both took.
    func time(_ text: String) -> Outcome {
        let program = Parser(source: source(text)).parse()
        do {
            let start = clock()
            let value = try interpreter.run(program, isPrompt: true)
            if let value { try interpreter.computePending(value) }
            let seconds = clock() - start
            let shown = value.flatMap { $0.isNil ? nil : $0 }
            log.add(program, gaveValue: shown != nil)
            if let shown { try display(shown) }
            write(style.paint("time: \(NumberFormat.duration(seconds))", dim: true) + "\n")
        } catch {
            if let error = error as? ScriptError {
                if error.diagnostic.kind == .exit {
                    hasLeft = true
                    return .done
                }
                log.add(program, upTo: error.diagnostic)
            }
            report(error)
        }
        return .done
    }

    /// `:load FILE`
    func load(_ path: String) throws -> Outcome {
        let path = UserFolders().expanded(unquoted(path))
        let program = Parser(source: Source(name: path, bytes: try interpreter.readFile(path))).parse()
        evaluate(program, isPrompt: false)
        return .done
    }

    /// Adds a file that ran before the prompt began to what `:save` writes.
    public func remember(_ source: Source) {
        log.add(Parser(source: source).parse(), gaveValue: false)
    }

    /// `:save FILE`
    func save(_ path: String) throws -> Outcome {
        let path = UserFolders().expanded(unquoted(path))
        let isThere = FileStatus.exists(path)
        let script = log.script { [interpreter] text in
            interpreter.check(Source(name: path, text: text)).map { Int($0.location?.span.start ?? 0) }
        }
        try AtomicFile.write(script.text, to: path)
        let entries = plural(script.count, "entry")
        let isForeign = isThere && !savedPaths.contains(path)
        savedPaths.insert(path)
        let said = "saved \(entries) to \(path)\(isForeign ? ", replacing what was there" : "")"
        guard let last = log.interrupted.last else { return show([said]) }
        let entry = TextWidth.truncate(last, to: 40, ellipsis: "…")
        let count = log.interrupted.count
        let what =
            count == 1
            ? "\(entry) was interrupted, and is a comment"
            : "\(entry) and \(count - 1) more were interrupted, and are comments"
        let note =
            "note: \(what) in the script: a run that was trained so comes out differently there; save(run, path) "
            + "keeps the run itself"
        return show([said] + TextWidth.wrap(note, to: style.columns))
    }

    /// A path may be quoted.
    private func unquoted(_ path: String) -> String {
        guard path.count >= 2, path.hasPrefix("\""), path.hasSuffix("\"") else { return path }
        return String(path.dropFirst().dropLast())
    }

    /// `:reset`
    func reset() -> Outcome {
        guard mayForget(interpreter.userNames()) else { return show(["nothing is removed"]) }
        interpreter.reset()
        log.removeAll()
        return show(["your names are removed"])
    }

    /// `:forget NAME …`
    func forget(_ text: String) throws -> Outcome {
        let names = text.split { $0 == " " || $0 == "," || $0 == "(" || $0 == ")" }.map(String.init)
        for name in names where interpreter[name] == nil {
            if name.contains(where: { ".[\"".contains($0) }) {
                throw Failure(
                    .name, "\(name) is not a name: only names are forgotten",
                    help: "pop(xs, i) takes an element out of a list; r.name = nil empties an entry")
            }
            if interpreter.library.contains(name) {
                throw Failure(.name, "\(name) is the library's; there is no name \(name) of your own")
            }
            throw Failure(
                .name, "there is no name \(name) of your own",
                help: nearestName(to: name, among: interpreter.userNames()).map { "did you mean \($0)?" }
                    ?? "who() lists them")
        }
        guard mayForget(names) else { return show(["nothing is removed"]) }
        for name in names {
            interpreter[name] = nil
            log.forget(name)
        }
        let back = names.filter { interpreter.library.contains($0) }
        return back.isEmpty
            ? .done : show(["\(back.joined(separator: ", ")): the library's again"])
    }

    /// `exit`, `:quit` and Ctrl-D. On a terminal it asks before trained runs are lost; another Ctrl-D is a yes.
    func leave() -> Outcome {
        guard reader.isTerminal else { return .leave }
        return mayForget(interpreter.userNames(), atEnd: true) ? .leave : .done
    }

    /// Asks before runs that were not saved are lost with the names that hold them.
    /// - Parameter atEnd: what the end of the input, Ctrl-D, answers.
    private func mayForget(_ names: [String], atEnd: Bool = false) -> Bool {
        let unsaved = interpreter.unsavedRuns(of: names)
        guard let first = unsaved.first else { return true }
        show(
            unsaved.map { run in
                let steps = plural(run.steps, "step")
                return "\(run.name): a run of \(steps), "
                    + (run.wasSaved ? "trained further since it was saved" : "never saved")
            })
        let save = "save(\(first.name), \"\(first.name).run\")"
        let question =
            unsaved.count == 1
            ? "lose it? \(save) keeps it (y or n):" : "lose them? \(save) keeps the first (y or n):"
        switch reader.read(.question(question)) {
        case .line(let answer), .whole(let answer):
            return ["y", "yes"].contains(answer.trimmed.lowercased())
        case .end: return atEnd
        case .interrupted: return false
        }
    }

    /// `:paste`: a block as it is, the line numbers of a printed listing left out.
    func paste() -> Outcome {
        if reader.isTerminal {
            show([style.paint("paste, then a line with a single . or Ctrl-D", dim: true)])
        }
        var lines: [String] = []
        reading: while true {
            switch reader.read(.raw) {
            case .interrupted: return .done
            case .end:
                if reader.isTerminal { write("\n") }
                break reading
            case .line(let text), .whole(let text):
                var block = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                let isLast = block.last == "."
                if isLast { block.removeLast() }
                lines += block
                if isLast { break reading }
            }
        }
        let text = lines.joined(separator: "\n")
        if text.allSatisfy(\.isWhitespace) { return .done }
        if PastedTranscript.isOne(text) { return run(transcript.entries(text)) }
        let plain = PrintedListing.unnumbered(text) ?? text
        reader.remember(plain)
        evaluate(Parser(source: source(plain)).parse())
        return .done
    }
}
