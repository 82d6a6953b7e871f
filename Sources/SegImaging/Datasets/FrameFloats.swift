// A picture that a script made of floats, and what its numbers may be.

import SegTensor

extension Frame {
    /// Floats [3, H, W] of a script: in 0…1, or normalised.
    public struct Floats: Sendable {
        public let tensor: Tensor
        /// Whether they are normalised already, as the data that a function changed were.
        public let areNormalized: Bool
        /// What made them, for errors: "map of frame7".
        let maker: String

        /// - Parameter tensor: of float32.
        public init(_ tensor: Tensor, areNormalized: Bool, by maker: String) {
            self.tensor = tensor
            self.areNormalized = areNormalized
            self.maker = maker
        }

        /// Their value. Those of a script's own normalisation are known by values below 0.
        /// - Throws: an error of kind `value` for numbers that are neither in 0…1 nor normalised.
        func checked(forNormalizing isNormalized: Bool) throws -> TensorData {
            let data = try tensor.value().rowMajor()
            guard !areNormalized else { return data }
            let (low, high) = Self.range(data)
            let fits = low >= -0.002 && high <= 1.002
            guard fits || (!isNormalized && low < -0.002) else {
                throw TensorError(
                    .value,
                    "\(maker): the image has values from \(Tensor.text(of: low)) to \(Tensor.text(of: high)); the floats of a picture are from 0 to 1"
                        + (isNormalized ? " before they are normalised" : ""),
                    help: low >= -0.002
                        ? "divide the bytes by 255, or make them bytes again: to(image, uint8)"
                        : "floats that are normalised already need no normalize")
            }
            return data
        }

        /// The picture as bytes, for changes that are made on bytes. Of normalised floats, `normalization` is undone.
        public func picture(undoing normalization: Normalization?) throws -> RGBImage {
            var data = try tensor.value().rowMajor()
            if areNormalized, let normalization {
                data = try normalization.undone(Tensor(data)).value().rowMajor()
            }
            let (low, high) = Self.range(data)
            guard low >= -0.002, high <= 1.002 else {
                throw TensorError(
                    .value,
                    "\(maker): the image has values from \(Tensor.text(of: low)) to \(Tensor.text(of: high))\(areNormalized ? " without its normalisation" : ""); to be changed further it must be bytes, or floats from 0 to 1",
                    help: "make it of this kind after all other changes")
            }
            return try RGBImage(planes: data)
        }

        private static func range(_ data: TensorData) -> (low: Double, high: Double) {
            var (low, high) = (Float(0), Float(0))
            let numbers = data.floats
            for place in 0..<data.count {
                low = min(low, numbers[place])
                high = max(high, numbers[place])
            }
            return (Double(low), Double(high))
        }
    }
}

extension Normalization {
    /// Normalised floats as they were, in 0…1.
    func undone(_ floats: Tensor) throws -> Tensor {
        let mean = try Tensor.from(mean, shape: [3, 1, 1], dtype: .float32)
        let deviation = try Tensor.from(deviation, shape: [3, 1, 1], dtype: .float32)
        let scaled = try Tensor.apply(.multiply, .tensor(floats), .tensor(deviation))
        return try Tensor.apply(.add, .tensor(scaled), .tensor(mean))
    }
}
