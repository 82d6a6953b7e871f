// Scratch memory of the kernels, and the one error they know: that it is lacking.

import CKernels

enum KernelMemory {
    /// Throws where a kernel reported that scratch memory is lacking.
    static func check(_ status: Int32, for work: String) throws {
        if status != 0 {
            throw TensorError(.memory, "not enough memory for the working space of \(work)")
        }
    }

    /// Scratch floats of this thread: valid until the same slot is asked for again.
    static func scratch(slot: Int, floats: Int) -> UnsafeMutablePointer<Float>? {
        pool_scratch(slot, floats * MemoryLayout<Float>.stride)?.assumingMemoryBound(to: Float.self)
    }
}
