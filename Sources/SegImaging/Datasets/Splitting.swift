// Splitting a data set for training, validation and test. A sequence is split into blocks, since
// neighbouring frames are nearly the same picture.

import SegSystem
import SegTensor

public enum Splitting {
    /// Blocks of the sequence by fractions that sum to at most 1, or by counts; with `key`, random frames.
    public static func split(_ data: any Dataset, _ sizes: [Double], randomly key: RandomKey?) throws
        -> [Subset]
    {
        try refuseAugmented(data, "split")
        guard !sizes.isEmpty, sizes.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw TensorError(
                .value,
                "split: the parts are fractions above 0 that sum to 1, such as [0.7, 0.15, 0.15], or counts of samples, such as [60, 18]"
            )
        }
        let total = sizes.reduce(0, +)
        var order = try order(of: data, for: "split")
        if let key { order = try Tensor.permutation(data.count, key: key).doubles().map { Int($0) } }
        var ends: [Int] = []
        if sizes.allSatisfy({ $0.rounded() == $0 }), total > 1 {
            guard total <= Double(data.count) else {
                throw TensorError(
                    .value,
                    "split: the counts sum to \(Tensor.text(of: total)), but there are \(data.count) samples")
            }
            for size in sizes { ends.append((ends.last ?? 0) + Int(size)) }
        } else {
            guard total <= 1 + 1e-9 else {
                throw TensorError(
                    .value, "split: the fractions sum to \(Tensor.text(of: total)), more than 1",
                    help: sizes.contains { $0 > 1 } ? "counts of samples are whole numbers" : nil)
            }
            var share = 0.0
            for size in sizes {
                share += size
                ends.append(min(data.count, Int((share * Double(data.count)).rounded())))
            }
        }
        var start = 0
        return try zip(sizes, ends).map { size, end in
            guard end > start else {
                throw TensorError(
                    .value,
                    "split: the part of \(Tensor.text(of: size)) of \(plural(data.count, "sample")) is empty")
            }
            defer { start = end }
            return try Subset(data, order[start..<end].sorted())
        }
    }

    /// One part for each list of names. A name is that of a sample, or a path that ends in it.
    /// - Throws: one error for all names that no sample has, or that are in two parts.
    public static func split(_ data: any Dataset, named lists: [[String]]) throws -> (
        parts: [Subset], others: [Int]
    ) {
        try refuseAugmented(data, "split")
        var places: [String: Int] = [:]
        let names = try names(of: data)
        for (place, name) in names.enumerated() {
            if let first = places.updateValue(place, forKey: name) {
                throw TensorError(
                    .value,
                    "split: samples \(first) and \(place) have the same name, \(name); names do not tell them apart",
                    help: "subset(data, [0, 2, …]) takes samples by their places")
            }
        }
        func place(of name: String) -> Int? {
            var rest = name[...]
            while true {
                if let place = places[String(rest)] { return place }
                let file = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
                if let point = rest[file...].lastIndex(of: "."),
                    let place = places[String(rest[..<point])]
                {
                    return place
                }
                guard let slash = rest.firstIndex(of: "/") else { return nil }
                rest = rest[rest.index(after: slash)...]
            }
        }
        var owner = [Int?](repeating: nil, count: data.count)
        var unknown: [String] = []
        var twice: [String] = []
        for (number, list) in lists.enumerated() {
            for name in list {
                guard let place = place(of: name) else {
                    unknown.append(name)
                    continue
                }
                if let first = owner[place], first != number { twice.append(name) }
                owner[place] = number
            }
        }
        guard unknown.isEmpty else {
            let near = unknown.first.flatMap { nearestName(to: $0, among: names) }
            throw TensorError(
                .value,
                "split: no sample has the name \(listText(unknown, most: 8))",
                help: near.map { "did you mean \($0)?" }
                    ?? "samples have names such as \(names.prefix(3).joined(separator: ", "))")
        }
        guard twice.isEmpty else {
            throw TensorError(
                .value, "split: \(listText(twice, most: 8)) \(twice.count == 1 ? "is" : "are") in two parts")
        }
        let parts = try lists.indices.map { number in
            try Subset(data, owner.indices.filter { owner[$0] == number })
        }
        return (parts, owner.indices.filter { owner[$0] == nil })
    }

    /// The names of all samples.
    public static func names(of data: any Dataset) throws -> [String] {
        try MemoryBudget.process.require(
            try (Size(data.count) * MemoryLayout<String>.stride).value,
            for: "a list of the names of \(data.count) samples")
        return try (0..<data.count).map { index in
            if index & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
            return try data.name(index)
        }
    }

    /// The positions of all samples in order.
    public static func order(of data: any Dataset, for name: String) throws -> [Int] {
        try checkOrder(data, name)
        return Array(0..<data.count)
    }

    /// The positions of the samples, in the orders that a function makes of them, must fit into memory.
    private static func checkOrder(_ data: any Dataset, _ name: String, times: Int = 4) throws {
        try MemoryBudget.process.require(
            try (Size(data.count) * (times * MemoryLayout<Int>.stride)).value,
            for: "\(name) of \(data.count) samples")
    }

    /// `k` pairs of training and validation part; the validation parts are blocks that cover all frames.
    public static func folds(_ data: any Dataset, _ k: Int) throws -> [(train: Subset, validation: Subset)] {
        try refuseAugmented(data, "kfold")
        guard k >= 2, k <= data.count else {
            throw TensorError(
                .value, "kfold: k must be from 2 to the number of samples (\(data.count)), not \(k)")
        }
        _ = try Size(data.count) * k
        try checkOrder(data, "kfold", times: min(k, 1 << 20) + 2)
        return try (0..<k).map { fold in
            try EvaluationContext.current.checkInterrupt()
            let block = (fold * data.count / k)..<((fold + 1) * data.count / k)
            let rest = (0..<data.count).filter { !block.contains($0) }
            return (try Subset(data, rest), try Subset(data, Array(block)))
        }
    }

    /// For each frame of one part whether the other has it too: it is of the same place of a sequence, of the same file by
    /// any path, or of a file with the same bytes.
    public static func shared(_ part: any Dataset, with other: any Dataset) throws -> [Bool] {
        let near = try nearest(part, to: other)
        var paths: Set<String> = []
        var bySize: [Int: [String]] = [:]
        func eachFile(_ data: any Dataset, _ body: (Int, FramePair) throws -> Void) throws {
            for index in 0..<data.count {
                if index & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
                if let files = data.files(index) { try body(index, files) }
            }
        }
        try eachFile(other) { _, files in
            guard paths.insert(Folder.resolved(files.image) ?? files.image).inserted else { return }
            if let size = FileStatus(files.image)?.size { bySize[size, default: []].append(files.image) }
        }
        var result = near.map { $0 == 0 }
        guard !paths.isEmpty else { return result }
        var digests: [String: Digest] = [:]
        func digest(_ path: String) -> Digest? {
            if let known = digests[path] { return known }
            let made = try? FileReader.contents(of: path).withUnsafeBytes { Digest($0) }
            digests[path] = made
            return made
        }
        try eachFile(part) { index, files in
            if result[index] { return }
            if paths.contains(Folder.resolved(files.image) ?? files.image) {
                result[index] = true
            } else if let size = FileStatus(files.image)?.size, let alike = bySize[size],
                let own = digest(files.image)
            {
                try EvaluationContext.current.checkInterrupt()
                result[index] = alike.contains { digest($0) == own }
            }
        }
        return result
    }

    /// Whether samples that follow each other are in the order of their sequence, so that a block of them is one of it.
    public static func isInOrder(_ data: any Dataset) throws -> Bool {
        var last: [String: Int] = [:]
        for index in 0..<data.count {
            if index & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
            let origin = data.origin(index)
            if let before = last.updateValue(origin.position, forKey: origin.sequence),
                before > origin.position
            {
                return false
            }
        }
        return true
    }

    /// How many pictures have samples in several parts: tiles or repetitions, which a cut has divided. 0 for very many
    /// samples, which are not looked at.
    public static func divided(_ parts: [any Dataset]) throws -> Int {
        guard parts.allSatisfy({ $0.count <= 1_000_000 }) else { return 0 }
        var owner: [FrameOrigin: Int] = [:]
        var found: Set<FrameOrigin> = []
        for (number, part) in parts.enumerated() {
            for index in 0..<part.count {
                if index & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
                let origin = part.origin(index)
                if let first = owner.updateValue(number, forKey: origin), first != number {
                    found.insert(origin)
                }
            }
        }
        return found.count
    }

    /// The distance of each frame of one part to the nearest frame of another in the same sequence, in frames;
    /// `Int.max` where the other has none of that sequence.
    public static func nearest(_ part: any Dataset, to other: any Dataset) throws -> [Int] {
        try checkOrder(part, "leakage")
        try checkOrder(other, "leakage")
        var places: [String: [Int]] = [:]
        for index in 0..<other.count {
            if index & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
            let origin = other.origin(index)
            places[origin.sequence, default: []].append(origin.position)
        }
        for name in places.keys { places[name]?.sort() }
        return try (0..<part.count).map { index in
            if index & 0xff == 0 { try EvaluationContext.current.checkInterrupt() }
            let origin = part.origin(index)
            guard let sorted = places[origin.sequence] else { return Int.max }
            // The first place that is not before this one, by bisection.
            var (low, high) = (0, sorted.count)
            while low < high {
                let middle = (low + high) / 2
                if sorted[middle] < origin.position { low = middle + 1 } else { high = middle }
            }
            let after = low < sorted.count ? sorted[low] - origin.position : Int.max
            let before = low > 0 ? origin.position - sorted[low - 1] : Int.max
            return min(after, before)
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
