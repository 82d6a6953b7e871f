// Line plots: the plotted series and how they are to be shown. The positions of their points between the
// axes are computed in LinePlot+Layout; the text form is LinePlot+Text, the drawn form LinePlot+Drawing.

import SegSystem

/// Curves over a common axis: several series, each with an optional band around it.
public struct LinePlot: Chart, Sendable {
    /// One curve. Values that are not finite (or, on a logarithmic axis, not above zero)
    /// leave a gap.
    public struct Series: Sendable {
        public var name: String
        public var y: [Double]
        /// The x positions of the values; nil counts from 0, as indices do.
        public var x: [Double]?
        /// A band around the curve, such as the lowest and highest of several folds.
        public var low: [Double]?
        public var high: [Double]?
        /// The edges of a histogram's bins, one more than there are values; it is drawn as an outline.
        public var edges: [Double]?
        /// Whether the values are points without a line.
        public var isScatter = false
        /// The place of its colour and its marker, which the curves of one run share; nil for those of its own.
        public var group: Int?
        /// Whether its line is dashed and its markers are hollow: a run's training beside its validation.
        public var isSecondary = false

        public init(
            _ name: String, y: [Double], x: [Double]? = nil, low: [Double]? = nil, high: [Double]? = nil,
            edges: [Double]? = nil
        ) {
            self.name = name
            self.y = y
            self.x = x
            self.low = low
            self.high = high
            self.edges = edges
        }
    }

    /// The ends of an axis; nil for those of the data.
    public struct Limits: Sendable {
        public var low: Double?
        public var high: Double?

        public init(low: Double? = nil, high: Double? = nil) {
            self.low = low
            self.high = high
        }

        /// Whether any of the axis between the limits is from `left` to `right`.
        func meets(_ left: Double, _ right: Double) -> Bool {
            right >= low ?? -.infinity && left <= high ?? .infinity
        }
    }

    public var title: String?
    public var xLabel: String?
    public var yLabel: String?
    public var logX: Bool
    public var logY: Bool
    public var xLimits: Limits
    public var yLimits: Limits
    /// The size, in characters on a terminal and in points in a file; nil for the usual one.
    public var width: Int?
    public var height: Int?
    public var series: [Series]

    public init(
        title: String? = nil, xLabel: String? = nil, yLabel: String? = nil, logX: Bool = false,
        logY: Bool = false, xLimits: Limits = Limits(), yLimits: Limits = Limits(), width: Int? = nil,
        height: Int? = nil, series: [Series]
    ) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.logX = logX
        self.logY = logY
        self.xLimits = xLimits
        self.yLimits = yLimits
        self.width = width
        self.height = height
        self.series = series
    }

    public var emptiness: String? { layout(xIntervals: 2, yIntervals: 2, resolution: 1).emptiness }

    /// The displayed names: escaped, on one line.
    var names: [String] { series.map { TextWidth.escaped($0.name) } }

    /// The place of a series among the colours.
    func colorPlace(_ index: Int) -> Int { series[index].group ?? index }

    /// Whether a legend is needed to distinguish the series.
    var needsLegend: Bool { series.count > 1 || !(series.first?.name ?? "").isEmpty }
}
