// Changes of light and colour: brightness, contrast, saturation, hue, blur, noise. The definitions are
// torchvision's: for PIL pictures, hue and blur for tensors. Augmentation draws the factors.

@preconcurrency import Glibc

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

    /// Values moved away from the picture's mean gray, a whole number, by `factor`: 0 is gray, 1 the picture
    /// unchanged.
    public func contrast(_ factor: Double) throws -> RGBImage {
        try check(factor, "contrast")
        let pixels = width * height
        let mean = Double(image_gray_sum(bytes, pixels)) / Double(pixels)
        return RGBImage(width: width, height: height) {
            image_contrast(bytes, bytes.count, $0, Float(Int(mean + 0.5)), Float(factor))
        }
    }

    /// The hue turned by a share of the colour circle: 0.5 gives the complementary colours.
    public func hue(_ turn: Double) throws -> RGBImage {
        guard turn.isFinite else { throw TensorError(.value, "hue cannot be turned by \(turn)") }
        return RGBImage(width: width, height: height) {
            image_hue_rgb(bytes, width * height, $0, Float(turn))
        }
    }

    /// A Gaussian blur of standard deviation `sigma` in pixels; its kernel reaches 3 of them to each side, rounded
    /// up. Beyond the borders the picture is mirrored.
    public func blurred(sigma: Double) throws -> RGBImage {
        try check(sigma, "blur")
        guard sigma > 0 else { return self }
        let radius = min(max(1, Int((3 * sigma).rounded(.up))), max(width, height))
        let bells = (0...radius).map { exp(-0.5 * (Double($0) / sigma) * (Double($0) / sigma)) }
        let sum = bells[0] + 2 * bells.dropFirst().reduce(0, +)
        let weights = bells.map { Float($0 / sum) }
        let rows = UnsafeMutablePointer<Float>.allocate(capacity: bytes.count)
        defer { rows.deallocate() }
        return RGBImage(width: width, height: height) {
            image_blur_rgb(bytes, width, height, $0, weights, radius, rows)
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
