// What `show` takes, as the tiles of a sheet: pictures, masks, samples and files, alone or several.

import SegImaging
import SegRuntime
import SegTensor
import SegTerminal

struct PictureTiles {
    /// What `show` shows of a value; nil if it is no picture.
    func sheet(_ value: Value) throws -> PictureSheet? {
        guard let tiles = try tiles(value) else { return nil }
        // Samples in a list are pairs of picture and mask.
        let isPairs = value.asList?.items.allSatisfy { SampleTensors($0)?.mask != nil } ?? false
        return PictureSheet(tiles: tiles, columns: isPairs ? (tiles.count > 8 ? 4 : 2) : nil)
    }

    /// The tiles of a value; nil if it is no picture. `number` is the caption of a tensor without a caption.
    private func tiles(_ value: Value, caption: String = "", number: String = "") throws
        -> [PictureSheet.Tile]?
    {
        if let sample = SampleTensors(value) { return try tiles(sample) }
        if let tensor = value.asTensorValue { return try tiles(tensor, caption: caption.isEmpty ? number : caption) }
        if let path = value.asString {
            let image = try PNGImage.read(path)
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let pixels = try Pixels(Tensor(image.planes()))
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
        var tiles = [PictureSheet.Tile.picture(try Pixels(sample.image.promise), caption: sample.name)]
        if let mask = sample.mask { tiles.append(.mask(try ClassMask(mask), caption: "mask")) }
        return tiles
    }

    /// A picture or a mask; of a batch each of them.
    private func tiles(_ value: TensorValue, caption: String) throws -> [PictureSheet.Tile] {
        let shape = value.promise.shape
        let isPicture = shape.count >= 3 && shape[shape.count - 3] == 3 && value.categories == nil
        if shape.count == (isPicture ? 4 : 3), shape[0] > 1 {
            return try (0..<shape[0]).flatMap { index in
                let one = try value.promise.get([TensorValue.index(.value(.number(Double(index))))])
                return try tiles(TensorValue(one, categories: value.categories), caption: "\(index)")
            }
        }
        return [
            isPicture
                ? .picture(try Pixels(value.promise), caption: caption)
                : .mask(try ClassMask(value), caption: caption)
        ]
    }
}
