// Pictures made of pictures, to be shown and saved: masks over frames, triptychs. Drawing them in a terminal is
// SegTerminal's, which is handed the bytes.

import CKernels
import SegTensor

/// The picture with its classes' colours over it. `alpha` of 0 is the picture alone, 1 the colours alone; pixels of
/// Void and ignored ones stay as they are.
public func overlay(_ image: RGBImage, _ mask: MaskImage, _ palette: Palette, alpha: Double = 0.5) throws
    -> RGBImage
{
    guard alpha >= 0, alpha <= 1 else {
        throw TensorError(.value, "the overlay's alpha is \(alpha): it is a number from 0 to 1")
    }
    guard image.width == mask.width, image.height == mask.height else {
        throw TensorError(
            .shape,
            "the picture is \(image.width)×\(image.height), the mask \(mask.width)×\(mask.height)")
    }
    var transparent = [UInt8](repeating: 1, count: 256)
    for index in 0..<palette.count where index != palette.voidIndex { transparent[index] = 0 }
    return RGBImage(width: image.width, height: image.height) { target in
        image_overlay(
            image.bytes, mask.bytes, image.width * image.height, target, palette.table(ignored: .black),
            transparent,
            Int32((alpha * 256).rounded()))
    }
}

/// Pictures beside each other with `separator` columns between them; lower ones are centred on the tallest.
public func sideBySide(
    _ images: [RGBImage], separator: Int = 4, color: Palette.Color = .white
) throws -> RGBImage {
    guard !images.isEmpty else { throw TensorError(.value, "there are no pictures to put beside each other") }
    guard separator >= 0, separator <= 1024 else {
        throw TensorError(.value, "a separator cannot be \(separator) pixels wide")
    }
    let width = images.reduce((images.count - 1) * separator) { $0 + $1.width }
    let height = images.reduce(0) { max($0, $1.height) }
    let blank = try RGBImage(width: width, height: height, color: color)
    return RGBImage(width: width, height: height) { target in
        blank.bytes.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress { target.update(from: base, count: bytes.count) }
        }
        var left = 0
        for image in images {
            let top = (height - image.height) / 2
            image.bytes.withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return }
                for y in 0..<image.height {
                    (target + ((top + y) * width + left) * 3).update(
                        from: base + y * image.width * 3, count: image.width * 3)
                }
            }
            left += image.width + separator
        }
    }
}

/// The report's figures: the picture, its true mask, the predicted one. All must have the same size.
public func triptych(
    _ image: RGBImage, _ truth: MaskImage, _ prediction: MaskImage, _ palette: Palette, separator: Int = 4
) throws -> RGBImage {
    for (name, mask) in [("true", truth), ("predicted", prediction)]
    where mask.width != image.width || mask.height != image.height {
        throw TensorError(
            .shape,
            "the picture is \(image.width)×\(image.height), the \(name) mask \(mask.width)×\(mask.height)")
    }
    return try sideBySide([image, palette.colored(truth), palette.colored(prediction)], separator: separator)
}
