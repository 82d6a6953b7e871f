// Work of many parts that ranks take as they become free: the trials of a search, folds. A rank does its part alone and
// sends what it gave, and printed, to rank 0, which prints it and does what follows; after a step of its own training
// at the latest. In the end all ranks have all results.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

final class SpreadWork {
    private let interpreter: Interpreter
    private let communicator: any Communicator
    /// The parts, the first to be taken first.
    private let order: [Int]
    private let work: Value
    private let done: Value
    private var values: [Value?]
    /// Rank 0: the packed results, for the others.
    private var packed: [[UInt8]?]
    private var missing: Int
    private var job = 0

    init(_ interpreter: Interpreter, order: [Int], work: Value, done: Value) {
        self.interpreter = interpreter
        communicator = interpreter.communicator
        (self.order, self.work, self.done) = (order, work, done)
        values = Array(repeating: nil, count: order.count)
        packed = Array(repeating: nil, count: order.count)
        missing = order.count
    }

    func run() throws -> [Value] {
        job = try communicator.beginJob(interpreter.meeting("spread_work"))
        let delivery = interpreter.resultDelivery
        let outer = delivery.deliver
        if communicator.rank == 0 { delivery.deliver = { [unowned self] in try deliver(waiting: false) } }
        defer { delivery.deliver = outer }
        while true {
            let place = try communicator.nextTask(of: job)
            guard place < order.count else { break }
            try take(order[place])
        }
        while communicator.rank == 0, missing > 0 { try deliver(waiting: true) }
        return try exchanged()
    }

    /// Does a part here.
    private func take(_ number: Int) throws {
        if communicator.rank == 0 {
            let value = try interpreter.alone { try interpreter.call(work, [.number(Double(number))]) }
            try finish(number, value, try ValuePacking.bytes(of: value, interpreter))
            return try deliver(waiting: false)
        }
        interpreter.resultDelivery.notes = []
        defer { interpreter.resultDelivery.notes = nil }
        let (value, text) = try interpreter.captured {
            try interpreter.alone { try interpreter.call(work, [.number(Double(number))]) }
        }
        values[number] = value
        let said = Value.list([.string(text), .list(interpreter.resultDelivery.notes ?? [])])
        let printed = try ValuePacking.bytes(of: said, interpreter)
        let length = withUnsafeBytes(of: UInt64(printed.count).littleEndian) { Array($0) }
        let bytes = length + printed + (try ValuePacking.bytes(of: value, interpreter))
        try communicator.report(TaskResult(job: job, number: number, bytes: bytes))
    }

    /// Rank 0: takes results that have come.
    private func deliver(waiting: Bool) throws {
        for result in try communicator.takeResults(waiting: waiting) where result.job == job {
            let length = Int(result.bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            let said = try ValuePacking.value(of: Array(result.bytes[8..<8 + length]), interpreter).asList?
                .items
            let bytes = Array(result.bytes[(8 + length)...])
            if let note = try interpreter.libraryValue("note") {
                for entry in said?.last?.asList?.items ?? [] {
                    _ = try interpreter.call(note, entry.asList?.items ?? [])
                }
            }
            if let text = said?.first?.asString, !text.isEmpty { interpreter.output(text) }
            try finish(result.number, try ValuePacking.value(of: bytes, interpreter), bytes)
        }
    }

    /// Rank 0: what follows a part.
    private func finish(_ number: Int, _ value: Value, _ bytes: [UInt8]) throws {
        guard values[number] == nil else { return }
        values[number] = value
        packed[number] = bytes
        missing -= 1
        _ = try interpreter.alone { try interpreter.call(done, [.number(Double(number)), value]) }
    }

    /// All results, on all ranks.
    private func exchanged() throws -> [Value] {
        let meeting = interpreter.meeting("spread_work")
        for number in order.indices {
            let bytes = try communicator.broadcast(packed[number] ?? [], meeting)
            packed[number] = nil
            if values[number] == nil { values[number] = try ValuePacking.value(of: bytes, interpreter) }
        }
        return values.map { $0 ?? .nilValue }
    }
}

/// Sums over the ranks of what a value holds.
struct RankSums {
    private let interpreter: Interpreter
    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    func sum(_ value: Value) throws -> Value {
        switch value {
        case .number(let number):
            var total = number
            try withUnsafeMutablePointer(to: &total) { try sum(.float64, UnsafeMutableRawPointer($0), 1) }
            return .number(total)
        case .object:
            if let list = value.asList { return .list(try list.items.map { try sum($0) }) }
            if let record = value.asRecord {
                return .record(try zip(record.names, record.values).map { ($0, try sum($1)) })
            }
            guard let tensor = value.asTensorValue else { return value }
            return try sum(tensor)
        default: return value
        }
    }

    private func sum(_ value: TensorValue) throws -> Value {
        let kind: SharedNumbers.Kind
        switch value.promise.dtype {
        case .float32: kind = .float32
        case .float64: kind = .float64
        case .int64: kind = .int64
        default:
            throw Failure(
                .type, "sum_over_ranks: a tensor of \(value.promise.dtype.rawValue) has no sum over ranks",
                help: "to(x, int64) or to(x, float32) has one")
        }
        let data = try value.promise.value().rowMajor().copied()
        try sum(kind, data.bytes, data.count)
        return .tensor(Tensor(data, labels: value.promise.labels), categories: value.categories)
    }

    private func sum(_ kind: SharedNumbers.Kind, _ start: UnsafeMutableRawPointer, _ count: Int) throws {
        try interpreter.communicator.sum(
            SharedNumbers(kind, start, count: count), interpreter.meeting("sum_over_ranks")
        ).finish()
    }
}

/// The class counts of a data set, of which each rank counts some masks; the sums are whole numbers, and so exact.
struct SpreadCounts {
    private let interpreter: Interpreter
    private let classes: Int
    private let meeting: Meeting

    init(_ interpreter: Interpreter, classes: Int) {
        self.interpreter = interpreter
        self.classes = classes
        meeting = interpreter.meeting("counts")
    }

    /// Collective: whether this holds on each rank.
    func isEverywhere(_ holds: Bool) throws -> Bool {
        try sums([holds ? 0 : 1])[0] == 0
    }

    /// Collective: the counts of all masks by those of this rank's part; nil if a mask cannot be counted on one of them.
    func count(_ own: () throws -> PixelCounts) throws -> PixelCounts? {
        var numbers = [Int64](repeating: 0, count: 2 + 3 * classes)
        do {
            let counts = try own()
            let all = [0, counts.void] + counts.pixels + counts.pixelsWith + counts.pictures
            numbers = all.map { Int64($0) }
        } catch {
            guard interpreter.scriptError(error).diagnostic.kind.isForScripts else { throw error }
            numbers[0] = 1
        }
        let all = try sums(numbers).map { Int($0) }
        guard all[0] == 0 else { return nil }
        let parts = (0..<3).map { Array(all[(2 + $0 * classes)..<(2 + ($0 + 1) * classes)]) }
        return try PixelCounts(pixels: parts[0], pixelsWith: parts[1], pictures: parts[2], void: all[1])
    }

    private func sums(_ numbers: [Int64]) throws -> [Int64] {
        var numbers = numbers
        try numbers.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            let shared = SharedNumbers(.int64, start, count: bytes.count / 8)
            try interpreter.communicator.sum(shared, meeting).finish()
        }
        return numbers
    }
}
