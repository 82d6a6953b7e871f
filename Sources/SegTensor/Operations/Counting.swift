// Distinct values and counts by value. Their shapes depend on the values, so they are computed at the call.

import SegSystem

extension Tensor {
    /// The distinct values in order, and the number of occurrences of each.
    public func uniqueWithCounts() throws -> (values: Tensor, counts: Tensor) {
        let data = try reshape([count]).sort().value()
        func run<T: Element>(_ type: T.Type) throws -> (values: Tensor, counts: Tensor) {
            let sorted = data.elements(T.self)
            // Not-a-number differs from itself; all of them are last, and are one value.
            func isNew(_ i: Int) -> Bool {
                i == 0
                    || sorted[i] != sorted[i - 1]
                        && (sorted[i] == sorted[i] || sorted[i - 1] == sorted[i - 1])
            }
            // They are counted first, so that arrays need not grow.
            var distinct = 0
            try Parallel.pieces(data.count) { part in
                for i in part where isNew(i) { distinct += 1 }
            }
            let values = try TensorData(shape: [distinct], dtype: data.dtype, for: "unique")
            let counts = try TensorData(shape: [distinct], dtype: .int64, for: "unique")
            let (value, number) = (values.elements(T.self), counts.elements(Int64.self))
            var last = -1
            try Parallel.pieces(data.count) { part in
                for i in part {
                    if isNew(i) {
                        last += 1
                        (value[last], number[last]) = (sorted[i], 0)
                    }
                    number[last] += 1
                }
            }
            return (Tensor(values), Tensor(counts))
        }
        return try withExtendedLifetime(data) { try data.dtype.withElement { try run($0) } }
    }

    /// The distinct values in order.
    public func unique() throws -> Tensor { try uniqueWithCounts().values }

    /// Counts in `bins` bins of equal width between the least and the largest value or in a given range, and
    /// the borders of the bins. The last bin includes its upper border.
    public func histogram(bins: Int = 10, range: (Double, Double)? = nil) throws -> (
        counts: Tensor, edges: Tensor
    ) {
        guard bins > 0 else { throw TensorError(.value, "histogram: bins is \(bins), it must be at least 1") }
        let bytes = try (Size(bins) * 24).value
        try MemoryBudget.process.reserve(bytes, for: "histogram")
        defer { MemoryBudget.process.release(bytes) }
        let values = try doubles()
        let (low, high) = try Self.binnedRange(of: values, range)
        // As in NumPy, of the type of the numbers: 0.3 is one in float32, another in float64.
        let type = dtype == .float32 ? DType.float32 : .float64
        let edges = try Tensor.linspace(from: low, to: high, count: bins + 1, dtype: .float64).to(type)
        let borders = try edges.doubles()
        var counts = [Int64](repeating: 0, count: bins)
        try Parallel.pieces(values.count) { part in
            for value in values[part] where value >= borders[0] && value <= borders[bins] {
                var bin = min(max(Int((value - low) / (high - low) * Double(bins)), 0), bins - 1)
                // The quotient is rounded; the border decides.
                if value < borders[bin], bin > 0 {
                    bin -= 1
                } else if bin + 1 < bins, value >= borders[bin + 1] {
                    bin += 1
                }
                counts[bin] += 1
            }
        }
        return (Tensor(try TensorData(counts, shape: [bins])), edges)
    }

    /// The range that the bins of a histogram divide: what is given, or from the least to the largest number.
    private static func binnedRange(of values: [Double], _ given: (Double, Double)?) throws -> (
        Double, Double
    ) {
        var (low, high) = given ?? (values.first ?? 0, values.first ?? 1)
        if given == nil {
            try Parallel.pieces(values.count) { part in
                for value in values[part] where value < low || value > high || value.isNaN {
                    (low, high) = (min(low, value), max(high, value))
                    if value.isNaN { (low, high) = (value, value) }
                }
            }
        }
        if let wrong = [low, high].first(where: { !$0.isFinite }) {
            let shown = text(of: wrong)
            throw TensorError(
                .value,
                given == nil
                    ? "histogram: x holds \(shown), so the range of its numbers is not finite"
                    : "histogram: the range has the end \(shown), which is not finite",
                help: "range=[0, 1] counts the numbers between finite ends")
        }
        guard low <= high else {
            throw TensorError(
                .value,
                "histogram: the range \(text(of: low))...\(text(of: high)) has no width")
        }
        guard (high - low).isFinite else {
            throw TensorError(
                .value,
                "histogram: the range \(text(of: low))...\(text(of: high)) is too wide: the difference of its ends is not finite",
                help: "histogram(x / 10) divides the numbers first")
        }
        guard low == high else { return (low, high) }
        // Near large numbers a half is nothing.
        let room = max(0.5, abs(low) < 1e12 ? 0 : abs(low) * 1e-6)
        let largest = Double.greatestFiniteMagnitude
        return (max(low - room, -largest), min(high + room, largest))
    }

    /// The number of occurrences of each whole number from 0 on; with `weights`, the sum of the weights
    /// instead.
    public func bincount(minlength: Int = 0, weights: Tensor? = nil) throws -> Tensor {
        guard dtype.isInteger || dtype == .bool else {
            throw TensorError(
                .type, "bincount needs integers, got \(dtype.rawValue)",
                help: "convert it with to(x, int64)")
        }
        guard minlength >= 0 else {
            throw TensorError(.value, "bincount: minlength is \(minlength), it must be at least 0")
        }
        if count == 0 { return try Tensor.zeros([minlength], dtype: weights == nil ? .int64 : .float64) }
        let (low, high) = (try Tensor.reduce(.min, self), try Tensor.reduce(.max, self))
        try Tensor.evaluate([low, high])
        guard try low.item() >= 0 else {
            throw TensorError(.value, "bincount: \(Tensor.text(of: try low.item())) is negative")
        }
        let top = try high.item()
        guard top < 1e15 else { throw TensorError.refusal(top * 8, "bincount") }
        let length = max(minlength, Int(top) + 1)
        let counted = try value()
        guard let weights else {
            let out = try TensorData(shape: [length], dtype: .int64, for: "bincount")
            let counts = out.elements(Int64.self)
            let labels = try Self.labels(of: counted, cleared: out)
            let places = labels.elements(Int64.self)
            try withExtendedLifetime(labels) {
                try Parallel.pieces(labels.count) { part in for i in part { counts[Int(places[i])] += 1 } }
            }
            return Tensor(out)
        }
        guard weights.count == count else {
            throw TensorError(
                .shape, "bincount: \(weights.count) weights for \(count) values",
                notes: [Shape.text(shape), Shape.text(weights.shape)])
        }
        let given = try weights.to(.float64).value()
        let out = try TensorData(shape: [length], dtype: .float64, for: "bincount")
        let sums = out.elements(Double.self)
        let labels = try Self.labels(of: counted, cleared: out)
        let shares = try given.rowMajor()
        try withExtendedLifetime((labels, shares)) {
            let (places, values) = (labels.elements(Int64.self), shares.elements(Double.self))
            try Parallel.pieces(labels.count) { part in for i in part { sums[Int(places[i])] += values[i] } }
        }
        return Tensor(out)
    }

    /// Whole numbers as int64 in row-major order, and `out` filled with 0. Both are made of pages that the system makes
    /// first, so an interrupt may end them.
    private static func labels(of data: TensorData, cleared out: TensorData) throws -> TensorData {
        try EvaluationContext.current.watched {
            Elementwise.fill(out, 0)
            return try data.rowMajor().converted(to: .int64)
        }
    }
}
