// The memory of a tensor's value, from the pool, given back when the last value that uses it goes.

import Synchronization

/// Bytes from the pool, given back when the last value that uses them goes. 64-byte aligned.
final class Storage: @unchecked Sendable {
    let bytes: UnsafeMutableRawPointer
    let byteCount: Int
    private let blockSize: Int
    /// Convolution weights made from these bytes in the order that kernels read; gone once the bytes change.
    private let packedWeights = Mutex<[ConvolutionGeometry: Storage]?>(nil)

    /// - Throws: `TensorError` of kind memory where the budget has no room; `what` names who asks.
    init(byteCount: Int, for what: @autoclosure () -> String = "a tensor") throws {
        (self.bytes, self.blockSize) = try BlockPool.allocate(byteCount, for: what)
        self.byteCount = byteCount
    }

    deinit { BlockPool.free(bytes, bytes: byteCount, size: blockSize) }

    func packed(for geometry: ConvolutionGeometry) -> Storage? { packedWeights.withLock { $0?[geometry] } }
    func keep(_ packed: Storage, for geometry: ConvolutionGeometry) {
        packedWeights.withLock { $0 = [geometry: packed] }
    }
    /// To be called before the bytes are written again.
    func willChange() { packedWeights.withLock { $0 = nil } }
}
