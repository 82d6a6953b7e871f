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

let options: Options
do {
    options = try Options(
        (0..<Int(CommandLine.argc)).dropFirst().compactMap { place in
            CommandLine.unsafeArgv[place].map { FilePath.text($0) }
        })
} catch {
    fputs("seg: \(error)\ntry `seg --help`\n", stderr)
    exit(2)
}

exit(onLargeStack { Command(options).run() })
