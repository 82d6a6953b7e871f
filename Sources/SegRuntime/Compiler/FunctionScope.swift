// One function while it is compiled: its names, registers, captured variables and code.

import SegSyntax

/// What a name means in a function.
enum Variable {
    case register(Register)
    case cell(Register)
    case capture(Int)
    /// An object captured directly: the enclosing function.
    case capturedObject(Int)
    case ownFunction
    case field(Int, SelfAccess)
    case method(Int, SelfAccess)
    case ownType(SelfAccess)
}

/// Where a function finds the object whose fields it names: register 0, or a capture.
struct SelfAccess {
    var capture: Int?
    let type: TypeScope
}

/// The names of the enclosing type.
final class TypeScope {
    let shape: TypeShape
    /// The type's name if nothing else is ever bound to it.
    let ownName: String?
    init(shape: TypeShape, ownName: String?) {
        self.shape = shape
        self.ownName = ownName
    }
}

final class FunctionScope {
    struct Local {
        let register: Register
        let isCell: Bool
    }

    struct Loop {
        let exit: UInt32
        let again: UInt32
    }

    let role: Code.Role
    let parent: FunctionScope?
    let survey: Survey
    let type: TypeScope?
    /// The function's name where it is bound nowhere else, so that it need not be captured.
    let ownName: String?
    var locals: [String: Local] = [:]
    var blocks: [[String: Local]] = []
    var parts: CodeParts
    var loops: [Loop] = []

    // Registers: parameters, locals, those of blocks, then temporaries.
    var nextBlockRegister = 0
    var firstTemporary = 0
    var nextRegister = 0

    /// Locals that certainly have a value here.
    var assigned: Set<Register> = []
    /// Locals that are read somewhere without a certain value.
    var doubtful: Set<Register> = []
    /// The place of each label.
    var labels: [UInt32] = []
    private var captureIndex: [String: Int] = [:]
    private var numberConstants: [Double: UInt32] = [:]
    private var textConstants: [String: UInt32] = [:]
    private var nameIndex: [String: UInt32] = [:]
    var isTooLarge = false

    init(
        role: Code.Role, parent: FunctionScope?, survey: Survey, type: TypeScope? = nil,
        ownName: String? = nil,
        parts: CodeParts
    ) {
        self.role = role
        self.parent = parent
        self.survey = survey
        self.type = type
        self.ownName = ownName
        self.parts = parts
    }

    // MARK: Names

    func local(_ name: String) -> Local? {
        for block in blocks.reversed() {
            if let found = block[name] { return found }
        }
        return locals[name]
    }

    /// What a name means, nil if it is global or unknown. A variable of an enclosing function is
    /// captured.
    func resolve(_ name: String) -> Variable? {
        if let local = local(name) { return local.isCell ? .cell(local.register) : .register(local.register) }
        if name == ownName { return .ownFunction }
        if let type {
            let access = SelfAccess(capture: nil, type: type)
            if let slot = type.shape.fieldSlots[name] { return .field(slot, access) }
            if let slot = type.shape.methodSlots[name] { return .method(slot, access) }
            if name == type.ownName { return .ownType(access) }
        }
        guard let outer = parent?.resolve(name) else { return nil }
        switch outer {
        // A variable is in a register only if no inner function mentions it (see the survey).
        case .register: return nil
        case .cell(let register): return .capture(capture(name, .register(Int(register))))
        case .capture(let place): return .capture(capture(name, .capture(place)))
        case .capturedObject(let place): return .capturedObject(capture(name, .capture(place)))
        case .ownFunction: return .capturedObject(capture(name, .ownFunction))
        case .field(let slot, let access): return .field(slot, captureSelf(access))
        case .method(let slot, let access): return .method(slot, captureSelf(access))
        case .ownType(let access): return .ownType(captureSelf(access))
        }
    }

    /// Where this function finds `self`; nil outside of types.
    func resolveSelf() -> SelfAccess? {
        if let type { return SelfAccess(capture: nil, type: type) }
        return parent?.resolveSelf().map { captureSelf($0) }
    }

    private func captureSelf(_ outer: SelfAccess) -> SelfAccess {
        let key = "self \(UInt(bitPattern: ObjectIdentifier(outer.type).hashValue))"
        let source = outer.capture.map { CaptureSource.capture($0) } ?? .ownObject
        return SelfAccess(capture: capture(key, source, shownAs: "self"), type: outer.type)
    }

    private func capture(_ key: String, _ source: CaptureSource, shownAs name: String? = nil) -> Int {
        if let known = captureIndex[key] { return known }
        let place = parts.captureSources.count
        captureIndex[key] = place
        parts.captureSources.append(source)
        parts.captureNames.append(name ?? key)
        return place
    }

    /// All names visible here, for the nearest one in errors.
    var visibleNames: [String] {
        var names = Array(locals.keys) + blocks.flatMap(\.keys)
        if let type { names += type.shape.fieldNames + type.shape.methodNames }
        return names + (parent?.visibleNames ?? [])
    }

    // MARK: Registers

    /// A register's number, a slot or a number of operands, as an instruction holds it. One that is too large
    /// for an instruction makes the function too large, which `checkSize` reports.
    func operand(_ number: Int) -> UInt16 {
        if number >= Self.operandLimit { isTooLarge = true }
        return UInt16(truncatingIfNeeded: number)
    }

    private static let operandLimit = 60_000

    func fresh() -> Register {
        let register = nextRegister
        nextRegister += 1
        if nextRegister > parts.registerCount { parts.registerCount = nextRegister }
        if nextRegister >= Self.operandLimit {
            isTooLarge = true
            nextRegister = firstTemporary + 1
        }
        return operand(register)
    }

    func freshInBlock() -> Register {
        let register = nextBlockRegister
        // The survey has counted all of them.
        assert(register < firstTemporary)
        nextBlockRegister += 1
        return operand(register)
    }

    func isTemporary(_ register: Register) -> Bool { Int(register) >= firstTemporary }

    // MARK: Code

    func newLabel() -> UInt32 {
        labels.append(.max)
        return UInt32(labels.count - 1)
    }

    func place(_ label: UInt32) { labels[Int(label)] = UInt32(parts.instructions.count) }

    func constant(_ number: Double) -> UInt32 {
        if number.isNaN { return add(.number(number)) }
        if let known = numberConstants[number], number != 0 { return known }
        let place = add(.number(number))
        numberConstants[number] = place
        return place
    }

    func constant(_ text: String) -> UInt32 {
        if let known = textConstants[text] { return known }
        let place = add(.string(text))
        textConstants[text] = place
        return place
    }

    private func add(_ value: Value) -> UInt32 {
        parts.constants.append(value)
        return UInt32(parts.constants.count - 1)
    }

    func name(_ name: String) -> UInt32 {
        if let known = nameIndex[name] { return known }
        let place = UInt32(parts.names.count)
        parts.names.append(name)
        nameIndex[name] = place
        return place
    }

    func site(_ site: Site) -> UInt32 {
        parts.sites.append(site)
        return UInt32(parts.sites.count - 1)
    }

    /// The finished code, its jumps pointing at instructions.
    func finish() -> Code {
        for place in parts.instructions.indices {
            let resolved = parts.instructions[place].resolved { labels[Int($0)] }
            // Every way back hears Ctrl-C and the memory's limit, a `continue` too.
            if case .jump(let target) = resolved, target <= place {
                parts.instructions[place] = .jumpBack(target)
            } else {
                parts.instructions[place] = resolved
            }
        }
        parts.registerCount = max(parts.registerCount, firstTemporary + 1)
        return Code(parts)
    }
}

extension Instruction {
    /// The instruction with its label replaced by the target.
    func resolved(_ target: (UInt32) -> UInt32) -> Instruction {
        switch self {
        case .jump(let label): .jump(target(label))
        case .jumpBack(let label): .jumpBack(target(label))
        case .jumpIfFalse(let a, let label): .jumpIfFalse(a, target(label))
        case .jumpIfTrue(let a, let label): .jumpIfTrue(a, target(label))
        case .jumpIfPlainFalse(let a, let label): .jumpIfPlainFalse(a, target(label))
        case .jumpIfGiven(let a, let label): .jumpIfGiven(a, target(label))
        case .jumpUnlessForeign(let a, let label): .jumpUnlessForeign(a, target(label))
        case .jumpUnlessLess(let a, let b, let label): .jumpUnlessLess(a, b, target(label))
        case .jumpUnlessLessOrEqual(let a, let b, let label): .jumpUnlessLessOrEqual(a, b, target(label))
        case .jumpUnlessGreater(let a, let b, let label): .jumpUnlessGreater(a, b, target(label))
        case .jumpUnlessGreaterOrEqual(let a, let b, let label):
            .jumpUnlessGreaterOrEqual(a, b, target(label))
        case .jumpUnlessEqual(let a, let b, let label): .jumpUnlessEqual(a, b, target(label))
        case .jumpUnlessNotEqual(let a, let b, let label): .jumpUnlessNotEqual(a, b, target(label))
        case .jumpUnlessLessNumber(let a, let b, let label): .jumpUnlessLessNumber(a, b, target(label))
        case .jumpUnlessLessOrEqualNumber(let a, let b, let label):
            .jumpUnlessLessOrEqualNumber(a, b, target(label))
        case .jumpUnlessGreaterNumber(let a, let b, let label): .jumpUnlessGreaterNumber(a, b, target(label))
        case .jumpUnlessGreaterOrEqualNumber(let a, let b, let label):
            .jumpUnlessGreaterOrEqualNumber(a, b, target(label))
        case .jumpUnlessEqualNumber(let a, let b, let label): .jumpUnlessEqualNumber(a, b, target(label))
        case .jumpUnlessNotEqualNumber(let a, let b, let label):
            .jumpUnlessNotEqualNumber(a, b, target(label))
        case .beginRange(let first, let inclusive, let label):
            .beginRange(first: first, inclusive: inclusive, exit: target(label))
        case .nextInRange(let first, let label): .nextInRange(first: first, body: target(label))
        case .next(let state, let to, let label): .next(state: state, to: to, exit: target(label))
        default: self
        }
    }
}
