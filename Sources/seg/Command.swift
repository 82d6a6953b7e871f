// What each form of the command does, and the exit status it ends with: 0; 1 for a script's
// error; 2 for a file that is not there; 130 when interrupted.

@preconcurrency import Glibc
import SegConsole
import SegLanguageServer
import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem
import SegTensor
import Synchronization

/// Set by the handler of SIGINT; one for the process, like the signal.
let interruptFlag = InterruptFlag()

/// Whether this is a rank that rank 0 speaks for, and what it would have said.
private let isSilent = Atomic<Bool>(false)
private let complaints = Mutex("")
private let hasComplained = Atomic<Bool>(false)

struct Command: Sendable {
    let options: Options

    init(_ options: Options) { self.options = options }

    func run() -> Int32 {
        if let problem = EnvironmentProblem.first(for: options.action) {
            complain("seg: \(problem)")
            return 1
        }
        if case .text(let text) = options.action { return written(say(text)) }
        // The flag exists before the handler that raises it.
        interruptFlag.clear()
        signal(SIGINT) { _ in interruptFlag.raise() }
        let communicator: any Communicator
        do {
            communicator = try Ranks.join(interruptFlag)
        } catch {
            let problem = error as? Ranks.Problem
            complain("seg: \(problem?.message ?? "\(error)")")
            if let help = problem?.help { complain("help: \(help)") }
            return 1
        }
        let status = written(runAction(communicator))
        let ended = communicator.end(status: status, text: complaints.withLock { $0 })
        // Of errors on several ranks, one is said.
        if !ended.text.isEmpty, !hasComplained.load(ordering: .relaxed) { write(ended.text) }
        return ended.status
    }

    private func runAction(_ communicator: any Communicator) -> Int32 {
        MemoryBudget.process.sharers = communicator.neighbours
        if let memory = options.memory { MemoryBudget.process.limit = memory }
        if let threads = options.threads { Parallel.threads = threads }
        let interpreter = makeInterpreter()
        interpreter.arguments = options.arguments
        // Tests search for cycles at each store.
        let searchesAlways = Environment.variable("SEG_CYCLE_SEARCH") == "always"
        interpreter.releaseCycles(from: searchesAlways ? 1 : 1 << 18)
        if communicator.ranks > 1 {
            isSilent.store(communicator.rank > 0, ordering: .relaxed)
            Ranks.watch(communicator) { [context = interpreter.evaluationContext] in
                context.interrupted?() == true
            }
            interpreter.join(communicator)
        }
        // The process ends with it: releasing its values first would only cost time.
        _ = Unmanaged.passRetained(interpreter)
        do {
            return try interpreter.withTensors { try perform(interpreter) }
        } catch {
            return report(interpreter.scriptError(error), interpreter)
        }
    }

    /// The status at the end: output that could not be written is not lost in silence.
    private func written(_ status: Int32) -> Int32 {
        guard let reason = Self.flushed() else { return status }
        complain("seg: cannot write the output: \(reason)")
        return max(status, 1)
    }

    /// Writes what is left of the output. The reader of a pipe may close early, as `head` does: that is not an
    /// error, and the process ends.
    /// - Returns: why output was lost, if it was.
    private static func flushed() -> String? {
        errno = 0
        guard fflush(stdout) != 0 || ferror(stdout) != 0 else { return nil }
        if errno == EPIPE { _exit(0) }
        if errno == EBADF { return "standard output is closed" }
        return errno == 0 ? "some of it was lost" : SystemError.reason(errno)
    }

    private func perform(_ interpreter: Interpreter) throws -> Int32 {
        try interpreter.choosePrecision(options.precision)
        if !options.precision.isFast {
            interpreter.note(
                "the kernels in use have no fast instructions for \(options.precision.rawValue): it gives the same results "
                    + "as elsewhere, but is no faster than float32")
        }
        if let seed = options.seed, let function = try interpreter.libraryValue("seed") {
            _ = try interpreter.call(function, [.number(Double(seed))])
        }
        switch options.action {
        case .interactive:
            if interpreter.communicator.ranks > 1 {
                complain(
                    "seg: the prompt and standard input are for one process; give a script: mpirun seg FILE")
                return 1
            }
            if isatty(STDIN_FILENO) == 1 {
                return Console(interpreter: interpreter, version: segVersion).run()
            }
            guard let source = try read("/dev/stdin", as: "<stdin>", interpreter) else { return 2 }
            try interpreter.run(source)
        case .file(let path):
            guard let source = try read(path, as: path, interpreter) else {
                let commands = CommandLineTable.commands.map(\.name)
                if let near = nearestName(to: path, among: commands) {
                    complain("help: there is a command \(near)")
                }
                return 2
            }
            try interpreter.run(source)
        case .evaluate(let code):
            if let value = try interpreter.run(Source(name: "<command line>", text: code)), !value.isNil {
                interpreter.output(try interpreter.line(value) + "\n")
            }
        case .fileThenPrompt where interpreter.communicator.ranks > 1:
            complain("seg: the prompt is for one process: leave out -i")
            return 1
        case .fileThenPrompt(let path):
            guard let source = try read(path, as: path, interpreter) else { return 2 }
            let console = Console(interpreter: interpreter, version: segVersion)
            do {
                try interpreter.run(source)
                console.remember(source)
            } catch let error as ScriptError {
                let status = report(error, interpreter)
                if error.diagnostic.kind == .exit { return status }
            }
            return console.run()
        case .check(let paths): return try check(paths, interpreter)
        case .format(let paths, let isCheck): return try format(paths, isCheck, interpreter)
        case .test(let paths, let examples): return try test(paths, examples, interpreter)
        case .weights(let paths): return weights(paths, interpreter)
        case .doc(let name):
            do {
                let lines = try HelpPages(interpreter).answer(to: name)
                return say(lines.joined(separator: "\n") + "\n")
            } catch let failure as Failure {
                complain("seg: \(failure.message)" + (failure.help.map { "; \($0)" } ?? ""))
                return 1
            }
        case .newFolder(let path): return makeFolder(path, interpreter)
        case .languageServer: return LanguageServer(interpreter: interpreter).run()
        case .kernel: return Kernel(interpreter: interpreter, version: segVersion).run()
        case .installKernel(let prefix): return installKernel(prefix, interpreter)
        case .doctor: return doctor(interpreter)
        case .reference: return say(interpreter.referenceMarkdown())
        case .text: break
        }
        return 0
    }

    private func makeInterpreter() -> Interpreter {
        let interpreter = Interpreter.standard(interruptFlag: interruptFlag)
        interpreter.nativeStackSize = usableStack
        interpreter.evaluationContext.exact = options.isExact
        interpreter.terminal.isInteractive = isatty(STDOUT_FILENO) == 1
        interpreter.terminal.hasColor = hasColor(STDOUT_FILENO)
        let terminal = Environment.variable("TERM") ?? ""
        interpreter.terminal.hasProgressLine = isatty(STDERR_FILENO) == 1 && !["", "dumb"].contains(terminal)
        if let size = TerminalSize.of(STDOUT_FILENO) {
            (interpreter.terminal.width, interpreter.terminal.height) = size
        }
        var flushed = MonotonicClock.seconds
        interpreter.output = { text in
            // Not fputs, for which a byte 0 ends the text.
            var text = text
            let written = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, stdout) == $0.count }
            if !written, errno == EPIPE { _exit(0) }
            // The log of a long run is read while it runs.
            let now = MonotonicClock.seconds
            if now - flushed > 1 {
                flushed = now
                fflush(stdout)
            }
        }
        return interpreter
    }

    private func hasColor(_ descriptor: Int32) -> Bool {
        options.hasColor && isatty(descriptor) == 1 && Environment.variable("NO_COLOR") == nil
    }

    // MARK: Files and errors

    /// A file's source; nil if it cannot be read, which is then said.
    private func read(_ path: String, as name: String, _ interpreter: Interpreter) throws -> Source? {
        do {
            return Source(name: name, bytes: try interpreter.readFile(path))
        } catch let failure as Failure {
            // An interrupt, or the end of a job of ranks whose other scripts have begun, is none of the file.
            if failure.kind == .interrupt { throw failure }
            complain("seg: \(failure.message)")
        } catch {
            complain("seg: \(path) cannot be read")
        }
        return nil
    }

    private func check(_ paths: [String], _ interpreter: Interpreter) throws -> Int32 {
        var status: Int32 = 0
        for path in paths {
            guard let source = try read(path, as: path, interpreter) else {
                status = 2
                continue
            }
            let diagnostics = interpreter.check(source)
            try interpreter.checkInterrupt()
            if !diagnostics.isEmpty, status == 0 { status = 1 }
            show(diagnostics)
        }
        return status
    }

    private func format(_ paths: [String], _ isCheck: Bool, _ interpreter: Interpreter) throws -> Int32 {
        var status: Int32 = 0
        for path in paths {
            guard let source = try read(path, as: path, interpreter) else {
                status = 2
                continue
            }
            switch Formatter.format(source) {
            case .failure(let failure):
                show(failure.diagnostics)
                if status == 0 { status = 1 }
            case .success(let text) where Array(text.utf8) != source.bytes:
                if isCheck {
                    complain("\(path) is not formatted: seg fmt \(path)")
                    if status == 0 { status = 1 }
                    continue
                }
                do {
                    try AtomicFile.write(text, to: path)
                } catch {
                    complain("seg: \(interpreter.failure(of: error)?.message ?? "\(path) cannot be written")")
                    status = 2
                }
            case .success: break
            }
        }
        return status
    }

    private func makeFolder(_ path: String, _ interpreter: Interpreter) -> Int32 {
        do {
            let files = try ExperimentFolder.make(path)
            let folder =
                path.contains { $0.isWhitespace || "'\"\\$`&;|<>()*?[]{}!#~".contains($0) }
                ? quoted(path) : path
            return say(
                "\(path) has \(files.joined(separator: ", "))\nnext: cd \(folder) && seg experiment.seg\n")
        } catch {
            complain("seg: \(interpreter.failure(of: error)?.message ?? "\(path) cannot be made")")
            return 2
        }
    }

    private func installKernel(_ prefix: String?, _ interpreter: Interpreter) -> Int32 {
        do {
            let folder = try JupyterKernel.install(prefix: prefix)
            return say(
                "the kernel is in \(folder)\nnext: jupyter lab, and a new notebook with the kernel seg\n")
        } catch {
            complain("seg: \(interpreter.failure(of: error)?.message ?? "the kernel cannot be written")")
            return 2
        }
    }

    private func doctor(_ interpreter: Interpreter) -> Int32 {
        let findings = Doctor(terminal: interpreter.terminal.isInteractive).findings()
        _ = say(Doctor.text(findings))
        return findings.contains { $0.state == .fault } ? 1 : 0
    }

    /// Lists the content of weight files; other files are reported, and the rest is still listed.
    private func weights(_ paths: [String], _ interpreter: Interpreter) -> Int32 {
        var status: Int32 = 0
        for path in paths {
            do {
                let listing = try interpreter.weightListing(path)
                _ = say((paths.count > 1 ? "\(path)\n" : "") + listing + "\n")
            } catch {
                let failure = interpreter.failure(of: error)
                if failure?.kind == .interrupt {
                    complain("interrupted")
                    return 130
                }
                complain("seg: \(failure?.message ?? "\(path) cannot be read")")
                if let help = failure?.help { complain("help: \(help)") }
                status = FileStatus.exists(path) ? max(status, 1) : 2
            }
        }
        return status
    }

    private func test(_ paths: [String], _ examples: Bool, _ interpreter: Interpreter) throws -> Int32 {
        let runner = GoldenRunner(
            makeInterpreter: makeInterpreter, within: { try $0.withTensors($1) },
            report: { fputs(TextWidth.harmless($0), stdout) })
        var passed = 0
        var failed = 0
        for path in paths {
            guard let count = try runner.run(path: path) else {
                complain("seg: there is nothing at \(path)")
                return 2
            }
            passed += count.passed
            failed += count.failed
        }
        if examples {
            let count = try runner.runExamples(of: interpreter)
            passed += count.passed
            failed += count.failed
        }
        return say("\(passed) passed, \(failed) failed\n") + (failed == 0 ? 0 : 1)
    }

    private func report(_ error: ScriptError, _ interpreter: Interpreter) -> Int32 {
        interpreter.endProgress()
        fflush(stdout)
        // The end of the whole job is said once, by rank 0.
        if interpreter.communicator.isEnding { return 130 }
        switch error.diagnostic.kind {
        case .exit: return interpreter.exitStatus
        case .interrupt:
            complain(error.diagnostic.message)
            if !error.others.isEmpty { show(error.others) }
            return 130
        default: break
        }
        show([error.diagnostic] + error.others)
        return 1
    }

    private func show(_ diagnostics: [Diagnostic]) {
        fflush(stdout)
        let color = hasColor(STDERR_FILENO)
        for (place, diagnostic) in diagnostics.enumerated() {
            if place > 0 { complain("") }
            write(diagnostic.rendered(color: color))
        }
    }

    private func say(_ text: String) -> Int32 {
        fputs(TextWidth.harmless(text), stdout)
        return 0
    }

    private func complain(_ text: String) { write(TextWidth.harmless(text)) }

    private func write(_ text: String) {
        if isSilent.load(ordering: .relaxed) {
            return complaints.withLock { $0 += ($0.isEmpty ? "" : "\n") + text }
        }
        hasComplained.store(true, ordering: .relaxed)
        fflush(stdout)
        fputs(text + "\n", stderr)
    }
}
