// Pictures and masks with captions: a single one, a triptych of picture, truth and prediction, or a contact
// sheet of a data set; and the legend for both the text form (PictureSheet+Text) and the drawn form
// (PictureSheet+Drawing).

import SegSystem

/// Captioned pictures in rows, with a legend of the classes in them.
public struct PictureSheet: SizedChart, Sendable {
    public struct Tile: Sendable {
        enum Content: Sendable {
            case picture(Pixels)
            case mask(ClassMask)

            /// The picture, or the mask in the colours of its classes, in a size of pixels.
            func pixels(width: Int, height: Int) -> Pixels {
                switch self {
                case .picture(let picture): return picture.resized(width: width, height: height)
                case .mask(let mask): return mask.resized(width: width, height: height).pixels()
                }
            }
        }
        let content: Content
        var caption: String
        /// The mask whose classes are in the legend, for a mask or an overlay.
        let mask: ClassMask?

        /// A picture; `classes` is the mask that tints it, if it is an overlay.
        public static func picture(_ picture: Pixels, caption: String = "", classes: ClassMask? = nil) -> Tile
        {
            Tile(content: .picture(picture), caption: TextWidth.escaped(caption), mask: classes)
        }
        public static func mask(_ mask: ClassMask, caption: String = "") -> Tile {
            Tile(content: .mask(mask), caption: TextWidth.escaped(caption), mask: mask)
        }

        /// The pixels of the picture, or of the mask's colours, scaled down to a width.
        public func pixels(atMost limit: Int) -> Pixels {
            let (width, height) = size(atMost: limit)
            return content.pixels(width: width, height: height)
        }

        /// The size of these pixels.
        public func size(atMost limit: Int) -> (width: Int, height: Int) {
            let size = min(width, max(limit, 1))
            return (size, max(height * size / width, 1))
        }

        var width: Int {
            switch content {
            case .picture(let picture): return picture.width
            case .mask(let mask): return mask.width
            }
        }
        var height: Int {
            switch content {
            case .picture(let picture): return picture.height
            case .mask(let mask): return mask.height
            }
        }
    }

    public var title: String?
    public var tiles: [Tile]
    /// The number of tiles in a row; nil for as many as fit.
    public var columns: Int?
    /// The width in a file, in points; nil for one that shows the pictures' pixels.
    public var width: Double?

    /// Whether the first mask is the truth and the others are predictions, whose shares are not added up.
    public var comparesMasks = false

    public init(title: String? = nil, tiles: [Tile], columns: Int? = nil) {
        self.title = title
        self.tiles = tiles
        self.columns = columns
    }

    /// Gives each picture a caption; where there are twice as many tiles, each is of a picture and its mask.
    /// - Returns: false if the counts do not fit.
    public mutating func setCaptions(_ captions: [String]) -> Bool {
        guard !captions.isEmpty, tiles.count % captions.count == 0 else {
            return captions.count == tiles.count
        }
        let step = tiles.count / captions.count
        guard step <= 2 else { return false }
        for (place, caption) in captions.enumerated() {
            tiles[place * step].caption = TextWidth.escaped(caption)
        }
        return true
    }

    public var emptiness: String? { tiles.isEmpty ? "nothing to show" : nil }

    /// A class in the legend: its letter, and its share in all pixels of the masks; in the truth and in the
    /// prediction where these are compared.
    struct LegendEntry {
        let entry: ClassMask.Entry
        let letter: Character
        let shares: [Double]

        func text(arrow: String) -> String {
            let texts = shares.map { NumberFormat.percent($0) }
            // The sign of percent once, at the end.
            return (texts.dropLast().map { $0.replacing(" %", with: "") } + texts.suffix(1))
                .joined(separator: " \(arrow) ")
        }
    }

    /// The classes in the masks of the tiles, the largest first; classes with the same name and colour are
    /// merged. Of a truth and several predictions only the truth has shares.
    func legendEntries() -> [LegendEntry] {
        let masks = tiles.compactMap(\.mask)
        let groups =
            !comparesMasks ? [masks] : masks.count == 2 ? masks.map { [$0] } : [Array(masks.prefix(1))]
        let all = masks.isEmpty ? [] : groups.map(Self.counts)
        var order: [ClassMask.Entry] = []
        for mask in masks {
            for (index, count) in mask.counts().enumerated() where count > 0 {
                let entry = mask.entry(index)
                if !order.contains(entry) { order.append(entry) }
            }
        }
        let sorted = order.enumerated().sorted { left, right in
            for group in all {
                let (a, b) = (group[left.element] ?? 0, group[right.element] ?? 0)
                if a != b { return a > b }
            }
            return left.offset < right.offset
        }
        let entries = sorted.map(\.element)
        let totals = all.map { max($0.values.reduce(0, +), 1) }
        return zip(entries, ClassMask.letters(for: entries)).map { entry, letter in
            let shares = zip(all, totals).map { Double($0[entry] ?? 0) / Double($1) }
            return LegendEntry(entry: entry, letter: letter, shares: shares)
        }
    }

    private static func counts(_ masks: [ClassMask]) -> [ClassMask.Entry: Int] {
        var counts: [ClassMask.Entry: Int] = [:]
        for mask in masks {
            for (index, count) in mask.counts().enumerated() where count > 0 {
                counts[mask.entry(index), default: 0] += count
            }
        }
        return counts
    }
}
