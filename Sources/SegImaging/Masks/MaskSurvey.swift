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

    private let options: MaskOptions
    private let files: [String]
    private var kinds: Set<MaskPixels.Kind> = []
    private var colors: Set<UInt32> = []
    /// Numbers of gray values, and of indices into palettes.
    private var numbers: Set<Int> = []
    /// Of `numbers` those of gray files with less than 8 bits, and the levels of light that they are.
    private var fewBits: Set<Int> = []
    private var levelsOfFewBits: Set<Int> = []
    private var manyBits: Set<Int> = []
    private var jpegFile: String?
    /// Whether colours were too many to collect: a photograph, or a mask saved as JPEG.
    private var isBeyondCounting = false
    /// Whether all palettes are PASCAL VOC's colour map, which many programs write whatever the classes are.
    private var hasStandardPalettes = true
    private var hasPalettes = false
    /// The colours of palette indices, and the files in which they are; grays in order are no palette.
    private var paletteColors: [Int: (color: ClassPalette.Color, file: String)] = [:]
    /// A file whose palette gives an index another colour than an earlier one.
    private var otherPalette: (number: Int, color: ClassPalette.Color, file: String)?
    private var isComplete = false
    /// Pixels that are transparent, and all, of the files that were read.
    private var clear = 0
    private var pixels = 0
    private var filesRead = 0

    private enum Verdict {
        case rule(MaskRule.Source, MaskRule.Channel, note: String? = nil)
        case undecided
    }

    /// What the line of a data set says about transparent pixels; nil where there are none.
    private var transparency: String? {
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
            let known = Set(first)
            try read(files.indices.filter { !known.contains($0) })
            isComplete = true
            verdict = try self.verdict(table)
        }
        guard case .rule(let source, let channel, let note) = verdict else {
            // Nothing but black.
            let source: MaskRule.Source = table.hasColors && !kinds.allSatisfy(\.isGray) ? .color : .value
            return (try rule(table, source, .gray), notes)
        }
        if source == .index, options.by == nil, let other = otherPalette {
            throw MaskRule.otherPalette(
                other.file, other.number, other.color, than: paletteColors[other.number], maker: options.maker
            )
        }
        if let note { notes.append(note) }
        if options.by == nil, source == .color { try checkValues(table, channel) }
        if options.by == nil, source != .color, let found = try contradiction(table, source, channel) {
            notes.append(found)
        }
        return (try rule(table, source, channel), notes)
    }

    /// A note where a number of the masks is of one class by its number and of another by its colour, as 0 is of the
    /// first class and black perhaps of the last. It is an error where the order of the table may mean nothing: of
    /// two classes, and of classes whose colours are grays.
    private func contradiction(_ table: ClassTable, _ source: MaskRule.Source, _ channel: MaskRule.Channel)
        throws -> String?
    {
        guard table.hasColors, !table.hasOwnValues, let values else { return nil }
        let (byNumber, byColor) = (table.classOfValue, table.classOfColor)
        func color(of number: Int) -> ClassPalette.Color? {
            if let known = paletteColors[number] { return known.color }
            guard let level = UInt8(exactly: number) else { return nil }
            return switch channel {
            case .gray: ClassPalette.Color(level, level, level)
            case .red: ClassPalette.Color(level, 0, 0)
            case .green: ClassPalette.Color(0, level, 0)
            case .blue: ClassPalette.Color(0, 0, level)
            }
        }
        let names = table.classes.map(\.name)
        func title(_ number: UInt8) -> String { number == MaskImage.ignored ? "void" : names[Int(number)] }
        for number in values.sorted() {
            guard let color = color(of: number), let first = byNumber[number], let second = byColor[color],
                first != second
            else { continue }
            let what = source == .index ? "palette index" : "value"
            let areGrays = byColor.keys.allSatisfy { $0.red == $0.green && $0.red == $0.blue }
            guard areGrays || names.count <= 2 else {
                return
                    "the masks are read by \(what) in the order of the table: \(number) is \(title(first)), though (\(color)) is the colour of \(title(second))"
            }
            // The numbers in the order of the grays, black first.
            let order = table.classes.sorted { ($0.colors.first?.code ?? 0) < ($1.colors.first?.code ?? 0) }
            let numbered = order.prefix(4).enumerated().map { "\"\($1.name)\"=\($0)" }
            throw TensorError(
                .value,
                "the masks can be read in two ways: the \(what) \(number) is \(title(first)) by its place in the table, and \(title(second)) by its colour (\(color))",
                help:
                    "write \(options.maker)(…, by=\"\(source.rawValue)\") if the numbers follow the order of the table; else give each class its number, as in classes=(\(numbered.joined(separator: ", "))\(order.count > 4 ? ", …" : ""))"
            )
        }
        return nil
    }

    /// An error where gray masks are of classes by their colour and, with another meaning, by the values that the table
    /// gives.
    private func checkValues(_ table: ClassTable, _ channel: MaskRule.Channel) throws {
        guard table.hasOwnValues, !hasPalettes, channel == .gray, self.channel == .gray, let values else {
            return
        }
        let (byNumber, byColor) = (table.classOfValue, table.classOfColor)
        let both = values.sorted().compactMap { number -> (number: Int, first: UInt8, second: UInt8)? in
            guard let first = byNumber[number], let level = UInt8(exactly: number),
                let second = byColor[ClassPalette.Color(level, level, level)]
            else { return nil }
            return (number, first, second)
        }
        guard both.count == values.count, let found = both.first(where: { $0.first != $0.second }) else {
            return
        }
        let names = table.classes.map(\.name)
        func title(_ number: UInt8) -> String { number == MaskImage.ignored ? "void" : names[Int(number)] }
        throw TensorError(
            .value,
            "the masks can be read in two ways: \(found.number) is \(title(found.first)) by the values of the table, and \(title(found.second)) by its colours",
            help: "write \(options.maker)(…, by=\"value\") or by=\"color\"")
    }

    private func rule(_ table: ClassTable, _ source: MaskRule.Source, _ channel: MaskRule.Channel) throws
        -> MaskRule
    {
        try MaskRule(
            table, by: source, channel: channel, strays: options.strays, maker: options.maker,
            indexColors: source == .index && options.by == nil ? paletteColors.mapValues(\.color) : [:])
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
            kinds.insert(.color)
            guard let used = pixels.usedColors() else {
                isBeyondCounting = true
                return
            }
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
        kinds.insert(isRamp ? .gray(8) : pixels.kind)
        for number in used {
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

    // MARK: The decision

    /// The channel of RGB files that holds values; nil if none does. Black alone decides nothing.
    private var channel: MaskRule.Channel? {
        guard kinds.contains(.color), !isBeyondCounting else { return .gray }
        let all = colors.map { ClassPalette.Color(code: $0) }
        if all.allSatisfy({ $0.red == $0.green && $0.red == $0.blue }) { return .gray }
        if all.allSatisfy({ $0.green == 0 && $0.blue == 0 }) { return .red }
        if all.allSatisfy({ $0.red == 0 && $0.blue == 0 }) { return .green }
        if all.allSatisfy({ $0.red == 0 && $0.green == 0 }) { return .blue }
        return nil
    }

    /// All numbers that the masks hold, if they can be read as numbers.
    private var values: Set<Int>? {
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
        let showsClasses = found.contains { $0 != 0 }
        let isStandard = hasPalettes && hasStandardPalettes
        if others.isEmpty, !isBeyondCounting {
            guard showsClasses else { return .undecided }
            if isStandard, isCountable, kinds == [.palette] {
                // Both could be meant. If both mean the same, there is nothing to decide.
                let isSame = numbers.allSatisfy {
                    allowed[$0] == (ClassPalette.pascalColor($0).map { known[$0] } ?? nil)
                }
                if isSame { return .rule(.index, .gray) }
                guard isComplete else { return .undecided }
                throw TensorError(
                    .value,
                    "the masks can be read by colour and by palette index, with different classes: their palette is PASCAL VOC's colour map, and the colours used belong to classes too",
                    help: "write \(options.maker)(…, by=\"color\") or by=\"index\"")
            }
            return .rule(.color, .gray)
        }
        if isStandard, isCountable, kinds == [.palette] {
            return .rule(
                .index, .gray,
                note:
                    "the palette of the masks is PASCAL VOC's colour map, not the table's colours: masks are read by palette index"
            )
        }
        if showsClasses { return .rule(.color, .gray) }
        if hasPalettes {
            guard found.isEmpty, isCountable else { return .rule(.color, .gray) }
            return .rule(
                .index, .gray,
                note: "no colour of the masks is in the table: masks are read by palette index")
        }
        let isGray = kinds.allSatisfy(\.isGray)
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

    private var isOnlyBlack: Bool { !isBeyondCounting && colors.allSatisfy { $0 == 0 } }

    /// As many values as classes, but not their numbers: levels of gray such as 0 and 255, or 0, 128 and 255,
    /// as painting programs write them, or numbers from 1. 255 alone is a class to whoever painted it, void to everyone else.
    /// Undecided before all files are known, else an error that asks.
    private func levels(_ table: ClassTable) throws -> Verdict? {
        guard let values, values.count > 1, !table.hasOwnValues,
            values.count == table.classes.count || (values == [0, 255] && table.classes.count == 1),
            options.strays == .refused, table.voidValues.isEmpty, table.entries.allSatisfy({ !$0.isVoid })
        else { return nil }
        let count = table.entries.count
        let areLevels =
            values.count(where: { $0 < count }) <= 1 && values.contains { $0 >= count && $0 != 255 }
        guard areLevels || values == Set(1...count) || values == [0, 255] else { return nil }
        guard isComplete else { return .undecided }
        let sorted = values.sorted()
        let shown = sorted.prefix(8).map { "\($0)" }
        let list = sorted.count > 8 ? shown.joined(separator: ", ") + ", …" : Self.joined(shown)
        let names = table.classes.map(\.name)
        let own = names.count == 1 ? ["background"] + names : names
        let isName = own.allSatisfy { $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }
        let pairs = zip(own, sorted).map { "\(isName ? $0 : "\"\($0)\"")=\($1)" }.joined(separator: ", ")
        let why =
            names.count == 1
            ? "0 would be \(names[0]), and 255 void"
            : values == [0, 255]
                ? "255 would be void, not \(names[1])" : "they are not the numbers 0 to \(count - 1)"
        let classes = names.count == 1 ? "one class" : plural(count, "class")
        throw TensorError(
            .value,
            "the masks hold the values \(list) only, and there \(count == 1 ? "is" : "are") \(classes), \(names.count > 8 ? names.prefix(8).joined(separator: ", ") + ", …" : Self.joined(names)): \(why)",
            help:
                "to read them as the classes 0 to \(own.count - 1): \(options.maker)(…, classes=(\(pairs)))\(sorted.last == 255 ? "; if 255 is void: void=255" : "")"
        )
    }

    private static func joined(_ texts: [String]) -> String {
        texts.dropLast().joined(separator: ", ") + (texts.count > 1 ? " and " : "") + (texts.last ?? "")
    }

    // MARK: Without a table

    /// Whether the masks are in the colours of CamVid.
    private func holdsColors(of camVid: ClassTable) -> Bool {
        let known = camVid.classOfColor
        let found = colors.count { $0 < 0x0100_0000 && known[ClassPalette.Color(code: $0)] != nil }
        let isColored = kinds == [.color] || (kinds == [.palette] && !hasStandardPalettes)
        guard isColored, !isBeyondCounting else { return false }
        if found == colors.count { return kinds == [.color] || !isOnlyBlack }
        // A few other colours are errors of a mask; more are another data set.
        return found > colors.count - found
            && colors.contains { $0 != 0 && known[ClassPalette.Color(code: $0)] != nil }
    }

    private func withoutTable(_ directory: String, guessesCamVid: Bool) -> TensorError {
        let files = ClassTable.fileNames.joined(separator: ", ")
        let maker = options.maker
        if kinds.contains(.color), channel == nil || isBeyondCounting || !kinds.allSatisfy({ $0 == .color }) {
            let some = colors.sorted().prefix(4).map { "(\(ClassPalette.Color(code: $0)))" }
            return TensorError(
                .file,
                "the masks of \(directory) are in colours\(guessesCamVid ? " that are not CamVid's" : ""), such as \(some.joined(separator: " ")), and there is no table of classes (\(files))",
                help: "give the classes: \(maker)(…, classes=(Road=[128, 64, 128], Sky=[128, 128, 128], …))")
        }
        let list = (values ?? numbers).sorted()
        if let jpegFile {
            return TensorError(
                .file,
                "the masks of \(directory) are JPEG files, such as \(jpegFile), which change values (\(list.count) are in use), and there is no table of classes (\(files))",
                help:
                    "if they are levels of gray, give the levels: \(maker)(…, classes=(Background=0, Object=255), strays=\"nearest\"); numbers of classes do not survive JPEG: use the masks as they were before"
            )
        }
        // As painting programs write two classes.
        let isTwo = list == [0, 255]
        let shown = list.prefix(12).map { "\($0)" }.joined(separator: ", ")
        return TensorError(
            .file,
            "the masks of \(directory) hold numbers (\(shown)\(list.count > 12 ? ", …" : "")), and there is no table of classes (\(files)) that names them",
            help: options.numbersHelp
                ?? (isTwo
                    ? "give each number its name: \(maker)(…, classes=(Background=0, Object=255))"
                    : "give the names in the order of the numbers: \(maker)(…, classes=[\"Road\", \"Sky\", …]), or a record of names and values: classes=(Road=7, Sky=23)")
        )
    }

    private func colorsWithoutTable() -> TensorError {
        let some = colors.sorted().filter { $0 != 0 }.prefix(4).map { "(\(ClassPalette.Color(code: $0)))" }
        return TensorError(
            .value,
            "the masks are in colours, such as \(some.joined(separator: " ")), but the classes were given without colours",
            help: "give each class its colour: \(options.maker)(…, classes=(Road=[128, 64, 128], …))")
    }
}

extension MaskPixels.Kind {
    /// Whether it is of gray values.
    fileprivate var isGray: Bool {
        if case .gray = self { true } else { false }
    }
}
