// The only conversion from Double to Int in this module: values from scripts may be NaN, infinite or
// huge, and Swift's conversion traps on those.

extension Int {
    /// `value` truncated towards zero and limited to `range`; NaN gives the lower bound.
    init(_ value: Double, within range: ClosedRange<Int>) {
        if !(value > Double(range.lowerBound)) {
            self = range.lowerBound
        } else if value >= Double(range.upperBound) {
            self = range.upperBound
        } else {
            self = Int(value)
        }
    }

    /// `value` rounded to the nearest integer and limited to `range`; NaN gives the lower bound.
    init(rounding value: Double, within range: ClosedRange<Int>) {
        self.init(value.rounded(), within: range)
    }

    /// This number limited to `range`.
    func held(within range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}

extension Double {
    /// This number limited to `range`; NaN gives the lower bound.
    func held(within range: ClosedRange<Double>) -> Double {
        self > range.lowerBound ? Swift.min(self, range.upperBound) : range.lowerBound
    }
}
