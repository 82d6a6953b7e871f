// Data sets whose frames a script makes: an object with `count`, `classes` and `at(i)`, and the data that
// `map(data, f)` gives. The script runs on the interpreter's thread, when a frame is needed; what it computes
// are promises, and other threads only read their values.

import SegImaging
import SegRuntime
import SegSyntax
import SegTensor

/// An object of a script that is used as a data set.
struct ScriptDataset: Dataset, @unchecked Sendable {
    var object: Instance
    let interpreter: Interpreter
    let count: Int
    let palette: ClassPalette
    var runsScript: Bool { true }
    func origin(_ index: Int) -> FrameOrigin {
        FrameOrigin(sequence: "\(object.type.name) \(ObjectIdentifier(object).hashValue)", position: index)
    }
    var about: String { "samples of \(object.type.name)" }

    /// Whether an object is a data set: a method `at`, a field `count` and a list `classes`.
    static func isData(_ object: Instance) -> Bool {
        guard object.method(named: "at") != nil, object.field(named: "count") != nil,
            case .object(let classes)? = object.field(named: "classes")
        else { return false }
        return classes is ListObject
    }

    init(_ object: Instance, _ interpreter: Interpreter) throws {
        self.object = object
        self.interpreter = interpreter
        guard let counted = object.field(named: "count"), let number = try interpreter.number(from: counted),
            let count = Int(exactly: number), count >= 0
        else {
            let found = object.field(named: "count").map { "is \(interpreter.describe($0))" } ?? "is missing"
            throw Failure(
                .type,
                "a data set has a whole number `count`, from 0 up; that of \(object.type.name) \(found)")
        }
        self.count = count
        guard case .object(let list as ListObject)? = object.field(named: "classes") else {
            let found =
                object.field(named: "classes").map { "is \(interpreter.describe($0))" } ?? "is missing"
            throw Failure(
                .type, "a data set has a list `classes` of names; that of \(object.type.name) \(found)")
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
        return try .made(
            image, mask, name: sample.asRecord?["name"]?.asString ?? "\(index)",
            by: "at(\(index)) of \(object.type.name)")
    }
}

/// The frames of a data set, each changed by a function of a script of (image, mask).
struct MappedDataset: DatasetView, @unchecked Sendable {
    var source: any Dataset
    var function: Value
    let interpreter: Interpreter
    let views: ViewCount
    private let labels: AxisLabels

    init(_ source: any Dataset, _ function: Value, _ interpreter: Interpreter) throws {
        self.source = source
        views = try ViewCount(over: source)
        self.function = function
        self.interpreter = interpreter
        labels = try AxisLabels(source.palette.names, colors: source.palette.colors.map(\.code))
    }

    var runsScript: Bool { true }
    var about: String { about("mapped by \(interpreter.describeFunction(function))") }
    func size(_ index: Int) throws -> (height: Int, width: Int) {
        let frame = try frame(index)
        return (frame.height, frame.width)
    }

    func frame(_ index: Int) throws -> Frame {
        let frame = try source.frame(index)
        let before = interpreter.random.stream.state.count
        let given = try interpreter.call(
            function,
            [
                .tensor(try frame.imageTensor()), .tensor(try frame.maskTensor(), categories: labels),
            ])
        let parts = given.asList?.items ?? given.asRecord.map { [$0["image"], $0["mask"]].compactMap { $0 } }
        guard let parts, parts.count == 2, let image = parts[0].asTensorValue,
            let mask = parts[1].asTensorValue
        else {
            throw Failure(
                .type,
                "map: the function gives \(interpreter.describe(given)) for \(frame.name); it should give [image, mask]",
                help: "map(data, (image, mask) -> [flip(image, 2), flip(mask, 1)])")
        }
        if frame.normalization != nil, !image.promise.dtype.isFloating {
            throw Failure(
                .value,
                "map: the pictures are normalised, and the function gives \(image.promise.dtype.rawValue) for \(frame.name)",
                help: "map the data before normalize: data.map(f).normalize()")
        }
        var made = try Frame.made(
            image.promise, mask.promise, name: frame.name, by: "map of \(frame.name)",
            normalization: frame.normalization)
        // With random numbers it is another picture each time, which is not worth keeping.
        made.isRedrawn = frame.isRedrawn || interpreter.random.stream.state.count != before
        return made
    }
}

extension Dataset {
    /// The objects and functions of a script that make its frames.
    var makers: [Value] {
        guard runsScript else { return [] }
        return switch self {
        case let script as ScriptDataset: [.object(script.object)]
        case let mapped as MappedDataset: mapped.source.makers + [mapped.function]
        case let joined as Concatenation: joined.parts.flatMap(\.makers)
        case let view as any DatasetView: view.source.makers
        default: []
        }
    }

    /// The same data, made by others of their kind, in the same order.
    func made(by makers: [Value]) -> any Dataset {
        var left = makers[...]
        return made(by: &left)
    }

    private func made(by makers: inout ArraySlice<Value>) -> any Dataset {
        guard runsScript else { return self }
        switch self {
        case var script as ScriptDataset:
            if case .object(let object as Instance)? = makers.popFirst() { script.object = object }
            return script
        case let mapped as MappedDataset:
            var mapped = mapped.over(mapped.source.made(by: &makers))
            mapped.function = makers.popFirst() ?? mapped.function
            return mapped
        case let joined as Concatenation: return joined.with(joined.parts.map { $0.made(by: &makers) })
        case let view as any DatasetView: return view.over(view.source.made(by: &makers))
        default: return self
        }
    }
}

extension Interpreter {
    /// A function by its name, or its source where it has none.
    fileprivate func describeFunction(_ function: Value) -> String {
        if case .object(let object as FunctionObject) = function { return object.name ?? object.source }
        return describe(function)
    }

    /// How many arguments a function needs; nil where that is not known.
    func requiredArguments(of function: Value) -> Int? {
        guard case .object(let object) = function else { return nil }
        let parameters: [ParameterInfo]
        switch object {
        case let function as FunctionObject: parameters = function.parameters
        case let native as NativeFunction: parameters = native.parameters
        case let bound as BoundMethod: parameters = bound.function.parameters
        default: return nil
        }
        return parameters.filter { $0.defaultSource == nil && !$0.isRest }.count
    }
}

extension Frame {
    /// A frame of tensors that a script made: an image [3, H, W] of bytes or of floats, a mask [H, W] of numbers.
    /// Floats that are made of normalised ones are normalised alike.
    static func made(
        _ image: Tensor, _ mask: Tensor, name: String, by maker: String, normalization: Normalization? = nil
    ) throws -> Frame {
        guard image.rank == 3, image.shape[0] == 3, mask.rank == 2, mask.shape == Array(image.shape[1...])
        else {
            throw TensorError(
                .shape, "\(maker): image \(image.shape) and mask \(mask.shape)",
                help: "an image is [3, height, width], its mask [height, width]")
        }
        let floats =
            image.dtype.isFloating
            ? Floats(try image.to(.float32), areNormalized: normalization != nil, by: maker) : nil
        var frame = Frame(
            name: name, height: mask.shape[0], width: mask.shape[1], imageDigest: try image.graphDigest(),
            maskDigest: try mask.graphDigest(),
            image: {
                try floats?.picture(undoing: normalization)
                    ?? RGBImage(planes: try image.value().rowMajor(), by: maker)
            },
            mask: { try MaskImage(classes: try mask.value().rowMajor(), by: maker) })
        frame.floats = floats
        frame.normalization = normalization
        return frame
    }
}
