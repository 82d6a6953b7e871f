// Bar charts as drawings for files: labels at the left, values at the right, bars of the
// same lengths as in the text form.

import SegSystem

extension BarChart {
    /// The chart as a drawing in points; its height follows from the number of bars.
    public func drawing(width: Double = 720) -> Drawing {
        let layout = layout()
        let width = width.held(within: 200...5000)
        let margin = 16.0
        let size = 12.0
        // Very many bars are set closer, so that the drawing keeps a size one can look at.
        let pitch = (15_000 / Double(max(bars.count, 1))).held(within: 2...22)
        var top = margin
        let hasHeading = title != nil || layout.note != nil
        if hasHeading { top += 30 }
        let height = top + Double(max(bars.count, 1)) * pitch + margin
        var drawing = Drawing(width: width, height: height)
        if hasHeading {
            let text = Typeface.truncate(
                TextWidth.escaped(title ?? ""), to: width - 130, size: 15, isBold: true)
            drawing.text(text, at: .init(margin, margin + 13), .init(size: 15, color: .ink, isBold: true))
            if let note = layout.note {
                let x = margin + Typeface.width(of: text, size: 15, isBold: true) + (text.isEmpty ? 0 : 12)
                drawing.text("(\(note))", at: .init(x, margin + 13), .init(size: size, color: .quiet))
            }
        }
        guard !bars.isEmpty else {
            drawing.text("nothing to show yet", at: .init(margin, top + 14), .init(size: 13, color: .quiet))
            return drawing
        }

        let labels = bars.map { Typeface.truncate(TextWidth.escaped($0.label), to: width / 3, size: size) }
        func widest(_ texts: [String]) -> Double {
            texts.map { Typeface.width(of: $0, size: size) }.max() ?? 0
        }
        let left = margin + widest(labels) + 10
        let shareWidth = layout.shares.map { widest($0) + 14 } ?? 0
        let right = max(width - margin - shareWidth - widest(layout.values) - 12, left + 20)
        let zero = left + layout.zero * (right - left)
        let showsText = pitch >= size
        for (index, bar) in bars.enumerated() {
            let y = top + Double(index) * pitch
            let base = y + pitch / 2 + size * Typeface.capHeight / 2
            if let end = layout.ends[index] {
                let place = left + end * (right - left)
                // What is little but not nothing still shows.
                let length = bar.value == 0 ? 0 : max(abs(place - zero), 1)
                drawing.rectangle(
                    .init(place < zero ? zero - length : zero, y + pitch * 0.14), width: length,
                    height: max(pitch * 0.72, 1), bar.color ?? Palette.color(0))
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
            from: .init(zero, top), to: .init(zero, top + Double(bars.count) * pitch), .init(.quiet))
        return drawing
    }
}
