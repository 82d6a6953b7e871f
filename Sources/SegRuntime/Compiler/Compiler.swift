// From the syntax tree to register code: one pass over each function after the survey of its
// names. Here: what it is given and gives, functions and their beginnings, scopes. The rest
// stands in extensions by grammar area.

import SegSyntax
import SegSystem

final class Compiler {
    struct Options {
        /// Whether a function may name what will only be defined later, as at the prompt.
        var isOpen = false
        /// Whether calls of known functions are compared with their signatures.
        var isChecking = false
    }

    let interpreter: Interpreter
    let source: Source
    let module: Module
    let options: Options
    let surveyor = Surveyor()
    var scope: FunctionScope
    var diagnostics: [Diagnostic] = []
    /// Functions and types that the file defines once, for checking calls.
    var definitions: [String: FunctionSyntax] = [:]
    private var unknown: Set<String> = []

    init(interpreter: Interpreter, source: Source, module: Module, options: Options) {
        self.interpreter = interpreter
        self.source = source
        self.module = module
        self.options = options
        scope = FunctionScope(
            role: .file, parent: nil, survey: Survey(),
            parts: CodeParts(name: "file", role: .file, source: source, syntax: nil, module: module))
    }

    /// The code of a whole text; what is wrong with it stands in `diagnostics`.
    func compile(_ program: Program) -> Code {
        let survey = declare(program)
        if options.isChecking { collectDefinitions(program.statements, survey) }
        scope = FunctionScope(role: .file, parent: nil, survey: survey, parts: scope.parts)
        beginRegisters(0)
        let result = scope.fresh()
        scope.firstTemporary = scope.nextRegister
        scope.parts.firstTemporary = scope.nextRegister
        var hasValue = false
        for (place, statement) in program.statements.enumerated() {
            if place == program.statements.count - 1, case .expression(let value) = statement.kind {
                self.value(value, to: result)
                hasValue = true
            } else {
                self.statement(statement)
                clearTemporaries()
            }
        }
        emit(hasValue ? .give(result) : .giveNil, .place(Span(0, 0)))
        checkSize(Span(0, 0))
        return scope.finish()
    }

    /// Code that gives the value of one expression in the library's scope: a native's default.
    func compile(_ expression: Expression) -> Code {
        scope = FunctionScope(role: .file, parent: nil, survey: surveyor.survey([]), parts: scope.parts)
        beginRegisters(0)
        let result = scope.fresh()
        value(expression, to: result)
        emit(.give(result), .expression(expression))
        return scope.finish()
    }

    /// Makes places for the globals that a text binds.
    @discardableResult
    func declare(_ program: Program) -> Survey {
        let survey = surveyor.survey(program.statements)
        for name in survey.assigned + surveyor.allGlobals { _ = slot(assigning: name) }
        return survey
    }

    private func collectDefinitions(_ statements: [Statement], _ survey: Survey) {
        for statement in statements {
            switch statement.kind {
            case .function(let function), .type(let function):
                if let name = function.name, survey.counts[name] == 1 { definitions[name] = function }
            default: break
            }
        }
    }

    /// What the statements of a file leave in registers goes with each of them.
    private func clearTemporaries() {
        let used = min(scope.parts.registerCount, scope.firstTemporary + 12)
        for register in scope.firstTemporary..<max(scope.firstTemporary, used) {
            emit(.clear(Register(register)), .place(Span(0, 0)))
        }
    }

    func beginRegisters(_ count: Int) {
        scope.nextBlockRegister = count
        scope.nextRegister = count + scope.survey.blockRegisters
        scope.firstTemporary = scope.nextRegister
        scope.parts.registerCount = scope.nextRegister
        scope.parts.firstTemporary = scope.nextRegister
    }

    func emit(_ instruction: Instruction, _ origin: Origin) {
        if case .move(let to, let from) = instruction, scope.isTemporary(from) {
            scope.parts.instructions.append(.take(to: to, from: from))
        } else {
            scope.parts.instructions.append(instruction)
        }
        scope.parts.origins.append(origin)
    }

    func report(_ kind: ErrorKind, _ message: String, _ span: Span, help: String? = nil) {
        diagnostics.append(
            Diagnostic(kind, message, help: help, location: Diagnostic.Location(source: source, span: span)))
    }

    func checkSize(_ span: Span) {
        if scope.isTooLarge { report(.memory, "this function needs too many intermediate values", span) }
    }

    // MARK: Globals

    /// The place of a global that this text binds.
    func slot(assigning name: String) -> UInt32 {
        if let slot = module.slot(of: name) { return UInt32(slot) }
        if module.isLibrary, case .script? = interpreter.library.entries[name],
            let slot = interpreter.librarySlot(name)
        {
            return UInt32(slot)
        }
        guard let slot = interpreter.newGlobal(.user(name)) else {
            report(.memory, "there are too many global names", Span(0, 0))
            return 0
        }
        module.define(name, slot: slot)
        return UInt32(slot)
    }

    /// The place of a global that is read; nil, and reported, where there is none.
    func slot(reading name: String, _ span: Span) -> UInt32? {
        if let slot = module.slot(of: name) ?? interpreter.librarySlot(name) { return UInt32(slot) }
        if options.isOpen, scope.parent != nil { return slot(assigning: name) }
        if unknown.insert(name).inserted {
            report(.name, "there is nothing called `\(name)`", span, help: help(for: name))
        }
        return nil
    }

    private static let habits = [
        "None": "nil", "null": "nil", "True": "true", "False": "false", "this": "self", "def": "f(x) = …",
        "lambda": "x -> …", "elif": "else if", "len_": "len", "str": "a string \"{x}\"",
        "float": "to(t, float32)",
        "range": "0..<n", "undefined": "nil", "fn": "f(x) = …", "func": "f(x) = …", "var": "x = …",
        "let": "x = …",
        "const": "x = …", "raise": "error(\"…\")", "throw": "error(\"…\")", "print_": "print",
        "np": "the function itself",
        "class": "type", "dict": "(name=value)", "int": "floor(x)", "append": "push",
        "nn": "Conv2d(…), without nn", "ConvTranspose2d": "Upsample(scale_factor=2) and a Conv2d",
        "Linear": "Conv2d(m, n, 1), or x @ w",
    ]

    func help(for name: String) -> String? {
        if let habit = Self.habits[name] { return "seg writes \(habit)" }
        let names =
            scope.visibleNames + module.names + interpreter.library.names.filter { !$0.hasPrefix("_") }
        return nearestName(to: name, among: names).map { "did you mean `\($0)`?" }
    }

    // MARK: Functions

    /// Compiles a function of the tree inside the current scope.
    func function(
        _ syntax: FunctionSyntax, role: Code.Role = .function, type: TypeScope? = nil, ownName: String? = nil
    ) -> Code {
        let outer = scope
        defer { scope = outer }
        var parts = CodeParts(
            name: syntax.name ?? "function", role: role, source: source, syntax: syntax, module: module)
        parts.parameters = syntax.parameterInfos(source)
        let survey = surveyor.survey(of: syntax)
        scope = FunctionScope(
            role: role, parent: outer, survey: survey, type: type, ownName: ownName, parts: parts)
        if role == .typeBody { typeBody(syntax) } else { body(of: syntax) }
        checkSize(syntax.nameSpan)
        return scope.finish()
    }

    private func body(of syntax: FunctionSyntax) {
        let survey = scope.survey
        var register = scope.role == .method ? 1 : 0
        if scope.role == .method { scope.assigned.insert(0) }
        for parameter in syntax.parameters {
            let isCell = survey.inner.contains(parameter.name)
            scope.locals[parameter.name] = .init(
                register: Register(truncatingIfNeeded: register), isCell: isCell)
            scope.assigned.insert(Register(truncatingIfNeeded: register))
            register += 1
        }
        var own: [FunctionScope.Local] = []
        for name in survey.assigned where scope.locals[name] == nil {
            if rebindsOutside(name) { continue }
            let local = FunctionScope.Local(
                register: Register(truncatingIfNeeded: register), isCell: survey.inner.contains(name))
            scope.locals[name] = local
            own.append(local)
            register += 1
        }
        if register > 50_000 {
            report(.memory, "this function has too many variables", syntax.nameSpan)
            return
        }
        beginRegisters(register)
        defaults(syntax)
        let unassigns = scope.parts.instructions.count
        let plain = own.filter { !$0.isCell }
        for local in plain { emit(.unassign(local.register), .place(syntax.nameSpan)) }
        let afterUnassigns = scope.parts.instructions.count
        for local in own where local.isCell {
            emit(.unassign(local.register), .place(syntax.nameSpan))
            emit(.wrapCell(local.register), .place(syntax.nameSpan))
        }
        tail(syntax.body)
        // Only the locals that are read in doubt need the mark; they come last, and a full
        // call begins there.
        let doubtful = plain.filter { scope.doubtful.contains($0.register) }
        for (place, local) in (plain.filter { !scope.doubtful.contains($0.register) } + doubtful).enumerated()
        {
            scope.parts.instructions[unassigns + place] = .unassign(local.register)
        }
        if scope.parts.fullEntry == unassigns { scope.parts.fullEntry = afterUnassigns - doubtful.count }
    }

    /// Whether an assignment in this function rebinds the variable of a function or type around it.
    private func rebindsOutside(_ name: String) -> Bool {
        if let type = scope.type, type.shape.fieldSlots[name] != nil || type.shape.methodSlots[name] != nil {
            return true
        }
        return scope.parent?.resolve(name).map { variable in
            switch variable {
            case .ownFunction, .capturedObject, .ownType: false
            default: true
            }
        } ?? false
    }

    /// Evaluates the defaults of parameters that were not given, in order; then puts captured
    /// parameters into cells. A call with all arguments may skip this where nothing is captured.
    private func defaults(_ syntax: FunctionSyntax) {
        let hasCells = syntax.parameters.contains { scope.locals[$0.name]?.isCell == true }
        for parameter in syntax.parameters {
            guard let local = scope.locals[parameter.name] else { continue }
            if let value = parameter.defaultValue {
                let given = scope.newLabel()
                emit(.jumpIfGiven(local.register, given), .expression(value))
                let mark = scope.nextRegister
                let temporary = scope.fresh()
                self.value(value, to: temporary)
                emit(.move(to: local.register, from: temporary), .expression(value))
                scope.nextRegister = mark
                scope.place(given)
            }
            if local.isCell { emit(.wrapCell(local.register), .place(parameter.span)) }
        }
        scope.parts.fullEntry = hasCells ? 0 : scope.parts.instructions.count
    }
}
