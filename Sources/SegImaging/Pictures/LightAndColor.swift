// Changes of light and colour: brightness, saturation, noise. The definitions are torchvision's for PIL
// pictures. Augmentation draws the factors.

import CKernels
import SegSystem
import SegTensor

extension RGBImage {
    /// Every value times `factor`, clamped to 255: 0 is black, 1 the picture unchanged.
    public func brightness(_ factor: Double) throws -> RGBImage {
        try check(factor, "brightness")
        return RGBImage(width: width, height: height) {
            image_brightness(bytes, bytes.count, $0, Float(factor))
        }
    }

    /// Colours moved away from the pixel's gray by `factor`: 0 is gray, 1 the picture unchanged, 2 twice as
    /// colourful. Gray is 0.299 R + 0.587 G + 0.114 B (ITU-R 601), rounded as in Pillow.
    public func saturation(_ factor: Double) throws -> RGBImage {
        try check(factor, "saturation")
        return RGBImage(width: width, height: height) {
            image_saturation_rgb(bytes, width * height, $0, Float(factor))
        }
    }

    /// Adds `sigma` (as a fraction of full brightness) times `noise`, one standard normal number per byte.
    public func noisy(sigma: Double, noise: [Float]) throws -> RGBImage {
        try check(sigma, "noise")
        guard noise.count == bytes.count else {
            throw TensorError(
                .shape,
                "noise for a picture of \(sizeText(height: height, width: width)) has \(noise.count) numbers, not \(bytes.count)"
            )
        }
        return RGBImage(width: width, height: height) { target in
            image_add_noise(bytes, bytes.count, target, noise, Float(sigma * 255))
        }
    }

    private func check(_ factor: Double, _ name: String) throws {
        guard factor.isFinite, factor >= 0 else {
            throw TensorError(.value, "\(name) cannot be \(factor): it must be a finite number of at least 0")
        }
    }
}
