// Views of data sets with other classes: merged, renamed, dropped and ordered, or shown in other colours.

import CKernels
import SegSystem
import SegTensor

/// A data set whose classes are groups of another's; classes in no group are void.
public struct Regrouped: DatasetView {
    public var source: any Dataset
    public let groups: [(name: String, members: [String])]
    public let palette: ClassPalette
    public let views: ViewCount
    /// Members of groups that the data do not have.
    public let notes: [String]
    /// The new number of each old one.
    private let table: [UInt8]

    /// A group may name classes that the data lack, if it has others and the name is not a slip: groups are
    /// published for data sets of which others have a part. A group without members is a class without pixels.
    /// - Throws: an error of kind `label` if a group has an unknown class or two have the same, of kind `value`
    ///   if there is no group.
    public init(_ source: any Dataset, _ groups: [(name: String, members: [String])]) throws {
        guard groups.contains(where: { !$0.members.isEmpty }) else {
            throw TensorError(.value, "regroup needs at least one group of classes")
        }
        let old = source.palette
        var table = [UInt8](repeating: MaskImage.ignored, count: 256)
        var owners: [String: String] = [:]
        var lacking: [String] = []
        var colors: [ClassPalette.Color?] = []
        for (number, group) in groups.enumerated() {
            let unknown = group.members.filter { old.index(of: $0) == nil }
            let near = unknown.compactMap { nearestName(to: $0, among: old.names) }.first
            guard unknown.isEmpty || (unknown.count < group.members.count && near == nil) else {
                throw TensorError(
                    .label,
                    "regroup: the data has no class \(unknown.map { "\"\($0)\"" }.joined(separator: ", ")), which \(group.name) should contain",
                    help: near.map { "did you mean \"\($0)\"?" }
                        ?? "its classes are \(listText(old.names, most: 12)); \(Self.key(group.name))=[] makes a class without pixels, in a record of groups"
                )
            }
            lacking += unknown
            for name in group.members where old.index(of: name) != nil {
                if let first = owners.updateValue(group.name, forKey: name) {
                    throw TensorError(
                        .label,
                        first == group.name
                            ? "regroup: \(group.name) names the class \"\(name)\" twice"
                            : "regroup: the class \"\(name)\" is in two groups, \(first) and \(group.name)")
                }
                guard let index = old.index(of: name) else { continue }
                table[index] = UInt8(clamping: number)
            }
            let place = old.index(of: group.name) ?? group.members.first.flatMap { old.index(of: $0) }
            colors.append(place.map { old.colors[$0] })
        }
        notes =
            lacking.isEmpty
            ? []
            : [
                "regroup: the data have no class \(lacking.map { "\"\($0)\"" }.joined(separator: ", ")); the groups are made of the others"
            ]
        self.source = source
        views = try ViewCount(over: source)
        self.groups = groups
        self.table = table
        let names = groups.map(\.name)
        // A class without pixels gets a colour that no other class has.
        let taken = Set(colors.compactMap { $0 })
        var others = ClassPalette.distinctColors.filter { !taken.contains($0) }.makeIterator()
        let own = colors.compactMap { $0 ?? others.next() }
        palette =
            taken.count == colors.count { $0 != nil } && own.count == names.count
            ? try ClassPalette(names: names, colors: own) : try ClassPalette(names: names)
    }

    /// A name as the key of a record.
    private static func key(_ name: String) -> String {
        let isWord =
            name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } && name.first?.isNumber == false
        return isWord ? name : "\"\(name)\""
    }

    public var about: String {
        about("regrouped to \(groups.count) class\(groups.count == 1 ? "" : "es")")
    }
    public func frame(_ index: Int) throws -> Frame {
        let table = table
        return try source.frame(index).withMask("regroup", table.map { Double($0) }) {
            Self.regrouped($0, table)
        }
    }

    public func maskSource(_ index: Int) throws -> MaskSource {
        let (table, old) = (table, try source.maskSource(index))
        return MaskSource(name: old.name, mask: { Self.regrouped(try old.mask(), table) })
    }

    private static func regrouped(_ mask: MaskImage, _ table: [UInt8]) -> MaskImage {
        MaskImage(width: mask.width, height: mask.height) {
            image_map_bytes(mask.bytes, 1, mask.bytes.count, $0, table)
        }
    }
}

/// A data set whose classes have other colours in pictures.
public struct Recolored: DatasetView {
    public var source: any Dataset
    public let palette: ClassPalette
    public let views: ViewCount
    private let colors: [(name: String, color: ClassPalette.Color)]

    /// - Throws: an error of kind `label` for an unknown class, of kind `value` if two have the same colour.
    public init(_ source: any Dataset, _ colors: [(name: String, color: ClassPalette.Color)]) throws {
        let old = source.palette
        var new = old.colors
        for (name, color) in colors {
            guard let place = old.index(of: name) else {
                let near = nearestName(to: name, among: old.names)
                throw TensorError(
                    .label, "with_colors: the data has no class \"\(name)\"",
                    help: near.map { "did you mean \"\($0)\"?" }
                        ?? "its classes are \(listText(old.names, most: 12))"
                )
            }
            new[place] = color
        }
        self.source = source
        views = try ViewCount(over: source)
        self.colors = colors
        palette = try ClassPalette(names: old.names, colors: new)
    }

    public func frame(_ index: Int) throws -> Frame { try source.frame(index) }
    public func maskSource(_ index: Int) throws -> MaskSource { try source.maskSource(index) }
}
