// Bytes as text and parsed, free memory of the system, the budget and its errors.

import Synchronization
import TestSupport
import Testing

@testable import SegSystem

@Suite struct ByteCountTests {
    @Test func inWords() {
        let cases: [(Int, String)] = [
            (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1 kB"), (1_300_000, "1.3 MB"),
            (999_960, "1 MB"), (9_940_000, "9.9 MB"), (9_960_000, "10 MB"), (14_655_082, "15 MB"),
            (4_000_000_000_000, "4 TB"), (.max, "9.2 EB"), (-1_500_000, "-1.5 MB"),
        ]
        for (bytes, text) in cases { #expect(ByteCount.text(bytes) == text) }
        #expect(ByteCount.text(4e30) == "4000000000000 EB")
        #expect(ByteCount.text(.infinity) == "inf bytes")
    }

    @Test func andBack() {
        let cases: [(String, Int?)] = [
            ("4096", 4096), ("8G", 8_000_000_000), ("8gb", 8_000_000_000), ("1.5 MB", 1_500_000),
            ("8GiB", 8 << 30), ("2Ki", 2048), ("1 byte", nil), ("", nil), ("G", nil), ("-1G", nil),
            ("0", nil),
            ("8i", nil), ("1e3", nil), ("0x10", nil), ("inf", nil), ("nan", nil), ("99999999T", nil),
            ("1..5G", nil),
        ]
        for (text, bytes) in cases { #expect(ByteCount.parse(text) == bytes, "\(text)") }
        for bytes in [1000, 1_300_000, 8_000_000_000] {
            #expect(ByteCount.parse(ByteCount.text(bytes)) == bytes)
        }
    }
}

@Suite struct AvailableMemoryTests {
    private static let info = "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    8000 kB\n"

    /// What is found under a root with these files.
    private func bytes(_ files: [String: String]) throws -> Int? {
        let root = try ScratchFolder()
        for (path, text) in files { try root.write(text, to: path) }
        return AvailableMemory.bytes(root: root.path)
    }

    @Test func ofTheMachineAlone() throws {
        #expect(try bytes(["proc/meminfo": Self.info]) == 8000 * 1024)
        #expect(try bytes([:]) == nil)
        #expect(try #require(AvailableMemory.bytes()) > 1 << 20)
        #expect(AvailableMemory.held() > 1 << 20)
    }

    /// The group of the process and those above it count, each without file pages that can be freed.
    @Test func ofTheSecondVersionOfGroups() throws {
        var files = [
            "proc/meminfo": Self.info, "proc/self/cgroup": "0::/user/job\n",
            "sys/fs/cgroup/user/job/memory.max": "max\n", "sys/fs/cgroup/user/job/memory.current": "1000\n",
            "sys/fs/cgroup/user/memory.max": "5000000\n", "sys/fs/cgroup/user/memory.current": "3000000\n",
            "sys/fs/cgroup/user/memory.stat": "anon 1\ninactive_file 500000\nactive_file 9\n",
        ]
        #expect(try bytes(files) == 2_500_000)
        files["sys/fs/cgroup/user/job/memory.max"] = "1500000\n"
        #expect(try bytes(files) == 1_499_000)
        files["sys/fs/cgroup/memory.max"] = "7\n"
        #expect(try bytes(files) == 7)
        files["sys/fs/cgroup/user/memory.current"] = "9000000\n"
        #expect(try bytes(files) == 0 || bytes(files) == 7)
    }

    @Test func ofTheFirstVersionOfGroups() throws {
        let files = [
            "proc/meminfo": Self.info, "proc/self/cgroup": "9:cpu:/a\n7:memory:/box\n0::/\n",
            "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "3000000\n",
            "sys/fs/cgroup/memory/box/memory.usage_in_bytes": "2000000\n",
            "sys/fs/cgroup/memory/box/memory.stat": "cache 1\ntotal_inactive_file 100\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        ]
        #expect(try bytes(files) == 1_000_100)
    }

    /// A container sees its group as the topmost, at any path of the host.
    @Test func ofAContainer() throws {
        let files = [
            "proc/meminfo": Self.info, "proc/self/cgroup": "7:memory:/docker/0123\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "3000000\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000\n",
        ]
        #expect(try bytes(files) == 2_000_000)
    }
}

@Suite struct MemoryBudgetTests {
    /// A process as a budget sees it.
    private final class Machine: Sendable {
        let held = Atomic<Int>(0)
        let looks = Atomic<Int>(0)
        let time = Atomic<Int>(0)

        func budget(available: Int? = 1_000_000_000) -> MemoryBudget {
            MemoryBudget(
                held: { [self] in
                    looks.add(1, ordering: .relaxed)
                    return held.load(ordering: .relaxed)
                }, available: { available }, clock: { [self] in Double(time.load(ordering: .relaxed)) })
        }
    }

    @Test func threeQuartersByDefault() {
        let machine = Machine()
        machine.held.store(200_000_000, ordering: .relaxed)
        #expect(machine.budget().limit == 900_000_000)
        #expect(machine.budget(available: nil).limit > 1 << 30)
        #expect(machine.budget(available: 0).limit == 150_000_000)
        #expect(MemoryBudget.process.limit >= 64 << 20 && MemoryBudget.process.used > 1 << 20)
    }

    @Test func refusalsSayWhatIsNeededAndWhatThereIs() throws {
        let machine = Machine()
        let budget = machine.budget()
        budget.limit = 12_000_000_000
        try budget.reserve(1_200_000_000, for: "a tensor")
        let said = message { try budget.require(4_000_000_000_000, for: "a list of 500 numbers") }
        #expect(
            said == "a list of 500 numbers needs 4 TB; the memory limit is 12 GB, of which 1.2 GB is in use")
        #expect(message { try budget.reserve(4_000_000_000_000, for: "a list of 500 numbers") } == said)
        #expect(
            budget.refusal(4e30, "zeros").message
                == "zeros needs 4000000000000 EB; the memory limit is 12 GB, of which 1.2 GB is in use")
        #expect(
            budget.refusal(1, "x").help
                == "use less memory, or raise the limit with --memory, e.g. seg --memory 16G")
        #expect(budget.refusal(1, "x").kind == .memory)
        #expect(throws: SystemError.self) { try budget.require(-1, for: "nothing") }
        #expect(throws: SystemError.self) { try budget.require(.max, for: "all") }
    }

    @Test func theLargerOfCountedAndHeldIsInUse() throws {
        let machine = Machine()
        let budget = machine.budget()
        budget.limit = 1000 << 20
        // Reserved, and not used yet.
        try budget.reserve(300 << 20, for: "a tensor")
        #expect(budget.used == 300 << 20 && budget.left == 700 << 20)
        // Used, with a list beside it.
        machine.held.store(500 << 20, ordering: .relaxed)
        #expect(budget.used == 500 << 20)
        // Blocks that are kept for reuse are held too, but not in use.
        budget.release(100 << 20)
        budget.keep(100 << 20)
        #expect(budget.used == 400 << 20 && budget.counted == 200 << 20 && budget.peak == 300 << 20)
        #expect(throws: SystemError.self) { try budget.require(601 << 20, for: "a list") }
        try budget.require(600 << 20, for: "a list")
    }

    @Test func aScriptThatGrewIsNoticed() throws {
        let machine = Machine()
        let budget = machine.budget()
        budget.limit = 1_000_000_000
        try budget.checkGrowth(of: "this script")
        machine.time.store(1, ordering: .relaxed)
        machine.held.store(1_100_000_000, ordering: .relaxed)
        #expect(
            message { try budget.checkGrowth(of: "this script") }
                == "this script needs more memory; the memory limit is 1 GB, of which 1.1 GB is in use")
    }

    /// The memory of the process is read rarely, as this needs a system call.
    @Test func smallRequestsDoNotLook() throws {
        let machine = Machine()
        let budget = machine.budget()
        budget.limit = 1 << 40
        try budget.reserve(2 << 20, for: "a tensor")
        let looks = machine.looks.load(ordering: .relaxed)
        for _ in 0..<100 { try budget.reserve(1000, for: "a small tensor") }
        for _ in 0..<100 { try budget.reserve(2 << 20, for: "a tensor") }
        #expect(machine.looks.load(ordering: .relaxed) == looks)
        machine.time.store(1, ordering: .relaxed)
        try budget.reserve(2 << 20, for: "a tensor")
        #expect(machine.looks.load(ordering: .relaxed) == looks + 1)
        // An old reading refuses no request.
        machine.held.store(1 << 40, ordering: .relaxed)
        #expect(budget.used > 1 << 39)
        machine.held.store(0, ordering: .relaxed)
        try budget.reserve(100, for: "a small tensor")
    }

    @Test func keptBlocksAndKeptThingsGiveWay() throws {
        let machine = Machine()
        let budget = machine.budget()
        budget.limit = 1000
        let given = Mutex<[Int]>([])
        budget.setKeeper { bytes in
            given.withLock { $0.append(bytes) }
            budget.keep(-bytes)
        }
        budget.keep(600)
        try budget.reserve(300, for: "a tensor")
        #expect(given.withLock { $0 } == [])
        try budget.require(300, for: "a list")
        #expect(given.withLock { $0 } == [200])
        try budget.reserve(500, for: "a cache")
        #expect(given.withLock { $0 } == [200, 200])
        // Caches are asked to free memory before a request is refused, and only while they exist.
        var gone: MemoryBudget.Reclaimer? = MemoryBudget.Reclaimer(budget)
        gone?.action = { _ in
            Issue.record("asked after its end")
            return false
        }
        gone = nil
        let cache = MemoryBudget.Reclaimer(budget)
        let held = Mutex(500)
        cache.action = { bytes in
            held.withLock { held in
                let part = min(held, bytes)
                held -= part
                budget.release(part)
                return part > 0
            }
        }
        try budget.reserve(400, for: "a tensor")
        #expect(held.withLock { $0 } == 100)
        #expect(throws: SystemError.self) { try budget.reserve(400, for: "another") }
        #expect(budget.counted == 700 && held.withLock { $0 } == 0)
        _ = cache
    }
}
