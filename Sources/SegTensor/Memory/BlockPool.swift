// Allocates the memory of tensors, within the process's budget. The system fills fresh pages with zeros,
// which takes as long as many an operation, so freed memory is kept and reused: small blocks by their size, large
// ones as ranges of addresses, whose pages are moved together where no range is large enough.

import CKernels
@preconcurrency import Glibc
import SegSystem
import Synchronization

/// The pool of blocks. Safe to use from any thread.
enum BlockPool {
    private struct Block: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }

    private struct State: Sendable {
        /// Small blocks by their size, and the bytes of all of them.
        var blocks: [Int: [Block]] = [:]
        var blockBytes = 0
        /// Whole pages.
        var ranges = FreeRanges()
        var isKnownToBudget = false

        var kept: Int { blockBytes + ranges.total }
    }

    private static let state = Mutex(State())

    /// Blocks of at least this size have their own pages, huge ones if the system supports them.
    private static let pagesFrom = 1 << 20
    private static let pages = 1 << 14

    /// The size of the block for `bytes`: of the small ones eight sizes per doubling, else whole pages.
    static func blockSize(_ bytes: Int) -> Int {
        if bytes <= 512 { return (max(bytes, 1) + 63) & ~63 }
        if bytes >= pagesFrom { return (bytes + pages - 1) & ~(pages - 1) }
        let top = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount
        let step = max(1 << (top - 3), 64)
        return (bytes + step - 1) & ~(step - 1)
    }

    /// A block of at least `bytes`, 64-byte aligned, contents undefined.
    /// - Throws: an error of kind memory if the budget is exceeded; `what` names the purpose.
    static func allocate(_ bytes: Int, for what: () -> String) throws(TensorError) -> UnsafeMutableRawPointer
    {
        let size = bytes > Int.max / 4 ? Int.max / 2 : blockSize(bytes)
        guard MemoryBudget.process.tryReserve(size) else { throw .refusal(Double(bytes), what()) }
        guard let block = take(size) ?? fresh(size) ?? afterTrimming(size) else {
            MemoryBudget.process.release(size)
            throw .refusal(Double(bytes), what())
        }
        memory_guard(block, bytes, size)
        return block
    }

    /// Takes back a block of `allocate`.
    static func free(_ pointer: UnsafeMutableRawPointer, bytes: Int) {
        let size = blockSize(bytes)
        MemoryBudget.process.release(size)
        memory_guard(pointer, 0, size)
        let limit = MemoryBudget.process.limit / 4
        let isKept = state.withLock { state in
            guard state.kept + size <= limit else { return false }
            keep(pointer, size, isRange: size >= pagesFrom, &state)
            return true
        }
        if !isKept { giveBack(pointer, size) }
    }

    // MARK: Kept blocks

    /// Keeps a block or, if `isRange`, a part of memory that has its own pages.
    private static func keep(
        _ pointer: UnsafeMutableRawPointer, _ size: Int, isRange: Bool, _ state: inout State
    ) {
        MemoryBudget.process.keep(size)
        if isRange {
            state.ranges.insert(FreeRanges.Range(start: UInt(bitPattern: pointer), size: size))
        } else {
            state.blocks[size, default: []].append(Block(pointer: pointer))
            state.blockBytes += size
        }
    }

    private static func take(_ size: Int) -> UnsafeMutableRawPointer? {
        state.withLock { state in
            if !state.isKnownToBudget {
                state.isKnownToBudget = true
                MemoryBudget.process.setKeeper { surplus in
                    self.state.withLock { trim(&$0, toKeep: max($0.kept - surplus, 0)) }
                }
            }
            if size >= pagesFrom {
                if let start = state.ranges.take(size) {
                    MemoryBudget.process.keep(-size)
                    return UnsafeMutableRawPointer(bitPattern: start)
                }
            } else if let block = state.blocks[size]?.popLast() {
                state.blockBytes -= size
                MemoryBudget.process.keep(-size)
                return block.pointer
            }
            let block = gather(size, &state)
            // Memory beyond the peak use so far would never be reused, but for what lies between whole huge pages.
            let peak = MemoryBudget.process.peak
            let most = max(max(peak + peak / 16, 384 << 20) - MemoryBudget.process.counted, 0)
            if state.kept > most { trim(&state, toKeep: most) }
            return block
        }
    }

    /// A block from whole huge pages of ranges that are too small each: they are moved to one range of addresses, where
    /// fresh pages fill what is missing. Nil where there are none, or where the system refuses.
    private static func gather(_ size: Int, _ state: inout State) -> UnsafeMutableRawPointer? {
        guard size >= hugePage, state.ranges.total >= hugePage, let block = freshHuge(size, &state) else {
            return nil
        }
        var filled = 0
        let whole = size / hugePage * hugePage
        for _ in 0..<mostPieces where filled < whole {
            guard let piece = state.ranges.takeLargest(atMost: whole - filled, alignment: hugePage),
                let pointer = UnsafeMutableRawPointer(bitPattern: piece.start)
            else { break }
            MemoryBudget.process.keep(-piece.size)
            memory_guard(pointer, piece.size, piece.size)
            // Page by page: the system may not move what was mapped in several parts at once.
            let areMoved = stride(from: 0, to: piece.size, by: hugePage).allSatisfy {
                memory_move(pointer + $0, hugePage, block + filled + $0) == 0
            }
            guard areMoved else {
                munmap(pointer, piece.size)
                munmap(block, size)
                return nil
            }
            filled += piece.size
        }
        return block
    }

    /// The most ranges of which a block is made: the system counts ranges of addresses.
    private static let mostPieces = 32

    /// Returns memory to the system until at most so many bytes are kept.
    static func trim(toKeep room: Int) { state.withLock { trim(&$0, toKeep: room) } }

    private static func trim(_ state: inout State, toKeep room: Int) {
        while state.kept > room {
            let surplus = (state.kept - room + pages - 1) & ~(pages - 1)
            guard let range = state.ranges.takeLargest(atMost: surplus) else { break }
            MemoryBudget.process.keep(-range.size)
            guard let pointer = UnsafeMutableRawPointer(bitPattern: range.start) else { continue }
            // What is left of a range may be smaller than any block that has its own pages.
            memory_guard(pointer, range.size, range.size)
            munmap(pointer, range.size)
        }
        for (size, blocks) in state.blocks.sorted(by: { $0.key > $1.key }) {
            var left = blocks
            while state.kept > room, let block = left.popLast() {
                giveBack(block.pointer, size)
                state.blockBytes -= size
                MemoryBudget.process.keep(-size)
            }
            state.blocks[size] = left.isEmpty ? nil : left
        }
    }

    // MARK: The system's memory

    private static func afterTrimming(_ size: Int) -> UnsafeMutableRawPointer? {
        trim(toKeep: 0)
        return fresh(size)
    }

    private static let hugePage = 2 << 20

    private static func fresh(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= pagesFrom else { return aligned_alloc(64, size) }
        guard size >= hugePage else { return mapped(size) }
        return state.withLock { freshHuge(size, &$0) } ?? mapped(size)
    }

    /// A block in whole huge pages; what it does not need of the last one is kept.
    private static func freshHuge(_ size: Int, _ state: inout State) -> UnsafeMutableRawPointer? {
        let whole = (size + hugePage - 1) & ~(hugePage - 1)
        guard let start = mapped(whole + hugePage) else { return nil }
        let offset = hugePage - (Int(bitPattern: start) & (hugePage - 1))
        let block = start + offset
        munmap(start, offset)
        if offset < hugePage { munmap(block + whole, hugePage - offset) }
        madvise(block, whole, 14 /* MADV_HUGEPAGE */)
        if whole > size { keep(block + size, whole - size, isRange: true, &state) }
        return block
    }

    private static func mapped(_ size: Int) -> UnsafeMutableRawPointer? {
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return pages == MAP_FAILED ? nil : pages
    }

    private static func giveBack(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
        memory_guard(pointer, size, size)
        if size >= pagesFrom { munmap(pointer, size) } else { Glibc.free(pointer) }
    }
}

extension TensorError {
    /// The error for `bytes` (possibly more than an Int holds) that exceed the memory budget.
    static func refusal(_ bytes: Double, _ what: String) -> TensorError {
        TensorError(MemoryBudget.process.refusal(bytes, what))
    }
}
