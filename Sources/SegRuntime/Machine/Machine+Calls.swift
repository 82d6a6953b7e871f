// How calls begin: functions, methods, types, objects, natives; arguments by name, spread,
// and missing or surplus arguments.

@preconcurrency import Glibc
import SegSyntax

extension Interpreter {
    /// Calls a function with positional, then named arguments. Natives use this for functions
    /// they are given; it may be called at any depth.
    public func call(_ function: Value, _ arguments: [Value], named: [(String, Value)] = []) throws -> Value {
        let isOutermost = frameCount == 0
        if refusesCalls { throw fileCodeRefusal("\(callableName(function)) is not called") }
        // Before a frame is pushed: an error that leaves one behind leaves its registers to the next call.
        try enterNative()
        defer { leaveNative() }
        let base = freeRegisters()
        let count = arguments.count + named.count
        try prepareRegisters(base + (count + 2))
        base.pointee = function
        for (place, argument) in arguments.enumerated() { base[place + 1] = argument }
        for (place, argument) in named.enumerated() { base[arguments.count + place + 1] = argument.1 }
        let shape =
            named.isEmpty ? nil : CallShape(arguments.map { _ in .positional } + named.map { .named($0.0) })
        let depth = frameCount
        defer { if isOutermost { retired = [] } }
        do {
            try beginCall(base, count, shape, base)
        } catch {
            for place in 0...count { clear(base + place) }
            throw error
        }
        if frameCount == depth { return take(base) }
        // The function is kept in its register; the new frame begins after it.
        frames[frameCount - 1].result = nil
        defer { clear(base) }
        return try execute()
    }

    /// The first register that no frame uses.
    private func freeRegisters() -> UnsafeMutablePointer<Value> {
        guard frameCount > 0 else { return stack }
        let frame = frames[frameCount - 1]
        return frame.registers + frame.executable.pointee.registerCount
    }

    /// Ensures that the registers below `end` exist.
    @inline(__always)
    func prepareRegisters(_ end: UnsafeMutablePointer<Value>) throws {
        if end > stackReady { try growRegisters(end) }
    }

    @inline(never)
    private func growRegisters(_ end: UnsafeMutablePointer<Value>) throws {
        guard end + 4096 <= stackEnd else { throw tooDeep() }
        let ready = end + 4096
        stackReady.initialize(repeating: .nilValue, count: ready - stackReady)
        stackReady = ready
    }

    func tooDeep() -> Failure {
        var names: [String] = []
        var place = frameCount - 1
        while place >= 0, names.count < 3 {
            names.append(frames[place].function._withUnsafeGuaranteedRef { $0.code.name })
            place -= 1
        }
        return Failure(
            .call, "calls are nested too deeply: \(names.reversed().joined(separator: " -> ")) -> …",
            help: "does the recursion end? at most \(Self.frameLimit) calls may be active at once")
    }

    // MARK: The door

    /// Native code enters the machine here, and only here: to run a text, to call a function, to write a value
    /// whose methods may be called. Entries within entries are counted, and the thread's stack is measured from
    /// the first one. `leaveNative` must follow, unless this throws.
    @inline(__always)
    func enterNative() throws {
        var here: UInt8 = 0
        let address = withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
        if nativeDepth == 0 {
            nativeStackFloor = address > UInt(nativeStackSize) ? address - UInt(nativeStackSize) : 0
        }
        if nativeDepth >= Self.nativeLimit || address < nativeStackFloor { throw tooDeep() }
        nativeDepth += 1
    }

    @inline(__always)
    func leaveNative() { nativeDepth -= 1 }

    // MARK: Beginning a call

    /// Calls what `base` holds with the arguments after it: a function's frame is pushed, a
    /// native runs at once and leaves its result.
    @inline(never)
    func beginCall(
        _ base: UnsafeMutablePointer<Value>, _ count: Int, _ shape: CallShape?,
        _ result: UnsafeMutablePointer<Value>
    ) throws {
        guard case .object(let object) = base.pointee else { throw notCallable(base.pointee) }
        switch object.kind {
        case .function:
            try enter(unsafeDowncast(object, to: FunctionObject.self), base + 1, count, shape, result)
        case .native:
            let native = unsafeDowncast(object, to: NativeFunction.self)
            if shape == nil, let quick = native.quick, let value = quick(base + 1, count) {
                for place in 0..<count { clear(base + (place + 1)) }
                result.pointee = value
                return
            }
            let value = try callNative(native, base + 1, count, shape)
            try self.count(made: value)
            result.pointee = value
        case .bound:
            let bound = unsafeDowncast(object, to: BoundMethod.self)
            guard let receiver = bound.receiver else { return }
            // A type keeps its methods alive, but not those that are values of a file.
            if bound.function.origin != nil { retire(bound.function) }
            base.pointee = .object(receiver)
            try enter(bound.function, base, count + 1, shape, result, receiver: receiver)
        case .type:
            let type = unsafeDowncast(object, to: TypeObject.self)
            base.pointee = .object(Instance(type: type))
            try enter(type.constructor, base, count + 1, shape, result)
        case .instance:
            let instance = unsafeDowncast(object, to: Instance.self)
            guard let forward = instance.type.forward else { throw notCallable(base.pointee) }
            try enter(forward, base, count + 1, shape, result, receiver: instance)
        case .foreign:
            let foreign = unsafeDowncast(object, to: ForeignValue.self)
            let (positional, named) = try arguments(base + 1, count, shape)
            guard let value = try foreign.called(positional, named: named, self) else {
                throw notCallable(base.pointee)
            }
            result.pointee = value
        default: throw notCallable(base.pointee)
        }
    }

    private func notCallable(_ value: Value) -> Failure {
        if let instance = value.asInstance {
            return Failure(.call, "\(instance.type.name) cannot be called: it has no method forward")
        }
        return Failure(
            .call, "\(describe(value)) is not a function and cannot be called", help: helpForHiddenName())
    }

    /// Pushes the frame of a function whose arguments, `self` included, are in the registers from `first` on.
    func enter(
        _ function: FunctionObject, _ first: UnsafeMutablePointer<Value>, _ count: Int, _ shape: CallShape?,
        _ result: UnsafeMutablePointer<Value>, receiver: Instance? = nil
    ) throws {
        let executable = function.executable
        let code = executable.pointee
        guard frameCount < Self.frameLimit else { throw tooDeep() }
        try checkInterrupt()
        if refusesFileCode { try checkFileCode(function) }
        try prepareRegisters(first + max(code.registerCount, count))
        var entry = code.fullEntry
        if shape != nil || count != code.parameterCount || function.code.hasRest {
            let own = function.code.hasSelf ? 1 : 0
            let (positional, named) = try arguments(first + own, count - own, shape)
            let values = try bind(
                function.name ?? "this function", function.code.parameters, positional, named, shape)
            for (place, value) in values.enumerated() { first[own + place] = value }
            entry = 0
        }
        var hooked: UInt16 = 0
        if function.code.isForward, let receiver, let objectHook {
            hooked =
                1 + UInt16(objectHook.began(receiver, count > 1 ? first[1] : .nilValue, depth: frameCount))
        }
        (frames + frameCount).initialize(
            to: Frame(
                function: .passUnretained(function), executable: executable, ip: code.instructions + entry,
                registers: first, result: result, hooked: hooked))
        frameCount += 1
    }

    /// The end of a `forward` whose frame is still on top: what its caller gets.
    @inline(never)
    func leaveObject(_ frame: Frame, _ result: Value) -> Value {
        objectHook?.ended(result, depth: frameCount - 1, UInt8(truncatingIfNeeded: frame.hooked - 1))
            ?? result
    }

    /// A method of `self`, found when it was compiled; `first` holds `self`.
    func callOwnMethod(
        _ first: UnsafeMutablePointer<Value>, _ count: Int, _ method: Int,
        _ result: UnsafeMutablePointer<Value>
    ) throws {
        guard let instance = first.pointee.asInstance else { return }
        try enter(instance.type.methods[method], first, count + 1, nil, result, receiver: instance)
    }

    // MARK: Arguments

    /// Moves arguments out of their registers; spreads are taken apart.
    private func arguments(
        _ first: UnsafeMutablePointer<Value>, _ count: Int, _ shape: CallShape?
    ) throws -> ([Value], [(String, Value)]) {
        var positional: [Value] = []
        var named: [(String, Value)] = []
        positional.reserveCapacity(count)
        for place in 0..<max(0, count) {
            let value = take(first + place)
            switch shape?.labels[place] ?? .positional {
            case .positional: positional.append(value)
            case .named(let name): named.append((name, value))
            case .spread:
                if let record = value.asRecord {
                    named.append(contentsOf: zip(record.names, record.values))
                } else if let items = try items(value, for: "this list of arguments") {
                    positional.append(contentsOf: items)
                } else if !value.isNil {
                    throw Failure(.type, "... spreads a list or a record into a call, got \(describe(value))")
                }
            }
        }
        return (positional, named)
    }

    /// Arguments in the order of the parameters; `.unassigned` means a default.
    private func bind(
        _ name: String, _ parameters: [ParameterInfo], _ positional: [Value], _ named: [(String, Value)],
        _ shape: CallShape?
    ) throws -> [Value] {
        func failure(_ problem: CallProblem, at label: String) -> Failure {
            var failure = callFailure(problem, name, parameters)
            failure.argument = shape?.labels.firstIndex(of: .named(label))
            return failure
        }
        let rest = parameters.firstIndex { $0.isRest }
        let plain = rest ?? parameters.count
        // Parameters after the rest of a native's signature are given by name only.
        let collectsNames = rest == parameters.count - 1
        if positional.count > plain, rest == nil {
            throw callFailure(.tooMany(positional.count), name, parameters)
        }
        var values = [Value](repeating: .unassigned, count: parameters.count)
        for place in 0..<min(plain, positional.count) { values[place] = positional[place] }
        let extra = positional.dropFirst(plain)
        let record = RecordObject()
        for (label, value) in named {
            guard let place = parameters.firstIndex(where: { $0.isNamed(label) }) else {
                guard collectsNames else { throw failure(.unknown(label), at: label) }
                record[label] = value
                continue
            }
            if !values[place].isUnassigned { throw failure(.twice(label), at: label) }
            values[place] = value
        }
        if let rest {
            if record.count > 0, !extra.isEmpty {
                throw Failure(
                    .call,
                    "\(name): ...\(parameters[rest].name) collects positional or named arguments, not both",
                    help: "the signature is \(parameters.signature(name))")
            }
            values[rest] = record.count > 0 ? .object(record) : .list(Array(extra))
        }
        let missing = (0..<plain).filter { values[$0].isUnassigned && parameters[$0].defaultSource == nil }
        if !missing.isEmpty {
            throw callFailure(.missing(missing.map { parameters[$0].name }), name, parameters)
        }
        return values
    }

    /// Throws the error of a call whose arguments, a list or a record, do not fit a function.
    public func checkCall(_ callee: Value, _ arguments: Value) throws {
        guard let parameters = parameters(of: callee) else { return }
        let named = arguments.asRecord.map { Array(zip($0.names, $0.values)) } ?? []
        _ = try bind(callableName(callee), parameters, arguments.asList?.items ?? [], named, nil)
    }

    // MARK: Natives

    func callNative(
        _ native: NativeFunction, _ first: UnsafeMutablePointer<Value>, _ count: Int, _ shape: CallShape?
    ) throws -> Value {
        var values: [Value]
        let given: [Bool]
        if shape == nil, !native.hasRest, count <= native.parameters.count, count >= native.required {
            values = []
            values.reserveCapacity(native.parameters.count)
            for place in 0..<count { values.append(take(first + place)) }
            for place in count..<native.parameters.count { values.append(try defaultValue(native, place)) }
            given = native.givenByCount[count]
        } else {
            let (positional, named) = try arguments(first, count, shape)
            values = try bind(native.name, native.parameters, positional, named, shape)
            given = values.map { !$0.isUnassigned }
            for place in values.indices where !given[place] {
                values[place] = try defaultValue(native, place)
            }
        }
        if refusesFileCode, native.origin != nil { throw fileCodeRefusal("\(native.name) is not called") }
        if let effect = native.native.effect { try checkHands(native, effect, values) }
        let atRoot = atRoot.flatMap { isForRoot(native, values) ? $0 : nil }
        var arguments = Arguments(interpreter: self, native: native, values: values, given: given)
        values = []
        do {
            if let atRoot { return try atRoot(native.name) { try native.native.body(&arguments) } }
            return try native.native.body(&arguments)
        } catch var failure as Failure {
            // From the place in the signature to the place in the call.
            if let parameter = failure.argument {
                failure.argument = position(of: parameter, native, count, shape)
            }
            throw failure
        }
    }

    private func position(of parameter: Int, _ native: NativeFunction, _ count: Int, _ shape: CallShape?)
        -> Int?
    {
        guard let shape else { return parameter < count ? parameter : nil }
        guard parameter < native.parameters.count else { return nil }
        let name = native.parameters[parameter].name
        if let place = shape.labels.firstIndex(of: .named(name)) { return place }
        if parameter < shape.labels.count, shape.labels[parameter] == .positional,
            !shape.labels[0..<parameter].contains(.spread)
        {
            return parameter
        }
        return nil
    }

    private func defaultValue(_ native: NativeFunction, _ place: Int) throws -> Value {
        switch native.defaults[place] {
        case .none: return .nilValue
        case .value(let value): return value
        case .expression(let expression):
            let compiler = Compiler(
                interpreter: self, source: Source(name: native.name, text: native.signature, isLibrary: true),
                module: libraryModule, options: .init())
            let code = compiler.compile(expression)
            if let problem = compiler.diagnostics.first { throw ScriptError(problem) }
            let value = try call(.object(FunctionObject(code: code, captures: [])), [])
            if value.asList == nil, value.asRecord == nil { native.defaults[place] = .value(value) }
            return value
        }
    }
}
