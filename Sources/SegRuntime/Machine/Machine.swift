// The machine's loop: registers, the common cases of every instruction, and calls between
// functions of scripts without recursion. The loop keeps its state in local variables, so it is
// one function, and this file is long. Less common cases are in Machine+Slow, the beginning of
// calls in Machine+Calls, errors in Machine+Errors.

import SegSyntax

/// A call that is running.
struct Frame {
    /// Kept alive by the caller's register, its object, or `retired`.
    var function: Unmanaged<FunctionObject>
    var executable: UnsafeMutablePointer<Executable>
    /// The next instruction, while another frame runs or a native is called.
    var ip: UnsafeMutablePointer<Instruction>
    var registers: UnsafeMutablePointer<Value>
    /// Where the caller wants the result; nil where Swift called.
    var result: UnsafeMutablePointer<Value>?
    /// What the object hook returned when this call of an object's `forward` began, plus one; else 0.
    var hooked: UInt16 = 0
}

/// Stores a number where usually a number was: there is no object to release.
@inline(__always)
func setNumber(_ place: UnsafeMutablePointer<Value>, _ number: Double) {
    if case .object = place.pointee {
        place.pointee = .number(number)
    } else {
        place.initialize(to: .number(number))
    }
}

@inline(__always)
func setBool(_ place: UnsafeMutablePointer<Value>, _ bool: Bool) {
    if case .object = place.pointee {
        place.pointee = .bool(bool)
    } else {
        place.initialize(to: .bool(bool))
    }
}

@inline(__always)
func clear(_ place: UnsafeMutablePointer<Value>) {
    if case .object = place.pointee { place.pointee = .nilValue }
}

/// Moves a value out of a register, which then holds nil.
@inline(__always)
func take(_ place: UnsafeMutablePointer<Value>) -> Value {
    let value = place.move()
    place.initialize(to: .nilValue)
    return value
}

extension Interpreter {
    /// Runs the frames above the caller's until the one at `floor` returns its value.
    func execute() throws -> Value {
        let globals = self.globals
        let frames = self.frames
        let flag = interruptFlag
        var top = frames + (frameCount - 1)
        var ip = top.pointee.ip
        var registers = top.pointee.registers
        var executable = top.pointee.executable
        var fuel = 1 << 13

        while true {
            do {
                while true {
                    let instruction = ip.pointee
                    ip += 1
                    switch instruction {
                    case .loadNil(let to): registers[Int(to)] = .nilValue
                    case .loadBool(let to, let bool): setBool(registers + Int(to), bool)
                    case .loadNumber(let to, let number): setNumber(registers + Int(to), Double(number))
                    case .loadConstant(let to, let place):
                        registers[Int(to)] = executable.pointee.constants[Int(place)]
                    case .move(let to, let from):
                        if case .number(let number) = registers[Int(from)] {
                            setNumber(registers + Int(to), number)
                        } else {
                            registers[Int(to)] = registers[Int(from)]
                        }
                    case .take(let to, let from): registers[Int(to)] = take(registers + Int(from))
                    case .clear(let register): SegRuntime.clear(registers + Int(register))
                    case .getGlobal(let to, let slot):
                        let global = globals + Int(slot)
                        if case .number(let number) = global.pointee {
                            setNumber(registers + Int(to), number)
                        } else {
                            if global.pointee.isUnassigned {
                                top.pointee.ip = ip
                                registers[Int(to)] = try resolved(Int(slot))
                                continue
                            }
                            registers[Int(to)] = global.pointee
                        }
                    case .setGlobal(let slot, let from):
                        let global = globals + Int(slot)
                        if case .number(let number) = registers[Int(from)], case .number = global.pointee {
                            global.initialize(to: .number(number))
                        } else {
                            let isTemporary = Int(from) >= executable.pointee.firstTemporary
                            setGlobal(
                                Int(slot), isTemporary ? take(registers + Int(from)) : registers[Int(from)])
                        }
                    case .addToGlobal(let slot, let from):
                        let global = globals + Int(slot)
                        if case .number(let a) = global.pointee, case .number(let b) = registers[Int(from)] {
                            global.initialize(to: .number(a + b))
                        } else {
                            top.pointee.ip = ip
                            if global.pointee.isUnassigned {
                                let value = try binary(.add, try resolved(Int(slot)), registers[Int(from)])
                                setGlobal(Int(slot), value)
                            } else {
                                try addInPlace(global, registers[Int(from)])
                            }
                        }
                    case .getCell(let to, let register, let name):
                        try readCell(
                            cell(registers + Int(register)), registers + Int(to), executable, name, top)
                    case .setCell(let register, let from):
                        let isTemporary = Int(from) >= executable.pointee.firstTemporary
                        writeCell(cell(registers + Int(register)), registers + Int(from), isTemporary)
                    case .wrapCell(let register):
                        let value = take(registers + Int(register))
                        registers[Int(register)] = .object(CellObject(value))
                    case .getCapture(let to, let place, let name):
                        try readCell(
                            top.pointee.function.cell(place), registers + Int(to), executable, name, top)
                    case .setCapture(let place, let from):
                        let isTemporary = Int(from) >= executable.pointee.firstTemporary
                        writeCell(top.pointee.function.cell(place), registers + Int(from), isTemporary)
                    case .loadCapture(let to, let place):
                        registers[Int(to)] = .object(
                            top.pointee.function._withUnsafeGuaranteedRef { $0.captures[Int(place)] })
                    case .loadOwnFunction(let to):
                        registers[Int(to)] = .object(top.pointee.function.takeUnretainedValue())
                    case .getField(let to, let object, let slot):
                        let field = fields(registers + Int(object)) + Int(slot)
                        if case .number(let number) = field.pointee {
                            setNumber(registers + Int(to), number)
                        } else {
                            if field.pointee.isUnassigned {
                                throw unassignedField(registers[Int(object)], slot)
                            }
                            registers[Int(to)] = field.pointee
                        }
                    case .setField(let object, let slot, let from):
                        let field = fields(registers + Int(object)) + Int(slot)
                        if case .number(let number) = registers[Int(from)] {
                            setNumber(field, number)
                        } else {
                            let isTemporary = Int(from) >= executable.pointee.firstTemporary
                            let value = isTemporary ? take(registers + Int(from)) : registers[Int(from)]
                            setField(registers + Int(object), Int(slot), value)
                        }
                    case .loadOwnType(let to, let object):
                        if let instance = registers[Int(object)].asInstance {
                            registers[Int(to)] = .object(instance.type)
                        }
                    case .bindMethod(let to, let object, let method):
                        if let instance = registers[Int(object)].asInstance {
                            let function = instance.type.methods[Int(method)]
                            registers[Int(to)] = .object(
                                BoundMethod(
                                    receiver: instance,
                                    function: runningOrigin.map { function.from($0) } ?? function))
                        }
                    case .checkAssigned(let register, let name):
                        if registers[Int(register)].isUnassigned { throw unassigned(executable, name, top) }
                    case .unassign(let register): registers[Int(register)] = .unassigned

                    case .add(let to, let a, let b):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            setNumber(registers + Int(to), x + y)
                        } else {
                            top.pointee.ip = ip
                            try addSlow(registers, to, a, b, executable.pointee.firstTemporary)
                        }
                    case .subtract(let to, let a, let b):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            setNumber(registers + Int(to), x - y)
                        } else {
                            top.pointee.ip = ip
                            try binarySlow(.subtract, registers, to, a, b, executable.pointee.firstTemporary)
                        }
                    case .multiply(let to, let a, let b):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            setNumber(registers + Int(to), x * y)
                        } else {
                            top.pointee.ip = ip
                            try binarySlow(.multiply, registers, to, a, b, executable.pointee.firstTemporary)
                        }
                    case .divide(let to, let a, let b):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            setNumber(registers + Int(to), x / y)
                        } else {
                            top.pointee.ip = ip
                            try binarySlow(.divide, registers, to, a, b, executable.pointee.firstTemporary)
                        }
                    case .remainder(let to, let a, let b):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            setNumber(registers + Int(to), remainder(x, y))
                        } else {
                            top.pointee.ip = ip
                            try binarySlow(.remainder, registers, to, a, b, executable.pointee.firstTemporary)
                        }
                    case .arithmetic(let op, let to, let a, let b):
                        top.pointee.ip = ip
                        try binarySlow(op, registers, to, a, b, executable.pointee.firstTemporary)
                    case .addNumber(let to, let a, let number):
                        if case .number(let x) = registers[Int(a)] {
                            setNumber(registers + Int(to), x + Double(number))
                        } else {
                            top.pointee.ip = ip
                            try binarySlow(
                                .add, registers, to, a, Double(number), executable.pointee.firstTemporary)
                        }
                    case .subtractNumber(let to, let a, let number):
                        if case .number(let x) = registers[Int(a)] {
                            setNumber(registers + Int(to), x - Double(number))
                        } else {
                            top.pointee.ip = ip
                            try binarySlow(
                                .subtract, registers, to, a, Double(number), executable.pointee.firstTemporary
                            )
                        }
                    case .multiplyNumber(let to, let a, let number):
                        if case .number(let x) = registers[Int(a)] {
                            setNumber(registers + Int(to), x * Double(number))
                        } else {
                            top.pointee.ip = ip
                            try binarySlow(
                                .multiply, registers, to, a, Double(number), executable.pointee.firstTemporary
                            )
                        }
                    case .negate(let to, let a):
                        if case .number(let x) = registers[Int(a)] {
                            setNumber(registers + Int(to), -x)
                        } else {
                            top.pointee.ip = ip
                            registers[Int(to)] = try unary(.minus, registers[Int(a)])
                        }
                    case .invert(let to, let a):
                        top.pointee.ip = ip
                        registers[Int(to)] = try unary(.not, registers[Int(a)])
                    case .not(let to, let a):
                        top.pointee.ip = ip
                        let truth = try isTrue(registers + Int(a))
                        setBool(registers + Int(to), !truth)
                    case .compare(let op, let to, let a, let b):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            setBool(registers + Int(to), op.holds(x, y))
                        } else {
                            top.pointee.ip = ip
                            registers[Int(to)] = try compare(op, registers[Int(a)], registers[Int(b)])
                        }
                    case .contains(let to, let a, let b, let negated):
                        top.pointee.ip = ip
                        setBool(
                            registers + Int(to), try isIn(registers[Int(a)], registers[Int(b)]) != negated)
                    case .isOfType(let to, let a, let type, let negated):
                        top.pointee.ip = ip
                        setBool(
                            registers + Int(to),
                            try isOfType(registers[Int(a)], registers[Int(type)]) != negated)
                    case .isOfKind(let to, let a, let name, let negated):
                        let kind = top.pointee.function._withUnsafeGuaranteedRef { $0.code.names[Int(name)] }
                        setBool(registers + Int(to), isOfKind(registers[Int(a)], kind) != negated)
                    case .joinChain(let to, let part):
                        if case .bool(let bool) = registers[Int(to)] {
                            if bool { registers[Int(to)] = take(registers + Int(part)) }
                        } else {
                            top.pointee.ip = ip
                            registers[Int(to)] = try binary(.bitAnd, registers[Int(to)], registers[Int(part)])
                        }

                    case .jump(let target): ip = executable.pointee.instructions + Int(target)
                    case .jumpBack(let target):
                        if flag.isRaised { try checkInterrupt() }
                        fuel &-= 1
                        if fuel == 0 {
                            fuel = 1 << 13
                            top.pointee.ip = ip
                            try checkMemory()
                        }
                        ip = executable.pointee.instructions + Int(target)
                    case .jumpIfFalse(let a, let target):
                        if case .bool(let bool) = registers[Int(a)] {
                            if !bool { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !isTrue(registers + Int(a)) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpIfTrue(let a, let target):
                        top.pointee.ip = ip
                        if try isTrue(registers + Int(a)) {
                            ip = executable.pointee.instructions + Int(target)
                        }
                    case .jumpIfPlainFalse(let a, let target):
                        if case .bool(false) = registers[Int(a)] {
                            ip = executable.pointee.instructions + Int(target)
                        }
                    case .jumpIfGiven(let a, let target):
                        if !registers[Int(a)].isUnassigned {
                            ip = executable.pointee.instructions + Int(target)
                        }
                    case .jumpUnlessForeign(let a, let target):
                        if registers[Int(a)].asForeign == nil {
                            ip = executable.pointee.instructions + Int(target)
                        }
                    case .jumpUnlessLess(let a, let b, let target):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            if !(x < y) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.less, registers + Int(a), registers + Int(b)) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessLessOrEqual(let a, let b, let target):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            if !(x <= y) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.lessOrEqual, registers + Int(a), registers + Int(b)) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessGreater(let a, let b, let target):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            if !(x > y) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.greater, registers + Int(a), registers + Int(b)) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessGreaterOrEqual(let a, let b, let target):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            if !(x >= y) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.greaterOrEqual, registers + Int(a), registers + Int(b)) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessEqual(let a, let b, let target):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            if !(x == y) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.equal, registers + Int(a), registers + Int(b)) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessNotEqual(let a, let b, let target):
                        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
                            if !(x != y) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.notEqual, registers + Int(a), registers + Int(b)) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessLessNumber(let a, let number, let target):
                        if case .number(let x) = registers[Int(a)] {
                            if !(x < Double(number)) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.less, registers + Int(a), number) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessLessOrEqualNumber(let a, let number, let target):
                        if case .number(let x) = registers[Int(a)] {
                            if !(x <= Double(number)) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.lessOrEqual, registers + Int(a), number) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessGreaterNumber(let a, let number, let target):
                        if case .number(let x) = registers[Int(a)] {
                            if !(x > Double(number)) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.greater, registers + Int(a), number) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessGreaterOrEqualNumber(let a, let number, let target):
                        if case .number(let x) = registers[Int(a)] {
                            if !(x >= Double(number)) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.greaterOrEqual, registers + Int(a), number) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessEqualNumber(let a, let number, let target):
                        if case .number(let x) = registers[Int(a)] {
                            if !(x == Double(number)) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.equal, registers + Int(a), number) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }
                    case .jumpUnlessNotEqualNumber(let a, let number, let target):
                        if case .number(let x) = registers[Int(a)] {
                            if !(x != Double(number)) { ip = executable.pointee.instructions + Int(target) }
                        } else {
                            top.pointee.ip = ip
                            if try !holds(.notEqual, registers + Int(a), number) {
                                ip = executable.pointee.instructions + Int(target)
                            }
                        }

                    case .makeList(let to, let first, let count):
                        makeList(registers, to, first, Int(count))
                    case .appendToList(let list, let first, let count):
                        try appendToList(registers, list, first, Int(count))
                    case .spreadIntoList(let list, let from):
                        top.pointee.ip = ip
                        try spreadIntoList(registers[Int(list)], registers[Int(from)])
                    case .makeRecord(let to, let first, let count, let names):
                        makeRecord(registers, to, first, Int(count), top.pointee.function, Int(names))
                    case .setEntry(let record, let key, let from):
                        try setEntry(registers[Int(record)], key: registers[Int(key)], registers[Int(from)])
                    case .spreadIntoRecord(let record, let from):
                        try spreadIntoRecord(registers[Int(record)], registers[Int(from)])
                    case .makeRange(let to, let a, let b, let inclusive):
                        top.pointee.ip = ip
                        registers[Int(to)] = try makeRange(registers[Int(a)], registers[Int(b)], inclusive)
                    case .makeOpenRange(let to, let a, let inclusive):
                        top.pointee.ip = ip
                        registers[Int(to)] = try makeRange(registers[Int(a)], nil, inclusive)
                    case .makeString(let to, let first, let count, let template):
                        top.pointee.ip = ip
                        try makeString(
                            registers, to, first, Int(count), executable.pointee.templates[Int(template)])
                    case .appendString(let to, let first, let count, let template):
                        top.pointee.ip = ip
                        try appendString(
                            registers, to, first, Int(count), executable.pointee.templates[Int(template)])
                    case .formatValue(let to, let a, let format):
                        top.pointee.ip = ip
                        let formats = top.pointee.function._withUnsafeGuaranteedRef { $0.code.formats }
                        registers[Int(to)] = .string(try self.format(registers[Int(a)], formats[Int(format)]))
                    case .makeFunction(let to, let place):
                        registers[Int(to)] = .object(makeFunction(top, Int(place)))
                    case .makeType(let to, let place):
                        registers[Int(to)] = .object(makeType(top, Int(place)))
                    case .wholeAxis(let to): registers[Int(to)] = .unassigned

                    case .getIndex(let to, let a, let key):
                        if case .number(let number) = registers[Int(key)],
                            let list = (registers + Int(a)).list,
                            number >= 0, number < 9e15
                        {
                            let index = Int(number)
                            let found = list._withUnsafeGuaranteedRef { list in
                                guard index < list.items.count, Double(index) == number else { return false }
                                if case .number(let element) = list.items[index] {
                                    setNumber(registers + Int(to), element)
                                } else {
                                    registers[Int(to)] = list.items[index]
                                }
                                return true
                            }
                            if found { continue }
                        }
                        top.pointee.ip = ip
                        registers[Int(to)] = try get(registers[Int(a)], registers[Int(key)])
                    case .getIndices(let to, let a, let first, let count):
                        top.pointee.ip = ip
                        registers[Int(to)] = try get(
                            registers[Int(a)], indexKeys(registers + Int(first), Int(count)))
                    case .setIndex(let a, let key, let from):
                        if case .number(let number) = registers[Int(key)],
                            let list = (registers + Int(a)).list,
                            number >= 0, number < 9e15
                        {
                            let index = Int(number)
                            let found = list._withUnsafeGuaranteedRef { list in
                                guard index < list.items.count, Double(index) == number else { return false }
                                ReferenceCycles.note(list, holds: registers[Int(from)])
                                list.items[index] = registers[Int(from)]
                                return true
                            }
                            if found { continue }
                        }
                        top.pointee.ip = ip
                        registers[Int(a)] = try setting(
                            registers[Int(a)], registers[Int(key)], to: registers[Int(from)])
                    case .setIndices(let a, let first, let count, let from):
                        top.pointee.ip = ip
                        registers[Int(a)] = try setting(
                            registers[Int(a)], indexKeys(registers + Int(first), Int(count)),
                            to: registers[Int(from)])
                    case .getMember(let to, let a, let place):
                        top.pointee.ip = ip
                        try getMember(registers, to, a, executable.pointee.sites + Int(place))
                    case .setMember(let a, let place, let from):
                        top.pointee.ip = ip
                        try setMember(registers, a, executable.pointee.sites + Int(place), from)

                    case .call(let base, let count, let to):
                        if let function = (registers + Int(base)).function {
                            let callee = function._withUnsafeGuaranteedRef { $0.executable }
                            let first = registers + (Int(base) + 1)
                            if callee.pointee.isSimple, callee.pointee.parameterCount == Int(count),
                                first + callee.pointee.registerCount <= stackReady,
                                frameCount < Self.frameLimit, !flag.isRaised
                            {
                                top.pointee.ip = ip
                                ip = callee.pointee.instructions + callee.pointee.fullEntry
                                top += 1
                                frameCount += 1
                                top.initialize(
                                    to: Frame(
                                        function: function, executable: callee, ip: ip, registers: first,
                                        result: registers + Int(to)))
                                registers = first
                                executable = callee
                                continue
                            }
                        }
                        top.pointee.ip = ip
                        try beginCall(registers + Int(base), Int(count), nil, registers + Int(to))
                        (top, ip, registers, executable) = currentState()
                    case .callShaped(let base, let count, let to, let place):
                        top.pointee.ip = ip
                        let shape = executable.pointee.sites[Int(place)].shape
                        try beginCall(registers + Int(base), Int(count), shape, registers + Int(to))
                        (top, ip, registers, executable) = currentState()
                    case .callGlobal(let base, let count, let to, let slot):
                        if let function = (globals + Int(slot)).function {
                            let callee = function._withUnsafeGuaranteedRef { $0.executable }
                            let first = registers + (Int(base) + 1)
                            if callee.pointee.isSimple, callee.pointee.parameterCount == Int(count),
                                first + callee.pointee.registerCount <= stackReady,
                                frameCount < Self.frameLimit, !flag.isRaised
                            {
                                top.pointee.ip = ip
                                ip = callee.pointee.instructions + callee.pointee.fullEntry
                                top += 1
                                frameCount += 1
                                top.initialize(
                                    to: Frame(
                                        function: function, executable: callee, ip: ip, registers: first,
                                        result: registers + Int(to)))
                                registers = first
                                executable = callee
                                continue
                            }
                        }
                        top.pointee.ip = ip
                        registers[Int(base)] =
                            globals[Int(slot)].isUnassigned ? try resolved(Int(slot)) : globals[Int(slot)]
                        try beginCall(registers + Int(base), Int(count), nil, registers + Int(to))
                        (top, ip, registers, executable) = currentState()
                    case .callOwnMethod(let base, let count, let to, let method):
                        if let function = ownMethod(registers + (Int(base) + 1), method) {
                            let callee = function._withUnsafeGuaranteedRef { $0.executable }
                            let first = registers + (Int(base) + 1)
                            if callee.pointee.isSimple, callee.pointee.parameterCount == Int(count) + 1,
                                first + callee.pointee.registerCount <= stackReady,
                                frameCount < Self.frameLimit, !flag.isRaised
                            {
                                top.pointee.ip = ip
                                ip = callee.pointee.instructions + callee.pointee.fullEntry
                                top += 1
                                frameCount += 1
                                top.initialize(
                                    to: Frame(
                                        function: function, executable: callee, ip: ip, registers: first,
                                        result: registers + Int(to)))
                                registers = first
                                executable = callee
                                continue
                            }
                        }
                        top.pointee.ip = ip
                        try callOwnMethod(
                            registers + (Int(base) + 1), Int(count), Int(method), registers + Int(to))
                        (top, ip, registers, executable) = currentState()
                    case .callMember(let base, let count, let to, let place):
                        if let function = cachedMethod(
                            registers + (Int(base) + 1), executable.pointee.sites + Int(place))
                        {
                            let callee = function._withUnsafeGuaranteedRef { $0.executable }
                            let first = registers + (Int(base) + 1)
                            if callee.pointee.isSimple, callee.pointee.parameterCount == Int(count) + 1,
                                first + callee.pointee.registerCount <= stackReady,
                                frameCount < Self.frameLimit, !flag.isRaised
                            {
                                top.pointee.ip = ip
                                ip = callee.pointee.instructions + callee.pointee.fullEntry
                                top += 1
                                frameCount += 1
                                top.initialize(
                                    to: Frame(
                                        function: function, executable: callee, ip: ip, registers: first,
                                        result: registers + Int(to)))
                                registers = first
                                executable = callee
                                continue
                            }
                        }
                        top.pointee.ip = ip
                        try callMember(
                            registers + Int(base), Int(count), executable.pointee.sites + Int(place),
                            registers + Int(to))
                        (top, ip, registers, executable) = currentState()

                    case .give(let from):
                        var value = take(registers + Int(from))
                        for place in 0..<executable.pointee.registerCount {
                            SegRuntime.clear(registers + place)
                        }
                        let frame = top.pointee
                        if frame.hooked != 0 { value = leaveObject(frame, value) }
                        frameCount -= 1
                        guard let result = frame.result else { return value }
                        if case .number(let number) = value {
                            setNumber(result, number)
                        } else {
                            result.pointee = value
                        }
                        top -= 1
                        ip = top.pointee.ip
                        registers = top.pointee.registers
                        executable = top.pointee.executable
                    case .giveNil:
                        for place in 0..<executable.pointee.registerCount {
                            SegRuntime.clear(registers + place)
                        }
                        let frame = top.pointee
                        if frame.hooked != 0 { _ = leaveObject(frame, .nilValue) }
                        frameCount -= 1
                        guard let result = frame.result else { return .nilValue }
                        result.pointee = .nilValue
                        top -= 1
                        ip = top.pointee.ip
                        registers = top.pointee.registers
                        executable = top.pointee.executable

                    case .beginRange(let first, let inclusive, let exit):
                        top.pointee.ip = ip
                        if try !beginRange(registers + Int(first), inclusive) {
                            ip = executable.pointee.instructions + Int(exit)
                        }
                    case .nextInRange(let first, let body):
                        let state = registers + Int(first)
                        if case .number(let counter) = state[0], case .number(let last) = state[1],
                            counter + 1 <= last
                        {
                            state.initialize(to: .number(counter + 1))
                            setNumber(state + 2, counter + 1)
                            if flag.isRaised { try checkInterrupt() }
                            fuel &-= 1
                            if fuel == 0 {
                                fuel = 1 << 13
                                top.pointee.ip = ip
                                try checkMemory()
                            }
                            ip = executable.pointee.instructions + Int(body)
                        }
                    case .iterate(let state, let from):
                        top.pointee.ip = ip
                        try iterate(registers + Int(state), registers[Int(from)])
                    case .next(let state, let to, let exit):
                        let place = registers + Int(state)
                        if case .number(let counter) = place[1], let list = place.list {
                            let index = Int(counter)
                            let found = list._withUnsafeGuaranteedRef { list in
                                guard index < list.items.count else { return false }
                                registers[Int(to)] = list.items[index]
                                return true
                            }
                            if found {
                                (place + 1).initialize(to: .number(counter + 1))
                            } else {
                                ip = executable.pointee.instructions + Int(exit)
                            }
                        } else {
                            top.pointee.ip = ip
                            if try !next(place, registers + Int(to)) {
                                ip = executable.pointee.instructions + Int(exit)
                            }
                        }
                    case .unpack(let first, let count, let from):
                        top.pointee.ip = ip
                        try unpack(registers + Int(first), Int(count), registers[Int(from)])
                    case .unpackParameter(let first, let count, let from, let name):
                        top.pointee.ip = ip
                        try unpackParameter(
                            registers + Int(first), Int(count), registers[Int(from)], top, Int(name))
                    case .importFile(let to, let path):
                        top.pointee.ip = ip
                        registers[Int(to)] = try importFile(registers[Int(path)], from: top.pointee.function)
                    }
                }
            } catch {
                ip = try handle(error, at: ip)
                top = frames + (frameCount - 1)
                registers = top.pointee.registers
                executable = top.pointee.executable
            }
        }
    }

    @inline(__always)
    private func currentState() -> (
        UnsafeMutablePointer<Frame>, UnsafeMutablePointer<Instruction>, UnsafeMutablePointer<Value>,
        UnsafeMutablePointer<Executable>
    ) {
        let top = frames + (frameCount - 1)
        return (top, top.pointee.ip, top.pointee.registers, top.pointee.executable)
    }
}
