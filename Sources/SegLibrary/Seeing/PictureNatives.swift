// Display of pictures, masks and samples; on the terminal, or in a file with save=.

import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

let pictureNatives: [Native] = [
    Native(
        "show(value, save=nil, width=nil, dpi=nil, titles=nil, columns=nil)",
        "Pictures and masks on the terminal, or in a file with save= (see `plot`). Takes a picture [3, H, W] or "
            + "the name of a PNG or JPEG file, a mask [H, W], a sample (both), a batch of them, several in a list or "
            + "by name in a record, or a data set (a contact sheet). `titles` is a list of captions, one for each; `columns` is how many are in a row.",
        examples: [
            "show(streets(count=1, size=32)[0], save=\"example.png\")"
                + "\nprint(read_image(\"example.png\").shape[0])  # expect: 3",
            "a, b = streets(count=2, size=32)[0], zeros(3, 32, 32)\nshow([a.image, b], titles=[\"street\", \"nothing\"], save=\"example.png\")"
                + "\nshow(\"example.png\", save=\"copy.png\")"
                + "\nprint(read_image(\"copy.png\").shape[0])  # expect: 3",
        ], effect: .writing(to: "save")
    ) { call in
        let titles = call.isNil(4) ? [] : try call.items(4).compactMap(\.asString)
        guard var sheet = try call.optionalDataset(0)?.contactSheet() ?? PictureTiles().sheet(call[0]) else {
            throw call.needs("a picture, a mask, a sample, a data set or a file name", 0, got: call[0])
        }
        if !call.isNil(4), !sheet.setCaptions(titles) {
            throw call.bad(
                4, "has \(plural(titles.count, "text")) for \(plural(sheet.tiles.count, "picture"))")
        }
        if !call.isNil(5) { sheet.columns = try call.integer(5, atLeast: 1) }
        return try call.present(sheet, sizedAfter: 1)
    },
    Native(
        "sheet(data, count=8, of=nil, masks=false, columns=nil, save=nil, width=nil, dpi=nil)",
        "A contact sheet: `count` samples spread over the data set, with their numbers and names. With "
            + "of=0 it shows sample 0 and its changed copies, which `augment` makes. masks=true tints the "
            + "pictures with the colours of their classes.",
        examples: [
            "data = streets(count=3, size=32).augment([hflip(), rotate(10)], copies=4)"
                + "\nsheet(data, of=0, masks=true, save=\"example.png\")"
                + "\nprint(read_image(\"example.png\").shape[0])  # expect: 3"
        ], effect: .writing(to: "save")
    ) { call in
        let data = try call.dataset(0)
        let masks = try call.bool(3)
        let columns = call.isNil(4) ? nil : try call.integer(4, atLeast: 1)
        var sheet =
            call.isNil(2)
            ? try data.contactSheet(try call.integer(1, atLeast: 1), masks: masks)
            : try data.variants(of: try call.integer(2), masks: masks)
        sheet.columns = columns
        return try call.present(sheet, sizedAfter: 5)
    },
    Native(
        "overlay(image, mask, opacity=0.5, save=nil, width=nil, dpi=nil)",
        "A picture with the colours of its mask drawn over it.",
        examples: [
            "s = streets(count=1, size=32)[0]\noverlay(s.image, s.mask, save=\"example.png\")"
                + "\nprint(read_image(\"example.png\").shape[0])  # expect: 3"
        ], effect: .writing(to: "save")
    ) { call in
        guard let image = call[0].asTensorValue else { throw call.needs("a picture", 0, got: call[0]) }
        guard let mask = call[1].asTensorValue else { throw call.needs("a mask", 1, got: call[1]) }
        let opacity = try call.number(2)
        guard opacity >= 0, opacity <= 1 else { throw call.wrong(2, "a number from 0 to 1") }
        let (picture, classes) = (try Pixels(image.promise), try ClassMask(mask))
        try classes.requireSize(of: picture, in: "overlay: the mask", argument: 1)
        let laid = classes.overlaid(on: picture, opacity: opacity)
        return try call.present(PictureSheet(tiles: [.picture(laid, classes: classes)]), sizedAfter: 3)
    },
    Native(
        "triptych(sample, prediction, save=nil, width=nil, dpi=nil)",
        "Picture, true mask and predicted mask side by side. The legend has the share of each class in the truth "
            + "and in the prediction. The prediction is a mask [H, W] or logits [1, "
            + "C, H, W], or a record of several by name.",
        examples: [
            "s = streets(count=1, size=32)[0]\ntriptych(s, s.mask, save=\"example.png\")\nprint(read_image(\"example.png\").shape[0])  # expect: 3"
        ], effect: .writing(to: "save")
    ) { call in
        let sheet = try triptych(of: call[0], call[1], call)
        return try call.present(sheet, sizedAfter: 2)
    },
]

/// Picture, true mask and predicted masks of a sample, given as values.
func triptych(of value: Value, _ given: Value, _ call: borrowing Arguments) throws -> PictureSheet {
    guard let sample = SampleTensors(value), let truth = sample.mask else {
        throw call.needs("a sample with image and mask", 0, got: value)
    }
    let (picture, truthMask) = (try Pixels(sample.image.promise), try ClassMask(truth))
    func requireSize(_ mask: ClassMask, _ name: String, argument: Int, help: String? = nil) throws {
        try mask.requireSize(of: picture, in: "triptych: \(name)", argument: argument, help: help)
    }
    try requireSize(truthMask, "the mask", argument: 0)
    var tiles: [PictureSheet.Tile] = [
        .picture(picture, caption: sample.name), .mask(truthMask, caption: "truth"),
    ]
    let named = given.asRecord.map { Array(zip($0.names, $0.values)) } ?? [("prediction", given)]
    for (name, value) in named {
        guard let tensor = value.asTensorValue else {
            throw call.needs("a mask or logits, or a record of them", 1, got: value)
        }
        let own = tensor.promise.rank == 4 ? tensor.promise.labels[1] : tensor.categories
        if let own, let known = truth.categories {
            try AxisLabels.check(own.names, of: "the prediction", against: known.names, of: "the sample")
        }
        var prediction = tensor
        if tensor.promise.rank == 4 {
            if let classes = truth.categories, classes.names.count != tensor.promise.shape[1] {
                throw Failure(
                    .label,
                    "triptych: the mask has \(classes.names.count) classes, the logits "
                        + "\(tensor.promise.shape[1])", argument: 1)
            }
            prediction = TensorValue(try tensor.promise.argmax(axis: 1), categories: truth.categories)
        }
        let mask = try ClassMask(prediction, names: truth.categories)
        try requireSize(
            mask, name == "prediction" ? "the prediction" : "the prediction \(name)", argument: 1,
            help: tensor.promise.rank == 4 ? "interpolate(logits, size=sample.mask.shape)" : nil)
        tiles.append(.mask(mask, caption: name))
    }
    // Rows of three, or of four if that leaves fewer gaps.
    var sheet = PictureSheet(tiles: tiles, columns: tiles.count % 4 == 0 ? 4 : 3)
    sheet.comparesMasks = true
    return sheet
}
