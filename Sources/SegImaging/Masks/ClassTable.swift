// What marks each class in mask files: names, colours, values, and what is void. A table comes from a file
// beside the pictures (ClassTable+Files) or from a script; MaskRule reads masks by it.

import SegSystem
import SegTensor

/// The classes of a data set as its makers wrote them, with the colours and values that stand for them.
public struct ClassTable: Sendable, Equatable {
    public typealias Color = ClassPalette.Color

    public struct Entry: Sendable, Equatable {
        public let name: String
        /// The colours of its pixels; a class can have several, or none.
        public var colors: [Color]
        /// The value of its pixels in masks of numbers.
        public let value: Int
        /// Its place among the lines of its table; the value where there are no lines.
        public let row: Int
        public var isVoid = false

        public init(
            _ name: String, colors: [Color] = [], value: Int, row: Int? = nil, isVoid: Bool = false
        ) {
            self.name = name
            self.colors = colors
            self.value = value
            self.row = row ?? value
            self.isVoid = isVoid
        }
    }

    /// What a script can call void.
    public enum VoidMark: Sendable, Equatable {
        case name(String)
        case value(Int)
        case color(Color)
        /// Three values, or a colour; see `withVoid`.
        case three(Int, Int, Int)
    }

    public private(set) var entries: [Entry]
    /// The file that it comes from; nil if a script gave it.
    public let origin: String?
    /// Whether values were given; else they are the numbers of the entries.
    public let hasOwnValues: Bool
    /// Colours and values that are void besides the void classes.
    public private(set) var voidColors: [Color] = []
    public private(set) var voidValues: [Int] = []

    /// A class of the value 255 is void, unless the values are levels of gray. An error of kind `value` if there is no
    /// entry, or two share a name, a colour or a value.
    public init(_ entries: [Entry], origin: String? = nil, hasOwnValues: Bool = false) throws {
        guard !entries.isEmpty else { throw TensorError(.value, "a data set needs at least one class") }
        func firstPair<Key: Hashable>(_ key: (Entry) -> [Key]) -> (Entry, Entry, Key)? {
            var users: [Key: Entry] = [:]
            for entry in entries {
                for key in key(entry) {
                    if let first = users.updateValue(entry, forKey: key) { return (first, entry, key) }
                }
            }
            return nil
        }
        if let (_, _, name) = firstPair({ [$0.name] }) {
            throw TensorError(.value, "two classes have the name \(name)")
        }
        if let (first, second, color) = firstPair(\.colors) {
            throw TensorError(
                .value,
                first.name == second.name
                    ? "\(first.name) has the colour \(color) twice"
                    : "\(first.name) and \(second.name) have the same colour (\(color))")
        }
        if let (first, second, value) = firstPair({ $0.isVoid ? [] : [$0.value] }) {
            throw TensorError(.value, "\(first.name) and \(second.name) have the same value (\(value))")
        }
        if let bad = entries.first(where: { !(0...65_535).contains($0.value) }) {
            throw TensorError(.value, "the value \(bad.value) of \(bad.name) is not from 0 to 65535")
        }
        self.entries = entries
        self.origin = origin
        self.hasOwnValues = hasOwnValues
        if hasOwnValues, entries.count > 1, !hasLevels,
            let place = entries.firstIndex(where: { $0.value == Int(MaskImage.ignored) })
        {
            self.entries[place].isVoid = true
        }
        try checkCount()
    }

    /// Classes that masks number from 0, without colours.
    public init(names: [String]) throws {
        try self.init(names.enumerated().map { Entry($1, value: $0) })
    }

    /// Whether the values are levels of gray, far enough apart that a value between them is a smoothed edge: 0 and
    /// 255, or 0, 128 and 255. Near numbers of classes mean nothing.
    var hasLevels: Bool {
        let values = entries.filter { !$0.isVoid }.map(\.value).sorted()
        return hasOwnValues && values.count > 1
            && zip(values, values.dropFirst()).allSatisfy { $1 - $0 >= 32 }
    }

    /// The classes of a palette, numbered and coloured.
    public init(_ palette: ClassPalette, origin: String? = nil) throws {
        try self.init(
            zip(palette.names, palette.colors).enumerated().map { Entry($1.0, colors: [$1.1], value: $0) },
            origin: origin)
    }

    /// Entries whose classes are left, in their order.
    public var classes: [Entry] { entries.filter { !$0.isVoid } }
    public var hasColors: Bool { entries.contains { !$0.colors.isEmpty } }

    /// The table with classes, colours and values turned into void. Three different numbers that are all values of classes
    /// are values, others a colour if the classes have colours. An unknown name is an error of kind `label`; three
    /// values that are the colour of a class, too, are one of kind `value`.
    public func withVoid(_ marks: [VoidMark]) throws -> ClassTable {
        var table = self
        for mark in marks {
            switch mark {
            case .name(let name): try table.voidClass(name)
            case .value(let value): try table.voidValue(value)
            case .color(let color): table.voidColor(color)
            case .three(let a, let b, let c):
                let color = Color(UInt8(clamping: a), UInt8(clamping: b), UInt8(clamping: c))
                let areValues =
                    Set([a, b, c]).count == 3
                    && [a, b, c].allSatisfy { value in
                        entries.contains { $0.value == value } || voidValues.contains(value)
                    }
                if areValues, let owner = entries.first(where: { $0.colors.contains(color) }) {
                    throw TensorError(
                        .value,
                        "void=[\(a), \(b), \(c)] can be the colour of \(owner.name) or the values of three classes",
                        help:
                            "for the colour write void=[[\(a), \(b), \(c)]], for the values the names of the classes"
                    )
                }
                if hasColors, !areValues {
                    table.voidColor(color)
                } else {
                    for value in [a, b, c] { try table.voidValue(value) }
                }
            }
        }
        guard !table.classes.isEmpty else {
            throw TensorError(.value, "all classes are void; at least one must be left")
        }
        try table.checkCount()
        return table
    }

    private mutating func voidClass(_ name: String) throws {
        guard let place = entries.firstIndex(where: { $0.name == name }) else {
            let near = nearestName(to: name, among: entries.map(\.name))
            throw TensorError(
                .label, "void: there is no class \"\(name)\"",
                help: near.map { "did you mean \"\($0)\"?" }
                    ?? "the classes are \(listText(entries.map(\.name), most: 12))")
        }
        entries[place].isVoid = true
    }

    private mutating func voidValue(_ value: Int) throws {
        guard (0...65_535).contains(value) else {
            throw TensorError(.value, "void: a value of masks is from 0 to 65535, not \(value)")
        }
        if let place = entries.firstIndex(where: { $0.value == value }) {
            entries[place].isVoid = true
            return
        }
        voidValues.append(value)
        // Where colours decide, the value of a gray pixel is its colour.
        if let level = UInt8(exactly: value), hasColors { voidColor(Color(level, level, level)) }
    }

    private mutating func voidColor(_ color: Color) {
        guard let place = entries.firstIndex(where: { $0.colors.contains(color) }) else {
            if !voidColors.contains(color) { voidColors.append(color) }
            return
        }
        if entries[place].colors.count == 1 {
            entries[place].isVoid = true
        } else {
            entries[place].colors.removeAll { $0 == color }
            voidColors.append(color)
        }
    }

    /// The error for masks of numbers where lines of a table share a name, so that the number of a line is not that
    /// of its class; nil where the two are the same.
    func numberedTwice(_ maker: String) -> TensorError? {
        guard !hasOwnValues, let other = entries.first(where: { $0.row != $0.value }) else { return nil }
        func list(_ number: (Entry) -> Int) -> String {
            entries.prefix(4).map { "\"\($0.name)\"=\(number($0))" }.joined(separator: ", ")
                + (entries.count > 4 ? ", …" : "")
        }
        return TensorError(
            .value,
            "\(origin ?? "the table") gives a class several lines, and the masks hold numbers: \(other.name) is number \(other.row) by the lines, and \(other.value) by the classes",
            help:
                "give each class its number: \(maker)(…, classes=(\(list(\.row)))) by the lines, classes=(\(list(\.value))) by the classes"
        )
    }

    /// Whether a colour is a gray that is void and of no class, as that of a void value is.
    func isVoidGray(_ color: Color) -> Bool {
        color.red == color.green && color.red == color.blue && voidColors.contains(color)
    }

    private func checkCount() throws {
        guard classes.count <= ClassPalette.limit else {
            throw TensorError(
                .value, "\(classes.count) classes are more than the \(ClassPalette.limit) that masks can hold"
            )
        }
    }

    /// Names and display colours of the classes that are left.
    func palette() throws -> ClassPalette {
        let names = classes.map(\.name)
        let colors = classes.compactMap(\.colors.first)
        return colors.count == names.count
            ? try ClassPalette(names: names, colors: colors) : try ClassPalette(showing: names)
    }

    /// The number of each class that is left, `MaskImage.ignored` for void ones, in the order of the entries.
    private var numbers: [UInt8] {
        var next: UInt8 = 0
        return entries.map { entry in
            if entry.isVoid { return MaskImage.ignored }
            defer { next += 1 }
            return next
        }
    }

    /// The class of each colour.
    var classOfColor: [Color: UInt8] {
        var map: [Color: UInt8] = [:]
        for (entry, number) in zip(entries, numbers) { for color in entry.colors { map[color] = number } }
        for color in voidColors { map[color] = MaskImage.ignored }
        return map
    }

    /// The class of each value; 255 is void unless a class has it.
    var classOfValue: [Int: UInt8] {
        var map = [255: MaskImage.ignored]
        for value in voidValues { map[value] = MaskImage.ignored }
        for (entry, number) in zip(entries, numbers) { map[entry.value] = number }
        return map
    }
}
