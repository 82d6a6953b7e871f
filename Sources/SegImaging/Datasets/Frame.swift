// One picture with its mask, as data sets return them: functions that make both, not the pixels
// themselves. Its tensors are lazy: nothing is read, drawn or warped before a value is needed, and a
// digest that is known in advance identifies the content.

import SegTensor

/// A picture and its mask, read or drawn when needed.
public struct Frame: Sendable {
    public var name: String
    public var height: Int
    public var width: Int
    /// Identify the content of picture and mask, including all changes.
    public var imageDigest: Digest
    public var maskDigest: Digest
    public var image: @Sendable () throws -> RGBImage
    public var mask: @Sendable () throws -> MaskImage
    /// Mean and standard deviation per channel if the picture is to be normalised; it is then float32.
    public var normalization: Normalization?
    /// The picture [3, H, W] where a script made it of floats; bytes lose what is not in 0…1.
    public var floats: Floats?
    /// Whether it is drawn anew in each epoch, so that its features are not worth keeping.
    public var isRedrawn = false
    /// Whether an earlier form of it is in the picture cache.
    var isKept = false

    public init(
        name: String, height: Int, width: Int, imageDigest: Digest, maskDigest: Digest,
        image: @escaping @Sendable () throws -> RGBImage, mask: @escaping @Sendable () throws -> MaskImage
    ) {
        self.name = name
        self.height = height
        self.width = width
        self.imageDigest = imageDigest
        self.maskDigest = maskDigest
        self.image = image
        self.mask = mask
    }

    /// The picture as a tensor [3, H, W]: bytes, or float32 if it is normalised.
    public func imageTensor() throws -> Tensor {
        if let floats {
            let checked = try Tensor.source(
                shape: floats.tensor.shape, dtype: .float32, digest: imageDigest, isRedrawn: isRedrawn
            ) { try floats.checked(forNormalizing: normalization != nil) }
            guard let normalization, !floats.areNormalized else { return checked }
            return try normalization.applied(to: checked)
        }
        let (height, width, make) = (height, width, kept().image)
        guard let normalization else {
            return try Tensor.source(
                shape: [3, height, width], dtype: .uint8, digest: imageDigest, isRedrawn: isRedrawn
            ) {
                try make().planes()
            }
        }
        var digest = DigestBuilder()
        digest.add(imageDigest)
        for number in normalization.mean + normalization.deviation { digest.add(number) }
        return try Tensor.source(
            shape: [3, height, width], dtype: .float32, digest: digest.finish(), isRedrawn: isRedrawn
        ) {
            try make().normalized(normalization)
        }
    }

    /// The mask as a tensor [H, W] of class numbers, uint8.
    public func maskTensor() throws -> Tensor {
        let make = kept().mask
        return try Tensor.source(
            shape: [height, width], dtype: .uint8, digest: maskDigest, isRedrawn: isRedrawn
        ) {
            let mask = try make()
            let data = try TensorData(shape: [mask.height, mask.width], dtype: .uint8)
            mask.bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress {
                    data.bytes.copyMemory(from: base, byteCount: data.byteCount)
                }
            }
            return data
        }
    }

    /// The frame with the same change to picture and mask. `what` and `numbers` identify it for the digests.
    func changed(
        _ what: String, _ numbers: [Double] = [], height: Int? = nil, width: Int? = nil,
        image changeImage: @escaping @Sendable (RGBImage) throws -> RGBImage,
        mask changeMask: (@Sendable (MaskImage) throws -> MaskImage)? = nil
    ) -> Frame {
        let image = image
        var result = changeMask.map { withMask(what, numbers, $0) } ?? self
        result.height = height ?? self.height
        result.width = width ?? self.width
        result.imageDigest = Self.digest(imageDigest, what, numbers)
        result.image = { try changeImage(try image()) }
        result.floats = nil
        return result
    }

    /// The frame with a change to its mask alone.
    func withMask(
        _ what: String, _ numbers: [Double], _ change: @escaping @Sendable (MaskImage) throws -> MaskImage
    ) -> Frame {
        let mask = mask
        var result = self
        result.maskDigest = Self.digest(maskDigest, what, numbers)
        result.mask = { try change(try mask()) }
        return result
    }

    private static func digest(_ old: Digest, _ what: String, _ numbers: [Double]) -> Digest {
        var builder = DigestBuilder()
        builder.add(old)
        builder.add(what)
        for number in numbers { builder.add(number) }
        return builder.finish()
    }
}

/// Mean and standard deviation per channel of pictures in 0…1.
public struct Normalization: Sendable, Equatable {
    public let mean: [Double]
    public let deviation: [Double]

    /// - Throws: if there are not three of each, or a deviation is not above 0.
    public init(mean: [Double], deviation: [Double]) throws {
        guard mean.count == 3, deviation.count == 3 else {
            throw TensorError(.value, "normalize needs a mean and a std for each of the 3 channels")
        }
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw TensorError(.value, "normalize: the std of each channel must be above 0")
        }
        guard (mean + deviation).allSatisfy(\.isFinite) else {
            throw TensorError(.value, "normalize: mean and std must be finite numbers")
        }
        self.mean = mean
        self.deviation = deviation
    }

    private init(knownMean: [Double], deviation: [Double]) {
        mean = knownMean
        self.deviation = deviation
    }

    /// A picture of floats in 0…1, normalised.
    func applied(to floats: Tensor) throws -> Tensor {
        let mean = try Tensor.from(mean, shape: [3, 1, 1], dtype: .float32)
        let deviation = try Tensor.from(deviation, shape: [3, 1, 1], dtype: .float32)
        let centred = try Tensor.apply(.subtract, .tensor(floats), .tensor(mean))
        return try Tensor.apply(.divide, .tensor(centred), .tensor(deviation))
    }

    /// Mean and deviation of ImageNet's pictures, which pretrained backbones expect.
    public static let imageNet = Normalization(
        knownMean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
}
