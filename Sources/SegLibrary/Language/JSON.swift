// JSON texts to values and back. A reader of its own, so that start-up loads no library for
// it, and so that errors name the line.

import SegRuntime

struct JSONReader {
    struct Problem: Error {
        let line: Int
        let message: String
    }

    private static let depthLimit = 500
    private let bytes: [UInt8]
    private var place = 0
    /// Called now and then; what it throws ends the reading.
    private let poll: () throws -> Void
    private var values = 0

    init(bytes: [UInt8], poll: @escaping () throws -> Void) {
        self.bytes = bytes
        self.poll = poll
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    mutating func document() throws -> Value {
        let value = try value(depth: 0)
        skipSpace()
        if place < bytes.count { throw problem("something follows the value") }
        return value
    }

    private func problem(_ message: String) -> Problem {
        Problem(line: bytes[0..<min(place, bytes.count)].count { $0 == 10 } + 1, message: message)
    }

    private mutating func skipSpace() {
        while place < bytes.count, bytes[place] == 32 || (9...13).contains(bytes[place]) { place += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func word(_ text: String) -> Bool {
        guard bytes[place...].starts(with: text.utf8) else { return false }
        place += text.utf8.count
        return true
    }

    private mutating func value(depth: Int) throws -> Value {
        if depth > Self.depthLimit { throw problem("the values nest too deep") }
        values += 1
        if values & 0xfff == 0 { try poll() }
        skipSpace()
        guard place < bytes.count else { throw problem("the file ends where a value should stand") }
        switch bytes[place] {
        case 34: return .string(try string())
        case 91:
            place += 1
            var items: [Value] = []
            if take(93) { return .list(items) }
            repeat { items.append(try value(depth: depth + 1)) } while take(44)
            guard take(93) else { throw problem("a list lacks its `]` or a comma") }
            return .list(items)
        case 123:
            place += 1
            let record = RecordObject()
            if take(125) { return .object(record) }
            repeat {
                skipSpace()
                guard place < bytes.count, bytes[place] == 34 else {
                    throw problem("a name in quotes should stand here")
                }
                let name = try string()
                guard take(58) else { throw problem("a `:` should follow the name \(quotedText(name))") }
                record[name] = try value(depth: depth + 1)
            } while take(44)
            guard take(125) else { throw problem("an object lacks its `}` or a comma") }
            return .object(record)
        default:
            if word("true") { return .bool(true) }
            if word("false") { return .bool(false) }
            if word("null") { return .nilValue }
            if word("NaN") { return .number(.nan) }
            if word("Infinity") { return .number(.infinity) }
            if word("-Infinity") { return .number(-.infinity) }
            return .number(try number())
        }
    }

    private mutating func number() throws -> Double {
        let start = place
        while place < bytes.count,
            [43, 45, 46, 69, 101].contains(bytes[place]) || (48...57).contains(bytes[place])
        { place += 1 }
        guard start < place, let number = Double(String(decoding: bytes[start..<place], as: UTF8.self)) else {
            throw problem("a value should stand here")
        }
        return number
    }

    private mutating func string() throws -> String {
        place += 1
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == 34 { return String(decoding: text, as: UTF8.self) }
            guard byte == 92, place < bytes.count else {
                text.append(byte)
                continue
            }
            let escape = bytes[place]
            place += 1
            switch escape {
            case 110: text.append(10)
            case 116: text.append(9)
            case 114: text.append(13)
            case 98: text.append(8)
            case 102: text.append(12)
            case 117: text += Array(String(Character(try scalar())).utf8)
            default: text.append(escape)
            }
        }
        throw problem("a string lacks its closing quote")
    }

    /// The character of a `\u` escape, or of two such that belong together.
    private mutating func scalar() throws -> Unicode.Scalar {
        let first = try unit()
        if (0xD800..<0xDC00).contains(first), bytes[place...].starts(with: [92, 117]) {
            place += 2
            let second = try unit()
            if (0xDC00..<0xE000).contains(second) {
                let code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
                return Unicode.Scalar(code) ?? "\u{FFFD}"
            }
        }
        return Unicode.Scalar(UInt32(first)) ?? "\u{FFFD}"
    }

    private mutating func unit() throws -> UInt16 {
        guard place + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw problem("\\u needs four hexadecimal digits") }
        place += 4
        return unit
    }
}

/// Appends a value as JSON.
func appendJSON(_ value: Value, to text: inout String, depth: Int, _ interpreter: Interpreter) throws {
    if depth > 500 {
        throw Failure(.value, "write_json: the value nests too deep, or contains itself", argument: 0)
    }
    try interpreter.checkInterrupt()
    switch value {
    case .nilValue: text += "null"
    case .bool(let bool): text += bool ? "true" : "false"
    case .number(let number):
        guard number.isFinite else {
            throw Failure(
                .value, "write_json: JSON has no \(numberText(number))", help: "nil can stand for it",
                argument: 0)
        }
        text += numberText(number)
    case .object:
        if let string = value.asString {
            appendJSON(string, to: &text)
        } else if let record = value.asRecord {
            text += "{"
            for (place, name) in record.names.enumerated() {
                if place > 0 { text += ", " }
                appendJSON(name, to: &text)
                text += ": "
                try appendJSON(record.values[place], to: &text, depth: depth + 1, interpreter)
            }
            text += "}"
        } else if value.asInstance == nil, let items = try interpreter.items(value) {
            text += "["
            for (place, item) in items.enumerated() {
                if place > 0 { text += ", " }
                try appendJSON(item, to: &text, depth: depth + 1, interpreter)
            }
            text += "]"
        } else if let number = try interpreter.number(from: value) {
            text += numberText(number)
        } else {
            throw Failure(.type, "write_json: JSON cannot hold \(interpreter.describe(value))", argument: 0)
        }
    }
}

/// A text in quotes.
func quotedJSON(_ string: String) -> String {
    var text = ""
    appendJSON(string, to: &text)
    return text
}

private func appendJSON(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\t": text += "\\t"
        case "\r": text += "\\r"
        case _ where scalar.value < 32:
            let digits = String(scalar.value, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: text.unicodeScalars.append(scalar)
        }
    }
    text += "\""
}
