// JSON texts to values and back. Both directions keep the open containers in a list, so that deep nesting
// uses no call stack.

import SegRuntime
import SegSystem

/// The value of a JSON text: objects become records, arrays lists.
/// - Throws: `JSONReader.Problem`, and interrupts.
func valueOfJSON(_ bytes: [UInt8], _ interpreter: Interpreter) throws -> Value {
    /// A list or record that is not complete yet.
    struct Container {
        var items: [Value] = []
        var record: RecordObject?
        var name = ""
    }
    var reader = JSONReader(bytes, poll: { try interpreter.checkInterrupt() })
    var open: [Container] = []
    var result = Value.nilValue
    while let piece = try reader.next() {
        let value: Value
        switch piece {
        case .objectStart:
            open.append(Container(record: RecordObject()))
            continue
        case .arrayStart:
            open.append(Container())
            continue
        case .name(let name):
            open[open.count - 1].name = name
            continue
        case .objectEnd, .arrayEnd:
            let container = open.removeLast()
            value = container.record.map { .object($0) } ?? .list(container.items)
        case .string(let string): value = .string(string)
        case .integer(let integer): value = .number(Double(integer))
        case .number(let number): value = .number(number)
        case .bool(let bool): value = .bool(bool)
        case .null: value = .nilValue
        }
        guard let last = open.indices.last else {
            result = value
            continue
        }
        if let record = open[last].record {
            record[open[last].name] = value
        } else {
            open[last].items.append(value)
        }
    }
    return result
}

/// A value as JSON.
func textOfJSON(_ value: Value, _ interpreter: Interpreter) throws -> String {
    /// A list or record that is being written, and the position in it.
    struct Container {
        let names: [String]?
        let values: [Value]
        var place = 0
        var end: String { names == nil ? "]" : "}" }
    }
    var text = ""
    var open: [Container] = []
    func begin(_ container: Container) throws {
        guard open.count < 500 else {
            throw Failure(
                .value, "write_json: the value is nested too deeply, or contains itself", argument: 0)
        }
        text += container.names == nil ? "[" : "{"
        open.append(container)
    }
    func append(_ value: Value) throws {
        try interpreter.checkInterrupt()
        switch value {
        case .nilValue: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .number(let number): text += try finiteJSON(number)
        case .object:
            if let string = value.asString {
                JSON.append(string, to: &text)
            } else if let record = value.asRecord {
                try begin(Container(names: record.names, values: record.values))
            } else if value.asInstance == nil, let items = try interpreter.items(value) {
                try begin(Container(names: nil, values: items))
            } else if let number = try interpreter.number(from: value) {
                text += try finiteJSON(number)
            } else {
                throw Failure(
                    .type, "write_json: JSON cannot hold \(interpreter.describe(value))", argument: 0)
            }
        }
    }
    try append(value)
    while let container = open.last {
        guard container.place < container.values.count else {
            text += container.end
            open.removeLast()
            continue
        }
        open[open.count - 1].place += 1
        if container.place > 0 { text += ", " }
        if let names = container.names {
            JSON.append(names[container.place], to: &text)
            text += ": "
        }
        try append(container.values[container.place])
    }
    return text
}

private func finiteJSON(_ number: Double) throws -> String {
    guard number.isFinite else {
        throw Failure(
            .value, "write_json: JSON has no \(numberText(number))", help: "use nil instead", argument: 0
        )
    }
    return JSON.text(number)
}
