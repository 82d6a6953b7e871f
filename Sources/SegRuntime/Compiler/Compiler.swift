// From the syntax tree to register code: one pass over each function after the survey of its
// names. Here: what it is given and gives, and globals. The rest is in extensions by grammar area.

import SegSyntax
import SegSystem

final class Compiler {
    struct Options {
        /// Whether a function may use names that are defined later, as at the prompt.
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
    /// The globals that the text binds anywhere, and those that it has bound up to here, or may have.
    private var declared: Set<String> = []
    private var bound: Set<String> = []
    /// Inside how many `try` blocks the compiler is: an error there may be intended.
    var attempts = 0

    init(interpreter: Interpreter, source: Source, module: Module, options: Options) {
        self.interpreter = interpreter
        self.source = source
        self.module = module
        self.options = options
        scope = FunctionScope(
            role: .file, parent: nil, survey: Survey(),
            parts: CodeParts(name: "file", role: .file, source: source, syntax: nil, module: module))
    }

    /// The code of a whole text; its errors are in `diagnostics`.
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
            if interpreter.isToStop { break }
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

    /// Code for the value of one expression in the library's scope: a native's default.
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
        module.rebound.formUnion(surveyor.allGlobals)
        declared = Set(survey.assigned + surveyor.allGlobals)
        bound = Set(surveyor.allGlobals)
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

    /// Registers of a file's statement are released after the statement.
    private func clearTemporaries() {
        let used = min(scope.parts.registerCount, scope.firstTemporary + 12)
        for register in scope.firstTemporary..<max(scope.firstTemporary, used) {
            emit(.clear(scope.operand(register)), .place(Span(0, 0)))
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
        if scope.isTooLarge {
            report(.memory, "this function has too many names or intermediate values: more than 60,000", span)
        }
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
        guard let slot = interpreter.newGlobal(.user(name, isOpen: options.isOpen)) else {
            report(.memory, "there are too many global names", Span(0, 0))
            return 0
        }
        module.define(name, slot: slot)
        return UInt32(slot)
    }

    /// The place of a global that is read; nil, and reported, where there is none.
    func slot(reading name: String, _ span: Span) -> UInt32? {
        if let slot = module.slot(of: name), !isLeftOver(name, slot) {
            checkBound(name, span)
            return UInt32(slot)
        }
        if let slot = interpreter.librarySlot(name, seenFrom: module) { return UInt32(slot) }
        // In code of a file a name of the library that cannot be had now is none that may be had later, as it is.
        let isWithheld = module.origin != nil && interpreter.library.contains(name)
        if options.isOpen, scope.parent != nil, !isWithheld { return slot(assigning: name) }
        if unknown.insert(name).inserted {
            // The first errors are shown; to find help for all names of a broken text would take long.
            let failure = interpreter.unknownName(
                name, among: unknown.count <= 100 ? visibleNames : [], members: source.members(after: span))
            report(failure.kind, failure.message, span, help: failure.help)
        }
        return nil
    }

    /// Whether an entry of the prompt should have bound a global but failed before.
    private func isLeftOver(_ name: String, _ slot: Int) -> Bool {
        options.isOpen && scope.parent == nil && !declared.contains(name)
            && interpreter.globals[slot].isUnassigned
    }

    /// Reports a name that the text binds only further down, where it is certainly read first.
    private func checkBound(_ name: String, _ span: Span) {
        guard options.isChecking, scope.parent == nil, attempts == 0, !bound.contains(name),
            !interpreter.library.contains(name), unknown.insert(name).inserted
        else { return }
        report(.name, "`\(name)` is read before it has a value", span)
    }

    /// Notes that a global has a value from here on, or may have one.
    func bind(_ name: String) {
        if scope.parent == nil { bound.insert(name) }
    }

    /// The previous iteration may have bound what the body of a loop binds.
    func bindAll(_ body: Block) {
        guard options.isChecking, scope.parent == nil else { return }
        bound.formUnion(surveyor.survey(body.statements).assigned)
    }

    /// All names that can be read here, for the nearest one in errors.
    var visibleNames: [String] {
        let globals = module.names.filter { name in
            declared.contains(name)
                || module.slot(of: name).map { !interpreter.globals[$0].isUnassigned } ?? false
        }
        return scope.visibleNames + globals + interpreter.library.names
    }
}
