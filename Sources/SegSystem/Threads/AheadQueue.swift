// Work that is done ahead of its use by helper threads: pictures of the next batch are decoded while this one is
// trained on. A result does not depend on who computes it, so neither do order and results on the number of threads.

@preconcurrency import Glibc
import Synchronization

/// Helper threads and the tasks that wait for them, first come, first served.
public final class AheadQueue: @unchecked Sendable {
    public static let shared = AheadQueue()

    /// A task that a helper may begin; false if another thread has it.
    protocol Job: AnyObject, Sendable {
        func runIfWaiting()
    }

    private struct WeakJob {
        weak var job: (any Job)?
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [WeakJob] = []
    private var wanted = 0
    private var started = 0

    private init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    /// The number of helpers: none where everything is computed when it is needed.
    public var helpers: Int {
        get { locked { wanted } }
        set { locked { wanted = max(0, min(newValue, 64)) } }
    }

    private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Lets helpers begin a task. The queue does not keep it alive: what nobody waits for is not computed.
    func submit(_ job: any Job) {
        locked {
            guard wanted > 0 else { return }
            waiting.append(WeakJob(job: job))
            while started < wanted, startHelper() { started += 1 }
            pthread_cond_signal(changed)
        }
    }

    /// Signals are left to the thread of the script.
    private func startHelper() -> Bool {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 8 << 20)
        var thread = pthread_t()
        return pthread_create(
            &thread, &attributes,
            { _ in
                AheadQueue.shared.help()
                return nil
            }, nil) == 0
    }

    private func help() {
        while true {
            let job = locked { () -> (any Job)? in
                while waiting.isEmpty { pthread_cond_wait(changed, mutex) }
                return waiting.removeFirst().job
            }
            job?.runIfWaiting()
        }
    }
}

/// A result that a helper thread may compute ahead; whoever needs it first computes it, or waits for the helper.
public final class AheadTask<Value: Sendable>: AheadQueue.Job, @unchecked Sendable {
    private enum State {
        case waiting
        case running
        case done(Result<Value, any Error>)
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state = State.waiting
    private var work: (@Sendable () throws -> Value)?

    public init(_ work: @escaping @Sendable () throws -> Value) {
        self.work = work
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(finished, nil)
    }

    deinit {
        pthread_cond_destroy(finished)
        pthread_mutex_destroy(mutex)
        finished.deallocate()
        mutex.deallocate()
    }

    /// Lets a helper compute it.
    public func submit() { AheadQueue.shared.submit(self) }

    /// The result, now. While a helper computes it, `interrupted` is called about every 5 ms; if that throws, the wait
    /// ends.
    public func take(interrupted: () throws -> Void = {}) throws -> Value {
        while true {
            if let error = run() { throw error }
            if let result = self.result(within: 5_000_000) { return try result.get() }
            try interrupted()
        }
    }

    func runIfWaiting() { _ = run() }

    /// Computes it unless another thread does, or did. An error that ends the work, as of Ctrl-C, is no result but is
    /// returned: what is needed again is computed again.
    private func run() -> (any Error)? {
        pthread_mutex_lock(mutex)
        guard case .waiting = state, let work else {
            pthread_mutex_unlock(mutex)
            return nil
        }
        state = .running
        pthread_mutex_unlock(mutex)
        let result = Result { try work() }
        var ended: (any Error)?
        if case .failure(let error) = result, let error = error as? any ExplainedError, error.endsWork {
            ended = error
        }
        pthread_mutex_lock(mutex)
        if ended == nil {
            state = .done(result)
            self.work = nil
        } else {
            state = .waiting
        }
        pthread_cond_broadcast(finished)
        pthread_mutex_unlock(mutex)
        return ended
    }

    /// The result of a helper, if there is one before so much time has passed.
    private func result(within nanoseconds: Int) -> Result<Value, any Error>? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if case .running = state {
            var until = WallClock.time(in: nanoseconds)
            _ = pthread_cond_timedwait(finished, mutex, &until)
        }
        guard case .done(let result) = state else { return nil }
        return result
    }
}
