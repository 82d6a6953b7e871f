// Display of pictures, masks and samples; on the terminal, or in a file with save=.

import SegRuntime
import SegTensor
import SegTerminal

let pictureNatives: [Native] = [
    Native(
        "show(value, save=nil)",
        "A picture [3, H, W], a mask [H, W] with its classes, a sample (both), or a data set (a contact "
            + "sheet).",
        examples: [
            "show(streets(count=1, size=32)[0], save=\"example.png\")"
                + "\nprint(read_image(\"example.png\").shape[0])  # expect: 3"
        ]
    ) { call in
        let isData =
            call[0].foreign(DatasetValue.self) != nil || call[0].asInstance?.method(named: "at") != nil
        if isData { return try call.present(try call.dataset(0).contactSheet(), save: 1) }
        var tiles: [PictureSheet.Tile] = []
        if let sample = SampleTensors(call[0]) {
            tiles.append(.picture(try Pixels(sample.image.promise), caption: sample.name))
            if let mask = sample.mask { tiles.append(.mask(try ClassMask(mask), caption: "mask")) }
        } else if let value = call[0].asTensorValue {
            let shape = value.promise.shape
            let isPicture = shape.count >= 3 && shape[shape.count - 3] == 3 && value.categories == nil
            tiles.append(isPicture ? .picture(try Pixels(value.promise)) : .mask(try ClassMask(value)))
        } else {
            throw call.wrong(0, "a picture, a mask, a sample or a data set")
        }
        return try call.present(PictureSheet(tiles: tiles), save: 1)
    },
    Native(
        "overlay(image, mask, opacity=0.5, save=nil)",
        "A picture with the colours of its mask drawn over it.",
        examples: [
            "s = streets(count=1, size=32)[0]\noverlay(s.image, s.mask, save=\"example.png\")"
                + "\nprint(read_image(\"example.png\").shape[0])  # expect: 3"
        ]
    ) { call in
        guard let image = call[0].asTensorValue else { throw call.wrong(0, "a picture") }
        guard let mask = call[1].asTensorValue else { throw call.wrong(1, "a mask") }
        let opacity = try call.number(2)
        guard opacity >= 0, opacity <= 1 else { throw call.wrong(2, "a number from 0 to 1") }
        let classes = try ClassMask(mask)
        let laid = classes.overlaid(on: try Pixels(image.promise), opacity: opacity)
        return try call.present(PictureSheet(tiles: [.picture(laid, classes: classes)]), save: 3)
    },
    Native(
        "triptych(sample, prediction, save=nil)",
        "Picture, true mask and predicted mask side by side. The prediction is a mask [H, W] or logits [1, "
            + "C, H, W], or a record of several by name.",
        examples: [
            "s = streets(count=1, size=32)[0]\ntriptych(s, s.mask, save=\"example.png\")\nprint(read_image(\"example.png\").shape[0])  # expect: 3"
        ]
    ) { call in
        guard let sample = SampleTensors(call[0]), let truth = sample.mask else {
            throw call.wrong(0, "a sample with image and mask")
        }
        var tiles: [PictureSheet.Tile] = [
            .picture(try Pixels(sample.image.promise), caption: sample.name),
            .mask(try ClassMask(truth), caption: "truth"),
        ]
        let named = call[1].asRecord.map { Array(zip($0.names, $0.values)) } ?? [("prediction", call[1])]
        for (name, value) in named {
            guard let given = value.asTensorValue else {
                throw call.wrong(1, "a mask or logits, or a record of them")
            }
            var prediction = given
            if given.promise.rank == 4 {
                if let classes = truth.categories, classes.names.count != given.promise.shape[1] {
                    throw Failure(
                        .label,
                        "triptych: the mask has \(classes.names.count) classes, the logits "
                            + "\(given.promise.shape[1])", argument: 1)
                }
                prediction = TensorValue(try given.promise.argmax(axis: 1), categories: truth.categories)
            }
            tiles.append(.mask(try ClassMask(prediction, names: truth.categories), caption: name))
        }
        // Rows of three, or of four if that leaves fewer gaps.
        let sheet = PictureSheet(tiles: tiles, columns: tiles.count % 4 == 0 ? 4 : 3)
        return try call.present(sheet, save: 2)
    },
]
