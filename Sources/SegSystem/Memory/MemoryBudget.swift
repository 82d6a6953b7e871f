// The memory budget of the process. Tensors and other large blocks count against it until they are released;
// lists and strings check it before they grow large. `--memory` sets its limit.

import Synchronization

/// The limit of the memory in use, its current use, and the error if the limit is exceeded. Safe to use from
/// any thread.
///
/// The memory in use is the larger of two numbers: the counted bytes, and the bytes that the process holds,
/// without blocks kept for reuse. The first includes memory that is allocated but not touched yet; the second
/// includes memory that is not counted, such as lists and strings.
public final class MemoryBudget: Sendable {
    /// The budget of the process; tests make their own.
    public static let process = MemoryBudget(
        held: AvailableMemory.held, available: { AvailableMemory.bytes() },
        isAllocatable: AvailableMemory.isAllocatable, clock: { MonotonicClock.seconds })

    private struct State {
        /// 0: not known yet.
        var limit = 0
        var sharers = 1
        var counted = 0
        var peak = 0
        var kept = 0
        /// The bytes that the process held apart from counted and kept blocks at the last measurement, and
        /// its time.
        var outside = 0
        var seen = -Double.infinity

        var used: Int { counted + outside }
    }

    private let state = Mutex(State())
    private let keeper = Mutex<(@Sendable (Int) -> Void)?>(nil)
    private let reclaimers = Mutex<[WeakReclaimer]>([])
    private let held: @Sendable () -> Int
    private let available: @Sendable () -> Int?
    private let isAllocatable: @Sendable (Int) -> Bool
    private let clock: @Sendable () -> Double

    /// Smaller requests do not measure the bytes that the process holds.
    private static let largeFrom = 1 << 20
    /// Bytes of a limited address space that are left for what is not requested here: where Swift gets no memory, the
    /// process ends.
    private static let spare = 8 << 20
    /// The maximum age, in seconds, of a measurement on which a request is granted.
    private static let longestAge = 0.01

    /// - Parameters:
    ///   - held: the bytes that the process holds.
    ///   - available: the bytes that it may take in addition; nil if unknown.
    ///   - isAllocatable: whether an address space that is limited has room for so much.
    ///   - clock: seconds since some point in time.
    init(
        held: @escaping @Sendable () -> Int, available: @escaping @Sendable () -> Int?,
        isAllocatable: @escaping @Sendable (Int) -> Bool = { _ in true },
        clock: @escaping @Sendable () -> Double
    ) {
        self.held = held
        self.available = available
        self.isAllocatable = isAllocatable
        self.clock = clock
    }

    // MARK: Numbers

    /// The processes that share the memory of this machine equally, as the ranks of a job do. The default limit is by
    /// it, so that it is set before anything is allocated.
    public var sharers: Int {
        get { state.withLock { $0.sharers } }
        set { state.withLock { $0.sharers = max(newValue, 1) } }
    }

    /// The limit of the bytes in use. By default three quarters of the sum of the bytes that the process holds and its
    /// share of those still available from the machine and its control groups.
    public var limit: Int {
        get { state.withLock { limit(of: &$0) } }
        set { state.withLock { $0.limit = max(newValue, 1) } }
    }

    private func limit(of state: inout State) -> Int {
        if state.limit == 0 {
            state.limit = max((held() + (available() ?? 2 << 30) / state.sharers) / 4 * 3, 64 << 20)
        }
        return state.limit
    }

    /// Bytes in use now.
    public var used: Int {
        state.withLock { state in
            look(&state)
            return state.used
        }
    }

    /// The same as last measured, and what was requested since.
    public var lastUsed: Int { state.withLock { $0.used } }

    /// Bytes that can still be allocated.
    public var left: Int { max(limit - used, 0) }

    /// Bytes counted now: tensors, and other reservations.
    public var counted: Int { state.withLock { $0.counted } }

    /// The maximum of the counted bytes since the start.
    public var peak: Int { state.withLock { $0.peak } }

    private func look(_ state: inout State) {
        state.outside = max(held() - state.counted - state.kept, 0)
        state.seen = clock()
    }

    // MARK: Requests

    /// Throws unless `bytes` more fit. If they do not fit, caches are asked to release memory first.
    public func require(_ bytes: Int, for what: @autoclosure () -> String) throws(SystemError) {
        guard fits(bytes, counting: false) else { throw refusal(Double(bytes), what()) }
    }

    /// Counts memory that is about to be allocated; `release` uncounts it.
    public func reserve(_ bytes: Int, for what: @autoclosure () -> String) throws(SystemError) {
        guard fits(bytes, counting: true) else { throw refusal(Double(bytes), what()) }
    }

    /// Whether `bytes` more fit; if so, they count until the next measurement, as those of `require` do.
    public func hasRoom(for bytes: Int) -> Bool { fits(bytes, counting: false) }

    /// As `reserve`, but returns false if the bytes do not fit.
    public func tryReserve(_ bytes: Int) -> Bool { fits(bytes, counting: true) }

    /// Uncounts reserved memory.
    public func release(_ bytes: Int) { state.withLock { $0.counted -= bytes } }

    /// Throws if the process exceeds the limit because of memory that was not requested here.
    public func checkGrowth(of what: @autoclosure () -> String) throws(SystemError) {
        guard fits(Self.largeFrom, counting: false, isNew: false) else {
            throw lack("\(what()) needs more memory")
        }
    }

    private func fits(_ bytes: Int, counting: Bool, isNew: Bool = true) -> Bool {
        while true {
            let (fits, surplus) = state.withLock { state -> (Bool, Int) in
                guard admits(bytes, &state), counting || isAllocatable(bytes + Self.spare) else {
                    return (false, 0)
                }
                if counting {
                    state.counted += bytes
                    state.peak = max(state.peak, state.counted)
                } else if isNew {
                    // Until the next measurement.
                    state.outside += bytes
                }
                // Kept blocks must fit in addition to the memory in use.
                let room = state.limit - state.used - (isNew ? 0 : bytes)
                return (true, state.kept - max(room, 0))
            }
            if fits {
                if surplus > 0 { keeper.withLock { $0 }?(surplus) }
                return true
            }
            guard bytes >= 0, bytes <= limit, reclaim(bytes) else { return false }
        }
    }

    /// Whether so many more bytes fit. The bytes that the process holds are measured again if the last
    /// measurement is old or decides the result.
    private func admits(_ bytes: Int, _ state: inout State) -> Bool {
        let limit = limit(of: &state)
        guard bytes >= 0 else { return false }
        if bytes >= Self.largeFrom, bytes >= limit / 16 || clock() - state.seen > Self.longestAge {
            look(&state)
        }
        if bytes <= limit - state.used { return true }
        look(&state)
        return bytes <= limit - state.used
    }

    // MARK: The error

    /// The error for `bytes` (possibly more than an Int holds) that do not fit.
    public func refusal(_ bytes: Double, _ what: String) -> SystemError {
        lack("\(what) needs \(ByteCount.text(bytes))", Int(exactly: bytes) ?? .max)
    }

    private func lack(_ need: String, _ bytes: Int = largeFrom) -> SystemError {
        let (limit, used) = (limit, used)
        // Within the limit, but not within what is left of the address space.
        if bytes <= limit - used, !isAllocatable(bytes + Self.spare) {
            return SystemError(
                .memory, "\(need); ulimit -v or -d leaves no more memory",
                help: "use less memory, or raise that limit")
        }
        return SystemError(
            .memory,
            "\(need); the memory limit is \(ByteCount.text(limit)), of which \(ByteCount.text(used)) is in use",
            help: "use less memory, or raise the limit with --memory, e.g. seg --memory 16G")
    }

    // MARK: Sources of memory that can be released

    /// Registers the pool that keeps blocks for reuse: if they no longer fit in addition to the memory in
    /// use, it is asked to return so many bytes to the system.
    public func setKeeper(_ giveBack: @escaping @Sendable (Int) -> Void) { keeper.withLock { $0 = giveBack } }

    /// Notes that so many more bytes (fewer, if negative) are kept for reuse.
    public func keep(_ bytes: Int) { state.withLock { $0.kept += bytes } }

    /// Registers a cache, as long as the object is alive: it is called with a number of bytes and returns
    /// whether it released any.
    public final class Reclaimer: Sendable {
        private let held = Mutex<(@Sendable (Int) -> Bool)?>(nil)
        public var action: (@Sendable (Int) -> Bool)? {
            get { held.withLock { $0 } }
            set { held.withLock { $0 = newValue } }
        }
        public init(_ budget: MemoryBudget) {
            budget.reclaimers.withLock { $0.append(WeakReclaimer(reclaimer: self)) }
        }
    }

    private struct WeakReclaimer: Sendable {
        weak let reclaimer: Reclaimer?
    }

    private func reclaim(_ bytes: Int) -> Bool {
        let all = reclaimers.withLock { list in
            list.removeAll { $0.reclaimer == nil }
            return list.compactMap(\.reclaimer)
        }
        return all.contains { $0.action?(bytes) == true }
    }
}
