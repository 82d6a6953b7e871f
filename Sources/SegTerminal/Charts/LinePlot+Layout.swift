// The positions of the points of a line plot between its axes, for both the text form and the drawn form.

import SegSystem

extension LinePlot {
    /// A position between the axes: (0, 0) is the lower left corner, (1, 1) the upper right.
    struct Place: Equatable {
        var x, y: Double
    }

    /// A curve between the axes, divided into runs at its gaps and where it leaves the limits.
    struct Curve {
        var runs: [[Place]] = []
        /// Closed outlines of the band, one per run.
        var bands: [[Place]] = []
        /// The values themselves, for markers; of a histogram the middles of its steps.
        var points: [Place] = []
        /// Whether anything is between the axes.
        var isEmpty: Bool { runs.isEmpty && points.isEmpty }

        /// The points that a drawing marks: all if the curve is short, else those without a line.
        func marked(all: Bool) -> [Place] { all ? points : runs.filter { $0.count == 1 }.flatMap { $0 } }
    }

    /// The axes, and each series between them.
    struct Layout {
        let x: Axis
        let y: Axis
        let curves: [Curve]
        /// Why nothing is shown, if the plot is empty.
        let emptiness: String?
    }

    /// What cannot be drawn.
    private var undrawn: Undrawn {
        var undrawn = Undrawn()
        for series in series {
            for index in series.y.indices {
                // The left edge of a bin is the lower one.
                let x = places(of: series, index).left
                undrawn.count(x: x, isLog: logX, y: series.y[index], isLogY: logY)
            }
        }
        return undrawn
    }

    /// The line below a plot of which something, but not everything, cannot be drawn.
    var note: String? { undrawn.emptiness == nil ? undrawn.note : nil }

    /// - Parameters:
    ///   - xIntervals, yIntervals: the number of intervals between ticks that there is space for.
    ///   - resolution: the number of columns that can be distinguished; longer series are reduced to
    ///     their extremes in each column.
    func layout(xIntervals: Int, yIntervals: Int, resolution: Int) -> Layout {
        var xExtent = Extent(isLog: logX)
        var yExtent = Extent(isLog: logY)
        for series in series {
            for index in series.y.indices {
                let places = places(of: series, index)
                guard series.y[index].isFinite else { continue }
                xExtent.take(places.left)
                xExtent.take(places.right)
                // The limits of x decide which values the other axis is for.
                guard places.left.isFinite, xLimits.meets(places.left, places.right) else { continue }
                yExtent.take(series.y[index])
                // Bins are areas: their axis begins at 0, a logarithmic one below the lowest.
                if series.edges != nil { yExtent.take(logY ? series.y[index] / 2 : 0) }
                if let band = LinePlot.band(of: series, index) {
                    yExtent.take(band.low)
                    yExtent.take(band.high)
                }
            }
        }
        let xAxis = Axis(xExtent, intervals: xIntervals, isRounded: false, limits: xLimits)
        let yAxis = Axis(yExtent, intervals: yIntervals, isRounded: true, limits: yLimits)
        let curves = series.map { series in
            series.isScatter && series.edges == nil
                ? cloud(series, xAxis, yAxis, resolution: max(resolution, 1))
                : series.edges == nil
                    ? curve(series, xAxis, yAxis, resolution: max(resolution, 1))
                    : outline(series, xAxis, yAxis)
        }
        var emptiness = undrawn.emptiness
        if emptiness == nil, series.allSatisfy({ $0.edges != nil && $0.y.allSatisfy { $0 == 0 } }) {
            emptiness = "nothing in the bins"
        }
        if emptiness == nil, curves.allSatisfy(\.isEmpty) {
            emptiness = "no value within the limits"
        }
        return Layout(x: xAxis, y: yAxis, curves: curves, emptiness: emptiness)
    }

    /// Where a value is: the edges of its bin, or twice its position; NaN if it has none.
    private func places(of series: Series, _ index: Int) -> (left: Double, right: Double) {
        if let edges = series.edges {
            return index + 1 < edges.count ? (edges[index], edges[index + 1]) : (.nan, .nan)
        }
        var place = Double(index)
        if let places = series.x { place = index < places.count ? places[index] : .nan }
        return (place, place)
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
            for part in LinePlot.clipped(curve: run) {
                curve.runs.append(LinePlot.thinned(part, to: resolution))
            }
            if upper.count > 1 {
                let top = LinePlot.thinned(upper, to: resolution)
                let bottom = LinePlot.thinned(lower, to: resolution)
                let area = LinePlot.clipped(area: top + bottom.reversed())
                if area.count > 2 { curve.bands.append(area) }
            }
            run = []
            upper = []
            lower = []
        }
        for index in series.y.indices {
            guard let x = xAxis.fraction(places(of: series, index).left),
                let y = yAxis.fraction(series.y[index])
            else {
                close()
                continue
            }
            let place = LinePlot.place(x, y)
            run.append(place)
            if place.isInside { curve.points.append(place) }
            // On a logarithmic axis a band may reach zero: it then ends at the axis.
            if let band = LinePlot.band(of: series, index), let high = yAxis.fraction(band.high) {
                upper.append(LinePlot.place(x, high))
                lower.append(LinePlot.place(x, yAxis.fraction(band.low) ?? 0))
            }
        }
        close()
        return curve
    }

    /// Points without lines; of many at one place only the first.
    private func cloud(_ series: Series, _ xAxis: Axis, _ yAxis: Axis, resolution: Int) -> Curve {
        struct Cell: Hashable { let x, y: Int }
        var curve = Curve()
        var used: Set<Cell> = []
        for index in series.y.indices {
            guard let x = xAxis.fraction(places(of: series, index).left),
                let y = yAxis.fraction(series.y[index])
            else { continue }
            let place = LinePlot.place(x, y)
            guard place.isInside else { continue }
            let cell = Cell(
                x: Int(rounding: place.x * Double(resolution), within: 0...resolution),
                y: Int(rounding: place.y * Double(resolution), within: 0...resolution))
            guard used.insert(cell).inserted else { continue }
            curve.points.append(place)
            curve.runs.append([place])
        }
        return curve
    }

    /// A histogram: the steps over its bins as a curve, the area below them as a band.
    private func outline(_ series: Series, _ xAxis: Axis, _ yAxis: Axis) -> Curve {
        let base = yAxis.isLog ? 0 : yAxis.fraction(0) ?? 0
        var curve = Curve()
        var steps: [Place] = []
        for index in series.y.indices {
            let edges = places(of: series, index)
            guard let left = xAxis.fraction(edges.left), let right = xAxis.fraction(edges.right) else {
                continue
            }
            let height = yAxis.fraction(series.y[index]) ?? base
            if steps.isEmpty { steps.append(LinePlot.place(left, base)) }
            steps.append(LinePlot.place(left, height))
            steps.append(LinePlot.place(right, height))
            let middle = LinePlot.place((left + right) / 2, height)
            if middle.isInside { curve.points.append(middle) }
        }
        guard let last = steps.last else { return Curve() }
        steps.append(LinePlot.place(last.x, base))
        curve.runs = LinePlot.clipped(curve: steps)
        let area = LinePlot.clipped(area: steps)
        if area.count > 2 { curve.bands.append(area) }
        return curve
    }

    /// A place from two fractions. Those at the ends of the axes count as inside; those far outside are
    /// limited, so that calculations with them stay finite.
    private static func place(_ x: Double, _ y: Double) -> Place {
        func settled(_ share: Double) -> Double {
            (-1e-9...1 + 1e-9).contains(share) ? share.held(within: 0...1) : share.held(within: -1e6...1e6)
        }
        return Place(x: settled(x), y: settled(y))
    }

    /// Of many neighbours in one of `resolution` columns, keeps the first, the lowest, the highest and the
    /// last, in their order. Short runs are not changed.
    static func thinned(_ run: [Place], to resolution: Int) -> [Place] {
        guard run.count > resolution * 4 else { return run }
        func column(_ place: Place) -> Double { (place.x * Double(resolution)).rounded(.down) }
        var result: [Place] = []
        var start = 0
        while start < run.count {
            let first = column(run[start])
            var (lowest, highest, end) = (start, start, start)
            while end + 1 < run.count, column(run[end + 1]) == first {
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
