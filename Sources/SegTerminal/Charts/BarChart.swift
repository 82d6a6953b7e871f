// Bar charts: labelled values, such as pixels or IoU per class, and the lengths of the bars for both the
// text form (BarChart+Text) and the drawn form (BarChart+Drawing). The caller chooses the order of the
// bars.

@preconcurrency import Glibc
import SegSystem

/// Labelled values as horizontal bars.
public struct BarChart: SizedChart, Sendable {
    public struct Bar: Sendable {
        public var label: String
        public var value: Double

        public init(_ label: String, _ value: Double) {
            self.label = label
            self.value = value
        }
    }

    public var title: String?
    /// Bars as long as the logarithm of their values, with an axis below them.
    public var log: Bool
    /// Whether each value is followed by its share in the sum; only if no value is negative.
    public var showsShares: Bool
    /// The width in a file, in points; nil for a page.
    public var width: Double?
    public var bars: [Bar]

    public init(title: String? = nil, log: Bool = false, showsShares: Bool = false, bars: [Bar]) {
        self.title = title
        self.log = log
        self.showsShares = showsShares
        self.bars = bars
    }

    /// Where the bars begin and end, as fractions of the chart's width.
    struct Layout {
        /// The position of zero.
        let zero: Double
        /// The other end of each bar; nil for values that are not a number.
        let ends: [Double?]
        /// The values and shares as text.
        let values: [String]
        let shares: [String]?
        /// The axis of logarithmic bars.
        let axis: Axis?
    }

    private var undrawn: Undrawn {
        var undrawn = Undrawn()
        for bar in bars { undrawn.count(bar.value, isLog: log) }
        return undrawn
    }

    public var emptiness: String? { undrawn.emptiness }

    /// The line below the chart about values without a bar.
    var note: String? { undrawn.note }

    /// - Parameter intervals: the number of intervals between the ticks of the axis that there is space for.
    func layout(intervals: Int) -> Layout {
        let finite = bars.map(\.value).filter(\.isFinite)
        let largest = max(finite.max() ?? 0, 0)
        let smallest = min(finite.min() ?? 0, 0)
        var shares: [String]?
        let sum = finite.reduce(0, +)
        if showsShares, smallest == 0, sum > 0, sum.isFinite {
            shares = bars.map { $0.value.isFinite ? NumberFormat.percent($0.value / sum) : "" }
        }
        let values = NumberFormat.column(bars.map(\.value))
        if log {
            // The axis begins at the decade below half of the smallest value, so that its bar has a length.
            let least = finite.filter { $0 > 0 }.min() ?? 1
            var extent = Extent(isLog: true)
            extent.take(pow(10, (log10(least) - log10(2)).rounded(.down)))
            for value in finite { extent.take(value) }
            let axis = Axis(extent, intervals: intervals, isRounded: false)
            let ends = bars.map { $0.value == 0 ? 0 : axis.fraction($0.value)?.held(within: 0...1) }
            return Layout(zero: 0, ends: ends, values: values, shares: shares, axis: axis)
        }
        // Divide first, so that the span of two large numbers stays finite.
        let span = largest / 2 - smallest / 2
        let zero = span > 0 ? -smallest / 2 / span : 0
        let ends = bars.map { bar -> Double? in
            guard bar.value.isFinite else { return nil }
            return span > 0 ? (zero + bar.value / 2 / span).held(within: 0...1) : 0
        }
        return Layout(zero: zero, ends: ends, values: values, shares: shares, axis: nil)
    }
}
