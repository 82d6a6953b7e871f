// Counting of elements, samples, pixels and window positions: sizes that come from a script or a file are added
// and multiplied as `Size`, which raises an error where a number would trap. A tensor's sizes need it no more:
// `Shape.byteCount` has checked that the product of any of them can be counted.

/// A size, or a difference of sizes, whose arithmetic raises a `TensorError` of kind `value` if the result
/// cannot be counted.
public struct Size: Equatable, Comparable, Sendable {
    public let value: Int

    public init(_ value: Int) { self.value = value }

    /// The sum of some sizes.
    public static func sum(_ sizes: some Sequence<Int>) throws -> Int {
        var total = Size(0)
        for size in sizes { total = try total + size }
        return total.value
    }

    public static func < (a: Size, b: Size) -> Bool { a.value < b.value }

    public static func + (a: Size, b: Int) throws -> Size {
        let (sum, overflows) = a.value.addingReportingOverflow(b)
        if overflows { throw a.uncountable("+", b) }
        return Size(sum)
    }

    public static func - (a: Size, b: Int) throws -> Size {
        let (difference, overflows) = a.value.subtractingReportingOverflow(b)
        if overflows { throw a.uncountable("-", b) }
        return Size(difference)
    }

    public static func * (a: Size, b: Int) throws -> Size {
        let (product, overflows) = a.value.multipliedReportingOverflow(by: b)
        if overflows { throw a.uncountable("*", b) }
        return Size(product)
    }

    private func uncountable(_ sign: String, _ other: Int) -> TensorError {
        TensorError(
            .value, "a size of \(value) \(sign) \(other) is too large to be counted",
            help: "sizes are counted up to \(Int.max)")
    }
}
