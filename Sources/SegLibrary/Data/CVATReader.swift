// The zip of CVAT's "Segmentation mask" format, which is laid out like PASCAL VOC, as `read_annotations` reads it: the
// labels of labelmap.txt, the masks of SegmentationClass in their colours, and the lists of the masks' names.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

/// What is where in CVAT's archive.
enum CVATArchive {
    static let table = "labelmap.txt"
    static let masks = "SegmentationClass/"
    static let lists = "ImageSets/Segmentation/"
    /// A line of the table that other programs skip: which label is void.
    static let voidLine = "# void: "

    /// The first character of a name that no line of a table or list can hold, as U+000A; nil if there is none.
    static func control(in name: String) -> String? {
        let found = name.unicodeScalars.first {
            [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
        }
        guard let found else { return nil }
        let digits = String(found.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    }
}

/// Reads the masks of CVAT's archive. Errors name the file, and the member or the line of the table.
struct CVATReader {
    /// The most bytes that are unpacked from an archive of others: of the table, of a list, and of a picture.
    private static let tableLimit = 1 << 20
    private static let listLimit = 1 << 26
    private static let pictureLimit = 1 << 28

    private let path: String
    private let archive: ZipMembers
    private let interpreter: Interpreter
    /// The class of each colour, as 0xRRGGBB.
    private var numbers: [UInt32: UInt8] = [:]
    private var labels: AxisLabels?

    /// - Parameter void: a label that becomes void.
    init(_ path: String, void: String?, _ interpreter: Interpreter) throws {
        self.path = path
        self.interpreter = interpreter
        archive = try ZipMembers(path)
        try readTable(void: void)
    }

    private func damaged(_ problem: String, help: String? = nil) -> Failure {
        Failure(.file, "\(path)\(problem)", help: help, argument: 0)
    }

    // MARK: Labels

    private mutating func readTable(void: String?) throws {
        guard let bytes = try archive.bytes(CVATArchive.table, limit: Self.tableLimit) else {
            throw damaged(" has no \(CVATArchive.table), as CVAT's format \"Segmentation mask\" has")
        }
        var (names, colors): ([String], [UInt32]) = ([], [])
        var voids: Set<String> = []
        if let void { voids.insert(void) }
        var lines: [String: Int] = [:]
        for (place, line) in Self.lines(bytes).enumerated() {
            if line.hasPrefix(CVATArchive.voidLine) {
                voids.insert(String(line.dropFirst(CVATArchive.voidLine.count)))
            }
            if line.hasPrefix("#") || line.allSatisfy({ $0 == " " }) { continue }
            func wrong(_ problem: String) -> Failure {
                damaged(": line \(place + 1) of \(CVATArchive.table) \(problem)")
            }
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            let fields = parts.count > 1 ? parts[1].split(separator: ",") : []
            let color = fields.compactMap { UInt8($0) }
            guard fields.count == 3, color.count == 3 else {
                throw wrong("is \(quotedText(String(line))), which is no label and colour")
            }
            let name = String(parts[0])
            guard !name.isEmpty else { throw wrong("has a colour without a label") }
            if let first = lines.updateValue(place + 1, forKey: name) {
                throw damaged(
                    ": the label \(quotedText(name)) occurs twice in \(CVATArchive.table), in lines \(first) and \(place + 1)"
                )
            }
            let code = UInt32(color[0]) << 16 | UInt32(color[1]) << 8 | UInt32(color[2])
            guard numbers[code] == nil else {
                throw damaged(": two labels of \(CVATArchive.table) have the colour \(parts[1])")
            }
            if voids.contains(name) {
                numbers[code] = MaskImage.ignored
                continue
            }
            guard names.count < ClassPalette.limit else {
                throw wrong("is one more than the \(ClassPalette.limit) labels that masks can hold")
            }
            numbers[code] = UInt8(names.count)
            names.append(name)
            colors.append(code)
        }
        if let void, lines[void] == nil {
            throw Failure(
                .label, "read_annotations: \(path) has no label \(quotedText(void)), which void= names",
                help: nearestName(to: void, among: Array(lines.keys)).map {
                    "did you mean \(quotedText($0))?"
                }
                    ?? "its labels are \(listText(names, most: 12))", argument: 1)
        }
        labels = try AxisLabels(names, colors: colors)
    }

    /// The lines of a member of text, without a byte order mark.
    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        let text = TextEncoding.textOrLatin1(of: bytes)
        let mark = text.unicodeScalars.first == "\u{feff}" ? 1 : 0
        return Substring(text.unicodeScalars.dropFirst(mark)).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    // MARK: Masks

    /// A record with name and mask for each mask, in the order of the archive.
    func samples() throws -> Value {
        var members: [(name: String, member: String)] = []
        var known: Set<String> = []
        for member in archive.names
        where member.hasPrefix(CVATArchive.masks) && member.lowercased().hasSuffix(".png") {
            try interpreter.checkInterrupt()
            let name = String(member.dropFirst(CVATArchive.masks.count).dropLast(4))
            guard !name.isEmpty, !name.hasSuffix("/") else {
                throw damaged(": its member \(quotedText(member)) is a mask without a name")
            }
            guard known.insert(name).inserted else {
                throw damaged(": two pictures have the name \(quotedText(name))")
            }
            members.append((name, member))
        }
        try checkLists(members.map(\.name), known)
        return .list(
            try interpreter.made(members.count) { place in
                try interpreter.checkInterrupt()
                let (name, member) = members[place]
                return .record([("name", .string(name)), ("mask", try mask(member))])
            })
    }

    private func mask(_ member: String) throws -> Value {
        guard let bytes = try archive.bytes(member, limit: Self.pictureLimit) else { return .nilValue }
        let (table, whole) = (numbers, "\(path)/\(member)")
        let mask = try interpreter.awaited {
            try MaskImage(colors: try PNGImage.read(bytes: bytes, name: whole), table) { color in
                Failure(
                    .value, "\(whole) has the colour \(color), which \(CVATArchive.table) does not have",
                    argument: 0)
            }
        }
        return try value(of: mask, labels)
    }

    /// Notes where the lists of the archive, if it has any, and its masks differ. A list of which no name has a mask is an
    /// error.
    private func checkLists(_ names: [String], _ known: Set<String>) throws {
        var listed: Set<String> = []
        var hasLists = false
        for list in archive.names where list.hasPrefix(CVATArchive.lists) && list.hasSuffix(".txt") {
            guard let bytes = try archive.bytes(list, limit: Self.listLimit) else { continue }
            hasLists = true
            var (missing, first, own): (Int, String?, Set<String>) = (0, nil, [])
            for line in Self.lines(bytes) {
                try interpreter.checkInterrupt()
                guard let name = Self.listedName(line, known), own.insert(name).inserted else { continue }
                if known.contains(name) { continue }
                missing += 1
                first = first ?? name
            }
            if let first {
                let problem =
                    "\(missing) of the \(plural(own.count, "name")) in \(list) \(missing == 1 ? "has" : "have") no mask "
                    + "in \(CVATArchive.masks): \(missing == 1 ? "" : "the first is ")\(quotedText(first))"
                guard missing < own.count else {
                    throw damaged(": \(problem)", help: "export the masks again")
                }
                interpreter.note("\(path): \(problem); pictures that nobody has annotated have none")
            }
            listed.formUnion(own)
        }
        let strangers = hasLists ? names.filter { !listed.contains($0) } : []
        if let first = strangers.first {
            interpreter.note(
                "\(path): \(strangers.count) of the \(plural(names.count, "mask")) in \(CVATArchive.masks) "
                    + "\(strangers.count == 1 ? "is" : "are") in no list of \(CVATArchive.lists): "
                    + "\(strangers.count == 1 ? "" : "the first is ")\(quotedText(first)); they are read, too"
            )
        }
    }

    /// The name in a line of a list; nil for an empty line and a comment. Other programs write a name with spaces in
    /// quotes.
    private static func listedName(_ line: Substring, _ known: Set<String>) -> String? {
        if known.contains(String(line)) { return String(line) }
        let name = line.trimmed
        if name.isEmpty || name.hasPrefix("#") { return nil }
        let isQuoted = name.count > 2 && name.hasPrefix("\"") && name.hasSuffix("\"")
        return String(isQuoted ? name.dropFirst().dropLast() : name)
    }
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
