// A command of the user's shell, for `!ls` at the prompt.

@preconcurrency import Glibc

public enum ShellCommand {
    /// Runs a command on this process's input and output, and waits for it. Ctrl-C ends the command only.
    /// - Returns: its exit status; 128 and the signal's number if a signal ended it; nil if there is no shell.
    public static func run(_ command: String) -> Int? {
        fflush(stdout)
        let status = system(command)
        return status < 0 ? nil : ChildProcess.exitStatus(status)
    }

    /// Runs a command without input, and gives what it writes as it comes. Once `interrupted` is true it is asked to
    /// end, and killed if it does not. What it leaves in the background is not waited for.
    public static func run(
        _ command: String, output: (String) -> Void, interrupted: () -> Bool
    ) throws -> Int? {
        guard let child = try? ChildProcess(["/bin/sh", "-c", command], hasOwnGroup: true) else { return nil }
        var requests: [(seconds: Double, signal: Int32)] = [(0, SIGINT), (1, SIGTERM), (2, SIGKILL)]
        var interruption: Double?
        var isQuiet = false
        var left = 1 << 16
        var rest: [UInt8] = []
        while true {
            if interruption == nil, interrupted() { interruption = MonotonicClock.seconds }
            if let interruption, let next = requests.first,
                MonotonicClock.seconds - interruption >= next.seconds
            {
                child.send(next.signal)
                requests.removeFirst()
                if requests.isEmpty { output("the command did not end by Ctrl-C and was killed\n") }
            }
            // A command in the background may hold the pipe, or write without end: what the pipe has now is the rest.
            let hasEnded = (interruption != nil || isQuiet) && child.hasEnded
            if hasEnded, isQuiet || left <= 0 { break }
            let part = child.read(within: hasEnded ? 0 : 50)
            isQuiet = part == nil
            guard let part else { continue }
            if part.isEmpty { break }
            if hasEnded { left -= part.count }
            rest += part
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
        return child.exitStatus
    }

    /// Makes a folder the current one of this process: `cd` in a command would change only that of its shell.
    public static func changeFolder(to path: String) throws {
        guard FilePath.with(path, { chdir($0) }) == 0 else {
            throw SystemError.cannot("enter the folder", path, errno)
        }
    }
}
