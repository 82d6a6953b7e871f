// Masks as annotation tools read and write them: COCO's JSON, and the zip of CVAT's "Segmentation mask" format, which is
// laid out like PASCAL VOC.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

let annotationNatives: [Native] = [
    Native(
        "write_annotations(samples, path, classes=nil)",
        "Writes masks for annotation tools, in COCO's form or CVAT's. COCO's JSON is written to a path in .json, with the pixels of each class of a picture "
            + "as run lengths, or CVAT's format \"Segmentation mask\" to a path in .zip. `samples` is a data set, a list of "
            + "records with `name` and `mask`, or the Predictions of `predict(…, to=)`. `classes` are the names where the "
            + "masks have none. Void is no annotation, and CVAT's background.",
        examples: [
            "data = streets(count=2, size=32)\nwrite_annotations(data, \"street.json\")\n"
                + "back = read_annotations(\"street.json\")\n"
                + "print(back[1].name, all(back[1].mask == data[1].mask))  # expect: street0_1 true",
            "data = streets(count=1, size=32)\nwrite_annotations(data, \"street.zip\")\n"
                + "back = read_annotations(\"street.zip\")[0]\n"
                + "print(all(back.mask == data[0].mask), back.mask.classes == data.classes)  # expect: true true",
        ], effect: .writing
    ) { call in
        let path = try call.string(1)
        var writer: any AnnotationWriter =
            switch path.split(separator: ".").last?.lowercased() {
            case "json": try COCOWriter(path, call.interpreter)
            case "zip": try CVATWriter(path, call.interpreter)
            default:
                throw call.bad(
                    1,
                    "should end in .json, for COCO's format, or in .zip, for CVAT's, not \(quotedText(path))")
            }
        let samples = try AnnotatedSamples(call)
        try samples.forEach { try writer.add($0, samples) }
        guard let labels = samples.labels else { throw call.bad(0, "has no samples") }
        try writer.finish(labels)
        return .nilValue
    },
    Native(
        "read_annotations(path, void=nil)",
        "The masks in a file of `write_annotations` or of an annotation tool. It is COCO's JSON, whose annotations are run "
            + "lengths, or the zip of CVAT's format \"Segmentation mask\". A list of records with `name` and `mask`, whose "
            + "classes have the file's names. In JSON pixels without an annotation are void, and a later annotation "
            + "covers an earlier one. `void=\"background\"` makes a class of the zip void.",
        examples: [
            "m = with_classes(tensor([[0, 1], [255, 1]]), [\"Sky\", \"Road\"])\n"
                + "write_annotations([(name=\"a\", mask=m)], \"a.zip\")\n"
                + "print(read_annotations(\"a.zip\")[0].mask)  # expect: tensor([[0, 1], [255, 1]], uint8)"
        ]
    ) { call in
        let path = try call.string(0)
        let isZip = path.lowercased().hasSuffix(".zip")
        if !isZip, !call.isNil(1) {
            throw call.bad(1, "is for CVAT's zip; in JSON what has no annotation is void")
        }
        return try isZip
            ? readCVAT(path, void: call.optionalString(1), call.interpreter)
            : readCOCO(path, call.interpreter)
    },
    Native(
        "read_mask(path, classes=nil, colors=nil)",
        "The class numbers [H, W] of a mask that `write_image` or `predict` wrote. They are those of a PNG file with a palette, "
            + "or of gray. 255 is void. `classes` are the names of the classes.",
        examples: [
            "m = streets(count=1, size=32)[0].mask\nwrite_image(m, \"mask.png\")\n"
                + "print(all(read_mask(\"mask.png\") == m))  # expect: true"
        ]
    ) { call in
        let path = try call.string(0)
        let mask = try call.interpreter.awaited { try PNGImage.readClasses(path) }
        let labels = try call.names(1).map { try AxisLabels($0, colors: try call.colors(2)) }
        return try value(of: mask, labels)
    },
]

private func value(of mask: MaskImage, _ labels: AxisLabels?) throws -> Value {
    .tensor(
        Tensor(try TensorData(mask.bytes, shape: [mask.height, mask.width])), categories: labels)
}

// MARK: Writing

/// A picture's mask on its way into a file.
private struct AnnotatedMask {
    /// The picture's name without its ending, and the ending, with its point.
    let name: String
    let ending: String
    let mask: MaskImage
}

/// What `write_annotations` is given, one mask after the other.
private final class AnnotatedSamples {
    private let interpreter: Interpreter
    private let next: () throws -> Value?
    private let given: AxisLabels?
    private let folder: String?
    /// The classes of the masks; nil before the first.
    private(set) var labels: AxisLabels?
    private var names: Set<String> = []

    init(_ call: borrowing Arguments) throws {
        interpreter = call.interpreter
        guard let next = try interpreter.iterator(call[0]) else {
            throw call.wrong(0, "a data set, a list of records with name and mask, or Predictions")
        }
        self.next = next
        let predictions = call[0].asInstance
        folder = predictions?.field(named: "folder")?.asString
        let classes = call.isNil(2) ? predictions?.field(named: "classes") : call[2]
        given = try classes.flatMap { $0.isNil ? nil : $0 }.map { value in
            guard let names = value.asList?.items.compactMap(\.asString),
                names.count == value.asList?.items.count
            else { throw call.wrong(2, "a list of names") }
            return try AxisLabels(names)
        }
    }

    func forEach(_ body: (AnnotatedMask) throws -> Void) throws {
        while let value = try next() {
            try interpreter.checkInterrupt()
            let sample = try sample(value)
            guard names.insert(sample.name).inserted else {
                throw Failure(
                    .value, "write_annotations: two pictures have the name \(quotedText(sample.name))",
                    argument: 0)
            }
            try body(sample)
        }
    }

    private func sample(_ value: Value) throws -> AnnotatedMask {
        guard let record = value.asRecord, let entry = record["mask"],
            let full = (record["name"] ?? record["picture"])?.asString
        else {
            throw Failure(
                .type,
                "write_annotations: a sample is a record with a name and a mask, not \(interpreter.describe(value))",
                argument: 0)
        }
        let known = [".png", ".jpg", ".jpeg"].first { full.lowercased().hasSuffix($0) }
        let ending = known.map { String(full.suffix($0.count)) } ?? ""
        var name = String(full.dropLast(ending.count))
        let mask: MaskImage
        var own: AxisLabels?
        if let path = entry.asString {
            mask = try interpreter.awaited { try PNGImage.readClasses(path) }
            // The name that the mask has below the folder of the predictions.
            if let folder, path.hasPrefix(folder + "/") {
                name = String(path.dropFirst(folder.count + 1).dropLast(4))
            }
        } else if let tensor = entry.asTensorValue {
            mask = try MaskImage(classes: tensor.promise.value().rowMajor(), by: "write_annotations")
            own = tensor.categories
        } else {
            throw Failure(
                .type,
                "write_annotations: the mask of \(full) is \(interpreter.describe(entry)), not a tensor",
                argument: 0)
        }
        let highest = Int(mask.bytes.lazy.filter { $0 != MaskImage.ignored }.max() ?? 0)
        guard let found = own ?? given else {
            throw Failure(
                .value, "write_annotations: the mask of \(full) has no names of classes",
                help: "classes=[\"Road\", \"Sky\"] gives them", argument: 0)
        }
        if let labels {
            try AxisLabels.check(
                found.names, of: "the mask of \(full)", against: labels.names, of: "the first mask")
        }
        guard highest < found.names.count else {
            throw Failure(
                .value,
                "write_annotations: the mask of \(full) has class \(highest), which has no name: \(plural(found.names.count, "name")) given",
                argument: 0)
        }
        labels = labels ?? found
        return AnnotatedMask(name: name, ending: ending, mask: mask)
    }
}

private protocol AnnotationWriter {
    mutating func add(_ sample: AnnotatedMask, _ samples: AnnotatedSamples) throws
    mutating func finish(_ labels: AxisLabels) throws
}

/// COCO's JSON. The categories are numbered from 1, since 0 is the background in many programs.
private struct COCOWriter: AnnotationWriter {
    private let file: AtomicFile
    private var images: [String] = []
    private var count = 0

    init(_ path: String, _ interpreter: Interpreter) throws {
        file = try AtomicFile(path, poll: { try interpreter.checkInterrupt() })
        try file.write("{\"annotations\": [")
    }

    mutating func add(_ sample: AnnotatedMask, _ samples: AnnotatedSamples) throws {
        let (width, height) = (sample.mask.width, sample.mask.height)
        let name = JSON.text(sample.name + (sample.ending.isEmpty ? ".png" : sample.ending))
        images.append(
            "{\"id\": \(images.count + 1), \"file_name\": \(name), \"width\": \(width), \"height\": \(height)}"
        )
        for (number, runs) in RunLengths.classes(of: sample.mask) {
            let segmentation = "{\"size\": [\(height), \(width)], \"counts\": \(JSON.text(runs.text))}"
            let box = "[\(runs.box.x), \(runs.box.y), \(runs.box.width), \(runs.box.height)]"
            try file.write(
                (count > 0 ? ",\n" : "\n")
                    + "{\"id\": \(count + 1), \"image_id\": \(images.count), \"category_id\": \(number + 1), "
                    + "\"segmentation\": \(segmentation), \"area\": \(runs.area), \"bbox\": \(box), \"iscrowd\": 0}"
            )
            count += 1
        }
    }

    mutating func finish(_ labels: AxisLabels) throws {
        let categories = labels.names.enumerated().map { "{\"id\": \($0 + 1), \"name\": \(JSON.text($1))}" }
        try file.write(
            "\n],\n\"images\": [\n\(images.joined(separator: ",\n"))\n],\n\"categories\": [\n"
                + "\(categories.joined(separator: ",\n"))\n]}\n")
        try file.commit()
    }
}

/// CVAT's zip: masks in the colours that labelmap.txt gives its classes. Black is the background.
private struct CVATWriter: AnnotationWriter {
    static let table = "labelmap.txt"
    static let masks = "SegmentationClass/"
    /// A line of the table that other programs skip: which label is void.
    static let voidLine = "# void: "
    static let background = "background"
    /// The most bytes that are unpacked from an archive of others: of the table, and of a picture.
    static let tableLimit = 1 << 20
    static let pictureLimit = 1 << 28

    private var archive: ZipWriter
    private var names: [String] = []
    private var palette: ClassPalette?
    private var hasVoid = false
    private let interpreter: Interpreter

    init(_ path: String, _ interpreter: Interpreter) throws {
        archive = try ZipWriter(
            path, help: "write the samples in parts", poll: { try interpreter.checkInterrupt() })
        self.interpreter = interpreter
    }

    mutating func add(_ sample: AnnotatedMask, _ samples: AnnotatedSamples) throws {
        let palette = try palette ?? ClassPalette(showing: samples.labels, highest: 0)
        self.palette = palette
        hasVoid = hasVoid || sample.mask.bytes.contains(MaskImage.ignored)
        let mask = sample.mask
        let bytes = try interpreter.awaited { try PNGImage.encode(palette.picture(of: mask)) }
        guard !sample.name.hasPrefix("/"), !sample.name.split(separator: "/").contains("..") else {
            throw Failure(
                .value,
                "write_annotations: the sample \(quotedText(sample.name)) cannot name a file: it would be outside of the archive",
                help: "names of samples have no \"..\", and no \"/\" at the beginning", argument: 0)
        }
        try archive.add("\(Self.masks)\(sample.name).png", bytes)
        names.append(sample.name)
    }

    mutating func finish(_ labels: AxisLabels) throws {
        let entries = zip(labels.names, palette?.colors ?? []).map { ($0, $1) }
        let black = entries.first { $1 == ClassPalette.Color(0, 0, 0) }?.0
        if let black, hasVoid {
            throw Failure(
                .value, "write_annotations: the class \(black) is black, as void is in CVAT's format",
                help: "with_classes(mask, names, colors=…) or with_colors(data, …) gives it another colour",
                argument: 0)
        }
        if let wrong = labels.names.first(where: {
            $0.contains(":") || $0.contains("\n") || $0.hasPrefix("#")
        }) {
            throw Failure(
                .value,
                "write_annotations: the class \(quotedText(wrong)) cannot be named in CVAT's \(Self.table)",
                argument: 0)
        }
        var lines = ["# label:color_rgb:parts:actions"]
        if black == nil {
            // Another class may have the name.
            let name = labels.names.contains(Self.background) ? "void" : Self.background
            lines += ["\(Self.voidLine)\(name)", "\(name):0,0,0::"]
        }
        lines += entries.map { "\($0):\($1.red),\($1.green),\($1.blue)::" }
        try archive.add(Self.table, Array((lines.joined(separator: "\n") + "\n").utf8))
        let list = names.map { $0 + "\n" }.joined()
        try archive.add("ImageSets/Segmentation/default.txt", Array(list.utf8))
        try archive.finish()
    }
}

// MARK: Reading

private func readCVAT(_ path: String, void: String?, _ interpreter: Interpreter) throws -> Value {
    let archive = try ZipMembers(path)
    guard let table = try archive.bytes(CVATWriter.table, limit: CVATWriter.tableLimit) else {
        throw Failure(
            .file, "\(path) has no \(CVATWriter.table), as CVAT's format \"Segmentation mask\" has",
            argument: 0)
    }
    var (names, colors): ([String], [UInt32]) = ([], [])
    var voids: Set<String> = []
    if let void { voids.insert(void) }
    var numbers: [UInt32: UInt8] = [:]
    // A byte order mark is no part of a label.
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let text = String(decoding: table.starts(with: mark) ? table.dropFirst(3) : table[...], as: UTF8.self)
    for line in text.split(whereSeparator: \.isNewline) {
        if line.hasPrefix(CVATWriter.voidLine) {
            voids.insert(String(line.dropFirst(CVATWriter.voidLine.count)))
        }
        if line.hasPrefix("#") || line.allSatisfy({ $0 == " " }) { continue }
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        let fields = parts.count > 1 ? parts[1].split(separator: ",") : []
        let color = fields.compactMap { UInt8($0) }
        guard fields.count == 3, color.count == 3, names.count < ClassPalette.limit else {
            throw Failure(
                .file,
                "\(path): \(CVATWriter.table) has the line \(quotedText(String(line))), which is no label and colour",
                argument: 0)
        }
        let code = UInt32(color[0]) << 16 | UInt32(color[1]) << 8 | UInt32(color[2])
        guard numbers[code] == nil else {
            throw Failure(.file, "\(path): two labels have the colour \(parts[1])", argument: 0)
        }
        if voids.contains(String(parts[0])) {
            numbers[code] = MaskImage.ignored
        } else {
            numbers[code] = UInt8(names.count)
            names.append(String(parts[0]))
            colors.append(code)
        }
    }
    if let void, !numbers.values.contains(MaskImage.ignored) {
        throw Failure(.value, "read_annotations: \(path) has no label \(quotedText(void))", argument: 1)
    }
    let labels = try AxisLabels(names, colors: colors)
    var samples: [Value] = []
    for member in archive.names where member.hasPrefix(CVATWriter.masks) && member.hasSuffix(".png") {
        try interpreter.checkInterrupt()
        guard let bytes = try archive.bytes(member, limit: CVATWriter.pictureLimit) else { continue }
        let table = numbers
        let mask = try interpreter.awaited {
            try MaskImage(colors: try PNGImage.read(bytes: bytes, name: "\(path)/\(member)"), table) {
                color in
                Failure(
                    .value,
                    "\(path)/\(member) has the colour \(color), which \(CVATWriter.table) does not have",
                    argument: 0)
            }
        }
        let name = String(member.dropFirst(CVATWriter.masks.count).dropLast(4))
        samples.append(.record([("name", .string(name)), ("mask", try value(of: mask, labels))]))
    }
    return .list(samples)
}

extension MaskImage {
    /// A mask from the colours of a picture.
    fileprivate init(
        colors picture: RGBImage, _ numbers: [UInt32: UInt8], unknown: (ClassPalette.Color) -> Failure
    ) throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(picture.width * picture.height)
        var last: (code: UInt32, number: UInt8)?
        for place in stride(from: 0, to: picture.bytes.count, by: 3) {
            let color = ClassPalette.Color(
                picture.bytes[place], picture.bytes[place + 1], picture.bytes[place + 2])
            if last?.code != color.code {
                guard let number = numbers[color.code] else { throw unknown(color) }
                last = (color.code, number)
            }
            bytes.append(last?.number ?? Self.ignored)
        }
        try self.init(width: picture.width, height: picture.height, bytes: bytes)
    }
}

private func readCOCO(_ path: String, _ interpreter: Interpreter) throws -> Value {
    func damaged(_ problem: String, help: String? = nil) -> Failure {
        Failure(.file, "\(path): \(problem)", help: help, argument: 0)
    }
    let root: Value
    do {
        root = try valueOfJSON(FileReader.contents(of: path), interpreter)
    } catch let problem as JSONReader.Problem {
        throw damaged("line \(problem.line): \(problem.message)")
    }
    func records(_ name: String) throws -> [RecordObject] {
        guard let items = root.asRecord?[name]?.asList?.items else {
            throw damaged("it has no list \"\(name)\", as COCO's format has")
        }
        return try items.map { item in
            guard let record = item.asRecord else { throw damaged("an entry of \"\(name)\" is no object") }
            return record
        }
    }
    func whole(_ record: RecordObject, _ name: String) throws -> Int {
        guard let number = record[name]?.asNumber.flatMap({ Int(exactly: $0) }) else {
            throw damaged("an entry has no whole number \"\(name)\"")
        }
        return number
    }
    // Classes in the order of their numbers.
    let categories = try records("categories").map {
        (id: try whole($0, "id"), name: $0["name"]?.asString ?? "")
    }
    .sorted { $0.id < $1.id }
    guard categories.count <= ClassPalette.limit else {
        throw damaged(
            "\(categories.count) categories are more than the \(ClassPalette.limit) that masks can hold")
    }
    var numbers: [Int: UInt8] = [:]
    for (number, category) in categories.enumerated() {
        guard numbers.updateValue(UInt8(number), forKey: category.id) == nil else {
            throw damaged("two categories have the number \(category.id)")
        }
    }
    let labels = try AxisLabels(categories.map(\.name))
    struct Picture {
        let name: String
        let width: Int
        let height: Int
        var runs: [(number: UInt8, runs: RunLengths)] = []
    }
    var order: [Int] = []
    var pictures: [Int: Picture] = [:]
    for image in try records("images") {
        let id = try whole(image, "id")
        let (width, height) = (try whole(image, "width"), try whole(image, "height"))
        _ = try PictureSize.pixels(width, height)
        let file = image["file_name"]?.asString ?? "\(id)"
        let ending = [".png", ".jpg", ".jpeg"].first { file.lowercased().hasSuffix($0) } ?? ""
        let picture = Picture(name: String(file.dropLast(ending.count)), width: width, height: height)
        guard pictures.updateValue(picture, forKey: id) == nil else {
            throw damaged("two pictures have the number \(id)")
        }
        order.append(id)
    }
    for annotation in try records("annotations") {
        try interpreter.checkInterrupt()
        let (id, category) = (try whole(annotation, "image_id"), try whole(annotation, "category_id"))
        guard let picture = pictures[id], let number = numbers[category] else {
            throw damaged(
                "an annotation is of picture \(id) and category \(category), one of which is not in the file")
        }
        guard let segmentation = annotation["segmentation"]?.asRecord, let counts = segmentation["counts"]
        else {
            throw damaged(
                "an annotation of \(picture.name) is no mask of run lengths",
                help: "pycocotools turns polygons into run lengths")
        }
        try interpreter.reserve(
            elements: counts.asString?.utf8.count ?? counts.asList?.items.count ?? 0,
            for: "the run lengths of \(picture.name)")
        if let size = try segmentation["size"].flatMap({ try interpreter.numbers($0) }),
            size != [Double(picture.height), Double(picture.width)]
        {
            let sizes = size.map { numberText($0) }.joined(separator: " x ")
            throw damaged(
                "the run lengths of \(picture.name) are of \(sizes) pixels, the picture is \(sizeText(height: picture.height, width: picture.width))"
            )
        }
        let lengths =
            try counts.asString.flatMap { RunLengths.counts(in: $0) }
            ?? interpreter.numbers(counts)?.map { Int(exactly: $0) ?? -1 }
        guard let lengths else { throw damaged("the run lengths of \(picture.name) cannot be read") }
        let runs = try RunLengths(width: picture.width, height: picture.height, counts: lengths)
        pictures[id]?.runs.append((number, runs))
    }
    return .list(
        try order.compactMap { pictures[$0] }.map { picture in
            try interpreter.checkInterrupt()
            try PictureSize.requireRoom(for: picture.name, picture.width, picture.height, bytes: 1)
            var bytes = [UInt8](repeating: MaskImage.ignored, count: picture.width * picture.height)
            for (number, runs) in picture.runs {
                try runs.draw(number, into: &bytes, poll: interpreter.checkInterrupt)
            }
            let mask = try MaskImage(width: picture.width, height: picture.height, bytes: bytes)
            return .record([("name", .string(picture.name)), ("mask", try value(of: mask, labels))])
        })
}
