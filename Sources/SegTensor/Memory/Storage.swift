// The memory of a tensor's value, allocated from the pool and released with the last value that uses it.

import Synchronization

/// Bytes from the pool, released with the last value that uses them. 64-byte aligned.
final class Storage: @unchecked Sendable {
    let bytes: UnsafeMutableRawPointer
    let byteCount: Int
    /// Convolution weights packed from these bytes in the order that kernels read; dropped when the bytes
    /// change.
    private let packedWeights = Mutex<[PackedForm: Storage]?>(nil)

    /// - Throws: `TensorError` of kind memory if the budget is exceeded; `what` names the purpose.
    init(byteCount: Int, for what: @autoclosure () -> String = "a tensor") throws {
        self.bytes = try BlockPool.allocate(byteCount, for: what)
        self.byteCount = byteCount
    }

    deinit { BlockPool.free(bytes, bytes: byteCount) }

    func packed(for form: PackedForm) -> Storage? { packedWeights.withLock { $0?[form] } }
    func keep(_ packed: Storage, for form: PackedForm) {
        packedWeights.withLock { $0 = [form: packed] }
    }
    /// Call it before the bytes are written again.
    func willChange() { packedWeights.withLock { $0 = nil } }
}
