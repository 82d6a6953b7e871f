// The natives for masks as annotation tools read and write them: COCO's JSON, and the zip of CVAT's "Segmentation mask"
// format, which is laid out like PASCAL VOC. AnnotationWriting writes them, COCOReader and CVATReader read them.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

let annotationNatives: [Native] = [
    Native(
        "write_annotations(samples, path, classes=nil)",
        "Writes masks for annotation tools, in COCO's form or CVAT's. COCO's JSON is written to a path in .json, with the pixels of each class of a picture "
            + "as run lengths, or CVAT's format \"Segmentation mask\" to a path in .zip. `samples` is a data set, a list of "
            + "records with `name` and `mask`, or the Predictions of `predict(…, to=)`. `classes` are the names where the "
            + "masks have none. Void is no annotation, and CVAT's background.",
        examples: [
            "data = streets(count=2, size=32)\nwrite_annotations(data, \"street.json\")\n"
                + "back = read_annotations(\"street.json\")\n"
                + "print(back[1].name, all(back[1].mask == data[1].mask))  # expect: street0_1 true",
            "data = streets(count=1, size=32)\nwrite_annotations(data, \"street.zip\")\n"
                + "back = read_annotations(\"street.zip\")[0]\n"
                + "print(all(back.mask == data[0].mask), back.mask.classes == data.classes)  # expect: true true",
        ], effect: .writing
    ) { call in
        let path = try call.string(1)
        var writer: any AnnotationWriter =
            switch path.split(separator: ".").last?.lowercased() {
            case "json": try COCOWriter(path, call.interpreter)
            case "zip": try CVATWriter(path, call.interpreter)
            default:
                throw call.bad(
                    1,
                    "should end in .json, for COCO's format, or in .zip, for CVAT's, not \(quotedText(path))")
            }
        let samples = try AnnotatedSamples(call)
        try samples.forEach { try writer.add($0, samples) }
        guard let labels = samples.labels else { throw call.bad(0, "has no samples") }
        try writer.finish(labels)
        return .nilValue
    },
    Native(
        "read_annotations(path, void=nil)",
        "The masks in a file of `write_annotations` or of an annotation tool. It is COCO's JSON, whose annotations are run "
            + "lengths, or the zip of CVAT's format \"Segmentation mask\". A list of records with `name` and `mask`, whose "
            + "classes have the file's names. In JSON pixels without an annotation are void, and a later annotation "
            + "covers an earlier one. `void=\"background\"` makes a class of the zip void.",
        examples: [
            "m = with_classes(tensor([[0, 1], [255, 1]]), [\"Sky\", \"Road\"])\n"
                + "write_annotations([(name=\"a\", mask=m)], \"a.zip\")\n"
                + "print(read_annotations(\"a.zip\")[0].mask)  # expect: tensor([[0, 1], [255, 1]], uint8)"
        ]
    ) { call in
        let path = try call.string(0)
        let isZip = path.lowercased().hasSuffix(".zip")
        if !isZip, !call.isNil(1) {
            throw call.bad(1, "is for CVAT's zip; in JSON what has no annotation is void")
        }
        return try isZip
            ? CVATReader(path, void: call.optionalString(1), call.interpreter).samples()
            : COCOReader(path, call.interpreter).samples()
    },
    Native(
        "read_mask(path, classes=nil, colors=nil)",
        "The class numbers [H, W] of a mask that `write_image` or `predict` wrote. They are those of a PNG file with a palette, "
            + "or of gray, upright as EXIF says. 255 and transparent pixels are void. `classes` are the names of the classes, "
            + "`colors` a colour for each.",
        examples: [
            "m = streets(count=1, size=32)[0].mask\nwrite_image(m, \"mask.png\")\n"
                + "print(all(read_mask(\"mask.png\") == m))  # expect: true"
        ]
    ) { call in
        let path = try call.string(0)
        let mask = try call.interpreter.awaited { try PNGImage.readClasses(path) }
        let labels = try call.axisLabels(1, colors: 2)
        let highest = Int(mask.bytes.lazy.filter { $0 != MaskImage.ignored }.max() ?? 0)
        if let labels, highest >= labels.names.count {
            throw call.bad(
                1, "has \(plural(labels.names.count, "name")), and \(path) has class \(highest)")
        }
        return try value(of: mask, labels)
    },
]

/// A mask as a tensor.
func value(of mask: MaskImage, _ labels: AxisLabels?) throws -> Value {
    .tensor(
        Tensor(try TensorData(mask.bytes, shape: [mask.height, mask.width])), categories: labels)
}
