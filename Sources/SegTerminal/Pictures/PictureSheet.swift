// Pictures and masks with captions: one alone, a triptych of picture, truth and
// prediction, or a contact sheet of a dataset. The model, its legend, and the text form.

import SegSystem

/// Captioned pictures in rows, with a legend of the classes to be seen.
public struct PictureSheet: Sendable {
    public struct Tile: Sendable {
        enum Content: Sendable {
            case picture(Pixels)
            case mask(ClassMask)
        }
        let content: Content
        let caption: String
        /// The mask whose classes the legend tells, for a mask or an overlay.
        let mask: ClassMask?

        /// A picture; `classes` is the mask that tints it, if it is an overlay.
        public static func picture(_ picture: Pixels, caption: String = "", classes: ClassMask? = nil) -> Tile
        {
            Tile(content: .picture(picture), caption: TextWidth.escaped(caption), mask: classes)
        }
        public static func mask(_ mask: ClassMask, caption: String = "") -> Tile {
            Tile(content: .mask(mask), caption: TextWidth.escaped(caption), mask: mask)
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
    /// Tiles in a row; nil for as many as fit.
    public var columns: Int?
    public var legend: Bool

    public init(title: String? = nil, tiles: [Tile], columns: Int? = nil, legend: Bool = true) {
        self.title = title
        self.tiles = tiles
        self.columns = columns
        self.legend = legend
    }

    /// A class that is to be seen: its letter, and its share in all pixels of masks.
    struct LegendEntry {
        let entry: ClassMask.Entry
        let letter: Character
        let share: Double
    }

    /// The classes in the masks of the tiles, the largest first; classes of the same name and
    /// colour are one.
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

    /// Rows of tiles that share one height, as large as the width allows.
    public func lines(_ style: TerminalStyle) -> [String] {
        let width = style.chartColumns
        var lines: [String] = []
        if let title {
            let text = TextWidth.truncate(
                TextWidth.escaped(title), to: width, ellipsis: style.unicode ? "…" : "~")
            lines.append(style.paint(text, bold: true))
        }
        guard !tiles.isEmpty else { return lines + [style.paint("nothing to show yet", dim: true)] }
        let entries = legendEntries()
        let letters = Dictionary(entries.map { ($0.entry, $0.letter) }) { first, _ in first }
        let legend = self.legend ? legendLines(entries, style, width) : []

        let gap = 2
        let fitting = max((width + gap) / (24 + gap), 1)
        let columns = (self.columns ?? fitting).held(within: 1...max(min(tiles.count, width / 4), 1))
        let tileColumns = max((width - gap * (columns - 1)) / columns, 1)
        let isOneRow = tiles.count <= columns
        let tileRows = style.chartRows - (isOneRow ? lines.count + legend.count + 1 : 2)
        for start in stride(from: 0, to: tiles.count, by: columns) {
            let row = Array(tiles[start..<min(start + columns, tiles.count)])
            lines += rowLines(row, tileColumns, max(tileRows, 6), gap, letters, style)
        }
        return lines + legend
    }

    private func rowLines(
        _ row: [Tile], _ tileColumns: Int, _ tileRows: Int, _ gap: Int,
        _ letters: [ClassMask.Entry: Character], _ style: TerminalStyle
    ) -> [String] {
        // Cells are about twice as high as wide. Small pictures are not blown up without end.
        let sizes = row.map { tile in
            Pixels.fitted(
                width: tile.width, height: tile.height, into: min(tileColumns, max(tile.width * 2, 16)),
                tileRows, aspect: 2)
        }
        let height = sizes.map(\.height).max() ?? 0
        let hasCaptions = row.contains { !$0.caption.isEmpty }
        var canvas = TextCanvas(
            width: row.count * tileColumns + (row.count - 1) * gap, height: height + (hasCaptions ? 1 : 0))
        for (index, tile) in row.enumerated() {
            let x = index * (tileColumns + gap)
            let size = sizes[index]
            switch tile.content {
            case .picture(let picture):
                canvas.draw(picture, x: x, y: 0, columns: size.width, rows: size.height, style)
            case .mask(let mask):
                canvas.draw(
                    mask, letters, x: x, y: 0, columns: size.width, rows: size.height, style)
            }
            let caption = TextWidth.truncate(
                tile.caption, to: tileColumns, ellipsis: style.unicode ? "…" : "~")
            let indent = max((size.width - TextWidth.of(caption)) / 2, 0)
            canvas.put(caption, x: x + indent, y: height)
        }
        return canvas.lines(style)
    }

    /// Swatch or letter, name, and share of each class, in lines of at most `width` cells.
    private func legendLines(
        _ entries: [LegendEntry], _ style: TerminalStyle, _ width: Int
    ) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for item in entries {
            let hasSwatch = style.color >= .ansi256
            let name = TextWidth.truncate(
                TextWidth.escaped(item.entry.name), to: max(width - 12, 8),
                ellipsis: style.unicode ? "…" : "~")
            let share = NumberFormat.percent(item.share)
            let size = TextWidth.of(name) + TextWidth.of(share) + 3 + (hasSwatch ? 1 : 0)
            if used > 0 && used + 2 + size > width {
                lines.append(line)
                line = ""
                used = 0
            }
            if used > 0 { line += "  " }
            let sign =
                hasSwatch
                ? style.escape(for: Ink(background: item.entry.color)) + "  \u{1b}[0m"
                : style.paint(String(item.letter), item.entry.color)
            line += sign + " " + name + " " + style.paint(share, dim: true)
            used += (used > 0 ? 2 : 0) + size
        }
        if used > 0 { lines.append(line) }
        return lines
    }
}
