// The machine's less common cases: operators on objects, making values, loops over anything.
// Members and their calls are in Machine+Members.

import SegSyntax
import SegSystem

extension Interpreter {
    // MARK: Operators

    /// Operands in temporaries are released at once, so that a large value is freed after its last use.
    @inline(never)
    func binarySlow(
        _ op: BinaryOperator, _ registers: UnsafeMutablePointer<Value>, _ to: Register, _ a: Register,
        _ b: Register,
        _ firstTemporary: Int
    ) throws {
        if case .number(let x) = registers[Int(a)], case .number(let y) = registers[Int(b)] {
            registers[Int(to)] = try arithmetic(op, x, y)
            return
        }
        let left = Int(a) >= firstTemporary ? take(registers + Int(a)) : registers[Int(a)]
        let right = Int(b) >= firstTemporary ? take(registers + Int(b)) : registers[Int(b)]
        registers[Int(to)] = try binary(op, left, right)
    }

    @inline(never)
    func binarySlow(
        _ op: BinaryOperator, _ registers: UnsafeMutablePointer<Value>, _ to: Register, _ a: Register,
        _ number: Double, _ firstTemporary: Int
    ) throws {
        let left = Int(a) >= firstTemporary ? take(registers + Int(a)) : registers[Int(a)]
        registers[Int(to)] = try binary(op, left, .number(number))
    }

    /// `+`; a string or list without another reference grows in place.
    @inline(never)
    func addSlow(
        _ registers: UnsafeMutablePointer<Value>, _ to: Register, _ a: Register, _ b: Register,
        _ firstTemporary: Int
    ) throws {
        if to == a { return try addInPlace(registers + Int(a), registers[Int(b)]) }
        try binarySlow(.add, registers, to, a, b, firstTemporary)
    }

    @inline(never)
    func addInPlace(_ place: UnsafeMutablePointer<Value>, _ other: Value) throws {
        guard case .object(let object) = other, object.kind == .string || object.kind == .list,
            try grow(place, by: object)
        else {
            place.pointee = try binary(.add, place.pointee, other)
            return
        }
    }

    /// Appends in place where the value is of the same kind and has no other reference.
    private func grow(_ place: UnsafeMutablePointer<Value>, by other: Object) throws -> Bool {
        guard canGrow(place, by: other), case .object(var object) = take(place) else { return false }
        defer { place.pointee = .object(object) }
        guard isKnownUniquelyReferenced(&object) else { return false }
        if object.kind == .string {
            let string = unsafeDowncast(object, to: StringObject.self)
            let text = unsafeDowncast(other, to: StringObject.self).text
            try extend(&string.text, by: text, for: "this string")
        } else {
            let list = unsafeDowncast(object, to: ListObject.self)
            let items = unsafeDowncast(other, to: ListObject.self).items
            try reserveGrowth(of: list.items, by: items.count)
            ReferenceCycles.note(list, holds: items)
            try append(items, to: &list.items)
        }
        return true
    }

    /// Separate from `grow`, so that reading the kind counts no reference there.
    @inline(never)
    private func canGrow(_ place: UnsafeMutablePointer<Value>, by other: Object) -> Bool {
        guard let object = place.unmanaged else { return false }
        return object._withUnsafeGuaranteedRef { $0.kind == other.kind && $0 !== other }
    }

    func isTrue(_ place: UnsafeMutablePointer<Value>) throws -> Bool {
        switch place.pointee {
        case .bool(let bool): return bool
        case .nilValue: return false
        case .number: return true
        case .object: return try truth(place.pointee)
        }
    }

    @inline(never)
    func holds(
        _ op: ComparisonOperator, _ left: UnsafeMutablePointer<Value>, _ right: UnsafeMutablePointer<Value>
    ) throws -> Bool {
        try truth(try compare(op, left.pointee, right.pointee))
    }

    @inline(never)
    func holds(_ op: ComparisonOperator, _ left: UnsafeMutablePointer<Value>, _ right: Int16) throws -> Bool {
        try truth(try compare(op, left.pointee, .number(Double(right))))
    }

    // MARK: Globals

    /// Binds a global. A function that was there may still be running.
    @inline(never)
    func setGlobal(_ slot: Int, _ value: Value) {
        if case .object(let old) = globals[slot], old.kind == .function {
            retire(unsafeDowncast(old, to: FunctionObject.self))
        }
        globals[slot] = value
    }

    /// Keeps a function alive that may run while nothing else holds it.
    func retire(_ function: FunctionObject) {
        if retired.count >= 1024 { dropRetired() }
        retired.append(function)
    }

    private func dropRetired() {
        var running: Set<UnsafeMutableRawPointer> = []
        for place in 0..<frameCount { running.insert(frames[place].function.toOpaque()) }
        retired.removeAll { !running.contains(Unmanaged.passUnretained($0).toOpaque()) }
    }

    func unassignedField(_ object: Value, _ slot: UInt16) -> Failure {
        guard let instance = object.asInstance else { return Failure(.name, "this field has no value yet") }
        let name = instance.fieldNames[Int(slot)]
        return Failure(
            .name, "the field `\(name)` of \(instance.type.name) is read before it has a value",
            help: "the body of the type assigns it further down, or in a branch that did not run")
    }

    // MARK: Making values

    func makeList(_ registers: UnsafeMutablePointer<Value>, _ to: Register, _ first: Register, _ count: Int) {
        var items: [Value] = []
        items.reserveCapacity(count)
        for place in 0..<count { items.append(take(registers + (Int(first) + place))) }
        registers[Int(to)] = .list(items)
    }

    func appendToList(
        _ registers: UnsafeMutablePointer<Value>, _ list: Register, _ first: Register, _ count: Int
    ) throws {
        guard let list = registers[Int(list)].asList else { return }
        try reserve(elements: list.items.count, for: "this list")
        for place in 0..<count { list.items.append(take(registers + (Int(first) + place))) }
    }

    func spreadIntoList(_ list: Value, _ value: Value) throws {
        guard let list = list.asList else { return }
        guard let items = try items(value) else {
            throw Failure(
                .type, "... spreads a list or another collection into a list, got \(describe(value))")
        }
        try reserve(elements: list.items.count + items.count, for: "this list")
        try append(items, to: &list.items)
    }

    func makeRecord(
        _ registers: UnsafeMutablePointer<Value>, _ to: Register, _ first: Register, _ count: Int,
        _ function: Unmanaged<FunctionObject>, _ names: Int
    ) {
        let code = function._withUnsafeGuaranteedRef { $0.code }
        var values: [Value] = []
        values.reserveCapacity(count)
        for place in 0..<count { values.append(take(registers + (Int(first) + place))) }
        registers[Int(to)] = .object(
            RecordObject(distinctNames: Array(code.names[names..<names + count]), values: values))
    }

    func setEntry(_ record: Value, key: Value, _ value: Value) throws {
        guard let record = record.asRecord else { return }
        guard let name = key.asString else {
            throw Failure(.type, "the names of a record are strings, got \(describe(key))")
        }
        try set(name, of: record, to: value)
    }

    func spreadIntoRecord(_ record: Value, _ other: Value) throws {
        guard let record = record.asRecord else { return }
        guard let entries = other.asRecord else {
            throw Failure(.type, "... spreads a record into a record, got \(describe(other))")
        }
        try add(entries, to: record)
    }

    func makeRange(_ start: Value, _ end: Value?, _ inclusive: Bool) throws -> Value {
        guard let first = try number(from: start) else { throw notARange(start, end) }
        guard let end else { return .object(RangeObject(start: first, end: nil, isInclusive: inclusive)) }
        guard let last = try number(from: end) else { throw notARange(start, end) }
        return .object(RangeObject(start: first, end: last, isInclusive: inclusive))
    }

    private func notARange(_ start: Value, _ end: Value?) -> Failure {
        let kinds = [start, end].compactMap { $0 }.map(describe).joined(separator: " and ")
        return Failure(.type, "a range goes from a number to a number, got \(kinds)")
    }

    func makeString(
        _ registers: UnsafeMutablePointer<Value>, _ to: Register, _ first: Register, _ count: Int,
        _ template: TextTemplate
    ) throws {
        let values = registers + Int(first)
        if let text = shortString(values, count, template) {
            for place in 0..<count { clear(values + place) }
            registers[Int(to)] = .string(text)
            return
        }
        var text = String(decoding: template.text(0), as: UTF8.self)
        for place in 0..<count {
            switch take(values + place) {
            case .number(let number): text += numberText(number)
            case .object(let object) where object.kind == .string:
                try append(unsafeDowncast(object, to: StringObject.self).text, to: &text)
            case let value: try append(try line(value), to: &text)
            }
            text += String(decoding: template.text(place + 1), as: UTF8.self)
        }
        registers[Int(to)] = .string(text)
    }

    /// Appends to the string in `to` if it has no other reference; else makes a string and adds it.
    func appendString(
        _ registers: UnsafeMutablePointer<Value>, _ to: Register, _ first: Register, _ count: Int,
        _ template: TextTemplate
    ) throws {
        let place = registers + Int(to)
        let values = registers + Int(first)
        if place.unmanaged(.string, as: StringObject.self) != nil,
            let text = shortString(values, count, template)
        {
            guard case .object(var object) = take(place) else { return }
            if isKnownUniquelyReferenced(&object) {
                let string = unsafeDowncast(object, to: StringObject.self)
                defer { place.initialize(to: .object(string)) }
                try extend(&string.text, by: text, for: "this string")
                for place in 0..<count { clear(values + place) }
                return
            }
            place.initialize(to: .object(object))
        }
        try makeString(registers, first, first, count, template)
        place.pointee = try binary(.add, place.pointee, values.pointee)
        clear(values)
    }

    /// Texts and whole numbers joined on the stack; nil where they are something else, or long.
    private func shortString(
        _ values: UnsafeMutablePointer<Value>, _ count: Int, _ template: TextTemplate
    ) -> String? {
        // One number of at most seven digits between short texts fits into a Swift string without
        // allocation.
        if count == 1, template.bytes.count <= 8, case .number(let number) = values.pointee, number >= 0,
            number < 1e7, number == number.rounded(.towardZero)
        {
            return String(unsafeUninitializedCapacity: 15) { text in
                let middle = template.ends[0]
                for byte in 0..<middle { text[byte] = template.bytes[byte] }
                var place = Self.writeDigits(Int(number), text, at: middle)
                for byte in middle..<template.bytes.count {
                    text[place] = template.bytes[byte]
                    place += 1
                }
                return place
            }
        }
        let limit = 256
        guard template.bytes.count < limit / 2, count < limit / 2 else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: limit) { buffer in
            var length = 0
            var start = 0
            for place in 0...count {
                let size = template.ends[place] - start
                guard length + size <= limit, let to = buffer.baseAddress,
                    let from = template.bytes.baseAddress
                else { return nil }
                (to + length).initialize(from: from + start, count: size)
                length += size
                start = template.ends[place]
                if place == count { break }
                if case .number(let number) = values[place] {
                    guard number.magnitude < 1e15, number == number.rounded(.towardZero), length + 20 < limit
                    else {
                        return nil
                    }
                    length = Self.writeDigits(Int(number), buffer, at: length)
                    continue
                }
                guard let string = (values + place).unmanaged(.string, as: StringObject.self) else {
                    return nil
                }
                let end = string._withUnsafeGuaranteedRef { string in
                    string.text.utf8.withContiguousStorageIfAvailable { bytes -> Int in
                        guard length + bytes.count <= limit else { return -1 }
                        for place in 0..<bytes.count { buffer[length + place] = bytes[place] }
                        return length + bytes.count
                    }
                }
                guard let end, end >= 0 else { return nil }
                length = end
            }
            let bytes = UnsafeBufferPointer(rebasing: buffer[0..<length])
            if length > 15 { return String(decoding: bytes, as: UTF8.self) }
            // A string that needs no allocation is made without reading each byte.
            return String(unsafeUninitializedCapacity: length) { text in
                if let to = text.baseAddress, let from = bytes.baseAddress {
                    to.initialize(from: from, count: length)
                }
                return length
            }
        }
    }

    /// Writes a whole number and returns the place after it.
    private static func writeDigits(_ number: Int, _ buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int)
        -> Int
    {
        var place = start
        var rest = number.magnitude
        if number < 0 {
            buffer[place] = UInt8(ascii: "-")
            place += 1
        }
        var length = 1
        var bound: UInt = 10
        while length < 19, rest >= bound {
            length += 1
            bound *= 10
        }
        let end = place + length
        place = end
        while rest >= 10 {
            place -= 1
            buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        buffer[place - 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)
        return end
    }

    func makeFunction(_ frame: UnsafeMutablePointer<Frame>, _ place: Int) -> FunctionObject {
        let code = frame.pointee.function._withUnsafeGuaranteedRef { $0.code.functions[place] }
        return FunctionObject(
            code: code, captures: captured(code.captureSources, frame), origin: runningOrigin)
    }

    func makeType(_ frame: UnsafeMutablePointer<Frame>, _ place: Int) -> TypeObject {
        let type = frame.pointee.function._withUnsafeGuaranteedRef { $0.code.types[place] }
        let origin = runningOrigin
        func function(_ code: Code) -> FunctionObject {
            FunctionObject(code: code, captures: captured(code.captureSources, frame), origin: origin)
        }
        return TypeObject(
            shape: type.shape, constructor: function(type.body), methods: type.methods.map(function))
    }

    private func captured(_ sources: [CaptureSource], _ frame: UnsafeMutablePointer<Frame>) -> [Object] {
        sources.map { source in
            switch source {
            case .register(let register):
                if case .object(let object) = frame.pointee.registers[register], object.kind == .cell {
                    return object
                }
                return CellObject(frame.pointee.registers[register])
            case .capture(let place):
                return frame.pointee.function._withUnsafeGuaranteedRef { $0.captures[place] }
            case .ownFunction: return frame.pointee.function.takeUnretainedValue()
            case .ownObject:
                if case .object(let object) = frame.pointee.registers[0] { return object }
                return CellObject(.nilValue)
            }
        }
    }

    /// `:` is a register without a value.
    func indexKeys(_ first: UnsafeMutablePointer<Value>, _ count: Int) -> [IndexKey] {
        (0..<count).map { first[$0].isUnassigned ? .wholeAxis : .value(first[$0]) }
    }

    // MARK: Loops

    /// Prepares `for` over numbers: the start, the last value, the variable. False: no iteration.
    func beginRange(_ state: UnsafeMutablePointer<Value>, _ inclusive: Bool) throws -> Bool {
        guard let start = try number(from: state[0]), let end = try number(from: state[1]) else {
            throw notARange(state[0], state[1])
        }
        let steps = inclusive ? (end - start).rounded(.down) : (end - start).rounded(.up) - 1
        if !(steps >= 0) { return false }
        // A loop without an end is well-defined: `for i in 0...1/0`.
        try checkCountable(from: start, to: end)
        state[0] = .number(start)
        state[1] = .number(start + steps)
        state[2] = .number(start)
        return true
    }

    func iterate(_ state: UnsafeMutablePointer<Value>, _ value: Value) throws {
        if value.asList != nil {
            state[0] = value
            state[1] = .number(0)
            return
        }
        guard let next = try iterator(value) else { throw notACollection(value) }
        state[0] = .object(IteratorObject(next))
        state[1] = .nilValue
    }

    func next(_ state: UnsafeMutablePointer<Value>, _ to: UnsafeMutablePointer<Value>) throws -> Bool {
        guard case .object(let object) = state.pointee, object.kind == .iterator else { return false }
        guard let value = try unsafeDowncast(object, to: IteratorObject.self).next() else { return false }
        to.pointee = value
        return true
    }

    func unpack(_ first: UnsafeMutablePointer<Value>, _ count: Int, _ value: Value) throws {
        guard let items = try items(value), value.asString == nil else {
            throw Failure(.type, "\(count) names are bound to a list of \(count), got \(describe(value))")
        }
        guard items.count == count else {
            throw Failure(
                .value,
                "\(plural(count, "name")) are bound to \(plural(items.count, "value")), \(short(value))",
                help: value.asRecord.flatMap { record in
                    record.count == 0 || record.count > 5
                        ? nil
                        : "the entries of a record have names: \(record.names.map { "." + $0 }.joined(separator: ", "))"
                })
        }
        for (place, item) in items.enumerated() { first[place] = item }
    }

    /// The same for an argument whose parameter is a list of names.
    func unpackParameter(
        _ first: UnsafeMutablePointer<Value>, _ count: Int, _ value: Value,
        _ frame: UnsafeMutablePointer<Frame>, _ name: Int
    ) throws {
        let pattern = frame.pointee.function._withUnsafeGuaranteedRef { $0.code.names[name] }
        guard let items = try items(value), value.asString == nil else {
            throw Failure(.type, "the parameter \(pattern) takes a list of \(count), got \(describe(value))")
        }
        guard items.count == count else {
            throw Failure(
                .value,
                "the parameter \(pattern) takes \(plural(count, "value")), got \(items.count): \(short(value))"
            )
        }
        for (place, item) in items.enumerated() { first[place] = item }
    }
}
