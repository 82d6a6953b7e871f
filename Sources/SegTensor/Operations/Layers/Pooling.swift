// Pooling over windows, in float32 and channels last.

import CKernels
import SegSystem

extension Tensor {
    /// The maximum of each window; padding counts as minus infinity.
    public static func maxPool2d(
        _ x: Tensor, kernel: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0),
        dilation: (Int, Int) = (1, 1), ceilMode: Bool = false
    ) throws -> Tensor {
        let window = PoolingWindow(
            name: "max_pool2d", kernel: kernel, stride: stride ?? kernel, padding: padding,
            dilation: dilation,
            ceilMode: ceilMode)
        return try make(MaxPoolOperation(window: window), [x.to(.float32)])
    }

    /// The mean of each window; padding counts as zeros where `countIncludePad`.
    public static func avgPool2d(
        _ x: Tensor, kernel: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0),
        ceilMode: Bool = false, countIncludePad: Bool = true
    ) throws -> Tensor {
        let window = PoolingWindow(
            name: "avg_pool2d", kernel: kernel, stride: stride ?? kernel, padding: padding, dilation: (1, 1),
            ceilMode: ceilMode)
        return try make(
            AveragePoolOperation(window: window, countsPadding: countIncludePad), [x.to(.float32)])
    }

    /// Means of parts that divide the picture into `size` as evenly as possible.
    public static func adaptiveAvgPool2d(_ x: Tensor, size: (Int, Int)) throws -> Tensor {
        guard x.rank == 4 else {
            throw TensorError(
                .shape, "adaptive_avg_pool2d: the input must be [N, C, H, W], got \(Shape.text(x.shape))",
                notes: [Shape.text(x.shape)])
        }
        let (h, w) = (x.shape[2], x.shape[3])
        guard size.0 > 0, size.1 > 0, h > 0, w > 0 else {
            throw TensorError(
                .shape,
                "adaptive_avg_pool2d: \(sizeText(height: h, width: w)) cannot be pooled to \(sizeText(height: size.0, width: size.1))",
                notes: [Shape.text(x.shape)])
        }
        if size == (1, 1) { return try reduce(.mean, x, axes: [2, 3], keepdims: true) }
        if h % size.0 == 0, w % size.1 == 0 { return try avgPool2d(x, kernel: (h / size.0, w / size.1)) }
        // Each window is a few operations of its own.
        _ = try Size(max(h, w)) * (1 << 16)
        guard size.0 <= 1 << 16, size.1 <= 1 << 16, size.0 * size.1 <= 1 << 16 else {
            throw TensorError(
                .value,
                "adaptive_avg_pool2d: \(size.0)×\(size.1) windows are more than the 65536 that it takes",
                help: "interpolate(x, size=…) enlarges a picture")
        }
        let rows = try (0..<size.0).map { i in
            try EvaluationContext.current.checkInterrupt()
            let top = i * h / size.0
            let band = try x.narrow(axis: 2, start: top, count: ((i + 1) * h + size.0 - 1) / size.0 - top)
            let cells = try (0..<size.1).map { j in
                let left = j * w / size.1
                let cell = try band.narrow(
                    axis: 3, start: left, count: ((j + 1) * w + size.1 - 1) / size.1 - left)
                return try reduce(.mean, cell, axes: [2, 3], keepdims: true)
            }
            return try cat(cells, axis: 3)
        }
        return try cat(rows, axis: 2)
    }
}

/// A pooling's window and the resulting sizes.
struct PoolingWindow: Sendable, Encodable {
    let name: String
    let kernel: ConvolutionGeometry.Extent
    let stride: ConvolutionGeometry.Extent
    let padding: ConvolutionGeometry.Extent
    let dilation: ConvolutionGeometry.Extent
    let ceilMode: Bool

    init(
        name: String, kernel: (Int, Int), stride: (Int, Int), padding: (Int, Int), dilation: (Int, Int),
        ceilMode: Bool
    ) {
        self.name = name
        self.kernel = .init(kernel.0, kernel.1)
        self.stride = .init(stride.0, stride.1)
        self.padding = .init(padding.0, padding.1)
        self.dilation = .init(dilation.0, dilation.1)
        self.ceilMode = ceilMode
    }

    private func size(_ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) throws
        -> Int
    {
        let padded = try Size(input) + 2 * padding
        let room = try (padded - (dilation * (kernel - 1) + 1) + (ceilMode ? stride - 1 : 0)).value
        if room < 0 { return 0 }
        var size = room / stride + 1
        // PyTorch's rule: the last window must begin inside the picture or its left padding.
        if ceilMode, try Size(size - 1) * stride >= Size(input) + padding { size -= 1 }
        return size
    }

    func result(_ x: Signature) throws -> Signature {
        let notes = [Shape.text(x.shape)]
        guard x.rank == 4 else {
            throw TensorError(
                .shape, "\(name): the input must be [N, C, H, W], got \(notes[0])", notes: notes)
        }
        let sizes = [
            kernel.height, kernel.width, stride.height, stride.width, dilation.height, dilation.width,
        ]
        guard sizes.allSatisfy({ $0 > 0 }), padding.height >= 0, padding.width >= 0,
            padding.height <= kernel.height / 2, padding.width <= kernel.width / 2
        else {
            let dilated =
                min(dilation.height, dilation.width) > 0
                ? "" : "; got dilation [\(dilation.height), \(dilation.width)], which must be at least 1"
            throw TensorError(
                .value,
                "\(name): kernel \(sizes[0...1]) and stride \(sizes[2...3]) must be at least 1, padding [\(padding.height), \(padding.width)] at most half the kernel\(dilated)"
            )
        }
        try LargestExtent.check(
            [("kernel", kernel), ("stride", stride), ("dilation", dilation), ("padding", padding)], in: name)
        let h = try size(x.shape[2], kernel.height, stride.height, padding.height, dilation.height)
        let w = try size(x.shape[3], kernel.width, stride.width, padding.width, dilation.width)
        guard x.shape[2] > 0, x.shape[3] > 0, h > 0, w > 0 else {
            throw TensorError(
                .shape,
                "\(name): a window of \(sizeText(height: kernel.height, width: kernel.width)) does not fit a picture of \(sizeText(height: x.shape[2], width: x.shape[3]))",
                notes: notes)
        }
        return Signature([x.shape[0], x.shape[1], h, w], .float32, labels: x.labels.filter { $0.key < 2 })
    }

    /// For the kernels in C.
    func geometry(_ x: [Int], _ out: [Int]) -> conv_geometry {
        conv_geometry(
            batch: x[0], input_channels: x[1], input_height: x[2], input_width: x[3], output_channels: x[1],
            output_height: out[2], output_width: out[3], kernel_height: kernel.height,
            kernel_width: kernel.width,
            stride_height: stride.height, stride_width: stride.width, padding_height: padding.height,
            padding_width: padding.width, dilation_height: dilation.height, dilation_width: dilation.width,
            groups: x[1])
    }
}

struct MaxPoolOperation: Operation {
    var name: String { "max_pool2d" }
    let window: PoolingWindow

    func infer(_ inputs: [Signature]) throws -> Signature { try window.result(inputs[0]) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].channelsLast()
        let out = try TensorData(shape: result.shape, dtype: .float32, layout: .channelsLast, for: name)
        var geometry = window.geometry(x.shape, result.shape)
        if out.count > 0 { pool_max_forward(&geometry, x.floats, out.floats) }
        return out
    }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(MaxPoolGradient(window: window), [g.inputs[0], g.upstream])]
    }
}

/// Inputs: x and the upstream gradient.
struct MaxPoolGradient: Operation {
    var name: String { "max_pool2d gradient" }
    let window: PoolingWindow

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(inputs[0].shape, .float32) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let (x, u) = (try inputs[0].channelsLast(), try inputs[1].channelsLast())
        let out = try TensorData(shape: x.shape, dtype: .float32, layout: .channelsLast, for: name)
        var geometry = window.geometry(x.shape, u.shape)
        if out.count > 0 { pool_max_backward(&geometry, x.floats, u.floats, out.floats) }
        return out
    }
}

struct AveragePoolOperation: Operation {
    var name: String { "avg_pool2d" }
    let window: PoolingWindow
    let countsPadding: Bool

    func infer(_ inputs: [Signature]) throws -> Signature { try window.result(inputs[0]) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].channelsLast()
        let out = try TensorData(shape: result.shape, dtype: .float32, layout: .channelsLast, for: name)
        var geometry = window.geometry(x.shape, result.shape)
        if out.count > 0 { pool_average_forward(&geometry, countsPadding ? 1 : 0, x.floats, out.floats) }
        return out
    }
    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        let operation = AveragePoolGradient(
            window: window, countsPadding: countsPadding, shape: g.inputs[0].shape)
        return [try Tensor.make(operation, [g.upstream])]
    }
}

struct AveragePoolGradient: Operation {
    var name: String { "avg_pool2d gradient" }
    let window: PoolingWindow
    let countsPadding: Bool
    let shape: [Int]

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(shape, .float32) }
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let u = try inputs[0].channelsLast()
        let out = try TensorData(shape: shape, dtype: .float32, layout: .channelsLast, for: name)
        var geometry = window.geometry(shape, u.shape)
        if out.count > 0 { pool_average_backward(&geometry, countsPadding ? 1 : 0, u.floats, out.floats) }
        return out
    }
    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(AveragePoolOperation(window: window, countsPadding: countsPadding), [g.upstream])]
    }
}
