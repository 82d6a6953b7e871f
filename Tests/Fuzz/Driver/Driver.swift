// The command of the fuzzer: libFuzzer's, for the target that FUZZ_TARGET names. A fault ends it as a trap does.

@preconcurrency import Glibc
import SegRuntime
import SegSystem
import SegTensor

/// The memory that the interpreter may use, in bytes.
private let memory = 1 << 30

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
        return Setup(target: target, bench: try FuzzBench())
    } catch {
        stop("\(error)")
    }
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
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
    var (count, values) = (count, values)
    return runDriver(&count, &values) { testOneInput($0, $1) }
}
