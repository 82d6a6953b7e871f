// Several line plots as one chart, such as the loss and the metrics of a run.

/// Line plots one below the other on a terminal, in two columns in a file.
public struct PlotPanels: Chart, Sendable {
    public var plots: [LinePlot]

    public init(_ plots: [LinePlot]) { self.plots = plots }

    public func lines(_ style: TerminalStyle) -> [String] {
        plots.flatMap { plots.count > 1 ? $0.lines(style, height: 14) : $0.lines(style) }
    }

    /// Panels are empty if all of them are.
    public var emptiness: String? {
        let reasons = plots.map(\.emptiness)
        return reasons.contains { $0 == nil } ? nil : reasons.first ?? LinePlot(series: []).emptiness
    }

    public var drawing: Drawing { Drawing.grid(plots.map(\.drawing), columns: 2) }
}
