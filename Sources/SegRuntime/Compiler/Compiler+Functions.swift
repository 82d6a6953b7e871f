// Functions: their parameters, the defaults of these, and the variables that their bodies bind.

import SegSyntax
import SegSystem

extension Compiler {
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
