// Creating, splitting and changing data sets, and grouping their samples into batches.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

extension Arguments {
    fileprivate func frameSize(_ place: Int, shorter: Int) throws -> FrameSize {
        if !values[shorter].isNil { return .shorter(try integer(shorter)) }
        guard let sizes = try integers(place), let first = sizes.first, sizes.count <= 2 else {
            throw Failure(
                .call,
                "resize needs a size: resize(data, 520), resize(data, [h, w]) or resize(data, shorter=520)")
        }
        return .exact(height: first, width: sizes.last ?? first)
    }

    /// Three numbers, one per channel; one number applies to all.
    fileprivate func channels(_ place: Int) throws -> [Double] {
        let numbers = try tensor(place).doubles()
        return numbers.count == 1 ? [numbers[0], numbers[0], numbers[0]] : numbers
    }

    fileprivate func augmentations(_ place: Int) throws -> [Augmentation] {
        func one(_ value: Value) throws -> Augmentation {
            guard let found = value.foreign(AugmentationValue.self) else {
                throw wrong(place, "hflip(), rotate(15) and the like, one or a list")
            }
            return found.augmentation
        }
        if case .object(let list as ListObject) = values[place] { return try list.items.map(one) }
        return [try one(values[place])]
    }

    /// A range of factors, `0.5...1.5`.
    fileprivate func factors(_ place: Int) throws -> ClosedRange<Double> {
        guard case .object(let range as RangeObject) = values[place], let end = range.end, range.start >= 0,
            end >= range.start, end < 1000
        else { throw wrong(place, "a range of factors such as 0.5...1.5") }
        return range.start...end
    }
}

/// One kind of augmentation, as `rotate(15)` returns it.
final class AugmentationValue: ForeignValue {
    let augmentation: Augmentation
    init(_ augmentation: Augmentation) {
        self.augmentation = augmentation
        super.init()
    }
    override var typeName: String { "augmentation" }
    override func saved(_ interpreter: Interpreter) -> (kind: String, parts: Value)? { savedParts() }
    override func line(_ interpreter: Interpreter) -> String { augmentation.text }
}

/// A record of a batch: images [N, 3, H, W] float32, masks [N, H, W], names, count.
private func batch(_ data: DatasetValue, _ indices: [Int]) throws -> Value {
    var images: [Tensor] = []
    var masks: [Tensor] = []
    var names: [Value] = []
    for index in indices {
        let frame = try data.dataset.checkedFrame(index)
        var image = try frame.imageTensor()
        if let first = images.first, first.shape != image.shape {
            throw TensorError(
                .shape,
                "pictures of \(sizeText(height: first.shape[1], width: first.shape[2])) and of \(sizeText(height: image.shape[1], width: image.shape[2])) do not make a batch",
                help: "resize them to one size: data.resize(520)", notes: [])
        }
        if image.dtype == .uint8 {
            image = try Tensor.apply(.divide, .tensor(try image.to(.float32)), .number(255))
        }
        images.append(image)
        masks.append(try frame.maskTensor())
        names.append(.string(frame.name))
    }
    return .object(
        RecordObject([
            ("images", .tensor(try Tensor.stack(images))),
            ("masks", .tensor(try Tensor.stack(masks), categories: data.labels)),
            ("names", .list(names)), ("count", .number(Double(indices.count))),
        ]))
}

/// The result of `batches`: a loop over it creates one batch after the other.
final class BatchesValue: ForeignValue {
    let data: DatasetValue
    let order: [Int]
    let size: Int

    init(_ data: DatasetValue, order: [Int], size: Int) {
        self.data = data
        self.order = order
        self.size = size
        super.init()
    }

    override var typeName: String { "batches" }
    override func saved(_ interpreter: Interpreter) -> (kind: String, parts: Value)? { savedParts() }
    override func line(_ interpreter: Interpreter) -> String {
        "\((order.count + size - 1) / size) batches of \(size)"
    }
    override func count(_ interpreter: Interpreter) -> Int? { (order.count + size - 1) / size }
    override func iterator(_ interpreter: Interpreter) -> (() throws -> Value?)? {
        var start = 0
        return { [self] in
            guard start < order.count else { return nil }
            let end = min(start + size, order.count)
            defer { start = end }
            return try batch(data, Array(order[start..<end]))
        }
    }
}

/// The mean and deviation of pictures for pretrained models.
let dataValues: [LibraryValue] = [
    LibraryValue(
        "imagenet_mean", "The means of red, green and blue over ImageNet's pictures, in 0…1.", topic: "data",
        examples: ["print(imagenet_mean)  # expect: [0.485, 0.456, 0.406]"]
    ) { _ in .list(Normalization.imageNet.mean.map { .number($0) }) },
    LibraryValue(
        "imagenet_std", "The deviations of red, green and blue over ImageNet's pictures, in 0…1.",
        topic: "data", examples: ["print(imagenet_std)  # expect: [0.229, 0.224, 0.225]"]
    ) { _ in .list(Normalization.imageNet.deviation.map { .number($0) }) },
]

let dataNatives: [Native] = [
    Native(
        "streets(count=60, size=[360, 480], seed=0, void=nil)",
        "Drawn driving scenes in CamVid's 32 classes: one video sequence, the same for the same seed. void= takes "
            + "classes out of them, by name, number or colour.",
        examples: [
            "data = streets(count=4, size=[60, 80])\nprint(len(data), data[0].mask.shape)  # expect: 4 [60, 80]"
        ]
    ) { call in
        let (height, width) = try call.pair(1)
        let count = try call.integer(0)
        guard count >= 0, count <= 1_000_000 else {
            throw Failure(.value, "streets: count must be 0 to 1000000, not \(count)", argument: 0)
        }
        guard (16...8192).contains(height), (16...8192).contains(width) else {
            throw Failure(
                .value,
                "streets: a size of \(sizeText(height: height, width: width)); sides must be 16 to 8192 pixels",
                argument: 1)
        }
        let scenes = StreetsDataset(
            count: count, height: height, width: width, seed: UInt64(bitPattern: Int64(try call.integer(2))))
        let void = try call.voidMarks(3)
        guard !void.isEmpty else { return .object(try DatasetValue(scenes)) }
        let left = try ClassTable(scenes.palette).withVoid(void).classes.map { ($0.name, [$0.name]) }
        return .object(try DatasetValue(try Regrouped(scenes, left)))
    },
    Native(
        "split(data, fractions, by=\"block\")",
        "A list of parts by fractions. They are blocks of the sequence; by=\"random\" draws frames, and warns "
            + "about similar frames.",
        examples: [
            "a, b = split(streets(count=10, size=32), [0.8, 0.2])\nprint(len(a), len(b))  # expect: 8 2"
        ]
    ) { call in
        let how = try call.string(2)
        guard ["block", "random"].contains(how) else {
            throw Failure(.value, "split: by is \"block\" or \"random\", not \"\(how)\"", argument: 2)
        }
        let data = try call.dataset(0)
        let parts = try Splitting.split(
            data.dataset, try call.numbers(1) ?? call.tensor(1).doubles(),
            randomly: how == "random" ? call.interpreter.random.stream.next() : nil)
        if how == "random", let first = parts.first, parts.count > 1 {
            let near = parts.dropFirst().flatMap { Splitting.nearest($0, to: first) }.filter { $0 <= 2 }.count
            let others = parts.dropFirst().reduce(0) { $0 + $1.count }
            call.interpreter.output(
                "random split: \(near) of \(others) held-out frames are within 2 frames of a training frame, "
                    + "nearly the same picture; results will look better than they are\n")
        }
        return .list(try parts.map { .object(try DatasetValue($0)) })
    },
    Native(
        "kfold(data, k)",
        "A list of k pairs [training part, validation part]; the validation parts are blocks.",
        examples: [
            "folds = kfold(streets(count=10, size=32), 5)\nprint(len(folds), len(folds[0][0]))  # expect: 5 8"
        ]
    ) { call in
        .list(
            try Splitting.folds(try call.dataset(0).dataset, try call.integer(1)).map { fold in
                .list([.object(try DatasetValue(fold.train)), .object(try DatasetValue(fold.validation))])
            })
    },
    Native(
        "concat(...datasets)", "Data sets of the same classes, one after the other.",
        examples: ["a = streets(count=2, size=32)\nprint(len(concat(a, a)))  # expect: 4"]
    ) { call in
        guard case .object(let list as ListObject) = call[0] else { throw call.wrong(0, "data sets") }
        var items = list.items
        if items.count == 1, case .object(let inner as ListObject) = items[0] { items = inner.items }
        let parts = try items.map { item -> any Dataset in
            guard let data = item.foreign(DatasetValue.self) else { throw call.wrong(0, "data sets") }
            return data.dataset
        }
        return .object(try DatasetValue(try Concatenation(parts)))
    },
    Native(
        "shuffle(data)", "The samples in random order.",
        examples: ["print(len(shuffle(streets(count=3, size=32))))  # expect: 3"]
    ) { call in
        let data = try call.dataset(0)
        let order = try Tensor.permutation(data.dataset.count, key: call.interpreter.random.stream.next())
        return .object(try DatasetValue(try Subset(data.dataset, try order.doubles().map { Int($0) })))
    },
    Native(
        "subset(data, indices)", "Some samples, by a list or tensor of their positions.",
        examples: ["print(len(subset(streets(count=5, size=32), [0, 4])))  # expect: 2"]
    ) { call in .object(try DatasetValue(try Subset(try call.dataset(0).dataset, try call.integers(1) ?? [])))
    },
    Native(
        "resize(data, size=nil, shorter=nil)",
        "Pictures resized with antialiasing, masks by the nearest pixel. resize(data, 520) is square, "
            + "resize(data, [h, w]) has that size, resize(data, shorter=520) keeps the proportion.",
        examples: ["print(streets(count=1, size=[60, 80]).resize(32)[0].image.shape)  # expect: [3, 32, 32]"]
    ) { call in
        let size = try call.frameSize(1, shorter: 2)
        return .object(try DatasetValue(try call.dataset(0).dataset.resized(size)))
    },
    Native(
        "normalize(data, mean=imagenet_mean, std=imagenet_std)",
        "Pictures as float32, (x / 255 - mean) / std by channel; by default with ImageNet's numbers.",
        examples: ["print(streets(count=1, size=32).normalize()[0].image.dtype)  # expect: float32"]
    ) { call in
        let normalization = try Normalization(mean: try call.channels(1), deviation: try call.channels(2))
        return .object(try DatasetValue(try call.dataset(0).dataset.normalized(normalization)))
    },
    Native(
        "augment(data, changes, copies=1, seed=0)",
        "The samples and, after them, `copies` changed copies of each. Changes are hflip(), vflip(), "
            + "rotate(15), saturation(0.5...1.5), brightness(0.7...1.3), noise(0.05), one or a list. A copy "
            + "stays the same picture.",
        examples: [
            "print(len(augment(streets(count=3, size=32), [hflip(), rotate(5)], copies=2)))  # expect: 9"
        ]
    ) { call in
        .object(
            try DatasetValue(
                try AugmentedDataset(
                    try call.dataset(0).dataset, try call.augmentations(1), copies: try call.integer(2),
                    seed: UInt64(bitPattern: Int64(try call.integer(3))))))
    },
    Native(
        "hflip()", "Swaps left and right, in half of the copies.",
        examples: ["print(hflip())  # expect: hflip()"]
    ) { _ in
        .object(AugmentationValue(.horizontalFlip))
    },
    Native(
        "vflip()", "Swaps top and bottom, in half of the copies.",
        examples: ["print(vflip())  # expect: vflip()"]
    ) { _ in
        .object(AugmentationValue(.verticalFlip))
    },
    Native(
        "rotate(degrees)", "Rotates by up to so many degrees in either direction; corners become void.",
        examples: ["print(rotate(15))  # expect: rotate(15)"]
    ) { call in
        let degrees = try call.number(0)
        guard degrees >= 0, degrees <= 180 else {
            throw Failure(
                .value, "rotate: degrees must be from 0 to 180, not \(Tensor.text(of: degrees))", argument: 0)
        }
        return .object(AugmentationValue(.rotation(degrees: degrees)))
    },
    Native(
        "saturation(factors)", "Scales the saturation by a random factor from a range; 0 is gray.",
        examples: ["print(saturation(0.5...1.5))  # expect: saturation(0.5...1.5)"]
    ) { call in .object(AugmentationValue(.saturation(try call.factors(0)))) },
    Native(
        "brightness(factors)", "Scales the brightness by a random factor from a range.",
        examples: ["print(brightness(0.7...1.3))  # expect: brightness(0.7...1.3)"]
    ) { call in .object(AugmentationValue(.brightness(try call.factors(0)))) },
    Native(
        "noise(deviation)",
        "Adds normal noise; the deviation is a fraction of the whole range of brightness.",
        examples: ["print(noise(0.05))  # expect: noise(0.05)"]
    ) { call in
        let deviation = try call.number(0)
        guard deviation >= 0, deviation <= 10 else {
            throw Failure(
                .value, "noise: the deviation must be from 0 to 1, not \(Tensor.text(of: deviation))",
                argument: 0)
        }
        return .object(AugmentationValue(.noise(deviation: deviation)))
    },
    Native(
        "batches(data, size, shuffle=false, drop_last=false)",
        "Batches to loop over: records with images [N, 3, H, W] (float32), masks [N, H, W], names and count.",
        examples: [
            "for b in batches(streets(count=5, size=32), 2) { print(b.images.shape[0]) }  # expect: 2\n# expect: 2\n# expect: 1"
        ]
    ) { call in
        let data = try call.dataset(0)
        let size = try call.integer(1)
        guard size >= 1 else {
            throw Failure(.value, "batches: a batch has at least 1 sample, not \(size)", argument: 1)
        }
        var order = Array(0..<data.dataset.count)
        if try call.bool(2) {
            order = try Tensor.permutation(order.count, key: call.interpreter.random.stream.next()).doubles()
                .map {
                    Int($0)
                }
        }
        if try call.bool(3) { order.removeLast(order.count % size) }
        return .object(BatchesValue(data, order: order, size: size))
    },
    Native(
        "batch_of(data, indices)", "One batch of the samples at some positions, as `batches` makes them.",
        examples: ["print(batch_of(streets(count=5, size=32), [4, 0]).count)  # expect: 2"]
    ) { call in try batch(try call.dataset(0), try call.integers(1) ?? []) },
    Native(
        "pixels_with(counts)",
        "For each class the pixels of the pictures that hold it. Only `data.counts` has them.",
        examples: ["c = streets(count=2, size=32).counts\nprint(pixels_with(c)[\"Road\"])  # expect: 2048"]
    ) { call in
        guard let counts = call[0].foreign(CountsValue.self) else {
            throw Failure(
                .value, "these counts have no number of pixels in the pictures that hold each class",
                help: "median frequency needs `data.counts` itself, not numbers made from it", argument: 0)
        }
        return .tensor(try counts.pixelsWith())
    },
]
