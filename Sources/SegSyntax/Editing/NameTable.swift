// The names that a text binds, each with all places where it means the same thing, by the language's rules of
// scope: for renaming, for going to a definition, and for what may be typed at a place. Nothing is run; members of
// values are followed only where the text alone decides.

public final class NameTable {
    /// All names in the order of their definitions.
    public private(set) var names: [BoundName] = []
    /// Names that the text uses and does not bind: the library's, and unknown ones.
    public private(set) var others: [(name: String, span: Span)] = []
    /// Members after a point that the text alone does not decide; `isCall` for `x.f(a)`, which may call a function.
    public private(set) var members: [(name: String, span: Span, isCall: Bool)] = []

    private let source: Source
    private let root: NameScope
    private var scope: NameScope
    private var scopes: [NameScope] = []
    /// Calls `x.f(a)` and the scopes they are in, until all types are known.
    private var pending: [(name: String, span: Span, receiver: Expression, scope: NameScope, isCall: Bool)] =
        []
    /// Named arguments of calls, until all functions are known.
    private var labels: [Label] = []
    /// Names of arguments for functions of which the text alone does not decide which they are.
    public private(set) var looseLabels: [(name: String, span: Span)] = []

    private struct Label {
        let callee: String
        let receiver: Expression?
        let name: String
        let span: Span
        let scope: NameScope
    }

    public init(_ program: Program) {
        source = program.source
        root = NameScope(.file, nil, Span(0, program.source.bytes.count))
        scope = root
        scopes = [root]
        bind(program.statements)
        for statement in program.statements { visit(statement) }
        resolveMembers()
        resolveLabels()
        for name in names { name.places.sort { $0.span.start < $1.span.start } }
        names.sort { $0.definition.start < $1.definition.start }
    }

    // MARK: Questions

    /// The name at a place of the text, and its span there.
    public func name(at offset: Int) -> (name: BoundName, span: Span)? {
        for name in names {
            for place in name.places where place.span.holds(offset) { return (name, place.span) }
        }
        return nil
    }

    /// The names that can be used at a place, the innermost of equal ones.
    public func visible(at offset: Int) -> [BoundName] {
        var found: [String: BoundName] = [:]
        var scope: NameScope? = innermost(at: offset)
        while let current = scope {
            for (name, bound) in current.names where found[name] == nil { found[name] = bound }
            scope = current.parent
        }
        return found.values.sorted { $0.name < $1.name }
    }

    /// What a name means at a place.
    public func meaning(of name: String, at offset: Int) -> BoundName? {
        resolve(name, in: innermost(at: offset))
    }

    /// The type whose body holds a place.
    public func type(at offset: Int) -> BoundName? {
        var scope: NameScope? = innermost(at: offset)
        while let current = scope {
            if current.role == .type { return current.owner }
            scope = current.parent
        }
        return nil
    }

    /// Why a name cannot be given another one, if so: another thing of that name can be seen from one of its places,
    /// or it would hide one.
    public func obstacle(to renaming: BoundName, as new: String) -> BoundName? {
        for place in renaming.places {
            var scope: NameScope? = innermost(at: Int(place.span.start))
            while let current = scope {
                if let other = current.names[new], other !== renaming { return other }
                if current === renaming.scope { break }
                scope = current.parent
            }
        }
        // What is used inside of the name's scope, and would mean this then. Names of the outermost level are never
        // bound by what is inside of a function.
        if renaming.scope === root { return nil }
        for other in names where other.name == new && other !== renaming {
            for place in other.places where renaming.scope.span.holds(Int(place.span.start)) { return other }
        }
        return nil
    }

    private func innermost(at offset: Int) -> NameScope {
        var best = root
        for scope in scopes where scope.span.holds(offset) {
            // Scopes were made from the outside in.
            if scope.span.end - scope.span.start <= best.span.end - best.span.start { best = scope }
        }
        return best
    }

    // MARK: Binding

    private func resolve(_ name: String, in start: NameScope) -> BoundName? {
        var scope: NameScope? = start
        while let current = scope {
            if let found = current.names[name] { return found }
            scope = current.parent
        }
        return nil
    }

    @discardableResult
    private func add(_ name: String, _ kind: BoundName.Kind, _ span: Span, to scope: NameScope) -> BoundName {
        if let known = scope.names[name] { return known }
        let bound = BoundName(name, kind, source.place(of: name, in: span), scope)
        scope.names[name] = bound
        names.append(bound)
        if scope.role == .type, let owner = scope.owner {
            bound.type = owner
            owner.members.append(bound)
        }
        return bound
    }

    /// Whether an assignment rebinds a name of an enclosing function or type.
    private func rebindsOutside(_ name: String) -> Bool {
        var outer = scope.parent
        while let current = outer, current.role != .file {
            if current.names[name] != nil { return true }
            outer = current.parent
        }
        return false
    }

    /// Gives a scope the names that its statements bind: blocks make none of their own.
    private func bind(_ statements: [Statement]) {
        var assigned = AssignedNames(entersFunctions: scope === root)
        assigned.visit(statements)
        for (name, span, isGlobal) in assigned.found {
            if isGlobal {
                add(name, .variable, span, to: root)
            } else if scope.role == .file || scope.role == .type || !rebindsOutside(name) {
                add(name, scope.role == .type ? .field : .variable, span, to: scope)
            }
        }
    }

    private func use(_ name: String, _ span: Span, isBinding: Bool = false) {
        let span = source.place(of: name, in: span)
        guard let bound = resolve(name, in: scope) else {
            others.append((name, span))
            return
        }
        bound.places.append(.init(span: span, isBinding: isBinding))
        if isBinding { bound.bindings += 1 }
    }

    private func inside(_ role: NameScope.Role, _ span: Span, owner: BoundName? = nil, _ body: () -> Void) {
        let saved = scope
        scope = NameScope(role, saved, span, owner: owner)
        scopes.append(scope)
        body()
        scope = saved
    }

    // MARK: The walk

    private func visit(_ statement: Statement) {
        switch statement.kind {
        case .expression(let value): visit(value)
        case .assign(let targets, let values, let doc):
            for (place, value) in values.enumerated() {
                guard targets.count == values.count, case .name(let name, _) = targets[place],
                    let bound = resolve(name, in: scope), bound.value == nil
                else {
                    visit(value)
                    continue
                }
                bound.value = value
                if bound.doc == nil { bound.doc = doc }
                guard case .function(let function) = value.kind, bound.function == nil else {
                    visit(value)
                    continue
                }
                bound.function = function
                visit(function, known: bound)
            }
            targets.forEach(visit)
        case .compoundAssign(let target, _, let value, _):
            visit(value)
            visit(target)
        case .global(let name, let span, let value):
            visit(value)
            if let bound = root.names[name] {
                bound.places.append(.init(span: span, isBinding: true))
                bound.bindings += 1
            }
        case .function(let function): define(function)
        case .type(let function): defineType(function)
        case .forLoop(let names, let collection, let body):
            visit(collection)
            inside(.block, statement.span) {
                for (name, span) in names {
                    add(name, .loop, span, to: scope)
                    use(name, span, isBinding: true)
                }
                body.statements.forEach(visit)
            }
        case .whileLoop(let condition, let body):
            visit(condition)
            body.statements.forEach(visit)
        case .returnValue(let value): value.map(visit)
        case .breakLoop, .continueLoop: break
        }
    }

    private func define(_ function: FunctionSyntax) {
        guard let name = function.name else { return visit(function, known: nil) }
        use(name, function.nameSpan, isBinding: true)
        let bound = resolve(name, in: scope)
        if let bound, bound.function == nil {
            bound.function = function
            bound.doc = function.doc
            bound.kind = scope.role == .type ? .method : .function
        }
        visit(function, known: bound)
    }

    private func visit(_ function: FunctionSyntax, known: BoundName?) {
        inside(.function, function.span) {
            addParameters(function, .parameter, known)
            bind(function.body.statements)
            function.body.statements.forEach(visit)
        }
    }

    private func addParameters(_ function: FunctionSyntax, _ kind: BoundName.Kind, _ known: BoundName?) {
        for parameter in function.parameters {
            for (name, span) in parameter.places(in: source) {
                let bound = add(name, kind, span, to: scope)
                use(name, span, isBinding: true)
                if parameter.pattern == nil, known?.function === function { known?.parameters[name] = bound }
            }
        }
        for parameter in function.parameters { parameter.defaultValue.map(visit) }
    }

    private func defineType(_ function: FunctionSyntax) {
        guard let name = function.name else { return }
        use(name, function.nameSpan, isBinding: true)
        let bound = resolve(name, in: scope)
        if let bound, bound.function == nil {
            bound.function = function
            bound.doc = function.doc
            bound.kind = .type
        }
        inside(.type, function.span, owner: bound) {
            addParameters(function, .field, bound)
            bind(function.body.statements)
            function.body.statements.forEach(visit)
        }
    }

    private func visit(_ target: Target) {
        switch target {
        case .name(let name, let span): use(name, span, isBinding: true)
        case .member(let base, let name, let span, _):
            visit(base)
            pending.append((name, span, base, scope, false))
        case .index(let base, let items, _):
            visit(base)
            items.forEach(visit)
        }
    }

    private func visit(_ item: IndexItem) {
        if case .value(let value) = item { visit(value) }
    }

    private func visit(_ expression: Expression) {
        switch expression.kind {
        case .nilLiteral, .bool, .number, .selfReference: break
        case .name(let name): use(name, expression.span)
        case .string(let pieces):
            for piece in pieces { if case .value(let value, _) = piece.kind { visit(value) } }
        case .list(let arguments): for argument in arguments { visit(argument.value) }
        case .record(let entries):
            for entry in entries {
                if case .string(let key) = entry.key { visit(key) }
                visit(entry.value)
            }
        case .unary(_, let value), .not(let value), .importFile(let value): visit(value)
        case .binary(_, let left, let right, _), .and(let left, let right), .or(let left, let right):
            visit(left)
            visit(right)
        case .comparison(let operands, _): operands.forEach(visit)
        case .range(let start, let end, _):
            visit(start)
            end.map(visit)
        case .call(let callee, let arguments): visitCall(callee, arguments)
        case .member(let base, let name, let span):
            visit(base)
            pending.append((name, span, base, scope, false))
        case .index(let base, let items):
            visit(base)
            items.forEach(visit)
        case .function(let function): visit(function, known: nil)
        case .block(let block): block.statements.forEach(visit)
        case .conditional(let condition, let then, let otherwise):
            visit(condition)
            then.statements.forEach(visit)
            otherwise.map(visit)
        case .attempt(let block, let name, let span, let handler):
            block.statements.forEach(visit)
            guard let name, let span else { return handler.statements.forEach(visit) }
            inside(.block, handler.span.joined(span)) {
                add(name, .caught, span, to: scope)
                use(name, span, isBinding: true)
                handler.statements.forEach(visit)
            }
        }
    }

    private func visitCall(_ callee: Expression, _ arguments: [Argument]) {
        var function = ""
        var receiver: Expression?
        switch callee.kind {
        case .member(let base, let name, let span):
            visit(base)
            pending.append((name, span, base, scope, true))
            (function, receiver) = (name, base)
        case .name(let name):
            visit(callee)
            function = name
        default: visit(callee)
        }
        for argument in arguments {
            if case .named(let name) = argument.label {
                let start = Int(argument.span.start)
                let span = Span(start, start + name.utf8.count)
                labels.append(
                    Label(callee: function, receiver: receiver, name: name, span: span, scope: scope))
            }
            visit(argument.value)
        }
    }

    // MARK: Members and labels

    /// Members of `self`, and of a name that was made by a call of a type of the text, are that type's; another
    /// `x.f(a)` calls a function of the text if no type of the text has such a member.
    private func resolveMembers() {
        let ofTypes = Set(names.filter { $0.type != nil }.map(\.name))
        for (name, span, receiver, scope, isCall) in pending {
            if let type = type(of: receiver, in: scope) {
                if let member = type.members.first(where: { $0.name == name }) {
                    member.places.append(.init(span: span, isBinding: false))
                    continue
                }
            } else if ofTypes.contains(name) {
                members.append((name, span, isCall))
                continue
            }
            if isCall, let function = resolve(name, in: scope), function.function != nil {
                function.places.append(.init(span: span, isBinding: false))
            } else {
                members.append((name, span, isCall))
            }
        }
        pending = []
    }

    private func type(of receiver: Expression, in scope: NameScope) -> BoundName? {
        switch receiver.kind {
        case .selfReference:
            var outer: NameScope? = scope
            while let current = outer, current.role != .type { outer = current.parent }
            return outer?.owner
        case .name(let name):
            guard let bound = resolve(name, in: scope), bound.bindings == 1, let value = bound.value else {
                return nil
            }
            return made(by: value, in: bound.scope)
        case .call: return made(by: receiver, in: scope)
        default: return nil
        }
    }

    /// The type of the text whose object an expression makes.
    private func made(by value: Expression, in scope: NameScope) -> BoundName? {
        guard case .call(let callee, _) = value.kind, case .name(let name) = callee.kind,
            let type = resolve(name, in: scope), type.kind == .type, type.isStable
        else { return nil }
        return type
    }

    private func resolveLabels() {
        for label in labels {
            var function: BoundName?
            if let receiver = label.receiver, let type = type(of: receiver, in: label.scope) {
                function = type.members.first { $0.name == label.callee }
            }
            function = function ?? resolve(label.callee, in: label.scope)
            if let function, function.isStable {
                function.parameters[label.name]?.places.append(.init(span: label.span, isBinding: false))
            } else if function != nil || label.receiver != nil || label.callee.isEmpty {
                looseLabels.append((label.name, label.span))
            }
        }
        labels = []
    }
}

extension Span {
    /// Whether a place is in the span, or directly behind it.
    public func holds(_ offset: Int) -> Bool { Int(start) <= offset && offset <= Int(end) }
}

extension Source {
    /// The place of a name in what is only a name, but for parentheses, dots, comments, and what a slip has before it.
    fileprivate func place(of name: String, in span: Span) -> Span {
        var start = Int(span.start)
        if !bytes.dropFirst(start).starts(with: name.utf8) {
            var lexer = Lexer(source: self, range: start..<max(start, Int(span.end)))
            var token = lexer.next()
            while token.kind != .end, !token.kind.isWord || text(token.span) != name { token = lexer.next() }
            if token.kind != .end { start = Int(token.start) }
        }
        return Span(start, start + name.utf8.count)
    }
}

extension Parameter {
    /// The names that it binds, with their places.
    fileprivate func places(in source: Source) -> [(String, Span)] {
        guard let pattern else {
            return [(name, source.place(of: name, in: span))]
        }
        return pattern.places
    }
}

extension Pattern {
    fileprivate var places: [(String, Span)] {
        switch self {
        case .name(let name, let span): [(name, span)]
        case .elements(let parts, _): parts.flatMap(\.places)
        }
    }
}
