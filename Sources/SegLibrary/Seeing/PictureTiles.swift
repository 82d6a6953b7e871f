// What `show` takes, as the tiles of a sheet: pictures, masks, samples and files, alone or several.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

struct PictureTiles {
    /// What `show` shows of a value; nil if it is no picture.
    func sheet(_ value: Value) throws -> PictureSheet? {
        guard let samples = try samples(value), samples.allSatisfy({ $0.mask != nil }) else {
            return try tiles(value).map { PictureSheet(tiles: $0) }
        }
        // Pairs of picture and mask, one or two in a row.
        return PictureSheet(tiles: try samples.flatMap(tiles), columns: samples.count > 4 ? 4 : 2)
    }

    /// The samples in a list or a batch; nil if there are none or other values.
    private func samples(_ value: Value) throws -> [SampleTensors]? {
        if let list = value.asList, !list.items.isEmpty {
            let samples = list.items.compactMap { SampleTensors($0) }
            return samples.count == list.items.count ? samples : nil
        }
        guard let record = value.asRecord, let images = record["images"]?.asTensorValue,
            images.promise.rank == 4
        else { return nil }
        let masks = record["masks"]?.asTensorValue
        let names = record["names"]?.asList?.items ?? []
        return try (0..<images.promise.shape[0]).map { index in
            SampleTensors(
                image: try one(images, index), mask: try masks.map { try one($0, index) },
                name: index < names.count ? names[index].asString ?? "" : "\(index)")
        }
    }

    /// One picture or mask of a batch.
    private func one(_ batch: TensorValue, _ index: Int) throws -> TensorValue {
        TensorValue(
            try batch.promise.get([TensorValue.index(.value(.number(Double(index))))]),
            categories: batch.categories)
    }

    /// The tiles of a value; nil if it is no picture. `number` is the caption of a tensor without a caption.
    private func tiles(_ value: Value, caption: String = "", number: String = "") throws
        -> [PictureSheet.Tile]?
    {
        if let sample = SampleTensors(value) { return try tiles(sample) }
        if let tensor = value.asTensorValue {
            return try tiles(tensor, caption: caption.isEmpty ? number : caption)
        }
        if let path = value.asString {
            let planes = try Background.value(
                { try PictureFile.read(path).planes() },
                interrupted: EvaluationContext.current.checkInterrupt)
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let pixels = try Pixels(Tensor(planes))
            return [.picture(pixels, caption: caption.isEmpty ? name : caption)]
        }
        if let record = value.asRecord, record.count > 0 {
            return try several(record.values) { try tiles($1, caption: record.names[$0]) }
        }
        if let list = value.asList {
            return try several(list.items) { try tiles($1, number: "\($0)") }
        }
        return nil
    }

    private func several(
        _ values: [Value], _ tiles: (Int, Value) throws -> [PictureSheet.Tile]?
    ) throws -> [PictureSheet.Tile]? {
        var all: [PictureSheet.Tile] = []
        for (index, value) in values.enumerated() {
            // A list in a list is no picture: nothing recurses on what a script can nest.
            let isNested = value.asList != nil || (value.asRecord != nil && SampleTensors(value) == nil)
            guard !isNested, let tiles = try tiles(index, value) else { return nil }
            all += tiles
        }
        return all
    }

    /// The picture of a sample, and its mask beside it.
    func tiles(_ sample: SampleTensors) throws -> [PictureSheet.Tile] {
        let picture = try Pixels(sample.image.promise)
        var tiles = [PictureSheet.Tile.picture(picture, caption: sample.name)]
        if let mask = sample.mask {
            let mask = try ClassMask(mask)
            let name = sample.name.isEmpty ? "the mask" : "the mask of \(sample.name)"
            try mask.requireSize(of: picture, in: name)
            tiles.append(.mask(mask, caption: "mask"))
        }
        return tiles
    }

    /// A picture or a mask; of a batch each of them.
    private func tiles(_ value: TensorValue, caption: String) throws -> [PictureSheet.Tile] {
        let shape = value.promise.shape
        let isPicture = shape.count >= 3 && shape[shape.count - 3] == 3 && value.categories == nil
        if shape.count == (isPicture ? 4 : 3), shape[0] > 1 {
            return try (0..<shape[0]).flatMap { try tiles(try one(value, $0), caption: "\($0)") }
        }
        return [
            isPicture
                ? .picture(try Pixels(value.promise), caption: caption)
                : .mask(try ClassMask(value), caption: caption)
        ]
    }
}
