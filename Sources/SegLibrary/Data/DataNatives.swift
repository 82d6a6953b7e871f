// Drawn scenes, batches of samples, and counts. Views of data sets are in ViewNatives.swift, changed copies in
// AugmentNatives.swift.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

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
        "data_digest(data)",
        "32 digits that identify a data set. They are the same for the same pictures, masks and names of classes in the "
            + "same order, wherever the files are. All files are read.",
        examples: [
            "data = streets(count=2, size=32)\n"
                + "print(len(data_digest(data)), data_digest(data) == data_digest(streets(count=2, size=32, seed=1)))  # expect: 32 false"
        ]
    ) { call in
        let data = try call.dataset(0)
        var digest = DigestBuilder()
        for name in data.labels.names { digest.add(name) }
        let count = data.dataset.count
        try call.interpreter.reporting("reading", total: count, unit: "pictures") { between in
            for place in 0..<count {
                try between(place)
                let frame = try data.dataset.checkedFrame(place)
                digest.add(frame.imageDigest)
                digest.add(frame.maskDigest)
            }
        }
        return .string("\(digest.finish())")
    },
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
        "batches(data, size, shuffle=false, drop_last=false, of_one_size=false)",
        "Batches to loop over: records with images [N, 3, H, W] (float32), masks [N, H, W], names and count. "
            + "Pictures of different sizes are an error; with of_one_size=true a batch ends where the size changes.",
        examples: [
            "for b in batches(streets(count=5, size=32), 2) { print(b.images.shape[0]) }  # expect: 2\n# expect: 2\n# expect: 1"
        ]
    ) { call in
        let data = try call.dataset(0)
        let size = try call.integer(1)
        guard size >= 1 else {
            throw Failure(.value, "batches: a batch has at least 1 sample, not \(size)", argument: 1)
        }
        var order = try Splitting.order(of: data.dataset, for: "batches")
        if try call.bool(2) {
            order = try Tensor.permutation(order.count, key: call.interpreter.random.stream.next()).doubles()
                .map {
                    Int($0)
                }
        }
        if try call.bool(3) { order.removeLast(order.count % size) }
        return .object(BatchesValue(data, order: order, size: size, ofOneSize: try call.bool(4)))
    },
    Native(
        "batch_of(data, indices, epoch=0, then=nil)",
        "One batch of the samples at some positions, as `batches` makes them. epoch= is the one in which data "
            + "without copies= are drawn; then= has the positions of the next batch, which is made ready meanwhile.",
        examples: ["print(batch_of(streets(count=5, size=32), [4, 0]).count)  # expect: 2"]
    ) { call in
        let data = try call.dataset(0)
        return try data.batch(
            try call.samplePositions(1, of: data.dataset.count), epoch: try call.integer(2),
            then: try call.integers(3))
    },
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
