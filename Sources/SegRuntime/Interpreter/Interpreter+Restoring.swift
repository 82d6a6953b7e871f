// Functions and types for `save`, `load` and `isolated`: which globals of the user they name,
// and how they are restored from their text and captures.

import SegSyntax

extension Code {
    /// The places of all globals that this code and the functions inside it name.
    var globalSlots: Set<Int> {
        var slots: Set<Int> = []
        var work = [self]
        while let code = work.popLast() {
            let executable = code.executable.pointee
            for place in 0..<code.instructionCount {
                switch executable.instructions[place] {
                case .getGlobal(_, let slot), .setGlobal(let slot, _), .addToGlobal(let slot, _),
                    .callGlobal(_, _, _, let slot):
                    slots.insert(Int(slot))
                default: break
                }
            }
            for place in 0..<code.siteCount {
                for case .global(let slot) in executable.sites[place].candidates { slots.insert(slot) }
            }
            work += code.functions
            for type in code.types { work += [type.body] + type.methods }
        }
        return slots
    }
}

extension TypeObject {
    /// Its body and its methods.
    var functions: [FunctionObject] { [constructor] + methods }

    public var module: Module { constructor.code.module }

    /// What its functions captured, by name; each name once.
    public var captured: [(name: String, object: Object)] {
        var seen: Set<String> = []
        return functions.flatMap { zip($0.code.captureNames, $0.captured) }
            .filter { seen.insert($0.0).inserted }.map { (name: $0.0, object: $0.1) }
    }
}

extension Interpreter {
    /// The user's globals, with a value, that a function names, inner functions included.
    public func userGlobals(namedBy function: FunctionObject) -> [(name: String, value: Value)] {
        userGlobals(function.code.globalSlots).map { (name: $0.name, value: globals[$0.slot]) }
    }

    /// The user's globals, with a value, that a type's body and methods name.
    public func userGlobals(namedBy type: TypeObject) -> [(name: String, value: Value)] {
        let slots = type.functions.reduce(into: Set<Int>()) { $0.formUnion($1.code.globalSlots) }
        return userGlobals(slots).map { (name: $0.name, value: globals[$0.slot]) }
    }

    private func userGlobals(_ slots: Set<Int>) -> [(name: String, slot: Int)] {
        slots.sorted().compactMap { slot in
            guard case .user(let name, _) = globalInfos[slot], !globals[slot].isUnassigned else { return nil }
            return (name, slot)
        }
    }

    /// Runs `body` on a copy of a function and of everything that it captured or that it, and what
    /// it calls, names among the user's globals; those globals are restored afterwards.
    public func isolated(_ callee: Value, _ arguments: [Value]) throws -> Value {
        let slots = try reachableGlobals(from: callee)
        let copies = try copy(.list([callee] + slots.map { globals[$0] }))
        guard let items = copies.asList?.items, items.count == slots.count + 1 else { return .nilValue }
        let kept = slots.map { globals[$0] }
        for (slot, copy) in zip(slots, items.dropFirst()) { globals[slot] = copy }
        isolationDepth += 1
        defer {
            isolationDepth -= 1
            for (slot, value) in zip(slots, kept) { globals[slot] = value }
        }
        return try call(items[0], arguments)
    }

    /// The places of the user's globals that can be reached from a value through functions,
    /// types, objects and containers.
    private func reachableGlobals(from value: Value) throws -> [Int] {
        var seen: Set<ObjectIdentifier> = []
        var slots: Set<Int> = []
        var work = [value]
        var steps = 0
        func push(_ values: [Value]) throws {
            try pieces(values.count) { part in
                let held = values[part].filter { value in
                    guard case .object(let object) = value else { return false }
                    if object.kind == .foreign {
                        return !unsafeDowncast(object, to: ForeignValue.self).held.isEmpty
                    }
                    return ![.string, .range, .native].contains(object.kind)
                }
                try reserveGrowth(of: work, by: held.count)
                work += held
            }
        }
        func visit(_ function: FunctionObject) {
            work += function.captured.map { .object($0) }
            for (_, slot) in userGlobals(function.code.globalSlots) where slots.insert(slot).inserted {
                work.append(globals[slot])
            }
        }
        while let next = work.popLast() {
            steps += 1
            if steps & 0xfff == 0 { try checkInterrupt() }
            guard case .object(let object) = next, seen.insert(ObjectIdentifier(object)).inserted else {
                continue
            }
            switch object {
            case let list as ListObject: try push(list.items)
            case let record as RecordObject: try push(record.values)
            case let cell as CellObject: work.append(cell.value)
            case let function as FunctionObject: visit(function)
            case let type as TypeObject: type.functions.forEach(visit)
            case let bound as BoundMethod:
                visit(bound.function)
                if let receiver = bound.receiver { work.append(.object(receiver)) }
            case let instance as Instance:
                work.append(.object(instance.type))
                for slot in 0..<instance.fieldCount { work.append(instance.slots[slot]) }
            case let foreign as ForeignValue: work += foreign.held
            default: break
            }
        }
        return slots.sorted()
    }

    // MARK: Restoring

    /// A scope of globals for the definitions of a saved file; they are forgotten with the last function of the scope.
    /// - Parameters:
    ///   - origin: nil if the file is trusted.
    ///   - outer: the scope of a file of the library whose names can be read.
    public func restoringModule(name: String, origin: FileOrigin?, outer: Module? = nil) -> Module {
        freeUnusedGlobals()
        let unused = unusedGlobals
        return Module(name: name, origin: origin, outer: outer) { places in
            unused.places.withLock { $0 += places }
        }
    }

    /// Forgets the globals of scopes of which no function is left.
    func freeUnusedGlobals() {
        let places = unusedGlobals.places.withLock { places in
            defer { places = [] }
            return places
        }
        freeGlobals(at: places)
    }

    /// Whether a text of a file is that of a file of the library, so that it belongs into its scope.
    public func isLibraryText(_ text: String, of module: Module) -> Bool {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let source = lines.drop { $0.hasPrefix("##") }.joined(separator: "\n")
        return !source.isEmpty
            && library.scripts.contains { "stdlib/\($0.name)" == module.name && $0.text.contains(source) }
    }

    /// Forgets a scope of which nothing is in use.
    public func discard(_ module: Module) {
        let places = module.names.compactMap { module.slot(of: $0) }
        module.removeAll()
        freeGlobals(at: places)
    }

    private func freeGlobals(at places: [Int]) {
        for place in places {
            setGlobal(place, .unassigned)
            freeGlobals.append(place)
        }
    }

    /// Empties an object that nothing uses: cycles would be released late.
    public func discard(_ object: Object) {
        switch object {
        case let list as ListObject: list.items = []
        case let record as RecordObject: _ = record.takeValues()
        case let cell as CellObject: cell.value = .nilValue
        case let instance as Instance:
            instance.attached = nil
            for slot in 0..<instance.fieldCount { instance.setFieldUnchanged(at: slot, to: .nilValue) }
        default: break
        }
    }

    /// The scope of a file of the library, its private names included; nil for a file of the user.
    /// Saved files name library files by the layout of their time: the folder is ignored, and functions
    /// of a file that no longer exists see the names that all files see.
    public func scriptModule(named name: String) throws -> Module? {
        guard name.hasPrefix("stdlib/"), let file = name.split(separator: "/").last else { return nil }
        guard let script = library.scripts.first(where: { $0.name.split(separator: "/").last == file })
        else { return Module(name: name, isLibrary: true) }
        if let definition = (script.definitions + script.internals).first { _ = try libraryValue(definition) }
        return scriptModules["stdlib/\(script.name)"]
    }

    /// Gives a restored scope a name, at first without a value.
    public func declare(_ name: String, in module: Module) {
        guard module.slot(of: name) == nil, let slot = newGlobal(.user(name, isOpen: false)) else { return }
        module.define(name, slot: slot)
    }

    public func set(_ name: String, in module: Module, to value: Value) {
        if let slot = module.slot(of: name) { globals[slot] = value }
    }

    /// A function from its text. A function that a file of the library still defines under the same name
    /// is taken from there, since it works on the library's current types.
    /// - Parameter captures: cells, or the object `self`, by name.
    /// - Throws: `ScriptError` where the text is not a function, or names an unknown variable.
    public func restoreFunction(
        _ text: String, in module: Module, captures: [(name: String, object: Object)], origin: FileOrigin?
    ) throws -> FunctionObject {
        let (compiler, statement) = try restoring(text, in: module, captures: captures)
        let syntax: FunctionSyntax
        switch statement.kind {
        case .function(let function): syntax = function
        case .expression(let value):
            guard case .function(let function) = value.kind else { throw notWhatItSays(text) }
            syntax = function
        default: throw notWhatItSays(text)
        }
        if let scope = module.isLibrary ? module : module.outer, captures.isEmpty,
            let slot = syntax.name.flatMap({ scope.slot(of: $0) }),
            case .object(let known as FunctionObject) = globals[slot]
        {
            return origin.map { known.from($0) } ?? known
        }
        let own = captures.contains { $0.name == syntax.name } ? nil : syntax.name
        let code = compiler.function(syntax, ownName: module.slot(of: own ?? "") == nil ? own : nil)
        if let first = compiler.diagnostics.first { throw ScriptError(first) }
        return FunctionObject(code: code, captures: try captured(code, captures), origin: origin)
    }

    /// A type from its text; `captures` as for functions.
    public func restoreType(
        _ text: String, in module: Module, captures: [(name: String, object: Object)], origin: FileOrigin?
    ) throws -> TypeObject {
        let (compiler, statement) = try restoring(text, in: module, captures: captures)
        guard case .type(let syntax) = statement.kind, let name = syntax.name else {
            throw notWhatItSays(text)
        }
        let isGlobal = module.slot(of: name) != nil || captures.contains { $0.name == name }
        guard let type = compiler.typeCode(syntax, isStable: !isGlobal) else { throw notWhatItSays(text) }
        if let first = compiler.diagnostics.first { throw ScriptError(first) }
        func function(_ code: Code) throws -> FunctionObject {
            FunctionObject(code: code, captures: try captured(code, captures), origin: origin)
        }
        return TypeObject(
            shape: type.shape, constructor: try function(type.body), methods: try type.methods.map(function))
    }

    private func notWhatItSays(_ text: String) -> Failure {
        Failure(.value, "no function or type can be restored from \(quotedText(String(text.prefix(60))))")
    }

    /// The objects for the captured names of a code, in its order.
    private func captured(_ code: Code, _ captures: [(name: String, object: Object)]) throws -> [Object] {
        try code.captureNames.map { name in
            guard let found = captures.first(where: { $0.name == name }) else {
                throw Failure(.value, "the variable `\(name)` that \(code.name) captured is missing")
            }
            return found.object
        }
    }

    /// A compiler inside a scope with the captured names as variables.
    private func restoring(
        _ text: String, in module: Module, captures: [(name: String, object: Object)]
    ) throws -> (Compiler, Statement) {
        let source = Source(name: module.name, text: text, isLibrary: module.isLibrary)
        let program = Parser(source: source).parse()
        if let first = program.diagnostics.first { throw ScriptError(first) }
        guard program.statements.count == 1 else { throw notWhatItSays(text) }
        let compiler = Compiler(
            interpreter: self, source: source, module: module, options: .init(isOpen: true))
        var outer = FunctionScope(
            role: .file, parent: nil, survey: Survey(),
            parts: CodeParts(name: "file", role: .file, source: source, syntax: nil, module: module))
        if case let instance as Instance = captures.first(where: { $0.name == "self" })?.object {
            let shape = TypeShape(
                name: instance.type.name, fieldNames: instance.type.fieldNames,
                methodNames: instance.type.methodNames)
            outer = FunctionScope(
                role: .method, parent: outer, survey: Survey(),
                type: TypeScope(shape: shape, ownName: instance.type.name), parts: outer.parts)
        }
        let scope = FunctionScope(role: .function, parent: outer, survey: Survey(), parts: outer.parts)
        for (place, capture) in captures.enumerated() where capture.name != "self" {
            scope.locals[capture.name] = .init(register: Register(truncatingIfNeeded: place), isCell: true)
        }
        compiler.scope = scope
        return (compiler, program.statements[0])
    }
}
