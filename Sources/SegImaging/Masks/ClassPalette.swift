// Classes by name and colour, for display. Names are what the user sees and types; the index of a class is
// only its position in the palette. ClassTable says what marks the classes in masks.

import CKernels
import SegSystem
import SegTensor

/// The classes of a data set: names and display colours, in the order of their indices.
public struct ClassPalette: Sendable, Equatable {
    /// 8-bit RGB.
    public struct Color: Hashable, Sendable, CustomStringConvertible {
        public var red: UInt8
        public var green: UInt8
        public var blue: UInt8

        public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }

        /// A colour as 0xRRGGBB.
        public init(code: UInt32) {
            self.init(
                UInt8(truncatingIfNeeded: code >> 16), UInt8(truncatingIfNeeded: code >> 8),
                UInt8(truncatingIfNeeded: code))
        }

        /// `64 128 64`, as label files write it.
        public var description: String { "\(red) \(green) \(blue)" }

        /// The colour as 0xRRGGBB.
        public var code: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }

        func distance(to other: Color) -> Int {
            let red = Int(red) - Int(other.red)
            let green = Int(green) - Int(other.green)
            let blue = Int(blue) - Int(other.blue)
            return red * red + green * green + blue * blue
        }

        /// The largest difference in a channel.
        func largestDifference(to other: Color) -> Int {
            max(
                abs(Int(red) - Int(other.red)), abs(Int(green) - Int(other.green)),
                abs(Int(blue) - Int(other.blue)))
        }

        /// Where the search for the colour in a hash table of so many entries starts.
        func hashPlace(_ size: Int) -> Int { Int(image_color_place(code, UInt32(size - 1))) }

        static let black = Color(0, 0, 0)
        static let white = Color(255, 255, 255)
    }

    /// The largest number of classes that a mask of bytes can have besides `MaskImage.ignored`.
    public static let limit = 255

    public let names: [String]
    public let colors: [Color]
    /// The class named Void (in any case), which losses ignore by default; nil if there is none.
    public let voidIndex: Int?

    public var count: Int { names.count }

    /// An error of kind `value` if names and colours differ in number, or are none, too many or not unique.
    public init(names: [String], colors: [Color]) throws {
        guard !names.isEmpty else { throw TensorError(.value, "a palette needs at least one class") }
        guard names.count <= Self.limit else {
            throw TensorError(
                .value, "\(names.count) classes are more than the \(Self.limit) that masks can hold")
        }
        guard names.count == colors.count else {
            throw TensorError(
                .value, "\(plural(names.count, "class")), but \(plural(colors.count, "colour"))")
        }
        var known: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            if known.updateValue(index, forKey: name) != nil {
                throw TensorError(.value, "two classes have the name \(name)")
            }
        }
        var users: [Color: Int] = [:]
        for (index, color) in colors.enumerated() {
            if let first = users.updateValue(index, forKey: color) {
                throw TensorError(
                    .value, "\(names[first]) and \(names[index]) have the same colour (\(color))")
            }
        }
        self.init(checked: names, colors)
    }

    /// Classes without colours of their own get `distinctColors`.
    public init(names: [String]) throws {
        try self.init(names: names, colors: Array(Self.distinctColors.prefix(names.count)))
    }

    /// The colours for display: CamVid's if all classes are CamVid's, else `distinctColors`.
    public init(showing names: [String]) throws {
        let known = names.compactMap { Self.camVid.index(of: $0) }
        if known.count == names.count {
            try self.init(names: names, colors: known.map { Self.camVid.colors[$0] })
        } else {
            try self.init(names: names)
        }
    }

    private init(checked names: [String], _ colors: [Color]) {
        self.names = names
        self.colors = colors
        voidIndex = names.firstIndex { $0.lowercased() == "void" }
    }

    /// The index of the class with this name.
    public func index(of name: String) -> Int? { names.firstIndex(of: name) }

    /// 256 colours of three bytes: those of the classes, then `ignored`.
    func table(ignored: Color) -> [UInt8] {
        var table = (0..<256).flatMap { _ in [ignored.red, ignored.green, ignored.blue] }
        for (index, color) in colors.enumerated() {
            table[3 * index] = color.red
            table[3 * index + 1] = color.green
            table[3 * index + 2] = color.blue
        }
        return table
    }

    /// The class whose colour is black; nil if none has it.
    public var nameOfBlack: String? {
        zip(names, colors).first { $0.1 == .black }?.0
    }

    /// Entry `index` of PASCAL VOC's colour map, which distributes the bits of the index over the three
    /// channels; nil for numbers that it does not have.
    static func pascalColor(_ index: Int) -> Color? {
        guard (0..<256).contains(index) else { return nil }
        var color = (red: UInt8(0), green: UInt8(0), blue: UInt8(0))
        for bit in 0..<8 {
            let bits = index >> (3 * bit)
            color.red |= UInt8(bits & 1) << UInt8(7 - bit)
            color.green |= UInt8(bits >> 1 & 1) << UInt8(7 - bit)
            color.blue |= UInt8(bits >> 2 & 1) << UInt8(7 - bit)
        }
        return Color(color.red, color.green, color.blue)
    }

    /// 255 colours made to be told apart, the most different first. Black and white are kept for void and
    /// unknown. The first twenty are S. Trubetskoy's; each of the others is the colour of a grid that is farthest
    /// from all before it, by the "redmean" approximation of perceived distance.
    public static let distinctColors: [Color] = {
        let first: [UInt32] = [
            0xe6194b, 0x3cb44b, 0x4363d8, 0xffe119, 0xf58231, 0x911eb4, 0x42d4f4, 0xf032e6, 0xbfef45,
            0xfabed4,
            0x469990, 0xdcbeff, 0x9a6324, 0xfffac8, 0x800000, 0xaaffc3, 0x808000, 0xffd8b1, 0x000075,
            0xa9a9a9,
        ]
        func distance(_ a: Color, _ b: Color) -> Int {
            let red = Int(a.red) - Int(b.red)
            let green = Int(a.green) - Int(b.green)
            let blue = Int(a.blue) - Int(b.blue)
            let mean = (Int(a.red) + Int(b.red)) / 2
            return (512 + mean) * red * red + 1024 * green * green + (767 - mean) * blue * blue
        }
        let levels: [UInt8] = [16, 48, 80, 112, 144, 176, 208, 240]
        let grid = levels.flatMap { red in levels.flatMap { green in levels.map { Color(red, green, $0) } } }
        var colors = first.map { Color(code: $0) }
        let taken = colors + [.black, Color(255, 255, 255)]
        var nearest = grid.map { point in taken.map { distance($0, point) }.min() ?? 0 }
        while colors.count < limit {
            let best = grid.indices.max { nearest[$0] < nearest[$1] } ?? 0
            colors.append(grid[best])
            for place in grid.indices {
                nearest[place] = min(nearest[place], distance(grid[best], grid[place]))
            }
        }
        return colors
    }()

    /// CamVid's and CamSeq01's 32 classes, in the order of their `label_colors.txt` (Brostow, Fauqueur, Cipolla 2009).
    public static let camVid: ClassPalette = {
        let classes: [(String, UInt8, UInt8, UInt8)] = [
            ("Animal", 64, 128, 64), ("Archway", 192, 0, 128), ("Bicyclist", 0, 128, 192),
            ("Bridge", 0, 128, 64), ("Building", 128, 0, 0), ("Car", 64, 0, 128),
            ("CartLuggagePram", 64, 0, 192), ("Child", 192, 128, 64), ("Column_Pole", 192, 192, 128),
            ("Fence", 64, 64, 128), ("LaneMkgsDriv", 128, 0, 192), ("LaneMkgsNonDriv", 192, 0, 64),
            ("Misc_Text", 128, 128, 64), ("MotorcycleScooter", 192, 0, 192), ("OtherMoving", 128, 64, 64),
            ("ParkingBlock", 64, 192, 128), ("Pedestrian", 64, 64, 0), ("Road", 128, 64, 128),
            ("RoadShoulder", 128, 128, 192), ("Sidewalk", 0, 0, 192), ("SignSymbol", 192, 128, 128),
            ("Sky", 128, 128, 128), ("SUVPickupTruck", 64, 128, 192), ("TrafficCone", 0, 0, 64),
            ("TrafficLight", 0, 64, 64), ("Train", 192, 64, 128), ("Tree", 128, 128, 0),
            ("Truck_Bus", 192, 128, 192), ("Tunnel", 64, 0, 64), ("VegetationMisc", 192, 192, 0),
            ("Void", 0, 0, 0), ("Wall", 64, 192, 0),
        ]
        return ClassPalette(checked: classes.map(\.0), classes.map { Color($0.1, $0.2, $0.3) })
    }()
}
