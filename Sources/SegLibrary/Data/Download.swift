// Downloads one file with the system's curl as a child process: into a temporary file in the same folder,
// resumed where an earlier attempt stopped, checked by its SHA-256, then renamed. The caller chooses the
// file. The temporary file is opened once, no link, and everything is done with what was opened.

@preconcurrency import Glibc
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

/// A download of a file whose name contains the first digits of its SHA-256.
struct Download {
    let address: String
    let file: String
    let folder: String
    /// The first hexadecimal digits of the SHA-256; nil: not checked.
    let digits: String?
    /// The expected size, for the message.
    let megabytes: Int

    private var destination: String { folder + "/" + file }
    private var part: String { destination + ".part" }

    /// Downloads the file into its folder. If another process is downloading it, waits for that process.
    /// - Throws: errors of kind `file` that name address, file and folder; an interrupt, which keeps the
    ///   downloaded part for the next attempt.
    func run(_ interpreter: Interpreter) throws {
        guard let protocols else {
            throw Failure(
                .file, "cannot download \(file) from \(address): it is not https",
                help:
                    "SEG_WEIGHTS_URL should begin with https://, file:// or, on this machine, http://127.0.0.1"
            )
        }
        let lock = try lockedPart(interpreter)
        defer { close(lock) }
        // The other process may have finished the download.
        if FileStatus(destination)?.kind == .file { return }
        var resumes = try size(lock) > 0
        if resumes, digits != nil, try problem(lock, interpreter) == nil { return try finish(lock) }
        announce()
        while true {
            let outcome = try fetch(lock, protocols, interpreter)
            if outcome.isComplete {
                guard let problem = try problem(lock, interpreter) else { return try finish(lock) }
                guard resumes else {
                    _ = FilePath.with(part) { unlink($0) }
                    throw problem
                }
            } else if !resumes || !outcome.mayStartClean {
                if try size(lock) == 0 { _ = FilePath.with(part) { unlink($0) } }
                throw failure(outcome.reason)
            }
            // The remains of an earlier attempt do not fit the current file: start again.
            resumes = false
            guard ftruncate(lock, 0) == 0 else { throw SystemError.cannot("write", part, errno) }
        }
    }

    /// The protocols that curl may use, at first and after a redirection; nil if the address is refused. All that is
    /// not on this machine comes by https.
    private var protocols: (first: String, redirected: String)? {
        if address.hasPrefix("https://") { return ("=https", "=https") }
        if address.hasPrefix("file:") { return ("=file", "=file") }
        guard address.hasPrefix("http://") else { return nil }
        // No name before an `@`, behind which the host would be.
        let place = address.dropFirst(7).prefix { !"/?#\\".contains($0) }.split(
            separator: ":", omittingEmptySubsequences: false)
        let isHere = ["127.0.0.1", "localhost"].contains(place.first ?? "")
        let hasPort =
            place.count == 1 || place.count == 2 && place[1].utf8.allSatisfy { (48...57).contains($0) }
        return isHere && hasPort ? ("=http,https", "=https") : nil
    }

    private func finish(_ lock: Int32) throws {
        guard isSame(lock, part),
            FilePath.with(part, { old in FilePath.with(destination) { rename(old, $0) } }) == 0,
            isSame(lock, destination)
        else {
            throw SystemError.cannot("write", destination, errno)
        }
    }

    private func isSame(_ lock: Int32, _ path: String) -> Bool {
        guard let held = FileStatus(descriptor: lock), let named = FileStatus(path, followsLinks: false)
        else {
            return false
        }
        return held.inode == named.inode && held.device == named.device
    }

    private func size(_ lock: Int32) throws -> Int { try FileReader(duplicating: lock, name: part).count }

    private func failure(_ reason: String) -> Failure {
        Failure(
            .file, "cannot download \(file) from \(address): \(reason)",
            help: "download it in another way and save it under this name in \(folder)")
    }

    /// Says what is wrong with the downloaded file; nil if its digits match.
    private func problem(_ lock: Int32, _ interpreter: Interpreter) throws -> Failure? {
        guard let digits else { return nil }
        let found = try SHA256.hexadecimal(of: FileReader(duplicating: lock, name: part)) {
            try interpreter.checkInterrupt()
        }
        if found.hasPrefix(digits) { return nil }
        return Failure(
            .file,
            "the download from \(address) is not \(file): its SHA-256 begins with \(found.prefix(digits.count)), not with \(digits)",
            help:
                "it was removed; it may have changed during the transfer, so try again or put the file into \(folder)"
        )
    }

    // MARK: Locking

    /// Opens the temporary file and holds its lock, so that only one of several processes downloads.
    private func lockedPart(_ interpreter: Interpreter) throws -> Int32 {
        var isWaiting = false
        while true {
            // curl appends; without O_NONBLOCK a pipe of this name would be waited for.
            let flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
            let descriptor = FilePath.with(part) { open($0, flags, 0o666) }
            guard descriptor >= 0 else {
                guard errno == ELOOP else { throw SystemError.cannot("write", part, errno) }
                throw SystemError(.file, "cannot write \(part): it is a link; remove it")
            }
            guard let status = FileStatus(descriptor: descriptor), status.kind == .file,
                status.owner == geteuid(), status.links <= 1
            else {
                close(descriptor)
                throw SystemError(
                    .file, "cannot write \(part): it is not a file of this user alone; remove it")
            }
            do {
                while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                    guard errno == EWOULDBLOCK || errno == EINTR else {
                        throw SystemError.cannot("lock", part, errno)
                    }
                    if !isWaiting { tell("another process is downloading \(file); waiting for it") }
                    isWaiting = true
                    usleep(50_000)
                    try interpreter.checkInterrupt()
                }
            } catch {
                close(descriptor)
                throw error
            }
            // The previous owner of the lock may have renamed or removed the file.
            if isSame(descriptor, part) { return descriptor }
            close(descriptor)
            if FileStatus(destination)?.kind == .file {
                return FilePath.with(destination) { open($0, O_RDONLY | O_CLOEXEC) }
            }
        }
    }

    // MARK: The child process

    private struct Outcome {
        let isComplete: Bool
        /// In words, for the error.
        let reason: String
        /// Whether the part from an earlier attempt may be the cause of the failure.
        let mayStartClean: Bool
    }

    /// Runs curl once, which appends to the file. So the child holds the lock too: one that outlives seg still
    /// excludes others.
    private func fetch(
        _ lock: Int32, _ protocols: (first: String, redirected: String), _ interpreter: Interpreter
    ) throws -> Outcome {
        let words = [
            "curl", "--silent", "--show-error", "--fail", "--location", "--connect-timeout", "30",
            "--speed-limit", "1", "--speed-time", "60", "--proto", protocols.first, "--proto-redir",
            protocols.redirected, "--continue-at", "\(try size(lock))", "--", address,
        ]
        let child: ChildProcess
        do {
            child = try ChildProcess(words, output: lock)
        } catch {
            throw failure(
                error.code == ENOENT ? "there is no curl on this machine" : SystemError.reason(error.code))
        }
        var text: [UInt8] = []
        let exit = try wait(for: child, lock, interpreter) { Self.drain(child, &text) }
        Self.drain(child, &text)
        let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
        let said = lines.last { $0.hasPrefix("curl: ") } ?? lines.last
        let reason =
            exit == 23
            ? "it could not be written; is the disk full?"
            : said.map { $0.hasPrefix("curl: ") ? String($0.dropFirst(6)) : String($0) }
        // 22: refused by the server, as is a range past the end; 33, 36: cannot resume.
        return Outcome(
            isComplete: exit == 0,
            reason: reason ?? (exit > 128 ? "curl was ended" : "curl ended with status \(exit)"),
            mayStartClean: [22, 33, 36].contains(exit))
    }

    /// Reads the child's output and keeps the end of it: a full pipe would block a child whose `.curlrc`
    /// makes it verbose.
    private static func drain(_ child: ChildProcess, _ text: inout [UInt8]) {
        while let part = child.read(within: 0), !part.isEmpty { text = (text + part).suffix(4096) }
    }

    /// Waits for the child, shows its progress and gives its exit status; Ctrl-C ends it. `between` is called
    /// repeatedly.
    private func wait(
        for child: ChildProcess, _ lock: Int32, _ interpreter: Interpreter, between: () -> Void
    ) throws -> Int {
        let start = MonotonicClock.seconds
        defer { interpreter.progress.finish() }
        do {
            while !child.hasEnded {
                usleep(10_000)
                between()
                try interpreter.checkInterrupt()
                report((try? size(lock)) ?? 0, seconds: MonotonicClock.seconds - start, interpreter)
            }
        } catch {
            end(child)
            throw error
        }
        // Ctrl-C at a terminal also goes to the child, which may have ended before seg noticed it.
        try interpreter.checkInterrupt()
        return child.exitStatus
    }

    /// Asks a child to end, kills it after two seconds, and reaps it.
    private func end(_ child: ChildProcess) {
        child.send(SIGTERM)
        for _ in 0..<200 {
            if child.hasEnded { return }
            usleep(10_000)
        }
        child.send(SIGKILL)
        _ = child.exitStatus
    }

    private func report(_ bytes: Int, seconds: Double, _ interpreter: Interpreter) {
        let done = bytes >> 20
        let progress = Progress(
            label: file, completed: done, total: max(megabytes, done), elapsed: seconds, unit: "MB")
        interpreter.progress.report(progress, seconds: seconds)
    }

    private func announce() {
        if !address.hasPrefix("file:") { tell("downloading \(address) (\(megabytes) MB) into \(folder)") }
    }

    private func tell(_ text: String) {
        fflush(stdout)
        fputs(TextWidth.harmless(text) + "\n", stderr)
    }
}
