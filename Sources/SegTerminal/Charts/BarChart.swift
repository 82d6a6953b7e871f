// Bar charts: labelled values, such as pixels or IoU per class, and the lengths of the bars for both the
// text form (BarChart+Text) and the drawn form (BarChart+Drawing). The caller chooses the order of the
// bars.

@preconcurrency import Glibc
import SegSystem

/// Labelled values as horizontal bars.
public struct BarChart: Chart, Sendable {
    public struct Bar: Sendable {
        public var label: String
        public var value: Double

        public init(_ label: String, _ value: Double) {
            self.label = label
            self.value = value
        }
    }

    public var title: String?
    /// Bars as long as the logarithm of their values; only if no value is negative.
    public var log: Bool
    /// Whether each value is followed by its share in the sum; only if no value is negative.
    public var showsShares: Bool
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
        /// A note after the title.
        let note: String?
    }

    func layout() -> Layout {
        let finite = bars.map(\.value).filter(\.isFinite)
        let largest = max(finite.max() ?? 0, 0)
        let smallest = min(finite.min() ?? 0, 0)
        let isLog = log && smallest == 0 && largest > 0
        var shares: [String]?
        let sum = finite.reduce(0, +)
        if showsShares, smallest == 0, sum > 0, sum.isFinite {
            shares = bars.map { $0.value.isFinite ? NumberFormat.percent($0.value / sum) : "" }
        }
        let values = NumberFormat.column(bars.map(\.value))
        if isLog {
            // The axis begins at a tenth of the smallest value above zero, so that its bar has a length.
            let least = finite.filter { $0 > 0 }.min() ?? 1
            let (bottom, top) = (log10(least) - 1, log10(largest))
            let ends = bars.map { bar -> Double? in
                guard !bar.value.isNaN else { return nil }
                return bar.value > 0 ? ((log10(bar.value) - bottom) / (top - bottom)).held(within: 0...1) : 0
            }
            return Layout(zero: 0, ends: ends, values: values, shares: shares, note: "logarithmic")
        }
        // Divide first, so that the span of two large numbers stays finite.
        let span = largest / 2 - smallest / 2
        let zero = span > 0 ? -smallest / 2 / span : 0
        let ends = bars.map { bar -> Double? in
            guard !bar.value.isNaN else { return nil }
            guard span > 0 else { return bar.value == 0 ? 0 : bar.value > 0 ? 1 : 0 }
            return (zero + bar.value / 2 / span).held(within: 0...1)
        }
        return Layout(zero: zero, ends: ends, values: values, shares: shares, note: nil)
    }
}
