// The command: runs what the options ask for on a thread with a large stack, so that deep
// source and natives that call functions have room.

@preconcurrency import Glibc

setlocale(LC_CTYPE, "")
signal(SIGPIPE, SIG_IGN)
// A file larger than the shell's limit is an error of the writing, not the end of the session.
signal(SIGXFSZ, SIG_IGN)

let options: Options
do {
    options = try Options(Array(CommandLine.arguments.dropFirst()))
} catch {
    fputs("seg: \(error)\ntry `seg --help`\n", stderr)
    exit(2)
}

exit(onLargeStack { Command(options).run() })
