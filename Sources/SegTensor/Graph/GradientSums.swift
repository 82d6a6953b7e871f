// Gradients of a batch that is spread over ranks: computed here, and summed over the ranks. Each is copied into its bucket
// as soon as it is computed, and a bucket that is full is on its way while the rest of the backward pass goes on. The
// places in the buckets are those of the list, and not of the order in which a rank computes: a rank without a sample
// computes in another.

import SegSystem

/// The part of a batch that a rank has.
public struct BatchShare: Sendable, Encodable, Equatable {
    /// The samples that it computes; a rank that has none computes one that does not count.
    public let samples: Int
    /// The place of the first in the batch, and how many count.
    public let first: Int
    public let count: Int
    /// The samples of the whole batch.
    public let total: Int

    public init(samples: Int, first: Int, count: Int, total: Int) {
        (self.samples, self.first, self.count, self.total) = (max(samples, 1), first, count, total)
    }

    /// Whether an array with so many samples is of such a part.
    func covers(_ samples: Int) -> Bool { samples == self.samples }
}

public final class GradientSums {
    /// Bytes from which a bucket is sent.
    private static let bucketSize = 4 << 20

    private struct Bucket {
        var size = 0
        /// The gradients that it still waits for.
        var missing = 0
        var data: TensorData?
        var sum: (any PendingSum)?
    }

    private let context: EvaluationContext
    private let tensors: [Tensor]
    /// The gradients that are not in a bucket yet, by node.
    private var waiting: [UInt64: [Int]] = [:]
    private var places: [(bucket: Int, offset: Int)]
    private var buckets: [Bucket] = []
    /// The buckets that are on their way: they leave in order, on all ranks alike.
    private var sent = 0

    /// Computes gradients, and other values with them.
    /// - Returns: the sums of the gradients over the ranks.
    public static func evaluate(_ gradients: [Tensor], with others: [Tensor], _ context: EvaluationContext)
        throws
        -> [Tensor]
    {
        let sums = try GradientSums(gradients, context)
        context.afterNode = { try sums.computed($0) }
        defer { context.afterNode = nil }
        try Tensor.evaluate(gradients + others)
        return try sums.finish()
    }

    private init(_ tensors: [Tensor], _ context: EvaluationContext) throws {
        self.context = context
        // The sums are of float32, as parameters are.
        self.tensors = try tensors.map { try $0.to(.float32) }
        places = Array(repeating: (0, 0), count: tensors.count)
        // The backward pass comes to the last parameters first.
        for (index, tensor) in self.tensors.enumerated().reversed() {
            if buckets.last.map({ 4 * ($0.size + tensor.count) > Self.bucketSize }) ?? true {
                buckets.append(Bucket())
            }
            let last = buckets.count - 1
            places[index] = (last, buckets[last].size)
            buckets[last].size += tensor.count
            buckets[last].missing += 1
        }
        for (index, tensor) in self.tensors.enumerated() {
            waiting[tensor.node.id, default: []].append(index)
        }
    }

    private func computed(_ node: Node) throws {
        if let indices = waiting.removeValue(forKey: node.id), let value = node.value {
            for index in indices { try add(value, index) }
        }
        for bucket in buckets { try bucket.sum?.advance() }
    }

    private func add(_ value: TensorData, _ index: Int) throws {
        let value = try value.rowMajor()
        let (number, offset) = places[index]
        let data =
            try buckets[number].data
            ?? TensorData(shape: [buckets[number].size], dtype: .float32, for: "gradients")
        (data.floats + offset).update(from: value.floats, count: value.count)
        buckets[number].data = data
        buckets[number].missing -= 1
        while sent < buckets.count, buckets[sent].missing == 0, let full = buckets[sent].data {
            let numbers = SharedNumbers(.float32, full.bytes, count: buckets[sent].size)
            buckets[sent].sum = try context.communicator.sum(numbers, context.meeting("gradients"))
            sent += 1
        }
    }

    private func finish() throws -> [Tensor] {
        // Those that were computed before, as constants are.
        for index in waiting.values.joined().sorted(by: >) { try add(try tensors[index].value(), index) }
        for bucket in buckets { try bucket.sum?.finish() }
        return zip(tensors, places).map { tensor, place in
            guard let data = buckets[place.bucket].data else { return tensor }
            return Tensor(
                TensorData(
                    storage: data.storage, offset: data.offset + 4 * place.offset, shape: tensor.shape,
                    dtype: .float32))
        }
    }
}
