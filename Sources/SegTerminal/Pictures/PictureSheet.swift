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
            let size = min(width, max(limit, 1))
            return content.pixels(width: size, height: max(height * size / width, 1))
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

    /// A class in the legend: its letter, and its share in all pixels of masks.
    struct LegendEntry {
        let entry: ClassMask.Entry
        let letter: Character
        let share: Double
    }

    /// The classes in the masks of the tiles, the largest first; classes with the same name and colour are
    /// merged.
    func legendEntries() -> [LegendEntry] {
        var counts: [ClassMask.Entry: Int] = [:]
        var order: [ClassMask.Entry] = []
        var total = 0
        for mask in tiles.compactMap(\.mask) {
            for (index, count) in mask.counts().enumerated() where count > 0 {
                let entry = mask.entry(index)
                if counts[entry] == nil { order.append(entry) }
                counts[entry, default: 0] += count
                total += count
            }
        }
        let sorted = order.enumerated().sorted { left, right in
            let (a, b) = (counts[left.element] ?? 0, counts[right.element] ?? 0)
            return a == b ? left.offset < right.offset : a > b
        }
        let entries = sorted.map(\.element)
        return zip(entries, ClassMask.letters(for: entries)).map { entry, letter in
            let share = Double(counts[entry] ?? 0) / Double(max(total, 1))
            return LegendEntry(entry: entry, letter: letter, share: share)
        }
    }
}
