// From the syntax tree to register code: one pass over each function after the survey of its
// names. Here: what it is given and gives, functions and their beginnings, scopes. The rest
// is in extensions by grammar area.

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
            if parameter.pattern == nil { addLocal(parameter.name, &register) }
            register += parameter.pattern == nil ? 0 : 1
        }
        // A pattern's names are in adjacent registers, after the parameters.
        var unpackings: [[Unpacking]] = []
        for (place, parameter) in syntax.parameters.enumerated() {
            guard let pattern = parameter.pattern else {
                unpackings.append([])
                continue
            }
            let from = place + (scope.role == .method ? 1 : 0)
            unpackings.append(self.unpackings(of: pattern, from: from, &register))
        }
        var named: [(name: String, local: FunctionScope.Local)] = []
        for name in survey.assigned where scope.locals[name] == nil {
            if rebindsOutside(name) { continue }
            let local = FunctionScope.Local(
                register: scope.operand(register), isCell: survey.inner.contains(name))
            scope.locals[name] = local
            named.append((name, local))
            register += 1
        }
        if register > 50_000 {
            report(.memory, "this function has too many variables", syntax.nameSpan)
            return
        }
        beginRegisters(register)
        checkDefaults(syntax, own: named.map(\.name))
        // A default may have variables of its own.
        let mentioned = syntax.parameters.compactMap(\.defaultValue).reduce(into: Set<String>()) {
            $0.formUnion(surveyor.survey($1).mentioned)
        }
        for (name, local) in named where mentioned.contains(name) { beginWithoutValue(local, syntax) }
        defaults(syntax, unpackings)
        let own = named.map(\.local)
        scope.assigned.subtract(own.map(\.register))
        let unassigns = scope.parts.instructions.count
        let plain = own.filter { !$0.isCell }
        for local in plain { emit(.unassign(local.register), .place(syntax.nameSpan)) }
        let afterUnassigns = scope.parts.instructions.count
        for local in own where local.isCell { beginWithoutValue(local, syntax) }
        tail(syntax.body)
        // Only the locals that may be read without a value need the mark; they come last, and a call
        // with all arguments begins there.
        let doubtful = plain.filter { scope.doubtful.contains($0.register) }
        for (place, local) in (plain.filter { !scope.doubtful.contains($0.register) } + doubtful).enumerated()
        {
            scope.parts.instructions[unassigns + place] = .unassign(local.register)
        }
        if scope.parts.fullEntry == unassigns { scope.parts.fullEntry = afterUnassigns - doubtful.count }
    }

    private func beginWithoutValue(_ local: FunctionScope.Local, _ syntax: FunctionSyntax) {
        emit(.unassign(local.register), .place(syntax.nameSpan))
        if local.isCell { emit(.wrapCell(local.register), .place(syntax.nameSpan)) }
    }

    /// A default is evaluated before its own and later parameters and the variables of the body have values: where it
    /// names one, it is a mistake, as the name does not mean what it means outside of the function.
    private func checkDefaults(_ syntax: FunctionSyntax, own: [String]) {
        var later = syntax.parameters.flatMap(\.boundNames)[...]
        for parameter in syntax.parameters {
            guard let value = parameter.defaultValue else {
                later = later.dropFirst(parameter.boundNames.count)
                continue
            }
            let survey = surveyor.survey(value)
            if let name = later.first(where: survey.read.contains) {
                report(
                    .name, "the default of `\(parameter.name)` names `\(name)`, which has no value yet",
                    value.span,
                    help: name == parameter.name
                        ? "within the function `\(name)` is the parameter: give one of them another name"
                        : "a default may name the parameters before its own; the parameter `\(name)` hides what has its name outside"
                )
            } else if let name = own.first(where: { name in
                survey.read.contains(name) && !survey.assigned.contains(name)
                    && !survey.assignedInside.contains(name)
            }) {
                report(
                    .name, "the default of `\(parameter.name)` names `\(name)`, which has no value yet",
                    value.span, help: "`\(name)` is a variable of the function: give one of them another name"
                )
            }
            later = later.dropFirst(parameter.boundNames.count)
        }
    }

    /// Whether an assignment in this function rebinds a variable of an enclosing function or type.
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
    private func defaults(_ syntax: FunctionSyntax, _ unpackings: [[Unpacking]]) {
        let hasWork = syntax.parameters.contains {
            $0.pattern != nil || scope.locals[$0.name]?.isCell == true
        }
        for (parameter, steps) in zip(syntax.parameters, unpackings) {
            for step in steps { unpack(step) }
            guard parameter.pattern == nil, let local = scope.locals[parameter.name] else { continue }
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
        scope.parts.fullEntry = hasWork ? 0 : scope.parts.instructions.count
    }

    // MARK: Parameters in brackets

    /// One list that is taken apart when a function begins.
    private struct Unpacking {
        let from: Register
        let first: Register
        let parts: [Pattern]
        /// The text of the pattern, and its place.
        let text: String
        let span: Span
    }

    private func addLocal(_ name: String, _ register: inout Int) {
        let place = scope.operand(register)
        scope.locals[name] = .init(register: place, isCell: scope.survey.inner.contains(name))
        scope.assigned.insert(place)
        register += 1
    }

    /// Gives the parts of a pattern adjacent registers, and after them those of nested patterns.
    private func unpackings(of pattern: Pattern, from: Int, _ register: inout Int) -> [Unpacking] {
        guard case .elements(let parts, let span) = pattern else { return [] }
        let first = register
        var steps = [
            Unpacking(
                from: scope.operand(from), first: scope.operand(first),
                parts: parts, text: pattern.text, span: span)
        ]
        for part in parts {
            if case .name(let name, _) = part { addLocal(name, &register) } else { register += 1 }
        }
        for (place, part) in parts.enumerated() {
            steps += unpackings(of: part, from: first + place, &register)
        }
        return steps
    }

    private func unpack(_ step: Unpacking) {
        emit(
            .unpackParameter(
                first: step.first, count: scope.operand(step.parts.count), from: step.from,
                name: scope.name(step.text)), .place(step.span))
        // The list is released as soon as its elements have names.
        emit(.clear(step.from), .place(step.span))
        for case .name(let name, let span) in step.parts {
            if let local = scope.locals[name], local.isCell { emit(.wrapCell(local.register), .place(span)) }
        }
    }
}
