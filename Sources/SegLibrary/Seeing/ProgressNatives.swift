// A progress line, overwritten in place on a terminal; otherwise nothing is written.

import Glibc
import SegRuntime
import SegTerminal

let progressNatives: [Native] = [
    Native(
        "progress(completed=nil, total=nil, seconds=0, label=\"\", unit=\"\", note=\"\")",
        "On a terminal, a line that shows progress and replaces the previous one. It has a bar, counts, "
            + "rate and time left from the seconds so far, and a note. progress() removes the line. "
            + "Elsewhere nothing is written.",
        examples: ["print(progress(2, 10, seconds=3, label=\"epoch 1\"))  # expect: nil"]
    ) { call in
        let interpreter = call.interpreter
        guard interpreter.terminal.isInteractive else { return .nilValue }
        // Output without a line break is buffered.
        defer { fflush(nil) }
        guard !call.isNil(0) else {
            interpreter.removeProgress()
            return .nilValue
        }
        let total = try call.isNil(1) ? nil : call.integer(1)
        let progress = Progress(
            label: try call.string(3), completed: try call.integer(0), total: total,
            elapsed: try call.number(2), unit: try call.string(4), note: try call.string(5))
        interpreter.showsProgress = true
        interpreter.output("\r" + progress.line(interpreter.style) + "\u{1B}[K")
        return .nilValue
    }
]
