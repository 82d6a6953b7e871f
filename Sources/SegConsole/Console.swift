// The prompt: reads entries until they are complete, runs them, shows their values and errors,
// and returns to the prompt after any error. The commands are in Console+Commands; the reader
// handles editing and the terminal's modes.

import CLibedit
import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem
import SegTerminal

public final class Console {
    /// What an entry did to the session.
    enum Outcome {
        case done
        case leave
    }

    public let interpreter: Interpreter
    let reader: any LineReader
    /// Seconds since a fixed moment; a test provides a clock.
    let clock: () -> Double
    private let version: String
    var entryNumber = 0
    /// What entries are called in errors: `<prompt 3>`.
    var sourceName = "prompt"
    /// Whether long lists are cut to the size of the output.
    var isLimited: Bool
    /// What gets values and errors where they are not text of the output, and what runs a command of the shell.
    var takesValue: ((String) -> Void)?
    var takesErrors: (([Diagnostic]) -> Void)?
    var runsCommand: (String) throws -> Int? = { ShellCommand.run($0) }
    /// Whether an entry called `exit`.
    var hasLeft = false
    var log = SessionLog()
    var savedPaths: Set<String> = []

    /// A prompt on the terminal, or on plain lines where there is none.
    /// - Parameters:
    ///   - interpreter: what the entries run in; its `terminal.hasColor` says whether to colour.
    ///   - version: shown by the line at the start.
    public convenience init(interpreter: Interpreter, version: String = "") {
        let reader: any LineReader =
            LibeditReader(hasColor: interpreter.terminal.hasColor, history: .standard()) ?? PlainReader()
        self.init(interpreter: interpreter, reader: reader, version: version)
    }

    /// A prompt with another source of lines.
    public init(
        interpreter: Interpreter, reader: any LineReader, version: String = "", clock: (() -> Double)? = nil
    ) {
        self.interpreter = interpreter
        self.reader = reader
        self.version = version
        isLimited = reader.isTerminal
        self.clock = clock ?? { MonotonicClock.seconds }
    }

    // MARK: The loop

    /// Reads and runs entries until the user leaves.
    /// - Returns: the exit status.
    public func run() -> Int32 {
        interpreter.withTensors {
            let flag = interpreter.interruptFlag
            line_on_interrupt(
                { context in
                    guard let context else { return }
                    Unmanaged<InterruptFlag>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.raise() }
                },
                { context in
                    guard let context else { return }
                    Unmanaged<InterruptFlag>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.clear() }
                }, Unmanaged.passRetained(flag).toOpaque())
            reader.completer = { [unowned self] line, cursor in complete(line, cursor) }
            fitTerminal()
            if reader.isTerminal { show(banner) }
            while true {
                guard let entry = readEntry() else {
                    if leave() == .leave { break }
                    continue
                }
                if handle(entry) == .leave { break }
            }
            reader.completer = nil
            return interpreter.exitStatus
        }
    }

    private var banner: [String] {
        let name = version.isEmpty ? "seg" : "seg \(version)"
        return [
            style.paint(name, bold: true)
                + style.paint("   ? for help, Tab completes, Ctrl-D leaves", dim: true)
        ]
    }

    /// The lines of the entry that is being typed.
    private var begun = ""

    var transcript: PastedTranscript {
        PastedTranscript(columns: reader.size.columns) { [interpreter] name in
            interpreter[name] != nil || interpreter.library.contains(name)
        }
    }

    /// Complete text, or a command; empty if the entry was cancelled; nil at the end.
    private func readEntry() -> String? {
        begun = ""
        lastTab = nil
        defer { begun = "" }
        var isFirst = true
        var isPasted = false
        while true {
            switch reader.read(isFirst ? .fresh : .continued, begun: begun) {
            case .interrupted: return ""
            case .end:
                // In an unfinished entry the end cancels only the entry.
                if reader.isTerminal { write("\n") }
                return isFirst ? nil : ""
            case .whole(let text): begun = text
            case .line(let line) where isFirst && !line.contains("\n") && PastedTranscript.isOne(line):
                // A terminal without bracketed paste sends a session line by line.
                begun = transcript.entries(line).first ?? ""
                isPasted = true
                if begun.isEmpty || !Parser(name: "", text: begun).parse().isUnfinished { return line }
            case .line(var line):
                if isPasted { line = PastedTranscript.withoutContinuation(line) }
                begun = isFirst ? line : begun + "\n" + line
                if isFirst,
                    PromptCommand.command(in: String(line.trimmed), interpreter) != nil
                        || PastedTranscript.isOne(line) || line.allSatisfy(\.isWhitespace)
                {
                    return begun
                }
            }
            isFirst = false
            if !Parser(name: "", text: begun).parse().isUnfinished { return begun }
        }
    }

    /// Runs one entry and shows its result.
    func handle(_ text: String) -> Outcome {
        let entry = String(text.trimmed)
        if entry.isEmpty { return .done }
        if PastedTranscript.isOne(text) { return run(transcript.entries(text)) }
        reader.remember(text)
        if !reader.forgetsInterrupts { interpreter.interruptFlag.clear() }
        defer {
            interpreter.interruptFlag.clear()
            interpreter.endProgress()
        }
        fitTerminal()
        if let command = PromptCommand.command(in: entry, interpreter) {
            do {
                if try PromptCommand.run(command, in: self) == .leave { return .leave }
            } catch {
                report(error)
            }
        } else {
            if reader.takesInterrupt() { interpreter.interruptFlag.raise() }
            evaluate(text)
        }
        return hasLeft ? .leave : .done
    }

    /// Runs the entries of a pasted session, each below its line, up to one that leaves.
    func run(_ entries: [String]) -> Outcome {
        for entry in entries {
            let lines = entry.split(separator: "\n", omittingEmptySubsequences: false)
            show(lines.enumerated().map { style.paint(($0 == 0 ? "> " : "... ") + $1, dim: true) })
            if handle(entry) == .leave { return .leave }
        }
        return .done
    }

    // MARK: Entries of the language

    /// A new name for a source: `<prompt 3>`.
    func source(_ text: String) -> Source {
        entryNumber += 1
        return Source(name: "<\(sourceName) \(entryNumber)>", text: text)
    }

    private func evaluate(_ text: String) {
        var program = Parser(source: source(text)).parse()
        // The entry is a listing pasted with its line numbers.
        if !program.diagnostics.isEmpty, text.contains("\n"), let plain = PrintedListing.unnumbered(text) {
            let listing = Parser(source: Source(name: program.source.name, text: plain)).parse()
            if listing.diagnostics.isEmpty || plain.contains("\n") { program = listing }
        }
        evaluate(program)
    }

    /// Runs a parsed entry; keeps it for `:save`, its value as `ans`, and shows that.
    func evaluate(_ program: Program, isPrompt: Bool = true) {
        do {
            let value = try interpreter.run(program, isPrompt: isPrompt)
            let shown = isPrompt ? value.flatMap { $0.isNil ? nil : $0 } : nil
            log.add(program, gaveValue: shown != nil)
            if let shown { try display(shown) }
        } catch {
            if let error = error as? ScriptError {
                if error.diagnostic.kind == .exit {
                    hasLeft = true
                    return
                }
                log.add(program, upTo: error.diagnostic)
            }
            report(error)
        }
    }

    /// Makes a value `ans` and shows its display form.
    func display(_ value: Value) throws {
        interpreter["ans"] = value
        let text = try text(of: value)
        if let takesValue { takesValue(text) } else if !text.isEmpty { try writeLong(text + "\n") }
    }

    private func text(of value: Value) throws -> String {
        let size = reader.size
        let fitted = ValueDisplay(interpreter: interpreter, columns: size.columns, rows: size.rows)
        if let picture = try interpreter.samplePicture(value) { return picture }
        if isLimited, let lines = try fitted.lines(value) { return lines.joined(separator: "\n") }
        let text = try interpreter.display(value)
        guard value.asInstance != nil else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap(wrapped)
            .joined(separator: "\n")
    }

    // MARK: Writing

    /// What the terminal can do now.
    var style: TerminalStyle {
        let size = reader.size
        return TerminalStyle(
            columns: size.columns, rows: size.rows, color: interpreter.terminal.hasColor ? .ansi16 : .none,
            isTerminal: reader.isTerminal)
    }

    var pages: HelpPages { HelpPages(interpreter) }

    /// The window may have changed since the last entry.
    private func fitTerminal() {
        interpreter.terminal.width = reader.size.columns
        interpreter.terminal.height = reader.size.rows
    }

    func write(_ text: String) { interpreter.output(text) }

    /// Writes a long text in parts, so that Ctrl-C stops it; one with pictures as a whole, since a terminal would
    /// take what follows half a picture as the rest of it.
    func writeLong(_ text: String) throws {
        let hasPicture = text.utf8.contains(0x1b) && (text.contains("\u{1b}P") || text.contains("\u{1b}_"))
        if hasPicture { return write(text) }
        var rest = text[...]
        while rest.utf8.count > 1 << 14 {
            try interpreter.checkInterrupt()
            let end =
                rest.index(rest.startIndex, offsetBy: 1 << 12, limitedBy: rest.endIndex) ?? rest.endIndex
            write(String(rest[..<end]))
            rest = rest[end...]
        }
        write(String(rest))
    }

    @discardableResult
    func show(_ lines: [String]) -> Outcome {
        do {
            try writeLong(lines.joined(separator: "\n") + "\n")
        } catch {
            report(error)
        }
        return .done
    }

    /// Shows an error in the contract's form; an interrupt as one word.
    func report(_ error: any Error) {
        let diagnostics = diagnostics(of: error)
        let hadProgress = interpreter.endProgress()
        if let takesErrors { return takesErrors(diagnostics) }
        if diagnostics.first?.kind == .interrupt {
            // The terminal has written ^C into the line.
            let said = [diagnostics[0].message, diagnostics[0].help].compactMap { $0 }
            let lines = said.flatMap { TextWidth.wrap($0, to: style.columns) }.map {
                style.paint($0, dim: true)
            }
            let text = lines.joined(separator: "\n") + "\n"
            write(reader.isTerminal && !hadProgress ? "\n" + text : text)
        }
        // Those of what followed an interrupt, too.
        let rendered = diagnostics.filter { $0.kind != .interrupt }.map {
            $0.rendered(width: style.columns, color: interpreter.terminal.hasColor)
        }
        guard !rendered.isEmpty else { return }
        let lines = rendered.joined(separator: "\n\n").split(
            separator: "\n", omittingEmptySubsequences: false)
        write(lines.flatMap(wrapped).joined(separator: "\n") + "\n")
    }

    /// A line of the width of the terminal, or as many as it needs.
    private func wrapped(_ line: Substring) -> [String] {
        let text = String(line)
        return reader.isTerminal && TextWidth.of(text) > style.columns
            ? TextWidth.wrap(text, to: style.columns) : [text]
    }

    private func diagnostics(of error: any Error) -> [Diagnostic] {
        let error = interpreter.scriptError(error)
        return [error.diagnostic] + error.others
    }

    // MARK: Completion

    /// The line and cursor of the last Tab, and how often it was pressed there again.
    private var lastTab: (line: String, cursor: Int, page: Int)?

    private func complete(_ line: String, _ cursor: Int) -> LineCompletion {
        let isAgain = lastTab?.line == line && lastTab?.cursor == cursor
        let page = isAgain ? (lastTab?.page ?? 0) + 1 : 0
        lastTab = (line, cursor, page)
        // Tab before anything is typed indents.
        let before = line.utf8.prefix(cursor)
        if before.allSatisfy({
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n")
        }),
            !begun.isEmpty || cursor > 0
        {
            return LineCompletion(insert: "    ")
        }
        let entry = begun.isEmpty ? line : begun + "\n" + line
        let completer = Completer(interpreter)
        let found = completer.candidates(in: entry, at: entry.utf8.count - line.utf8.count + cursor)
        let size = reader.size
        let listing = CompletionListing(
            columns: size.columns, rows: size.rows, hasColor: interpreter.terminal.hasColor,
            page: page, help: { completer.help(on: $0) })
        return listing.completion(found)
    }
}
