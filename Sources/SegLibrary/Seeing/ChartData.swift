// The data of charts: the arguments of `plot` and `bars`, as curves and as numbers by name.

import SegRuntime
import SegTensor
import SegTerminal

extension Arguments {
    /// A list, range or tensor of numbers.
    private func numbers(of value: Value, _ place: Int) throws -> [Double] {
        if let tensor = value.asTensorValue { return try tensor.promise.doubles() }
        guard let items = try interpreter.items(value, for: native.name) else {
            throw wrong(place, "numbers")
        }
        return try items.map { item in
            if item.isNil { return .nan }
            guard let number = try interpreter.number(from: item) else { throw wrong(place, "numbers") }
            return number
        }
    }

    /// One curve: numbers, or a record (y=…, x=…, low=…, high=…) for bands.
    private func series(_ name: String, _ value: Value, _ place: Int) throws -> LinePlot.Series {
        guard let record = value.asRecord, let y = record["y"] else {
            return LinePlot.Series(name, y: try numbers(of: value, place))
        }
        let values = try numbers(of: y, place)
        func optional(_ key: String) throws -> [Double]? {
            guard let given = record[key] else { return nil }
            let numbers = try numbers(of: given, place)
            guard numbers.count == values.count else {
                throw Failure(
                    .shape,
                    "\(native.name): a curve has \(values.count) numbers y and \(numbers.count) \(key)",
                    argument: place)
            }
            return numbers
        }
        return LinePlot.Series(
            name, y: values, x: try optional("x"), low: try optional("low"), high: try optional("high"))
    }

    /// Whether a record is one curve with its positions or band, not curves by name.
    private func isCurve(_ record: RecordObject) -> Bool {
        record["y"] != nil && record.count > 1
            && record.names.allSatisfy { ["y", "x", "low", "high"].contains($0) }
    }

    /// The data of a plot: titles with curves by name.
    func panels(_ place: Int) throws -> [(title: String?, curves: [LinePlot.Series])] {
        var value = values[place]
        if let instance = value.asInstance, let method = instance.method(named: "curves") {
            value = try interpreter.call(method, [])
        }
        guard let record = value.asRecord else {
            if let list = value.asList,
                list.items.contains(where: { $0.asList != nil || $0.asTensorValue != nil })
            {
                return [(nil, try list.items.enumerated().map { try series("\($0)", $1, place) })]
            }
            return [(nil, [try series("", value, place)])]
        }
        if isCurve(record) { return [(nil, [try series("", value, place)])] }
        let nested = record.values.allSatisfy { $0.asRecord != nil && $0.asRecord?["y"] == nil }
        if nested && record.count > 0 {
            return try zip(record.names, record.values).map { title, inner in
                let inner = inner.asRecord ?? RecordObject()
                return (title, try zip(inner.names, inner.values).map { try series($0, $1, place) })
            }
        }
        return [(nil, try zip(record.names, record.values).map { try series($0, $1, place) })]
    }

    /// The data of bars: numbers with their names.
    func labelled(_ place: Int) throws -> [(String, Double)] {
        if let record = values[place].asRecord {
            return try zip(record.names, record.values).map { name, value in
                guard let number = try interpreter.number(from: value) else {
                    throw wrong(place, "numbers by name")
                }
                return (name, number)
            }
        }
        let numbers = try numbers(of: values[place], place)
        let names = values[place].asTensorValue?.promise.labels[0]?.names
        return numbers.enumerated().map { (names?[$0] ?? "\($0)", $1) }
    }
}
