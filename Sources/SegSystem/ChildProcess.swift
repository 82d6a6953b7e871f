// A program that this process starts, whose words it reads: a command of the shell, or curl.

@preconcurrency import Glibc

/// A child process without input. What it writes to standard error is read here, and what it writes to standard
/// output too, unless that goes into a file.
public final class ChildProcess {
    /// The system's error number where a program cannot be started.
    public struct Refusal: Error {
        public let code: Int32
    }

    private let id: pid_t
    private let messages: Int32
    private let hasOwnGroup: Bool
    private var status: Int32?

    /// Starts a program, found as the shell finds it.
    /// - Parameters:
    ///   - output: the open file of its standard output; nil: it is read here.
    ///   - hasOwnGroup: signals then go to what it starts, too, and those of the terminal to neither.
    public init(_ words: [String], output: Int32? = nil, hasOwnGroup: Bool = false) throws(Refusal) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Refusal(code: errno) }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output ?? ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        // seg ignores SIGPIPE and SIGXFSZ; its child should not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        sigaddset(&signals, SIGXFSZ)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETSIGDEF | (hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, words[0], &actions, &attributes, &arguments, environ)
        guard code == 0 else {
            close(ends[0])
            throw Refusal(code: code)
        }
        self.id = id
        self.hasOwnGroup = hasOwnGroup
        messages = ends[0]
    }

    deinit { close(messages) }

    /// What has come, at most a few kilobytes; nil if nothing comes within the time; nothing at the end.
    public func read(within milliseconds: Int32) -> [UInt8]? {
        var asked = pollfd(fd: messages, events: Int16(POLLIN), revents: 0)
        guard poll(&asked, 1, milliseconds) > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: 1 << 14) { bytes, count in
            count = max(Glibc.read(messages, bytes.baseAddress, bytes.count), 0)
        }
    }

    public func send(_ signal: Int32) {
        if status == nil { kill(hasOwnGroup ? -id : id, signal) }
    }

    /// Whether it has ended.
    public var hasEnded: Bool {
        var new: Int32 = 0
        if status == nil, waitpid(id, &new, WNOHANG) == id { status = new }
        return status != nil
    }

    /// Its exit status once it has ended, which is waited for; 128 and the signal's number if a signal ended it.
    public var exitStatus: Int {
        var new: Int32 = 0
        while status == nil {
            let found = waitpid(id, &new, 0)
            if found == id || errno != EINTR { status = new }
        }
        return Self.exitStatus(status ?? 0)
    }

    /// From the status that the system gives.
    static func exitStatus(_ status: Int32) -> Int {
        let signal = status & 0x7f
        return Int(signal == 0 ? status >> 8 & 0xff : 128 + signal)
    }
}
