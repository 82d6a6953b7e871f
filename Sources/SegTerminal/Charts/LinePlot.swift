// Line plots: the plotted series, and the positions of their points between the axes, for both the text
// form (LinePlot+Text) and the drawn form (LinePlot+Drawing).

import SegSystem

/// Curves over a common axis: several series, each with an optional band around it.
public struct LinePlot: Chart, Sendable {
    /// One curve. Values that are not finite (or, on a logarithmic axis, not above zero)
    /// leave a gap.
    public struct Series: Sendable {
        public var name: String
        public var y: [Double]
        /// The x positions of the values; nil counts from the plot's `firstX`.
        public var x: [Double]?
        /// A band around the curve, such as the lowest and highest of several folds.
        public var low: [Double]?
        public var high: [Double]?

        public init(
            _ name: String, y: [Double], x: [Double]? = nil, low: [Double]? = nil, high: [Double]? = nil
        ) {
            self.name = name
            self.y = y
            self.x = x
            self.low = low
            self.high = high
        }
    }

    public var title: String?
    public var xLabel: String?
    public var yLabel: String?
    public var logY: Bool
    /// The x position of the first value of a series without `x`: 1 for epochs.
    public var firstX: Double
    public var series: [Series]

    public init(
        title: String? = nil, xLabel: String? = nil, yLabel: String? = nil,
        logY: Bool = false, firstX: Double = 0, series: [Series]
    ) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.logY = logY
        self.firstX = firstX
        self.series = series
    }

    /// The displayed names: escaped, on one line.
    var names: [String] { series.map { TextWidth.escaped($0.name) } }

    /// Whether a legend is needed to distinguish the series.
    var needsLegend: Bool { series.count > 1 || !(series.first?.name ?? "").isEmpty }

    /// A position between the axes: (0, 0) is the lower left corner, (1, 1) the upper right.
    struct Place: Equatable {
        var x, y: Double
    }

    /// A curve between the axes, divided into runs at its gaps.
    struct Curve {
        var runs: [[Place]] = []
        /// Closed outlines of the band, one per run.
        var bands: [[Place]] = []
        var pointCount = 0
    }

    /// The axes, and each series between them.
    struct Layout {
        let x: Axis
        let y: Axis
        let curves: [Curve]
        /// Why nothing is shown, if the plot is empty.
        let emptiness: String?
    }

    /// - Parameters:
    ///   - xIntervals, yIntervals: the number of intervals between ticks that there is space for.
    ///   - resolution: the number of columns that can be distinguished; longer series are reduced to
    ///     their extremes in each column.
    func layout(xIntervals: Int, yIntervals: Int, resolution: Int) -> Layout {
        var xExtent = Extent()
        var yExtent = Extent(isLog: logY)
        for series in series {
            for index in series.y.indices {
                guard let x = x(of: series, index), x.isFinite else { continue }
                yExtent.take(series.y[index])
                guard series.y[index].isFinite else { continue }
                xExtent.take(x)
                if let band = LinePlot.band(of: series, index) {
                    yExtent.take(band.low)
                    yExtent.take(band.high)
                }
            }
        }
        let xAxis = Axis(xExtent, intervals: xIntervals, isRounded: false)
        let yAxis = Axis(yExtent, intervals: yIntervals, isRounded: true)
        let curves = series.map { curve($0, xAxis, yAxis, resolution: max(resolution, 1)) }
        var emptiness: String?
        if curves.allSatisfy({ $0.pointCount == 0 }) {
            let values = series.flatMap(\.y)
            if values.isEmpty {
                emptiness = "nothing to plot yet"
            } else if logY, values.contains(where: \.isFinite) {
                emptiness = "nothing above zero for the log axis"
            } else {
                emptiness = "no finite value among \(NumberFormat.count(values.count))"
            }
        }
        return Layout(x: xAxis, y: yAxis, curves: curves, emptiness: emptiness)
    }

    private func x(of series: Series, _ index: Int) -> Double? {
        guard let places = series.x else { return firstX + Double(index) }
        return index < places.count ? places[index] : nil
    }

    private static func band(of series: Series, _ index: Int) -> (low: Double, high: Double)? {
        guard let low = series.low, let high = series.high, index < low.count, index < high.count,
            low[index].isFinite, high[index].isFinite
        else { return nil }
        return (min(low[index], high[index]), max(low[index], high[index]))
    }

    private func curve(_ series: Series, _ xAxis: Axis, _ yAxis: Axis, resolution: Int) -> Curve {
        var curve = Curve()
        var run: [Place] = []
        var upper: [Place] = []
        var lower: [Place] = []
        func close() {
            if !run.isEmpty { curve.runs.append(LinePlot.thinned(run, to: resolution)) }
            if upper.count > 1 {
                let top = LinePlot.thinned(upper, to: resolution)
                let bottom = LinePlot.thinned(lower, to: resolution)
                curve.bands.append(top + bottom.reversed())
            }
            run = []
            upper = []
            lower = []
        }
        for index in series.y.indices {
            guard let x = x(of: series, index).flatMap(xAxis.fraction),
                let y = yAxis.fraction(series.y[index])
            else {
                close()
                continue
            }
            curve.pointCount += 1
            run.append(LinePlot.place(x, y))
            // On a logarithmic axis a band may reach zero: it then ends at the axis.
            if let band = LinePlot.band(of: series, index), let high = yAxis.fraction(band.high) {
                upper.append(LinePlot.place(x, high))
                lower.append(LinePlot.place(x, yAxis.fraction(band.low) ?? 0))
            }
        }
        close()
        return curve
    }

    private static func place(_ x: Double, _ y: Double) -> Place {
        Place(x: x.held(within: 0...1), y: y.held(within: 0...1))
    }

    /// Of many neighbours in one of `resolution` columns, keeps the first, the lowest, the highest and the
    /// last, in their order. Short runs are not changed.
    static func thinned(_ run: [Place], to resolution: Int) -> [Place] {
        guard run.count > resolution * 4 else { return run }
        var result: [Place] = []
        var start = 0
        while start < run.count {
            let column = Int(run[start].x * Double(resolution), within: 0...resolution)
            var (lowest, highest, end) = (start, start, start)
            while end + 1 < run.count,
                Int(run[end + 1].x * Double(resolution), within: 0...resolution) == column
            {
                end += 1
                if run[end].y < run[lowest].y { lowest = end }
                if run[end].y > run[highest].y { highest = end }
            }
            var kept = [start, min(lowest, highest), max(lowest, highest), end]
            kept = kept.enumerated().filter { $0.offset == 0 || kept[$0.offset - 1] != $0.element }
                .map(\.element)
            result += kept.map { run[$0] }
            start = end + 1
        }
        return result
    }
}
