// Numbers as plain text. The language's formats and the layout of tables build on these.

@preconcurrency import Glibc

/// The shortest text that reads back as the same number, `1e-5`; whole numbers have no point.
public func numberText(_ number: Double) -> String {
    if number.magnitude < 9_007_199_254_740_992, number == number.rounded(.towardZero) {
        return String(Int(number))
    }
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : shortExponent(text)
}

/// The size of a picture, a map or a matrix, `360 x 480`: everywhere height before width, as in `size=[h, w]`.
public func sizeText(height: Int, width: Int) -> String { "\(height) x \(width)" }

/// A number with so many decimals, rounded as C does.
public func fixedText(_ number: Double, decimals: Int) -> String {
    number.isFinite ? formatted("%.*f", number, min(max(0, decimals), 340)) : numberText(number)
}

/// A number with so many digits and an exponent, `1.50e-5`, rounded as C does.
public func scientificText(_ number: Double, digits: Int) -> String {
    number.isFinite
        ? shortExponent(formatted("%.*e", number, min(max(1, digits), 340) - 1)) : numberText(number)
}

/// Swift and C write exponents as `1e-05` and `1e+20`; here they are `1e-5` and `1e20`.
public func shortExponent(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "e") else { return text }
    return text[...mark] + "\(Int(text[text.index(after: mark)...]) ?? 0)"
}

private func formatted(_ format: String, _ number: Double, _ places: Int) -> String {
    // At most 309 digits before the point and 340 after it.
    withUnsafeTemporaryAllocation(byteCount: 700, alignment: 1) { buffer in
        let address = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
        let length = withVaList([Int32(places), number]) { vsnprintf(address, 700, format, $0) }
        return String(decoding: buffer[0..<min(699, max(0, Int(length)))], as: UTF8.self)
    }
}

extension StringProtocol {
    /// The number that the whole text is; nil if it is none. Swift's own reading ends at a NUL.
    public var decimalNumber: Double? { utf8.contains(0) ? nil : Double(self) }
}
