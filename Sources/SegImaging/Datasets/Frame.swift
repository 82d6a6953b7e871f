// One picture with its mask, as data sets hand it on: how to get both, not the pixels
// themselves. Its tensors are promises: nothing is read, drawn or warped before a value
// is needed, and a digest known beforehand identifies the content.

import SegTensor

/// A picture and its mask, to be read or drawn when looked at.
public struct Frame: Sendable {
    public var name: String
    public var height: Int
    public var width: Int
    /// Stand for the content of picture and mask, all changes included.
    public var imageDigest: Digest
    public var maskDigest: Digest
    public var image: @Sendable () throws -> RGBImage
    public var mask: @Sendable () throws -> MaskImage
    /// Mean and deviation by channel, once the picture is to be normalised; it is then float32.
    public var normalization: Normalization?

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

    /// The picture as a tensor [3, H, W]: bytes, or float32 once normalised.
    public func imageTensor() throws -> Tensor {
        let (height, width, make) = (height, width, image)
        guard let normalization else {
            return try Tensor.source(shape: [3, height, width], dtype: .uint8, digest: imageDigest) {
                try make().planes()
            }
        }
        var digest = DigestBuilder()
        digest.add(imageDigest)
        for number in normalization.mean + normalization.deviation { digest.add(number) }
        return try Tensor.source(shape: [3, height, width], dtype: .float32, digest: digest.finish()) {
            try make().normalized(normalization)
        }
    }

    /// The mask as a tensor [H, W] of class numbers, uint8.
    public func maskTensor() throws -> Tensor {
        let make = mask
        return try Tensor.source(shape: [height, width], dtype: .uint8, digest: maskDigest) {
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

    /// The frame with both pictures changed alike. `what` and `numbers` say how, for the digests.
    func changed(
        _ what: String, _ numbers: [Double] = [], height: Int? = nil, width: Int? = nil,
        image changeImage: @escaping @Sendable (RGBImage) throws -> RGBImage,
        mask changeMask: (@Sendable (MaskImage) throws -> MaskImage)? = nil
    ) -> Frame {
        func digest(_ old: Digest) -> Digest {
            var builder = DigestBuilder()
            builder.add(old)
            builder.add(what)
            for number in numbers { builder.add(number) }
            return builder.finish()
        }
        let (image, mask) = (image, mask)
        var result = self
        result.height = height ?? self.height
        result.width = width ?? self.width
        result.imageDigest = digest(imageDigest)
        result.image = { try changeImage(try image()) }
        if let changeMask {
            result.maskDigest = digest(maskDigest)
            result.mask = { try changeMask(try mask()) }
        }
        return result
    }
}

/// Mean and deviation by channel of pictures in 0…1.
public struct Normalization: Sendable, Equatable {
    public let mean: [Double]
    public let deviation: [Double]

    /// - Throws: where there are not three of each, or a deviation is not above 0.
    public init(mean: [Double], deviation: [Double]) throws {
        guard mean.count == 3, deviation.count == 3 else {
            throw TensorError(.value, "normalize wants a mean and a deviation for each of the 3 channels")
        }
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw TensorError(.value, "a deviation of the channels is not above 0")
        }
        self.mean = mean
        self.deviation = deviation
    }

    private init(knownMean: [Double], deviation: [Double]) {
        mean = knownMean
        self.deviation = deviation
    }

    /// Of the pictures of ImageNet, which pretrained backbones expect.
    public static let imageNet = Normalization(
        knownMean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
}
