// Masks on their way into files of annotation tools: what `write_annotations` is given, checked one after the other, and
// the writers of COCO's JSON and of CVAT's zip.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

/// A picture's mask on its way into a file.
struct AnnotatedMask {
    /// The picture's name without its ending, and the ending, with its point.
    let name: String
    let ending: String
    let mask: MaskImage
}

/// What `write_annotations` is given, one mask after the other.
final class AnnotatedSamples {
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

    func checkInterrupt() throws { try interpreter.checkInterrupt() }

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
            let classes = try tensor.promise.value().rowMajor()
            mask = try interpreter.awaited { try MaskImage(classes: classes, by: "write_annotations") }
            own = tensor.categories
        } else {
            throw Failure(
                .type,
                "write_annotations: the mask of \(full) is \(interpreter.describe(entry)), not a tensor",
                argument: 0)
        }
        try Self.checkFileName(name, of: full)
        let highest = mask.highest
        guard let found = own ?? given else {
            throw Failure(
                .value, "write_annotations: the mask of \(full) has no names of classes",
                help: "classes=[\"Road\", \"Sky\"] gives them", argument: 0)
        }
        if let labels {
            try AxisLabels.check(
                found.names, of: "the mask of \(full)", against: labels.names, of: "the first mask")
        } else if found.names.contains("") {
            throw Failure(
                .value, "write_annotations: a class of the mask of \(quotedText(full)) has an empty name",
                help: "with_classes(mask, names) gives the classes other names", argument: 0)
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

    /// Refuses a name that can be no file's, as tools unpack the archive or look for the picture by it.
    private static func checkFileName(_ name: String, of full: String) throws {
        func wrong(_ problem: String, _ help: String) -> Failure {
            Failure(
                .value, "write_annotations: the sample \(quotedText(full)) cannot name a file: \(problem)",
                help: help, argument: 0)
        }
        if name.isEmpty || name.hasSuffix("/") {
            throw wrong(
                full == name
                    ? "it is empty\(name.isEmpty ? "" : " after its last \"/\"")" : "it has only an ending",
                "names of samples are as \"street_1\" or \"day/street_1.png\"")
        }
        if let control = CVATArchive.control(in: name) {
            throw wrong(
                "it has the control character \(control)",
                "names of samples have no line ends, tabs or other control characters")
        }
    }
}

protocol AnnotationWriter {
    mutating func add(_ sample: AnnotatedMask, _ samples: AnnotatedSamples) throws
    mutating func finish(_ labels: AxisLabels) throws
}

/// COCO's JSON. The categories are numbered from 1, since 0 is the background in many programs.
struct COCOWriter: AnnotationWriter {
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
        for (number, runs) in try RunLengths.classes(of: sample.mask, poll: samples.checkInterrupt) {
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
struct CVATWriter: AnnotationWriter {
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
        let parts = sample.name.split { $0 == "/" || $0 == "\\" }
        guard !sample.name.hasPrefix("/"), !parts.contains("..") else {
            throw Failure(
                .value,
                "write_annotations: the sample \(quotedText(sample.name)) cannot name a file: it would be outside of the archive",
                help: "names of samples have no \"..\", and no \"/\" at the beginning", argument: 0)
        }
        try archive.add("\(CVATArchive.masks)\(sample.name).png", bytes)
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
            $0.contains(":") || $0.hasPrefix("#") || CVATArchive.control(in: $0) != nil
        }) {
            throw Failure(
                .value,
                "write_annotations: the class \(quotedText(wrong)) cannot be named in CVAT's \(CVATArchive.table)",
                argument: 0)
        }
        var lines = ["# label:color_rgb:parts:actions"]
        if black == nil {
            // Classes may have these names.
            let names = ["background", "void"] + (0...labels.names.count).map { "void\($0)" }
            let name = names.first { !labels.names.contains($0) } ?? ""
            lines += ["\(CVATArchive.voidLine)\(name)", "\(name):0,0,0::"]
        }
        lines += entries.map { "\($0):\($1.red),\($1.green),\($1.blue)::" }
        try archive.add(CVATArchive.table, Array((lines.joined(separator: "\n") + "\n").utf8))
        let list = names.map { $0 + "\n" }.joined()
        try archive.add("\(CVATArchive.lists)default.txt", Array(list.utf8))
        try archive.finish()
    }
}
