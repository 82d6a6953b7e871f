// The memory of a tensor's value, allocated from the pool and released with the last value that uses it.

import Synchronization

/// Bytes from the pool, released with the last value that uses them. 64-byte aligned.
final class Storage: @unchecked Sendable {
    let bytes: UnsafeMutableRawPointer
    let byteCount: Int
    /// Convolution weights packed from these bytes in the order that kernels read, in the form that was used last;
    /// dropped when the bytes change.
    private let packedWeights = Mutex<(form: PackedForm, packed: Storage?)?>(nil)

    /// - Throws: `TensorError` of kind memory if the budget is exceeded; `what` names the purpose.
    init(byteCount: Int, for what: @autoclosure () -> String = "a tensor") throws {
        self.bytes = try BlockPool.allocate(byteCount, for: what)
        self.byteCount = byteCount
    }

    deinit { BlockPool.free(bytes, bytes: byteCount) }

    /// The packed weights of a form, if they are kept, and whether the last use was of this form too.
    func packed(for form: PackedForm) -> (packed: Storage?, isUsedAgain: Bool) {
        packedWeights.withLock { last in
            if let last, last.form == form { return (last.packed, true) }
            last = (form, nil)
            return (nil, false)
        }
    }
    func keep(_ packed: Storage, for form: PackedForm) { packedWeights.withLock { $0 = (form, packed) } }
    /// Call it before the bytes are written again, and where the weights will not be used again soon.
    func dropPackedWeights() { packedWeights.withLock { $0 = nil } }
}
