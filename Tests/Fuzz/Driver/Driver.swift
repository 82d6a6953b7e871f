// The command of the fuzzer: libFuzzer's, for the target that FUZZ_TARGET names. A fault ends it as a trap does.
// A thread raises the interrupt flag when an input takes long, as Ctrl-C would.

@preconcurrency import Glibc
import SegRuntime
import SegSystem
import SegTensor
import Synchronization

/// After so many seconds on the processor an input is interrupted. libFuzzer's own limit, -timeout, must be longer.
private let patience = 0.5
/// The memory that the interpreter may use, in bytes.
private let memory = 1 << 30

private let flag = InterruptFlag()
/// When the input that runs is interrupted, in milliseconds on the processor; 0: none runs.
private let deadline = Atomic<Int>(0)

private func stop(_ message: String) -> Never {
    fputs("seg fuzz: \(message)\n", stderr)
    abort()
}

private struct Setup: @unchecked Sendable {
    let target: FuzzTarget
    let bench: FuzzBench
}

private let setup: Setup = {
    let name = Environment.variable("FUZZ_TARGET") ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        stop("FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    do {
        MemoryBudget.process.limit = memory
        Parallel.threads = 1
        return Setup(target: target, bench: try FuzzBench(flag: flag))
    } catch {
        stop("\(error)")
    }
}()

private func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

private func watch() {
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { _ in
            while true {
                usleep(20_000)
                let limit = deadline.load(ordering: .relaxed)
                if limit > 0, milliseconds() > limit { flag.raise() }
            }
        }, nil)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    deadline.store(milliseconds() + Int(patience * 1000), ordering: .relaxed)
    defer { deadline.store(0, ordering: .relaxed) }
    do {
        try setup.bench.run(setup.target, Array(UnsafeBufferPointer(start: data, count: count)))
    } catch {
        stop("\(error)")
    }
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// SwiftPM's name for `main`.
@_cdecl("Fuzz_main")
public func fuzzMain(_ count: Int32, _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    watch()
    var (count, values) = (count, values)
    return runDriver(&count, &values) { testOneInput($0, $1) }
}
