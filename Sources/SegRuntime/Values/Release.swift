// Deep structures are released with an explicit stack: a list of lists a million deep, a chain
// of closures, a linked list of objects. Without this their release would recurse.

extension Value {
    /// Whether releasing this value may release others.
    @usableFromInline var isContainer: Bool {
        guard case .object(let object) = self else { return false }
        switch object.kind {
        case .list, .record, .instance, .function, .cell, .bound: return true
        default: return false
        }
    }
}

/// Releases values one after the other; what only they held is released here instead
/// of in its deinit.
func releaseDeep(_ pending: inout [Value]) {
    while let value = pending.popLast() {
        guard case .object(var object) = value else { continue }
        releaseIfLast(&object, &pending)
    }
}

private func releaseIfLast(_ object: inout Object, _ pending: inout [Value]) {
    guard isKnownUniquelyReferenced(&object) else { return }
    switch object.kind {
    case .list:
        let list = unsafeDowncast(object, to: ListObject.self)
        pending.append(contentsOf: list.items)
        list.items = []
    case .record:
        pending.append(contentsOf: unsafeDowncast(object, to: RecordObject.self).takeValues())
    case .instance:
        unsafeDowncast(object, to: Instance.self).moveFields(to: &pending)
    case .function:
        unsafeDowncast(object, to: FunctionObject.self).moveCaptures(to: &pending)
    case .cell:
        let cell = unsafeDowncast(object, to: CellObject.self)
        pending.append(cell.value)
        cell.value = .nilValue
    case .bound:
        unsafeDowncast(object, to: BoundMethod.self).moveReceiver(to: &pending)
    default: break
    }
}
