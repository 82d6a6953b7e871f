// A command of the user's shell, for `!ls` at the prompt.

@preconcurrency import Glibc

public enum ShellCommand {
    /// Runs a command on this process's input and output, and waits for it. Ctrl-C ends the command only.
    /// - Returns: its exit status; 128 and the signal's number if a signal ended it; nil if there is no shell.
    public static func run(_ command: String) -> Int? {
        fflush(stdout)
        let status = system(command)
        if status < 0 { return nil }
        let signal = status & 0x7f
        return Int(signal == 0 ? status >> 8 & 0xff : 128 + signal)
    }

    /// Runs a command without input, and gives what it writes as it comes. It is interrupted once `interrupted` is true.
    public static func run(
        _ command: String, output: (String) -> Void, interrupted: () -> Bool
    ) throws -> Int? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        // seg ignores SIGPIPE and SIGXFSZ; its child should not. A group of its own is interrupted as a whole.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        sigaddset(&signals, SIGXFSZ)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let words = ["sh", "-c", command]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, environ)
        close(ends[1])
        guard code == 0 else { return nil }

        var isInterrupted = false
        var status: Int32 = 0
        var hasEnded = false
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            if interrupted(), !isInterrupted {
                isInterrupted = true
                kill(-child, SIGINT)
            }
            // What the shell left running in the background may hold the pipe open, and an interrupt does not end it.
            if !hasEnded { hasEnded = waitpid(child, &status, WNOHANG) == child }
            if hasEnded, isInterrupted { break }
            var asked = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            let ready = poll(&asked, 1, 50)
            if ready == 0, hasEnded { break }
            guard ready > 0 else { continue }
            let count = read(ends[0], &buffer, buffer.count)
            if count <= 0 { break }
            rest += buffer[..<count]
            // The bytes of a character that is not whole yet wait for the others.
            var whole = rest.count
            if let lead = rest.suffix(3).lastIndex(where: { $0 >= 0xc0 }) {
                let length = rest[lead] >= 0xf0 ? 4 : rest[lead] >= 0xe0 ? 3 : 2
                if lead + length > rest.count { whole = lead }
            }
            output(String(decoding: rest[..<whole], as: UTF8.self))
            rest.removeFirst(whole)
        }
        output(String(decoding: rest, as: UTF8.self))
        while !hasEnded, waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return Int(signal == 0 ? status >> 8 & 0xff : 128 + signal)
    }

    /// Makes a folder the current one of this process: `cd` in a command would change only that of its shell.
    public static func changeFolder(to path: String) throws {
        guard FilePath.with(path, { chdir($0) }) == 0 else {
            throw SystemError.cannot("enter the folder", path, errno)
        }
    }
}
