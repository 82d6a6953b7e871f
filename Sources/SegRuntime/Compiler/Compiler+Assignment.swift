// Assignments. A target with members or indices is located as when it is read. Where a value is
// replaced, as a foreign value may be, the new one is stored back along the same path.

import SegSyntax
import SegSystem

extension Compiler {
    /// A place that was read into a register, and how to store the new value back.
    private indirect enum Place {
        /// A local's register, or a value without a place.
        case register(Register)
        case variable(Register, String, Span)
        case member(Register, base: Place, name: String, origin: Origin)
        case index(Register, base: Place, key: Register, origin: Origin)
        case indices(Register, base: Place, first: Register, count: UInt16, origin: Origin)

        var register: Register {
            switch self {
            case .register(let register), .variable(let register, _, _), .member(let register, _, _, _),
                .index(let register, _, _, _), .indices(let register, _, _, _, _):
                register
            }
        }
    }

    func assign(_ targets: [Target], _ values: [Expression], _ span: Span) {
        if targets.count == 1, values.count == 1 {
            if case .name(let name, let place) = targets[0] { return assign(name, values[0], place) }
            let value = targets[0].hasStatements ? settled(values[0]) : operand(values[0])
            return assign(targets[0], from: value)
        }
        if values.count == 1 {
            let source = operand(values[0])
            let registers = targets.map { _ in scope.fresh() }
            emit(
                .unpack(first: registers[0], count: scope.operand(targets.count), from: source),
                .assignment(span, point: span, operands: [values[0].span]))
            for (target, register) in zip(targets, registers) { assign(target, from: register) }
            return
        }
        if values.count != targets.count {
            let count = targets.count
            report(.syntax, "there are \(plural(count, "name")) for \(plural(values.count, "value"))", span)
            return
        }
        let first = gather(values)
        for (place, target) in targets.enumerated() {
            assign(target, from: scope.operand(Int(first) + place))
        }
    }

    /// `x = e`, computed straight into a local's register.
    private func assign(_ name: String, _ value: Expression, _ span: Span) {
        if case .register(let register)? = scope.resolve(name) {
            self.value(value, to: register)
            scope.assigned.insert(register)
            return
        }
        let register = scope.fresh()
        self.value(value, to: register)
        store(name, from: register, span)
    }

    private func assign(_ target: Target, from value: Register) {
        switch target {
        case .name(let name, let span): store(name, from: value, span)
        case .member(let base, let name, let nameSpan, let span):
            checkField(base, name, nameSpan)
            let place = place(base, settled: target.hasStatements)
            let origin = Origin.assignment(span, point: nameSpan, operands: [base.span])
            emit(.setMember(place.register, site: scope.site(Site(name: name)), from: value), origin)
            putBack(place)
        case .index(let base, let items, let span):
            let place = place(base, settled: target.hasStatements)
            let origin = indexOrigin(base, items, span)
            if items.count == 1, case .value(let key) = items[0] {
                emit(.setIndex(place.register, key: operand(key), from: value), origin)
            } else {
                let (first, count) = keys(items)
                emit(.setIndices(place.register, first: first, count: count, from: value), origin)
            }
            putBack(place)
        }
    }

    /// `self.x = e` where the type has no field `x`, known where the type is defined. Those of `children` and
    /// `settings` are known only to the object.
    private func checkField(_ base: Expression, _ name: String, _ span: Span) {
        guard case .selfReference = base.kind, let type = scope.resolveSelf()?.type else { return }
        let shape = type.shape
        guard shape.fieldSlots[name] == nil, shape.methodSlots[name] == nil,
            !["children", "settings"].contains(where: { shape.fieldSlots[$0] != nil })
        else { return }
        let near = nearestName(to: name, among: shape.fieldNames).map { "did you mean \($0)?" }
        report(
            .name, "\(shape.name) has no field \(name)", span,
            help: near
                ?? "the fields are the parameters of a type and the names that its body assigns without `self`: "
                + "type \(shape.name)(…) { \(name) = … }")
    }

    private func indexOrigin(_ base: Expression, _ items: [IndexItem], _ span: Span) -> Origin {
        let keys = items.map { item in
            switch item {
            case .value(let value): value.span
            case .wholeAxis(let span): span
            }
        }
        return .assignment(span, point: span, operands: [base.span] + keys)
    }

    /// Binds a name to a register's value.
    func store(_ name: String, from register: Register, _ span: Span) {
        let origin = Origin.place(span)
        switch scope.resolve(name) {
        case .register(let local):
            if local != register { emit(.move(to: local, from: register), origin) }
            scope.assigned.insert(local)
        case .cell(let cell): emit(.setCell(cell: cell, from: register), origin)
        case .capture(let place): emit(.setCapture(scope.operand(place), from: register), origin)
        case .field(let slot, let access):
            let object = object(access, span)
            emit(.setField(object: object, slot: scope.operand(slot), from: register), origin)
        case .method(_, let access):
            report(
                .name, "`\(name)` is a method of \(access.type.shape.name); methods cannot be replaced", span)
        case .capturedObject, .ownFunction, .ownType:
            report(.name, "`\(name)` cannot be assigned here", span)
        case nil:
            emit(.setGlobal(slot(storing: name, span), from: register), origin)
            bind(name)
        }
    }

    /// The global behind a name that an assignment changes: as it is read, or a new one of the file.
    private func slot(storing name: String, _ span: Span) -> UInt32 {
        if let slot = module.slot(of: name) { return UInt32(slot) }
        return slot(assigning: name)
    }

    func compoundAssign(_ target: Target, _ op: BinaryOperator, _ value: Expression, _ sign: Span) {
        let origin = Origin.assignment(
            target.span.joined(value.span), point: sign, operands: [target.span, value.span])
        // The new value goes to where the old one was read, whatever is assigned in between.
        let settles = target.hasStatements || value.hasStatements
        switch target {
        case .name(let name, let span): compoundAssign(name, op, value, span, origin)
        case .member(let base, let name, let nameSpan, _):
            checkField(base, name, nameSpan)
            let place = place(base, settled: settles)
            let current = scope.fresh()
            emit(.getMember(to: current, place.register, site: scope.site(Site(name: name))), origin)
            arithmetic(op, to: current, current, operand(value), origin)
            emit(.setMember(place.register, site: scope.site(Site(name: name)), from: current), origin)
            putBack(place)
        case .index(let base, let items, let span):
            let place = place(base, settled: settles)
            let current = scope.fresh()
            let reading = indexOrigin(base, items, span)
            if items.count == 1, case .value(let key) = items[0] {
                let key = settles ? settled(key) : operand(key)
                emit(.getIndex(to: current, place.register, key: key), reading)
                arithmetic(op, to: current, current, operand(value), origin)
                emit(.setIndex(place.register, key: key, from: current), reading)
            } else {
                let (first, count) = keys(items)
                emit(.getIndices(to: current, place.register, first: first, count: count), reading)
                arithmetic(op, to: current, current, operand(value), origin)
                emit(.setIndices(place.register, first: first, count: count, from: current), reading)
            }
            putBack(place)
        }
    }

    private func compoundAssign(
        _ name: String, _ op: BinaryOperator, _ value: Expression, _ span: Span, _ origin: Origin
    ) {
        switch scope.resolve(name) {
        case .register(let register):
            checkAssigned(register, name, span)
            var current = register
            if value.hasStatements {
                current = scope.fresh()
                emit(.move(to: current, from: register), origin)
            }
            if current == register, case .number(let number) = value.kind, let small = Float(exactly: number)
            {
                switch op {
                case .add: return emit(.addNumber(to: register, register, small), origin)
                case .subtract: return emit(.subtractNumber(to: register, register, small), origin)
                case .multiply: return emit(.multiplyNumber(to: register, register, small), origin)
                default: break
                }
            }
            if op == .add, current == register, case .string(let pieces) = value.kind,
                (2...100).contains(pieces.count)
            {
                return string(pieces, to: register, appends: true, origin)
            }
            arithmetic(op, to: register, current, operand(value), origin)
        // In place, so that a long text or list is not copied: where evaluating the other side cannot bind it again.
        case nil where op == .add && !value.hasStatements && !module.rebound.contains(name):
            guard let slot = slot(reading: name, span) else { return }
            let register = operand(value)
            if module.slot(of: name) != nil { return emit(.addToGlobal(slot, from: register), origin) }
            fallthrough
        default:
            let current = scope.fresh()
            read(name, span, to: current)
            arithmetic(op, to: current, current, operand(value), origin)
            store(name, from: current, span)
        }
    }

    // MARK: Places

    /// - Parameter settles: whether the statements around may assign the names in it.
    private func place(_ expression: Expression, settled settles: Bool) -> Place {
        let origin = Origin.expression(expression)
        switch expression.kind {
        case .name(let name):
            let register = settles ? settled(expression) : operand(expression)
            if !settles, case .register? = scope.resolve(name) { return .register(register) }
            return .variable(register, name, expression.span)
        case .member(let inner, let name, _):
            let base = place(inner, settled: settles)
            let register = scope.fresh()
            emit(.getMember(to: register, base.register, site: scope.site(Site(name: name))), origin)
            return .member(register, base: base, name: name, origin: origin)
        case .index(let inner, let items):
            let base = place(inner, settled: settles)
            let register = scope.fresh()
            if items.count == 1, case .value(let key) = items[0] {
                let key = settles ? settled(key) : operand(key)
                emit(.getIndex(to: register, base.register, key: key), origin)
                return .index(register, base: base, key: key, origin: origin)
            }
            let (first, count) = keys(items)
            emit(.getIndices(to: register, base.register, first: first, count: count), origin)
            return .indices(register, base: base, first: first, count: count, origin: origin)
        default: return .register(operand(expression))
        }
    }

    /// Stores a replaced value back into its place, and so on outwards.
    private func putBack(_ place: Place) {
        let end = scope.newLabel()
        switch place {
        case .register: break
        case .variable(let register, let name, let span):
            // Library names and names of functions hold no values that are replaced.
            if case nil = scope.resolve(name), module.slot(of: name) == nil { break }
            switch scope.resolve(name) {
            case .capturedObject, .ownFunction, .ownType, .method: break
            default:
                emit(.jumpUnlessForeign(register, end), .place(span))
                store(name, from: register, span)
            }
        case .member(let register, let base, let name, let origin):
            emit(.jumpUnlessForeign(register, end), origin)
            emit(.setMember(base.register, site: scope.site(Site(name: name)), from: register), origin)
            putBack(base)
        case .index(let register, let base, let key, let origin):
            emit(.jumpUnlessForeign(register, end), origin)
            emit(.setIndex(base.register, key: key, from: register), origin)
            putBack(base)
        case .indices(let register, let base, let first, let count, let origin):
            emit(.jumpUnlessForeign(register, end), origin)
            emit(.setIndices(base.register, first: first, count: count, from: register), origin)
            putBack(base)
        }
        scope.place(end)
    }
}
