// The command: runs the action of the options on a thread with a large stack, for deep source
// and for natives that call functions.

@preconcurrency import Glibc
import SegSystem

setlocale(LC_CTYPE, "")
signal(SIGPIPE, SIG_IGN)
// Ctrl-\ ends the process as it ends others, without a report of a crash.
signal(SIGQUIT, SIG_DFL)
// A file larger than the shell's limit is a write error, not the end of the session.
signal(SIGXFSZ, SIG_IGN)

// A file that a script opens does not take the place of a stream that is closed, which is then one that cannot be read
// or written.
for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
where fcntl(descriptor, F_GETFD) < 0 {
    _ = open("/dev/null", mode)
}

let options: Options
do {
    options = try Options(
        (0..<Int(CommandLine.argc)).dropFirst().compactMap { place in
            CommandLine.unsafeArgv[place].map { FilePath.text($0) }
        })
} catch {
    fputs(TextWidth.harmless("seg: \(error)\ntry `seg --help`\n"), stderr)
    exit(2)
}

exit(onLargeStack { Command(options).run() })
