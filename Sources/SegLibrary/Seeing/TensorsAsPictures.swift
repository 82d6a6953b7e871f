// Conversion of tensors for drawing: pictures, and masks with their class names and colours.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

extension Pixels {
    /// A tensor [3, H, W] or [1, 3, H, W] of bytes or of floats as a picture. If floats are outside 0…1, they
    /// are assumed to have ImageNet's normalisation, which is undone.
    init(_ tensor: Tensor) throws {
        let plain = tensor.rank == 4 && tensor.shape[0] == 1 ? try tensor.squeeze(axes: [0]) : tensor
        guard plain.rank == 3, plain.shape[0] == 3 else {
            throw Failure(
                .shape, "a picture is a tensor [3, height, width], this one has the shape \(tensor.shape)",
                help: "pick one of a batch with b.images[0]")
        }
        guard !plain.shape.contains(0) else { throw Failure(.value, "the picture is empty") }
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
        let planes = try picture.value().rowMajor()
        let image = try Background.value(
            {
                try plain.dtype.isFloating
                    ? RGBImage(planes: planes) : RGBImage(planes: planes, by: "this picture")
            }, interrupted: EvaluationContext.current.checkInterrupt)
        guard let pixels = Pixels(width: image.width, height: image.height, bytes: image.bytes) else {
            throw Failure(.value, "the picture is empty")
        }
        self = pixels
    }
}

extension ClassPalette {
    /// The colours of classes: those of their labels, else a choice for their names, or for the numbers up to
    /// `highest`.
    init(showing labels: AxisLabels?, highest: Int) throws {
        if let labels, let colors = labels.colors {
            try self.init(names: labels.names, colors: colors.map { Color(code: $0) })
        } else {
            try self.init(showing: labels?.names ?? (0...highest).map { "\($0)" })
        }
    }
}

extension ClassMask {
    /// Raises the error of a mask that is not as large as its picture: `name` as in "overlay: the mask".
    func requireSize(
        of picture: Pixels, in name: String, argument: Int? = nil, help: String? = nil
    ) throws {
        guard (width, height) != (picture.width, picture.height) else { return }
        throw Failure(
            .shape,
            "\(name) is \(sizeText(height: height, width: width)), the picture "
                + sizeText(height: picture.height, width: picture.width), help: help, argument: argument)
    }

    /// A tensor of class numbers [H, W] or [1, H, W] as a mask with names and colours.
    init(_ value: TensorValue, names: AxisLabels? = nil) throws {
        let tensor = value.promise
        let plain = tensor.rank == 3 && tensor.shape[0] == 1 ? try tensor.squeeze(axes: [0]) : tensor
        guard plain.rank == 2 else {
            throw Failure(
                .shape,
                "a mask is a tensor [height, width] of class numbers, this one has the shape \(tensor.shape)")
        }
        let numbers = try plain.doubles()
        try MemoryBudget.process.require(
            numbers.count * MemoryLayout<Int>.stride, for: "a list of a mask's classes")
        var indices: [Int] = []
        indices.reserveCapacity(numbers.count)
        // 255 marks pixels without a class.
        var highest = 0
        for (place, number) in numbers.enumerated() {
            if place & 0xffff == 0xffff { try EvaluationContext.current.checkInterrupt() }
            guard !plain.dtype.isFloating || number.rounded() == number else {
                throw Failure(
                    .type, "a mask holds whole numbers, the classes; this one has fractions",
                    help: "argmax(logits, axis=1) makes a mask; heatmap(x) shows any matrix")
            }
            let index = Int(exactly: number) ?? -1
            if index < 255 { highest = max(highest, index) }
            indices.append(index)
        }
        // Names alone take the colours that the others have for them.
        let own = value.categories
        let labels = own?.colors == nil && (own == nil || own == names) ? names : own
        let palette = try ClassPalette(showing: labels, highest: highest)
        let entries = zip(palette.names, palette.colors).map { name, color in
            Entry(name, RGB(color.red, color.green, color.blue))
        }
        guard
            let mask = ClassMask(
                width: plain.shape[1], height: plain.shape[0], indices: indices, classes: entries)
        else {
            throw Failure(.value, "the mask is empty")
        }
        self = mask
    }
}

/// Image, mask and name of a sample; nil if the value is not a record with an image.
struct SampleTensors {
    let image: TensorValue
    let mask: TensorValue?
    let name: String

    init(image: TensorValue, mask: TensorValue?, name: String) {
        self.image = image
        self.mask = mask
        self.name = name
    }

    init?(_ value: Value) {
        guard let record = value.asRecord, let image = record["image"]?.asTensorValue else { return nil }
        self.image = image
        mask = record["mask"]?.asTensorValue
        name = record["name"]?.asString ?? ""
    }
}
