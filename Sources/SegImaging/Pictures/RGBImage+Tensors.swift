// Pictures to tensors and back: bytes unchanged, or normalised floats.

import CKernels
import SegTensor

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

    /// A picture from a tensor value [3, H, W] of bytes, of float32 in 0…1, or of bool, where true is 255.
    public init(planes data: TensorData) throws {
        guard data.shape.count == 3, data.shape[0] == 3 else {
            throw TensorError(.shape, "a picture has the shape [3, height, width], not \(data.shape)")
        }
        let (height, width) = (data.shape[1], data.shape[2])
        let count = height * width
        let scale: Double = data.dtype.isFloating || data.dtype == .bool ? 255 : 1
        if data.dtype == .uint8 {
            let planes = data.elements(UInt8.self)
            _ = try PictureSize.pixels(width, height)
            self.init(width: width, height: height) { target in
                for channel in 0..<3 {
                    let plane = planes + channel * count
                    for pixel in 0..<count { target[3 * pixel + channel] = plane[pixel] }
                }
            }
            return
        }
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

    /// The same for a picture of whole numbers that `maker` gave. An error of kind `value` for those that are no bytes.
    public init(planes data: TensorData, by maker: String) throws {
        if data.dtype != .uint8, let stray = try Tensor(data).doubles().first(where: { $0 < 0 || $0 > 255 }) {
            throw TensorError(
                .value,
                "\(maker): the image holds \(Tensor.text(of: stray)); bytes are from 0 to 255, floats from 0 to 1"
            )
        }
        try self.init(planes: data)
    }

    /// `(byte / 255 - mean) / deviation` as a tensor value [3, H, W] of float32.
    func normalized(_ normalization: Normalization) throws -> TensorData {
        // A table lookup per byte gives the value of the plain formula, to the bit.
        var tables = [Float](repeating: 0, count: 768)
        for channel in 0..<3 {
            let mean = Float(normalization.mean[channel])
            let deviation = Float(normalization.deviation[channel])
            for value in 0..<256 { tables[channel * 256 + value] = (Float(value) / 255 - mean) / deviation }
        }
        let data = try TensorData(shape: [3, height, width], dtype: .float32)
        image_floats_planar(bytes, width * height, data.floats, tables)
        return data
    }
}
