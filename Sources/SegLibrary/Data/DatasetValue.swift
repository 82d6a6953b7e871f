// Data sets as values of the language: counted, indexed, sliced, looped over. An object of a script with
// `count`, `classes` and `at(i)` can be used as a data set.

import SegImaging
import SegRuntime
import SegSyntax
import SegTensor

public final class DatasetValue: ForeignValue {
    public let dataset: any Dataset
    private var counted: CountsValue?
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

    public override var memberNames: [String] {
        ["classes", "colors", "counts", "counts_by_picture", "names", "normalization", "count", "about"]
    }

    public override func member(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "classes": .list(labels.names.map { .string($0) })
        case "colors": .colors(labels.colors ?? [])
        case "counts": .object(try counts(interpreter))
        case "counts_by_picture": .tensor(try countsByPicture(interpreter))
        case "names": .list(try names().map { .string($0) })
        case "normalization": try normalization()
        case "count": .number(Double(dataset.count))
        case "about": .string(dataset.about)
        default: nil
        }
    }

    /// Pixels by class, counted at the first access.
    func counts(_ interpreter: Interpreter) throws -> CountsValue {
        if let counted { return counted }
        let made = try CountsValue(
            PixelCounts(dataset, interrupted: { try interpreter.checkInterrupt() }), labels: labels)
        counted = made
        return made
    }

    /// The mean and deviation by which the pictures are normalised, nil if they are not.
    private func normalization() throws -> Value {
        guard dataset.count > 0, let made = try dataset.frame(0).normalization else { return .nilValue }
        return .object(
            RecordObject([
                ("mean", .list(made.mean.map { .number($0) })), ("std", .list(made.deviation.map { .number($0) })),
            ]))
    }

    /// A row of pixels by class for each picture. The rows have the pictures' names unless one occurs twice.
    private func countsByPicture(_ interpreter: Interpreter) throws -> Tensor {
        let rows = try (0..<dataset.count).map { place in
            try interpreter.checkInterrupt()
            return try PixelCounts(Subset(dataset, [place])).pixels
        }
        let names = try names()
        var axes = [1: labels]
        if Set(names).count == names.count { axes[0] = try AxisLabels(names) }
        return try Tensor.from(
            rows.joined().map { Double($0) }, shape: [dataset.count, dataset.palette.count], dtype: .int64,
            labels: axes)
    }

    /// The names of the samples.
    private func names() throws -> [String] { try (0..<dataset.count).map { try dataset.frame($0).name } }

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

/// An object of a script that is used as a data set. Its `at` runs on the interpreter's thread, when a sample
/// is needed; other threads only read the tensors that it returns.
struct ScriptDataset: Dataset, @unchecked Sendable {
    let object: Instance
    let interpreter: Interpreter
    let count: Int
    let palette: ClassPalette
    var about: String { "samples of \(object.type.name)" }

    init(_ object: Instance, _ interpreter: Interpreter) throws {
        self.object = object
        self.interpreter = interpreter
        guard let counted = object.field(named: "count"), let number = try interpreter.number(from: counted),
            let count = Int(exactly: number), count >= 0
        else { throw Failure(.type, "a data set has a whole number `count`; \(object.type.name) has none") }
        self.count = count
        guard case .object(let list as ListObject)? = object.field(named: "classes") else {
            throw Failure(.type, "a data set has a list `classes` of names; \(object.type.name) has none")
        }
        palette = try ClassPalette(
            names: list.items.map { item in
                guard let name = item.asString else {
                    throw Failure(.type, "the classes of a data set are names")
                }
                return name
            })
    }

    func frame(_ index: Int) throws -> Frame {
        guard let at = object.method(named: "at") else {
            throw TensorError(.type, "a data set has a method `at(i)`; \(object.type.name) has none")
        }
        let sample = try interpreter.call(at, [.number(Double(index))])
        func tensor(_ name: String) throws -> Tensor {
            guard let value = sample.asRecord?[name]?.asTensorValue else {
                throw TensorError(
                    .type,
                    "at(\(index)) of \(object.type.name) does not return a record with a tensor `\(name)`")
            }
            return value.promise
        }
        let (image, mask) = (try tensor("image"), try tensor("mask"))
        guard image.rank == 3, image.shape[0] == 3, mask.rank == 2, mask.shape == Array(image.shape[1...])
        else {
            throw TensorError(
                .shape, "at(\(index)) of \(object.type.name): image \(image.shape) and mask \(mask.shape)",
                help: "an image is [3, height, width], its mask [height, width]")
        }
        return Frame(
            name: sample.asRecord?["name"]?.asString ?? "\(index)", height: mask.shape[0],
            width: mask.shape[1], imageDigest: try image.digest(),
            maskDigest: try mask.digest(), image: { try RGBImage(planes: try image.value().rowMajor()) },
            mask: { try MaskImage(classes: try mask.value().rowMajor()) })
    }
}

extension Arguments {
    /// A data set, or an object of a script that is used as one.
    func dataset(_ place: Int) throws -> DatasetValue {
        if let data = try optionalDataset(place) { return data }
        let isText = values[place].asString != nil && native.name == "split"
        throw wrong(place, "a data set", help: isText ? "a text is cut by split_text(text, separator)" : nil)
    }

    /// The same, nil if it is anything else.
    func optionalDataset(_ place: Int) throws -> DatasetValue? {
        if let value = values[place].foreign(DatasetValue.self) { return value }
        guard case .object(let object as Instance) = values[place], object.method(named: "at") != nil else {
            return nil
        }
        return try DatasetValue(try ScriptDataset(object, interpreter))
    }
}
