// Heat maps as text: values if they fit, on coloured cells if the terminal has colours, else only
// shades.

import SegSystem

extension Heatmap {
    /// The matrix as lines, fitted to the width: with values if they fit, else only shades. In a matrix
    /// larger than the terminal, a cell is the mean of several entries.
    public func lines(_ style: TerminalStyle) -> [String] {
        let layout = layout()
        let columns = style.chartColumns
        var lines = style.heading(title)
        if let emptiness { return lines + [style.emptyChart(emptiness)] }

        let caption = [
            rowLabel.map { (style.unicode ? "↓ " : "rows: ") + $0 },
            columnLabel.map { (style.unicode ? "→ " : "columns: ") + $0 },
        ].compactMap { $0 }.joined(separator: "  ")
        if !caption.isEmpty { lines.append(style.paint(style.chartLine(caption), dim: true)) }
        let labelWidth = min((0..<rowCount).map { TextWidth.of(rowName($0)) }.max() ?? 0, columns / 4)
        let room = columns - labelWidth - 1
        let valueWidth = max((layout.texts.map(TextWidth.of).max() ?? 0) + 1, 3)
        if !layout.texts.isEmpty, columnCount * valueWidth <= room {
            let names = (0..<columnCount).map { TextWidth.of(columnName($0)) + 1 }
            let wanted = max(valueWidth, min(names.max() ?? 0, 12))
            let cell = min(wanted, room / columnCount)
            lines += labelled(layout, cell: cell, labelWidth, style, showsValues: true)
        } else if columnCount <= room {
            let cell = columnCount * 2 <= room ? 2 : 1
            lines += labelled(layout, cell: cell, labelWidth, style, showsValues: false)
        } else {
            lines += shadesAlone(layout, columns, style)
        }
        lines.append(scaleLine(layout, style))
        return lines + style.noteLines(note)
    }

    private func labelled(
        _ layout: Layout, cell: Int, _ labelWidth: Int, _ style: TerminalStyle, showsValues: Bool
    ) -> [String] {
        let left = labelWidth + 1
        // Column names are horizontal if there is space, else vertical.
        let widest = (0..<columnCount).map { TextWidth.of(columnName($0)) }.max() ?? 0
        let isAcross = widest < cell || cell >= 6
        let head = isAcross ? 1 : min(widest, 9)
        var canvas = TextCanvas(width: left + columnCount * cell, height: head + rowCount)
        for column in 0..<columnCount {
            let x = left + column * cell
            let name = columnName(column)
            if isAcross {
                let text = TextWidth.truncate(name, to: cell - 1, ellipsis: style.ellipsis)
                // Centred above coloured cells, as the values are; else right-aligned.
                let room = cell - TextWidth.of(text)
                canvas.put(text, x: x + (style.color >= .ansi256 ? (room + 1) / 2 : room), y: 0)
                continue
            }
            let letters = Array(name.prefix(head))
            for (row, letter) in letters.enumerated() where TextWidth.of(letter) == 1 {
                canvas.put(letter, x: x + (cell - 1) / 2, y: head - letters.count + row)
            }
        }
        for row in 0..<rowCount {
            let y = head + row
            let name = TextWidth.fit(
                rowName(row), to: labelWidth, alignment: .right, unicode: style.unicode)
            canvas.put(name, x: 0, y: y)
            for column in 0..<columnCount {
                let index = row * columnCount + column
                let text = showsValues ? layout.texts[index] : nil
                drawCell(
                    layout.shades[index], text, on: &canvas, x: left + column * cell, y: y, width: cell,
                    layout.isDiverging, style)
            }
        }
        return canvas.lines(style)
    }

    private func shadesAlone(_ layout: Layout, _ columns: Int, _ style: TerminalStyle) -> [String] {
        let width = min(columnCount, columns)
        let height = (rowCount * width / columnCount / 2).held(within: 1...min(rowCount, style.chartRows))
        let shades = pooled(layout, to: height, width)
        var canvas = TextCanvas(width: width, height: height)
        for (index, shade) in shades.enumerated() {
            drawCell(
                shade, nil, on: &canvas, x: index % width, y: index / width, width: 1, layout.isDiverging,
                style)
        }
        let note =
            sizeText(height: rowCount, width: columnCount) + ", shown as "
            + sizeText(height: height, width: width)
        return canvas.lines(style) + [style.paint(note, dim: true)]
    }

    /// The same matrix with fewer entries, each the mean of those that it replaces.
    private func pooled(_ layout: Layout, to height: Int, _ width: Int) -> [Double?] {
        (0..<(height * width)).map { index in
            let (y, x) = (index / width, index % width)
            var sum = 0.0
            var count = 0
            for row in (y * rowCount / height)..<max((y + 1) * rowCount / height, y * rowCount / height + 1) {
                let from = x * columnCount / width
                for column in from..<max((x + 1) * columnCount / width, from + 1) {
                    guard let shade = layout.shades[row * columnCount + column] else { continue }
                    sum += shade
                    count += 1
                }
            }
            return count > 0 ? sum / Double(count) : nil
        }
    }

    private func drawCell(
        _ shade: Double?, _ text: String?, on canvas: inout TextCanvas, x: Int, y: Int, width: Int,
        _ isDiverging: Bool, _ style: TerminalStyle
    ) {
        let hasColor = style.color >= .ansi256
        var ink = Ink()
        var fill: Character = " "
        if let shade, hasColor {
            let color = (isDiverging ? Colormap.diverging : .screen).color(shade)
            ink = Ink(color: color.inkOnTop, background: color)
        } else if text == nil {
            fill = shade.map { Heatmap.shade($0, style) } ?? (style.unicode ? "·" : "?")
        }
        for column in 0..<width { canvas.put(fill, x: x + column, y: y, ink: ink) }
        guard let text else { return }
        var short = TextWidth.truncate(text, to: width, ellipsis: "")
        if !style.unicode && short == "·" { short = "0" }
        let indent =
            hasColor && shade != nil ? (width - TextWidth.of(short) + 1) / 2 : width - TextWidth.of(short)
        canvas.put(short, x: x + indent, y: y, ink: ink)
    }

    private static func shade(_ share: Double, _ style: TerminalStyle) -> Character {
        let ramp: [Character] = style.unicode ? [" ", "░", "▒", "▓", "█"] : Array(" .:-=+*#%@")
        // Only zero is shown as an empty cell.
        let index = Int((share * Double(ramp.count - 1)).rounded(.up), within: 0...(ramp.count - 1))
        return ramp[index]
    }

    /// A line with the values of the first and the last shade.
    private func scaleLine(_ layout: Layout, _ style: TerminalStyle) -> String {
        let isShare = shading == .rowShare
        func write(_ value: Double) -> String {
            isShare ? NumberFormat.percent(value, decimals: 0) : NumberFormat.significant(value, 3)
        }
        var canvas = TextCanvas(width: 10, height: 1)
        for index in 0..<10 {
            drawCell(
                (Double(index) + 0.5) / 10, nil, on: &canvas, x: index, y: 0, width: 1, layout.isDiverging,
                style)
        }
        let what = isShare ? " of the row" : ""
        let bar = canvas.lines(style).first ?? ""
        return style.paint(write(layout.low), dim: true) + " " + bar + " "
            + style.paint(write(layout.high) + what, dim: true)
    }
}
