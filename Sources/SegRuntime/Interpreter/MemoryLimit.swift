// What scripts may take of the machine's memory: lists, strings and ranges made lists ask
// here before they grow large, and loops look in from time to time.

@preconcurrency import Glibc

/// A limit on the process's memory, as far as scripts can reach it.
public final class MemoryLimit: Sendable {
    /// In bytes.
    public let limit: Int

    public init(limit: Int) { self.limit = limit }

    /// Three quarters of what the machine or its control group leaves.
    public static func standard() -> MemoryLimit {
        var available = Int.max
        if let text = smallFile("/proc/meminfo"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable") })
        {
            let kilobytes = line.split(separator: " ").compactMap { Int($0) }.first
            if let kilobytes { available = kilobytes * 1024 }
        }
        for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
            if let text = smallFile(path), let bytes = Int(text.filter(\.isNumber)), bytes > 0 {
                available = min(available, bytes)
            }
        }
        if available == Int.max { available = 4 << 30 }
        return MemoryLimit(limit: available / 4 * 3)
    }

    /// The bytes the process holds now.
    public static func used() -> Int {
        let text = smallFile("/proc/self/statm") ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4096
    }

    /// Throws when `bytes` more would not fit. Small requests are not looked at.
    public func reserve(_ bytes: Int, for what: String) throws(Failure) {
        if bytes < 1 << 20 { return }
        let left = limit - Self.used()
        if bytes <= left { return }
        throw Failure(
            .memory, "\(what) needs \(Self.text(bytes)), but only \(Self.text(max(0, left))) are left",
            help: "the limit is \(Self.text(limit)); --memory sets another")
    }

    /// Throws when the process has grown past the limit.
    func check() throws(Failure) {
        let used = Self.used()
        if used <= limit { return }
        throw Failure(
            .memory, "the script holds \(Self.text(used)), more than its limit of \(Self.text(limit))",
            help: "--memory sets another limit")
    }

    /// `8G`, `500M`, `1.5G`, `4096`: the bytes.
    public static func bytes(_ text: String) -> Int? {
        var digits = text.uppercased()
        if digits.hasSuffix("B") { digits.removeLast() }
        if digits.hasSuffix("I") { digits.removeLast() }
        var scale = 1.0
        if let unit = digits.last, let place = ["K", "M", "G", "T"].firstIndex(of: String(unit)) {
            for _ in 0...place { scale *= 1024 }
            digits.removeLast()
        }
        guard let number = Double(digits), number > 0, number * scale < 9e18 else { return nil }
        return Int(number * scale)
    }

    /// `3.2 GB`.
    public static func text(_ bytes: Int) -> String {
        let units = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"]
        var size = Double(bytes)
        var unit = 0
        while size >= 1000, unit < units.count - 1 {
            size /= 1000
            unit += 1
        }
        if unit == 0 { return "\(bytes) bytes" }
        let tenths = (size * 10).rounded() / 10
        return "\(tenths >= 100 ? String(Int(tenths)) : String(tenths)) \(units[unit])"
    }
}

/// The first 4 KB of a file of the system, as text.
func smallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[0..<count], as: UTF8.self)
    }
}
