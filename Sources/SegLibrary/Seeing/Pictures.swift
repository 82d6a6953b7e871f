// From values of the language to what the terminal part draws: pictures, masks with their
// class names and colours, tables.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

extension Interpreter {
    /// What the terminal can show now.
    var style: TerminalStyle {
        TerminalStyle.detect(
            isTerminal: terminal.isInteractive, size: (terminal.width, 24), allowsColor: terminal.hasColor,
            environment: Environment.variable)
    }

    func print(_ lines: [String]) { output(lines.joined(separator: "\n") + "\n") }
}

enum Pictures {
    /// The colours of class names: CamVid's where they are its names, told-apart ones else.
    static func entries(_ names: [String]) throws -> [ClassMask.Entry] {
        let camVid = SegImaging.Palette.camVid
        let palette =
            names.allSatisfy { camVid.index(of: $0) != nil } ? camVid : try SegImaging.Palette(names: names)
        return names.enumerated().map { index, name in
            let color = palette.colors[palette.index(of: name) ?? index]
            return ClassMask.Entry(name, RGB(color.red, color.green, color.blue))
        }
    }

    /// A tensor [3, H, W] or [1, 3, H, W] of bytes or of floats as a picture. Floats outside 0…1
    /// are taken for ImageNet's normalisation and brought back.
    static func pixels(_ tensor: Tensor) throws -> Pixels {
        let plain = tensor.rank == 4 && tensor.shape[0] == 1 ? try tensor.squeeze(axes: [0]) : tensor
        guard plain.rank == 3, plain.shape[0] == 3 else {
            throw Failure(
                .shape, "a picture is a tensor [3, height, width], this one is \(tensor.shape)",
                help: "pick one of a batch with b.images[0]")
        }
        var picture = plain
        if plain.dtype.isFloating {
            let low = try Tensor.reduce(.min, plain).item()
            let high = try Tensor.reduce(.max, plain).item()
            if low < -0.01 || high > 1.01 {
                let mean = try Tensor.from(Normalization.imageNet.mean, shape: [3, 1, 1])
                let deviation = try Tensor.from(Normalization.imageNet.deviation, shape: [3, 1, 1])
                let scaled = try Tensor.apply(.multiply, .tensor(plain), .tensor(deviation))
                picture = try Tensor.apply(.add, .tensor(scaled), .tensor(mean)).clamp(min: 0, max: 1)
            }
        }
        let image = try RGBImage(planes: try picture.value().rowMajor())
        guard let pixels = Pixels(width: image.width, height: image.height, bytes: image.bytes) else {
            throw Failure(.value, "the picture is empty")
        }
        return pixels
    }

    /// A tensor of class numbers [H, W] or [1, H, W] as a mask with names and colours.
    static func mask(_ value: TensorValue, names: AxisLabels? = nil) throws -> ClassMask {
        let tensor = value.promise
        let plain = tensor.rank == 3 && tensor.shape[0] == 1 ? try tensor.squeeze(axes: [0]) : tensor
        guard plain.rank == 2 else {
            throw Failure(
                .shape, "a mask is a tensor [height, width] of class numbers, this one is \(tensor.shape)")
        }
        let indices = try plain.doubles().map { Int(exactly: $0) ?? -1 }
        let labels = value.categories ?? names
        let entries = try Self.entries(
            labels?.names ?? (0...min(max(indices.max() ?? 0, 0), 255)).map { "\($0)" })
        guard
            let mask = ClassMask(
                width: plain.shape[1], height: plain.shape[0], indices: indices, classes: entries)
        else {
            throw Failure(.value, "the mask is empty")
        }
        return mask
    }

    /// Image, mask and name of a sample.
    static func sample(_ value: Value) throws -> (image: TensorValue, mask: TensorValue?, name: String)? {
        guard let record = value.asRecord, let image = record["image"]?.asTensorValue else { return nil }
        return (image, record["mask"]?.asTensorValue, record["name"]?.asString ?? "")
    }

    /// Shows a sheet, or draws it into a file whose name ends in .png or .svg.
    static func present(_ sheet: PictureSheet, save: String?, _ interpreter: Interpreter) throws {
        if let save { return try write(sheet.drawing(), to: save) }
        interpreter.print(sheet.lines(interpreter.style))
    }

    /// Writes a drawing as .png or .svg, beside its place and renamed over it.
    static func write(_ drawing: Drawing, to path: String) throws {
        if path.hasSuffix(".svg") {
            try AtomicFile.write(drawing.svg { try? PNGImage.encode($0.image) }, to: path)
        } else if path.hasSuffix(".png") {
            try PNGImage.write(try drawing.raster().image, to: path)
        } else {
            throw Failure(.value, "save=\"\(path)\": the name ends in .png or .svg")
        }
    }
}

extension Pixels {
    var image: RGBImage { get throws { try RGBImage(width: width, height: height, bytes: bytes) } }
}
