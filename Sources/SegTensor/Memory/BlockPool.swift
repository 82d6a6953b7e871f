// Allocates the memory of tensors, within the process's budget. The system fills fresh pages with zeros,
// which takes as long as many an operation, so freed blocks are kept by size and reused.

import CKernels
@preconcurrency import Glibc
import SegSystem
import Synchronization

/// The pool of blocks. Safe to use from any thread.
enum BlockPool {
    private struct Block: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }

    private struct State: Sendable {
        var kept = 0
        /// Blocks by their size.
        var free: [Int: [Block]] = [:]
        var isKnownToBudget = false
    }

    private static let state = Mutex(State())

    /// The size of the block for `bytes`: eight sizes per doubling, so at most an eighth is wasted.
    static func blockSize(_ bytes: Int) -> Int {
        if bytes <= 512 { return (max(bytes, 1) + 63) & ~63 }
        let top = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount
        let step = max(1 << (top - 3), 64)
        return (bytes + step - 1) & ~(step - 1)
    }

    /// A block of at least `bytes`, 64-byte aligned, contents undefined, and its size.
    /// - Throws: an error of kind memory if the budget is exceeded; `what` names the purpose.
    static func allocate(_ bytes: Int, for what: () -> String) throws(TensorError) -> (
        pointer: UnsafeMutableRawPointer, size: Int
    ) {
        let size = bytes > Int.max / 4 ? Int.max / 2 : blockSize(bytes)
        guard MemoryBudget.process.tryReserve(size) else { throw .refusal(Double(bytes), what()) }
        guard let block = take(size) ?? fresh(size) ?? afterTrimming(size) else {
            MemoryBudget.process.release(size)
            throw .refusal(Double(bytes), what())
        }
        memory_guard(block.pointer, bytes, block.size)
        return block
    }

    /// Takes back a block of `allocate`: `bytes` as requested, `size` as returned.
    static func free(_ pointer: UnsafeMutableRawPointer, bytes: Int, size: Int) {
        MemoryBudget.process.release(blockSize(bytes))
        memory_guard(pointer, 0, size)
        let limit = MemoryBudget.process.limit / 4
        let isKept = state.withLock { state in
            guard state.kept + size <= limit else { return false }
            state.free[size, default: []].append(Block(pointer: pointer))
            count(size, &state)
            return true
        }
        if !isKept { giveBack(Block(pointer: pointer), size) }
    }

    // MARK: Kept blocks

    /// A kept block of the requested size or, for blocks of whole pages, up to half as large again.
    private static func take(_ size: Int) -> (pointer: UnsafeMutableRawPointer, size: Int)? {
        state.withLock { state in
            if !state.isKnownToBudget {
                state.isKnownToBudget = true
                MemoryBudget.process.setKeeper { surplus in
                    self.state.withLock { trim(&$0, toKeep: max($0.kept - surplus, 0)) }
                }
            }
            var best = size
            if state.free[size]?.isEmpty != false {
                best = Int.max
                if size >= pagesFrom {
                    for (other, blocks) in state.free
                    where other > size && other <= size / 2 * 3 && !blocks.isEmpty {
                        best = min(best, other)
                    }
                }
            }
            if let block = state.free[best]?.popLast() {
                count(-best, &state)
                return (block.pointer, best)
            }
            // Blocks beyond the peak use so far would never be reused.
            let peak = MemoryBudget.process.peak
            let most = max(max(peak + peak / 8, 384 << 20) - MemoryBudget.process.counted, 0)
            if state.kept > most { trim(&state, toKeep: most) }
            return nil
        }
    }

    private static func count(_ bytes: Int, _ state: inout State) {
        state.kept += bytes
        MemoryBudget.process.keep(bytes)
    }

    /// Returns blocks to the system until at most so many bytes are kept.
    static func trim(toKeep room: Int) { state.withLock { trim(&$0, toKeep: room) } }

    private static func trim(_ state: inout State, toKeep room: Int) {
        for (size, blocks) in state.free.sorted(by: { $0.key > $1.key }) {
            var left = blocks
            while state.kept > room, let block = left.popLast() {
                giveBack(block, size)
                count(-size, &state)
            }
            state.free[size] = left.isEmpty ? nil : left
            if state.kept <= room { return }
        }
    }

    // MARK: The system's memory

    /// Blocks of at least this size have their own pages, huge ones if the system supports them.
    private static let pagesFrom = 1 << 20

    private static func afterTrimming(_ size: Int) -> (pointer: UnsafeMutableRawPointer, size: Int)? {
        trim(toKeep: 0)
        return fresh(size)
    }

    private static func fresh(_ size: Int) -> (pointer: UnsafeMutableRawPointer, size: Int)? {
        guard size >= pagesFrom else { return aligned_alloc(64, size).map { ($0, size) } }
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let pages, pages != MAP_FAILED else { return nil }
        if size >= 2 << 20 { madvise(pages, size, 14 /* MADV_HUGEPAGE */) }
        return (pages, size)
    }

    private static func giveBack(_ block: Block, _ size: Int) {
        memory_guard(block.pointer, size, size)
        if size >= pagesFrom { munmap(block.pointer, size) } else { Glibc.free(block.pointer) }
    }
}

extension TensorError {
    /// The error for `bytes` (possibly more than an Int holds) that exceed the memory budget.
    static func refusal(_ bytes: Double, _ what: String) -> TensorError {
        TensorError(MemoryBudget.process.refusal(bytes, what))
    }
}
