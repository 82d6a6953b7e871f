// Heat maps as drawings for files: cells with values if they fit, labels, and a scale.

@preconcurrency import Glibc
import SegSystem

extension Heatmap {
    /// The matrix in points, its cells as large as a page allows. A narrow one has smaller letters and lines.
    public var drawing: Drawing {
        let scale = width.map { Drawing.scale(width: $0) } ?? 1
        return drawing(width: width.map { $0 / scale }).scaled(by: scale)
    }

    private func drawing(width chosen: Double?) -> Drawing {
        let layout = layout()
        // The most numbers that a scale has beside it.
        let scaleWidth =
            37
            + (scaleMarks(layout, height: 400).map { Typeface.width(of: $0.label, size: Self.scaleSize) }
                .max() ?? 0)
        let margin = Drawing.margin
        let largest = Double(max(rowCount, columnCount, 1))
        // Labels, scale and borders need about so much of a given width.
        let others = 2 * margin + scaleWidth + (hasLabels ? 90 : 0) + (rowLabel == nil ? 0 : 22)
        let fitting = chosen.map { max($0 - others, $0 / 4) / Double(max(columnCount, 1)) } ?? 640 / largest
        var cell = fitting.held(within: 1...(chosen == nil ? 48 : 400))
        let size = (cell * 0.62).held(within: 6...11.5)
        let showsNames = hasLabels && cell >= 8

        func widest(_ texts: [String]) -> Double {
            texts.map { Typeface.width(of: $0, size: size) }.max() ?? 0
        }
        // Without room for the names, and without names, some of the numbers.
        let step = showsNames ? 1 : numberStep(cell: cell, size: size)
        // A quarter of a narrow figure; the rest is for the cells.
        let longest = min(chosen.map { $0 / 4 } ?? 180, 180)
        func labels(_ count: Int, _ name: (Int) -> String) -> [String] {
            if showsNames { return Typeface.truncate((0..<count).map(name), to: longest, size: size) }
            return (0..<count).map { $0 % step == 0 ? String($0) : "" }
        }
        let rowNames = labels(rowCount, rowName)
        let columnNames = labels(columnCount, columnName)
        let isAcross = !showsNames || widest(columnNames) <= cell - 4
        let left = margin + (rowLabel == nil ? 0 : 22) + widest(rowNames) + 8
        if let chosen {
            cell = max((chosen - left - scaleWidth - margin) / Double(max(columnCount, 1)), 1)
        }
        let right = left + Double(columnCount) * cell
        let titleWidth = title.map { Typeface.width(of: TextWidth.escaped($0), size: 15, isBold: true) } ?? 0
        let width = max(right + scaleWidth + margin, chosen ?? min(titleWidth + 2 * margin, 480))
        let titleHeight = Drawing.headingHeight(title, width: width)
        let captionSize = 12.0
        let top =
            margin + titleHeight + (columnLabel == nil ? 0 : 22)
            + (isAcross ? size + 6 : widest(columnNames) + 8)
        let bottom = top + Double(rowCount) * cell
        let scaleHeight = max(bottom - top, 90)
        var drawing = Drawing(
            width: width,
            height: max(bottom, top + scaleHeight) + margin + (note == nil ? 0 : Drawing.noteHeight))

        drawing.heading(title)
        if let emptiness {
            drawing.emptyChart(emptiness, top: top)
            return drawing
        }
        if let note { drawing.note(note) }
        if let columnLabel {
            drawing.text(
                TextWidth.escaped(columnLabel),
                at: .init((left + right) / 2, margin + titleHeight + captionSize),
                .init(size: captionSize, color: .ink, anchor: .middle))
        }
        if let rowLabel {
            drawing.text(
                TextWidth.escaped(rowLabel), at: .init(margin + captionSize, (top + bottom) / 2),
                .init(size: captionSize, color: .ink, anchor: .middle, isUpright: true))
        }
        let half = size * Typeface.capHeight / 2
        for (row, name) in rowNames.enumerated() where !name.isEmpty {
            let y = top + (Double(row) + 0.5) * cell + half
            drawing.text(name, at: .init(left - 6, y), .init(size: size, color: .ink, anchor: .end))
        }
        for (column, name) in columnNames.enumerated() where !name.isEmpty {
            let x = left + (Double(column) + 0.5) * cell
            drawing.text(
                name, at: .init(isAcross ? x : x + half, top - 6),
                .init(size: size, color: .ink, anchor: isAcross ? .middle : .start, isUpright: !isAcross))
        }
        drawCells(layout, left: left, top: top, cell, size, on: &drawing)
        drawScale(layout, x: right + 18, top: top, height: scaleHeight, on: &drawing)
        return drawing
    }

    /// Every how many rows and columns there is room for a number.
    private func numberStep(cell: Double, size: Double) -> Int {
        let room = Typeface.width(of: String(max(rowCount, columnCount)), size: size) + 4
        let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
        return steps.first { Double($0) * cell >= room } ?? max(rowCount, columnCount, 1)
    }

    private func drawCells(
        _ layout: Layout, left: Double, top: Double, _ cell: Double, _ size: Double, on drawing: inout Drawing
    ) {
        let map = layout.isDiverging ? Colormap.diverging : .paper
        let missing = RGB(hex: 0xf3f3f3)
        // Very many cells are one picture instead of a rectangle each.
        if layout.shades.count > 10_000 {
            var picture = Pixels(width: columnCount, height: rowCount, fill: missing)
            for (index, shade) in layout.shades.enumerated() {
                guard let color = shade.map(map.color), index * 3 + 2 < picture.bytes.count else { continue }
                picture.bytes[index * 3] = color.red
                picture.bytes[index * 3 + 1] = color.green
                picture.bytes[index * 3 + 2] = color.blue
            }
            drawing.picture(
                picture, at: .init(left, top), width: Double(columnCount) * cell,
                height: Double(rowCount) * cell)
            return
        }
        let widest = layout.texts.map { Typeface.width(of: $0, size: size) }.max() ?? 0
        let textSize = min(size, size * (cell - 3) / max(widest, 1))
        for (index, shade) in layout.shades.enumerated() {
            let (row, column) = (index / columnCount, index % columnCount)
            let corner = Drawing.Point(left + Double(column) * cell, top + Double(row) * cell)
            let color = shade.map(map.color) ?? missing
            drawing.rectangle(corner, width: cell, height: cell, color)
            guard textSize >= 6, !layout.texts[index].isEmpty else { continue }
            drawing.text(
                layout.texts[index],
                at: .init(corner.x + cell / 2, corner.y + cell / 2 + textSize * Typeface.capHeight / 2),
                .init(size: textSize, color: color.inkOnTop == .white ? .white : .ink, anchor: .middle))
        }
    }

    /// The size of the numbers beside the scale.
    private static let scaleSize = 10.5

    /// The numbers beside the scale, all written in one way: both ends, to a hundredth of the scale, and round numbers
    /// between them.
    private func scaleMarks(_ layout: Layout, height: Double) -> [Axis.Tick] {
        var extent = Extent(isWhole: false)
        extent.take(layout.low)
        extent.take(layout.high)
        let axis = Axis(extent, intervals: Int(height / 50, within: 2...8), isRounded: false)
        let inner = axis.ticks.map(\.value).filter { $0 > layout.low && $0 < layout.high }
        let ends = [layout.low, layout.high]
        if shading == .rowShare {
            return (ends + inner).map { .init(value: $0, label: NumberFormat.percent($0, decimals: 0)) }
        }
        // The range of the largest numbers, and their rounded values, may be infinite.
        let largest = Double.greatestFiniteMagnitude
        let span = (axis.high - axis.low).held(within: 1e-300...largest)
        let step = pow(10, log10(span).rounded(.down) - 2)
        let rounded = (ends + inner).map { (($0 / step).rounded() * step).held(within: -largest...largest) }
        let format = TickFormat(rounded, step: step)
        return zip(ends + inner, rounded).map { .init(value: $0, label: format.trimmed($1)) }
    }

    private func drawScale(
        _ layout: Layout, x: Double, top: Double, height: Double, on drawing: inout Drawing
    ) {
        let map = layout.isDiverging ? Colormap.diverging : .paper
        let steps = 64
        for step in 0..<steps {
            let (from, to) = (Double(step) / Double(steps), Double(step + 1) / Double(steps))
            drawing.rectangle(
                .init(x, top + (1 - to) * height), width: 12, height: (to - from) * height,
                map.color((from + to) / 2))
        }
        let half = layout.high / 2 - layout.low / 2
        // Both ends have a label, round numbers between them where there is space.
        for (place, tick) in scaleMarks(layout, height: height).enumerated() {
            let share = half > 0 ? (tick.value / 2 - layout.low / 2) / half : 0.5
            guard place < 2 || share * height > 14 && (1 - share) * height > 14 else { continue }
            if half <= 0, place == 1 { continue }
            let y = top + (1 - share) * height
            drawing.rule(from: .init(x + 12, y), to: .init(x + 16, y), .init(.quiet))
            drawing.text(
                tick.label, at: .init(x + 19, y + Self.scaleSize * Typeface.capHeight / 2),
                .init(size: Self.scaleSize, color: .quiet))
        }
    }
}
