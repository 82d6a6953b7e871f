// Scratch memory of the kernels, and their only error: lack of it.

import CKernels

enum KernelMemory {
    /// Throws if a kernel reported lack of scratch memory.
    static func check(_ status: Int32, for work: String) throws {
        if status != 0 {
            throw TensorError(.memory, "not enough memory for the working space of \(work)")
        }
    }

    /// Scratch floats of this thread: valid until the same slot is requested again.
    static func scratch(slot: Int, floats: Int) -> UnsafeMutablePointer<Float>? {
        pool_scratch(slot, floats * MemoryLayout<Float>.stride)?.assumingMemoryBound(to: Float.self)
    }
}
