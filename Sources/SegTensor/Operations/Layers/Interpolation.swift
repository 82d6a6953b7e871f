// Resizing the last two axes: bilinear in float32 and channels last, nearest for every type.

import CKernels

extension Tensor {
    /// How new pixels are computed.
    public enum Interpolation: String, Sendable, Encodable {
        /// Weighted by distance, with pixel centres at half (PyTorch's align_corners=false).
        case bilinear
        /// Weighted by distance, with the centres of the corner pixels in the same place (align_corners=true).
        case bilinearOnCorners
        /// The pixel at floor(position × input size / output size).
        case nearest
    }

    /// Resizes the last two axes.
    public static func interpolate(
        _ x: Tensor, size: (Int, Int), mode: Interpolation = .bilinear
    ) throws -> Tensor {
        let floats = mode == .nearest ? x : try x.to(.float32)
        if floats.rank >= 2, Array(x.shape.suffix(2)) == [size.0, size.1] { return floats }
        return try make(InterpolateOperation(height: size.0, width: size.1, mode: mode), [floats])
    }

    /// Resizes the last two axes by factors, to whole pixels rounded down. As in PyTorch the pixels are then
    /// 1 / factor apart, which differs from the quotient of the sizes if these were rounded, except where a picture
    /// keeps its size.
    public static func interpolate(
        _ x: Tensor, scale: (Double, Double), mode: Interpolation = .bilinear
    ) throws -> Tensor {
        guard x.rank == 4 else {
            throw TensorError(
                .shape, "interpolate: the input must be [N, C, H, W], got \(Shape.text(x.shape))",
                notes: [Shape.text(x.shape)])
        }
        let (height, width) = (Double(x.shape[2]) * scale.0, Double(x.shape[3]) * scale.1)
        for (factor, size) in [(scale.0, height), (scale.1, width)] {
            guard factor > 0, size < 1e6 else {
                throw TensorError(
                    .value,
                    "interpolate: the scale \(Tensor.text(of: factor)) gives a size that is not possible")
            }
        }
        let size = (Int(height), Int(width))
        let isExact = height == height.rounded(.down) && width == width.rounded(.down)
        let isSame = size == (x.shape[2], x.shape[3])
        if isExact || isSame || mode == .bilinearOnCorners {
            return try interpolate(x, size: size, mode: mode)
        }
        let operation = InterpolateOperation(
            height: size.0, width: size.1, mode: mode,
            step: InterpolationStep(y: Float(1 / scale.0), x: Float(1 / scale.1)))
        return try make(operation, [mode == .nearest ? x : x.to(.float32)])
    }
}

/// The distances of output pixels in input pixels.
struct InterpolationStep: Equatable, Encodable {
    let y, x: Float
}

struct InterpolateOperation: Operation {
    var name: String { "interpolate" }
    let height: Int
    let width: Int
    let mode: Tensor.Interpolation
    /// nil: they follow from the sizes.
    var step: InterpolationStep?

    /// Whether it is the upsampling that `SegmentationFusion` knows.
    var isPlainBilinear: Bool { mode == .bilinear && step == nil }

    func infer(_ inputs: [Signature]) throws -> Signature {
        let x = inputs[0]
        guard x.rank >= 2, mode == .nearest || x.rank == 4 else {
            throw TensorError(
                .shape, "interpolate: the input must be [N, C, H, W], got \(Shape.text(x.shape))",
                notes: [Shape.text(x.shape)])
        }
        guard height > 0, width > 0, x.shape[x.rank - 1] > 0, x.shape[x.rank - 2] > 0 else {
            throw TensorError(
                .shape,
                "interpolate: \(Shape.text(Array(x.shape.suffix(2)))) cannot be resized to [\(height), \(width)]",
                notes: [Shape.text(x.shape)])
        }
        return Signature(
            Array(x.shape.dropLast(2)) + [height, width], x.dtype,
            labels: x.labels.filter { $0.key < x.rank - 2 })
    }

    /// Sizes for the kernels in C: rank 4 channels last, every other rank as pictures of one channel.
    static func geometry(
        _ x: [Int], _ height: Int, _ width: Int, _ mode: Tensor.Interpolation,
        _ step: InterpolationStep?
    ) -> resize_geometry {
        let isMap = x.count == 4
        return resize_geometry(
            batch: isMap ? x[0] : x.dropLast(2).reduce(1, *), channels: isMap ? x[1] : 1,
            in_height: x[x.count - 2], in_width: x[x.count - 1], out_height: height, out_width: width,
            on_corners: mode == .bilinearOnCorners ? 1 : 0, step_y: step?.y ?? 0, step_x: step?.x ?? 0)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = result.rank == 4 ? try inputs[0].channelsLast() : try inputs[0].rowMajor()
        let out = try TensorData(shape: result.shape, dtype: x.dtype, layout: x.layout, for: name)
        if out.count == 0 { return out }
        var geometry = InterpolateOperation.geometry(x.shape, height, width, mode, step)
        if mode == .nearest {
            resize_nearest_forward(&geometry, x.dtype.size, x.bytes, out.bytes)
        } else {
            try KernelMemory.check(resize_bilinear_forward(&geometry, x.floats, out.floats), for: name)
        }
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        result.rank > 2
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let x = g.inputs[0]
        let operation = InterpolateGradient(shape: x.shape, mode: mode, step: step)
        return [try Tensor.make(operation, [g.upstream.to(.float32)]).to(x.dtype)]
    }
}

struct InterpolateGradient: Operation {
    var name: String { "interpolate gradient" }
    let shape: [Int]
    let mode: Tensor.Interpolation
    var step: InterpolationStep?

    var isPlainBilinear: Bool { mode == .bilinear && step == nil }

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(shape, .float32) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let u = result.rank == 4 ? try inputs[0].channelsLast() : try inputs[0].rowMajor()
        let out = try TensorData(shape: shape, dtype: .float32, layout: u.layout, for: name)
        if out.count == 0 { return out }
        let rank = u.shape.count
        var geometry = InterpolateOperation.geometry(
            shape, u.shape[rank - 2], u.shape[rank - 1], mode, step)
        if mode == .nearest {
            resize_nearest_backward(&geometry, u.floats, out.floats)
        } else {
            try KernelMemory.check(resize_bilinear_backward(&geometry, u.floats, out.floats), for: name)
        }
        return out
    }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        let size = g.inputs[0].shape.suffix(2)
        let operation = InterpolateOperation(
            height: size[size.startIndex], width: size[size.startIndex + 1], mode: mode, step: step)
        return [try Tensor.make(operation, [g.upstream])]
    }
}
