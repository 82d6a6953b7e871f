// Long work says how far it is: on a terminal in one line that is overwritten in place, with a chart above it if
// there is one; elsewhere in plain lines that become rarer; always on standard error. Work that is done within
// two seconds says nothing.

import Glibc
import SegRuntime
import SegSystem
import SegTerminal

/// The progress line of an interpreter. Whoever prints anything else removes the line first by doing so.
final class ProgressReporter {
    private unowned let interpreter: Interpreter
    /// The outputs that the line has replaced while it is visible.
    private var outputs: (output: (String) -> Void, errorOutput: (String) -> Void)?
    private var label = ""
    /// When the work with this label began, and when it was last shown or written.
    private var started = 0.0
    private var written = 0.0
    private var completed = 0
    /// The chart above the line, as lines for a terminal; those that are on the screen, and for which size.
    private var chart: ((TerminalStyle) -> [String])?
    private var lines: [String] = []
    /// The progress line on the screen.
    private var line = ""
    private var drawn = TerminalStyle()

    /// Work that takes less than so many seconds is not shown.
    private static let patience = 2.0
    /// The least seconds between two lines in a file or a pipe, and the most.
    private static let pauses = 10.0...300.0

    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// Reports how far some work is.
    /// - Parameter seconds: since its beginning; nil since the first report with this label.
    func report(_ given: Progress, seconds: Double?) {
        interpreter.flushOutput()
        var progress = given
        let now = MonotonicClock.seconds
        if progress.label != label || progress.completed < completed {
            label = progress.label
            started = now - (seconds ?? 0)
            // Works that take turns, as training step by step, do not each write a line.
            if outputs == nil { written = max(written, started) }
        }
        completed = progress.completed
        progress.elapsed = seconds ?? now - started
        guard progress.elapsed >= Self.patience || chart != nil else { return }
        if interpreter.terminal.hasProgressLine {
            // The eye needs ten in a second at most.
            guard outputs == nil || now - written >= 0.1 else { return }
            written = now
            show(progress)
        } else {
            let pause = min(max(progress.elapsed / 2, Self.pauses.lowerBound), Self.pauses.upperBound)
            guard now - written >= pause else { return }
            written = now
            let style = TerminalStyle(columns: 100, unicode: interpreter.style.unicode)
            interpreter.errorOutput(progress.line(style, hasBar: false) + "\n")
        }
    }

    // MARK: The terminal

    /// The terminal of the line as it is now.
    private var style: TerminalStyle {
        TerminalStyle.detect(
            isTerminal: true, size: TerminalSize.of(STDERR_FILENO),
            allowsColor: interpreter.terminal.hasColor,
            environment: Environment.variable)
    }

    /// Shows a chart that stays below all other output until `hide()`, with the progress below it; where there
    /// is no line that is overwritten, nothing.
    func keep(_ chart: @escaping (TerminalStyle) -> [String]) {
        guard interpreter.terminal.hasProgressLine else { return }
        clear()
        self.chart = chart
        write("")
    }

    /// Removes the chart.
    func hide() {
        clear()
        chart = nil
    }

    private func show(_ progress: Progress) {
        let style = style
        // In another window the chart has another size, and a line that was longer is on several rows.
        if outputs != nil, style.columns != drawn.columns || chart != nil && style.rows != drawn.rows {
            clear()
        }
        write(progress.line(style))
    }

    /// Overwrites the line; draws the chart above it if it is not there.
    private func write(_ line: String) {
        self.line = line
        if let outputs {
            outputs.errorOutput("\r" + line + "\u{1B}[K")
            return
        }
        drawn = style
        lines = chart?(drawn) ?? []
        let above = lines.map { $0 + "\u{1B}[K\n" }.joined()
        interpreter.errorOutput("\r" + above + line + "\u{1B}[K")
        outputs = (interpreter.output, interpreter.errorOutput)
        interpreter.output = { [unowned self] text in
            clear()
            interpreter.output(text)
        }
        interpreter.errorOutput = { [unowned self] text in
            clear()
            interpreter.errorOutput(text)
        }
    }

    var isVisible: Bool { outputs != nil }

    /// Removes line and chart from the screen; the next report shows them again.
    func clear() {
        guard let outputs else { return }
        self.outputs = nil
        (interpreter.output, interpreter.errorOutput) = outputs
        // A window that became narrower has broken the lines into several.
        let columns = max(TerminalSize.of(STDERR_FILENO)?.columns ?? drawn.columns, 1)
        func rows(_ text: String) -> Int { max((TextWidth.of(text) + columns - 1) / columns, 1) }
        // The cursor is in the last row.
        let rows = lines.reduce(0) { $0 + rows($1) } + rows(line) - 1
        (lines, line) = ([], "")
        interpreter.errorOutput(rows > 0 ? "\r\u{1B}[\(rows)A\u{1B}[J" : "\r\u{1B}[K")
    }

    /// The end of the work: its line is removed, and the next work begins anew.
    func finish() {
        if chart == nil { clear() } else if outputs != nil { write("") }
        label = ""
        completed = 0
    }
}

extension Interpreter {
    var progress: ProgressReporter { attachment(ProgressReporter.self) { ProgressReporter(self) } }

    /// Removes the progress line and the chart above it: what ran has ended, perhaps by an error.
    /// - Returns: whether they were visible.
    @discardableResult
    public func endProgress() -> Bool {
        let wasVisible = progress.isVisible
        progress.hide()
        progress.finish()
        return wasVisible
    }

    /// Runs work that reports how many of `total` units are done.
    func reporting<Result>(
        _ label: String, total: Int?, unit: String, _ body: ((Int) throws -> Void) throws -> Result
    ) rethrows -> Result {
        flushOutput()
        let start = MonotonicClock.seconds
        defer { progress.finish() }
        return try body { done in
            try checkInterrupt()
            progress.report(
                Progress(label: label, completed: done, total: total, elapsed: 0, unit: unit),
                seconds: MonotonicClock.seconds - start)
        }
    }
}
