// Bar charts as drawings for files: labels at the left, values at the right, bars of the same
// relative lengths as in the text form.

import SegSystem

extension BarChart {
    /// The chart in points; its height depends on the number of bars.
    public var drawing: Drawing {
        let width = self.width ?? Drawing.pageWidth
        let scale = Drawing.scale(width: width)
        return drawing(width: width / scale).scaled(by: scale)
    }

    private func drawing(width: Double) -> Drawing {
        let layout = layout(intervals: Int(width / 120, within: 2...8))
        let margin = Drawing.margin
        let size = 12.0
        // Very many bars are closer together, so that the drawing keeps a usable size.
        let pitch = (15_000 / Double(max(bars.count, 1))).held(within: 2...22)
        let top = margin + Drawing.headingHeight(title, width: width)
        let bottom = top + Double(max(bars.count, 1)) * pitch
        let below = (layout.axis == nil ? 0 : 24) + (note == nil ? 0 : Drawing.noteHeight)
        var drawing = Drawing(width: width, height: bottom + below + margin)
        drawing.heading(title)
        if let emptiness {
            drawing.emptyChart(emptiness, top: top)
            return drawing
        }
        if let note { drawing.note(note) }

        let labels = Typeface.truncate(
            bars.map { TextWidth.escaped($0.label) }, to: width / 3, size: size)
        func widest(_ texts: [String]) -> Double {
            texts.map { Typeface.width(of: $0, size: size) }.max() ?? 0
        }
        let left = margin + widest(labels) + 10
        let shareWidth = layout.shares.map { widest($0) + 14 } ?? 0
        let right = max(width - margin - shareWidth - widest(layout.values) - 12, left + 20)
        let zero = left + layout.zero * (right - left)
        if let axis = layout.axis { drawing.axis(axis, left: left, right: right, top: top, bottom: bottom) }
        let showsText = pitch >= size
        for (index, bar) in bars.enumerated() {
            let y = top + Double(index) * pitch
            let base = y + pitch / 2 + size * Typeface.capHeight / 2
            if let end = layout.ends[index] {
                let place = left + end * (right - left)
                // Small non-zero values remain visible.
                let length = bar.value == 0 ? 0 : max(abs(place - zero), 1)
                drawing.rectangle(
                    .init(place < zero ? zero - length : zero, y + pitch * 0.14), width: length,
                    height: max(pitch * 0.72, 1), ChartPalette.onPaper(0))
            }
            guard showsText else { continue }
            drawing.text(
                labels[index], at: .init(left - 10, base), .init(size: size, color: .ink, anchor: .end))
            drawing.text(
                layout.values[index], at: .init(width - margin - shareWidth, base),
                .init(size: size, color: .ink, anchor: .end))
            if let share = layout.shares?[index] {
                drawing.text(
                    share, at: .init(width - margin, base), .init(size: size, color: .quiet, anchor: .end))
            }
        }
        drawing.rule(
            from: .init(zero, top), to: .init(zero, bottom), .init(.quiet))
        return drawing
    }
}

extension Drawing {
    /// Draws the axis below bars, with a light line at each tick.
    fileprivate mutating func axis(_ axis: Axis, left: Double, right: Double, top: Double, bottom: Double) {
        rule(from: .init(left, bottom), to: .init(right, bottom), .init(.quiet))
        var free = -Double.infinity
        for tick in axis.ticks {
            guard let share = axis.fraction(tick.value) else { continue }
            let x = left + share * (right - left)
            let half = Typeface.width(of: tick.label, size: 11) / 2
            guard x - half >= free else { continue }
            free = x + half + 6
            rule(from: .init(x, top), to: .init(x, bottom), .init(.grid))
            rule(from: .init(x, bottom), to: .init(x, bottom + 4), .init(.quiet))
            text(tick.label, at: .init(x, bottom + 17), .init(size: 11, color: .quiet, anchor: .middle))
        }
    }
}
