// The memory that is available to this process, limited by the machine, by the control groups (version 1
// and 2) of the process, and by the address space that `ulimit -v` leaves.

@preconcurrency import Glibc

public enum AvailableMemory {
    /// The available bytes, limited by the machine and all control groups; nil if none of them is known.
    /// - Parameter root: a folder used instead of `/`, for tests.
    static func bytes(root: String = "") -> Int? {
        let left = [machine(root), addressSpaceLeft] + groups(root).map { $0.left(root) }
        return left.compactMap { $0 }.min()
    }

    /// The limit of the process's address space in bytes (`ulimit -v`), or of the private part of it (`ulimit -d`); nil if
    /// there is none.
    public static var addressSpace: Int? {
        [RLIMIT_AS, RLIMIT_DATA].compactMap { resource -> Int? in
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < 1 << 60
            else { return nil }
            return Int(limit.rlim_cur)
        }.min()
    }

    /// Whether there is a free block of so many bytes, inside the heap or in a limited address space.
    static func isAllocatable(_ bytes: Int) -> Bool {
        guard addressSpace != nil else { return true }
        // A malloc whose block is not used would be left out by the compiler.
        var block: UnsafeMutableRawPointer?
        guard posix_memalign(&block, 16, bytes) == 0 else { return false }
        free(block)
        return true
    }

    private static var addressSpaceLeft: Int? {
        guard let limit = addressSpace,
            let pages = FileReader.start(of: "/proc/self/statm", count: 128)?.split(separator: " ").first
                .flatMap({
                    Int($0)
                })
        else { return nil }
        return max(limit - pages * sysconf(Int32(_SC_PAGESIZE)), 0)
    }

    private static func machine(_ root: String) -> Int? {
        value(of: "MemAvailable:", in: FileReader.start(of: root + "/proc/meminfo")).map { $0 * 1024 }
    }

    /// The names of files and counts in a version of control groups.
    private struct Group {
        let folder: String
        let limit: String
        let usage: String
        let cache: String

        /// The bytes left below the limit; nil if there is no limit. File pages that were not used recently
        /// are reclaimed when memory is short, so they count as available.
        func left(_ root: String) -> Int? {
            guard let limit = number(root, limit), limit < 1 << 60 else { return nil }
            let stat = FileReader.start(of: "\(root)\(folder)/memory.stat")
            let used = max((number(root, usage) ?? 0) - (value(of: cache, in: stat) ?? 0), 0)
            return max(limit - used, 0)
        }

        private func number(_ root: String, _ file: String) -> Int? {
            FileReader.start(of: "\(root)\(folder)/\(file)", count: 64).flatMap {
                Int($0.prefix { $0 != "\n" })
            }
        }
    }

    /// The groups of the process and their parents. A container may see only its own group as the root.
    private static func groups(_ root: String) -> [Group] {
        var groups: [Group] = []
        func add(_ path: Substring, isFirstVersion: Bool) {
            var parts = path.split(separator: "/")
            while true {
                let inner = parts.map { "/" + $0 }.joined()
                groups.append(
                    isFirstVersion
                        ? Group(
                            folder: "/sys/fs/cgroup/memory" + inner, limit: "memory.limit_in_bytes",
                            usage: "memory.usage_in_bytes", cache: "total_inactive_file")
                        : Group(
                            folder: "/sys/fs/cgroup" + inner, limit: "memory.max", usage: "memory.current",
                            cache: "inactive_file"))
                if parts.popLast() == nil { return }
            }
        }
        let lines = FileReader.start(of: root + "/proc/self/cgroup")?.split(separator: "\n") ?? []
        var paths: [Bool: Substring] = [:]
        for line in lines {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            if fields[0] == "0", fields[1].isEmpty { paths[false] = fields[2] }
            if fields[1].split(separator: ",").contains("memory") { paths[true] = fields[2] }
        }
        for isFirstVersion in [false, true] {
            add(paths[isFirstVersion] ?? "/", isFirstVersion: isFirstVersion)
        }
        return groups
    }

    /// The number behind a word at the start of a line.
    private static func value(of name: String, in text: String?) -> Int? {
        for line in text?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }

    /// Resident bytes of the process's own pages. Pages of files are not counted: they can be read again.
    static func held() -> Int {
        let fields = FileReader.start(of: "/proc/self/statm", count: 128)?.split(separator: " ") ?? []
        guard fields.count > 2, let resident = Int(fields[1]), let shared = Int(fields[2]) else { return 0 }
        return max(resident - shared, 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
