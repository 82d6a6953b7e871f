// Scratch memory of the kernels, and their only error: lack of it.

import CKernels
import SegSystem

enum KernelMemory {
    /// Throws if a kernel reported lack of scratch memory.
    static func check(_ status: Int32, for work: String) throws {
        if status != 0 {
            throw TensorError(.memory, "not enough memory for the working space of \(work)")
        }
    }

    /// Runs a kernel that allocates so many bytes, which count against the memory budget.
    static func counting(_ bytes: Int, for work: String, _ kernel: () throws -> Int32) throws {
        try MemoryBudget.process.reserve(bytes, for: "the working space of \(work)")
        defer { MemoryBudget.process.release(bytes) }
        try check(kernel(), for: work)
    }

    /// Lets scratch memory that is as large as pictures be refused where the memory budget has no room.
    static let askBudget: Void = pool_ask_for_scratch { MemoryBudget.process.hasRoom(for: $0) }

    /// Scratch floats of this thread: valid until the same slot is requested again.
    static func scratch(slot: Int, floats: Int) -> UnsafeMutablePointer<Float>? {
        pool_scratch(slot, floats * MemoryLayout<Float>.stride)?.assumingMemoryBound(to: Float.self)
    }
}

/// The working space of a kernel whose tasks are large: it counts against the memory budget, and where there is no room
/// for all of them, fewer run at once.
final class WorkingSpace {
    let tasks: Int
    private let storage: Storage

    /// - Throws: `TensorError` of kind memory if there is no room for one task.
    init(of bytes: Int, tasks: Int, for work: String) throws {
        let most = min(tasks, Parallel.threads, MemoryBudget.process.left / max(bytes, 1))
        self.tasks = max(most, 1)
        storage = try Storage(byteCount: bytes * self.tasks, for: "the working space of \(work)")
    }

    var bytes: UnsafeMutableRawPointer { storage.bytes }
}
