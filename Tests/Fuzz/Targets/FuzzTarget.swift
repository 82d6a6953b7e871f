// What the fuzzer calls, and the tests replay: for each kind of input one function from bytes to a judgement. An
// error in the user's terms is what most bytes deserve; a trap, another error, or a property that does not hold is
// a fault.

@preconcurrency import Glibc
import SegRuntime
import SegSyntax
import SegSystem
import SegTensor

@testable import SegConsole
@testable import SegImaging
@testable import SegLibrary

/// A kind of input; its raw value names the folders of its inputs.
enum FuzzTarget: String, CaseIterable {
    /// A text: parsed, checked, its names found, formatted twice.
    case source
    /// Choices of a grammar, which make a script that runs; or the script itself (ScriptGrammar).
    case script
    /// A PNG file, read as a picture and as a mask.
    case png
    /// A table of classes.
    case classes
    /// A weight file of any format.
    case checkpoint
    /// The table of values in a file of `save`.
    case graph
    case csv
    case json
    /// Masks of annotation tools (AnnotationFile).
    case annotations
    /// An entry of the prompt at which Tab is pressed, and a question to the help.
    case completion
}

/// A property that does not hold.
struct FuzzFault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Runs inputs, with what they share: an interpreter, and a folder for their files.
final class FuzzBench {
    private let flag = InterruptFlag()
    private let watch: InputWatch
    private let folder: ScratchFolder
    private var interpreter: Interpreter
    private let grammar: ScriptGrammar
    private var runs = 0
    private var prepared: FuzzTarget?
    /// After so many inputs the interpreter is replaced: what a script left in the library is gone.
    private static let runsPerInterpreter = 1000
    /// Tensors of a weight file that are larger are not read.
    private static let largestTensor = 1 << 20

    init() throws {
        watch = InputWatch(flag)
        folder = try ScratchFolder()
        interpreter = Self.makeInterpreter(flag)
        grammar = ScriptGrammar(interpreter)
    }

    deinit { watch.end() }

    private static func makeInterpreter(_ flag: InterruptFlag) -> Interpreter {
        let interpreter = Interpreter.standard(interruptFlag: flag)
        // The frames of instrumented code are large.
        interpreter.nativeStackSize = 2 << 20
        interpreter.output = { _ in }
        interpreter.errorOutput = { _ in }
        // Searches for cycles come often.
        interpreter.releaseCycles(from: 32)
        return interpreter
    }

    /// - Throws: `FuzzFault`, and errors that a user should never see.
    func run(_ target: FuzzTarget, _ bytes: [UInt8]) throws {
        flag.clear()
        try prepare(target)
        do {
            try watch.watching { try interpreter.withTensors { try judge(target, bytes) } }
        } catch let error as ScriptError {
            try Self.check(error.diagnostic)
        } catch let error as Failure {
            try Self.check(error.message)
        } catch let error as TensorError {
            try Self.check(error.message)
        } catch let error as SystemError {
            try Self.check(error.message)
        } catch is JSONReader.Problem {}
    }

    /// What inputs find: nothing of the one before, and what their target needs.
    private func prepare(_ target: FuzzTarget) throws {
        runs += 1
        let isNew = runs % Self.runsPerInterpreter == 0
        if isNew { interpreter = Self.makeInterpreter(flag) }
        if target == .script { interpreter.reset() }
        if isNew || prepared != target, let script = Self.scripts[target] {
            interpreter.reset()
            try interpreter.withTensors { _ = try interpreter.run(script) }
        }
        prepared = target
    }

    /// Functions that inputs are given to: compiled once.
    private static let scripts: [FuzzTarget: String] = [
        .completion: CompletionScene.script,
        .graph: """
        judged(path, other) = {
            x = load(path)
            if len("{x}") < 100_000 {
                try { copy(x) == x } catch { nil }
                save(x, other)
            }
        }
        """,
        .annotations: """
        judged(path, other) = {
            masks = read_annotations(path)
            back = masks
            if len(masks) > 0 and sum(map(masks, m -> m.mask.shape[0] * m.mask.shape[1])) < 10_000 {
                try {
                    write_annotations(masks, other)
                    back = read_annotations(other)
                } catch { nil }
            }
            all(map(zip(masks, back), pair -> all(pair[0].mask == pair[1].mask)))
        }
        """,
    ]

    /// What the script of the target says to two files.
    private func judged(_ path: String, _ other: String) throws -> Value {
        guard let function = interpreter["judged"] else { throw FuzzFault("there is no script") }
        return try interpreter.call(function, [.string(path), .string(other)])
    }

    private func judge(_ target: FuzzTarget, _ bytes: [UInt8]) throws {
        switch target {
        case .source: try source(bytes)
        case .script:
            let source = grammar.script(from: bytes)
            if Environment.variable("FUZZ_SHOW") != nil {
                fputs("\(source.text(Span(0, source.bytes.count)))\n", stderr)
            }
            try script(source)
        case .png: try png(PNGRepair.withChecksums(bytes))
        case .classes:
            _ = try ClassTable.parse(String(decoding: bytes, as: UTF8.self), file: "table")
        case .checkpoint: try checkpoint(bytes)
        case .graph: try graph(SavedGraph.file(around: bytes))
        case .csv: try csv(bytes)
        case .json: try json(bytes)
        case .annotations: try annotations(bytes)
        case .completion: try completion(bytes)
        }
    }

    // MARK: Errors

    private static func check(_ diagnostic: Diagnostic) throws {
        try check(diagnostic.message)
        _ = diagnostic.rendered(width: 80, color: true)
    }

    /// No error shows a value of Swift.
    private static func check(_ message: String) throws {
        for mark in ["Failure(", "TensorError(", "SystemError(", "Optional("] where message.find(mark) != nil
        {
            throw FuzzFault("an error shows a value of Swift: \(message)")
        }
        if message.isEmpty { throw FuzzFault("an error says nothing") }
    }

    // MARK: Texts

    private func source(_ bytes: [UInt8]) throws {
        let source = Source(name: "text", bytes: bytes)
        for error in interpreter.check(source) { try Self.check(error) }
        for name in NameTable(Parser(source: source).parse()).names {
            for place in name.places where source.text(place.span) != name.name {
                throw FuzzFault("\(name.name) is not at \(place.span.start)")
            }
        }
        switch Formatter.format(source) {
        case .failure(let failure):
            for error in failure.diagnostics { try Self.check(error) }
        case .success(let text):
            guard case .success(let again) = Formatter.format(Source(name: "text", text: text)) else {
                throw FuzzFault("the formatted text has errors:\n\(text)")
            }
            if again != text { throw FuzzFault("formatting again changes the text:\n\(text)") }
        }
    }

    private func script(_ source: Source) throws {
        // Scripts write files.
        try ScratchFolder().asWorkingFolder {
            guard let value = try interpreter.run(source) else { return }
            _ = try interpreter.line(value, quoted: true, limit: 1000)
        }
    }

    private func completion(_ bytes: [UInt8]) throws {
        let completer = Completer(interpreter)
        let entry = String(decoding: bytes.dropFirst(), as: UTF8.self)
        let end = entry.utf8.count
        for cursor in Set([end, Int(bytes.first ?? 0) % (end + 1)]) {
            let found = completer.candidates(in: entry, at: cursor)
            let before = String(decoding: Array(entry.utf8.prefix(cursor)), as: UTF8.self)
            // By bytes: a combining mark makes one character with the quote before it.
            guard before.utf8.reversed().starts(with: found.prefix.utf8.reversed()) else {
                throw FuzzFault("'\(found.prefix)' is not what is before the cursor in '\(before)'")
            }
            let columns = 1 + Int(bytes.first ?? 0)
            let listing = CompletionListing(columns: columns, rows: 24, hasColor: false) { [completer] in
                completer.help(on: $0)
            }
            for line in listing.completion(found).listing where line.utf8.contains(where: { $0 < 32 }) {
                throw FuzzFault("a control character in the list of candidates: \(line)")
            }
        }
        if entry.hasPrefix("?") { _ = try HelpPages(interpreter).answer(to: String(entry.dropFirst())) }
    }

    // MARK: Files

    private func png(_ bytes: [UInt8]) throws {
        _ = try? MaskPixels(bytes: bytes, name: "mask")
        let picture = try PNGImage.read(bytes: bytes, name: "picture")
        guard picture.width * picture.height < 1 << 16 else { return }
        let again = try PNGImage.read(bytes: try PNGImage.encode(picture), name: "picture")
        if again.bytes != picture.bytes { throw FuzzFault("a picture that is written and read is another") }
    }

    private func checkpoint(_ bytes: [UInt8]) throws {
        let file = try Checkpoint.open(FileReader(bytes: bytes, name: "weights"))
        var total = 0
        for tensor in file.tensors where tensor.widenedByteCount < Self.largestTensor {
            total += tensor.widenedByteCount
            if total > 4 * Self.largestTensor { break }
            _ = try? tensor.bytes(widened: true)
            guard let own = try? tensor.bytes() else { continue }
            if own.count != tensor.byteCount { throw FuzzFault("\(tensor.name) has \(own.count) bytes") }
        }
    }

    private func graph(_ bytes: [UInt8]) throws {
        let (path, other) = ("\(folder.path)/in.run", "\(folder.path)/out.run")
        try AtomicFile.write(bytes, to: path, isDurable: false)
        _ = try judged(path, other)
        guard FileStatus(other) != nil else { return }
        try interpreter.run("load(\(quotedText(other)))")
        unlink(other)
    }

    private func csv(_ bytes: [UInt8]) throws {
        let file = try CSVFile(path: "table", separator: ",", interpreter: interpreter, argument: 0)
        _ = try? file.table(bytes, header: true)
        let table = try file.table(bytes, header: false)
        let text = try csvText(table, file)
        let again = try csvText(try file.table(Array(text.utf8), header: false), file)
        if again != text {
            throw FuzzFault("a table that is written and read is another:\n\(text)\n\(again)")
        }
    }

    private func csvText(_ table: Value, _ file: CSVFile) throws -> String {
        try (table.asList?.items ?? []).map { try file.line($0.asList?.items ?? []) }.joined()
    }

    private func json(_ bytes: [UInt8]) throws {
        let text = try textOfJSON(try valueOfJSON(bytes, interpreter), interpreter)
        let again = try textOfJSON(try valueOfJSON(Array(text.utf8), interpreter), interpreter)
        if again != text {
            throw FuzzFault("a value that is written and read is another:\n\(text)\n\(again)")
        }
    }

    private func annotations(_ bytes: [UInt8]) throws {
        let path = try AnnotationFile.write(bytes, in: folder.path)
        if case .bool(false) = try judged(path, "\(folder.path)/out.json") {
            throw FuzzFault("masks that are written and read are others")
        }
    }
}
