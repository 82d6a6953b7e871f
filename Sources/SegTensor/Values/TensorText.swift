// Tensors as text: the one-line form of lists, strings and errors, and the display form of the prompt.

import SegSystem

extension Tensor: CustomStringConvertible {
    /// The one-line form of a computed tensor; shape and type of a pending one.
    public var description: String {
        if isComputed, let text = try? text() { return text }
        return "tensor of shape \(Shape.text(shape)), \(dtype.rawValue)"
    }

    /// The length of an axis above which its middle is left out.
    private static let longest = 12
    /// The number of entries then shown at either end.
    private static let kept = 5

    /// The shortest text that reads back as the same number; whole numbers without a point.
    public static func text(of number: Double) -> String {
        if number == number.rounded(), number.magnitude < 1e16 {
            return number == 0 && number.sign == .minus ? "-0" : String(Int64(number))
        }
        return number.isNaN
            ? "nan" : number.isInfinite ? (number < 0 ? "-inf" : "inf") : shortExponent("\(number)")
    }

    /// As `text(of:)`, the shortest that reads back as the same float32.
    public static func text(ofFloat32 number: Float) -> String {
        if number == number.rounded(), number.magnitude < 1e16 { return text(of: Double(number)) }
        return number.isFinite ? shortExponent("\(number)") : text(of: Double(number))
    }

    /// An element's text in a tensor of some type.
    static func text(of number: Double, _ dtype: DType) -> String {
        switch dtype {
        case .float32: text(ofFloat32: Float(number))
        case .bool: number != 0 ? "true" : "false"
        default: text(of: number)
        }
    }

    /// The one-line form: `tensor([1, 2, 3], int64)`, `tensor(Sky=0.2, Road=0.5)`; a tensor of rank 0 is a
    /// plain number. `element` gives the text of a number, by default the shortest that reads back the same.
    public func text(by element: ((Double) -> String)? = nil) throws -> String {
        let data = try value().rowMajor()
        let suffix = dtype == .float32 ? "" : ", \(dtype.rawValue)"
        func entry(_ place: Int) -> String { element?(data.number(at: place)) ?? data.text(at: place) }
        if rank == 0 { return entry(0) }
        if rank == 1, let names = labels[0]?.names {
            let entries = Tensor.shown(count).map { place in
                place.map { "\(Tensor.key(Tensor.shown(names[$0])))=\(entry($0))" } ?? "…"
            }
            return "tensor(\(entries.joined(separator: ", "))\(suffix))"
        }
        return "tensor(\(nested(axis: 0, start: 0, entry))\(suffix))"
    }

    /// A label as a record's key: plain where it is a name, quoted otherwise.
    private static func key(_ name: String) -> String {
        let isName =
            !name.isEmpty && name.first?.isNumber == false
            && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        return isName ? name : "\"\(name)\""
    }

    /// As much of a label as is shown.
    private static func shown(_ name: String) -> String { name.shortened(toBytes: 1000) }

    /// The positions of an axis that are shown; nil for the gap.
    private static func shown(_ count: Int) -> [Int?] {
        if count <= longest { return Array(0..<count) }
        return Array(0..<kept) + [nil] + Array(count - kept..<count)
    }

    private func nested(axis: Int, start: Int, _ entry: (Int) -> String) -> String {
        // Rank is limited by the nesting in a script, but a shape's length is not: deep tensors are cut.
        if axis == rank { return entry(start) }
        if axis > 15 { return "…" }
        let step = shape[(axis + 1)...].reduce(1, *)
        let entries = Tensor.shown(shape[axis]).map { place in
            place.map { nested(axis: axis + 1, start: start + $0 * step, entry) } ?? "…"
        }
        return "[\(entries.joined(separator: ", "))]"
    }

    /// The display form: a line with shape, type and range, then a corner of the values in columns that fit
    /// `width` characters.
    public func display(width: Int) throws -> String {
        if rank == 0 { return try text() }
        var lines = [try headline()]
        if count > 0 {
            let data = try value().rowMajor()
            lines.append(contentsOf: rank == 1 ? column(data) : corner(data, width))
        }
        return lines.joined(separator: "\n")
    }

    private func headline() throws -> String {
        let line = "tensor \(Shape.text(shape)), \(dtype.rawValue)"
        if count == 0 || dtype == .bool { return line }
        let low = try Tensor.reduce(.min, self)
        let high = try Tensor.reduce(.max, self)
        let mean = try Tensor.reduce(.mean, self)
        try Tensor.evaluate([low, high, mean])
        func short(_ tensor: Tensor) throws -> String { Tensor.short(try tensor.item()) }
        if try low.item().isFinite, try high.item().isFinite {
            return "\(line), \(try short(low)) … \(try short(high)), mean \(try short(mean))"
        }
        return "\(line), \(try finiteRange())"
    }

    /// The range of the finite numbers, and the count of the others.
    private func finiteRange() throws -> String {
        let data = try value().rowMajor()
        var (nans, infinite, finite) = (0, 0, 0)
        var (low, high, total) = (Double.infinity, -Double.infinity, 0.0)
        for place in 0..<count {
            let number = data.number(at: place)
            if number.isNaN {
                nans += 1
            } else if number.isInfinite {
                infinite += 1
            } else {
                finite += 1
                low = min(low, number)
                high = max(high, number)
                total += number
            }
        }
        let mean = total / Double(finite)
        let range =
            finite == 0
            ? []
            : ["\(Tensor.short(low)) … \(Tensor.short(high)), mean \(Tensor.short(mean)) of the finite ones"]
        return (range + (nans > 0 ? ["\(nans) nan"] : []) + (infinite > 0 ? ["\(infinite) inf"] : []))
            .joined(separator: ", ")
    }

    /// At most five significant digits.
    static func short(_ number: Double) -> String {
        if number == number.rounded() || !number.isFinite { return text(of: number) }
        let magnitude = number.magnitude
        if magnitude >= 1e6 || magnitude < 1e-4 {
            let plain = "\(Float(number))"
            guard let e = plain.firstIndex(of: "e") else { return text(of: number.rounded()) }
            return String(plain[..<e].prefix(6) + plain[e...])
        }
        var scale = 1.0
        while magnitude * scale < 1e4 { scale *= 10 }
        return text(of: (number * scale).rounded() / scale)
    }

    /// A vector as a column, with labels in front.
    private func column(_ data: TensorData) -> [String] {
        let names = labels[0]?.names
        let places = Tensor.shown(count)
        if names == nil {
            let texts = places.map { $0.map { Tensor.short(data.number(at: $0), dtype) } ?? "…" }
            return [texts.joined(separator: "  ")]
        }
        let heads = places.map { place in place.flatMap { names?[$0] }.map(Tensor.shown) ?? "" }
        let wide = heads.map(\.count).max() ?? 0
        let texts = places.map { $0.map { Tensor.short(data.number(at: $0), dtype) } ?? "…" }
        let most = texts.map(\.count).max() ?? 0
        return zip(heads, texts).map { head, text in
            head + pad(wide - head.count) + "  " + pad(most - text.count) + text
        }
    }

    static func short(_ number: Double, _ dtype: DType) -> String {
        dtype == .bool ? (number != 0 ? "true" : "false") : short(number)
    }

    private func pad(_ count: Int) -> String { String(repeating: " ", count: max(count, 0)) }

    /// The first matrix of the last two axes, as much as fits.
    private func corner(_ data: TensorData, _ width: Int) -> [String] {
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        let names = labels[rank - 2]?.names
        let places = Tensor.shown(rows)
        func row(_ place: Int) -> [String] {
            (0..<min(columns, 64)).map { Tensor.short(data.number(at: place * columns + $0), dtype) }
        }
        let cells = places.map { $0.map(row) }
        let heads = places.map { place in place.flatMap { names?[$0] }.map(Tensor.shown) ?? "" }
        let lead = heads.map(\.count).max() ?? 0
        var widths: [Int] = []
        var total = lead
        for place in 0..<min(columns, 64) {
            let wide = cells.compactMap { $0?[place].count }.max() ?? 0
            if total + wide + 2 > width - 3, place < columns - 1 { break }
            widths.append(wide)
            total += wide + 2
        }
        var lines = zip(heads, cells).map { head, cells in
            guard let cells else { return pad(lead) + "  …" }
            let texts = zip(cells, widths).map { pad($1 - $0.count) + $0 }
            let more = widths.count < columns ? "  …" : ""
            return ([head + pad(lead - head.count)] + texts).joined(separator: "  ") + more
        }
        if lead == 0 { lines = lines.map { String($0.dropFirst(2)) } }
        if rank > 2 { lines.append("… the first of \(shape.dropLast(2).reduce(1, *)) matrices") }
        return lines
    }
}

extension TensorData {
    /// The element at a position in memory, as a number.
    func number(at place: Int) -> Double {
        func read<T: Element>(_ type: T.Type) -> Double { elements(T.self)[place].number }
        return dtype.withElement { read($0) }
    }

    /// The same as text; an int64 has more digits than a number.
    func text(at place: Int) -> String {
        dtype == .int64 ? String(elements(Int64.self)[place]) : Tensor.text(of: number(at: place), dtype)
    }
}
