// A JSON text as a tree, for messages between programs. Those of strangers are read within limits: depth and
// number of values.

public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a text. Of a name that occurs twice in an object, the last value counts.
    /// - Throws: `JSONReader.Problem`, also for a text with more values than the limit.
    public init(_ bytes: [UInt8], depthLimit: Int = 64, valueLimit: Int = 200_000) throws {
        /// An object or array that has begun.
        struct Open {
            let isObject: Bool
            var name = ""
            var items: [JSONValue] = []
            var fields: [String: JSONValue] = [:]
        }
        var reader = JSONReader(bytes, depthLimit: depthLimit)
        var open: [Open] = []
        var result: JSONValue?
        var values = 0
        while let piece = try reader.next() {
            values += 1
            guard values <= valueLimit else { throw reader.problem("the text has too many values") }
            let value: JSONValue
            switch piece {
            case .objectStart, .arrayStart:
                open.append(Open(isObject: piece == .objectStart))
                continue
            case .name(let text):
                if !open.isEmpty { open[open.count - 1].name = text }
                continue
            case .objectEnd, .arrayEnd:
                guard let ended = open.popLast() else { throw reader.problem("a bracket closes nothing") }
                value = ended.isObject ? .object(ended.fields) : .array(ended.items)
            case .string(let text): value = .string(text)
            case .integer(let number): value = .integer(number)
            case .number(let number): value = .number(number)
            case .bool(let bool): value = .bool(bool)
            case .null: value = .null
            }
            if open.isEmpty {
                result = value
            } else if open[open.count - 1].isObject {
                let name = open[open.count - 1].name
                open[open.count - 1].fields[name] = value
            } else {
                open[open.count - 1].items.append(value)
            }
        }
        guard let result else { throw reader.problem("a value is missing") }
        self = result
    }

    // MARK: Parts

    /// The field of an object; nil for what has none.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields[name]
    }

    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    public var integer: Int? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    public var bool: Bool? {
        guard case .bool(let bool) = self else { return nil }
        return bool
    }

    public var array: [JSONValue]? {
        guard case .array(let items) = self else { return nil }
        return items
    }

    // MARK: Text

    /// On one line, the names of objects in their order by letters.
    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .integer(let number): text += String(number)
        case .number(let number): text += JSON.text(number)
        case .string(let string): JSON.append(string, to: &text)
        case .array(let items):
            text += "["
            for (place, item) in items.enumerated() {
                if place > 0 { text += "," }
                item.write(to: &text)
            }
            text += "]"
        case .object(let fields):
            text += "{"
            for (place, (name, value)) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if place > 0 { text += "," }
                JSON.append(name, to: &text)
                text += ":"
                value.write(to: &text)
            }
            text += "}"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral text: String) { self = .string(text) }
    public init(integerLiteral number: Int) { self = .integer(number) }
    public init(booleanLiteral bool: Bool) { self = .bool(bool) }
    public init(arrayLiteral items: JSONValue...) { self = .array(items) }
    public init(dictionaryLiteral fields: (String, JSONValue)...) {
        self = .object(Dictionary(fields) { $1 })
    }
    public init(nilLiteral: ()) { self = .null }
}
