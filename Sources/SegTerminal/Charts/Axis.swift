// Axes: the range of the numbers of a chart, ticks at round numbers and their labels, linear or
// logarithmic. Text charts and drawings use the same axes; they compute the position of a tick on
// screen or paper.

@preconcurrency import Glibc
import SegSystem

/// The range of the usable numbers; on a logarithmic axis only of those above zero.
struct Extent: Sendable {
    private(set) var low = Double.infinity
    private(set) var high = -Double.infinity
    /// Whether all usable numbers are integers.
    private(set) var isWhole: Bool
    let isLog: Bool

    /// - Parameter isWhole: false if the axis may always have ticks between whole numbers.
    init(isLog: Bool = false, isWhole: Bool = true) {
        self.isLog = isLog
        self.isWhole = isWhole
    }

    var isEmpty: Bool { !(low <= high) }

    /// Adds a number; ignores numbers that are not finite, or not above zero on a logarithmic axis.
    mutating func take(_ value: Double) {
        guard value.isFinite, !isLog || value > 0 else { return }
        low = min(low, value)
        high = max(high, value)
        if isWhole && value.rounded() != value { isWhole = false }
    }
}

/// One direction of a chart.
struct Axis: Sendable {
    struct Tick: Sendable {
        let value: Double
        let label: String
    }

    let low: Double
    let high: Double
    let isLog: Bool
    let ticks: [Tick]

    /// An axis for the numbers in `extent`; 0 to 1 if there are none.
    ///
    /// - Parameters:
    ///   - intervals: the approximate number of intervals between ticks that there is space for.
    ///   - isRounded: whether the axis extends to the next tick at both ends (for values),
    ///     or ends with the data (for steps and epochs).
    ///   - limits: ends that were chosen; the axis then ends exactly there.
    init(
        _ extent: Extent, intervals: Int, isRounded: Bool, limits: LinePlot.Limits = LinePlot.Limits()
    ) {
        isLog = extent.isLog
        let intervals = intervals.held(within: 1...50)
        let rounded = (low: isRounded && limits.low == nil, high: isRounded && limits.high == nil)
        var (low, high) = (extent.low, extent.high)
        if extent.isEmpty { (low, high) = extent.isLog ? (1, 10) : (0, 1) }
        low = limits.low ?? (limits.high.map { min(low, $0) } ?? low)
        high = max(limits.high ?? high, low)
        if extent.isLog {
            low = low.held(within: Axis.positive)
            high = high.held(within: Axis.positive)
            (self.low, self.high, ticks) = Axis.logarithmic(low, high, intervals, rounded)
        } else {
            low = low.held(within: Axis.finite)
            high = high.held(within: Axis.finite)
            // Between limits that are no whole numbers there may be no whole number.
            let ends = [limits.low, limits.high].compactMap { $0 }
            let isWhole =
                extent.isWhole && !extent.isEmpty && !isRounded && ends.allSatisfy { $0.rounded() == $0 }
            (self.low, self.high, ticks) = Axis.linear(low, high, intervals, rounded, isWhole)
        }
    }

    /// The ends of axes stay within these numbers.
    private static let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    private static let positive = Double.leastNonzeroMagnitude...Double.greatestFiniteMagnitude

    /// The position of `value` between the low end (0) and the high end (1); nil for a value without a
    /// position: not a number, infinite, or not above zero on a logarithmic axis.
    func fraction(_ value: Double) -> Double? {
        guard value.isFinite else { return nil }
        if isLog {
            guard value > 0 else { return nil }
            return (log10(value) - log10(low)) / (log10(high) - log10(low))
        }
        // Divide first, so that the difference of two large numbers stays finite.
        return (value / 2 - low / 2) / (high / 2 - low / 2)
    }

    // MARK: Linear

    private static func linear(
        _ first: Double, _ last: Double, _ intervals: Int, _ rounded: (low: Bool, high: Bool),
        _ isWhole: Bool
    ) -> (Double, Double, [Tick]) {
        // The range of the largest numbers, and round ends beyond them, are not finite: those are scaled down. A power of
        // ten leaves round numbers round.
        let scale = max(abs(first), abs(last)) > 1e290 ? 1e100 : 1
        var (low, high) = (first / scale, last / scale)
        let size = max(abs(low), abs(high))
        if !(high - low > size * 1e-9) || size < 1e-290 {
            // A single value: add space around it.
            let room = isWhole && size < 1e6 ? 0.5 : size < 1e-290 ? 1 : size * 0.1
            low -= room
            high += room
        }
        var step = niceStep((high - low) / Double(intervals))
        if isWhole { step = max(step.rounded(.up), 1) }
        func multiples(_ low: Double, _ high: Double) -> [Double] {
            let from = (low / step - 1e-9).rounded(.up)
            let to = (high / step + 1e-9).rounded(.down)
            guard to >= from else { return [] }
            return (0...Int(to - from, within: 0...100)).map { index in
                let value = (from + Double(index)) * step
                return value == 0 ? 0 : value
            }
        }
        let data = low...high
        if rounded.low { low = (low / step + 1e-9).rounded(.down) * step }
        if rounded.high { high = (high / step - 1e-9).rounded(.up) * step }
        (low, high) = tightened(low, high, around: data) { multiples($0, $1).count > 1 }
        let values = multiples(low, high).map { $0 * scale }.filter(\.isFinite)
        let format = TickFormat(values, step: (step * scale).held(within: finite))
        return ((low * scale).held(within: finite), (high * scale).held(within: finite), format.ticks(values))
    }

    /// The ends of an axis near the data, where round ends would leave more than a quarter of it empty: first the end
    /// with more room, then the other. They stay where too few ticks would be left.
    private static func tightened(
        _ low: Double, _ high: Double, around data: ClosedRange<Double>,
        hasTicks: (_ low: Double, _ high: Double) -> Bool
    ) -> (Double, Double) {
        var (low, high) = (low, high)
        let room = (data.upperBound - data.lowerBound) * 0.04
        for _ in 0..<2 {
            let (below, above) = (data.lowerBound - low, high - data.upperBound)
            guard below + above > (high - low) / 4 else { break }
            let (newLow, newHigh) =
                below > above
                ? (max(low, data.lowerBound - room), high) : (low, min(high, data.upperBound + room))
            guard hasTicks(newLow, newHigh) else { break }
            (low, high) = (newLow, newHigh)
        }
        return (low, high)
    }

    /// The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `step`.
    private static func niceStep(_ step: Double) -> Double {
        guard step.isFinite, step > 1e-305 else { return 1 }
        let power = pow(10, log10(step).rounded(.down))
        let size = step / power
        for nice in [1, 2, 2.5, 5] where size <= nice * (1 + 1e-9) { return nice * power }
        return 10 * power
    }

    // MARK: Logarithmic

    private static func logarithmic(
        _ first: Double, _ last: Double, _ intervals: Int, _ rounded: (low: Bool, high: Bool)
    ) -> (Double, Double, [Tick]) {
        var (low, high) = (first, last)
        if !(high > low * (1 + 1e-9)) {
            low = (low / 2).held(within: positive)
            high = (high * 2).held(within: positive)
        }
        let decades = log10(high) - log10(low)
        if decades < 0.7 {
            let (_, _, ticks) = linear(low, high, intervals, (false, false), false)
            return (low, high, ticks.filter { $0.value >= low && $0.value <= high })
        }
        // 1, 2 and 5 of each decade if they fit, else 1, else every n-th decade.
        let multiples: [Double] = decades * 3 <= Double(intervals) + 1 ? [1, 2, 5] : [1]
        let stride = max(1, Int((decades / Double(intervals)).rounded(.up), within: 1...700))
        let data = log10(low)...log10(high)
        // Powers of ten beyond the smallest and the largest numbers are 0 and infinite.
        if rounded.low && decades >= 1 {
            low = min(low, roundedEnd(low, multiples, .down).held(within: positive))
        }
        if rounded.high && decades >= 1 {
            high = max(high, roundedEnd(high, multiples, .up).held(within: positive))
        }
        func ticks(_ low: Double, _ high: Double) -> [Tick] {
            let from = Int(log10(low).rounded(.down), within: -324...309)
            let to = Int(log10(high).rounded(.up), within: -324...309)
            var ticks: [Tick] = []
            for exponent in from...max(from, to) {
                for multiple in multiples where multiples.count > 1 || (exponent - from) % stride == 0 {
                    let value = multiple * pow(10, Double(exponent))
                    guard value > 0, value.isFinite, value >= low * (1 - 1e-9), value <= high * (1 + 1e-9)
                    else { continue }
                    ticks.append(Tick(value: value, label: logLabel(value)))
                }
            }
            return ticks
        }
        let ends = tightened(log10(low), log10(high), around: data) {
            ticks(pow(10, $0), pow(10, $1)).count > 1
        }
        // The powers of logarithms are not exactly the ends that stayed.
        if ends.0 != log10(low) { low = pow(10, ends.0).held(within: positive) }
        if ends.1 != log10(high) { high = pow(10, ends.1).held(within: positive) }
        return (low, high, ticks(low, high))
    }

    private static func roundedEnd(
        _ value: Double, _ multiples: [Double], _ rule: FloatingPointRoundingRule
    ) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        let candidates = (multiples + [10]).map { $0 * power }
        return rule == .down
            ? candidates.last { $0 <= value * (1 + 1e-9) } ?? power
            : candidates.first { $0 >= value * (1 - 1e-9) } ?? power * 10
    }

    private static func logLabel(_ value: Double) -> String {
        value >= 1e-3 && value < 1e4 ? numberText(value) : NumberFormat.scientific(value, 2)
    }
}
