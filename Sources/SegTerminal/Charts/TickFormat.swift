// How the numbers of an axis or of a colour bar are written: all in one way, with as many digits as they need.

@preconcurrency import Glibc
import SegSystem

/// Numbers at the distance `step`, or multiples of it: with a common unit and number of decimals, or with exponents.
struct TickFormat: Sendable {
    private var unit: (size: Double, sign: String)
    private var decimals: Int
    /// The digits of numbers with exponents; nil without.
    private let digits: Int?

    init(_ values: [Double], step: Double) {
        let largest = values.map { abs($0) }.max() ?? 0
        let units: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
        unit = largest >= 1e5 ? units.first { largest >= $0.0 } ?? (1, "") : (1, "")
        decimals = TickFormat.decimals(of: step / unit.size)
        // Small differences of large numbers are written in full.
        let whole = TickFormat.decimals(of: step)
        if decimals > 6, whole <= 6, largest < 1e12 { (unit, decimals) = ((1, ""), whole) }
        let isExponential = largest >= 1e15 || largest < 1e-2 && step < 1e-5 || decimals > 8
        digits =
            isExponential
            ? (1...17).first { digits in
                // Enough for none to be rounded by what can be seen.
                values.allSatisfy { value in
                    guard let read = Double(NumberFormat.scientific(value, digits)) else { return true }
                    return abs(read - value) <= step * 1e-3
                }
            } ?? 17 : nil
    }

    func text(_ value: Double) -> String {
        if let digits { return value == 0 ? "0" : NumberFormat.scientific(value, digits) }
        let text = NumberFormat.fixed(value / unit.size, decimals)
        return value == 0 ? text : text + unit.sign
    }

    /// Without zeros at the end.
    func trimmed(_ value: Double) -> String {
        let text = text(value)
        guard digits == nil, decimals > 0 else { return text }
        var number = text.dropLast(value == 0 ? 0 : unit.sign.count)
        while number.last == "0" { number.removeLast() }
        if number.last == "." { number.removeLast() }
        return String(number + text.suffix(value == 0 ? 0 : unit.sign.count))
    }

    func ticks(_ values: [Double]) -> [Axis.Tick] {
        values.map { Axis.Tick(value: $0, label: text($0)) }
    }

    /// The number of decimals that distinguishes multiples of `step`.
    private static func decimals(of step: Double) -> Int {
        for decimals in 0...12 {
            let scaled = step * pow(10, Double(decimals))
            if abs(scaled - scaled.rounded()) < 1e-6 * scaled { return decimals }
        }
        return 13
    }
}
