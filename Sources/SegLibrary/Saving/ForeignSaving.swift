// How `save` stores data sets, counts and the other foreign values: each as a record of the values it is
// created from. A data set of files is stored as its paths with data that detects changed files; loading
// reports changes.

import SegImaging
import SegRuntime
import SegSyntax
import SegSystem
import SegTensor

typealias ForeignMaker = @Sendable (Value, Interpreter) throws -> Value

/// Creates a foreign value of its kind from a record.
let foreignMakers: [String: ForeignMaker] = [
    "dtype": { parts, _ in
        guard let name = parts.asString, let dtype = DType(rawValue: name) else { throw incomplete("dtype") }
        return .object(DTypeValue.of(dtype))
    },
    "augmentation": { parts, _ in .object(AugmentationValue(try augmentation(Parts(parts)))) },
    "counts": { parts, _ in
        let parts = try Parts(parts)
        return .object(
            try CountsValue(
                PixelCounts(
                    pixels: try parts.integers("pixels"), pixelsWith: try parts.integers("pixels_with"),
                    pictures: try parts.integers("pictures"),
                    void: parts.record["void"] == nil ? 0 : try parts.integer("void")),
                labels: try AxisLabels(try parts.texts("classes"))))
    },
    "dataset": { parts, interpreter in
        .object(try DatasetValue(try dataset(Parts(parts), interpreter)))
    },
    "batches": { parts, _ in
        let parts = try Parts(parts)
        guard let data = parts.record["data"]?.foreign(DatasetValue.self) else { throw incomplete("batches") }
        let order = try parts.integers("order")
        guard order.allSatisfy({ (0..<data.dataset.count).contains($0) }) else { throw incomplete("batches") }
        var ofOneSize = false
        if case .bool(let flag)? = parts.record["of_one_size"] { ofOneSize = flag }
        return .object(
            BatchesValue(data, order: order, size: max(1, try parts.integer("size")), ofOneSize: ofOneSize))
    },
]

private func incomplete(_ kind: String) -> Failure {
    Failure(.file, "the file is damaged: a part of a \(kind) is missing")
}

/// Typed access to the record of a foreign value.
private struct Parts {
    let record: RecordObject

    init(_ value: Value) throws {
        guard let record = value.asRecord else { throw incomplete("record") }
        self.record = record
    }

    func number(_ name: String) throws -> Double {
        guard case .number(let number)? = record[name] else { throw incomplete(name) }
        return number
    }

    func integer(_ name: String) throws -> Int {
        guard let whole = Int(exactly: try number(name)) else { throw incomplete(name) }
        return whole
    }

    func text(_ name: String) throws -> String {
        guard let text = record[name]?.asString else { throw incomplete(name) }
        return text
    }

    func seed() throws -> UInt64 {
        guard let seed = UInt64(try text("seed")) else { throw incomplete("seed") }
        return seed
    }

    func items(_ name: String) throws -> [Value] {
        guard let items = record[name]?.asList?.items else { throw incomplete(name) }
        return items
    }

    func numbers(_ name: String) throws -> [Double] {
        try items(name).map { item in
            guard case .number(let number) = item else { throw incomplete(name) }
            return number
        }
    }

    func integers(_ name: String) throws -> [Int] {
        try numbers(name).map { number in
            guard let whole = Int(exactly: number) else { throw incomplete(name) }
            return whole
        }
    }

    func texts(_ name: String) throws -> [String] {
        try items(name).map { item in
            guard let text = item.asString else { throw incomplete(name) }
            return text
        }
    }

    func source(_ name: String = "source") throws -> any Dataset {
        guard let data = record[name]?.foreign(DatasetValue.self) else { throw incomplete(name) }
        return data.dataset
    }
}

private func record(_ kind: String, _ entries: [(String, Value)]) -> Value {
    .object(RecordObject([("kind", .string(kind))] + entries))
}

/// The path from the root, so that the file can be loaded from another folder.
private func absolutePath(_ path: String) -> String {
    Folder.resolved(path) ?? path
}

private func list(_ numbers: [Int]) -> Value { .list(numbers.map { .number(Double($0)) }) }
private func list(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }

// MARK: Augmentations

private func change(_ augmentation: Augmentation) -> Value {
    var entries: [(String, Value)] = []
    if let range = augmentation.range {
        entries += [("low", .number(range.lowerBound)), ("high", .number(range.upperBound))]
    }
    if case .crop(let height, let width, let classes) = augmentation.change {
        entries += [("size", list([height, width])), ("has", list(classes))]
    }
    return record(augmentation.name, entries + [("p", .number(augmentation.probability))])
}

private func augmentation(_ parts: Parts) throws -> Augmentation {
    // Earlier versions saved the two numbers under their own names, and no probability.
    func range() throws -> ClosedRange<Double> {
        if parts.record["degrees"] != nil {
            let degrees = abs(try parts.number("degrees"))
            return -degrees...degrees
        }
        if parts.record["deviation"] != nil {
            let deviation = try parts.number("deviation")
            return deviation...deviation
        }
        let (low, high) = (try parts.number("low"), try parts.number("high"))
        guard low <= high else { throw incomplete("augmentation") }
        return low...high
    }
    let change: Augmentation.Change
    switch try parts.text("kind") {
    case "hflip": change = .horizontalFlip
    case "vflip": change = .verticalFlip
    case "rotate": change = .rotation(try range())
    case "scale": change = .scale(try range())
    case "crop":
        let size = try parts.integers("size")
        guard size.count == 2, size.allSatisfy({ (1...65_536).contains($0) }) else {
            throw incomplete("augmentation")
        }
        change = .crop(height: size[0], width: size[1], classes: try parts.texts("has"))
    case "shift": change = .shift(try range())
    case "brightness": change = .brightness(try range())
    case "contrast": change = .contrast(try range())
    case "saturation": change = .saturation(try range())
    case "hue": change = .hue(try range())
    case "noise": change = .noise(try range())
    case "blur": change = .blur(try range())
    case "cutout": change = .cutout(try range())
    default: throw incomplete("augmentation")
    }
    return Augmentation(change, probability: parts.record["p"] == nil ? nil : try parts.number("p"))
}

// MARK: Data sets

private func parts(of data: any Dataset) throws -> Value? {
    func source(_ data: any Dataset) throws -> (String, Value) {
        ("source", .object(try DatasetValue(data)))
    }
    switch data {
    case let folder as FolderDataset: return folderParts(folder)
    case let streets as StreetsDataset:
        return record(
            "streets",
            [
                ("count", .number(Double(streets.count))), ("height", .number(Double(streets.scene.height))),
                ("width", .number(Double(streets.scene.width))), ("seed", .string("\(streets.scene.seed)")),
            ])
    case let subset as Subset:
        return try record("subset", [source(subset.source), ("indices", list(subset.indices))])
    case let joined as Concatenation:
        return try record("concat", [("parts", .list(joined.parts.map { .object(try DatasetValue($0)) }))])
    case let augmented as AugmentedDataset:
        return try record(
            "augmented",
            [
                source(augmented.source), ("changes", .list(augmented.changes.map { change($0) })),
                ("copies", augmented.copies.map { .number(Double($0)) } ?? .nilValue),
                ("seed", .string("\(augmented.seed)")),
            ])
    case let changed as ChangedDataset:
        switch changed.change {
        case .resized(.exact(let height, let width)):
            return try record("resized", [source(changed.source), ("size", list([height, width]))])
        case .resized(.shorter(let length)):
            return try record("resized", [source(changed.source), ("size", list([length]))])
        case .cropped(let height, let width):
            return try record("cropped", [source(changed.source), ("size", list([height, width]))])
        case .padded(let height, let width):
            return try record("padded", [source(changed.source), ("size", list([height, width]))])
        case .normalized(let normalization):
            return try record(
                "normalized",
                [
                    source(changed.source), ("mean", .list(normalization.mean.map { .number($0) })),
                    ("deviation", .list(normalization.deviation.map { .number($0) })),
                ])
        }
    case let regrouped as Regrouped:
        let groups = RecordObject(regrouped.groups.map { ($0.name, list($0.members)) })
        return try record("regrouped", [source(regrouped.source), ("groups", .object(groups))])
    case let recolored as Recolored:
        return try record(
            "recolored",
            [source(recolored.source), ("colors", list(recolored.palette.colors.map { Int($0.code) }))])
    case let tiles as Tiles:
        return try record(
            "tiles",
            [
                source(tiles.source), ("size", list([tiles.size.height, tiles.size.width])),
                ("overlap", .number(Double(tiles.overlap))),
            ]
                // What scripts make would have to be made for its size.
                + (tiles.source.runsScript
                    ? [("places", list(tiles.places.flatMap { [$0.frame, $0.top, $0.left] }))] : []))
    case let mapped as MappedDataset:
        return try record("mapped", [source(mapped.source), ("function", mapped.function)])
    case let script as ScriptDataset: return record("script", [("object", .object(script.object))])
    default: return nil
    }
}

private func folderParts(_ data: FolderDataset) -> Value {
    func facts(_ identity: FileIdentity?) -> Value {
        guard let identity else { return .nilValue }
        return .list(
            [.number(Double(identity.size)), .string("\(identity.changed)")]
                + (identity.digest.map {
                    [.string(String($0.high, radix: 16)), .string(String($0.low, radix: 16))]
                } ?? []))
    }
    let frames = data.folder.pairs.enumerated().map { place, pair -> Value in
        let identity = data.identity(place)
        return .list([
            .string(pair.name), .string(absolutePath(pair.image)), .string(absolutePath(pair.mask)),
            facts(identity?.image), facts(identity?.mask),
        ])
    }
    return record(
        "folder",
        [
            ("directory", .string(data.folder.directory)), ("rule", rule(data.folder.rule)),
            ("frames", .list(frames)),
        ])
}

private func rule(_ rule: MaskRule) -> Value {
    let table = rule.table
    let entries = table.entries.map { entry -> Value in
        .list([
            .string(entry.name), list(entry.colors.map { Int($0.code) }), .number(Double(entry.value)),
            .bool(entry.isVoid),
        ])
    }
    return .object(
        RecordObject([
            ("classes", .list(entries)), ("origin", table.origin.map { .string($0) } ?? .nilValue),
            ("has_own_values", .bool(table.hasOwnValues)),
            ("void_colors", list(table.voidColors.map { Int($0.code) })),
            ("void_values", list(table.voidValues)), ("source", .string(rule.source.rawValue)),
            ("channel", .string(rule.channel.rawValue)), ("strays", .string(rule.strays.rawValue)),
            ("maker", .string(rule.maker)),
        ]))
}

private func savedRule(_ value: Value) throws -> MaskRule {
    let parts = try Parts(value)
    func color(_ code: Int) throws -> ClassPalette.Color {
        guard let code = UInt32(exactly: code), code < 1 << 24 else { throw incomplete("dataset") }
        return ClassPalette.Color(code: code)
    }
    let entries = try parts.items("classes").map { item -> ClassTable.Entry in
        guard let items = item.asList?.items, items.count == 4, let name = items[0].asString,
            case .number(let number) = items[2], let value = Int(exactly: number),
            case .bool(let isVoid) = items[3]
        else { throw incomplete("dataset") }
        let codes = try (items[1].asList?.items ?? []).map { code -> Int in
            guard case .number(let number) = code, let whole = Int(exactly: number) else {
                throw incomplete("dataset")
            }
            return whole
        }
        var entry = ClassTable.Entry(name, colors: try codes.map(color), value: value)
        entry.isVoid = isVoid
        return entry
    }
    guard case .bool(let hasOwnValues)? = parts.record["has_own_values"],
        let source = MaskRule.Source(rawValue: try parts.text("source")),
        let channel = MaskRule.Channel(rawValue: try parts.text("channel")),
        let strays = MaskRule.Strays(rawValue: try parts.text("strays"))
    else { throw incomplete("dataset") }
    let table = try ClassTable(
        entries, origin: parts.record["origin"]?.asString, hasOwnValues: hasOwnValues
    ).withVoid(
        try parts.integers("void_values").map { .value($0) }
            + parts.integers("void_colors").map { .color(try color($0)) })
    return try MaskRule(table, by: source, channel: channel, strays: strays, maker: try parts.text("maker"))
}

/// The rule for a data set that was saved when its classes were kept as a palette: by its colours, or as the
/// files decide if they are still there.
private func earlierRule(_ parts: Parts, _ pairs: [FramePair]) throws -> MaskRule {
    let colors = try parts.integers("colors").map { ClassPalette.Color(code: UInt32(truncatingIfNeeded: $0)) }
    let table = try ClassTable(ClassPalette(names: try parts.texts("classes"), colors: colors))
    let options = MaskOptions(maker: "camseq")
    return try (try? FrameFolder.rule(for: pairs, table, options))
        ?? MaskRule(table, by: .color, maker: options.maker)
}

private func folder(_ parts: Parts, _ interpreter: Interpreter) throws -> any Dataset {
    func identity(_ value: Value) -> FileIdentity? {
        guard let items = value.asList?.items, items.count >= 2, case .number(let size) = items[0],
            let size = Int(exactly: size), let changed = items[1].asString.flatMap({ Int($0) })
        else { return nil }
        var digest: Digest?
        if items.count == 4, let high = items[2].asString.flatMap({ UInt64($0, radix: 16) }),
            let low = items[3].asString.flatMap({ UInt64($0, radix: 16) })
        {
            digest = Digest(high: high, low: low)
        }
        return FileIdentity(size: size, changed: changed, digest: digest)
    }
    var pairs: [FramePair] = []
    var changed: [String] = []
    for frame in try parts.items("frames") {
        guard let items = frame.asList?.items, items.count == 5, let name = items[0].asString,
            let image = items[1].asString, let mask = items[2].asString
        else { throw incomplete("dataset") }
        pairs.append(FramePair(name: name, image: image, mask: mask))
        for (path, facts) in [(image, items[3]), (mask, items[4])] {
            if let known = identity(facts), !known.holds(at: path) { changed.append(path) }
        }
    }
    if let first = changed.first {
        let more = changed.count == 1 ? "" : " and \(changed.count - 1) more"
        interpreter.note(
            "\(first)\(more) changed or disappeared since this was saved: results will differ")
    }
    let rule = try parts.record["rule"].map(savedRule) ?? earlierRule(parts, pairs)
    return FolderDataset(FrameFolder(directory: try parts.text("directory"), rule: rule, pairs: pairs))
}

/// The places of tiles: of each its frame, top and left.
private func places(_ numbers: [Int], in source: any Dataset) throws -> [Tiles.Place] {
    let places = stride(from: 0, to: numbers.count - 2, by: 3).map { at -> Tiles.Place in
        (numbers[at], numbers[at + 1], numbers[at + 2])
    }
    let limit = 0..<1 << 28
    guard numbers.count % 3 == 0,
        places.allSatisfy({
            (0..<source.count).contains($0.frame) && limit.contains($0.top) && limit.contains($0.left)
        })
    else { throw incomplete("dataset") }
    return places
}

private func dataset(_ parts: Parts, _ interpreter: Interpreter) throws -> any Dataset {
    switch try parts.text("kind") {
    case "folder": return try folder(parts, interpreter)
    case "streets":
        let (count, height, width) = (
            try parts.integer("count"), try parts.integer("height"), try parts.integer("width")
        )
        guard (0...1_000_000).contains(count), (16...8192).contains(height), (16...8192).contains(width)
        else { throw incomplete("dataset") }
        return StreetsDataset(count: count, height: height, width: width, seed: try parts.seed())
    case "subset": return try Subset(try parts.source(), try parts.integers("indices"))
    case "concat":
        return try Concatenation(
            try parts.items("parts").map { part in
                guard let data = part.foreign(DatasetValue.self) else { throw incomplete("dataset") }
                return data.dataset
            }, isKnown: true)
    case "augmented":
        return try AugmentedDataset(
            try parts.source(), try parts.items("changes").map { try augmentation(Parts($0)) },
            copies: parts.record["copies"]?.isNil == true ? nil : try parts.integer("copies"),
            seed: try parts.seed())
    case "resized":
        let size = try parts.integers("size")
        guard let first = size.first else { throw incomplete("dataset") }
        return try ChangedDataset(
            try parts.source(),
            .resized(size.count == 1 ? .shorter(first) : .exact(height: first, width: size[1])))
    case "cropped", "padded", "tiles":
        let (kind, size) = (try parts.text("kind"), try parts.integers("size"))
        guard size.count == 2 else { throw incomplete("dataset") }
        let (source, height, width) = (try parts.source(), size[0], size[1])
        if kind == "tiles" {
            return try Tiles(
                source, height: height, width: width, overlap: try parts.integer("overlap"),
                places: parts.record["places"] == nil ? nil : places(try parts.integers("places"), in: source)
            )
        }
        return try ChangedDataset(
            source,
            kind == "cropped"
                ? .cropped(height: height, width: width) : .padded(height: height, width: width),
            isKnown: true)
    case "mapped":
        guard let function = parts.record["function"], interpreter.isCallable(function) else {
            throw incomplete("dataset")
        }
        return try MappedDataset(try parts.source(), function, interpreter)
    case "normalized":
        return try ChangedDataset(
            try parts.source(),
            .normalized(
                try Normalization(mean: try parts.numbers("mean"), deviation: try parts.numbers("deviation")))
        )
    case "regrouped":
        guard let groups = parts.record["groups"]?.asRecord else { throw incomplete("dataset") }
        return try Regrouped(
            try parts.source(),
            zip(groups.names, groups.values).map { name, members in
                (name, (members.asList?.items ?? []).compactMap(\.asString))
            })
    case "recolored":
        let data = try parts.source()
        let colors = try parts.integers("colors").map {
            ClassPalette.Color(code: UInt32(truncatingIfNeeded: $0))
        }
        guard colors.count == data.palette.count else { throw incomplete("dataset") }
        return try Recolored(data, zip(data.palette.names, colors).map { ($0, $1) })
    case "script":
        guard case .object(let object as Instance)? = parts.record["object"] else {
            throw incomplete("dataset")
        }
        return try ScriptDataset(object, interpreter)
    default: throw incomplete("dataset")
    }
}

// MARK: The parts of values

extension DatasetValue {
    func savedParts() throws -> (kind: String, parts: Value)? {
        try parts(of: dataset).map { ("dataset", $0) }
    }
}

extension CountsValue {
    func savedParts() -> (kind: String, parts: Value) {
        (
            "counts",
            .object(
                RecordObject([
                    ("pixels", list(pixelCounts.pixels)), ("pixels_with", list(pixelCounts.pixelsWith)),
                    ("pictures", list(pixelCounts.pictures)), ("void", .number(Double(pixelCounts.void))),
                    ("classes", list(promise.labels[0]?.names ?? [])),
                ]))
        )
    }
}

extension AugmentationValue {
    func savedParts() -> (kind: String, parts: Value) { ("augmentation", change(augmentation)) }
}

extension BatchesValue {
    func savedParts() -> (kind: String, parts: Value) {
        (
            "batches",
            .object(
                RecordObject([
                    ("data", .object(data)), ("order", list(order)), ("size", .number(Double(size))),
                    ("of_one_size", .bool(ofOneSize)),
                ]))
        )
    }
}
