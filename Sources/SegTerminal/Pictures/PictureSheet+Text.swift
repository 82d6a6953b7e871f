// Picture sheets as text: rows of tiles with their captions, and the legend.

import SegSystem

extension PictureSheet {
    /// Rows of tiles with the same height, as large as the width allows.
    public func lines(_ style: TerminalStyle) -> [String] {
        let width = style.chartColumns
        var lines = style.heading(title)
        if let emptiness { return lines + [style.emptyChart(emptiness)] }
        let entries = legendEntries()
        let letters = Dictionary(entries.map { ($0.entry, $0.letter) }) { first, _ in first }
        let legend = legendLines(entries, style, width)

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
        // Cells are about twice as high as wide. Small pictures are enlarged only up to a limit.
        let graphics = style.graphics
        let aspect = graphics.map { Double($0.cellHeight) / Double($0.cellWidth) } ?? 2
        let sizes = row.map { tile in
            let largest = graphics.map { tile.width * 3 / $0.cellWidth } ?? tile.width * 2
            return Pixels.fitted(
                width: tile.width, height: tile.height, into: min(tileColumns, max(largest, 16)), tileRows,
                aspect: aspect)
        }
        let height = sizes.map(\.height).max() ?? 0
        let hasCaptions = row.contains { !$0.caption.isEmpty }
        var canvas = TextCanvas(
            width: row.count * tileColumns + (row.count - 1) * gap,
            height: (graphics == nil ? height : 0) + (hasCaptions ? 1 : 0))
        for (index, tile) in row.enumerated() {
            let x = index * (tileColumns + gap)
            let size = sizes[index]
            switch tile.content {
            case _ where graphics != nil: break
            case .picture(let picture):
                canvas.draw(picture, x: x, y: 0, columns: size.width, rows: size.height, style)
            case .mask(let mask):
                canvas.draw(
                    mask, letters, x: x, y: 0, columns: size.width, rows: size.height, style)
            }
            let caption = TextWidth.truncate(
                tile.caption, to: tileColumns, ellipsis: style.ellipsis)
            let indent = max((size.width - TextWidth.of(caption)) / 2, 0)
            canvas.put(caption, x: x + indent, y: graphics == nil ? height : 0)
        }
        guard let graphics else { return canvas.lines(style) }
        let pictures = row.enumerated().map { index, tile in
            let size = graphics.size(columns: sizes[index].width, rows: sizes[index].height)
            return TerminalGraphics.Placed(
                picture: tile.content.pixels(width: size.width, height: size.height),
                column: index * (tileColumns + gap), columns: sizes[index].width, rows: sizes[index].height)
        }
        return [graphics.row(pictures, rows: height)] + canvas.lines(style)
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
                ellipsis: style.ellipsis)
            let share = item.text(arrow: style.unicode ? "→" : "->")
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
