// The inputs of the fuzzer, without it: those that failed once, and those from which it starts.

@preconcurrency import Glibc
import SegSystem
import TestSupport
import Testing

/// From <sched.h>, which the Glibc module lacks: 0x200 gives the calling thread a working folder of its own, so that
/// tests that run beside it keep theirs.
@_silgen_name("unshare") private func unshare(_ flags: Int32) -> Int32

@Suite(.serialized) struct ReplayTests {
    @Test(arguments: ["corpus", "found"]) func inputsFailNoMore(folder: String) throws {
        let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let inputs = try FuzzInput.all(in: "/\(root)/\(folder)")
        #expect(!inputs.isEmpty)
        let bench = try FuzzBench()
        let scratch = try ScratchFolder()
        _ = unshare(0x200)
        try scratch.asWorkingFolder {
            for input in inputs {
                let start = MonotonicClock.seconds
                do {
                    try bench.run(input.target, input.bytes)
                } catch {
                    Issue.record("\(folder)/\(input.name): \(error)")
                }
                let seconds = MonotonicClock.seconds - start
                if seconds > 5 { Issue.record("\(folder)/\(input.name) took \(seconds) s") }
            }
        }
    }
}
