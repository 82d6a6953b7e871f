// Pictures with captions and a legend as drawings for files: triptychs and contact sheets.

import SegSystem

extension PictureSheet {
    /// The sheet in points. A picture has half as many points as pixels, so that a raster at scale 2 shows
    /// each pixel, but is at least 160 and at most 480 points wide. Of a chosen width it is a part; a narrow sheet has
    /// smaller letters.
    public var drawing: Drawing {
        let scale = width.map { Drawing.scale(width: $0) } ?? 1
        return drawing(width: width.map { $0 / scale }).scaled(by: scale)
    }

    /// The fewest points of a picture where others are beside it, unless the columns are chosen.
    private static let narrowest = 100.0

    private func drawing(width chosen: Double?) -> Drawing {
        let margin = Drawing.margin
        let gap = 10.0
        let size = 12.0
        let usual = (Double(tiles.map(\.width).max() ?? 1) / 2).held(within: 160...480)
        let least = chosen == nil ? usual : min(usual, Self.narrowest)
        let fitting = Int(
            ((chosen ?? 1440) - (chosen == nil ? 0 : 2 * margin) + gap) / (least + gap), within: 1...12)
        // As many in each row, where the width of all is chosen.
        let even = (tiles.count + fitting - 1) / fitting
        let usualColumns = chosen == nil ? fitting : (tiles.count + max(even, 1) - 1) / max(even, 1)
        let columns = (self.columns ?? usualColumns).held(within: 1...max(tiles.count, 1))
        let tileWidth = chosen.map { max(($0 - 2 * margin + gap) / Double(columns) - gap, 10) } ?? usual
        let rows = (tiles.count + columns - 1) / columns
        let widest = tiles.map { Typeface.width(of: $0.caption, size: size) }.max() ?? 0
        let captionSize = max(min(size, size * tileWidth / max(widest, 1)), 10)
        let captions = Typeface.truncate(tiles.map(\.caption), to: tileWidth, size: captionSize)
        let heights = (0..<rows).map { row -> (picture: Double, caption: Double) in
            let own = tiles[(row * columns)..<min((row + 1) * columns, tiles.count)]
            let picture = own.map { height(of: $0, width: tileWidth) }.max() ?? 0
            return (picture, own.contains { !$0.caption.isEmpty } ? 22 : 0)
        }
        let width = max(2 * margin + Double(columns) * (tileWidth + gap) - gap, 240)
        let top = margin + Drawing.headingHeight(title, width: width)
        let keys = keys(width: width - 2 * margin, size)
        let legendHeight = keys.isEmpty ? 0 : 14 + Double((keys.map(\.line).max() ?? 0) + 1) * 19
        let picturesHeight = heights.reduce(0) { $0 + $1.picture + $1.caption + gap } - (rows > 0 ? gap : 0)
        var drawing = Drawing(width: width, height: top + max(picturesHeight, 20) + legendHeight + margin)

        drawing.heading(title)
        if let emptiness {
            drawing.emptyChart(emptiness, top: top)
            return drawing
        }
        var y = top
        for row in 0..<rows {
            for index in (row * columns)..<min((row + 1) * columns, tiles.count) {
                let tile = tiles[index]
                let x = margin + Double(index % columns) * (tileWidth + gap)
                let high = height(of: tile, width: tileWidth)
                drawing.picture(pixels(of: tile), at: .init(x, y), width: tileWidth, height: high)
                drawing.text(
                    captions[index], at: .init(x + tileWidth / 2, y + heights[row].picture + 15),
                    .init(size: captionSize, color: .ink, anchor: .middle))
            }
            y += heights[row].picture + heights[row].caption + gap
        }
        for key in keys {
            let base = y - gap + 14 + Double(key.line) * 19
            drawing.rectangle(.init(margin + key.x, base), width: 12, height: 12, key.color)
            drawing.text(
                key.text, at: .init(margin + key.x + 18, base + 6 + size * Typeface.capHeight / 2),
                .init(size: size, color: .ink, isFitted: true))
        }
        return drawing
    }

    private func height(of tile: Tile, width: Double) -> Double {
        (width * Double(tile.height) / Double(tile.width)).held(within: 1...8000)
    }

    private func pixels(of tile: Tile) -> Pixels {
        switch tile.content {
        case .picture(let picture): return picture
        case .mask(let mask): return mask.pixels()
        }
    }

    private struct Key {
        let text: String
        let color: RGB
        let x: Double
        let line: Int
    }

    /// The legend's entries in lines of at most `width`.
    private func keys(width: Double, _ size: Double) -> [Key] {
        var keys: [Key] = []
        var x = 0.0
        var line = 0
        let entries = legendEntries()
        let names = Typeface.truncate(
            entries.map { TextWidth.escaped($0.entry.name) }, to: width - 80, size: size)
        for (item, name) in zip(entries, names) {
            let text = name + "  " + item.text(arrow: "→")
            let own = 18 + Typeface.width(of: text, size: size) + 20
            if x > 0 && x + own > width + 20 {
                x = 0
                line += 1
            }
            keys.append(Key(text: text, color: item.entry.color, x: x, line: line))
            x += own
        }
        return keys
    }
}
