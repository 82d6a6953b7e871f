// Data sets as values of the language: counted, indexed, sliced, looped over. Those of scripts are in
// ScriptDatasets.swift, batches in Batches.swift.

import SegImaging
import SegRuntime
import SegSyntax
import SegTensor

public final class DatasetValue: ForeignValue {
    public let dataset: any Dataset
    private var counted: (counts: CountsValue, files: Int)?
    /// The batch that is expected next, so that its pictures can be made while another batch is used.
    var upcoming: PreparedBatch?
    /// The loops over batches of data that are drawn anew, each an epoch.
    var epochs = 0
    /// The class names, shared by all tensors of the data set.
    let labels: AxisLabels

    public init(_ dataset: any Dataset) throws {
        self.dataset = dataset
        labels = try AxisLabels(dataset.palette.names, colors: dataset.palette.colors.map(\.code))
        super.init()
    }

    public override var typeName: String { "dataset" }
    public override func line(_ interpreter: Interpreter) throws -> String {
        "dataset of \(dataset.count) (\(dataset.about))"
    }

    public override func display(_ interpreter: Interpreter) throws -> String { try picture(interpreter) }

    public override func count(_ interpreter: Interpreter) throws -> Int? { dataset.count }

    public override func saved(_ interpreter: Interpreter) throws -> (kind: String, parts: Value)? {
        try savedParts()
    }

    public override var held: [Value] { dataset.makers }

    public override func copied(holding held: [Value]) -> ForeignValue {
        DatasetValue(self, dataset.made(by: held))
    }

    /// Another form of the same data.
    private init(_ original: DatasetValue, _ dataset: any Dataset) {
        self.dataset = dataset
        labels = original.labels
        counted = original.counted
        epochs = original.epochs
        super.init()
    }

    public override var memberNames: [String] { Self.members }

    static let members = [
        "classes", "colors", "counts", "counts_by_picture", "void_pixels", "augmented", "names",
        "normalization", "count", "about",
    ]

    public override func member(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "classes": .list(labels.names.map { .string($0) })
        case "colors": .colors(labels.colors ?? [])
        case "counts": .object(try counts(interpreter))
        case "counts_by_picture": .tensor(try countsByPicture(interpreter))
        case "augmented": .bool(dataset.isAugmented)
        case "void_pixels": .number(Double(try counts(interpreter).pixelCounts.void))
        case "names": .list(try Splitting.names(of: dataset).map { .string($0) })
        case "normalization": normalization()
        case "count": .number(Double(dataset.count))
        case "about": .string(dataset.about)
        default: nil
        }
    }

    public override func help(forMissing name: String) -> String? {
        switch name {
        case "shape", "size": "data[0].image.shape is the shape of a picture, len(data) their count"
        case "images": "data[0].image is a picture; batches(data, 10) gives batches of them"
        case "masks", "labels", "targets": "data[0].mask is a mask; batches(data, 10) gives batches of them"
        case "len": "write len(data)"
        case "train", "val", "valid", "test": "train, val = split(data, [0.8, 0.2]) makes two parts"
        case "filenames", "paths", "files", "ids": "data.names has the names of the samples"
        case "batch_size": "batches(data, 10), or batch=10 of a trainer"
        default: nil
        }
    }

    /// Pixels by class, counted at the first access.
    func counts(_ interpreter: Interpreter) throws -> CountsValue {
        // Masks that were written again, or that a script makes anew, are counted again. To look takes no random
        // number.
        let state = interpreter.random.stream.state
        let files = dataset.maskStamp
        interpreter.random.stream.state = state
        let known = counted.flatMap { $0.files == files ? $0.counts : nil }
        let isSpread = interpreter.communicator.ranks > 1 && !dataset.runsScript
        if !isSpread, let known { return known }
        let made = try isSpread ? spreadCounts(known, interpreter) : count(0..<dataset.count, interpreter)
        let counts = try known ?? CountsValue(made, labels: labels)
        counted = (counts, files)
        return counts
    }

    private func count(_ places: Range<Int>, _ interpreter: Interpreter) throws -> PixelCounts {
        try interpreter.reporting("counting", total: places.count, unit: "masks") { between in
            let part = places.count == dataset.count ? dataset : try Subset(dataset, Array(places))
            return try PixelCounts(part, between: between)
        }
    }

    /// Collective: each rank counts a part. A mask that cannot be counted is the error of all.
    private func spreadCounts(_ known: CountsValue?, _ interpreter: Interpreter) throws -> PixelCounts {
        let spread = SpreadCounts(interpreter, classes: dataset.palette.count)
        // After work that ranks did without the others, some may know them.
        if try spread.isEverywhere(known != nil), let known { return known.pixelCounts }
        let part = interpreter.communicator.part(of: dataset.count)
        return try spread.count { try count(part, interpreter) } ?? count(0..<dataset.count, interpreter)
    }

    /// The mean and deviation by which the pictures are normalised, nil if they are not.
    private func normalization() -> Value {
        guard let made = dataset.normalization else { return .nilValue }
        return .object(
            RecordObject([
                ("mean", .list(made.mean.map { .number($0) })),
                ("std", .list(made.deviation.map { .number($0) })),
            ]))
    }

    /// A row of pixels by class for each picture. The rows have the pictures' names unless one occurs twice.
    private func countsByPicture(_ interpreter: Interpreter) throws -> Tensor {
        let rows = try interpreter.reporting("counting", total: dataset.count, unit: "masks") { between in
            try (0..<dataset.count).map { place in
                try between(place)
                return try PixelCounts(Subset(dataset, [place])).pixels
            }
        }
        let names = try Splitting.names(of: dataset)
        var axes = [1: labels]
        if Set(names).count == names.count { axes[0] = try AxisLabels(names) }
        return try Tensor.from(
            rows.joined().map { Double($0) }, shape: [dataset.count, dataset.palette.count], dtype: .int64,
            labels: axes)
    }

    /// A sample as a record of image [3, H, W], mask [H, W] and name.
    func sample(_ index: Int) throws -> RecordObject {
        let frame = try dataset.checkedFrame(index)
        return RecordObject([
            ("image", .tensor(try frame.imageTensor())),
            ("mask", .tensor(try frame.maskTensor(), categories: labels)),
            ("name", .string(frame.name)),
        ])
    }

    public override func get(_ keys: [IndexKey], _ interpreter: Interpreter) throws -> Value? {
        guard keys.count == 1, case .value(let key) = keys[0] else { return nil }
        if let number = try interpreter.number(from: key) {
            guard let index = Int(exactly: number) else {
                throw Failure(.index, "an index is a whole number, not \(Tensor.text(of: number))")
            }
            return .object(try sample(index))
        }
        if let name = key.asString {
            throw Failure(
                .type, "a data set is indexed by a number, not \(quotedText(name))",
                help: "data.filter(s -> s.name == \(quotedText(name)))[0] is the sample of this name")
        }
        let all = try Tensor.arange(to: Double(dataset.count), dtype: .int64)
        let picked = try all.get([TensorValue.index(.value(key))]).doubles().map { Int($0) }
        return .object(try DatasetValue(try Subset(dataset, picked)))
    }

    public override func iterator(_ interpreter: Interpreter) throws -> (() throws -> Value?)? {
        var next = 0
        return { [self] in
            guard next < dataset.count else { return nil }
            next += 1
            return .object(try sample(next - 1))
        }
    }
}

/// Pixel counts by class: an int64 tensor that also has `pixels_with`.
public final class CountsValue: TensorValue {
    let pixelCounts: PixelCounts

    init(_ counts: PixelCounts, labels: AxisLabels) throws {
        pixelCounts = counts
        super.init(
            try Tensor.from(
                counts.pixels.map { Double($0) }, shape: [counts.pixels.count], dtype: .int64,
                labels: [0: labels]))
    }

    public override func display(_ interpreter: Interpreter) throws -> String { try chart(interpreter) }

    public override var memberNames: [String] { super.memberNames + ["pixels_with"] }

    public override func saved(_ interpreter: Interpreter) -> (kind: String, parts: Value)? { savedParts() }

    public override func member(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        name == "pixels_with" ? .tensor(try pixelsWith()) : try super.member(name, interpreter)
    }

    /// Pixels of the pictures that hold each class.
    func pixelsWith() throws -> Tensor {
        try Tensor.from(
            pixelCounts.pixelsWith.map { Double($0) }, shape: promise.shape, dtype: .int64,
            labels: promise.labels)
    }
}

extension Arguments {
    /// A data set, or an object of a script that is used as one.
    func dataset(_ place: Int) throws -> DatasetValue {
        if let data = try optionalDataset(place) { return data }
        // Its error says what is missing.
        if case .object(let object as Instance) = values[place], object.method(named: "at") != nil {
            return try DatasetValue(try ScriptDataset(object, interpreter))
        }
        var help: String?
        if native.name == "split", values[place].asString != nil {
            help = "a text is cut by split_text(text, separator)"
        } else if native.name == "split", values[place].asTensorValue != nil {
            help = "a tensor is cut into n parts by chunk(t, n)"
        }
        throw wrong(place, "a data set", help: help)
    }

    /// Some data sets: those of `...rest`, or one list of them.
    func datasets(_ place: Int) throws -> [any Dataset] {
        guard var items = values[place].asList?.items else { throw wrong(place, "data sets") }
        if items.count == 1, let inner = items[0].asList { items = inner.items }
        return try items.map { item in
            guard let data = try interpreter.dataset(item) else { throw wrong(place, "data sets") }
            return data.dataset
        }
    }

    /// The same, nil if it is anything else.
    func optionalDataset(_ place: Int) throws -> DatasetValue? {
        try interpreter.dataset(values[place])
    }
}

extension Interpreter {
    /// A data set, or an object of a script that serves as one; nil for anything else.
    func dataset(_ value: Value) throws -> DatasetValue? {
        if let data = value.foreign(DatasetValue.self) { return data }
        guard case .object(let object as Instance) = value, object.method(named: "at") != nil,
            object.field(named: "classes") != nil
        else { return nil }
        return try DatasetValue(try ScriptDataset(object, self))
    }
}
