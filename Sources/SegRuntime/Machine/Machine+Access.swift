// How the machine's loop reaches captured variables, fields and methods: without counting
// references, inlined into the loop.

import SegSyntax

extension Interpreter {
    @inline(__always)
    func cell(_ place: UnsafeMutablePointer<Value>) -> Unmanaged<CellObject> {
        place.unmanaged(.cell, as: CellObject.self) ?? spareCell
    }

    /// Reads a captured variable into a register.
    @inline(__always)
    func readCell(
        _ cell: Unmanaged<CellObject>, _ to: UnsafeMutablePointer<Value>,
        _ executable: UnsafeMutablePointer<Executable>, _ name: UInt32, _ top: UnsafeMutablePointer<Frame>
    ) throws {
        try cell._withUnsafeGuaranteedRef { cell in
            if case .number(let number) = cell.value {
                setNumber(to, number)
            } else {
                if cell.value.isUnassigned { throw unassigned(executable, name, top) }
                to.pointee = cell.value
            }
        }
    }

    /// Stores a register's value in a captured variable; a temporary's value is moved.
    @inline(__always)
    func writeCell(
        _ cell: Unmanaged<CellObject>, _ from: UnsafeMutablePointer<Value>, _ isTemporary: Bool
    ) {
        cell._withUnsafeGuaranteedRef { cell in
            if case .number(let number) = from.pointee {
                cell.value = .number(number)
            } else {
                ReferenceCycles.note(cell, holds: from.pointee)
                cell.value = isTemporary ? take(from) : from.pointee
            }
        }
    }

    @inline(__always)
    func fields(_ place: UnsafeMutablePointer<Value>) -> UnsafeMutablePointer<Value> {
        guard let instance = place.instance else { return globals }
        return instance._withUnsafeGuaranteedRef { $0.slots }
    }

    @inline(never)
    func setField(_ place: UnsafeMutablePointer<Value>, _ slot: Int, _ value: Value) {
        place.pointee.asInstance?.setField(at: slot, to: value)
    }

    @inline(__always)
    func ownMethod(_ receiver: UnsafeMutablePointer<Value>, _ method: UInt16) -> Unmanaged<
        FunctionObject
    >? {
        guard let instance = receiver.instance else { return nil }
        return instance.method(Int(method))
    }

    /// The method that a site met last, where the receiver is of the same type.
    @inline(__always)
    func cachedMethod(
        _ receiver: UnsafeMutablePointer<Value>, _ site: UnsafeMutablePointer<Site>
    ) -> Unmanaged<FunctionObject>? {
        guard site.pointee.cachedSlot < 0, let cached = site.pointee.cachedType,
            let instance = receiver.instance,
            instance._withUnsafeGuaranteedRef({ Unmanaged.passUnretained($0.type).toOpaque() })
                == cached.toOpaque(),
            site.pointee.shape == nil
        else { return nil }
        return instance.method(-1 - site.pointee.cachedSlot)
    }
}

extension Unmanaged where Instance == SegRuntime.Instance {
    /// A method of the object's type.
    @inline(__always)
    func method(_ place: Int) -> Unmanaged<FunctionObject> {
        _withUnsafeGuaranteedRef { .passUnretained($0.type.methods[place]) }
    }
}
