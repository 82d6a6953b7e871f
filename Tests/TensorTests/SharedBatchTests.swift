// A batch that is spread over ranks, with a communicator that sums what two ranks with the same samples would.

import SegSystem
import Testing

@testable import SegTensor

/// Two ranks that compute the same: each sum is twice the own numbers.
private final class TwinRanks: Communicator {
    var rank: Int { 0 }
    var ranks: Int { 2 }
    var neighbours: Int { 2 }
    var traffic: (messages: Int, bytes: Int) { (0, 0) }
    var isEnding: Bool { false }
    func broadcast(_ bytes: [UInt8], _ meeting: Meeting) -> [UInt8] { bytes }
    func gather(_ bytes: [UInt8], _ meeting: Meeting) -> [[UInt8]] { [bytes, bytes] }
    func sum(_ numbers: SharedNumbers, _ meeting: Meeting) -> any PendingSum {
        // At the end, as a sum on its way would.
        Later(numbers)
    }
    func beginJob(_ meeting: Meeting) -> Int { 0 }
    func nextTask(of job: Int) -> Int { .max }
    func report(_ result: TaskResult) {}
    func takeResults(waiting: Bool) -> [TaskResult] { [] }
    func end(status: Int32, text: String) -> (status: Int32, text: String) { (status, text) }

    private final class Later: PendingSum {
        let numbers: SharedNumbers
        init(_ numbers: SharedNumbers) { self.numbers = numbers }
        func advance() {}
        func finish() {
            let bytes = numbers.count * numbers.size
            let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
            defer { copy.deallocate() }
            copy.copyMemory(from: numbers.start, byteCount: bytes)
            numbers.add(copy, first: 0, count: numbers.count)
        }
    }
}

struct SharedBatchTests {
    private static let half = BatchShare(samples: 2, first: 0, count: 2, total: 4)

    /// Runs a body as the first of the two ranks.
    private static func asTwin<Result>(_ share: BatchShare?, _ body: () throws -> Result) rethrows -> Result {
        let context = EvaluationContext()
        context.communicator = TwinRanks()
        context.share = share
        return try EvaluationContext.$current.withValue(context, operation: body)
    }

    /// Loss and gradients by input and weight of a batch norm whose result is squared.
    private static func norm(_ x: Tensor, _ weight: Tensor) throws -> [[Double]] {
        let scope = TrackingScope()
        let tracked = try [scope.track(x), scope.track(weight)]
        let (y, mean, variance) = try Tensor.batchNormTraining(
            tracked[0], weight: tracked[1], bias: .zeros([3]))
        let factors = try Tensor.from((0..<12).map { Double($0 % 5) }, shape: [1, 3, 2, 2], dtype: .float32)
        let loss = try Tensor.reduce(.sum, y * y * factors)
        let found = try gradients(of: loss, wrt: tracked)
        scope.end(from: [loss, mean, variance] + found)
        return try [mean, variance, found[0], found[1]].map { try $0.doubles() }
    }

    @Test func aPartOfABatchIsNormalisedAsTheWhole() throws {
        let x = try GradientCases.numbers([2, 3, 2, 2], 7, offset: 2, .float32)
        let weight = try GradientCases.numbers([3], 8, offset: 1, .float32)
        let whole = try Self.norm(.cat([x, x]), weight)
        let part = try Self.asTwin(Self.half) { try Self.norm(x, weight) }
        for (own, all) in zip(part[0] + part[1], whole[0] + whole[1]) { #expect(abs(own - all) < 1e-6) }
        for (own, all) in zip(part[2], whole[2]) { #expect(abs(own - all) < 1e-5) }
        // The gradient by the weight is the own part's, until all gradients are summed.
        for (own, all) in zip(part[3], whole[3]) { #expect(abs(2 * own - all) < 1e-4) }
        // The statistics of half of the batch alone would be the same here, but not with a part that does not count.
        let idle = BatchShare(samples: 2, first: 0, count: 0, total: 4)
        let nothing = try Self.asTwin(idle) { try Self.norm(x, weight) }
        #expect(nothing[0] == [0, 0, 0] && nothing[2].allSatisfy { $0 == 0 })
    }

    @Test func dropoutOfAPartIsThatOfTheWhole() throws {
        let key = RandomKey(seed: 5)
        let whole = try Tensor.dropout(.ones([4, 3, 5]), p: 0.5, key: key).doubles()
        for first in 0..<4 {
            let share = BatchShare(samples: 1, first: first, count: 1, total: 4)
            let part = try Self.asTwin(share) {
                try Tensor.dropout(.ones([1, 3, 5]), p: 0.5, key: key).doubles()
            }
            #expect(part == Array(whole[15 * first..<15 * (first + 1)]))
        }
    }

    @Test func gradientsAreSummedInBuckets() throws {
        let sizes = [3, 2_000_000, 5, 7]
        let tensors = try sizes.map { try Tensor.full([$0], Double($0), dtype: .float32) * 1.5 }
        let context = EvaluationContext()
        context.communicator = TwinRanks()
        let sums = try EvaluationContext.$current.withValue(context) {
            try GradientSums.evaluate(tensors, with: [], context)
        }
        for (size, sum) in zip(sizes, sums) {
            #expect(sum.shape == [size])
            #expect(try sum.doubles().allSatisfy { $0 == 3 * Double(size) })
        }
    }
}
