// The one memory budget of the process. Tensors and other large blocks are counted against it until they are given
// back; lists and strings ask before they grow large. `--memory` sets its limit.

import Synchronization

/// What may be in use at once, what is, and the error where it would be more. Safe to use from any thread.
///
/// In use is the larger of two numbers: the bytes that were counted, and the bytes that the process holds apart from
/// blocks that are kept for reuse. The first knows memory that was promised and not touched yet; the second knows
/// what nobody counts, such as lists and strings.
public final class MemoryBudget: Sendable {
    /// The budget of the process; a test makes its own.
    public static let process = MemoryBudget(
        held: AvailableMemory.held, available: { AvailableMemory.bytes() }, clock: { MonotonicClock.seconds })

    private struct State {
        /// 0: not known yet.
        var limit = 0
        var counted = 0
        var peak = 0
        var kept = 0
        /// What the process held beside counted and kept blocks at the last look, and when that was.
        var outside = 0
        var seen = -Double.infinity

        var used: Int { counted + outside }
    }

    private let state = Mutex(State())
    private let keeper = Mutex<(@Sendable (Int) -> Void)?>(nil)
    private let reclaimers = Mutex<[WeakReclaimer]>([])
    private let held: @Sendable () -> Int
    private let available: @Sendable () -> Int?
    private let clock: @Sendable () -> Double

    /// Smaller requests do not look at what the process holds.
    private static let largeFrom = 1 << 20
    /// How old, in seconds, a look may be on which a request is granted.
    private static let longestAge = 0.01

    /// - Parameters:
    ///   - held: the bytes that the process holds.
    ///   - available: the bytes that it may take in addition; nil where that is not known.
    ///   - clock: seconds since some moment.
    init(
        held: @escaping @Sendable () -> Int, available: @escaping @Sendable () -> Int?,
        clock: @escaping @Sendable () -> Double
    ) {
        self.held = held
        self.available = available
        self.clock = clock
    }

    // MARK: Numbers

    /// Bytes that may be in use at once. By default three quarters of what the process holds and of what the machine
    /// and its control groups still have.
    public var limit: Int {
        get { state.withLock { limit(of: &$0) } }
        set { state.withLock { $0.limit = max(newValue, 1) } }
    }

    private func limit(of state: inout State) -> Int {
        if state.limit == 0 {
            state.limit = max((held() + (available() ?? 2 << 30)) / 4 * 3, 64 << 20)
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

    /// Bytes that may still be taken.
    public var left: Int { max(limit - used, 0) }

    /// Bytes that are counted now: tensors, and what else was reserved.
    public var counted: Int { state.withLock { $0.counted } }

    /// The most that was counted at once since the start.
    public var peak: Int { state.withLock { $0.peak } }

    private func look(_ state: inout State) {
        state.outside = max(held() - state.counted - state.kept, 0)
        state.seen = clock()
    }

    // MARK: Asking

    /// Throws unless `bytes` more fit. Where they do not, those who keep what can be made again are asked for it.
    public func require(_ bytes: Int, for what: @autoclosure () -> String) throws(SystemError) {
        guard fits(bytes, counting: false) else { throw refusal(Double(bytes), what()) }
    }

    /// Counts memory that is about to be allocated; `release` gives it back.
    public func reserve(_ bytes: Int, for what: @autoclosure () -> String) throws(SystemError) {
        guard fits(bytes, counting: true) else { throw refusal(Double(bytes), what()) }
    }

    /// As `reserve`, but false where the bytes do not fit.
    public func tryReserve(_ bytes: Int) -> Bool { fits(bytes, counting: true) }

    /// Gives back what was reserved.
    public func release(_ bytes: Int) { state.withLock { $0.counted -= bytes } }

    /// Throws where the process has grown past the limit by what nobody asked for.
    public func checkGrowth(of what: @autoclosure () -> String) throws(SystemError) {
        guard fits(Self.largeFrom, counting: false) else { throw lack("\(what()) needs more memory") }
    }

    private func fits(_ bytes: Int, counting: Bool) -> Bool {
        while true {
            let (fits, surplus) = state.withLock { state -> (Bool, Int) in
                guard admits(bytes, &state) else { return (false, 0) }
                if counting {
                    state.counted += bytes
                    state.peak = max(state.peak, state.counted)
                }
                // Kept blocks must fit beside what is in use.
                let room = state.limit - state.used - (counting ? 0 : bytes)
                return (true, state.kept - max(room, 0))
            }
            if fits {
                if surplus > 0 { keeper.withLock { $0 }?(surplus) }
                return true
            }
            guard bytes >= 0, bytes <= limit, reclaim(bytes) else { return false }
        }
    }

    /// Whether so many bytes more fit. What the process holds is looked at again where the last look is old or
    /// decides.
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
        lack("\(what) needs \(ByteCount.text(bytes))")
    }

    private func lack(_ need: String) -> SystemError {
        let (limit, used) = (limit, used)
        return SystemError(
            .memory,
            "\(need); the memory limit is \(ByteCount.text(limit)), of which \(ByteCount.text(used)) is in use",
            help: "ask for less, or raise the limit with --memory, e.g. seg --memory 16G")
    }

    // MARK: Those who can give memory back

    /// Names who keeps blocks for reuse: asked, where they no longer fit beside what is in use, to give so many bytes
    /// back to the system.
    public func setKeeper(_ giveBack: @escaping @Sendable (Int) -> Void) { keeper.withLock { $0 = giveBack } }

    /// Notes that so many bytes more (less, where negative) are kept for reuse.
    public func keep(_ bytes: Int) { state.withLock { $0.kept += bytes } }

    /// Somebody who keeps what can be made again, as long as the object lives: asked for bytes, says whether any went.
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
