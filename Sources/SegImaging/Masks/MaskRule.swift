// How the masks of one data set are read: which of colour, palette index or value decides, and what each
// stands for. There is one rule for a whole data set: MaskSurvey chooses it, MaskRule+Reading applies it.

import SegSystem
import SegTensor

/// The meaning of the pixels of mask files.
public struct MaskRule: Sendable, Equatable {
    /// What of a pixel decides its class.
    public enum Source: String, Sendable, CaseIterable {
        case color, index, value
    }

    /// Where the value is in a file of RGB: in all three channels, or in one, the others being 0.
    public enum Channel: String, Sendable {
        case gray, red, green, blue
    }

    /// What becomes of colours and values that belong to no class.
    public enum Strays: String, Sendable {
        case refused, nearest, void
    }

    /// Colours that differ by less in every channel are one colour to JPEG.
    private static let nearColors = 8

    public let table: ClassTable
    public let source: Source
    public let channel: Channel
    public let strays: Strays
    /// The function that made the data set, for the help of errors.
    public let maker: String
    /// Names and display colours of the classes.
    public let palette: ClassPalette
    /// Identifies what the rule makes of a file.
    private let digest: Digest
    let classOfColor: [ClassPalette.Color: UInt8]
    let classOfValue: [Int: UInt8]
    /// `classOfColor` as an open-addressing hash table of four times the size needed, for the kernels.
    let hashKeys: [UInt32]
    let hashValues: [UInt8]
    /// The colours that the palettes of the masks looked at give to indices: another one in a file that is read by index
    /// shows that its numbers mean something else. Empty where a script says that indices decide.
    let indexColors: [Int: ClassPalette.Color]
    /// The rules by which the masks looked at can be read without strays: errors propose no other.
    let readable: Set<Source>
    /// Whether the colours of all classes are grays.
    let hasGraysOnly: Bool
    /// Whether values or colours between those of two classes can be those of a third, as in numbers 0, 1, 2.
    let hasNearMarks: Bool

    public init(
        _ table: ClassTable, by source: Source, channel: Channel = .gray, strays: Strays = .refused,
        maker: String, indexColors: [Int: ClassPalette.Color] = [:],
        readable: Set<Source> = []
    ) throws {
        guard source != .color || table.hasColors else {
            throw TensorError(
                .value, "\(maker): masks cannot be read by colour, because the classes have no colours",
                help: "give each class its colour: classes=(Road=[128, 64, 128], …)")
        }
        guard source == .color || strays != .nearest || table.hasLevels else {
            throw TensorError(
                .value,
                "\(maker): strays=\"nearest\" is for masks read by colour; the numbers of these name classes, and near numbers mean nothing",
                help: "strays=\"void\" leaves out the pixels of other numbers")
        }
        self.table = table
        self.source = source
        self.channel = channel
        self.strays = strays
        self.maker = maker
        self.indexColors = indexColors
        self.readable = readable
        palette = try table.palette()
        var colors = table.classOfColor
        hasGraysOnly = colors.keys.allSatisfy { $0.red == $0.green && $0.red == $0.blue }
        // Among grays white is 255, which is void unless a class has it.
        if hasGraysOnly, colors[.white] == nil { colors[.white] = MaskImage.ignored }
        classOfColor = colors
        classOfValue = table.classOfValue
        let marks = classOfColor.sorted { $0.key.code < $1.key.code }
        hasNearMarks =
            source != .color
            ? !table.hasLevels
            : marks.indices.contains { place in
                marks[..<place].contains {
                    $0.value != marks[place].value
                        && $0.key.largestDifference(to: marks[place].key) < Self.nearColors
                }
            }
        var size = 64
        while size < 4 * classOfColor.count { size *= 2 }
        var keys = [UInt32](repeating: .max, count: size)
        var values = [UInt8](repeating: 0, count: size)
        for (color, number) in marks {
            var place = color.hashPlace(size)
            while keys[place] != .max { place = (place + 1) & (size - 1) }
            keys[place] = color.code
            values[place] = number
        }
        (hashKeys, hashValues) = (keys, values)
        var builder = DigestBuilder()
        builder.add("\(source.rawValue) \(channel.rawValue) \(strays.rawValue)")
        if source == .color {
            for (color, number) in marks { builder.add([Int(color.code), Int(number)]) }
        } else {
            for (value, number) in classOfValue.sorted(by: { $0.key < $1.key }) {
                builder.add([value, Int(number)])
            }
            if table.hasLevels { builder.add("levels") }
        }
        digest = builder.finish()
    }

    /// Identifies a mask: by its file, and by what its pixels mean.
    func digest(ofFile file: Digest) -> Digest {
        var builder = DigestBuilder()
        builder.add(file)
        builder.add(digest)
        return builder.finish()
    }

    public static func == (a: MaskRule, b: MaskRule) -> Bool {
        a.table == b.table && a.source == b.source && a.channel == b.channel && a.strays == b.strays
    }

    /// Whether a void colour is only what a void value looks like.
    private func isGrayOfValue(_ color: ClassPalette.Color) -> Bool {
        color.red == color.green && color.red == color.blue && table.voidValues.contains(Int(color.red))
    }

    /// The rule in a few words, for the line that describes the data set.
    public var text: String {
        var parts: [String] = []
        switch source {
        case .color: parts.append("masks by colour")
        case .index: parts.append("masks by palette index")
        case .value:
            parts.append(channel == .gray ? "masks by value" : "masks by the value of \(channel.rawValue)")
        }
        switch strays {
        case .refused: break
        case .nearest: parts.append("other \(source == .color ? "colours" : "values") as the nearest class")
        case .void: parts.append("other \(source == .color ? "colours" : "values") void")
        }
        let voids =
            table.entries.filter(\.isVoid).map(\.name) + table.voidValues.map { "\($0)" }
            + table.voidColors.filter { !isGrayOfValue($0) }.map { "(\($0))" }
        if !voids.isEmpty {
            parts.append("void: \(listText(voids, most: 6, separator: " "))")
        }
        return parts.joined(separator: ", ")
    }
}
