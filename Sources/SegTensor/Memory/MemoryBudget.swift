// The one budget that every allocation sized by a script passes, and the pool that tensors take their
// memory from: fresh pages are dear, so blocks are kept by size and handed out again.

@preconcurrency import Glibc
import Synchronization

/// The process's memory budget and the pool of blocks under it. Safe to use from any thread.
public enum MemoryBudget {
    private struct Block: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }

    private struct State: Sendable {
        var limit = 0
        var used = 0
        var peak = 0
        var cached = 0
        /// Blocks by their size.
        var free: [Int: [Block]] = [:]

        mutating func count(_ bytes: Int) {
            used += bytes
            peak = max(peak, used)
        }
    }

    private static let state = Mutex(State())

    /// Somebody who can give memory back when it is short: asked for bytes, says whether any went.
    final class Reclaimer: Sendable {
        private let held = Mutex<(@Sendable (Int) -> Bool)?>(nil)
        var action: (@Sendable (Int) -> Bool)? {
            get { held.withLock { $0 } }
            set { held.withLock { $0 = newValue } }
        }
        init() { MemoryBudget.reclaimers.withLock { $0.append(WeakReclaimer(reclaimer: self)) } }
    }

    private struct WeakReclaimer: Sendable {
        weak let reclaimer: Reclaimer?
    }

    private static let reclaimers = Mutex<[WeakReclaimer]>([])

    /// Asks those who keep what can be computed again for some of it.
    private static func reclaim(_ bytes: Int) -> Bool {
        let all = reclaimers.withLock { list in
            list.removeAll { $0.reclaimer == nil }
            return list.compactMap(\.reclaimer)
        }
        return all.contains { $0.action?(bytes) == true }
    }

    /// Bytes that may be in use at once. By default three quarters of what the machine or its cgroup leaves.
    public static var limit: Int {
        get { state.withLock { budget(of: &$0) } }
        set { state.withLock { $0.limit = max(newValue, 1) } }
    }

    /// Bytes in use: tensors and what was reserved.
    public static var used: Int { state.withLock { $0.used } }

    /// The most that was in use at once since the start.
    public static var peak: Int { state.withLock { $0.peak } }

    /// Counts memory that is allocated elsewhere (lists, pictures) against the budget.
    /// - Throws: `TensorError` of kind memory, naming `what`, the bytes asked and the budget.
    public static func reserve(_ bytes: Int, for what: @autoclosure () -> String) throws {
        let fits = state.withLock { state in
            guard bytes >= 0, bytes <= budget(of: &state) - state.used else { return false }
            state.count(bytes)
            trim(&state, toFit: 0)
            return true
        }
        if !fits { throw refusal(Double(bytes), what()) }
    }

    /// Gives back what `reserve` counted.
    public static func release(_ bytes: Int) { state.withLock { $0.used -= bytes } }

    /// Gives blocks that are kept for reuse back to the system.
    public static func trim() { state.withLock { trim(&$0, keeping: 0) } }

    /// The error for `bytes` (possibly more than an Int holds) that do not fit.
    static func refusal(_ bytes: Double, _ what: String) -> TensorError {
        let (limit, used) = state.withLock { (budget(of: &$0), $0.used) }
        return TensorError(
            .memory,
            "\(what) needs \(words(bytes)); the memory budget is \(words(Double(limit))), of which \(words(Double(used))) is in use",
            help: "ask for less, or raise the budget with --memory, e.g. seg --memory 16G")
    }

    /// A size in words: "1.5 GB", "4 TB", "12 bytes".
    public static func words(_ bytes: Double) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = bytes
        var unit = 0
        while value >= 1000 && unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let tenths = (value * 10).rounded() / 10
        if tenths < 1e15, tenths == tenths.rounded() { return "\(Int(tenths)) \(units[unit])" }
        return "\(tenths) \(units[unit])"
    }

    // MARK: The pool

    /// The size of the block that serves `bytes`: eight steps a doubling, so at most an eighth is lost.
    static func blockSize(_ bytes: Int) -> Int {
        if bytes <= 512 { return (max(bytes, 1) + 63) & ~63 }
        let top = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount
        let step = max(1 << (top - 3), 64)
        return (bytes + step - 1) & ~(step - 1)
    }

    /// A block of at least `bytes`, 64-byte aligned, contents undefined, and its size.
    static func allocate(_ bytes: Int, for what: () -> String) throws -> (
        pointer: UnsafeMutableRawPointer, size: Int
    ) {
        let size = bytes > Int.max / 4 ? Int.max / 2 : blockSize(bytes)
        let found: (fits: Bool, block: Block?, size: Int) = state.withLock { state in
            guard size <= budget(of: &state) - state.used else { return (false, nil, size) }
            state.count(size)
            if let kept = take(&state, size) { return (true, kept.block, kept.size) }
            trim(&state, toFit: 0)
            // What is kept beyond the most that was ever in use serves nobody.
            let most = max(state.peak + state.peak / 8, 384 << 20)
            if state.used + state.cached > most { trim(&state, keeping: max(most - state.used, 0)) }
            return (true, nil, size)
        }
        guard found.fits else {
            if size <= limit, reclaim(size) { return try allocate(bytes, for: what) }
            throw refusal(Double(bytes), what())
        }
        if let block = found.block { return (block.pointer, found.size) }
        if let fresh = fresh(size) { return (fresh, size) }
        trim()
        if let fresh = fresh(size) { return (fresh, size) }
        release(size)
        throw refusal(Double(bytes), what())
    }

    /// A block that is kept: of the size asked, or, where pages are at stake, up to half as large again.
    private static func take(_ state: inout State, _ size: Int) -> (block: Block, size: Int)? {
        var best = size
        if state.free[size]?.isEmpty != false {
            guard size >= pagesFrom else { return nil }
            best = Int.max
            for (other, blocks) in state.free where other > size && other <= size / 2 * 3 && !blocks.isEmpty {
                best = min(best, other)
            }
        }
        guard let block = state.free[best]?.popLast() else { return nil }
        state.cached -= best
        return (block, best)
    }

    /// Takes a block of `allocate` back: `bytes` as they were asked, `size` as it was given.
    static func free(_ pointer: UnsafeMutableRawPointer, bytes: Int, size: Int) {
        let kept = state.withLock { state in
            state.used -= blockSize(bytes)
            guard state.cached + size <= budget(of: &state) / 4 else { return false }
            state.free[size, default: []].append(Block(pointer: pointer))
            state.cached += size
            return true
        }
        if !kept { giveBack(Block(pointer: pointer), size) }
    }

    /// Blocks from here on are pages of their own, huge ones where the system has them.
    private static let pagesFrom = 1 << 20

    private static func fresh(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= pagesFrom else { return aligned_alloc(64, size) }
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let pages, pages != MAP_FAILED else { return nil }
        if size >= 2 << 20 { madvise(pages, size, 14 /* MADV_HUGEPAGE */) }
        return pages
    }

    private static func giveBack(_ block: Block, _ size: Int) {
        if size >= pagesFrom { munmap(block.pointer, size) } else { Glibc.free(block.pointer) }
    }

    private static func trim(_ state: inout State, toFit more: Int) {
        let room = max(budget(of: &state) - state.used - more, 0)
        if state.cached > room { trim(&state, keeping: room) }
    }

    private static func trim(_ state: inout State, keeping room: Int) {
        for (size, blocks) in state.free.sorted(by: { $0.key > $1.key }) {
            var left = blocks
            while state.cached > room, let block = left.popLast() {
                giveBack(block, size)
                state.cached -= size
            }
            state.free[size] = left.isEmpty ? nil : left
            if state.cached <= room { return }
        }
    }

    private static func budget(of state: inout State) -> Int {
        if state.limit == 0 { state.limit = max(available() / 4 * 3, 64 << 20) }
        return state.limit
    }

    /// Bytes that the machine, or the cgroup the process runs in, still has.
    private static func available() -> Int {
        var bytes = 2 << 30
        if let info = contents(of: "/proc/meminfo"),
            let line = info.split(separator: "\n")
                .first(where: { $0.hasPrefix("MemAvailable:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            bytes = kilobytes * 1024
        }
        if let text = contents(of: "/sys/fs/cgroup/memory.max"),
            let most = text.split(separator: "\n").first.flatMap({ Int($0) })
        {
            let current = contents(of: "/sys/fs/cgroup/memory.current")
            let now = current?.split(separator: "\n").first.flatMap { Int($0) } ?? 0
            bytes = min(bytes, max(most - now, 0))
        }
        return bytes
    }

    private static func contents(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
