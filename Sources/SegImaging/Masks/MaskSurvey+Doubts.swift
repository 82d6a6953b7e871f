// Masks that can be read in two ways, or in none: what is said, and what to write.

import SegSystem
import SegTensor

extension MaskSurvey {
    /// A note where a number of the masks is of one class by its number and of another by its colour, as 0 is of the
    /// first class and black perhaps of the last. It is an error where the order of the table may mean nothing: of
    /// two classes, and of classes whose colours are grays.
    func contradiction(_ table: ClassTable, _ source: MaskRule.Source, _ channel: MaskRule.Channel)
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
        for number in values.sorted() {
            guard let color = color(of: number), let first = byNumber[number], let second = byColor[color],
                first != second
            else { continue }
            let what = source == .index ? "palette index" : "value"
            let areGrays = byColor.keys.allSatisfy { $0.red == $0.green && $0.red == $0.blue }
            guard areGrays || names.count <= 2 || values.isSubset(of: [0, 255]) else {
                return
                    "the masks are read by \(what) in the order of the table: \(number) is \(Self.title(first, table)), though (\(color)) is the colour of \(Self.title(second, table))"
            }
            if values.contains(255), values.count == 2 {
                let owner = second == MaskImage.ignored ? "Background" : Self.title(second, table)
                throw TensorError(
                    .value,
                    "the masks hold only 0 and 255; 0 is \(Self.title(first, table)) by its place in the table, and \(Self.title(second, table)) by its colour (\(color))",
                    help:
                        "write \(options.maker)(…, by=\"\(source.rawValue)\") if 0 is \(Self.title(first, table)) and 255 void; else give both numbers their classes, as in classes=(\"\(owner)\"=0, Object=255)"
                )
            }
            // The numbers in the order of the grays, black first.
            let order = table.classes.sorted { ($0.colors.first?.code ?? 0) < ($1.colors.first?.code ?? 0) }
            let numbered = order.prefix(4).enumerated().map { "\"\($1.name)\"=\($0)" }
            throw TensorError(
                .value,
                "the masks can be read in two ways: the \(what) \(number) is \(Self.title(first, table)) by its place in the table, and \(Self.title(second, table)) by its colour (\(color))",
                help:
                    "write \(options.maker)(…, by=\"\(source.rawValue)\") if the numbers follow the order of the table; else give each class its number, as in classes=(\(numbered.joined(separator: ", "))\(order.count > 4 ? ", …" : ""))"
            )
        }
        return nil
    }

    /// An error where gray masks are of classes by their colour and, with another meaning, by the numbers that the table
    /// gives or that follow from its order.
    func checkValues(_ table: ClassTable, _ channel: MaskRule.Channel) throws {
        guard !hasPalettes, channel == .gray, self.channel == .gray, let values else { return }
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
        // 255 is the white of a class where nothing gives it another meaning.
        if !table.hasOwnValues, both.contains(where: { $0.number == 255 && $0.second != MaskImage.ignored }) {
            return
        }
        let place = table.hasOwnValues ? "the values of the table" : "its place in the table"
        throw TensorError(
            .value,
            "the masks can be read in two ways: \(found.number) is \(Self.title(found.first, table)) by \(place), and \(Self.title(found.second, table)) by \(table.hasOwnValues ? "its colours" : "its colour")",
            help: "write \(options.maker)(…, by=\"value\") or by=\"color\"")
    }

    /// What decides where nothing but black is used. An error where that is another class by its number than by its colour.
    func sourceOfBlack(_ table: ClassTable) throws -> MaskRule.Source {
        guard table.hasColors else { return .value }
        guard kinds.allSatisfy(\.isGray), blackPalettes < filesRead else { return .color }
        guard let second = table.classOfColor[.black], let first = table.classOfValue[0], first != second
        else { return .value }
        throw TensorError(
            .value,
            "the masks hold only 0, which is \(Self.title(first, table)) by \(table.hasOwnValues ? "the values of the table" : "its place in the table"), and \(Self.title(second, table)) by its colour, black",
            help: "write \(options.maker)(…, by=\"value\") or by=\"color\"")
    }

    private static func title(_ number: UInt8, _ table: ClassTable) -> String {
        number == MaskImage.ignored ? "void" : table.classes[Int(number)].name
    }

    /// As many values as classes, but not their numbers: levels of gray such as 0 and 255, or 0, 128 and 255,
    /// as painting programs write them, or numbers from 1. 255 alone is a class to whoever painted it, void to everyone else.
    /// Undecided before all files are known, else an error that asks.
    func levels(_ table: ClassTable) throws -> Verdict? {
        if let verdict = try onlyStrays(table) { return verdict }
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
        // The others are numbers of classes.
        let isPlain = sorted.last == 255 && sorted.dropLast().allSatisfy { $0 < count }
        let classes = names.count == 1 ? "one class" : plural(count, "class")
        throw TensorError(
            .value,
            "the masks hold the values \(list) only, and there \(count == 1 ? "is" : "are") \(classes), \(names.count > 8 ? names.prefix(8).joined(separator: ", ") + ", …" : Self.joined(names)): \(why)",
            help:
                "to read them as the classes 0 to \(own.count - 1): \(options.maker)(…, classes=(\(pairs)))\(isPlain ? "; if 255 is void: void=255" : "")"
        )
    }

    /// Where strays are void, and 0 is the only number of a class: levels of gray, of which all but black would be void.
    private func onlyStrays(_ table: ClassTable) throws -> Verdict? {
        guard let values, options.strays == .void, !table.hasOwnValues, table.classes.count > 1,
            table.voidValues.isEmpty, table.entries.allSatisfy({ !$0.isVoid }),
            values.count > 1, values.allSatisfy({ $0 == 0 || $0 >= table.entries.count })
        else { return nil }
        guard isComplete else { return .undecided }
        throw TensorError(
            .value,
            "of the \(values.count) values of the masks, up to \(values.max() ?? 0), 0 alone is the number of a class, and strays=\"void\" would make all others void",
            help:
                "if they are levels of gray, give the levels: \(options.maker)(…, classes=(Background=0, Object=255), strays=\"nearest\"); if 0 alone counts: void=255"
        )
    }

    private static func joined(_ texts: [String]) -> String {
        texts.dropLast().joined(separator: ", ") + (texts.count > 1 ? " and " : "") + (texts.last ?? "")
    }

    // MARK: Without a table

    /// Whether the masks are in the colours of CamVid.
    func holdsColors(of camVid: ClassTable) -> Bool {
        let known = camVid.classOfColor
        let found = colors.count { $0 < 0x0100_0000 && known[ClassPalette.Color(code: $0)] != nil }
        let isColored = kinds == [.color] || (kinds == [.palette] && !hasStandardPalettes)
        guard isColored, !isBeyondCounting else { return false }
        if found == colors.count { return kinds == [.color] || !isOnlyBlack }
        // A few other colours are errors of a mask; more are another data set.
        return found > colors.count - found
            && colors.contains { $0 != 0 && known[ClassPalette.Color(code: $0)] != nil }
    }

    func withoutTable(_ directory: String, guessesCamVid: Bool) -> TensorError {
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

    func colorsWithoutTable() -> TensorError {
        let some = colors.sorted().filter { $0 != 0 }.prefix(4).map { "(\(ClassPalette.Color(code: $0)))" }
        return TensorError(
            .value,
            "the masks are in colours, such as \(some.joined(separator: " ")), but the classes were given without colours",
            help: "give each class its colour: \(options.maker)(…, classes=(Road=[128, 64, 128], …))")
    }
}
