// The runner behind `seg test`: runs scripts statement by statement and compares what each prints, returns or
// raises with the comments on its lines. The project's own golden tests and users' scripts run in the same
// way.
//
//     1 + 1          # expect: 2
//     [1] + 1        # expect error: + cannot join
//
// A file with the same name that ends in `.out` instead of `.seg` holds the whole output of the run,
// including rendered errors; `…` in it matches any text within a line.
//
// `args[0]` of a script is a folder for its own files; it is removed afterwards. Examples of help run in such
// a folder.
//
// A test that cannot fail is a failure: a script without expectations, a folder without scripts, a `.out`
// without its script.

import SegRuntime
import SegSyntax
import SegSystem

public struct GoldenRunner {
    /// A script that did not meet its expectations.
    public struct Failure: Sendable {
        public let file: String
        public let line: Int
        public let message: String
    }

    /// An interpreter for each file.
    let makeInterpreter: () -> Interpreter
    /// Calls its body with an interpreter's settings.
    let within: (Interpreter, () throws -> Void) throws -> Void
    let report: (String) -> Void
    /// The most bytes that a test may print.
    private static let printedLimit = 64 << 20

    public init(
        makeInterpreter: @escaping () -> Interpreter,
        within: @escaping (Interpreter, () throws -> Void) throws -> Void = { _, body in try body() },
        report: @escaping (String) -> Void
    ) {
        self.makeInterpreter = makeInterpreter
        self.within = within
        self.report = report
    }

    /// Runs all scripts of a folder and its subfolders, or one file.
    /// - Returns: the numbers of passed and failed scripts; nil if there is nothing at the path.
    public func run(path: String) throws -> (passed: Int, failed: Int)? {
        var passed = 0
        var failed = 0
        var files: [String] = []
        do {
            guard let found = try Self.scripts(at: path) else { return nil }
            files = found
        } catch let error as SystemError {
            report("\(path): \(error.message)\n")
            return (0, 1)
        }
        if files.isEmpty {
            report("\(path): no script to test: the folder has no .seg file\n")
            failed += 1
        }
        for file in files {
            let failures = try run(file: file)
            for failure in failures { report("\(failure.file):\(failure.line): \(failure.message)\n") }
            if failures.isEmpty { passed += 1 } else { failed += 1 }
        }
        return (passed, failed)
    }

    /// Runs the examples in all help: of natives and values, and in the documentation of the library's
    /// scripts.
    public func runExamples(of interpreter: Interpreter) throws -> (passed: Int, failed: Int) {
        var passed = 0
        var failed = 0
        let entries = interpreter.library.names.sorted().compactMap { interpreter.help(named: $0) }
        for entry in entries + HelpForm.all.map(\.entry) {
            for example in entry.examples {
                let failures = try run(text: example, name: "help of \(entry.name)")
                for failure in failures { report("\(failure.file):\(failure.line): \(failure.message)\n") }
                if failures.isEmpty { passed += 1 } else { failed += 1 }
            }
        }
        return (passed, failed)
    }

    /// The scripts at a path in order, and outputs without a script; files whose name begins with `_` are
    /// helpers.
    private static func scripts(at path: String) throws -> [String]? {
        guard let status = FileStatus(path) else { return nil }
        guard status.kind == .folder else { return [path] }
        var found: [String] = []
        var folders = [path]
        while let folder = folders.popLast() {
            let entries = try Folder.entries(of: folder).filter { !$0.name.hasPrefix(".") }
            let names = Set(entries.map(\.name))
            for entry in entries {
                let inner = folder.hasSuffix("/") ? folder + entry.name : "\(folder)/\(entry.name)"
                if entry.kind == .folder {
                    folders.append(inner)
                } else if !entry.name.hasPrefix("_"),
                    entry.name.hasSuffix(".seg")
                        || entry.name.hasSuffix(".out") && !names.contains(entry.name.dropLast(4) + ".seg")
                {
                    found.append(inner)
                }
            }
        }
        return found.sorted()
    }

    /// An interpreter that prints as into a pipe, independent of where the tests run: 80 columns, no colour.
    private func plainInterpreter() -> Interpreter {
        let interpreter = makeInterpreter()
        interpreter.terminal = .init()
        return interpreter
    }

    /// Runs one file.
    public func run(file: String) throws -> [Failure] {
        let interpreter = plainInterpreter()
        let scratch = try ScratchFolder()
        defer { withExtendedLifetime(scratch) {} }
        interpreter.arguments = [scratch.path]
        let bytes: [UInt8]
        do {
            bytes = try interpreter.readFile(file)
        } catch let failure as SegRuntime.Failure where failure.kind != .interrupt {
            return [Failure(file: file, line: 1, message: failure.message)]
        }
        if file.hasSuffix(".out") {
            return [Failure(file: file, line: 1, message: "there is no script \(file.dropLast(4)).seg")]
        }
        let source = Source(name: file, bytes: bytes)
        let lines = Self.lines(of: source)
        let whole = String(file.dropLast(4)) + ".out"
        let hasWhole = file.hasSuffix(".seg") && FileStatus.exists(whole)
        let expectations = Expectation.all(in: lines)
        if hasWhole, let first = expectations.first {
            return [
                Failure(
                    file: file, line: first.line,
                    message: "this expectation is not checked: \(whole) holds the whole output")
            ]
        }
        if !hasWhole, expectations.isEmpty {
            return [
                Failure(file: file, line: 1, message: "expects nothing: write `# expect: …`, or \(whole)")
            ]
        }
        var failures: [Failure] = []
        do {
            try within(interpreter) {
                if hasWhole {
                    let expected = String(decoding: try interpreter.readFile(whole), as: UTF8.self)
                    failures = try compareWhole(source, expected, interpreter)
                } else {
                    failures = try run(source, interpreter)
                }
            }
        } catch let failure as SegRuntime.Failure where failure.kind != .interrupt {
            return [Failure(file: file, line: 1, message: failure.message)]
        }
        return failures
    }

    private static func lines(of source: Source) -> [String] {
        String(decoding: source.bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Checks an example of help in the same way; `name` identifies it in failures.
    public func run(text: String, name: String) throws -> [Failure] {
        let interpreter = plainInterpreter()
        var failures: [Failure] = []
        try ScratchFolder().asWorkingFolder {
            try within(interpreter) { failures = try run(Source(name: name, text: text), interpreter) }
        }
        return failures
    }

    // MARK: Line by line

    private func run(_ source: Source, _ interpreter: Interpreter) throws -> [Failure] {
        let lines = Self.lines(of: source)
        let expectations = Expectation.all(in: lines)
        var failures = Expectation.faults(in: lines).map {
            Failure(file: source.name, line: $0.line, message: $0.message)
        }
        let program = Parser(source: source).parse()
        if let first = program.diagnostics.first { return failures + refused(first, source, expectations) }
        interpreter.declare(program)
        var waiting = expectations[...]
        for (place, statement) in program.statements.enumerated() {
            let next = place + 1 < program.statements.count ? program.statements[place + 1] : nil
            let end = next.map { source.position(of: Int($0.span.start)).line } ?? Int.max
            let here = waiting.prefix { $0.line < end }
            waiting = waiting.dropFirst(here.count)
            let (last, _) = source.position(of: Int(statement.span.start))
            let outcome = try run(statement, program, interpreter)
            let found = Comparison(source.name, line: last, Array(here), outcome).failures
            failures += found
            if case .error = outcome.end, !found.isEmpty { return failures }
        }
        for expectation in waiting {
            failures.append(
                .init(
                    file: source.name, line: expectation.line, message: "no statement causes this expectation"
                ))
        }
        return failures
    }

    /// A test may expect that a text cannot be parsed.
    private func refused(_ first: Diagnostic, _ source: Source, _ expectations: [Expectation]) -> [Failure] {
        let line = first.location.map { source.position(of: Int($0.span.start)).line } ?? 1
        let wanted = expectations.filter { $0.line == line && $0.kind != .output && $0.kind != .near }
        if wanted.isEmpty {
            return [.init(file: source.name, line: line, message: "unexpected \(first.rendered())")]
        }
        let outcome = Outcome(printed: "", end: .error(ScriptError(first)))
        return Comparison(source.name, line: line, wanted, outcome).failures
    }

    private func run(_ statement: Statement, _ program: Program, _ interpreter: Interpreter) throws -> Outcome
    {
        let kept = KeptOutput(interpreter, "what a test prints", limit: Self.printedLimit)
        let output = interpreter.output
        interpreter.output = kept.add
        let errorOutput = interpreter.errorOutput
        interpreter.errorOutput = { kept.add(note($0, interpreter)) }
        defer { (interpreter.output, interpreter.errorOutput) = (output, errorOutput) }
        let single = Program(
            source: program.source, statements: [statement], diagnostics: [], isUnfinished: false)
        do {
            let shown = try kept.reporting {
                let value = try interpreter.run(single, isPrompt: true)
                return try value.flatMap { $0.isNil ? nil : try interpreter.line($0) }
            }
            return Outcome(printed: kept.text, end: .value(shown))
        } catch {
            let error = interpreter.scriptError(error)
            if error.diagnostic.kind == .interrupt { throw error }
            return Outcome(printed: kept.text, end: .error(error))
        }
    }

    /// Notes are expected like what is printed, the script's folder as it is written in a script; other texts on
    /// standard error are not.
    private func note(_ text: String, _ interpreter: Interpreter) -> String {
        guard text.hasPrefix("note: ") else { return "" }
        guard let folder = interpreter.arguments.first, !folder.isEmpty else { return text }
        return text.replacing(folder, with: "{args[0]}")
    }

    // MARK: The whole output

    private func compareWhole(_ source: Source, _ expected: String, _ interpreter: Interpreter) throws
        -> [Failure]
    {
        let kept = KeptOutput(interpreter, "what a test prints", limit: Self.printedLimit)
        interpreter.output = kept.add
        interpreter.errorOutput = { kept.add(note($0, interpreter)) }
        // Positions are shown with the file's own name, independent of its folder.
        let name = source.name.split(separator: "/").last.map(String.init) ?? source.name
        var printed = ""
        do {
            _ = try kept.reporting { try interpreter.run(Source(name: name, bytes: source.bytes)) }
            printed = kept.text
        } catch {
            let error = interpreter.scriptError(error)
            if error.diagnostic.kind == .interrupt { throw error }
            let all = [error.diagnostic] + error.others
            printed = kept.text + all.map { $0.rendered() + "\n" }.joined(separator: "\n")
        }
        if printed == expected { return [] }
        let came = printed.split(separator: "\n", omittingEmptySubsequences: false)
        let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let place = zip(came, wanted).enumerated().first { !Self.fits($0.element.0, $0.element.1) }?.offset
        if place == nil, came.count == wanted.count { return [] }
        let line = place ?? min(came.count, wanted.count)
        let got = line < came.count ? came[line] : "the end of the output"
        let should = line < wanted.count ? wanted[line] : "the end of the output"
        return [
            .init(
                file: source.name, line: 1,
                message: "line \(line + 1) of the output should be\n    \(should)\n  but is\n    \(got)")
        ]
    }

    /// Whether a line is as expected; `…` stands for any text, such as a machine's amount of memory.
    private static func fits(_ line: Substring, _ wanted: Substring) -> Bool {
        let parts = wanted.split(separator: "…", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return line == wanted }
        guard line.hasPrefix(first), line.hasSuffix(last), line.count >= first.count + last.count else {
            return false
        }
        var rest = String(line.dropFirst(first.count).dropLast(last.count))
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.find(String(part)) else { return false }
            rest = String(rest[found.upperBound...])
        }
        return true
    }
}

/// The result of running a statement.
struct Outcome {
    enum End {
        case value(String?)
        case error(ScriptError)
    }
    let printed: String
    let end: End
}

/// Compares an outcome with its expectations.
private struct Comparison {
    var failures: [GoldenRunner.Failure] = []
    private let file: String

    init(_ file: String, line: Int, _ expectations: [Expectation], _ outcome: Outcome) {
        self.file = file
        var printed = outcome.printed.split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        if printed.last == "" { printed.removeLast() }
        let wantsOutput = expectations.contains { $0.kind == .output || $0.kind == .near }
        // A statement that prints nothing is checked by its value.
        if wantsOutput, printed.isEmpty, case .value(let text?) = outcome.end {
            printed = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        let whole = outcome.printed
        var rest = printed[...]
        var expectsError = false
        for expectation in expectations {
            switch expectation.kind {
            case .output, .near:
                guard let came = rest.popFirst() else {
                    add(expectation.line, "expected \(expectation.text)\(Self.ending(outcome))")
                    continue
                }
                let fits =
                    expectation.kind == .near ? expectation.isNear(came) : came.trimmedEnd == expectation.text
                if !fits { add(expectation.line, "expected \(expectation.text)\n    got \(came)") }
            case .help:
                if case .error(let error) = outcome.end {
                    expectsError = true
                    check(expectation, error.diagnostic.help ?? "no help")
                } else {
                    check(expectation, whole)
                }
            case .error, .kind, .column:
                expectsError = true
                guard case .error(let error) = outcome.end else {
                    add(expectation.line, "expected the error \(expectation.text)\(Self.ending(outcome))")
                    continue
                }
                check(expectation, error.diagnostic)
            }
        }
        if wantsOutput, let extra = rest.first { add(line, "printed more than expected: \(extra)") }
        if !expectsError, case .error(let error) = outcome.end {
            add(line, "unexpected \(error.diagnostic.rendered())")
        }
    }

    private mutating func check(_ expectation: Expectation, _ diagnostic: Diagnostic) {
        switch expectation.kind {
        case .kind: check(expectation, diagnostic.kind.rawValue)
        case .column:
            let column = diagnostic.location.map { $0.source.position(of: Int($0.span.start)).column }
            if column.map(String.init) != expectation.text {
                add(
                    expectation.line,
                    "expected column \(expectation.text)\n    got \(column.map(String.init) ?? "none")")
            }
        default: check(expectation, diagnostic.message)
        }
    }

    private mutating func check(_ expectation: Expectation, _ came: String) {
        if came.find(expectation.text) == nil {
            add(
                expectation.line,
                "expected \(expectation.kind.rawValue.dropFirst(7)) \(expectation.text)\n    got \(came)")
        }
    }

    private mutating func add(_ line: Int, _ message: String) {
        failures.append(.init(file: file, line: line, message: message))
    }

    private static func ending(_ outcome: Outcome) -> String {
        if case .error(let error) = outcome.end { return "\n    got \(error.diagnostic.rendered())" }
        return outcome.printed.isEmpty ? ", got nothing" : "\n    got \(outcome.printed)"
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var part = self[...]
        while part.last?.isWhitespace == true { part.removeLast() }
        return String(part)
    }
}
