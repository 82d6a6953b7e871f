// The data of charts: the arguments of `plot` and `bars`, as curves and as numbers by name.

import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

extension Arguments {
    /// The error for data that cannot be drawn: `wanted` as in "a list of numbers".
    func needs(_ wanted: String, _ place: Int, got value: Value, of name: String = "") -> Failure {
        var help: String?
        if wanted == "a list of numbers" {
            if value.asForeign is DatasetValue {
                help = "show(data) shows its pictures, bars(data.counts) its classes"
            } else if interpreter.isCallable(value), value.asInstance == nil {
                help = "map(0..<10, f) gives the values of a function f at 0 to 9"
            } else if native.name == "plot", !name.isEmpty, case .number = value {
                help = "bars draws single numbers by name"
            }
        }
        return Failure(
            .type,
            "\(native.name) needs \(wanted), "
                + (name.isEmpty ? "got \(named(value))" : "but \(name) is \(named(value))"), help: help,
            argument: place)
    }

    /// A value in a sentence: "the single number 3", "the string "a"", "a function".
    private func named(_ value: Value) -> String {
        let text = interpreter.describe(value)
        if case .number = value { return "the single \(text)" }
        if value.asString != nil || value.asList != nil || value.asRecord != nil || value.asRange != nil {
            return "the \(text)"
        }
        return text
    }

    /// A list, range or tensor of numbers; nil counts as not a number. `name` is what the data is called in
    /// an error; "" if it is the whole argument.
    private func numbers(of value: Value, _ place: Int, _ name: String = "") throws -> [Double] {
        if let tensor = value.asTensorValue?.promise {
            if tensor.rank == 0 {
                throw needs("a list of numbers", place, got: .number(try tensor.item()), of: name)
            }
            guard tensor.shape.filter({ $0 != 1 }).count <= 1 else {
                throw Failure(
                    .shape,
                    "\(native.name) needs a list of numbers, got a tensor of the shape \(tensor.shape)",
                    help: "reshape(x, -1) has its numbers as one list", argument: place)
            }
            return try tensor.doubles()
        }
        guard value.asList != nil || value.asRange != nil, let items = try interpreter.items(value) else {
            throw needs("a list of numbers", place, got: value, of: name)
        }
        return try interpreter.made(items.count) { index in
            let item = items[index]
            if item.isNil { return .nan }
            guard let number = try interpreter.number(from: item) else {
                let whole = name.isEmpty ? "" : " of \(name)"
                throw needs("a list of numbers", place, got: item, of: "element \(index)\(whole)")
            }
            return number
        }
    }

    /// What `histogram` gives, counts and the edges of their bins; nil for anything else.
    private func histogram(_ value: Value) throws -> (counts: [Double], edges: [Double])? {
        guard let list = value.asList, list.items.count == 2,
            let counts = list.items[0].asTensorValue?.promise,
            let edges = list.items[1].asTensorValue?.promise, counts.rank == 1, edges.rank == 1,
            edges.shape[0] == counts.shape[0] + 1
        else { return nil }
        let places = try edges.doubles()
        guard zip(places, places.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        return (try counts.doubles(), places)
    }

    /// One curve: numbers, a histogram, or a record (y=…, x=…, low=…, high=…) for positions and bands.
    private func series(_ name: String, _ value: Value, _ place: Int, called: String = "") throws
        -> LinePlot.Series
    {
        if let (counts, edges) = try histogram(value) {
            return LinePlot.Series(name, y: counts, edges: edges)
        }
        guard let record = value.asRecord, let y = record["y"] else {
            return LinePlot.Series(name, y: try numbers(of: value, place, called))
        }
        let values = try numbers(of: y, place, "y")
        func optional(_ key: String) throws -> [Double]? {
            guard let given = record[key] else { return nil }
            let numbers = try numbers(of: given, place, key)
            guard numbers.count == values.count else {
                throw Failure(
                    .shape,
                    "\(native.name): a curve has \(plural(values.count, "number")) y and \(numbers.count) \(key)",
                    argument: place)
            }
            return numbers
        }
        return LinePlot.Series(
            name, y: values, x: try optional("x"), low: try optional("low"), high: try optional("high"))
    }

    /// Whether a record is one curve with its positions or band, not curves by name.
    private func isCurve(_ value: Value) -> Bool {
        guard let record = value.asRecord else { return false }
        return record["y"] != nil && record.count > 1
            && record.names.allSatisfy { ["y", "x", "low", "high"].contains($0) }
    }

    /// The curves of a record by name, or of one value.
    private func curves(_ value: Value, _ place: Int) throws -> [LinePlot.Series] {
        if isCurve(value) { return [try series("", value, place)] }
        if let record = value.asRecord {
            let (names, values) = (record.names, record.values)
            return try interpreter.made(names.count) { index in
                try series(names[index], values[index], place, called: names[index])
            }
        }
        if let tensor = value.asTensorValue?.promise, tensor.rank == 2, !tensor.shape.contains(1) {
            let names = tensor.labels[0]?.names
            let (all, count) = (try tensor.doubles(), tensor.shape[1])
            return try interpreter.made(tensor.shape[0]) { row in
                LinePlot.Series(
                    names?[row] ?? "\(row)", y: Array(all[(row * count)..<((row + 1) * count)]))
            }
        }
        if let list = value.asList, try histogram(value) == nil,
            list.items.contains(where: { $0.asList != nil || $0.asTensorValue != nil || isCurve($0) })
        {
            let items = list.items
            return try interpreter.made(items.count) { index in
                try series("\(index)", items[index], place, called: "element \(index)")
            }
        }
        return [try series("", value, place)]
    }

    /// A plot's data: its curves with their title.
    struct Panel {
        let title: String?
        var curves: [LinePlot.Series]
        /// What an object says its curves are over.
        var xLabel: String?
    }

    /// The data of a plot: titles with curves by name.
    func panels(_ place: Int) throws -> [Panel] {
        let value = values[place]
        if let curves = try ownCurves(value) {
            return try panels(curves.value, place, xLabel: curves.over)
        }
        // Several runs: in each panel the curves of all, each with the name of its run and in its colour.
        let runs = value.asRecord?.values ?? value.asList?.items ?? []
        let names = value.asRecord?.names
        let owned =
            runs.contains { $0.asInstance == nil }
            ? [] : try runs.enumerated().map { (name: names?[$0] ?? "\($0 + 1)", curves: try ownCurves($1)) }
        if !owned.isEmpty, !owned.contains(where: { $0.curves == nil }) {
            var joined: [Panel] = []
            for (run, (name, curves)) in owned.enumerated() {
                guard let curves else { continue }
                for var panel in try panels(curves.value, place, xLabel: curves.over) {
                    let parts = panel.curves.map(\.name)
                    for index in panel.curves.indices {
                        if Set(parts).isSubset(of: ["train", "val"]) {
                            panel.curves[index].group = run
                            panel.curves[index].isSecondary = parts.count > 1 && parts[index] == "train"
                        }
                        let own = panel.curves[index].name
                        panel.curves[index].name = own.isEmpty ? name : "\(name) \(own)"
                    }
                    if let known = joined.firstIndex(where: { $0.title == panel.title }) {
                        joined[known].curves += panel.curves
                    } else {
                        joined.append(panel)
                    }
                }
            }
            return joined
        }
        return try panels(value, place)
    }

    /// What an object says are its curves, and over what they are; nil for other values.
    private func ownCurves(_ value: Value) throws -> (value: Value, over: String?)? {
        guard let instance = value.asInstance, let method = instance.method(named: "curves") else {
            return nil
        }
        let over = try instance.method(named: "curves_over").flatMap { try interpreter.call($0, []).asString }
        return (try interpreter.call(method, []), over)
    }

    private func panels(_ value: Value, _ place: Int, xLabel: String? = nil) throws -> [Panel] {
        let isNested = value.asRecord?.values.allSatisfy { $0.asRecord != nil && $0.asRecord?["y"] == nil }
        if let record = value.asRecord, record.count > 0, isNested == true {
            return try zip(record.names, record.values).map { title, inner in
                Panel(title: title, curves: try curves(inner, place), xLabel: xLabel)
            }
        }
        return [Panel(title: nil, curves: try curves(value, place), xLabel: xLabel)]
    }

    /// The data of `plot(x, y)`: the curves of y, over the numbers x.
    func panel(x xPlace: Int, y yPlace: Int) throws -> Panel {
        if let text = values[yPlace].asString {
            throw bad(yPlace, "is numbers, not a string", help: "write title=\(quotedText(text))")
        }
        let x = try numbers(of: values[xPlace], xPlace)
        var curves = try curves(values[yPlace], yPlace)
        for index in curves.indices where curves[index].x == nil && curves[index].edges == nil {
            guard curves[index].y.count == x.count else {
                let name = curves[index].name
                throw Failure(
                    .shape,
                    "plot: \(plural(x.count, "number")) x and \(plural(curves[index].y.count, "number")) y"
                        + (name.isEmpty ? "" : " of \(name)"), argument: yPlace)
            }
            curves[index].x = x
        }
        return Panel(title: nil, curves: curves)
    }

    /// The data of bars: numbers with their names.
    func labelled(_ place: Int) throws -> [BarChart.Bar] {
        if let (counts, edges) = try histogram(values[place]) {
            let texts = try interpreter.awaited { NumberFormat.column(edges) }
            return try interpreter.made(counts.count) { index in
                BarChart.Bar("\(texts[index]) to \(texts[index + 1])", counts[index])
            }
        }
        if let record = values[place].asRecord {
            let (names, entries) = (record.names, record.values)
            return try interpreter.made(names.count) { index in
                let (name, value) = (names[index], entries[index])
                if value.isNil { return BarChart.Bar(name, .nan) }
                guard let number = try interpreter.number(from: value) else {
                    throw needs("numbers by name", place, got: value, of: name)
                }
                return BarChart.Bar(name, number)
            }
        }
        let numbers = try numbers(of: values[place], place)
        let names = values[place].asTensorValue?.promise.labels[0]?.names
        return try interpreter.made(numbers.count) { index in
            BarChart.Bar(names?.count == numbers.count ? names?[index] ?? "" : "\(index)", numbers[index])
        }
    }

    /// The rows of a list of lists of numbers, as a matrix.
    func matrix(_ rows: ListObject, _ place: Int) throws -> (columns: Int, values: [Double]) {
        let items = rows.items
        let rows = try interpreter.made(items.count) { try numbers(of: items[$0], place, "row \($0)") }
        let columns = rows.first?.count ?? 0
        if let odd = rows.firstIndex(where: { $0.count != columns }) {
            throw Failure(
                .shape,
                "\(native.name) needs rows of one length, but row 0 has \(plural(columns, "number")) and row \(odd) has "
                    + "\(rows[odd].count)", argument: place)
        }
        let all = try interpreter.made(rows.count * columns) { rows[$0 / columns][$0 % columns] }
        return (columns, all)
    }

    /// The ends of an axis: a list or range of two numbers, of which one may be nil.
    func limits(_ place: Int, isLog: Bool) throws -> LinePlot.Limits {
        if isNil(place) { return LinePlot.Limits() }
        var ends: [Double?] = []
        if let range = values[place].asRange {
            ends = [range.start, range.end]
        } else if let tensor = values[place].asTensorValue?.promise {
            ends = try tensor.doubles()
        } else if let list = values[place].asList {
            ends = try list.items.map { item in
                if item.isNil { return nil }
                guard let number = try interpreter.number(from: item) else {
                    throw wrong(place, "the ends of the axis, as in [0, 10]")
                }
                return number
            }
        }
        guard ends.count == 2, ends.allSatisfy({ $0?.isFinite ?? true }) else {
            throw wrong(place, "the ends of the axis, as in [0, 10]")
        }
        if let low = ends[0], let high = ends[1], low >= high {
            throw bad(place, "begins at \(Tensor.text(of: low)), which is not below \(Tensor.text(of: high))")
        }
        if isLog, let end = ends.compactMap({ $0 }).first(where: { $0 <= 0 }) {
            throw bad(
                place, "has the end \(Tensor.text(of: end)); a logarithmic axis has only numbers above 0")
        }
        return LinePlot.Limits(low: ends[0], high: ends[1])
    }

    /// Which axes are logarithmic: `true` is the y axis.
    func logAxes(_ place: Int) throws -> (x: Bool, y: Bool) {
        if case .bool(let flag) = values[place] { return (false, flag) }
        switch values[place].asString {
        case "x": return (true, false)
        case "y": return (false, true)
        case "xy": return (true, true)
        default: throw wrong(place, "\"x\", \"y\", \"xy\", true or false")
        }
    }

    /// Whether the curves of an object, such as a sweep's table, are over numbers that are spread over decades.
    func isInDecades(_ place: Int) throws -> Bool {
        guard let method = self[place].asInstance?.method(named: "curves_in_decades") else { return false }
        guard case .bool(let isSpread) = try interpreter.call(method, []) else { return false }
        return isSpread
    }

    /// The width or height of a chart: characters or lines on the terminal, points in a file.
    func extent(_ place: Int, file: Bool, isHeight: Bool) throws -> Int? {
        if isNil(place) { return nil }
        let (low, high, unit) =
            file ? (100, 5000, "points in a file") : isHeight ? (5, 200, "lines") : (16, 400, "characters")
        let number = try integer(place)
        guard (low...high).contains(number) else {
            throw bad(place, "is \(number); it is from \(low) to \(high) \(unit)")
        }
        return number
    }
}
