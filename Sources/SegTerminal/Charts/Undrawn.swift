// The values of a chart that have no place in it, counted by reason for the line below the chart.

import SegSystem

/// How many values of a chart cannot be drawn, and why.
struct Undrawn: Sendable {
    private var all = 0
    private var notNumbers = 0
    private var infinite = 0
    private var notAboveZero = 0

    /// Counts a value.
    mutating func count(_ value: Double, isLog: Bool = false) {
        all += 1
        _ = isUndrawn(value, isLog)
    }

    /// Counts a point, by its position and its value: the first that has no place decides.
    mutating func count(x: Double, isLog: Bool, y: Double, isLogY: Bool) {
        all += 1
        _ = isUndrawn(x, isLog) || isUndrawn(y, isLogY)
    }

    private mutating func isUndrawn(_ value: Double, _ isLog: Bool) -> Bool {
        if value.isNaN {
            notNumbers += 1
        } else if value.isInfinite {
            infinite += 1
        } else if isLog && value <= 0 {
            notAboveZero += 1
        } else {
            return false
        }
        return true
    }

    private var count: Int { notNumbers + infinite + notAboveZero }

    /// The line below the chart; nil if everything is drawn.
    var note: String? {
        guard count > 0 else { return nil }
        let reasons = [
            (notNumbers, "nan"), (infinite, "infinite"), (notAboveZero, "not above 0 on the log axis"),
        ]
        let texts = reasons.filter { $0.0 > 0 }.map { "\(NumberFormat.count($0.0)) \($0.1)" }
        return "not drawn: \(NumberFormat.count(count)) of \(NumberFormat.count(all)) values "
            + "(\(texts.joined(separator: ", ")))"
    }

    /// Why the chart is empty, if it is.
    var emptiness: String? {
        if all == 0 { return "nothing to plot yet" }
        guard count == all else { return nil }
        return notAboveZero > 0
            ? "nothing above zero for the log axis" : "no finite value among \(NumberFormat.count(all))"
    }
}
