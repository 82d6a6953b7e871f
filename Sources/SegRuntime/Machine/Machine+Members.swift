// `x.name` and `x.f(a)` in the machine: entries and fields with the caches of their sites, and
// the nearest function in scope where x has no such member.

import SegSyntax

extension Interpreter {
    func getMember(
        _ registers: UnsafeMutablePointer<Value>, _ to: Register, _ base: Register,
        _ site: UnsafeMutablePointer<Site>
    ) throws {
        let place = registers + Int(base)
        if let record = place.unmanaged(.record, as: RecordObject.self) {
            let found = record._withUnsafeGuaranteedRef { record in
                guard let entry = entry(record, site) else { return false }
                registers[Int(to)] = record.values[entry]
                return true
            }
            if found { return }
        } else if let instance = place.instance {
            let found = instance._withUnsafeGuaranteedRef { instance in
                guard let slot = fieldSlot(instance, site), !instance.slots[slot].isUnassigned else {
                    return false
                }
                registers[Int(to)] = instance.slots[slot]
                return true
            }
            if found { return }
        }
        let value = place.pointee
        guard let member = try member(value, site.pointee.name) else {
            throw missingMember(value, site.pointee.name, functions: library.names, isCall: false)
        }
        registers[Int(to)] = member
    }

    /// The place of an entry, first where the site found it last.
    @inline(__always)
    private func entry(_ record: RecordObject, _ site: UnsafeMutablePointer<Site>) -> Int? {
        let hint = site.pointee.cachedSlot
        if hint >= 0, hint < record.names.count, record.names[hint] == site.pointee.name { return hint }
        guard let place = record.position(of: site.pointee.name) else { return nil }
        site.pointee.cachedSlot = place
        return place
    }

    /// The slot of a field by the site's cache; nil for methods and missing members.
    @inline(__always)
    private func fieldSlot(_ instance: Instance, _ site: UnsafeMutablePointer<Site>) -> Int? {
        if let cached = site.pointee.cachedType,
            cached.toOpaque() == Unmanaged.passUnretained(instance.type).toOpaque()
        {
            return site.pointee.cachedSlot >= 0 ? site.pointee.cachedSlot : nil
        }
        return remember(instance.type, site)
    }

    @inline(never)
    private func remember(_ type: TypeObject, _ site: UnsafeMutablePointer<Site>) -> Int? {
        let name = site.pointee.name
        guard let slot = type.fieldSlots[name] ?? type.methodSlots[name].map({ -1 - $0 }) else { return nil }
        site.pointee.cachedType?.release()
        site.pointee.cachedType = .passRetained(type)
        site.pointee.cachedSlot = slot
        return slot >= 0 ? slot : nil
    }

    func setMember(
        _ registers: UnsafeMutablePointer<Value>, _ base: Register, _ site: UnsafeMutablePointer<Site>,
        _ from: Register
    ) throws {
        let place = registers + Int(base)
        if let record = place.unmanaged(.record, as: RecordObject.self) {
            let isSet = record._withUnsafeGuaranteedRef { record in
                guard registers[Int(from)].asForeign == nil, let entry = entry(record, site) else {
                    return false
                }
                record.setValue(registers[Int(from)], at: entry)
                return true
            }
            if isSet { return }
        } else if let instance = place.instance {
            let isSet = instance._withUnsafeGuaranteedRef { instance in
                guard let slot = fieldSlot(instance, site) else { return false }
                instance.setField(at: slot, to: registers[Int(from)])
                return true
            }
            if isSet { return }
        }
        registers[Int(base)] = try settingMember(
            registers[Int(base)], site.pointee.name, to: registers[Int(from)])
    }

    /// `x.f(a)`, x in the register after `base`: the member where x has one, else the nearest
    /// function in scope with x as its first argument.
    func callMember(
        _ base: UnsafeMutablePointer<Value>, _ count: Int, _ site: UnsafeMutablePointer<Site>,
        _ result: UnsafeMutablePointer<Value>
    ) throws {
        let receiver = base + 1
        let shape = site.pointee.shape
        if site.pointee.onlyGlobal >= 0, shape == nil, receiver.list != nil,
            let native = (globals + site.pointee.onlyGlobal).unmanaged(.native, as: NativeFunction.self),
            let value = native._withUnsafeGuaranteedRef({ $0.quick?(receiver, count + 1) })
        {
            for place in 0...count { clear(receiver + place) }
            result.pointee = value
            return
        }
        if let instance = receiver.pointee.asInstance {
            if fieldSlot(instance, site) == nil, site.pointee.cachedSlot < 0,
                let cached = site.pointee.cachedType,
                cached.toOpaque() == Unmanaged.passUnretained(instance.type).toOpaque()
            {
                let method = instance.type.methods[-1 - site.pointee.cachedSlot]
                return try enter(method, receiver, count + 1, shape, result, receiver: instance)
            }
        }
        if let member = try member(receiver.pointee, site.pointee.name) {
            receiver.pointee = member
            do {
                return try beginCall(receiver, count, shape, result)
            } catch var failure as Failure {
                // The place in the call counts the receiver as well.
                failure.argument = failure.argument.map { $0 + 1 }
                if count == 0, failure.help == nil, !isCallable(member) {
                    failure.help = "\(site.pointee.name) is a field: write .\(site.pointee.name) without ()"
                }
                throw failure
            }
        }
        // `torch.save(x)` is not save(torch, x).
        let isNamespace =
            receiver.pointee.asRecord != nil && help(inNamespace: receiver.pointee, site.pointee.name) != nil
        guard !isNamespace, let function = try candidate(site) else {
            throw missingMember(receiver.pointee, site.pointee.name, functions: library.names, isCall: true)
        }
        base.pointee = function
        let withReceiver = shape.map { CallShape([.positional] + $0.labels) }
        try beginCall(base, count + 1, withReceiver, result)
    }

    /// The nearest value of the site's name that can be called.
    private func candidate(_ site: UnsafeMutablePointer<Site>) throws -> Value? {
        let frame = frames[frameCount - 1]
        func object(_ captured: Int?) -> Instance? {
            guard let captured else { return frame.registers[0].asInstance }
            return frame.function._withUnsafeGuaranteedRef { Value.object($0.captures[captured]).asInstance }
        }
        func captured(_ object: Object) -> Value {
            object.kind == .cell ? unsafeDowncast(object, to: CellObject.self).value : .object(object)
        }
        for candidate in site.pointee.candidates {
            if case .global(let slot) = candidate, !globals[slot].isUnassigned {
                if isCallable(globals[slot]) { return globals[slot] }
                continue
            }
            var found: Value?
            switch candidate {
            case .register(let register): found = frame.registers[register]
            case .cell(let register):
                if case .object(let object) = frame.registers[register] { found = captured(object) }
            case .capture(let place):
                found = frame.function._withUnsafeGuaranteedRef { captured($0.captures[place]) }
            case .ownFunction: found = .object(frame.function.takeUnretainedValue())
            case .method(let slot, let capture):
                found = object(capture).map {
                    .object(BoundMethod(receiver: $0, function: $0.type.methods[slot]))
                }
            case .field(let slot, let capture): found = object(capture)?.field(at: slot)
            case .global(let slot):
                found =
                    globals[slot].isUnassigned && globalInfos[slot].isLibrary
                    ? try resolved(slot) : globals[slot]
            }
            if let found, isCallable(found) { return found }
        }
        // The function was defined after this was compiled, as at the prompt.
        let module = frame.function._withUnsafeGuaranteedRef { $0.code.module }
        if let slot = module.slot(of: site.pointee.name), isCallable(globals[slot]) { return globals[slot] }
        return nil
    }
}
