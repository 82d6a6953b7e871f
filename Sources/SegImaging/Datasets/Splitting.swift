// Splitting a data set for training, validation and test. A sequence is split into blocks, since
// neighbouring frames are nearly the same picture.

import SegTensor

public enum Splitting {
    /// Blocks of the sequence by fractions that sum to at most 1; with `key`, random frames.
    public static func split(_ data: any Dataset, _ fractions: [Double], randomly key: RandomKey?) throws
        -> [Subset]
    {
        try refuseAugmented(data, "split")
        guard !fractions.isEmpty, fractions.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
            throw TensorError(
                .value, "split: fractions are numbers above 0 that sum to 1, such as [0.7, 0.15, 0.15]")
        }
        let total = fractions.reduce(0, +)
        guard total <= 1 + 1e-9 else {
            throw TensorError(.value, "split: the fractions sum to \(Tensor.text(of: total)), more than 1")
        }
        var order = Array(0..<data.count)
        if let key { order = try Tensor.permutation(data.count, key: key).doubles().map { Int($0) } }
        var parts: [Subset] = []
        var (start, share) = (0, 0.0)
        for fraction in fractions {
            share += fraction
            let end = min(data.count, Int((share * Double(data.count)).rounded()))
            guard end > start else {
                throw TensorError(
                    .value,
                    "split: the part of \(Tensor.text(of: fraction)) of \(data.count) samples is empty")
            }
            parts.append(try Subset(data, order[start..<end].sorted()))
            start = end
        }
        return parts
    }

    /// `k` pairs of training and validation part; the validation parts are blocks that cover all frames.
    public static func folds(_ data: any Dataset, _ k: Int) throws -> [(train: Subset, validation: Subset)] {
        try refuseAugmented(data, "kfold")
        guard k >= 2, k <= data.count else {
            throw TensorError(
                .value, "kfold: k must be from 2 to the number of samples (\(data.count)), not \(k)")
        }
        return try (0..<k).map { fold in
            let block = (fold * data.count / k)..<((fold + 1) * data.count / k)
            let rest = (0..<data.count).filter { !block.contains($0) }
            return (try Subset(data, rest), try Subset(data, Array(block)))
        }
    }

    /// The distance of each frame of one part to the nearest frame of another, in frames of the sequence.
    public static func nearest(_ part: any Dataset, to other: any Dataset) -> [Int] {
        let places = (0..<other.count).map(other.position).sorted()
        return (0..<part.count).map { index in
            let place = part.position(index)
            return places.reduce(Int.max) { min($0, abs($1 - place)) }
        }
    }

    private static func refuseAugmented(_ data: any Dataset, _ name: String) throws {
        if data.isAugmented {
            throw TensorError(
                .value,
                "\(name): the data set already contains augmented copies, which would be in both parts",
                help: "split first, then augment the training part alone")
        }
    }
}
