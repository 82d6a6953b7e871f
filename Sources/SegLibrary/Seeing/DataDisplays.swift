// How data sets, their samples and their counts are shown at the prompt: a contact sheet, a picture with its
// mask, bars by class.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

extension DatasetValue {
    /// Up to `count` pictures spread over the data set.
    func contactSheet(_ count: Int = 8, masks: Bool = false) throws -> PictureSheet {
        let shown = min(count, dataset.count)
        let tiles = try (0..<shown).map { try tile($0 * dataset.count / shown, masks: masks) }
        return PictureSheet(title: "\(plural(dataset.count, "sample")): \(dataset.about)", tiles: tiles)
    }

    /// A sample and its changed copies.
    func variants(of index: Int, masks: Bool) throws -> PictureSheet {
        guard (-dataset.count..<dataset.count).contains(index) else {
            throw Failure(
                .index, "sheet: of is \(index), but the data set has \(plural(dataset.count, "sample"))",
                help: dataset.count > 0 ? "samples are numbered from 0 to \(dataset.count - 1)" : nil,
                argument: 2)
        }
        let frame = try dataset.checkedFrame(index)
        let index = index < 0 ? index + dataset.count : index
        let origin = dataset.origin(index)
        let copies = (0..<dataset.count).filter { dataset.origin($0) == origin }
        guard copies.count > 1 else {
            throw Failure(
                .value, "sheet: the data set has no changed copies of sample \(index), \(frame.name)",
                help:
                    "data.augment([hflip(), rotate(10)], copies=5) adds them; without copies= each epoch draws others",
                argument: 2)
        }
        return PictureSheet(
            title: "\(copies.count) variants of sample \(index): \(dataset.about)",
            tiles: try copies.map { try tile($0, masks: masks) })
    }

    /// A sample as a tile, with its number and name.
    private func tile(_ index: Int, masks: Bool) throws -> PictureSheet.Tile {
        let frame = try dataset.frame(index)
        let caption = frame.name == "\(index)" ? frame.name : "\(index): \(frame.name)"
        let picture = try Pixels(try frame.imageTensor())
        guard masks else { return .picture(picture, caption: caption) }
        let classes = try ClassMask(TensorValue(try frame.maskTensor(), categories: labels))
        return .picture(classes.overlaid(on: picture), caption: caption, classes: classes)
    }

    func picture(_ interpreter: Interpreter) throws -> String {
        var lines = try interpreter.lines(of: contactSheet(), interpreter.pictureStyle)
        if dataset.count > 0 {
            let frame = try dataset.frame(0)
            let size = sizeText(height: frame.height, width: frame.width)
            lines.append("\(size) pixels, \(plural(dataset.palette.count, "class"))")
        }
        return lines.joined(separator: "\n")
    }
}

extension Interpreter {
    /// A sample as its picture with its mask, the form at the prompt; nil if the value is no sample.
    public func samplePicture(_ value: Value) throws -> String? {
        guard let sample = SampleTensors(value), sample.mask != nil, sample.image.promise.rank == 3 else {
            return nil
        }
        let sheet = PictureSheet(tiles: try PictureTiles().tiles(sample))
        let shape = sample.image.promise.shape
        let size = sizeText(height: shape[1], width: shape[2])
        let fields = value.asRecord?.names.joined(separator: ", ") ?? ""
        return (try lines(of: sheet, pictureStyle) + ["\(size) pixels; fields: \(fields)"]).joined(
            separator: "\n")
    }
}

extension CountsValue {
    func chart(_ interpreter: Interpreter) throws -> String {
        let names = promise.labels[0]?.names ?? []
        let chart = BarChart(
            title: "pixels by class", showsShares: true,
            bars: zip(names, pixelCounts.pixels).map { BarChart.Bar($0, Double($1)) })
        return try interpreter.lines(of: chart, interpreter.style).joined(separator: "\n")
    }
}
