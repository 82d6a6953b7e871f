// Features of frozen layers on disk: entries that no longer fit in memory are written to a folder of the
// user's cache, one file per entry, and read from there, by this process or another. Files are renamed into
// place when complete and checked by digest when read; a damaged file is removed, and the entry is computed
// again. Failures cost time but never affect a result. Files that others own or may write, and links, are not read.

@preconcurrency import Glibc
import SegSystem
import Synchronization

/// A folder of values by digest with a limit in bytes; the least recently used are removed first.
public final class FeatureStore: Sendable {
    public let folder: String
    /// The maximum total size of the files in bytes.
    public let limit: Int

    private struct State {
        var isScanned = false
        var bytes = 0
        var entries = 0
        var written = 0
        var problem: String?
    }
    private let state = Mutex(State())
    /// Identifies everything apart from the graph that affects bits: this program and this processor.
    private let environment: Digest

    private static let magic: UInt64 = 0x3274_6165_6667_6573  // "segfeat2"
    private static let ending = ".features"
    /// Rank and sizes of a value are limited, so that a damaged header cannot request large memory.
    private static let headerWords = 16
    private static let rankLimit = 8

    /// - Parameter limit: nil: 20 GB, or a quarter of the free space on the disk if that is less.
    public init(folder: String, limit: Int? = nil) {
        self.folder = folder
        self.limit = limit ?? min(20_000_000_000, Self.freeBytes(of: folder) / 4)
        environment = Self.environmentDigest()
    }

    public var bytes: Int { scanned { $0.bytes } }
    public var entries: Int { scanned { $0.entries } }
    /// Why the last entry could not be written; nil if it was written.
    public var problem: String? { state.withLock { $0.problem } }

    /// Removes all files.
    public func clear() {
        for file in files() { _ = FilePath.with(folder + "/" + file.name) { unlink($0) } }
        state.withLock { $0 = State() }
    }

    // MARK: Reading

    /// The value of a key; nil if there is none, or if it is damaged.
    func find(_ key: Digest) -> TensorData? {
        let path = path(of: key)
        guard let file = try? FileReader(path, followsLinks: false) else { return nil }
        guard file.isOwn else { return nil }
        guard let value = read(file, key) else {
            _ = FilePath.with(path) { unlink($0) }
            state.withLock { $0.isScanned = false }
            return nil
        }
        // The file's date is the time of its last use.
        _ = FilePath.with(path) { utimensat(AT_FDCWD, $0, nil, AT_SYMLINK_NOFOLLOW) }
        return value
    }

    private func read(_ file: FileReader, _ key: Digest) -> TensorData? {
        var header = [UInt64](repeating: 0, count: Self.headerWords)
        let headerBytes = Self.headerWords * 8
        guard header.withUnsafeMutableBytes({ Self.read(file, at: 0, $0) }),
            header[0] == Self.magic, header[1] == environment.high, header[2] == environment.low,
            header[3] == key.high, header[4] == key.low, header[7] < UInt64(DType.allCases.count),
            header[8] < UInt64(Self.rankLimit * 2)
        else { return nil }
        let rank = Int(header[8] / 2)
        var shape: [Int] = []
        for axis in 0..<min(rank, Self.headerWords - 9) {
            guard header[9 + axis] <= UInt64(Int32.max) else { return nil }
            shape.append(Int(header[9 + axis]))
        }
        let dtype = DType.allCases[Int(header[7])]
        let layout: Layout = header[8] % 2 == 1 ? .channelsLast : .rowMajor
        guard let bytes = try? Shape.byteCount(shape, dtype, for: "features"),
            bytes == file.count - headerBytes,
            let value = try? TensorData(shape: shape, dtype: dtype, layout: layout, for: "features"),
            Self.read(
                file, at: headerBytes, UnsafeMutableRawBufferPointer(start: value.bytes, count: bytes))
        else { return nil }
        let digest = Digest(UnsafeRawBufferPointer(start: value.bytes, count: bytes))
        return digest == Digest(high: header[5], low: header[6]) ? value : nil
    }

    // MARK: Writing

    /// Stores a value unless it is there already. Throws nothing: a cache may fail.
    func keep(_ value: TensorData, _ key: Digest) {
        let size = value.byteCount + Self.headerWords * 8
        let path = path(of: key)
        guard size <= limit, value.shape.count < Self.rankLimit, !FileStatus.exists(path) else { return }
        guard let code = DType.allCases.firstIndex(of: value.dtype) else { return }
        let content = UnsafeRawBufferPointer(start: value.bytes, count: value.byteCount)
        let digest = Digest(content)
        var header = [
            Self.magic, environment.high, environment.low, key.high, key.low, digest.high, digest.low,
            UInt64(code), UInt64(value.shape.count * 2 + (value.layout == .channelsLast ? 1 : 0)),
        ]
        header += value.shape.map { UInt64($0) }
        header += [UInt64](repeating: 0, count: Self.headerWords - header.count)
        makeRoom(for: size)
        do {
            try Folder.make(folder, permissions: 0o700)
            guard FileStatus(folder)?.isOwn == true else {
                throw SystemError(.file, "\(folder) belongs to another user, or others may write it")
            }
            // A lost entry is computed again, so writing need not wait for the disk.
            let file = try AtomicFile(path, permissions: 0o600, isDurable: false)
            try header.withUnsafeBytes { try file.write($0) }
            try file.write(content)
            try file.commit()
        } catch {
            let problem = (error as? SystemError)?.message ?? "\(error)"
            return state.withLock { $0.problem = problem }
        }
        state.withLock { state in
            state.bytes += size
            state.entries += 1
            state.written += 1
            // Other processes write here too, so the total is recomputed at intervals.
            if state.written % 64 == 0 { state.isScanned = false }
        }
    }

    /// Removes the least recently used files until so many more bytes are within the limit.
    private func makeRoom(for size: Int) {
        guard scanned({ $0.bytes }) + size > limit else { return }
        var total = scanned { $0.bytes }
        for file in files().sorted(by: { $0.used < $1.used }) {
            if total + size <= limit / 16 * 15 { break }
            if FilePath.with(folder + "/" + file.name, { unlink($0) }) == 0 { total -= file.bytes }
        }
        state.withLock { $0.isScanned = false }
    }

    // MARK: The folder

    private func path(of key: Digest) -> String {
        var builder = DigestBuilder()
        builder.add(environment)
        builder.add(key)
        return "\(folder)/\(builder.finish())\(Self.ending)"
    }

    private func scanned<Result: Sendable>(_ read: (State) -> Result) -> Result {
        let isScanned = state.withLock { $0.isScanned }
        if !isScanned {
            let all = files()
            state.withLock { state in
                state.bytes = all.reduce(0) { $0 + $1.bytes }
                state.entries = all.count
                state.isScanned = true
            }
        }
        return state.withLock { read($0) }
    }

    /// The entries in the folder. Incomplete files of killed processes are removed when the next one is written.
    private func files() -> [(name: String, bytes: Int, used: Int)] {
        var found: [(String, Int, Int)] = []
        for entry in (try? Folder.entries(of: folder)) ?? [] where entry.name.hasSuffix(Self.ending) {
            guard let status = FileStatus("\(folder)/\(entry.name)", followsLinks: false) else { continue }
            found.append((entry.name, status.size, status.changed))
        }
        return found
    }

    private static func freeBytes(of path: String) -> Int {
        var path = path
        var status = statvfs()
        while FilePath.with(path, { statvfs($0, &status) }) != 0 {
            guard let above = Folder.parent(of: path), above != path else { return 0 }
            path = above
        }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflow ? Int.max : Int(clamping: bytes)
    }

    /// Results may differ in their last bits between builds of seg and between processors.
    private static func environmentDigest() -> Digest {
        var builder = DigestBuilder()
        builder.add(Double(geteuid()))
        if let program = FileStatus("/proc/self/exe") {
            builder.add(Double(program.size))
            builder.add(Double(program.changed / 1_000_000_000))
            builder.add(Double(program.changed % 1_000_000_000))
        }
        // The first processor's entry is sufficient.
        if let text = FileReader.start(of: "/proc/cpuinfo", count: 8192) {
            let lines = text.split(separator: "\n")
            for key in ["model name", "flags", "Features"] {
                if let line = lines.first(where: { $0.hasPrefix(key) }) { builder.add(String(line)) }
            }
        }
        return builder.finish()
    }

    private static func read(_ file: FileReader, at offset: Int, _ buffer: UnsafeMutableRawBufferPointer)
        -> Bool
    {
        (try? file.read(at: offset, into: buffer)) != nil
    }
}
