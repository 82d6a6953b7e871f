// Interrupts an input that takes long, as Ctrl-C would.

@preconcurrency import Glibc
import SegRuntime
import Synchronization

/// A thread that raises the flag, until `end`.
final class InputWatch: Sendable {
    /// The milliseconds on the processor after which an input is interrupted. libFuzzer's own limit, -timeout, must be
    /// longer.
    private static let patience = 500

    private let flag: InterruptFlag
    /// When the input that runs is interrupted, in milliseconds of the process; 0: none runs.
    private let deadline = Atomic<Int>(0)
    private let hasEnded = Atomic(false)

    init(_ flag: InterruptFlag) {
        self.flag = flag
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            {
                let watch = Unmanaged<InputWatch>.fromOpaque($0!).takeRetainedValue()
                while !watch.hasEnded.load(ordering: .relaxed) {
                    usleep(20_000)
                    watch.look()
                }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }

    func end() { hasEnded.store(true, ordering: .relaxed) }

    /// Runs `body`, interrupted if it takes long.
    func watching<R>(_ body: () throws -> R) rethrows -> R {
        deadline.store(Self.milliseconds() + Self.patience, ordering: .relaxed)
        defer { deadline.store(0, ordering: .relaxed) }
        return try body()
    }

    private func look() {
        let limit = deadline.load(ordering: .relaxed)
        if limit > 0, Self.milliseconds() > limit { flag.raise() }
    }

    private static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
