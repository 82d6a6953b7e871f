// Values as bytes, from one rank to another. Numbers, texts, lists, records and plain tensors have a short form;
// everything else is packed as the file that `save` would write. If code in it came from a file, all of it has no more
// hands than that.

import SegRuntime
import SegSystem
import SegTensor

enum ValuePacking {
    private enum Mark: UInt8 {
        case none, no, yes, number, string, list, record, tensor
    }

    /// Thrown where a value has no short form.
    private struct NotPlain: Error {}

    private static let depthLimit = 100

    static func bytes(of value: Value, _ interpreter: Interpreter) throws -> [UInt8] {
        var writer = ByteWriter()
        writer.bytes.append(0)
        do {
            try write(value, &writer, depth: 0)
            return writer.bytes
        } catch is NotPlain {
            let folder = try ScratchFolder()
            let path = folder.path + "/value"
            let origin = try ValueWriter.write(value, to: path, interpreter)
            var head = ByteWriter()
            head.bytes.append(origin == nil ? 1 : 2)
            if let origin { head.add(origin.path) }
            return head.bytes + (try FileReader.contents(of: path))
        }
    }

    static func value(of bytes: [UInt8], _ interpreter: Interpreter) throws -> Value {
        var reader = ByteReader(bytes: bytes, place: 1)
        guard let form = bytes.first, form > 0 else { return try read(&reader, depth: 0) }
        let origin = form == 1 ? nil : FileOrigin(path: try reader.text())
        let folder = try ScratchFolder()
        let path = folder.path + "/value"
        try AtomicFile.write(Array(bytes[reader.place...]), to: path, isDurable: false)
        return try ValueReader.read(path, origin: origin, interpreter)
    }

    // MARK: The short form

    private static func write(_ value: Value, _ writer: inout ByteWriter, depth: Int) throws {
        guard depth < depthLimit else { throw NotPlain() }
        switch value {
        case .nilValue: writer.add(Mark.none)
        case .bool(let bool): writer.add(bool ? Mark.yes : Mark.no)
        case .number(let number):
            writer.add(Mark.number)
            writer.add(number.bitPattern)
        case .object(let object):
            if let text = value.asString {
                writer.add(Mark.string)
                writer.add(text)
            } else if type(of: object) == ListObject.self, let list = value.asList {
                writer.add(Mark.list)
                writer.add(UInt64(list.items.count))
                for item in list.items { try write(item, &writer, depth: depth + 1) }
            } else if type(of: object) == RecordObject.self, let record = value.asRecord {
                writer.add(Mark.record)
                writer.add(UInt64(record.count))
                for (name, item) in zip(record.names, record.values) {
                    writer.add(name)
                    try write(item, &writer, depth: depth + 1)
                }
            } else if type(of: object) == TensorValue.self, let tensor = value.asTensorValue {
                try write(tensor, &writer)
            } else {
                throw NotPlain()
            }
        }
    }

    private static func write(_ value: TensorValue, _ writer: inout ByteWriter) throws {
        let labels = value.promise.labels
        guard value.mark == nil, let dtype = DType.allCases.firstIndex(of: value.promise.dtype) else {
            throw NotPlain()
        }
        let data = try value.promise.value().rowMajor()
        writer.add(Mark.tensor)
        writer.add(UInt64(dtype))
        writer.add(UInt64(data.shape.count))
        for size in data.shape { writer.add(UInt64(size)) }
        writer.add(UInt64(labels.count))
        for (axis, names) in labels.sorted(by: { $0.key < $1.key }) {
            writer.add(UInt64(axis))
            writer.add(names)
        }
        writer.add(UInt64(value.categories == nil ? 0 : 1))
        if let categories = value.categories { writer.add(categories) }
        writer.bytes += UnsafeRawBufferPointer(start: data.bytes, count: data.byteCount)
    }

    private static func read(_ reader: inout ByteReader, depth: Int) throws -> Value {
        guard depth < depthLimit, let mark = Mark(rawValue: try reader.byte()) else {
            throw ByteReader.damaged
        }
        switch mark {
        case .none: return .nilValue
        case .no: return .bool(false)
        case .yes: return .bool(true)
        case .number: return .number(Double(bitPattern: try reader.word()))
        case .string: return .string(try reader.text())
        case .list:
            let count = try reader.count()
            return .list(try (0..<count).map { _ in try read(&reader, depth: depth + 1) })
        case .record:
            let count = try reader.count()
            return .record(
                try (0..<count).map { _ in (try reader.text(), try read(&reader, depth: depth + 1)) })
        case .tensor:
            let dtype = try reader.count()
            guard DType.allCases.indices.contains(dtype) else { throw ByteReader.damaged }
            let shape = try (0..<(try reader.count())).map { _ in try reader.count() }
            var labels: [Int: AxisLabels] = [:]
            for _ in 0..<(try reader.count()) {
                let axis = try reader.count()
                labels[axis] = try reader.labels()
            }
            let categories = try reader.count() == 0 ? nil : try reader.labels()
            let data = try TensorData(shape: shape, dtype: DType.allCases[dtype])
            try reader.read(into: UnsafeMutableRawBufferPointer(start: data.bytes, count: data.byteCount))
            return .tensor(Tensor(data, labels: labels), categories: categories)
        }
    }
}

/// Numbers and texts as bytes.
private struct ByteWriter {
    var bytes: [UInt8] = []
    mutating func add<Mark: RawRepresentable<UInt8>>(_ mark: Mark) { bytes.append(mark.rawValue) }
    mutating func add(_ word: UInt64) { withUnsafeBytes(of: word.littleEndian) { bytes += $0 } }
    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        bytes += text.utf8
    }
    mutating func add(_ labels: AxisLabels) {
        add(UInt64(labels.names.count))
        for name in labels.names { add(name) }
        add(UInt64(labels.colors?.count ?? 0))
        for color in labels.colors ?? [] { add(UInt64(color)) }
    }
}

private struct ByteReader {
    let bytes: [UInt8]
    var place: Int
    static let damaged = Failure(.value, "a message of another rank is damaged")

    mutating func byte() throws -> UInt8 {
        guard place < bytes.count else { throw Self.damaged }
        defer { place += 1 }
        return bytes[place]
    }
    mutating func word() throws -> UInt64 {
        var word: UInt64 = 0
        try withUnsafeMutableBytes(of: &word) { try read(into: $0) }
        return UInt64(littleEndian: word)
    }
    /// A number of things that follow.
    mutating func count() throws -> Int {
        guard let count = Int(exactly: try word()), count <= bytes.count * 8 else { throw Self.damaged }
        return count
    }
    mutating func text() throws -> String {
        let count = try count()
        guard count <= bytes.count - place else { throw Self.damaged }
        defer { place += count }
        return String(decoding: bytes[place..<place + count], as: UTF8.self)
    }
    mutating func labels() throws -> AxisLabels {
        let names = try (0..<(try count())).map { _ in try text() }
        let colors = try (0..<(try count())).map { _ in UInt32(truncatingIfNeeded: try word()) }
        return try AxisLabels(names, colors: colors.isEmpty ? nil : colors)
    }
    mutating func read(into memory: UnsafeMutableRawBufferPointer) throws {
        guard memory.count <= bytes.count - place else { throw Self.damaged }
        bytes.withUnsafeBytes {
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place..<place + memory.count]))
        }
        place += memory.count
    }
}
