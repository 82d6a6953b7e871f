// Line plots as drawings for files: the same axes and curves as the text form, with a light grid, a
// legend above the curves, and translucent bands.

import SegSystem

extension LinePlot {
    /// The plot in points. A small one is a larger one made smaller, with all its letters and lines.
    public var drawing: Drawing {
        let width = self.width.map(Double.init) ?? Drawing.pageWidth
        // A plot of a chosen width has the form of the usual one.
        let height =
            self.height.map(Double.init) ?? (self.width == nil ? 450 : (width * 0.7).held(within: 100...450))
        let scale = Drawing.scale(width: width, height: height)
        return drawing(width: width / scale, height: height / scale).scaled(by: scale)
    }

    private func drawing(width: Double, height: Double) -> Drawing {
        var drawing = Drawing(width: width, height: height)
        let margin = Drawing.margin
        var top = margin + Drawing.headingHeight(title, width: drawing.width)
        drawing.heading(title)
        if let start = legendBesideTitle(drawing) {
            _ = drawLegend(on: &drawing, left: margin, start: start, top: margin + 2)
        } else {
            top += drawLegend(on: &drawing, left: margin, start: margin, top: top)
        }
        top += 6

        let labelSize = 11.0
        // The labels of the x axis end here; the note, if there is one, is below them.
        let floor = drawing.height - margin - (note == nil ? 0 : Drawing.noteHeight)
        let bottom = floor - labelSize - 8 - (xLabel == nil ? 0 : 20)
        let layout = layout(
            xIntervals: Int(drawing.width / 80, within: 2...40),
            yIntervals: Int((bottom - top) / 45, within: 2...30),
            resolution: Int(drawing.width, within: 100...5000))
        let labelWidth = layout.y.ticks.map { Typeface.width(of: $0.label, size: labelSize) }.max() ?? 0
        let left = margin + (yLabel == nil ? 0 : 20) + min(labelWidth, drawing.width / 4) + 8
        let lastLabel = layout.x.ticks.last.map { Typeface.width(of: $0.label, size: labelSize) } ?? 0
        let frame = Frame(
            left: left, top: top, right: drawing.width - max(margin, lastLabel / 2 + 4), bottom: bottom)

        drawAxes(layout, frame, labelSize, margin, floor: floor, on: &drawing)
        if let note { drawing.note(note) }
        if let emptiness = layout.emptiness {
            drawing.text(
                emptiness, at: .init((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2),
                .init(size: 13, color: .quiet, anchor: .middle))
            return drawing
        }
        for (index, curve) in layout.curves.enumerated() {
            for band in curve.bands {
                drawing.polygon(band.map(frame.point), ChartPalette.onPaper(colorPlace(index)), opacity: 0.18)
            }
        }
        for (index, curve) in layout.curves.enumerated() {
            let color = ChartPalette.onPaper(colorPlace(index))
            for run in curve.runs {
                drawing.polyline(run.map(frame.point), .init(color, width: 2, dashes: dashes(index)))
            }
            let isShort = showsMarkers(series[index], drawing.width - 2 * margin)
            // Of very many points each is smaller.
            let radius = series[index].isScatter && curve.points.count > 300 ? 1.6 : 3.4
            for place in curve.marked(all: isShort) {
                drawing.marker(markerPlace(index), at: frame.point(place), radius: radius, color)
            }
        }
        return drawing
    }

    /// Whether the points of a curve are far enough apart for markers.
    private func showsMarkers(_ series: Series, _ width: Double) -> Bool {
        series.edges == nil && Double(series.y.count) * 14 < width
    }

    /// The area between the axes.
    private struct Frame {
        let left, top, right, bottom: Double

        func point(_ place: Place) -> Drawing.Point {
            Drawing.Point(left + place.x * (right - left), bottom - place.y * (bottom - top))
        }
    }

    /// An axis label that is longer than its axis takes the room beside it, then smaller letters, and is cut last.
    private struct AxisLabel {
        let text: String
        let size: Double
        let middle: Double

        init(_ label: String, along axis: ClosedRange<Double>, of whole: Double) {
            let label = TextWidth.escaped(label)
            let room = max(whole - 2 * Drawing.margin, 0)
            let width = Typeface.width(of: label, size: 12)
            size = width > room ? max(8, 12 * room / width) : 12
            text = Typeface.truncate(label, to: room, size: size)
            let half = Typeface.width(of: text, size: size) / 2
            let middle = (axis.lowerBound + axis.upperBound) / 2
            self.middle = min(
                max(middle, Drawing.margin + half), max(whole - Drawing.margin - half, whole / 2))
        }
    }

    /// The first eight series differ in colour and, in print, in markers or lightness; from the ninth on
    /// the colours repeat, with dashes. Of several runs the training is dashed.
    private func dashes(_ index: Int) -> [Double] {
        if series[index].group != nil { return series[index].isSecondary ? [5, 4] : [] }
        return index < ChartPalette.count ? [] : index / ChartPalette.count % 2 == 1 ? [7, 4] : [2, 3]
    }

    /// The marker of a series; the curves of one run have the same, the one filled, the other hollow.
    private func markerPlace(_ index: Int) -> Int {
        guard let group = series[index].group else { return index }
        let shapes = Drawing.markerShapes
        return group % shapes + (series[index].isSecondary ? shapes : 0)
    }

    private func drawAxes(
        _ layout: Layout, _ frame: Frame, _ labelSize: Double, _ margin: Double, floor: Double,
        on drawing: inout Drawing
    ) {
        let label = Drawing.Lettering(size: labelSize, color: .quiet, anchor: .end)
        if layout.emptiness == nil {
            for tick in layout.y.ticks {
                guard let share = layout.y.fraction(tick.value) else { continue }
                let y = frame.point(Place(x: 0, y: share)).y
                drawing.rule(from: .init(frame.left, y), to: .init(frame.right, y), .init(.grid))
                let room = frame.left - 8 - margin
                drawing.text(
                    Typeface.truncate(tick.label, to: room, size: labelSize),
                    at: .init(frame.left - 8, y + labelSize * Typeface.capHeight / 2), label)
            }
            var free = -Double.infinity
            for tick in layout.x.ticks {
                guard let share = layout.x.fraction(tick.value) else { continue }
                let x = frame.point(Place(x: share, y: 0)).x
                let half = Typeface.width(of: tick.label, size: labelSize) / 2
                guard x - half >= free else { continue }
                free = x + half + 6
                drawing.rule(from: .init(x, frame.bottom), to: .init(x, frame.bottom + 5), .init(.quiet))
                var middle = label
                middle.anchor = .middle
                drawing.text(tick.label, at: .init(x, frame.bottom + 8 + labelSize), middle)
            }
        }
        drawing.rule(
            from: .init(frame.left, frame.bottom), to: .init(frame.right, frame.bottom), .init(.quiet))
        if let xLabel {
            let label = AxisLabel(xLabel, along: frame.left...frame.right, of: drawing.width)
            drawing.text(
                label.text, at: .init(label.middle, floor),
                .init(size: label.size, color: .ink, anchor: .middle))
        }
        if let yLabel {
            let label = AxisLabel(yLabel, along: frame.top...frame.bottom, of: drawing.height)
            drawing.text(
                label.text, at: .init(margin + 10, label.middle),
                .init(size: label.size, color: .ink, anchor: .middle, isUpright: true))
        }
    }

    /// Where the legend of a low plot, such as for a column of a paper, begins on the line of its title; nil where it
    /// needs a line of its own.
    private func legendBesideTitle(_ drawing: Drawing) -> Double? {
        guard needsLegend, let title, drawing.height < 280 else { return nil }
        let heading = Typeface.width(of: TextWidth.escaped(title), size: Drawing.headingSize, isBold: true)
        let entries = names.reduce(-20) { $0 + 48 + Typeface.width(of: $1, size: 12) }
        let start = drawing.width - Drawing.margin - entries
        return start >= Drawing.margin + heading + 20 ? start : nil
    }

    /// Draws a wrapped row of legend entries, of which the first begins at `start`; returns its height.
    private func drawLegend(on drawing: inout Drawing, left: Double, start: Double, top: Double) -> Double {
        guard needsLegend else { return 0 }
        let size = 12.0
        var x = start
        var y = top
        let texts = Typeface.truncate(names, to: drawing.width - 2 * left - 34, size: size)
        for (index, text) in texts.enumerated() {
            let width = 28 + Typeface.width(of: text, size: size) + 20
            if x > left && x + width > drawing.width - left + 20 {
                x = left
                y += 18
                if y + 18 > top + drawing.height / 4 {
                    let rest = "and \(NumberFormat.count(names.count - index)) more"
                    drawing.text(rest, at: .init(x, y + 10), .init(size: size, color: .quiet))
                    break
                }
            }
            let color = ChartPalette.onPaper(colorPlace(index))
            let middle = y + 6
            if !series[index].isScatter {
                drawing.polyline(
                    [.init(x, middle), .init(x + 22, middle)],
                    .init(color, width: 2, dashes: dashes(index)))
            }
            if series[index].isScatter || showsMarkers(series[index], drawing.width - 2 * left) {
                drawing.marker(markerPlace(index), at: .init(x + 11, middle), radius: 3.4, color)
            }
            drawing.text(
                text, at: .init(x + 28, middle + size * Typeface.capHeight / 2),
                .init(size: size, color: .ink, isFitted: true))
            x += width
        }
        return y - top + 18
    }
}
