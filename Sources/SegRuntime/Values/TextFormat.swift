// The formats of `{x:.3}`: `[fill][align][width][.precision][%]`.

import SegSystem

/// A parsed format.
public struct TextFormat: Sendable, Equatable {
    public enum Alignment: Character, Sendable { case left = "<", center = "^", right = ">" }
    public var fill: Character = " "
    public var alignment: Alignment?
    public var width = 0
    public var precision: Int?
    public var isPercent = false
    /// `{x:05}`: zeros between the sign and the digits.
    public var hasZeros = false
    static let limit = 1_000_000

    public init() {}

    /// nil where the text is not a format.
    public init?(_ text: String) {
        var rest = Substring(text)
        let start = rest.first
        let second = rest.dropFirst().first
        if let start, let second, let alignment = Alignment(rawValue: second) {
            fill = start
            self.alignment = alignment
            rest = rest.dropFirst(2)
        } else if let start, let alignment = Alignment(rawValue: start) {
            self.alignment = alignment
            rest = rest.dropFirst()
        }
        if alignment == nil, rest.first == "0", rest.dropFirst().first?.isWholeNumber == true {
            hasZeros = true
            rest = rest.dropFirst()
        }
        func digits() -> Int?? {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            if digits.isEmpty { return .some(nil) }
            guard let number = Int(digits), number <= Self.limit else { return nil }
            return number
        }
        guard let width = digits() else { return nil }
        self.width = width ?? 0
        if rest.first == "." {
            rest = rest.dropFirst()
            guard let precision = digits(), let precision else { return nil }
            self.precision = precision
        }
        if rest.first == "f", precision != nil { rest = rest.dropFirst() }
        if rest.first == "%" {
            isPercent = true
            rest = rest.dropFirst()
        }
        if !rest.isEmpty { return nil }
    }

    /// A number as text, filled to the width, right-aligned.
    public func text(_ number: Double) -> String {
        var text: String
        if isPercent {
            let percent = number * 100
            if let precision {
                text = fixedText(percent, decimals: precision)
            } else {
                // 0.29 * 100 is 28.999999999999996; it should read 29.
                let scaled = (percent * 1e10).rounded() / 1e10
                text = numberText(scaled.isFinite ? scaled : percent)
            }
            text += "%"
        } else if let precision {
            text = fixedText(number, decimals: precision)
        } else {
            text = numberText(number)
        }
        if hasZeros, text.count < width {
            let sign = text.hasPrefix("-") ? "-" : ""
            let zeros = String(repeating: "0", count: width - text.count)
            return sign + zeros + text.dropFirst(sign.count)
        }
        return filled(text, default: .right)
    }

    /// A text cut to the precision and filled to the width, left-aligned.
    public func text(_ text: String) -> String {
        filled(precision.map { String(text.prefix($0)) } ?? text, default: .left)
    }

    private func filled(_ text: String, default standard: Alignment) -> String {
        let missing = width - text.count
        if missing <= 0 { return text }
        switch alignment ?? standard {
        case .left: return text + String(repeating: fill, count: missing)
        case .right: return String(repeating: fill, count: missing) + text
        case .center:
            return String(repeating: fill, count: missing / 2) + text
                + String(repeating: fill, count: missing - missing / 2)
        }
    }
}
