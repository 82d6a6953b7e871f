// How data sets and their counts are shown at the prompt: a contact sheet, bars by class.

import SegImaging
import SegRuntime
import SegTerminal

extension DatasetValue {
    /// Up to eight pictures spread over the data set.
    func contactSheet() throws -> PictureSheet {
        let shown = min(8, dataset.count)
        let tiles = try (0..<shown).map { place -> PictureSheet.Tile in
            let frame = try dataset.frame(place * dataset.count / shown)
            return .picture(try Pixels(try frame.imageTensor()), caption: frame.name)
        }
        return PictureSheet(title: "\(dataset.count) samples: \(dataset.about)", tiles: tiles)
    }

    func picture(_ interpreter: Interpreter) throws -> String {
        var lines = try contactSheet().lines(interpreter.style)
        if dataset.count > 0 {
            let frame = try dataset.frame(0)
            lines.append("\(frame.height) x \(frame.width) pixels, \(dataset.palette.count) classes")
        }
        return lines.joined(separator: "\n")
    }
}

extension CountsValue {
    func chart(_ interpreter: Interpreter) throws -> String {
        let names = promise.labels[0]?.names ?? []
        let chart = BarChart(
            title: "pixels by class", showsShares: true,
            bars: zip(names, pixelCounts.pixels).map { BarChart.Bar($0, Double($1)) })
        return chart.lines(interpreter.style).joined(separator: "\n")
    }
}
