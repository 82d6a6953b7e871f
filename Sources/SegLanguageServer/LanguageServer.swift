// `seg lsp`: a server of the language server protocol (version 3.17) on standard input and output. Here: messages,
// the order of a session, and the open documents; what is answered is in the extensions. A script is parsed and
// checked, and never run. Code of the library runs where its help is asked for.

@preconcurrency import Glibc
import SegLibrary
import SegRuntime
import SegSyntax
import SegSystem

/// Why a request has no answer, with the protocol's number.
struct RequestError: Error {
    let code: Int
    let message: String

    static func invalidParameters(_ message: String) -> RequestError {
        RequestError(code: -32602, message: message)
    }
    static func failed(_ message: String) -> RequestError { RequestError(code: -32803, message: message) }
}

public final class LanguageServer {
    private enum State { case new, running, stopped }
    private typealias Handler<Answer> = @Sendable (LanguageServer) -> (JSONValue) throws -> Answer

    let interpreter: Interpreter
    let library: LibraryFiles
    private var reader: MessageReader
    private let output: Int32
    private var state = State.new
    private var documents: [String: Document] = [:]
    /// Documents whose errors the client has not got, in the order of their changes.
    private var unchecked: [String] = []
    /// Whether the client's output is closed.
    private var isCut = false

    /// How many texts may be open, and how many bytes they may have together.
    private static let documentLimit = 1000
    private static let byteLimit = 64 << 20
    /// How many bytes the changes of one message may copy.
    private static let changeLimit = 4 << 30

    public init(interpreter: Interpreter, input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
        self.interpreter = interpreter
        self.output = output
        reader = MessageReader(descriptor: input)
        library = LibraryFiles(interpreter)
        // Nothing of the library's own work may get between the messages.
        interpreter.output = { _ in }
        interpreter.errorOutput = { _ in }
    }

    /// Serves until the client says `exit` or closes the stream.
    /// - Returns: the exit status: 0 after an orderly end, else 1.
    public func run() -> Int32 {
        // Nothing here is worth finishing.
        signal(SIGINT, SIG_DFL)
        return interpreter.withTensors {
            while !isCut {
                if !unchecked.isEmpty, !reader.hasMore { publish() }
                switch reader.next() {
                case .end: return state == .stopped ? 0 : 1
                case .fault(let message): respond(to: .null, RequestError(code: -32700, message: message))
                case .content(let bytes):
                    do {
                        if !receive(try JSONValue(bytes)) { return state == .stopped ? 0 : 1 }
                    } catch let problem as JSONReader.Problem {
                        respond(to: .null, RequestError(code: -32700, message: "no JSON: \(problem.message)"))
                    } catch {
                        respond(to: .null, RequestError(code: -32603, message: "\(error)"))
                    }
                }
            }
            return 1
        }
    }

    // MARK: Messages

    private static let requests: [String: Handler<JSONValue>] = [
        "initialize": { $0.initialize },
        "shutdown": { $0.shutdown },
        "textDocument/completion": { $0.completion },
        "completionItem/resolve": { $0.resolve },
        "textDocument/hover": { $0.hover },
        "textDocument/signatureHelp": { $0.signatureHelp },
        "textDocument/definition": { $0.definition },
        "textDocument/references": { $0.references },
        "textDocument/documentHighlight": { $0.highlights },
        "textDocument/prepareRename": { $0.prepareRename },
        "textDocument/rename": { $0.rename },
        "textDocument/documentSymbol": { $0.symbols },
        "textDocument/formatting": { $0.formatting },
    ]

    private static let notifications: [String: Handler<Void>] = [
        "textDocument/didOpen": { $0.open },
        "textDocument/didChange": { $0.change },
        "textDocument/didClose": { $0.close },
        "textDocument/didSave": { $0.saved },
    ]

    /// Handles one message. False after `exit`.
    private func receive(_ message: JSONValue) -> Bool {
        let id = message["id"]
        guard let method = message["method"]?.string else {
            // The answer to a request of the server, which makes none, is not answered.
            if message["result"] == nil, message["error"] == nil {
                respond(to: id ?? .null, RequestError(code: -32600, message: "a message without a method"))
            }
            return true
        }
        if method == "exit" { return false }
        let parameters = message["params"] ?? .null
        guard let id else {
            if state == .running { try? Self.notifications[method]?(self)(parameters) }
            return true
        }
        do {
            if state == .stopped { throw RequestError(code: -32600, message: "the server was shut down") }
            if state == .new, method != "initialize" {
                throw RequestError(code: -32002, message: "initialize comes first")
            }
            guard let handler = Self.requests[method] else {
                throw RequestError(code: -32601, message: "there is no method \(method.prefix(100))")
            }
            send(["jsonrpc": "2.0", "id": id, "result": try handler(self)(parameters)])
        } catch let error as RequestError {
            respond(to: id, error)
        } catch {
            respond(to: id, .failed(interpreter.failure(of: error)?.message ?? "\(error)"))
        }
        return true
    }

    private func respond(to id: JSONValue, _ error: RequestError) {
        send([
            "jsonrpc": "2.0", "id": id,
            "error": ["code": .integer(error.code), "message": .string(error.message)],
        ])
    }

    private func send(_ message: JSONValue) {
        let content = Array(message.text.utf8)
        let bytes = Array("Content-Length: \(content.count)\r\n\r\n".utf8) + content
        var done = 0
        while done < bytes.count, !isCut {
            let count = bytes.withUnsafeBytes { write(output, $0.baseAddress! + done, bytes.count - done) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { isCut = true } else { done += count }
        }
    }

    // MARK: The session

    private func initialize(_ parameters: JSONValue) throws -> JSONValue {
        guard state == .new else { throw RequestError(code: -32600, message: "the server is initialized") }
        state = .running
        return [
            "serverInfo": ["name": "seg", "version": .string(segVersion)],
            "capabilities": [
                "positionEncoding": "utf-16",
                "textDocumentSync": ["openClose": true, "change": 2, "save": true],
                "completionProvider": ["triggerCharacters": [".", "("], "resolveProvider": true],
                "hoverProvider": true,
                "signatureHelpProvider": ["triggerCharacters": ["(", ","]],
                "definitionProvider": true,
                "referencesProvider": true,
                "documentHighlightProvider": true,
                "renameProvider": ["prepareProvider": true],
                "documentSymbolProvider": true,
                "documentFormattingProvider": true,
            ],
        ]
    }

    private func shutdown(_ parameters: JSONValue) -> JSONValue {
        state = .stopped
        documents = [:]
        unchecked = []
        return .null
    }

    // MARK: Documents

    /// The document that a request is about.
    func document(_ parameters: JSONValue) throws -> Document {
        guard let uri = parameters["textDocument"]?["uri"]?.string, let document = documents[uri] else {
            throw RequestError.invalidParameters("the document is not open")
        }
        return document
    }

    /// The document and the byte at its position.
    func place(_ parameters: JSONValue) throws -> (Document, Int) {
        let document = try document(parameters)
        return (document, try document.offset(of: parameters["position"]))
    }

    private func keep(_ uri: String, _ version: Int?, _ bytes: [UInt8]) {
        var total = bytes.count
        for (known, document) in documents where known != uri { total += document.source.bytes.count }
        guard total <= Self.byteLimit, documents.count < Self.documentLimit || documents[uri] != nil else {
            // What cannot be kept as the client has it is not kept at all.
            documents[uri] = nil
            return
        }
        documents[uri] = Document(uri: uri, version: version, bytes: bytes, isLibrary: library.holds(uri))
        if !unchecked.contains(uri) { unchecked.append(uri) }
    }

    private func open(_ parameters: JSONValue) throws {
        guard let uri = parameters["textDocument"]?["uri"]?.string,
            let text = parameters["textDocument"]?["text"]?.string
        else { throw RequestError.invalidParameters("a document has no text") }
        keep(uri, parameters["textDocument"]?["version"]?.integer, Array(text.utf8))
    }

    private func change(_ parameters: JSONValue) throws {
        let known = try document(parameters)
        let version = parameters["textDocument"]?["version"]?.integer
        var work = 0
        for change in parameters["contentChanges"]?.array ?? [] {
            guard let document = documents[known.uri] else { return }
            do {
                work += document.source.bytes.count
                guard work < Self.changeLimit else { throw RequestError.failed("too many changes at once") }
                keep(known.uri, version, try document.changed(by: change))
            } catch {
                // The text is no longer what the client has: nothing is better than something wrong.
                documents[known.uri] = nil
                throw error
            }
        }
    }

    private func close(_ parameters: JSONValue) throws {
        let document = try document(parameters)
        documents[document.uri] = nil
        unchecked.removeAll { $0 == document.uri }
        publish(document.uri, nil, [])
    }

    private func saved(_ parameters: JSONValue) throws {
        let document = try document(parameters)
        if !unchecked.contains(document.uri) { unchecked.append(document.uri) }
    }

    // MARK: Errors of scripts

    /// Sends the errors of all changed documents.
    private func publish() {
        let changed = unchecked
        unchecked = []
        for uri in changed {
            guard let document = documents[uri] else { continue }
            publish(uri, document.version, diagnostics(of: document))
        }
    }

    private func publish(_ uri: String, _ version: Int?, _ diagnostics: [JSONValue]) {
        var parameters: [String: JSONValue] = ["uri": .string(uri), "diagnostics": .array(diagnostics)]
        parameters["version"] = version.map { .integer($0) }
        send(["jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": .object(parameters)])
    }

    /// The errors that `seg check` reports; those of a file of the library are only what its grammar tells.
    private func diagnostics(of document: Document) -> [JSONValue] {
        if document.isTooLarge {
            let message =
                "the text has \(ByteCount.text(document.source.bytes.count)), which is too long to be checked here"
            return [
                [
                    "range": document.range(of: Span(0, 0)), "severity": 3, "source": "seg",
                    "message": .string(message),
                ]
            ]
        }
        let found = document.isLibrary ? document.program.diagnostics : interpreter.check(document.source)
        return found.map { diagnostic in
            let span = diagnostic.location?.span ?? Span(0, 0)
            let message = [diagnostic.message, diagnostic.help].compactMap { $0 }.joined(separator: "\n")
            var fields: [String: JSONValue] = [
                "range": document.range(of: span), "severity": 1, "source": "seg",
                "code": .string(diagnostic.kind.rawValue), "message": .string(message),
            ]
            if !diagnostic.notes.isEmpty {
                fields["relatedInformation"] = .array(
                    diagnostic.notes.map {
                        ["location": document.location(of: $0.span), "message": .string($0.text)]
                    })
            }
            return .object(fields)
        }
    }

    // MARK: Formatting

    /// The lines that `seg fmt` changes; none where the text cannot be parsed.
    private func formatting(_ parameters: JSONValue) throws -> JSONValue {
        let document = try document(parameters)
        guard !document.isTooLarge, case .success(let text) = Formatter.format(document.source) else {
            return .null
        }
        let old = document.source.bytes
        let new = Array(text.utf8)
        if old == new { return [] }
        var start = zip(old, new).prefix { $0 == $1 }.count
        while start > 0, old[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        let most = min(old.count, new.count) - start
        var end = 0
        while end < most, old[old.count - 1 - end] == new[new.count - 1 - end] { end += 1 }
        func beginsLine(_ bytes: [UInt8]) -> Bool {
            end == bytes.count || bytes[bytes.count - end - 1] == UInt8(ascii: "\n")
        }
        while end > 0, !beginsLine(new) || !beginsLine(old) { end -= 1 }
        let edit = String(decoding: new[start..<new.count - end], as: UTF8.self)
        return [["range": document.range(of: Span(start, old.count - end)), "newText": .string(edit)]]
    }
}
