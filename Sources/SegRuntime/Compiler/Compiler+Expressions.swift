// Expressions. `value(_:to:)` writes its register only after it has read all its inputs, so
// that `x = f(x)` may compute directly into x.

import SegSyntax

extension Compiler {
    /// The register that holds the value: a local's own, or a new temporary.
    func operand(_ expression: Expression) -> Register {
        switch expression.kind {
        case .name(let name):
            if case .register(let register)? = scope.resolve(name) {
                checkAssigned(register, name, expression.span)
                return register
            }
        case .selfReference: if scope.type != nil { return 0 }
        default: break
        }
        let register = scope.fresh()
        value(expression, to: register)
        return register
    }

    /// An operand that the next evaluation cannot change.
    func stableOperand(_ expression: Expression, before next: Expression) -> Register {
        next.hasStatements ? settled(expression) : operand(expression)
    }

    /// The value of an expression in a register that no assignment changes.
    func settled(_ expression: Expression) -> Register {
        let register = operand(expression)
        if scope.isTemporary(register) { return register }
        let copy = scope.fresh()
        emit(.move(to: copy, from: register), .expression(expression))
        return copy
    }

    /// A register for intermediate results of the value for `to`.
    private func workspace(_ to: Register) -> Register { scope.isTemporary(to) ? to : scope.fresh() }

    func temporarily(_ body: () -> Void) {
        let mark = scope.nextRegister
        body()
        scope.nextRegister = mark
    }

    func checkAssigned(_ register: Register, _ name: String, _ span: Span) {
        if scope.assigned.contains(register) || Int(register) >= scope.firstTemporary { return }
        scope.doubtful.insert(register)
        emit(.checkAssigned(register, name: scope.name(name)), .place(span))
    }

    func value(_ expression: Expression, to: Register) {
        let mark = scope.nextRegister
        defer { scope.nextRegister = mark }
        let origin = Origin.expression(expression)
        switch expression.kind {
        case .nilLiteral: emit(.loadNil(to: to), origin)
        case .bool(let bool): emit(.loadBool(to: to, bool), origin)
        case .number(let number): load(number, to: to, origin)
        case .string(let pieces): string(pieces, to: to, origin)
        case .name(let name): read(name, expression.span, to: to)
        case .selfReference: loadSelf(expression.span, to: to)
        case .list(let items): list(items, to: to, origin)
        case .record(let entries): record(entries, to: to, origin)
        case .unary(.minus, let inner):
            if case .number(let number) = inner.kind { return load(-number, to: to, origin) }
            emit(.negate(to: to, operand(inner)), origin)
        case .unary(.not, let inner): emit(.invert(to: to, operand(inner)), origin)
        case .not(let inner): emit(.not(to: to, operand(inner)), origin)
        case .binary(let op, let left, let right, _): binary(op, left, right, to: to, origin)
        case .comparison(let operands, let signs): comparison(operands, signs, expression, to: to)
        case .and(let left, let right): shortCircuit(left, right, leavesIf: false, to: to)
        case .or(let left, let right): shortCircuit(left, right, leavesIf: true, to: to)
        case .range(let start, let end, let inclusive):
            guard let end else {
                emit(.makeOpenRange(to: to, operand(start), inclusive: inclusive), origin)
                return
            }
            let first = stableOperand(start, before: end)
            emit(.makeRange(to: to, first, operand(end), inclusive: inclusive), origin)
        case .call(let callee, let arguments): call(expression, callee, arguments, to: to)
        case .member(let base, let name, _):
            emit(.getMember(to: to, part(base, to), site: scope.site(Site(name: name))), origin)
        case .index(let base, let items): index(base, items, to: to, origin)
        case .function(let syntax):
            emit(.makeFunction(to: to, add(function(syntax))), origin)
        case .block(let block): self.block(block, to: to)
        case .conditional(let condition, let then, let otherwise):
            conditional(condition, then, otherwise, to: to)
        case .attempt(let block, let name, _, let handler): attempt(block, name, handler, to: to)
        case .importFile(let path): emit(.importFile(to: to, operand(path)), origin)
        }
    }

    /// The first operand of an operation that gives `to`: in that register itself where it is
    /// a temporary, so that no other register keeps it.
    private func part(_ expression: Expression, _ to: Register) -> Register {
        if case .name(let name) = expression.kind, case .register(let register)? = scope.resolve(name) {
            checkAssigned(register, name, expression.span)
            return register
        }
        if case .selfReference = expression.kind, scope.type != nil { return 0 }
        guard scope.isTemporary(to) else { return operand(expression) }
        value(expression, to: to)
        return to
    }

    func add(_ code: Code) -> UInt32 {
        scope.parts.functions.append(code)
        return UInt32(scope.parts.functions.count - 1)
    }

    func load(_ number: Double, to: Register, _ origin: Origin) {
        if let small = Float(exactly: number) {
            emit(.loadNumber(to: to, small), origin)
        } else {
            emit(.loadConstant(to: to, scope.constant(number)), origin)
        }
    }

    private func loadSelf(_ span: Span, to: Register) {
        guard let access = scope.resolveSelf() else {
            report(.syntax, "`self` is allowed only inside a type", span)
            return
        }
        if let capture = access.capture {
            emit(.loadCapture(to: to, scope.operand(capture)), .place(span))
        } else {
            emit(.move(to: to, from: 0), .place(span))
        }
    }

    /// The register of the object a field or method belongs to.
    func object(_ access: SelfAccess, _ span: Span) -> Register {
        guard let capture = access.capture else { return 0 }
        let register = scope.fresh()
        emit(.loadCapture(to: register, scope.operand(capture)), .place(span))
        return register
    }

    func read(_ name: String, _ span: Span, to: Register) {
        let origin = Origin.place(span)
        switch scope.resolve(name) {
        case .register(let register):
            checkAssigned(register, name, span)
            if register != to { emit(.move(to: to, from: register), origin) }
        case .cell(let register): emit(.getCell(to: to, cell: register, name: scope.name(name)), origin)
        case .capture(let place):
            emit(.getCapture(to: to, scope.operand(place), name: scope.name(name)), origin)
        case .capturedObject(let place): emit(.loadCapture(to: to, scope.operand(place)), origin)
        case .ownFunction: emit(.loadOwnFunction(to: to), origin)
        case .field(let slot, let access):
            emit(
                .getField(to: to, object: object(access, span), slot: scope.operand(slot)),
                origin)
        case .method(let slot, let access):
            emit(
                .bindMethod(to: to, object: object(access, span), method: scope.operand(slot)),
                origin)
        case .ownType(let access): emit(.loadOwnType(to: to, object: object(access, span)), origin)
        case nil:
            if let slot = slot(reading: name, span) { emit(.getGlobal(to: to, slot), origin) }
        }
    }

    // MARK: Operators

    private func binary(
        _ op: BinaryOperator, _ left: Expression, _ right: Expression, to: Register, _ origin: Origin
    ) {
        if case .number(let number) = right.kind, let small = Float(exactly: number) {
            switch op {
            case .add: return emit(.addNumber(to: to, part(left, to), small), origin)
            case .subtract: return emit(.subtractNumber(to: to, part(left, to), small), origin)
            case .multiply: return emit(.multiplyNumber(to: to, part(left, to), small), origin)
            default: break
            }
        }
        var first = part(left, to)
        if right.hasStatements, !scope.isTemporary(first) {
            let copy = scope.fresh()
            emit(.move(to: copy, from: first), .expression(left))
            first = copy
        }
        arithmetic(op, to: to, first, operand(right), origin)
    }

    func arithmetic(_ op: BinaryOperator, to: Register, _ a: Register, _ b: Register, _ origin: Origin) {
        switch op {
        case .add: emit(.add(to: to, a, b), origin)
        case .subtract: emit(.subtract(to: to, a, b), origin)
        case .multiply: emit(.multiply(to: to, a, b), origin)
        case .divide: emit(.divide(to: to, a, b), origin)
        case .remainder: emit(.remainder(to: to, a, b), origin)
        default: emit(.arithmetic(op, to: to, a, b), origin)
        }
    }

    private func comparison(
        _ operands: [Expression], _ relations: [(Relation, Span)], _ whole: Expression, to: Register
    ) {
        if relations.count == 1 {
            let left = stableOperand(operands[0], before: operands[1])
            relate(relations[0].0, left, operands[1], to: to, .comparison(whole, 0))
            return
        }
        let result = workspace(to)
        let end = scope.newLabel()
        var left = stableOperand(operands[0], before: operands[1])
        let before = scope.assigned
        for (place, relation) in relations.enumerated() {
            let isLast = place == relations.count - 1
            let origin = Origin.comparison(whole, place)
            let part = place == 0 ? result : scope.fresh()
            if isLast {
                relate(relation.0, left, operands[place + 1], to: part, origin)
            } else {
                let right = stableOperand(operands[place + 1], before: operands[place + 2])
                relate(relation.0, left, right, to: part, origin)
                left = right
            }
            if place > 0 { emit(.joinChain(to: result, part), origin) }
            if !isLast { emit(.jumpIfPlainFalse(result, end), origin) }
        }
        scope.assigned = before
        scope.place(end)
        if result != to { emit(.move(to: to, from: result), .expression(whole)) }
    }

    /// One comparison, whose right side nothing reads after it.
    private func relate(
        _ relation: Relation, _ left: Register, _ right: Expression, to: Register, _ origin: Origin
    ) {
        if case .isOfType(let negated) = relation {
            typeTest(left, right, negated: negated, to: to, origin)
        } else {
            relate(relation, left, operand(right), to: to, origin)
        }
    }

    private func relate(
        _ relation: Relation, _ left: Register, _ right: Register, to: Register, _ origin: Origin
    ) {
        switch relation {
        case .compares(let op): emit(.compare(op, to: to, left, right), origin)
        case .isIn(let negated): emit(.contains(to: to, left, in: right, negated: negated), origin)
        case .isOfType(let negated): emit(.isOfType(to: to, left, type: right, negated: negated), origin)
        }
    }

    /// `x is T`. The names of the built-in kinds always mean these, even if a variable has the name.
    private func typeTest(
        _ left: Register, _ type: Expression, negated: Bool, to: Register, _ origin: Origin
    ) {
        var kind: String?
        switch type.kind {
        case .nilLiteral: kind = "nil"
        case .name(let name):
            if interpreter.isKind(name) { kind = name } else if !checkType(name, type.span) { return }
        default: break
        }
        if let kind {
            emit(.isOfKind(to: to, left, name: scope.name(kind), negated: negated), origin)
        } else {
            emit(.isOfType(to: to, left, type: operand(type), negated: negated), origin)
        }
    }

    /// Whether the name of a type exists; else reports an error with the nearest type.
    private func checkType(_ name: String, _ span: Span) -> Bool {
        if scope.resolve(name) != nil || module.slot(of: name) != nil { return true }
        if interpreter.librarySlot(name, seenFrom: module) != nil || options.isOpen && scope.parent != nil {
            return true
        }
        report(
            .name, "there is no type called `\(name)`", span,
            help: interpreter.typeHelp(for: name, among: visibleNames))
        return false
    }

    private func shortCircuit(_ left: Expression, _ right: Expression, leavesIf: Bool, to: Register) {
        let result = workspace(to)
        let end = scope.newLabel()
        value(left, to: result)
        emit(leavesIf ? .jumpIfTrue(result, end) : .jumpIfFalse(result, end), .expression(left))
        let before = scope.assigned
        value(right, to: result)
        scope.assigned = before
        scope.place(end)
        if result != to { emit(.move(to: to, from: result), .expression(right)) }
    }

    // MARK: Conditions

    /// Jumps to the label when the condition's truth is `wanted`, else falls through.
    func jump(_ condition: Expression, if wanted: Bool, to label: UInt32) {
        let mark = scope.nextRegister
        defer { scope.nextRegister = mark }
        let origin = Origin.expression(condition)
        switch condition.kind {
        case .bool(let bool): if bool == wanted { emit(.jump(label), origin) }
        case .not(let inner): jump(inner, if: !wanted, to: label)
        case .and(let left, let right), .or(let left, let right):
            var leaves = false
            if case .or = condition.kind { leaves = true }
            if wanted == leaves {
                jump(left, if: wanted, to: label)
                let before = scope.assigned
                jump(right, if: wanted, to: label)
                scope.assigned = before
            } else {
                let skip = scope.newLabel()
                jump(left, if: leaves, to: skip)
                let before = scope.assigned
                jump(right, if: wanted, to: label)
                scope.assigned = before
                scope.place(skip)
            }
        case .comparison(let operands, let relations) where relations.count == 1 && !wanted:
            guard case .compares(let sign) = relations[0].0 else {
                return jumpByValue(condition, if: wanted, to: label)
            }
            let origin = Origin.comparison(condition, 0)
            if case .number(let number) = operands[1].kind, let small = Int16(exactly: number) {
                emit(Self.jumpUnless(sign, operand(operands[0]), small, label), origin)
                return
            }
            let left = stableOperand(operands[0], before: operands[1])
            emit(Self.jumpUnless(sign, left, operand(operands[1]), label), origin)
        default: jumpByValue(condition, if: wanted, to: label)
        }
    }

    private func jumpByValue(_ condition: Expression, if wanted: Bool, to label: UInt32) {
        let register = operand(condition)
        emit(
            wanted ? .jumpIfTrue(register, label) : .jumpIfFalse(register, label), .expression(condition))
    }

    private static func jumpUnless(
        _ sign: ComparisonOperator, _ a: Register, _ b: Register, _ label: UInt32
    ) -> Instruction {
        switch sign {
        case .equal: .jumpUnlessEqual(a, b, label)
        case .notEqual: .jumpUnlessNotEqual(a, b, label)
        case .less: .jumpUnlessLess(a, b, label)
        case .lessOrEqual: .jumpUnlessLessOrEqual(a, b, label)
        case .greater: .jumpUnlessGreater(a, b, label)
        case .greaterOrEqual: .jumpUnlessGreaterOrEqual(a, b, label)
        }
    }

    private static func jumpUnless(
        _ sign: ComparisonOperator, _ a: Register, _ b: Int16, _ label: UInt32
    ) -> Instruction {
        switch sign {
        case .equal: .jumpUnlessEqualNumber(a, b, label)
        case .notEqual: .jumpUnlessNotEqualNumber(a, b, label)
        case .less: .jumpUnlessLessNumber(a, b, label)
        case .lessOrEqual: .jumpUnlessLessOrEqualNumber(a, b, label)
        case .greater: .jumpUnlessGreaterNumber(a, b, label)
        case .greaterOrEqual: .jumpUnlessGreaterOrEqualNumber(a, b, label)
        }
    }

    // MARK: Control

    /// `if`; the value goes to a register, or nowhere.
    func conditional(_ condition: Expression, _ then: Block, _ otherwise: Expression?, to: Register?) {
        let other = scope.newLabel()
        let end = scope.newLabel()
        jump(condition, if: false, to: other)
        let before = scope.assigned
        block(then, to: to)
        let afterThen = scope.assigned
        scope.assigned = before
        if otherwise == nil, to == nil {
            scope.place(other)
            return
        }
        emit(.jump(end), .place(then.span))
        scope.place(other)
        if let otherwise {
            switch (otherwise.kind, to) {
            case (.block(let inner), _): block(inner, to: to)
            case (.conditional(let c, let t, let o), _): conditional(c, t, o, to: to)
            case (_, let to?): value(otherwise, to: to)
            default: effect(otherwise)
            }
        } else if let to {
            emit(.loadNil(to: to), .place(then.span))
        }
        scope.assigned = scope.assigned.intersection(afterThen)
        scope.place(end)
    }

    /// `try … catch`: the place of the error selects the handler.
    func attempt(_ block: Block, _ name: String?, _ handler: Block, to: Register?) {
        let end = scope.newLabel()
        let start = scope.parts.instructions.count
        let before = scope.assigned
        let blockMark = scope.nextBlockRegister
        let register = scope.freshInBlock()
        let firstFree = scope.nextRegister
        attempts += 1
        self.block(block, to: to)
        attempts -= 1
        let stop = scope.parts.instructions.count
        let afterBlock = scope.assigned
        emit(.jump(end), .place(block.span))
        scope.parts.handlers.append(
            Handler(
                start: start, end: stop, target: scope.parts.instructions.count, register: Int(register),
                firstFree: firstFree))
        scope.assigned = before
        scope.assigned.insert(register)
        if let name {
            let isCell = scope.survey.inner.contains(name)
            if isCell { emit(.wrapCell(register), .place(handler.span)) }
            scope.blocks.append([name: .init(register: register, isCell: isCell)])
        }
        self.block(handler, to: to)
        if name != nil { scope.blocks.removeLast() }
        emit(.clear(register), .place(handler.span))
        scope.assigned = scope.assigned.intersection(afterBlock)
        scope.nextBlockRegister = blockMark
        scope.place(end)
    }

    /// A block's statements; the value of its last expression goes to a register, or nowhere.
    func block(_ block: Block, to: Register?) {
        guard let last = block.statements.last else {
            if let to { emit(.loadNil(to: to), .place(block.span)) }
            return
        }
        for statement in block.statements.dropLast() { self.statement(statement) }
        if let to, case .expression(let value) = last.kind {
            self.value(value, to: to)
        } else {
            statement(last)
            if let to { emit(.loadNil(to: to), .place(last.span)) }
        }
    }

    /// A function's body: every path returns its value.
    func tail(_ block: Block) {
        for statement in block.statements.dropLast() { self.statement(statement) }
        guard let last = block.statements.last else { return emit(.giveNil, .place(block.span)) }
        guard case .expression(let value) = last.kind else {
            statement(last)
            return emit(.giveNil, .place(last.span))
        }
        tail(value)
    }

    private func tail(_ expression: Expression) {
        switch expression.kind {
        case .block(let block): tail(block)
        case .conditional(let condition, let then, let otherwise):
            let other = scope.newLabel()
            jump(condition, if: false, to: other)
            let before = scope.assigned
            tail(then)
            scope.assigned = before
            scope.place(other)
            if let otherwise { tail(otherwise) } else { emit(.giveNil, .expression(expression)) }
        default:
            temporarily {
                let register = operand(expression)
                emit(.give(register), .expression(expression))
            }
        }
    }
}
