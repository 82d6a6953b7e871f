// Which of colour, palette index or value decides what the masks of a data set mean: one decision for all of
// them, from some of the files. Where the evidence does not suffice, more files are read, and in the end an
// error asks for `by=`.

import SegSystem
import SegTensor

/// What a script says about masks besides where they are.
public struct MaskOptions: Sendable {
    /// The classes; nil: a table beside the pictures.
    public var classes: ClassTable?
    public var void: [ClassTable.VoidMark]
    public var by: MaskRule.Source?
    public var strays: MaskRule.Strays
    /// The function that makes the data set, for errors.
    public var maker: String
    /// The help where a layout knows what the numbers of its masks are.
    var numbersHelp: String?

    public init(
        maker: String, classes: ClassTable? = nil, void: [ClassTable.VoidMark] = [],
        by: MaskRule.Source? = nil, strays: MaskRule.Strays = .refused
    ) {
        self.maker = maker
        self.classes = classes
        self.void = void
        self.by = by
        self.strays = strays
    }
}

/// What some mask files hold.
struct MaskSurvey {
    /// So many files, evenly distributed, are read first.
    private static let sample = 8

    let options: MaskOptions
    let files: [String]
    /// The kinds of the files that hold more than black: a mask of 0 alone, in whatever form, decides nothing.
    private var decisiveKinds: Set<MaskPixels.Kind> = []
    private var blackKinds: Set<MaskPixels.Kind> = []
    var kinds: Set<MaskPixels.Kind> { decisiveKinds.isEmpty ? blackKinds : decisiveKinds }
    var colors: Set<UInt32> = []
    /// Numbers of gray values, and of indices into palettes.
    var numbers: Set<Int> = []
    /// Of `numbers` those of gray files with less than 8 bits, and the levels of light that they are.
    var fewBits: Set<Int> = []
    var levelsOfFewBits: Set<Int> = []
    var manyBits: Set<Int> = []
    /// Files of a palette in which only black is used, of those that are no ramp of grays.
    var blackPalettes = 0
    var jpegFile: String?
    /// Whether colours were too many to collect: a photograph, or a mask saved as JPEG.
    var isBeyondCounting = false
    /// Whether all palettes are PASCAL VOC's colour map, which many programs write whatever the classes are.
    var hasStandardPalettes = true
    var hasPalettes = false
    /// The colours of palette indices, and the files in which they are; grays in order are no palette.
    var paletteColors: [Int: (color: ClassPalette.Color, file: String)] = [:]
    /// A file whose palette gives an index another colour than an earlier one.
    var otherPalette: (number: Int, color: ClassPalette.Color, file: String)?
    var isComplete = false
    /// Pixels that are transparent, and all, of the files that were read.
    var clear = 0
    var pixels = 0
    var filesRead = 0

    enum Verdict {
        case rule(MaskRule.Source, MaskRule.Channel, note: String? = nil)
        case undecided
    }

    /// What the line of a data set says about transparent pixels; nil where there are none.
    var transparency: String? {
        guard clear > 0 else { return nil }
        let of = isComplete || filesRead == files.count ? "" : " in the \(filesRead) masks looked at"
        return "\(clear) transparent pixel\(clear == 1 ? "" : "s") of \(pixels) void\(of)"
    }

    /// The rule for files, with notes for the user. `table` is nil if there is none; then only CamVid's own
    /// colours are understood, if `guessesCamVid`.
    static func rule(
        for files: [String], table: ClassTable?, directory: String, guessesCamVid: Bool,
        _ options: MaskOptions
    ) throws -> (rule: MaskRule, notes: [String], transparency: String?) {
        var survey = MaskSurvey(options: options, files: files)
        let (rule, notes) = try survey.decide(table, directory, guessesCamVid)
        return (rule, notes, survey.transparency)
    }

    private init(options: MaskOptions, files: [String]) {
        self.options = options
        self.files = files
    }

    private mutating func decide(_ given: ClassTable?, _ directory: String, _ guessesCamVid: Bool) throws
        -> (rule: MaskRule, notes: [String])
    {
        let step = max(1, (files.count + Self.sample - 1) / Self.sample)
        let first = Array(stride(from: 0, to: files.count, by: step))
        try read(first)
        isComplete = first.count == files.count
        // Masks of 0 alone decide nothing.
        if isOnlyBlack, !isComplete { try readOthers(than: first) }
        var notes: [String] = []
        let base: ClassTable
        if let given {
            base = given
            if given.origin != nil {
                let several = given.entries.filter { $0.colors.count > 1 }.map(\.name)
                if !several.isEmpty {
                    notes.append(
                        "\(given.origin ?? "the table") gives several colours to \(listText(several, most: 6))"
                    )
                }
            }
        } else {
            base = try ClassTable(.camVid)
            guard guessesCamVid, holdsColors(of: base) else {
                throw withoutTable(directory, guessesCamVid: guessesCamVid)
            }
            notes.append(
                "\(directory) has no \(ClassTable.fileNames[0]): the masks have CamVid's colours, so its 32 classes are used"
            )
        }
        let table = try base.withVoid(options.void)
        var verdict = try self.verdict(table)
        if case .undecided = verdict, !isComplete {
            try readOthers(than: first)
            verdict = try self.verdict(table)
        }
        guard case .rule(let source, let channel, let note) = verdict else {
            return (try rule(table, try sourceOfBlack(table), .gray), notes)
        }
        if source == .index, options.by == nil, let other = otherPalette {
            throw MaskRule.otherPalette(
                other.file, other.number, other.color, than: paletteColors[other.number], maker: options.maker
            )
        }
        if let note { notes.append(note) }
        if source != .color, let error = table.numberedTwice(options.maker) { throw error }
        if options.by == nil, source == .color { try checkValues(table, channel) }
        if options.by == nil, source != .color, let found = try contradiction(table, source, channel) {
            notes.append(found)
        }
        return (try rule(table, source, channel), notes)
    }

    func rule(_ table: ClassTable, _ source: MaskRule.Source, _ channel: MaskRule.Channel) throws
        -> MaskRule
    {
        try MaskRule(
            table, by: source, channel: channel, strays: options.strays, maker: options.maker,
            indexColors: source == .index && options.by == nil ? paletteColors.mapValues(\.color) : [:],
            readable: readable(table))
    }

    /// The rules that read all that was looked at.
    private func readable(_ table: ClassTable) -> Set<MaskRule.Source> {
        guard !isBeyondCounting else { return [] }
        let (byNumber, byColor) = (table.classOfValue, table.classOfColor)
        var found: Set<MaskRule.Source> = []
        if table.hasColors,
            colors.allSatisfy({ $0 < 0x0100_0000 && byColor[ClassPalette.Color(code: $0)] != nil })
        {
            found.insert(.color)
        }
        if let values, values.allSatisfy({ byNumber[$0] != nil }) {
            found.insert(hasPalettes ? .index : .value)
        }
        return found
    }

    private mutating func readOthers(than known: [Int]) throws {
        let known = Set(known)
        try read(files.indices.filter { !known.contains($0) })
        isComplete = true
    }

    /// Adds what some of the files hold. Broken files are left to the reading of the masks; an error if all are.
    private mutating func read(_ places: [Int]) throws {
        var failures: [any Error] = []
        for place in places {
            do {
                try add(
                    MaskPixels(bytes: PictureFile.contents(files[place]), name: files[place]),
                    of: files[place])
            } catch {
                failures.append(error)
            }
        }
        if failures.count == places.count, let first = failures.first { throw first }
    }

    private mutating func add(_ pixels: MaskPixels, of file: String) {
        clear += pixels.transparentCount
        self.pixels += pixels.count
        filesRead += 1
        if pixels.isJPEG { jpegFile = jpegFile ?? file }
        if pixels.kind == .color {
            guard let used = pixels.usedColors() else {
                decisiveKinds.insert(.color)
                isBeyondCounting = true
                return
            }
            insert(.color, isBlack: used.keys.allSatisfy { $0 == 0 })
            colors.formUnion(used.keys)
            return
        }
        let used = pixels.usedNumbers().keys
        numbers.formUnion(used)
        if case .gray(let depth) = pixels.kind, depth < 8 {
            fewBits.formUnion(used)
            levelsOfFewBits.formUnion(used.map { pixels.level($0) })
        } else {
            manyBits.formUnion(used)
        }
        // A palette of grays in order is a gray picture.
        let isRamp =
            pixels.kind == .palette
            && used.allSatisfy { pixels.color(of: $0)?.code == UInt32($0) * 0x010101 }
        let isBlack = used.allSatisfy { $0 == 0 && pixels.color(of: $0) == .black }
        insert(isRamp ? .gray(8) : pixels.kind, isBlack: isBlack)
        if isRamp, used.allSatisfy({ $0 == 0 }), !pixels.hasCommonPalette { blackPalettes += 1 }
        // What PASCAL VOC's palette has at 255 is the colour of void.
        for number in used where !(number == 255 && pixels.color(of: 255) == ClassPalette.pascalColor(255)) {
            // Values of 16 bits without a colour count as unknown colours.
            colors.insert(pixels.color(of: number)?.code ?? 0x0100_0000 + UInt32(number))
        }
        if pixels.kind == .palette, !isRamp {
            hasPalettes = true
            for number in used.sorted() where number != 255 {
                guard let color = pixels.color(of: number) else { continue }
                if let first = paletteColors[number] {
                    if first.color != color { otherPalette = otherPalette ?? (number, color, file) }
                } else {
                    paletteColors[number] = (color, file)
                }
            }
            let plain = used.filter { $0 != 255 }
            hasStandardPalettes =
                hasStandardPalettes
                && plain.allSatisfy { pixels.color(of: $0) == ClassPalette.pascalColor($0) }
        }
    }

    private mutating func insert(_ kind: MaskPixels.Kind, isBlack: Bool) {
        if isBlack { blackKinds.insert(kind) } else { decisiveKinds.insert(kind) }
    }

    // MARK: The decision

    /// The channel of RGB files that holds values; nil if none does. Black alone decides nothing.
    var channel: MaskRule.Channel? {
        guard kinds.contains(.color), !isBeyondCounting else { return .gray }
        let all = colors.map { ClassPalette.Color(code: $0) }
        if all.allSatisfy({ $0.red == $0.green && $0.red == $0.blue }) { return .gray }
        if all.allSatisfy({ $0.green == 0 && $0.blue == 0 }) { return .red }
        if all.allSatisfy({ $0.red == 0 && $0.blue == 0 }) { return .green }
        if all.allSatisfy({ $0.red == 0 && $0.green == 0 }) { return .blue }
        return nil
    }

    /// All numbers that the masks hold, if they can be read as numbers.
    var values: Set<Int>? {
        guard !isBeyondCounting, let channel else { return nil }
        guard kinds.contains(.color) else {
            // A program that saves space writes a mask of 0 and 255 in 1 bit, beside others in 8.
            let areLevels =
                manyBits.contains(255) && manyBits.isSubset(of: [0, 255]) && fewBits.contains { $0 > 0 }
            return areLevels ? manyBits.union(levelsOfFewBits) : numbers
        }
        let parts = colors.map { code -> Int in
            switch channel {
            case .gray, .blue: Int(code & 255)
            case .green: Int(code >> 8 & 255)
            case .red: Int(code >> 16 & 255)
            }
        }
        return numbers.union(parts)
    }

    private func verdict(_ table: ClassTable) throws -> Verdict {
        let number: MaskRule.Source = hasPalettes ? .index : .value
        if let by = options.by {
            if by != .color, isOnlyBlack, !isComplete { return .undecided }
            return .rule(by, channel ?? .gray)
        }
        let allowed = table.classOfValue
        let isCountable = values.map { $0.allSatisfy { allowed[$0] != nil } } ?? false
        guard table.hasColors else {
            guard let channel, !isBeyondCounting else { throw colorsWithoutTable() }
            if kinds.contains(.color), isOnlyBlack { return .undecided }
            if let verdict = try levels(table) { return verdict }
            // Palettes of black and white, of classes that are these levels.
            let shades = paletteColors.values.map(\.color)
            if hasPalettes, table.hasOwnValues, !numbers.allSatisfy({ allowed[$0] != nil }),
                shades.allSatisfy({ $0.red == $0.green && $0.red == $0.blue && allowed[Int($0.red)] != nil })
            {
                return .rule(.value, channel)
            }
            return .rule(number, channel)
        }
        let known = table.classOfColor
        let isKnown = { (code: UInt32) in code < 0x0100_0000 && known[ClassPalette.Color(code: code)] != nil }
        let found = colors.filter(isKnown)
        let others = colors.subtracting(found)
        // Black and a gray that is void may be what a number looks like.
        let showsClasses = found.contains { $0 != 0 && !table.isVoidGray(ClassPalette.Color(code: $0)) }
        let isStandard = hasPalettes && hasStandardPalettes
        if others.isEmpty, !isBeyondCounting {
            guard showsClasses else { return .undecided }
            if isStandard, isCountable, kinds == [.palette] {
                // Both could be meant. If both mean the same, there is nothing to decide.
                let isSame = numbers.allSatisfy {
                    $0 == 255 || allowed[$0] == (ClassPalette.pascalColor($0).map { known[$0] } ?? nil)
                }
                if isSame { return .rule(.index, .gray) }
                guard isComplete else { return .undecided }
                throw TensorError(
                    .value,
                    "the masks can be read by colour and by palette index, with different classes: their palette is PASCAL VOC's colour map, and the colours used belong to classes too",
                    help: "write \(options.maker)(…, by=\"color\") or by=\"index\"")
            }
            // More files may decide.
            guard isComplete || (try? checkValues(table, .gray)) != nil else { return .undecided }
            return .rule(.color, .gray)
        }
        if isStandard, isCountable, kinds == [.palette] {
            return .rule(
                .index, .gray,
                note:
                    "the palette of the masks is PASCAL VOC's colour map, not the table's colours: masks are read by palette index"
            )
        }
        let isGray = kinds.allSatisfy(\.isGray)
        // Of numbers from 0 a few, and 255, can be grays of the table.
        let isNumbered = channel != nil && !hasPalettes && isCountable && others.count > found.count
        if showsClasses, !isNumbered { return .rule(.color, .gray) }
        if hasPalettes {
            guard found.isEmpty, isCountable else { return .rule(.color, .gray) }
            return .rule(
                .index, .gray,
                note: "no colour of the masks is in the table: masks are read by palette index")
        }
        if let verdict = try levels(table) { return verdict }
        if isGray {
            // A table of grays, and other grays: a mask that was smoothed or saved as JPEG.
            if !isCountable, known.keys.allSatisfy({ $0.red == $0.green && $0.red == $0.blue }) {
                return .rule(.color, .gray)
            }
            let isTwo = values == [0, 255]
            if isTwo, !isComplete { return .undecided }
            return .rule(
                .value, .gray, note: isTwo ? "the masks hold the values 0 and 255 only, and 255 is void" : nil
            )
        }
        // In RGB white alone is a colour that the table lacks, and a few numbers too high are labels too high.
        if let channel, let values, !values.isSubset(of: [0, 255]),
            2 * values.count(where: { allowed[$0] != nil }) > values.count
        {
            return .rule(.value, channel)
        }
        return .rule(.color, .gray)
    }

    var isOnlyBlack: Bool { !isBeyondCounting && colors.allSatisfy { $0 == 0 } }
}

extension MaskPixels.Kind {
    /// Whether it is of gray values.
    var isGray: Bool {
        if case .gray = self { true } else { false }
    }
}
