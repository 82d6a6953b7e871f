// One picture with its mask, as data sets hand it on: how to get both, not the pixels
// themselves. Its tensors are promises: nothing is read, drawn or warped before somebody
// looks, and a digest known beforehand stands for the content.

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
            let picture = try make()
            let data = try TensorData(shape: [3, picture.height, picture.width], dtype: .float32)
            try picture.normalized(
                mean: normalization.mean.map { Float($0) },
                deviation: normalization.deviation.map { Float($0) },
                channelsLast: false, into: UnsafeMutableBufferPointer(start: data.floats, count: data.count))
            return data
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

extension RGBImage {
    /// The bytes as a tensor value [3, H, W].
    public func planes() throws -> TensorData {
        let data = try TensorData(shape: [3, height, width], dtype: .uint8)
        let out = data.elements(UInt8.self)
        let count = height * width
        bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            for channel in 0..<3 {
                let plane = out + channel * count
                for pixel in 0..<count { plane[pixel] = base[3 * pixel + channel] }
            }
        }
        return data
    }

    /// A picture from a tensor value [3, H, W] of bytes, or of float32 in 0…1.
    public init(planes data: TensorData) throws {
        guard data.shape.count == 3, data.shape[0] == 3 else {
            throw TensorError(.shape, "a picture is of shape [3, height, width], not \(data.shape)")
        }
        let (height, width) = (data.shape[1], data.shape[2])
        let count = height * width
        let scale: Double = data.dtype.isFloating ? 255 : 1
        let numbers = try Tensor(data).doubles()
        var bytes = [UInt8](repeating: 0, count: 3 * count)
        for channel in 0..<3 {
            for pixel in 0..<count {
                let value = (numbers[channel * count + pixel] * scale).rounded()
                bytes[3 * pixel + channel] = value > 0 ? (value < 255 ? UInt8(value) : 255) : 0
            }
        }
        try self.init(width: width, height: height, bytes: bytes)
    }
}

extension MaskImage {
    /// A mask from a tensor value [H, W] of class numbers; what is outside 0…255 is `ignored`.
    public init(classes data: TensorData) throws {
        guard data.shape.count == 2 else {
            throw TensorError(.shape, "a mask is of shape [height, width], not \(data.shape)")
        }
        let bytes = try Tensor(data).doubles().map { (0...255).contains($0) ? UInt8($0) : MaskImage.ignored }
        try self.init(width: data.shape[1], height: data.shape[0], bytes: bytes)
    }
}
