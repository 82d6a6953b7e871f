// Statements, loops, and types.

import SegSyntax

extension Compiler {
    func statement(_ statement: Statement) {
        let mark = scope.nextRegister
        defer { scope.nextRegister = mark }
        switch statement.kind {
        case .expression(let value): effect(value)
        case .assign(let targets, let values, let doc):
            assign(targets, values, statement.span)
            if scope.parent == nil, scope.role == .file, let doc, case .name(let name, _)? = targets.first {
                module.docs[name] = doc
            }
        case .compoundAssign(let target, let op, let value, let sign): compoundAssign(target, op, value, sign)
        case .global(let name, _, let value):
            let register = operand(value)
            emit(.setGlobal(slot(assigning: name), from: register), .place(statement.span))
            bind(name)
        case .function(let syntax): define(syntax)
        case .type(let syntax): type(syntax)
        case .forLoop(let names, let collection, let body): forLoop(names, collection, body, statement.span)
        case .whileLoop(let condition, let body): whileLoop(condition, body)
        case .breakLoop:
            guard let loop = scope.loops.last else {
                return report(.syntax, "`break` is outside of a loop", statement.span)
            }
            emit(.jump(loop.exit), .place(statement.span))
        case .continueLoop:
            guard let loop = scope.loops.last else {
                return report(.syntax, "`continue` is outside of a loop", statement.span)
            }
            emit(.jump(loop.again), .place(statement.span))
        case .returnValue(let value): giveBack(value, statement.span)
        }
    }

    /// An expression whose value is not used.
    func effect(_ expression: Expression) {
        switch expression.kind {
        case .block(let inner): block(inner, to: nil)
        case .conditional(let condition, let then, let otherwise):
            conditional(condition, then, otherwise, to: nil)
        case .attempt(let inner, let name, _, let handler): attempt(inner, name, handler, to: nil)
        default:
            let register = scope.fresh()
            value(expression, to: register)
            // The result of a call is released at once: it may be large.
            if case .call = expression.kind { emit(.clear(register), .expression(expression)) }
        }
    }

    private func giveBack(_ value: Expression?, _ span: Span) {
        if scope.role == .file { return report(.syntax, "`return` is outside of a function", span) }
        if scope.role == .typeBody {
            if value != nil { report(.syntax, "the body of a type cannot return a value", span) }
            return emit(.give(0), .place(span))
        }
        guard let value else { return emit(.giveNil, .place(span)) }
        emit(.give(operand(value)), .place(span))
    }

    private func define(_ syntax: FunctionSyntax) {
        guard let name = syntax.name else { return }
        let isStable =
            scope.role != .file && scope.role != .typeBody && scope.survey.counts[name] == 1
            && scope.locals[name].map { !scope.assigned.contains($0.register) || $0.isCell } == true
            && !surveyor.survey(of: syntax).assigned.contains(name)
        let code = function(syntax, ownName: isStable ? name : nil)
        if case .register(let register)? = scope.resolve(name) {
            emit(.makeFunction(to: register, add(code)), .place(syntax.span))
            scope.assigned.insert(register)
            return
        }
        let register = scope.fresh()
        emit(.makeFunction(to: register, add(code)), .place(syntax.span))
        store(name, from: register, syntax.nameSpan)
    }

    // MARK: Loops

    private func whileLoop(_ condition: Expression, _ body: Block) {
        bindAll(body)
        let top = scope.newLabel()
        let exit = scope.newLabel()
        scope.place(top)
        jump(condition, if: false, to: exit)
        let before = scope.assigned
        scope.loops.append(.init(exit: exit, again: top))
        block(body, to: nil)
        scope.loops.removeLast()
        scope.assigned = before
        emit(.jumpBack(top), .expression(condition))
        scope.place(exit)
    }

    private func forLoop(_ names: [(String, Span)], _ collection: Expression, _ body: Block, _ span: Span) {
        let blockMark = scope.nextBlockRegister
        let state = scope.freshInBlock()
        let second = scope.freshInBlock()
        let variables = names.map { _ in scope.freshInBlock() }
        let spare = scope.freshInBlock()
        defer { scope.nextBlockRegister = blockMark }
        let exit = scope.newLabel()
        let again = scope.newLabel()
        let top = scope.newLabel()
        let origin = Origin.expression(collection)
        let before = scope.assigned

        var locals: [String: FunctionScope.Local] = [:]
        for (name, register) in zip(names, variables) {
            if locals[name.0] != nil { report(.name, "the loop names `\(name.0)` twice", name.1) }
            locals[name.0] = .init(register: register, isCell: scope.survey.inner.contains(name.0))
        }
        func loopBody() {
            bindAll(body)
            for (name, register) in zip(names, variables) where locals[name.0]?.isCell == true {
                emit(.wrapCell(register), .place(name.1))
            }
            scope.assigned.formUnion(variables)
            scope.blocks.append(locals)
            scope.loops.append(.init(exit: exit, again: again))
            block(body, to: nil)
            scope.loops.removeLast()
            scope.blocks.removeLast()
        }

        if names.count == 1, case .range(let start, let end?, let inclusive) = collection.kind {
            value(start, to: state)
            value(end, to: second)
            emit(.beginRange(first: state, inclusive: inclusive, exit: exit), origin)
            scope.place(top)
            loopBody()
            scope.place(again)
            emit(.nextInRange(first: state, body: top), origin)
        } else {
            temporarily { emit(.iterate(state: state, from: operand(collection)), origin) }
            scope.place(again)
            let item = names.count == 1 ? variables[0] : spare
            emit(.next(state: state, to: item, exit: exit), origin)
            if names.count > 1 {
                let place = Span(Int(names[0].1.start), Int(names[names.count - 1].1.end))
                emit(
                    .unpack(first: variables[0], count: scope.operand(names.count), from: spare),
                    .place(place))
            }
            loopBody()
            emit(.jumpBack(again), origin)
        }
        scope.place(exit)
        scope.assigned = before
        for register in [state, second, spare] + variables { emit(.clear(register), .place(span)) }
    }

    // MARK: Types

    private func type(_ syntax: FunctionSyntax) {
        guard let name = syntax.name else { return }
        if interpreter.isKind(name) {
            report(
                .name, "`\(name)` is the name of a built-in kind of values", syntax.nameSpan,
                help: "the names of types begin with a capital letter")
        }
        let isNested = scope.role != .file && scope.survey.counts[name] == 1
        guard let code = typeCode(syntax, isStable: isNested) else { return }
        scope.parts.types.append(code)
        let register = scope.fresh()
        emit(.makeType(to: register, UInt32(scope.parts.types.count - 1)), .place(syntax.span))
        store(name, from: register, syntax.nameSpan)
    }

    /// The names, body and methods of a type. `isStable`: its name has no other meaning around it.
    func typeCode(_ syntax: FunctionSyntax, isStable: Bool) -> TypeCode? {
        guard let name = syntax.name else { return nil }
        let survey = surveyor.survey(of: syntax)
        var methods: [FunctionSyntax] = []
        var methodNames: Set<String> = []
        for case .function(let method) in syntax.body.statements.map(\.kind) {
            guard let methodName = method.name else { continue }
            if !methodNames.insert(methodName).inserted {
                report(.name, "the method `\(methodName)` is defined twice", method.nameSpan)
                continue
            }
            methods.append(method)
            if syntax.parameters.contains(where: { $0.name == methodName }) {
                report(.name, "`\(methodName)` is a parameter and a method of \(name)", method.nameSpan)
            } else if survey.counts[methodName] != 1 {
                report(
                    .name, "`\(methodName)` is a method of \(name); methods cannot be replaced",
                    method.nameSpan)
            }
        }
        let assigned = survey.assigned.filter { !methodNames.contains($0) }
        // A parameter that the body assigns again is one of the names that the body assigns.
        let kept = syntax.parameters.map(\.name).filter {
            !assigned.contains($0) && !methodNames.contains($0)
        }
        let shape = TypeShape(
            name: name, fieldNames: kept + assigned, methodNames: methods.compactMap(\.name))
        let typeScope = TypeScope(
            shape: shape, ownName: isStable && shape.fieldSlots[name] == nil ? name : nil)
        let body = function(syntax, role: .typeBody, type: typeScope)
        return TypeCode(
            shape: shape, body: body, methods: methods.map { function($0, role: .method, type: typeScope) })
    }

    /// The body of a type, `self` in register 0: parameters become fields one after the other,
    /// then the statements run, and the object is returned.
    func typeBody(_ syntax: FunctionSyntax) {
        let methods = scope.type?.shape.methodSlots ?? [:]
        beginRegisters(1 + syntax.parameters.count)
        for (place, parameter) in syntax.parameters.enumerated() {
            let register = scope.operand(place + 1)
            if let value = parameter.defaultValue {
                let given = scope.newLabel()
                emit(.jumpIfGiven(register, given), .expression(value))
                temporarily {
                    let temporary = scope.fresh()
                    self.value(value, to: temporary)
                    emit(.move(to: register, from: temporary), .expression(value))
                }
                scope.place(given)
            }
            if let slot = scope.type?.shape.fieldSlots[parameter.name] {
                emit(
                    .setField(object: 0, slot: scope.operand(slot), from: register),
                    .place(parameter.span))
                emit(.clear(register), .place(parameter.span))
            }
        }
        scope.parts.fullEntry = 0
        for statement in syntax.body.statements {
            if case .function(let method) = statement.kind, let name = method.name, methods[name] != nil {
                continue
            }
            self.statement(statement)
        }
        emit(.give(0), .place(syntax.nameSpan))
    }
}
