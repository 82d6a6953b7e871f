// A streaming JSON reader. It keeps the open objects and arrays in a list, so that deep nesting uses no call
// stack. The caller builds values from the tokens, and decides whether a name may occur twice.

public struct JSONReader {
    /// An error in a text, and its position.
    public struct Problem: Error, Equatable {
        /// From 1.
        public let line: Int
        /// In bytes, from 0.
        public let offset: Int
        public let message: String
    }

    /// A token of a text, in the order of the text.
    public enum Piece: Equatable {
        case objectStart
        /// The name before a value of an object.
        case name(String)
        case objectEnd
        case arrayStart
        case arrayEnd
        case string(String)
        /// A number of digits only that fits.
        case integer(Int)
        case number(Double)
        case bool(Bool)
        case null
    }

    private enum Expected {
        case value, firstValue, name, firstName, separator, nothing
    }

    private let bytes: [UInt8]
    private let depthLimit: Int
    private let poll: () throws -> Void
    private var place = 0
    private var pieces = 0
    private var steps = 0
    private var expected = Expected.value
    /// The byte that ends each open object or array.
    private var open: [UInt8] = []

    /// - Parameters:
    ///   - depthLimit: deeper nesting of objects and arrays is an error.
    ///   - poll: called at intervals; if it throws, reading ends.
    public init(_ bytes: [UInt8], depthLimit: Int = 500, poll: @escaping () throws -> Void = {}) {
        self.bytes = bytes
        self.depthLimit = depthLimit
        self.poll = poll
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    /// The next token; nil after the end of the text's single value.
    /// - Throws: `Problem`, and the errors of `poll`.
    public mutating func next() throws -> Piece? {
        pieces += 1
        if pieces & 0xfff == 0 { try poll() }
        try skipSpace()
        if expected == .separator { return try separated() }
        if expected == .nothing {
            guard place == bytes.count else { throw problem("something follows the value") }
            return nil
        }
        return try piece()
    }

    /// The position of the next token, for the caller's own errors.
    public func problem(_ message: String) -> Problem {
        let before = bytes[0..<min(place, bytes.count)]
        return Problem(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1, offset: before.count, message: message)
    }

    // MARK: Structure

    private mutating func piece() throws -> Piece {
        switch expected {
        case .firstValue where take("]"): return close(.arrayEnd)
        case .firstName where take("}"): return close(.objectEnd)
        case .name, .firstName: return try name()
        default: return try value()
        }
    }

    /// After a value in an object or array: its end, or a comma and another value.
    private mutating func separated() throws -> Piece {
        let isObject = open.last == UInt8(ascii: "}")
        if take(isObject ? "}" : "]") { return close(isObject ? .objectEnd : .arrayEnd) }
        guard take(",") else {
            throw problem(
                isObject ? "an object lacks its `}` or a comma" : "an array lacks its `]` or a comma")
        }
        expected = isObject ? .name : .value
        try skipSpace()
        return try piece()
    }

    private mutating func close(_ end: Piece) -> Piece {
        open.removeLast()
        expected = open.isEmpty ? .nothing : .separator
        return end
    }

    private mutating func begin(_ start: Piece, until end: Unicode.Scalar, _ next: Expected) throws -> Piece {
        guard open.count < depthLimit else { throw problem("the values are nested too deeply") }
        open.append(UInt8(ascii: end))
        expected = next
        return start
    }

    private mutating func name() throws -> Piece {
        guard take("\"") else { throw problem("a name in quotes is missing") }
        let name = try string()
        try skipSpace()
        guard take(":") else { throw problem("a `:` must follow the name \(JSON.text(name))") }
        expected = .value
        return .name(name)
    }

    private mutating func value() throws -> Piece {
        guard place < bytes.count else { throw problem("the text ends where a value is missing") }
        if take("{") { return try begin(.objectStart, until: "}", .firstName) }
        if take("[") { return try begin(.arrayStart, until: "]", .firstValue) }
        expected = open.isEmpty ? .nothing : .separator
        if take("\"") { return .string(try string()) }
        if word("true") { return .bool(true) }
        if word("false") { return .bool(false) }
        if word("null") { return .null }
        if word("NaN") { return .number(.nan) }
        if word("Infinity") { return .number(.infinity) }
        if word("-Infinity") { return .number(-.infinity) }
        return try number()
    }

    // MARK: Numbers

    private mutating func number() throws -> Piece {
        let start = place
        let isNegative = take("-")
        var whole = 0
        var fits = true
        let first = place
        while let digit = digit() {
            try step()
            let (tens, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, passed) = tens.addingReportingOverflow(digit)
            fits = fits && !overflow && !passed
            whole = sum
        }
        guard place > first else { throw problem("a value is missing") }
        guard place == first + 1 || bytes[first] != UInt8(ascii: "0") else {
            throw problem("a number begins with 0")
        }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard try skipDigits() else { throw problem("a number lacks digits after the point") }
        }
        if take("e") || take("E") {
            isWhole = false
            _ = take("+") || take("-")
            guard try skipDigits() else { throw problem("a number lacks the digits of its exponent") }
        }
        if isWhole, fits, !(isNegative && whole == 0) { return .integer(isNegative ? -whole : whole) }
        guard let number = Double(String(decoding: bytes[start..<place], as: UTF8.self)) else {
            throw problem("a number cannot be read")
        }
        return .number(number)
    }

    private mutating func digit() -> Int? {
        guard place < bytes.count, case let digit = bytes[place] &- UInt8(ascii: "0"), digit < 10 else {
            return nil
        }
        place += 1
        return Int(digit)
    }

    private mutating func skipDigits() throws -> Bool {
        let start = place
        while digit() != nil { try step() }
        return place > start
    }

    // MARK: Strings

    /// The text up to the closing quote.
    private mutating func string() throws -> String {
        var text: [UInt8] = []
        while true {
            let start = place
            while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\"),
                bytes[place] >= 0x20
            {
                place += 1
                try step()
            }
            guard place < bytes.count else { throw problem("a string lacks its closing quote") }
            guard bytes[place] >= 0x20 else { throw problem("a string has a control character") }
            text += bytes[start..<place]
            place += 1
            if bytes[place - 1] == UInt8(ascii: "\"") { break }
            try escape(&text)
            try step()
        }
        guard let string = try TextEncoding.validText(of: text, poll: poll) else {
            throw problem("a string is not UTF-8")
        }
        return string
    }

    /// Appends the character after a backslash.
    private mutating func escape(_ text: inout [UInt8]) throws {
        guard place < bytes.count else { throw problem("a string lacks its closing quote") }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"): text += try scalar().utf8
        default: throw problem("a string has an unknown escape")
        }
    }

    /// The character of a `\u` escape, or of a surrogate pair.
    private mutating func scalar() throws -> Unicode.Scalar {
        var code = try unit()
        if code >> 10 == 0x36, bytes[place...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
            place += 2
            let low = try unit()
            guard low >> 10 == 0x37 else { throw problem("a string has half a character") }
            code = 0x10000 + (code & 0x3ff) << 10 + low & 0x3ff
        }
        guard let scalar = Unicode.Scalar(code) else { throw problem("a string has half a character") }
        return scalar
    }

    private mutating func unit() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard place < bytes.count, let digit = Self.hexDigit(bytes[place]) else {
                throw problem("\\u needs four hexadecimal digits")
            }
            value = value << 4 | digit
            place += 1
        }
        return value
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    // MARK: Bytes

    /// Counts what is read within a token, which may be long.
    @inline(__always)
    private mutating func step() throws {
        steps &+= 1
        if steps & 0xffff == 0 { try poll() }
    }

    private mutating func skipSpace() throws {
        while place < bytes.count, Self.isSpace(bytes[place]) {
            place += 1
            try step()
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func word(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place + count <= bytes.count,
            bytes[place..<place + count].elementsEqual(
                UnsafeBufferPointer(start: text.utf8Start, count: count))
        else { return false }
        place += count
        return true
    }
}
