// Features of frozen layers on disk: what no longer fits in memory goes to a folder of the user's cache, a
// file an entry, and comes back from there, in this process or another. Files are renamed into place whole
// and checked by digest when read; a damaged one is removed, and the entry made again. Whatever goes wrong
// here costs time and never a result.

@preconcurrency import Glibc
import Synchronization

/// A folder of values by digest under a limit of bytes; the longest unused go first.
public final class FeatureStore: Sendable {
    public let folder: String
    /// Bytes that the files may take together.
    public let limit: Int

    private struct State {
        var isScanned = false
        var bytes = 0
        var entries = 0
        var written = 0
        var problem: String?
    }
    private let state = Mutex(State())
    /// Stands for everything beside the graph that decides bits: this program and this processor.
    private let environment: Digest

    private static let magic: UInt64 = 0x3274_6165_6667_6573  // "segfeat2"
    private static let ending = ".features"
    /// Rank and sizes of a value are bounded, so that a damaged header asks for nothing large.
    private static let headerWords = 16
    private static let rankLimit = 8

    /// - Parameter limit: nil: 20 GB, or a quarter of what the disk has free where that is less.
    public init(folder: String, limit: Int? = nil) {
        self.folder = folder
        self.limit = limit ?? min(20_000_000_000, Self.freeBytes(of: folder) / 4)
        environment = Self.environmentDigest()
    }

    public var bytes: Int { scanned { $0.bytes } }
    public var entries: Int { scanned { $0.entries } }
    /// Why the last entry could not be written; nil where all went well.
    public var problem: String? { state.withLock { $0.problem } }

    /// Removes all files.
    public func clear() {
        for file in files() { unlink(folder + "/" + file.name) }
        state.withLock { $0 = State() }
    }

    // MARK: Reading

    /// The value of a key; nil where there is none, or none that is whole.
    func find(_ key: Digest) -> TensorData? {
        let path = path(of: key)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let value = read(descriptor, key) else {
            unlink(path)
            state.withLock { $0.isScanned = false }
            return nil
        }
        // The date of the file says when it was last of use.
        futimens(descriptor, nil)
        return value
    }

    private func read(_ descriptor: Int32, _ key: Digest) -> TensorData? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        var header = [UInt64](repeating: 0, count: Self.headerWords)
        let headerBytes = Self.headerWords * 8
        guard header.withUnsafeMutableBytes({ Self.readAll(descriptor, $0) }),
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
            bytes == Int(status.st_size) - headerBytes,
            let value = try? TensorData(shape: shape, dtype: dtype, layout: layout, for: "features"),
            Self.readAll(descriptor, UnsafeMutableRawBufferPointer(start: value.bytes, count: bytes))
        else { return nil }
        let digest = Digest(UnsafeRawBufferPointer(start: value.bytes, count: bytes))
        return digest == Digest(high: header[5], low: header[6]) ? value : nil
    }

    // MARK: Writing

    /// Keeps a value unless it is there already. Nothing is thrown: a cache may fail.
    func keep(_ value: TensorData, _ key: Digest) {
        let size = value.byteCount + Self.headerWords * 8
        let path = path(of: key)
        guard size <= limit, value.shape.count < Self.rankLimit, access(path, F_OK) != 0 else { return }
        guard let code = DType.allCases.firstIndex(of: value.dtype) else { return }
        Self.makeFolder(folder)
        let content = UnsafeRawBufferPointer(start: value.bytes, count: value.byteCount)
        let digest = Digest(content)
        var header = [
            Self.magic, environment.high, environment.low, key.high, key.low, digest.high, digest.low,
            UInt64(code), UInt64(value.shape.count * 2 + (value.layout == .channelsLast ? 1 : 0)),
        ]
        header += value.shape.map { UInt64($0) }
        header += [UInt64](repeating: 0, count: Self.headerWords - header.count)
        makeRoom(for: size)
        let temporary = "\(folder)/.\(getpid())-\(key).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return note("\(folder): \(Self.reason())") }
        let written =
            header.withUnsafeBytes { Self.writeAll(descriptor, $0) } && Self.writeAll(descriptor, content)
        let problem = written ? nil : Self.reason()
        close(descriptor)
        guard written, rename(temporary, path) == 0 else {
            unlink(temporary)
            return note("\(folder): \(problem ?? Self.reason())")
        }
        state.withLock { state in
            state.bytes += size
            state.entries += 1
            state.written += 1
            // Other processes write here too: the sum is taken anew now and then.
            if state.written % 64 == 0 { state.isScanned = false }
        }
    }

    private func note(_ problem: String) { state.withLock { $0.problem = problem } }

    /// Lets the longest unused files go until so many bytes more are within the limit.
    private func makeRoom(for size: Int) {
        guard scanned({ $0.bytes }) + size > limit else { return }
        var total = scanned { $0.bytes }
        for file in files().sorted(by: { $0.used < $1.used }) {
            if total + size <= limit / 16 * 15 { break }
            if unlink(folder + "/" + file.name) == 0 { total -= file.bytes }
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

    /// The entries in the folder; what a killed process left half written goes after an hour.
    private func files() -> [(name: String, bytes: Int, used: Int)] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var found: [(String, Int, Int)] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard name.hasSuffix(Self.ending) || name.hasSuffix(".tmp"),
                lstat("\(folder)/\(name)", &status) == 0
            else { continue }
            if name.hasSuffix(Self.ending) {
                found.append(
                    (
                        name, Int(status.st_size),
                        Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
                    ))
            } else if Int(status.st_mtim.tv_sec) < Int(Glibc.time(nil)) - 3600 {
                unlink("\(folder)/\(name)")
            }
        }
        return found
    }

    /// Makes a folder and those above it, for the user alone.
    private static func makeFolder(_ path: String) {
        if access(path, F_OK) == 0 { return }
        if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex {
            makeFolder(String(path[..<slash]))
        }
        mkdir(path, 0o700)
    }

    private static func freeBytes(of path: String) -> Int {
        var path = path
        var status = statvfs()
        while statvfs(path, &status) != 0 {
            guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else {
                return 0
            }
            path = String(path[..<slash])
        }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflow ? Int.max : Int(clamping: bytes)
    }

    /// Results may differ in their last bits between builds of seg and between processors.
    private static func environmentDigest() -> Digest {
        var builder = DigestBuilder()
        var status = stat()
        if stat("/proc/self/exe", &status) == 0 {
            builder.add(Double(status.st_size))
            builder.add(Double(status.st_mtim.tv_sec))
            builder.add(Double(status.st_mtim.tv_nsec))
        }
        let processor = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC)
        if processor >= 0 {
            defer { close(processor) }
            // The first of the processors says it all.
            var bytes = [UInt8](repeating: 0, count: 8192)
            let count = bytes.withUnsafeMutableBytes {
                max(0, Glibc.read(processor, $0.baseAddress, $0.count))
            }
            let lines = String(decoding: bytes[0..<count], as: UTF8.self).split(separator: "\n")
            for key in ["model name", "flags", "Features"] {
                if let line = lines.first(where: { $0.hasPrefix(key) }) { builder.add(String(line)) }
            }
        }
        return builder.finish()
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    private static func readAll(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var done = 0
        while done < buffer.count {
            let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return false }
            done += count
        }
        return true
    }

    private static func writeAll(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < buffer.count {
            let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return false }
            done += count
        }
        return true
    }
}
