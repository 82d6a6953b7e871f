// `seg --kernel`: a session for another program, such as a notebook. Each request is a line of JSON, as are the
// events that answer it, of which `done` is the last:
//
//     {"id": 1, "do": "run", "code": "print(1)\n2", "cell": 3}
//     {"event": "output", "id": 1, "stream": "stdout", "text": "1\n"}
//     {"event": "value", "id": 1, "text": "2"}
//     {"event": "done", "id": 1, "status": "ok"}
//
// `run` takes what the prompt takes, its commands too, and also gives `picture` (a PNG in base 64) and `error`; SIGINT
// ends the running cell. `complete`, `inspect` and `is_complete` take the code and a cursor in Unicode scalars.

@preconcurrency import Glibc
import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem
import SegTerminal

public final class Kernel {
    private let interpreter: Interpreter
    private let console: Console
    private let channel: KernelChannel
    private let version: String
    /// The request that is being answered.
    private var current = JSONValue.null
    private var hasFailed = false

    private static let columns = 100
    private static let rows = 40

    public init(interpreter: Interpreter, version: String) {
        self.interpreter = interpreter
        self.version = version
        channel = KernelChannel()
        console = Console(interpreter: interpreter, reader: NotebookReader(Self.columns, Self.rows))
        console.sourceName = "cell"
        console.isLimited = true
        interpreter.terminal = .init()
        interpreter.terminal.width = Self.columns
        interpreter.terminal.height = Self.rows
        interpreter.inlineDrawings.isOn = true
        interpreter.output = { [unowned self] in show($0, stream: "stdout") }
        interpreter.errorOutput = { [unowned self] in show($0, stream: "stderr") }
        interpreter.flushOutput = { [channel] in channel.flush() }
        console.takesValue = { [unowned self] in showValue($0) }
        console.takesErrors = { [unowned self] in showErrors($0) }
        console.runsCommand = { [unowned self] in try runCommand($0) }
    }

    /// Answers requests until there are no more.
    /// - Returns: the exit status.
    public func run() -> Int32 {
        interpreter.withTensors {
            channel.send("ready", of: .null, ["protocol": 1, "version": .string(version)])
            while true {
                switch channel.next() {
                case .end: return 0
                case .fault(let message): channel.send("fault", of: .null, ["message": .string(message)])
                case .request(let request):
                    current = request["id"] ?? .null
                    if answer(request) { return interpreter.exitStatus }
                }
            }
        }
    }

    /// Answers one request. True if the session ends with it.
    private func answer(_ request: JSONValue) -> Bool {
        if let problem = problem(with: request) {
            done(["status": "fault", "message": .string(problem)])
            return false
        }
        let code = request["code"]?.string ?? ""
        let cursor = request["cursor"]?.integer ?? .max
        switch request["do"]?.string {
        case "run": return runCell(code, request["cell"]?.integer)
        case "complete": done(completion(of: code, cursor))
        case "inspect": done(inspection(of: code, cursor))
        default: done(completeness(of: code))
        }
        return false
    }

    /// What a request lacks, or has wrong.
    private func problem(with request: JSONValue) -> String? {
        guard ["run", "complete", "inspect", "is_complete"].contains(request["do"]?.string) else {
            return "a request does run, complete, inspect or is_complete"
        }
        if request["code"]?.string == nil { return "the code of a request is a text" }
        for name in ["cursor", "cell"] {
            if let value = request[name], value != .null, value.integer == nil {
                return "the \(name) of a request is a whole number"
            }
        }
        return nil
    }

    private func done(_ fields: [String: JSONValue]) { channel.send("done", of: current, fields) }

    // MARK: Cells

    private func runCell(_ code: String, _ number: Int?) -> Bool {
        if let number, (1...1 << 53).contains(number) { console.entryNumber = number - 1 }
        hasFailed = false
        let outcome = channel.attended { console.handle(code) }
        interpreter.inlineDrawings.removeAll()
        let status = outcome == .leave ? "exit" : hasFailed ? "error" : "ok"
        done(["status": .string(status)])
        return outcome == .leave
    }

    private func show(_ text: String, stream: String) {
        for piece in interpreter.inlineDrawings.pieces(of: text) {
            switch piece {
            case .text(let text): channel.print(text, stream: stream, of: current)
            case .drawing(let drawn): showDrawing(drawn)
            }
        }
    }

    private func showDrawing(_ drawn: InlineDrawings.Drawn) {
        channel.send(
            "picture", of: current,
            [
                "png": .string(Base64.text(drawn.png)), "width": .integer(drawn.width),
                "height": .integer(drawn.height),
            ])
    }

    /// The drawings of a value come before its text.
    private func showValue(_ text: String) {
        var plain = ""
        for piece in interpreter.inlineDrawings.pieces(of: text) {
            switch piece {
            case .text(let part): plain += part
            case .drawing(let drawn): showDrawing(drawn)
            }
        }
        if !plain.isEmpty { channel.send("value", of: current, ["text": .string(plain)]) }
    }

    private func showErrors(_ diagnostics: [Diagnostic]) {
        hasFailed = true
        for diagnostic in diagnostics.prefix(1) {
            let rendered = diagnostics.map { $0.rendered(width: Self.columns, color: true) }
            let lines = rendered.joined(separator: "\n\n").split(
                separator: "\n", omittingEmptySubsequences: false)
            var fields: [String: JSONValue] = [
                "kind": .string(diagnostic.kind.rawValue), "message": .string(diagnostic.message),
                "lines": .array(lines.map { .string(String($0)) }),
            ]
            fields["help"] = diagnostic.help.map { .string($0) }
            if let location = diagnostic.location {
                let (line, column) = location.source.position(of: Int(location.span.start))
                fields["source"] = .string(location.source.name)
                fields["line"] = .integer(line)
                fields["column"] = .integer(column)
            }
            channel.send("error", of: current, fields)
        }
    }

    /// `!ls`: what the command writes is output like any other.
    private func runCommand(_ command: String) throws -> Int? {
        try ShellCommand.run(
            command, output: { [unowned self] in channel.print($0, stream: "stdout", of: current) },
            interrupted: { [interpreter] in interpreter.interruptFlag.isRaised })
    }

    // MARK: Questions

    private func completion(of code: String, _ cursor: Int) -> [String: JSONValue] {
        let before = String(String.UnicodeScalarView(code.unicodeScalars.prefix(max(0, cursor))))
        let completer = Completer(interpreter)
        let found = completer.candidates(in: code, at: before.utf8.count)
        let end = before.unicodeScalars.count
        // The help of each is looked up, which may read a file of the library.
        let items = found.items.prefix(500).map { item -> JSONValue in
            let help = item.help.isEmpty ? completer.help(on: item) : item.help
            return ["text": .string(item.text), "name": .string(item.name), "help": .string(help)]
        }
        return [
            "status": "ok", "start": .integer(end - found.prefix.unicodeScalars.count), "end": .integer(end),
            "matches": .array(items),
        ]
    }

    /// Help on the word at the cursor, or on what the brackets around it call.
    private func inspection(of code: String, _ cursor: Int) -> [String: JSONValue] {
        let scalars = Array(code.unicodeScalars)
        var end = min(max(0, cursor), scalars.count)
        while end < scalars.count, isPart(scalars[end]) { end += 1 }
        let before = String(String.UnicodeScalarView(scalars[..<end]))
        let context = CompletionContext(source: Source(name: "", text: before), cursor: before.utf8.count)
        var subjects: [String] = []
        switch context.place {
        case .member(let path): subjects += [path.text + "." + context.prefix, context.prefix]
        case .name, .type: subjects.append(context.prefix)
        default: break
        }
        if let callee = context.call?.callee.text {
            subjects += [callee, String(callee.split(separator: ".").last ?? "")]
        }
        for subject in subjects where !subject.isEmpty {
            guard let lines = try? console.pages.answer(to: subject) else { continue }
            return ["status": "ok", "found": true, "text": .string(lines.joined(separator: "\n"))]
        }
        return ["status": "ok", "found": false]
    }

    private func isPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    private func completeness(of code: String) -> [String: JSONValue] {
        if PromptCommand.command(in: String(code.trimmed), interpreter) != nil {
            return ["status": "complete"]
        }
        let program = Parser(name: "", text: code).parse()
        if program.isUnfinished {
            let last = code.split(separator: "\n").last ?? ""
            let indent = last.prefix { $0 == " " } + (last.hasSuffix("{") ? "    " : "")
            return ["status": "incomplete", "indent": .string(String(indent))]
        }
        return ["status": program.diagnostics.isEmpty ? "complete" : "invalid"]
    }
}

/// No lines: entries come as requests, and questions have no answer.
private final class NotebookReader: LineReader {
    let size: (columns: Int, rows: Int)
    let isTerminal = false
    var completer: ((String, Int) -> LineCompletion)?

    init(_ columns: Int, _ rows: Int) { size = (columns, rows) }

    func read(_ prompt: Prompt, begun: String) -> LineInput { .end }
    func remember(_ entry: String) {}
}
