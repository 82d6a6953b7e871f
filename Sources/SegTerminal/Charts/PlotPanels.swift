// Several line plots as one chart, such as the loss and the metrics of a run.

import SegSystem

/// Line plots with a common title: in rows of two or three in a file, and on a terminal where one below the other
/// would not fit; else one below the other.
public struct PlotPanels: Chart, Sendable {
    public var title: String?
    public var plots: [LinePlot]
    /// The size of all panels together, as `LinePlot` has it.
    public var width: Int?
    public var height: Int?

    public init(title: String? = nil, width: Int? = nil, height: Int? = nil, _ plots: [LinePlot]) {
        self.title = title
        self.width = width
        self.height = height
        self.plots = plots
    }

    /// The usual height of a panel on a terminal, and the smallest width of one beside others.
    private static let (panelHeight, narrowest) = (14, 24)

    public func lines(_ style: TerminalStyle) -> [String] {
        let heading = style.heading(title, isCentered: true)
        guard plots.count > 1 else { return heading + stacked.flatMap { $0.lines(style) } }
        let fitting = (style.columns + 2) / (Self.narrowest + 2)
        let isSized = width != nil || height != nil
        let fits = plots.count * Self.panelHeight + heading.count <= style.chartRows
        guard style.isTerminal, !isSized, !fits, fitting > 1 else {
            return heading + stacked.flatMap { $0.lines(style, height: Self.panelHeight) }
        }
        let columns = PlotPanels.columns(of: plots.count, atMost: fitting)
        let rows = (plots.count + columns - 1) / columns
        var panel = style
        panel.columns = (style.columns + 2) / columns - 2
        let height = min(Self.panelHeight, max(8, (style.chartRows - heading.count) / rows))
        return heading
            + stride(from: 0, to: plots.count, by: columns).flatMap { start in
                let row = plots[start..<min(start + columns, plots.count)]
                return PlotPanels.beside(row.map { $0.lines(panel, height: height) }, width: panel.columns)
            }
    }

    /// The plots one below the other, the label of a common x axis only below the last.
    private var stacked: [LinePlot] {
        plots.enumerated().map { place, plot in
            var plot = plot
            plot.width = width
            plot.height = height.map { max($0 / plots.count, 5) }
            if place < plots.count - 1, plot.xLabel == plots.last?.xLabel { plot.xLabel = nil }
            return plot
        }
    }

    private static func beside(_ panels: [[String]], width: Int) -> [String] {
        (0..<(panels.map(\.count).max() ?? 0)).map { row in
            var line = ""
            for (place, panel) in panels.enumerated() where row < panel.count && !panel[row].isEmpty {
                line = TextWidth.pad(line, to: place * (width + 2)) + panel[row]
            }
            return line
        }
    }

    /// The number of columns, from two to `most`, that leaves the fewest places empty; of those the one nearest
    /// to three.
    private static func columns(of count: Int, atMost most: Int) -> Int {
        let choices = [3, 2, 4].filter { $0 <= most }
        func empty(_ columns: Int) -> Int { (columns - count % columns) % columns }
        return min(choices.min { empty($0) < empty($1) } ?? 1, count)
    }

    /// Panels are empty if all of them are.
    public var emptiness: String? {
        let reasons = plots.map(\.emptiness)
        return reasons.contains { $0 == nil } ? nil : reasons.first ?? LinePlot(series: []).emptiness
    }

    /// The width below which a panel is not beside others, unless the figure's width is not chosen.
    private static let narrowestDrawn = 140

    public var drawing: Drawing {
        let most = width.map { max($0 / Self.narrowestDrawn, 1) } ?? 4
        let columns = max(PlotPanels.columns(of: plots.count, atMost: min(most, 4)), 1)
        let rows = max((plots.count + columns - 1) / columns, 1)
        let wide = width.map { $0 / columns } ?? 480
        // Without a chosen height each panel has the proportions of the usual one.
        let usual = wide * 2 / 3
        let scale = Drawing.scale(
            width: Double(wide), height: Double(height.map { $0 / rows } ?? usual))
        let titleWidth = Double(wide * columns) / scale
        let top = (Drawing.headingHeight(title, width: titleWidth) * scale).rounded(.up)
        let sized = plots.map { plot in
            var plot = plot
            guard plots.count > 1 else {
                (plot.width, plot.height) = (width, height)
                return plot.drawing
            }
            plot.width = wide
            plot.height = height.map { max(($0 - Int(top, within: 0...10_000)) / rows, 40) } ?? usual
            return plot.drawing
        }
        let grid = Drawing.grid(sized, columns: columns)
        if title == nil && plots.count == 1 { return grid }
        var heading = Drawing(width: titleWidth, height: top / scale + Drawing.margin)
        heading.heading(title)
        var drawing = Drawing(
            width: width.map(Double.init) ?? grid.width, height: height.map(Double.init) ?? grid.height + top)
        drawing.place(heading, at: Drawing.Point(0, 0), scale: scale)
        drawing.place(grid, at: Drawing.Point(0, top))
        return drawing
    }
}
