// What the prompt's commands do; their rows are in PromptCommand.

import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem
import SegTerminal

extension Console {
    /// `?name`, `?"text"`.
    func showHelp(_ text: String) throws -> Outcome {
        if text.hasPrefix("\"") {
            let wanted = text.dropFirst().prefix { $0 != "\"" }
            return show(pages.search(String(wanted)))
        }
        if let page = pages.page(on: text) { return show(page) }
        throw Failure(
            .name, "there is no help on \(text)",
            help: pages.nearest(to: text).map { "did you mean ?\($0)" }
                ?? "?\(quotedText(text)) searches the help")
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
            if let error = error as? ScriptError { log.add(program, upTo: error.diagnostic) }
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
        try AtomicFile.write(log.script(), to: path)
        let entries = log.count == 1 ? "1 entry" : "\(log.count) entries"
        let isForeign = isThere && !savedPaths.contains(path)
        savedPaths.insert(path)
        return show(["saved \(entries) to \(path)\(isForeign ? ", replacing what was there" : "")"])
    }

    /// A path may be quoted.
    private func unquoted(_ path: String) -> String {
        guard path.count >= 2, path.hasPrefix("\""), path.hasSuffix("\"") else { return path }
        return String(path.dropFirst().dropLast())
    }

    /// `:reset`
    func reset() -> Outcome {
        interpreter.reset()
        log.removeAll()
        return show(["your names are removed"])
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
            case .line(let text):
                var block = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                let isLast = block.last == "."
                if isLast { block.removeLast() }
                lines += block
                if isLast { break reading }
            }
        }
        let text = lines.joined(separator: "\n")
        if text.allSatisfy(\.isWhitespace) { return .done }
        let plain = PrintedListing.unnumbered(text) ?? text
        reader.remember(plain)
        evaluate(Parser(source: source(plain)).parse())
        return .done
    }
}
