// Progress of long work that a script does; ProgressReporter decides when it is shown.

import SegRuntime
import SegTerminal

let progressNatives: [Native] = [
    Native(
        "progress(completed=nil, total=nil, seconds=nil, label=\"\", unit=\"\", note=\"\")",
        "How far long work is: counts, rate, time left and a note, on standard error. On a terminal it is one line "
            + "with a bar that replaces the previous one, elsewhere plain lines every 10 seconds and later more rarely. "
            + "Nothing is shown in the first two seconds. `seconds` are those so far, by default "
            + "since the first call with this label. progress() ends the work and removes the line.",
        examples: ["print(progress(2, 10, seconds=3, label=\"epoch 1\"))  # expect: nil"]
    ) { call in
        let interpreter = call.interpreter
        guard !call.isNil(0) else {
            interpreter.progress.finish()
            return .nilValue
        }
        let total = try call.isNil(1) ? nil : call.integer(1)
        let progress = Progress(
            label: try call.string(3), completed: try call.integer(0), total: total, elapsed: 0,
            unit: try call.string(4), note: try call.string(5))
        interpreter.progress.report(progress, seconds: try call.isNil(2) ? nil : call.number(2))
        return .nilValue
    },
    Native(
        "live_plot(data=nil)",
        "On a terminal, keeps curves below all other output. They are redrawn in place at the next call and "
            + "when the window changes size. `data` as for `plot`. live_plot() removes them. Elsewhere nothing is shown.",
        examples: ["live_plot([3, 2, 1])\nprint(live_plot())  # expect: nil"]
    ) { call in
        let progress = call.interpreter.progress
        guard !call.isNil(0) else {
            progress.hide()
            return .nilValue
        }
        let plots = try call.panels(0).map {
            LinePlot(title: $0.title, xLabel: $0.xLabel, series: $0.curves)
        }
        progress.keep { style in
            // The progress and some of what was printed stay visible.
            var room = style
            room.rows -= 5
            let lines = PlotPanels(plots).lines(room)
            return lines.count + 2 <= style.rows ? lines : []
        }
        return .nilValue
    },
]
