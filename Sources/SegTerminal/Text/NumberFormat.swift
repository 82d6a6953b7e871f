// Numbers for people: counts with thousands separators, durations, percentages, and columns of numbers
// with a common number of decimals. The language's number syntax and format specifiers are in the runtime.

@preconcurrency import Glibc
import SegSystem

/// Numbers as text for tables, charts and messages.
public enum NumberFormat {
    /// `14,655,082`.
    public static func count(_ value: Int) -> String {
        thousands(String(value))
    }

    /// A duration in seconds: `850 µs`, `12 ms`, `4.2 s`, `1 min 05 s`, `2 h 03 min`, `3 d 4 h`.
    public static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return seconds.isNaN ? "?" : seconds < 0 ? "-∞" : "∞" }
        if seconds < 0 { return "-" + duration(-seconds) }
        if seconds == 0 { return "0 s" }
        if seconds < 999.5e-9 { return fixed(seconds * 1e9, 0) + " ns" }
        if seconds < 999.5e-6 { return significant(seconds * 1e6, 2, keeps: true) + " µs" }
        if seconds < 0.9995 { return significant(seconds * 1e3, 2, keeps: true) + " ms" }
        if seconds < 59.95 { return fixed(seconds, 1) + " s" }
        let whole = Int(rounding: seconds, within: 0...(1 << 52))
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
        if whole < 86400 { return "\(whole / 3600) h \(two(whole / 60 % 60)) min" }
        return "\(count(whole / 86400)) d \(whole / 3600 % 24) h"
    }

    /// A duration in the form of a clock: `0:08`, `12:05`, `1:02:03`.
    static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        let whole = Int(rounding: seconds, within: 0...(1 << 40))
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
    }

    /// A share as a percentage, `12.3 %`; a small share above zero is `<0.1 %`.
    public static func percent(_ share: Double, decimals: Int = 1) -> String {
        guard share.isFinite else { return numberText(share) }
        let smallest = pow(10, -Double(decimals.held(within: 0...15)))
        if share > 0 && share * 100 < smallest / 2 { return "<" + fixed(smallest, decimals) + " %" }
        return fixed(share * 100, decimals) + " %"
    }

    /// `value` with exactly `decimals` decimals; `nan`, `inf` and `-inf` by name.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return numberText(value) }
        if let text = quicklyFixed(value, decimals) { return text }
        let text = fixedText(value, decimals: decimals.held(within: 0...60))
        // -0.001 is rounded to 0, not -0.
        return text.hasPrefix("-") && !text.contains(where: { $0 >= "1" && $0 <= "9" })
            ? String(text.dropFirst()) : text
    }

    /// The same for numbers of up to nine digits, which are the usual case; long tables print several
    /// times faster. Numbers close to a half need exact arithmetic.
    private static func quicklyFixed(_ value: Double, _ decimals: Int) -> String? {
        guard decimals >= 0, decimals < powers.count else { return nil }
        let scaled = abs(value) * powers[decimals]
        guard scaled < 1e9, abs(scaled - scaled.rounded(.down) - 0.5) > 1e-5 else { return nil }
        let number = Int(rounding: scaled, within: 0...1_000_000_000)
        var digits = Array(String(number).utf8)
        if digits.count <= decimals {
            digits.insert(
                contentsOf: repeatElement(UInt8(ascii: "0"), count: decimals + 1 - digits.count), at: 0)
        }
        if decimals > 0 { digits.insert(UInt8(ascii: "."), at: digits.count - decimals) }
        if value < 0 && number > 0 { digits.insert(UInt8(ascii: "-"), at: 0) }
        return String(decoding: digits, as: UTF8.self)
    }

    private static let powers: [Double] = [1, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7]

    /// `value` with about `digits` significant digits, thousands grouped, exponents only if necessary:
    /// `0.123`, `12.3`, `1,234`, `1.2e-5`.
    public static func significant(_ value: Double, _ digits: Int = 3) -> String {
        significant(value, digits, keeps: false)
    }

    /// As above; `keeps` keeps trailing zeros (`1.0`), so that the width of a changing number is stable.
    static func significant(_ value: Double, _ digits: Int, keeps: Bool) -> String {
        guard value.isFinite, value != 0 else { return numberText(value) }
        let magnitude = abs(value)
        if magnitude >= 1e15 || magnitude < 1e-4 { return scientific(value, digits) }
        let digits = digits.held(within: 1...17)
        let exponent = Int(log10(magnitude).rounded(.down), within: -5...15)
        var decimals = max(digits - 1 - exponent, 0)
        // 9.96 with two digits is 10, not 10.0.
        if decimals > 0, let rounded = Double(fixed(magnitude, decimals)),
            rounded >= pow(10, Double(exponent + 1))
        {
            decimals -= 1
        }
        let text = fixed(value, decimals)
        return thousands(keeps ? text : trimmed(text))
    }

    /// `1.5e-5`, `2e20`, without zeros at the end of the mantissa.
    static func scientific(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return numberText(value) }
        let text = scientificText(value, digits: digits.held(within: 1...18))
        guard let mark = text.firstIndex(of: "e") else { return text }
        return trimmed(String(text[..<mark])) + text[mark...]
    }

    /// A column of numbers with a common number of decimals: whole numbers as counts, else enough decimals
    /// for about four digits of the typical number, and exponents for numbers that would otherwise be 0 or
    /// fill half a line.
    public static func column(_ values: [Double]) -> [String] {
        let finite = values.filter { $0.isFinite }
        guard !finite.isEmpty else { return values.map(numberText) }
        if finite.allSatisfy({ $0.rounded() == $0 }) {
            return values.map {
                abs($0) < 1e12
                    ? count(Int($0, within: -(1 << 52)...(1 << 52))) : scientific($0, 5)
            }
        }
        let sizes = finite.filter { $0 != 0 }.map { log10(abs($0)) }.sorted()
        let middle = sizes.isEmpty ? 0 : sizes[sizes.count / 2].rounded(.down)
        var decimals = Int(3 - middle, within: 1...6)
        // No more decimals than the numbers have themselves.
        while decimals > 1, values.allSatisfy({ fixed($0, decimals).hasSuffix("0") || !$0.isFinite }) {
            decimals -= 1
        }
        let smallest = 0.5 * pow(10, -Double(decimals))
        return values.map { value in
            let magnitude = abs(value)
            let vanishes = magnitude > 0 && magnitude < smallest
            if vanishes { return scientific(value, 2) }
            if magnitude >= 1e9 { return scientific(value, 5) }
            return thousands(fixed(value, decimals))
        }
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// Groups the digits before the point in a formatted number.
    private static func thousands(_ text: String) -> String {
        let bytes = text.utf8
        let sign = bytes.first == UInt8(ascii: "-") ? 1 : 0
        let whole = bytes.dropFirst(sign).prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
        guard whole > 3 else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + whole / 3)
        for (index, byte) in bytes.enumerated() {
            let left = sign + whole - index
            if index > sign && left > 0 && left % 3 == 0 { result.append(UInt8(ascii: ",")) }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
