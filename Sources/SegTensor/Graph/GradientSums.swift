// Gradients of a batch that is spread over ranks: computed here, and summed over the ranks. Each is copied into a bucket
// as soon as it is computed, and a bucket that is full is on its way while the rest of the backward pass goes on.

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
        var data: TensorData
        var used = 0
        var sum: (any PendingSum)?
    }

    private let context: EvaluationContext
    private let tensors: [Tensor]
    /// The gradients that are not in a bucket yet, by node.
    private var waiting: [UInt64: [Int]] = [:]
    private var places: [(bucket: Int, offset: Int)?]
    private var buckets: [Bucket] = []
    private var left = 0

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
        places = Array(repeating: nil, count: tensors.count)
        left = self.tensors.reduce(0) { $0 + $1.count }
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
        if buckets.last.map({ $0.sum != nil || $0.used + value.count > $0.data.count }) ?? true {
            try send()
            let size = max(value.count, min(left, Self.bucketSize / 4))
            buckets.append(Bucket(data: try TensorData(shape: [size], dtype: .float32, for: "gradients")))
        }
        let last = buckets.count - 1
        let offset = buckets[last].used
        (buckets[last].data.floats + offset).update(from: value.floats, count: value.count)
        buckets[last].used += value.count
        left -= value.count
        places[index] = (last, offset)
        if buckets[last].used == buckets[last].data.count { try send() }
    }

    /// Sends the last bucket, if it has not been.
    private func send() throws {
        guard let last = buckets.indices.last, buckets[last].sum == nil else { return }
        let numbers = SharedNumbers(.float32, buckets[last].data.bytes, count: buckets[last].used)
        buckets[last].sum = try context.communicator.sum(numbers, context.meeting("gradients"))
    }

    private func finish() throws -> [Tensor] {
        // Those that were computed before, as constants are.
        for (index, tensor) in tensors.enumerated() where places[index] == nil {
            try add(try tensor.value(), index)
        }
        try send()
        for bucket in buckets { try bucket.sum?.finish() }
        return zip(tensors, places).map { tensor, place in
            guard let place else { return tensor }
            let data = buckets[place.bucket].data
            return Tensor(
                TensorData(
                    storage: data.storage, offset: data.offset + 4 * place.offset, shape: tensor.shape,
                    dtype: .float32))
        }
    }
}
