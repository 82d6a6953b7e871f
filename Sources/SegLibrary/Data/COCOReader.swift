// COCO's JSON as `read_annotations` reads it (cocodataset.org/#format-data): masks from annotations whose pixels are run
// lengths. Every error names the file, and the entry by its list, its place in it and its number.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

/// Reads the masks of a file.
struct COCOReader {
    private let path: String
    private let interpreter: Interpreter
    private let root: Value

    init(_ path: String, _ interpreter: Interpreter) throws {
        self.path = path
        self.interpreter = interpreter
        do {
            root = try Self.contents(of: path, interpreter)
        } catch let problem as JSONReader.Problem {
            throw Failure(.file, "\(path): line \(problem.line): \(problem.message)", argument: 0)
        }
    }

    private static func contents(of path: String, _ interpreter: Interpreter) throws -> Value {
        let bytes = try FileReader.contents(of: path, poll: interpreter.checkInterrupt)
        do {
            return try valueOfJSON(bytes, interpreter)
        } catch let problem as JSONReader.Problem {
            // A file of an old program, whose letters are those that a table of classes may have.
            try interpreter.reserve(7 * bytes.count, for: "the text of \(path)")
            let decoded = try interpreter.awaited {
                String(validating: bytes, as: UTF8.self) == nil
                    ? Array(TextEncoding.textOrLatin1(of: bytes).utf8) : nil
            }
            guard let decoded else { throw problem }
            return try valueOfJSON(decoded, interpreter)
        }
    }

    // MARK: Entries

    /// An object of one of the file's lists.
    private struct Entry {
        let list: String
        let place: Int
        let record: RecordObject
        /// The picture of an annotation, once it is known.
        var picture: String?

        /// `annotations[3] (id 7) of "street"`.
        var text: String {
            var text = "\(list)[\(place)]"
            if let id = record["id"]?.asNumber {
                text += " (id \(numberText(id)))"
            } else if let name = (record["file_name"] ?? record["name"])?.asString {
                text += " (\(quotedText(name)))"
            }
            return text + (picture.map { " of \(quotedText($0))" } ?? "")
        }
    }

    private func damaged(_ problem: String, help: String? = nil) -> Failure {
        Failure(.file, "\(path): \(problem)", help: help, argument: 0)
    }

    private func damaged(_ entry: Entry, _ problem: String, help: String? = nil) -> Failure {
        damaged("\(entry.text)\(problem)", help: help)
    }

    /// Calls `body` with each object of a list.
    private func forEach(_ list: String, _ body: (Entry) throws -> Void) throws {
        guard let items = root.asRecord?[list]?.asList?.items else {
            throw damaged("it has no list \"\(list)\", as COCO's format has")
        }
        for (place, item) in items.enumerated() {
            try interpreter.checkInterrupt()
            guard let record = item.asRecord else {
                throw damaged("\(list)[\(place)] is \(shown(item)), no object")
            }
            try body(Entry(list: list, place: place, record: record))
        }
    }

    /// What an error of a picture's size or of run lengths says, with its entry.
    private func located<Result>(_ entry: Entry, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TensorError where !error.endsWork {
            throw damaged(entry, ": \(error.message)", help: error.help)
        }
    }

    /// A value of the file in an error.
    private func shown(_ value: Value) -> String {
        if value.isNil { return "null" }
        return value.asNumber.map { numberText($0) } ?? interpreter.describe(value)
    }

    private func whole(_ entry: Entry, _ name: String) throws -> Int {
        let value = entry.record[name]
        guard let number = value?.asNumber.flatMap({ Int(exactly: $0) }) else {
            throw damaged(
                entry, " has no whole number \"\(name)\"" + (value.map { ", but \(shown($0))" } ?? ""))
        }
        return number
    }

    /// A text that names something; nil if the entry has none.
    private func name(_ entry: Entry, _ key: String) throws -> String? {
        guard let value = entry.record[key] else { return nil }
        guard let text = value.asString, !text.isEmpty else {
            throw damaged(
                entry, ": \"\(key)\" is \(value.asString == nil ? shown(value) : "empty"), not a name")
        }
        return text
    }

    // MARK: Categories

    /// The classes in the order of their numbers, and the place of each number among them.
    private func classes() throws -> (labels: AxisLabels, numbers: [Int: UInt8]) {
        var categories: [(id: Int, name: String)] = []
        var entriesOfNames: [String: Entry] = [:]
        var entriesOfNumbers: [Int: Entry] = [:]
        try forEach("categories") { entry in
            let id = try whole(entry, "id")
            guard let name = try name(entry, "name") else { throw damaged(entry, " has no \"name\"") }
            if let first = entriesOfNumbers.updateValue(entry, forKey: id) {
                throw damaged("two categories have the number \(id): \(first.text) and \(entry.text)")
            }
            if let first = entriesOfNames.updateValue(entry, forKey: name) {
                throw damaged(
                    "two categories have the name \(quotedText(name)): \(first.text) and \(entry.text)")
            }
            categories.append((id, name))
        }
        guard categories.count <= ClassPalette.limit else {
            throw damaged(
                "the \(categories.count) entries of \"categories\" are more than the \(ClassPalette.limit) classes that masks can hold"
            )
        }
        categories.sort { $0.id < $1.id }
        let numbers = categories.enumerated().map { ($1.id, UInt8($0)) }
        return (
            try AxisLabels(categories.map(\.name)), Dictionary(numbers, uniquingKeysWith: { one, _ in one })
        )
    }

    // MARK: Pictures

    private struct Picture {
        let entry: Entry
        let name: String
        let width: Int
        let height: Int
    }

    private func picture(_ entry: Entry, _ id: Int) throws -> Picture {
        let (width, height) = (try whole(entry, "width"), try whole(entry, "height"))
        _ = try located(entry) { try PictureSize.pixels(width, height) }
        let file = try name(entry, "file_name") ?? "\(id)"
        let ending = [".png", ".jpg", ".jpeg"].first { file.lowercased().hasSuffix($0) } ?? ""
        let name = String(file.dropLast(ending.count))
        guard !name.isEmpty, !name.hasSuffix("/") else {
            throw damaged(entry, ": \"file_name\" is \(quotedText(file)), which names no picture")
        }
        return Picture(entry: entry, name: name, width: width, height: height)
    }

    /// The pictures by number, and their numbers in the order of the file.
    private func pictures() throws -> (order: [Int], pictures: [Int: Picture]) {
        var order: [Int] = []
        var pictures: [Int: Picture] = [:]
        var numbers: [String: Int] = [:]
        try forEach("images") { entry in
            let id = try whole(entry, "id")
            let picture = try picture(entry, id)
            if let first = pictures.updateValue(picture, forKey: id) {
                throw damaged("two pictures have the number \(id): \(first.entry.text) and \(entry.text)")
            }
            if let first = numbers.updateValue(id, forKey: picture.name) {
                throw damaged(
                    "two pictures have the name \(quotedText(picture.name)): \(pictures[first]?.entry.text ?? "") and \(entry.text)",
                    help: "a name is \"file_name\" without its ending .png, .jpg or .jpeg")
            }
            order.append(id)
        }
        return (order, pictures)
    }

    // MARK: Annotations

    private func runs(_ entry: Entry, _ picture: Picture) throws -> RunLengths {
        guard let segmentation = entry.record["segmentation"]?.asRecord, let counts = segmentation["counts"]
        else {
            throw damaged(
                entry, " is no mask of run lengths", help: "pycocotools turns polygons into run lengths")
        }
        let (width, height) = (picture.width, picture.height)
        if let size = segmentation["size"] {
            guard let numbers = try interpreter.numbers(size), numbers.count == 2 else {
                throw damaged(entry, ": \"size\" is \(shown(size)), not [height, width]")
            }
            guard numbers == [Double(height), Double(width)] else {
                let sizes = numbers.map { numberText($0) }.joined(separator: " x ")
                throw damaged(
                    entry,
                    ": the run lengths are of \(sizes) pixels, the picture is \(sizeText(height: height, width: width))"
                )
            }
        }
        let lengths: [Int]
        if let text = counts.asString {
            try interpreter.reserve(
                elements: text.utf8.count, for: "a list of the run lengths of \(picture.name) in \(path)")
            let read =
                text.utf8.count < 1 << 20
                ? RunLengths.counts(in: text) : try interpreter.awaited { RunLengths.counts(in: text) }
            guard let read else {
                throw damaged(entry, ": the run lengths cannot be read: \"counts\" is damaged")
            }
            lengths = read
        } else if let items = counts.asList?.items {
            lengths = try interpreter.made(items.count) { place in
                guard case .number(let number) = items[place], let length = Int(exactly: number) else {
                    throw damaged(
                        entry,
                        ": counts[\(place)] is \(shown(items[place])), not a whole number from 0 to \(width * height)"
                    )
                }
                return length
            }
        } else {
            throw damaged(
                entry,
                ": the run lengths cannot be read: \"counts\" is \(shown(counts)), not a text or a list")
        }
        return try located(entry) { try RunLengths(width: width, height: height, counts: lengths) }
    }

    /// A record with name and mask for each picture, in the order of the file.
    func samples() throws -> Value {
        let (labels, numbers) = try classes()
        let all = try pictures()
        // Apart from the pictures, whose copies would copy the list with each annotation.
        var drawn: [Int: [(number: UInt8, runs: RunLengths)]] = [:]
        try forEach("annotations") { given in
            var entry = given
            let (id, category) = (try whole(entry, "image_id"), try whole(entry, "category_id"))
            guard let picture = all.pictures[id] else {
                throw damaged(entry, " is of picture \(id), which is not in \"images\"")
            }
            entry.picture = picture.name
            guard let number = numbers[category] else {
                throw damaged(entry, " is of category \(category), which is not in \"categories\"")
            }
            drawn[id, default: []].append((number, try runs(entry, picture)))
        }
        return .list(
            try all.order.compactMap { id in all.pictures[id].map { (id, $0) } }.map { id, picture -> Value in
                try interpreter.checkInterrupt()
                let (width, height) = (picture.width, picture.height)
                try PictureSize.requireRoom(for: "\(picture.name) of \(path)", width, height, bytes: 1)
                var bytes = [UInt8](repeating: MaskImage.ignored, count: width * height)
                for (number, runs) in drawn[id] ?? [] {
                    try runs.draw(number, into: &bytes, poll: interpreter.checkInterrupt)
                }
                let mask = try MaskImage(width: width, height: height, bytes: bytes)
                return .record([("name", .string(picture.name)), ("mask", try value(of: mask, labels))])
            })
    }
}
