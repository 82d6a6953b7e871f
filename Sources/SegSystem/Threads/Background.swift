// Long work that cannot be divided, such as drawing a chart of millions of points, on a thread of its own, so that
// the caller can stop waiting for it.

@preconcurrency import Glibc
import Synchronization

public enum Background {
    /// The value of `body`, computed on another thread while this one calls `interrupted` about every 5 ms. If
    /// that throws, the work ends by itself, and its result is dropped: it must not change anything outside.
    public static func value<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result, interrupted: () throws -> Void
    ) throws -> Result {
        let work = Work(body)
        guard left.withLock({ $0 < mostLeft }), work.start() else { return try body() }
        while true {
            if let result = work.result(within: 5_000_000) { return try result.get() }
            do {
                try interrupted()
            } catch {
                work.abandon()
                throw error
            }
        }
    }

    /// Runs `body` on a thread of its own, for which nobody waits; false if the system refuses one.
    public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // Signals are for the caller's thread.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let started = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if started != 0 { box.release() }
        return started == 0
    }

    /// How much work nobody waits for, and the most of it; then callers compute on their own thread.
    private static let left = Mutex(0)
    private static let mostLeft = 8
    private static let stackSize = 16 << 20

    private final class Work<Result: Sendable>: @unchecked Sendable {
        private struct State {
            var result: Swift.Result<Result, any Error>?
            var isAbandoned = false
        }
        private let body: @Sendable () throws -> Result
        private let state = Mutex(State())
        private let done = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        init(_ body: @escaping @Sendable () throws -> Result) {
            self.body = body
            sem_init(done, 0, 0)
        }

        deinit {
            sem_destroy(done)
            done.deallocate()
        }

        /// Starts the thread; false if the system refuses one.
        func start() -> Bool { Background.start { self.run() } }

        private func run() {
            let result = Swift.Result { try body() }
            let isAbandoned = state.withLock { state in
                if !state.isAbandoned { state.result = result }
                return state.isAbandoned
            }
            if isAbandoned { Background.left.withLock { $0 -= 1 } }
            sem_post(done)
        }

        func result(within nanoseconds: Int) -> Swift.Result<Result, any Error>? {
            var until = WallClock.time(in: nanoseconds)
            _ = sem_timedwait(done, &until)
            return state.withLock { $0.result }
        }

        func abandon() {
            state.withLock { state in
                if state.result == nil { Background.left.withLock { $0 += 1 } }
                state.isAbandoned = true
            }
        }
    }

    private final class Box {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }
}
