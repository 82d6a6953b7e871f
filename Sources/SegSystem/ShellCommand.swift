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

    /// Makes a folder the current one of this process: `cd` in a command would change only that of its shell.
    public static func changeFolder(to path: String) throws {
        guard FilePath.with(path, { chdir($0) }) == 0 else {
            throw SystemError.cannot("enter the folder", path, errno)
        }
    }
}
