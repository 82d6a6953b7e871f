// Reads the object in a register without counting a reference: retaining and releasing would
// take longer than the access. The result is valid only
// while the register keeps its value.

extension UnsafeMutablePointer where Pointee == Value {
    /// The object held here; a class payload is at the start of the enum's storage.
    @inline(__always)
    var unmanaged: Unmanaged<Object>? {
        if case .object = pointee {
            return Unmanaged.fromOpaque(UnsafeRawPointer(self).load(as: UnsafeRawPointer.self))
        }
        return nil
    }

    /// The object held here if it is of this kind, whose class the caller knows.
    @inline(__always)
    func unmanaged<T: Object>(_ kind: Object.Kind, as type: T.Type) -> Unmanaged<T>? {
        guard let object = unmanaged, object._withUnsafeGuaranteedRef({ $0.kind == kind }) else { return nil }
        return Unmanaged<T>.fromOpaque(object.toOpaque())
    }

    @inline(__always)
    var list: Unmanaged<ListObject>? { unmanaged(.list, as: ListObject.self) }

    @inline(__always)
    var instance: Unmanaged<Instance>? { unmanaged(.instance, as: Instance.self) }

    @inline(__always)
    var function: Unmanaged<FunctionObject>? { unmanaged(.function, as: FunctionObject.self) }
}

extension Unmanaged where Instance == FunctionObject {
    /// A captured cell.
    @inline(__always)
    func cell(_ place: UInt16) -> Unmanaged<CellObject> {
        let captures = _withUnsafeGuaranteedRef { UnsafeRawPointer($0.captures) }
        let size = MemoryLayout<UnsafeRawPointer>.stride
        return .fromOpaque(captures.load(fromByteOffset: Int(place) * size, as: UnsafeRawPointer.self))
    }
}
