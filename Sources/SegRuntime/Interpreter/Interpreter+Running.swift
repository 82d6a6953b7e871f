// Texts: parsing, compiling, running; imports; and the value of a library name when it is first
// used.

import SegSyntax
import SegSystem

extension Interpreter {
    /// Runs a text in the session's scope.
    /// - Parameter isPrompt: functions may use names that are defined later.
    /// - Returns: the value of the last expression; nil where the text ends with something else.
    /// - Throws: `ScriptError`.
    @discardableResult
    public func run(_ source: Source, isPrompt: Bool = false) throws -> Value? {
        freeUnusedGlobals()
        let value = try run(parse(source), in: session, isOpen: isPrompt)
        // Ctrl-C in the last steps of a script ends it as elsewhere.
        if !isPrompt { try located { try checkInterrupt() } }
        return value
    }

    /// The tree of a text. Ctrl-C ends the reading of a long one.
    /// - Throws: `ScriptError`.
    func parse(_ source: Source) throws -> Program {
        let program = Parser(source: source, isToStop: { self.isToStop }).parse()
        try located { try checkInterrupt() }
        return program
    }

    /// Runs a text given as a string.
    @discardableResult
    public func run(_ text: String, name: String = "<text>") throws -> Value? {
        try run(Source(name: name, text: text))
    }

    /// Runs a parsed text in the session's scope.
    @discardableResult
    public func run(_ program: Program, isPrompt: Bool = false) throws -> Value? {
        try run(program, in: session, isOpen: isPrompt)
    }

    /// Declares the names that a text will bind, so that its statements can be run one by one.
    public func declare(_ program: Program) {
        let compiler = Compiler(interpreter: self, source: program.source, module: session, options: .init())
        compiler.declare(program)
    }

    private func run(_ program: Program, in module: Module, isOpen: Bool) throws -> Value? {
        try refuse(program.diagnostics)
        do {
            try enterNative()
        } catch let failure as Failure {
            throw ScriptError(Diagnostic(failure.kind, failure.message, help: failure.help))
        }
        defer { leaveNative() }
        let compiler = Compiler(
            interpreter: self, source: program.source, module: module, options: .init(isOpen: isOpen))
        let code = compiler.compile(program)
        try located { try checkInterrupt() }
        try refuse(compiler.diagnostics)
        var givesValue = false
        if case .expression? = program.statements.last?.kind { givesValue = true }
        let value = try located { try call(.object(FunctionObject(code: code, captures: [])), []) }
        return givesValue ? value : nil
    }

    private func refuse(_ diagnostics: [Diagnostic]) throws {
        guard let first = diagnostics.first else { return }
        throw ScriptError(first, others: Array(diagnostics.dropFirst().prefix(19)))
    }

    /// An error without a line of a script also becomes a `ScriptError`.
    private func located<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let failure as Failure {
            throw ScriptError(
                Diagnostic(failure.kind, failure.message, help: failure.help, location: failure.location))
        }
    }

    // MARK: The library

    /// The value of a global that has none yet. A name of the library gets it when it is first used. A name
    /// that a script will bind has the library's value until then.
    @inline(never)
    func resolved(_ slot: Int) throws -> Value {
        switch globalInfos[slot] {
        case .user(let name, let isOpen):
            if library.contains(name), let value = try libraryValue(name) { return value }
            if isOpen { throw unknownName(name, among: userNames() + library.names) }
            throw Failure(.name, "`\(name)` is read before it has a value")
        case .native(let place): globals[slot] = .object(try nativeFunction(library.natives[place]))
        case .value(let place): globals[slot] = try library.values[place].make(self)
        case .script(let place, let name):
            try load(place)
            if globals[slot].isUnassigned {
                throw Failure(
                    .name,
                    "\(library.scripts[place].name) should define `\(name)`, but it is still being loaded")
            }
        }
        return globals[slot]
    }

    /// The `##` lines above `name = e`, of the session or the library.
    public func variableDocumentation(_ name: String) -> String? {
        session.docs[name] ?? libraryModule.docs[name]
    }

    /// Runs a file of the library, once.
    private func load(_ place: Int) throws {
        guard loadedScripts[place] == .none else { return }
        loadedScripts[place] = .loading
        let script = library.scripts[place]
        let source = Source(name: "stdlib/\(script.name)", text: script.text, isLibrary: true)
        let module = Module(name: source.name, isLibrary: true)
        scriptModules[source.name] = module
        do {
            _ = try callingLibrary { try run(parse(source), in: module, isOpen: false) }
            loadedScripts[place] = .loaded
            libraryModule.docs.merge(module.docs) { $1 }
        } catch {
            loadedScripts[place] = .none
            throw error
        }
    }

    /// A native with its signature parsed.
    public func nativeFunction(_ native: Native) throws -> NativeFunction {
        let source = Source(name: native.name, text: native.signature, isLibrary: true)
        let (signature, diagnostics) = Parser(source: source).parseSignature()
        guard let signature, diagnostics.isEmpty else {
            throw Failure(.syntax, "the signature \(native.signature) of a native cannot be read")
        }
        let parameters = signature.parameterInfos(source)
        let defaults = signature.parameters.map { parameter -> NativeFunction.Default in
            guard let value = parameter.defaultValue else { return .none }
            switch value.kind {
            case .nilLiteral: return .value(.nilValue)
            case .bool(let bool): return .value(.bool(bool))
            case .number(let number): return .value(.number(number))
            default: return .expression(value)
            }
        }
        return NativeFunction(native: native, name: native.name, parameters: parameters, defaults: defaults)
    }

    // MARK: Imports

    /// Runs a file once and gives a record of what it defines. Paths are relative to the file
    /// that imports.
    func importFile(_ path: Value, from function: Unmanaged<FunctionObject>) throws -> Value {
        guard let text = path.asString else {
            throw Failure(.type, "import needs a path as a string, got \(describe(path))")
        }
        try checkHands("import", "import files")
        let importer = function._withUnsafeGuaranteedRef { $0.code.source.name }
        var full = text
        if !text.hasPrefix("/"), !importer.hasPrefix("<"), let slash = importer.lastIndex(of: "/") {
            full = importer[...slash] + text
        }
        let identity = Folder.resolved(full) ?? full
        if let record = imported[identity] { return .object(record) }
        if let start = importing.firstIndex(of: identity) {
            let circle = (importing[start...] + [identity]).map {
                $0.split(separator: "/").last.map(String.init) ?? $0
            }
            throw Failure(
                .file, "circular import: \(circle.joined(separator: " -> "))",
                help: "move what both need into a separate file")
        }
        let bytes = try readFile(full)
        let source = Source(name: full, bytes: bytes)
        let module = Module(name: full)
        importing.append(identity)
        defer { importing.removeLast() }
        _ = try run(parse(source), in: module, isOpen: false)
        let record = RecordObject()
        for name in module.names {
            if let slot = module.slot(of: name), !globals[slot].isUnassigned { record[name] = globals[slot] }
        }
        imported[identity] = record
        return .object(record)
    }

    /// A file's bytes.
    /// - Throws: `Failure` of kind `file`, saying why it cannot be read.
    public func readFile(_ path: String) throws -> [UInt8] {
        do {
            return try FileReader.contents(of: path, acceptsStreams: true, poll: checkInterrupt)
        } catch let error as SystemError {
            throw Failure(error)
        }
    }
}
