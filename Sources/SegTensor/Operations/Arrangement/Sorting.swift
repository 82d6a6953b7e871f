// Order: argsort, and sort and topk, which gather by its positions.

import CKernels
import SegSystem

extension Tensor {
    /// The positions that sort an axis; int64. Not-a-number comes last. Equal values keep their order.
    public func argsort(axis: Int? = -1, descending: Bool = false) throws -> Tensor {
        guard let axis else { return try reshape([count]).argsort(axis: 0, descending: descending) }
        if rank == 0 { return try Tensor.zeros([], dtype: .int64) }
        let resolved = try Shape.axis(axis, rank: rank, in: "argsort")
        return try Tensor.make(ArgsortOperation(axis: resolved, descending: descending), [self])
    }

    /// The sorted values of an axis (of the flattened tensor if nil). Labels follow in a tensor of rank 1.
    public func sort(axis: Int? = -1, descending: Bool = false) throws -> Tensor {
        guard let axis else { return try reshape([count]).sort(axis: 0, descending: descending) }
        if rank == 0 { return self }
        let resolved = try Shape.axis(axis, rank: rank, in: "sort")
        return try picked(argsort(axis: resolved, descending: descending), axis: resolved)
    }

    /// The `k` largest (or smallest) values of an axis in order, and their positions.
    public func topk(_ k: Int, axis: Int = -1, largest: Bool = true) throws -> (
        values: Tensor, indices: Tensor
    ) {
        let resolved = try Shape.axis(axis, rank: rank, in: "topk")
        guard k >= 0, k <= shape[resolved] else {
            throw TensorError(
                .index, "topk: \(k) of an axis that has \(plural(shape[resolved], "entry"))",
                notes: [Shape.text(shape)])
        }
        let places = try argsort(axis: resolved, descending: largest).narrow(
            axis: resolved, start: 0, count: k)
        return (try picked(places, axis: resolved), places)
    }

    private func picked(_ places: Tensor, axis: Int) throws -> Tensor {
        guard rank == 1, let names = labels[0] else {
            return try Tensor.make(GatherOperation(axis: axis), [self, places])
        }
        let order = try places.doubles().map { Int($0) }
        return try Tensor.make(TakeOperation(axis: 0, labels: names.picking(order)), [self, places])
    }
}

struct ArgsortOperation: Operation {
    var name: String { "argsort" }
    let axis: Int
    let descending: Bool

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(inputs[0].shape, .int64) }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].rowMajor()
        let out = try TensorData(shape: x.shape, dtype: .int64, for: name)
        let length = x.shape[axis]
        let inner = x.shape[(axis + 1)...].reduce(1, *)
        let lines = x.count == 0 ? 0 : x.count / length
        let places = out.elements(Int64.self)
        // Each line that is being sorted has its values with their positions, twice.
        if length >= 1 << 16 {
            try MemoryBudget.process.require(
                min(lines, Parallel.threads) * length * 32, for: "sorting \(length) values")
        }
        if x.dtype == .float32, (256...Int(UInt32.max)).contains(length) {
            let values = x.floats
            Parallel.run(lines) { line in
                let base = line / inner * length * inner + line % inner
                let order = orderByDigits(count: length) {
                    values[base + $0 * inner].sortingKey(descending: descending)
                }
                for (position, entry) in order.enumerated() {
                    if position & 0xfffff == 0, pool_should_stop() { return }
                    places[base + position * inner] = Int64(entry & 0xffff_ffff)
                }
            }
            withExtendedLifetime(x) {}
            return out
        }
        func run<T: Element>(_ type: T.Type) {
            let values = x.elements(T.self)
            Parallel.run(lines) { line in
                let base = line / inner * length * inner + line % inner
                var order: [(key: T, place: Int)] = []
                order.reserveCapacity(length)
                for place in 0..<length {
                    if place & 0xfffff == 0, pool_should_stop() { return }
                    order.append((values[base + place * inner], place))
                }
                var compared = 0
                // Only an interrupt throws; the result so far is then dropped.
                try? order.sort { a, b in
                    compared &+= 1
                    if compared & 0xffff == 0, pool_should_stop() { throw CancellationError() }
                    if a.key == b.key { return a.place < b.place }
                    // A value that differs from itself is not-a-number and comes last in either direction.
                    if a.key != a.key { return b.key != b.key && a.place < b.place }
                    if b.key != b.key { return true }
                    return descending ? a.key > b.key : a.key < b.key
                }
                for (position, entry) in order.enumerated() {
                    if position & 0xfffff == 0, pool_should_stop() { return }
                    places[base + position * inner] = Int64(entry.place)
                }
            }
        }
        x.dtype.withElement { run($0) }
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { axis != 0 }
}

extension Float {
    /// A number that orders floats, with -0 as 0, and not-a-number last in either direction.
    fileprivate func sortingKey(descending: Bool) -> UInt32 {
        if isNaN { return .max }
        let bits = (self + 0).bitPattern
        let ascending = bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
        return descending ? ~ascending : ascending
    }
}

/// The positions of keys in ascending order, equal keys in their original order: a radix sort, one byte per
/// pass. For long lines it takes a sixth of the time of sorting by comparison. Ends early, with any order, if
/// its region is to stop.
private func orderByDigits(count: Int, key: (Int) -> UInt32) -> [UInt64] {
    let piece = 1 << 18
    /// Calls `body` for ranges of the positions, until the region is to stop.
    func inPieces(_ body: (Range<Int>) -> Void) {
        for start in stride(from: 0, to: count, by: piece) {
            if pool_should_stop() { return }
            body(start..<min(count, start + piece))
        }
    }
    // The key in the upper bits, its position in the lower bits.
    var entries: [UInt64] = []
    entries.reserveCapacity(count)
    inPieces { part in for place in part { entries.append(UInt64(key(place)) << 32 | UInt64(place)) } }
    guard entries.count == count else { return [] }
    var others = [UInt64](unsafeUninitializedCapacity: count) { buffer, used in
        inPieces { part in
            (buffer.baseAddress.map { $0 + part.lowerBound })?.initialize(repeating: 0, count: part.count)
            used = part.upperBound
        }
    }
    guard others.count == count else { return [] }
    entries.withUnsafeMutableBufferPointer { entries in
        others.withUnsafeMutableBufferPointer { others in
            var (from, to) = (entries, others)
            for shift in [32, 40, 48, 56] as [UInt64] {
                var starts = [Int](repeating: 0, count: 256)
                inPieces { part in for place in part { starts[Int(from[place] >> shift & 255)] += 1 } }
                if pool_should_stop() { return }
                var start = 0
                for digit in 0..<256 { (starts[digit], start) = (start, start + starts[digit]) }
                inPieces { part in
                    for place in part {
                        let digit = Int(from[place] >> shift & 255)
                        to[starts[digit]] = from[place]
                        starts[digit] += 1
                    }
                }
                swap(&from, &to)
            }
        }
    }
    // The number of passes is even: the last wrote to `entries`.
    return entries
}
