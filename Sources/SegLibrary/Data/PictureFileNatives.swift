// Reading and writing single pictures and masks as files, and the class names of a mask. Folders of them
// are data sets, in DataNatives.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor

/// How a mask is written: its classes as indices into a palette, or as colours.
private enum MaskForm: String { case index, color }

let pictureFileNatives: [Native] = [
    Native(
        "read_image(path)", "The picture of a PNG or JPEG file as bytes [3, H, W], upright as EXIF says.",
        examples: [
            "path = \"picture.png\"\nwrite_image(zeros(3, 4, 6, dtype=uint8), path)\n"
                + "print(read_image(path).shape)  # expect: [3, 4, 6]"
        ]
    ) { call in
        let path = try call.string(0)
        return .tensor(Tensor(try call.interpreter.awaited { try PictureFile.read(path).planes() }))
    },
    Native(
        "list_pictures(path)",
        "The PNG and JPEG files in a folder and in those below it, or those that fit a pattern, in order. "
            + "Patterns are those of `list_files`. Hidden files are left out, and a folder without any is an error. "
            + "Links to folders are followed, but not to one that the folder is in; what two paths lead to is there once.",
        examples: [
            "make_folder(\"in\")\nwrite_image(zeros(3, 4, 6), \"in/a.png\")\nwrite_text(\"in/b.txt\", \"\")\n"
                + "print(list_pictures(\"in\"), list_pictures(\"in/b*\"))  # expect: [\"in/a.png\"] []"
        ], asksRoot: true
    ) { call in
        let path = try call.string(0)
        let interpreter = call.interpreter
        let found =
            FileStatus(path)?.kind == .folder
            ? try PictureFile.all(in: path, check: interpreter.checkInterrupt)
            : try FilePattern(path).paths(check: interpreter.checkInterrupt).filter {
                PictureFile.isNamed($0) && FileStatus($0)?.kind != .folder
            }
        return .list(found.map { .string($0) })
    },
    Native(
        "resize_image(image, size=nil, shorter=nil)",
        "A picture [3, H, W] of bytes at another size, with antialiasing. The size is a number for a square, "
            + "[h, w], or shorter=520, which keeps the proportion.",
        examples: ["print(resize_image(zeros(3, 6, 8, dtype=uint8), shorter=3).shape)  # expect: [3, 3, 4]"]
    ) { call in
        let tensor = try call.tensor(0)
        guard tensor.dtype == .uint8 else {
            throw Failure(
                .type, "resize_image: a picture is of bytes (uint8), this one is of \(tensor.dtype.rawValue)",
                help: "resize before normalising; interpolate(x, size=…) resizes maps [N, C, H, W] of floats")
        }
        let planes = try tensor.value().rowMajor()
        let image = try call.interpreter.awaited { try RGBImage(planes: planes) }
        var (height, width) = (image.height, image.width)
        if !call[2].isNil {
            (width, height) = try resizedSize(
                shorter: try call.integer(2), width: image.width, height: image.height)
        } else if let sizes = try call.integers(1), let first = sizes.first, sizes.count <= 2 {
            (height, width) = (first, sizes.last ?? first)
        } else {
            throw call.wrong(1, "a size: a number, [h, w] or shorter=")
        }
        let (newWidth, newHeight) = (width, height)
        return .tensor(
            Tensor(
                try call.interpreter.awaited {
                    try image.resized(width: newWidth, height: newHeight).planes()
                }))
    },
    Native(
        "write_image(image, path, form=\"index\")",
        "Writes a picture [3, H, W], bytes, floats in 0…1 or bool, as a PNG file, or as JPEG to a path in .jpg. A mask "
            + "[H, W] becomes a PNG file whose palette has the colours of its classes; void, 255, is transparent. "
            + "With form=\"color\" it becomes a picture of these colours, in which void is black.",
        examples: [
            "write_image(streets(count=1, size=32)[0].mask, \"mask.png\")\n"
                + "print(read_image(\"mask.png\").shape)  # expect: [3, 32, 32]"
        ], effect: .writing
    ) { call in
        let tensor = try call.tensor(0)
        let path = try call.string(1)
        guard let form = MaskForm(rawValue: try call.string(2)) else {
            throw call.bad(2, "is \"index\" or \"color\", not \"\(try call.string(2))\"")
        }
        guard PictureFile.mayName(path) else {
            throw call.bad(
                1, "should end in .png\(tensor.rank == 2 ? "" : " or .jpg"), not \(quotedText(path))")
        }
        let interpreter = call.interpreter
        guard tensor.rank == 2 else {
            if tensor.dtype.isFloating, tensor.count > 0 {
                let low = try Tensor.reduce(.min, tensor).item()
                let high = try Tensor.reduce(.max, tensor).item()
                guard low >= -0.01, high <= 1.01 else {
                    throw call.bad(
                        0,
                        "has values from \(Tensor.text(of: low)) to \(Tensor.text(of: high)); the floats of a picture are from 0 to 1",
                        help: low < 0
                            ? "take the picture from the data before normalize"
                            : "to(image, uint8) makes bytes")
                }
            }
            let planes = try tensor.value().rowMajor()
            let bytes = try interpreter.awaited {
                let image =
                    try tensor.dtype.isFloating
                    ? RGBImage(planes: planes) : RGBImage(planes: planes, by: "write_image")
                return try PictureFile.encode(image, for: path)
            }
            try AtomicFile.write(bytes, to: path, poll: interpreter.checkInterrupt)
            return .nilValue
        }
        guard !path.lowercased().hasSuffix(".jpg"), !path.lowercased().hasSuffix(".jpeg") else {
            throw call.bad(
                1, "is a JPEG file, which would change the classes of a mask", help: "write masks as .png")
        }
        let classes = try tensor.value().rowMajor()
        let mask = try interpreter.awaited { try MaskImage(classes: classes) }
        let highest = try interpreter.awaited { mask.highest }
        let palette = try ClassPalette(showing: call.categories(0), highest: highest)
        let bytes: [UInt8]
        switch form {
        case .index: bytes = try interpreter.awaited { try PNGImage.encode(mask, palette: palette) }
        case .color:
            if mask.bytes.contains(MaskImage.ignored), let name = palette.nameOfBlack {
                throw call.bad(
                    2, "would write void as black, which is the colour of \(name)",
                    help:
                        "form=\"index\" keeps both; or give the class another colour: with_colors(data, (\(name)=[128, 64, 128]))"
                )
            }
            bytes = try interpreter.awaited { try PNGImage.encode(palette.picture(of: mask)) }
        }
        try AtomicFile.write(bytes, to: path, poll: interpreter.checkInterrupt)
        return .nilValue
    },
    Native(
        "with_classes(mask, names, colors=nil)",
        "The mask with the names of its classes, in the order of their numbers; nil removes them. `colors` are "
            + "those of a data set (data.colors), a list [red, green, blue] for each class.",
        examples: [
            "m = with_classes(zeros(4, 6, dtype=int64), [\"Sky\", \"Road\"])\nprint(m.classes)  # expect: [\"Sky\", \"Road\"]"
        ]
    ) { call in
        .tensor(try call.tensor(0), categories: try call.axisLabels(1, colors: 2))
    },
]

extension Arguments {
    /// The names of classes that an argument gives, with their colours, if another gives these.
    func axisLabels(_ place: Int, colors: Int) throws -> AxisLabels? {
        guard let names = try names(place) else {
            guard isNil(colors) else { throw bad(colors, "belongs to names of classes, and there are none") }
            return nil
        }
        let found = try self.colors(colors)
        if let found, found.count != names.count {
            throw bad(colors, "has \(plural(found.count, "colour")) for \(plural(names.count, "class"))")
        }
        return try AxisLabels(names, colors: found)
    }
}
