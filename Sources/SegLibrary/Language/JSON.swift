// JSON texts to values and back. Both directions keep the open containers in a list, so that deep nesting
// uses no call stack.

import SegRuntime
import SegSystem
import SegTensor

/// The value of a JSON text: objects become records, arrays lists.
/// - Throws: `JSONReader.Problem`, and interrupts.
func valueOfJSON(_ bytes: [UInt8], _ interpreter: Interpreter) throws -> Value {
    /// A list or record that is not complete yet.
    struct Container {
        var list: GrowingList?
        var record: RecordObject?
        var name = ""
    }
    var reader = JSONReader(bytes, poll: { try interpreter.checkInterrupt() })
    let what = "the value of a JSON text"
    var meter = MemoryMeter(interpreter, for: what)
    var open: [Container] = []
    var result = Value.nilValue
    while let piece = try reader.next() {
        let value: Value
        switch piece {
        case .objectStart:
            open.append(Container(record: RecordObject()))
            continue
        case .arrayStart:
            open.append(Container(list: GrowingList(interpreter, for: what)))
            continue
        case .name(let name):
            try meter.add(bytes: 32 + name.utf8.count)
            if open[open.count - 1].record?.position(of: name) != nil {
                throw reader.problem("an object has two entries \(quotedText(name.shortened(toBytes: 100)))")
            }
            open[open.count - 1].name = name
            continue
        case .objectEnd, .arrayEnd:
            let ended = open.removeLast()
            value =
                try ended.list.map { .list(try $0.take()) } ?? ended.record.map { .object($0) } ?? .nilValue
        case .string(let string): value = .string(string)
        case .integer(let integer): value = .number(Double(integer))
        case .number(let number): value = .number(number)
        case .bool(let bool): value = .bool(bool)
        case .null: value = .nilValue
        }
        try meter.add(value)
        guard let last = open.indices.last else {
            result = value
            continue
        }
        if let record = open[last].record {
            try interpreter.set(open[last].name, of: record, to: value)
        } else {
            try open[last].list?.append(value, isCounted: true)
        }
    }
    return result
}

/// A value as JSON. Tensors are nested arrays, of an axis with labels objects; objects their fields; what JSON has no form for is null (a number
/// that is NaN) or its text (a function, a data set).
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
    // The size for which the memory budget was asked.
    var asked = 0
    func quote(_ string: String) throws {
        try JSON.append(string, to: &text) { size in
            try interpreter.checkInterrupt()
            try interpreter.reserveGrowth(from: asked, by: size - asked, for: "this text")
            asked = size
        }
    }
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
        case .number(let number): text += numberJSON(number)
        case .object:
            if let string = value.asString {
                try quote(string)
            } else if let record = value.asRecord {
                try begin(Container(names: record.names, values: record.values))
            } else if let tensor = value.asTensorValue?.promise, try tensor.hasLargeWholes() {
                if let digits = try tensor.rank == 0 ? tensor.largeWhole() : nil {
                    text += digits
                } else {
                    try begin(
                        Container(names: tensor.labels[0]?.names, values: interpreter.items(value) ?? []))
                }
            } else if let tensor = value.asTensorValue?.promise {
                let list = labelled(
                    try tensor.nestedList(of: tensor.decimalNumbers(interpreter), interpreter),
                    tensor.labels, axis: 0)
                if let items = list.asList?.items {
                    try begin(Container(names: nil, values: items))
                } else if let record = list.asRecord {
                    try begin(Container(names: record.names, values: record.values))
                } else {
                    try append(list)
                }
            } else if let instance = value.asInstance {
                if let parts = try partsForJSON(instance, interpreter) {
                    try begin(Container(names: parts.names, values: parts.values))
                } else {
                    try quote(try interpreter.line(value))
                }
            } else if value.asForeign == nil, let items = try interpreter.items(value) {
                try begin(Container(names: nil, values: items))
            } else {
                try quote(try interpreter.line(value))
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
            try quote(names[container.place])
            text += ": "
        }
        try append(container.values[container.place])
    }
    return text
}

/// A tensor's nested lists, those of axes with labels as records. It recurses on the tensor's axes, which are few.
private func labelled(_ value: Value, _ labels: [Int: AxisLabels], axis: Int) -> Value {
    guard !labels.isEmpty, let items = value.asList?.items else { return value }
    let inner = items.map { labelled($0, labels, axis: axis + 1) }
    return labels[axis].map { .object(RecordObject(Array(zip($0.names, inner)))) } ?? .list(inner)
}

/// The elements of an object that is a sequence, or the fields of one that holds data; nil for what acts, such
/// as a layer, a loss or a trainer, which is written as its text.
private func partsForJSON(_ instance: Instance, _ interpreter: Interpreter) throws -> (
    names: [String]?, values: [Value]
)? {
    let type = instance.type
    guard !type.isCallable, type.method(named: "next") == nil else { return nil }
    if type.method(named: "at") != nil, let items = try interpreter.items(.object(instance)) {
        return (nil, items)
    }
    if let method = instance.method(named: "entries"),
        let record = try interpreter.call(method, []).asRecord
    {
        return (record.names, record.values)
    }
    guard instance.field(named: "settings") == nil else { return nil }
    let fields = instance.fieldNames.compactMap { name in instance.field(named: name).map { (name, $0) } }
    return (fields.map(\.0), fields.map(\.1))
}

/// JSON has no NaN, which becomes null; a number beyond any double reads back as infinite.
private func numberJSON(_ number: Double) -> String {
    if number.isNaN { return "null" }
    return number.isInfinite ? (number < 0 ? "-1e999" : "1e999") : JSON.text(number)
}
