// Convolution of float32 tensors stored channels last, over raw pointers: chooses between the kernels of
// CKernels (indirect product, depthwise) and, for the gradient by the weights, products of OpenBLAS. The
// caller checks shapes; the only error here is lack of memory.

import COpenBLAS
import CKernels

/// The attributes of a convolution and the input size. Output sizes follow from them.
struct ConvolutionGeometry: Hashable, Sendable {
    /// A length along y and one along x.
    struct Extent: Hashable, Sendable, Encodable {
        var height: Int
        var width: Int

        init(_ height: Int, _ width: Int) {
            self.height = height
            self.width = width
        }
    }

    var batch: Int
    var inputChannels: Int
    var inputHeight: Int
    var inputWidth: Int
    var outputChannels: Int
    var kernel: Extent
    var stride = Extent(1, 1)
    var padding = Extent(0, 0)
    var dilation = Extent(1, 1)
    var groups = 1

    /// Height of the result; 0 or less if the kernel does not fit.
    var outputHeight: Int {
        (inputHeight + 2 * padding.height - dilation.height * (kernel.height - 1) - 1) / stride.height + 1
    }

    /// Width of the result; 0 or less if the kernel does not fit.
    var outputWidth: Int {
        (inputWidth + 2 * padding.width - dilation.width * (kernel.width - 1) - 1) / stride.width + 1
    }

    /// Whether the convolution is depthwise.
    var isDepthwise: Bool { groups > 1 && groups == inputChannels && groups == outputChannels }

    /// Whether it is one product over all pixels.
    var isPointwise: Bool {
        kernel == Extent(1, 1) && stride == Extent(1, 1) && padding == Extent(0, 0) && groups == 1
    }

    var weightCount: Int { outputChannels * (inputChannels / groups) * kernel.height * kernel.width }

    /// The same for the kernels in C.
    var kernelGeometry: conv_geometry {
        conv_geometry(
            batch: batch, input_channels: inputChannels, input_height: inputHeight, input_width: inputWidth,
            output_channels: outputChannels, output_height: outputHeight, output_width: outputWidth,
            kernel_height: kernel.height, kernel_width: kernel.width,
            stride_height: stride.height, stride_width: stride.width,
            padding_height: padding.height, padding_width: padding.width,
            dilation_height: dilation.height, dilation_width: dilation.width, groups: groups)
    }
}

/// Applied to a tile of the result while it is in cache: activation((product + bias) · scale + shift +
/// residual), each part optional.
struct ConvolutionEpilogue {
    enum Activation: Int, Sendable {
        case none, relu, relu6, hardswish, hardsigmoid, sigmoid
    }

    /// By output channel.
    var bias: UnsafePointer<Float>?
    /// By output channel; present together with `shift`.
    var scale: UnsafePointer<Float>?
    var shift: UnsafePointer<Float>?
    /// Of the result's shape, channels last.
    var residual: UnsafePointer<Float>?
    var activation = Activation.none

    var kernelEpilogue: conv_epilogue {
        conv_epilogue(
            bias: bias, scale: scale, shift: shift, residual: residual, activation: activation.rawValue)
    }
}

/// Forward pass and gradients of a convolution. Activations are [N][H][W][C], weights PyTorch's [O, I/g, kh,
/// kw]; the caller may keep packed weights as long as the weights and the geometry (except for its sizes) do
/// not change.
enum ConvolutionKernels {
    /// Floats of the packed form for the forward pass, and for the gradient by the input.
    static func packedCount(_ g: ConvolutionGeometry, transposed: Bool = false) -> Int {
        if g.isDepthwise { return g.weightCount }
        var geometry = g.kernelGeometry
        return transposed ? conv_packed_transposed_count(&geometry) : conv_packed_count(&geometry)
    }

    /// Packs weights for `forward` or, if `transposed`, for `inputGradient`.
    static func pack(
        _ g: ConvolutionGeometry, weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>,
        transposed: Bool = false
    ) {
        var geometry = g.kernelGeometry
        if g.isDepthwise {
            depthwise_pack(&geometry, weight, packed)
        } else if transposed {
            conv_pack_transposed(&geometry, weight, packed)
        } else {
            conv_pack(&geometry, weight, packed)
        }
    }

    /// output = epilogue(input ⋆ weight), from packed weights.
    static func forward(
        _ g: ConvolutionGeometry, input: UnsafePointer<Float>, packedWeight: UnsafePointer<Float>,
        epilogue: ConvolutionEpilogue = ConvolutionEpilogue(), output: UnsafeMutablePointer<Float>
    ) throws {
        var geometry = g.kernelGeometry
        var after = epilogue.kernelEpilogue
        let status =
            g.isDepthwise
            ? depthwise_forward(&geometry, input, packedWeight, &after, output)
            : conv_forward(&geometry, input, packedWeight, &after, output)
        try KernelMemory.check(status, for: "conv2d")
    }

    /// The gradient by the input, from weights packed with `transposed`.
    static func inputGradient(
        _ g: ConvolutionGeometry, outputGradient: UnsafePointer<Float>, packedWeight: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>
    ) throws {
        var geometry = g.kernelGeometry
        let status =
            g.isDepthwise
            ? depthwise_input_gradient(&geometry, outputGradient, packedWeight, inputGradient)
            : conv_input_gradient(&geometry, outputGradient, packedWeight, inputGradient)
        try KernelMemory.check(status, for: "the gradient of conv2d")
    }

    /// The gradient by the weights, [O, I/g, kh, kw].
    static func weightGradient(
        _ g: ConvolutionGeometry, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>
    ) throws {
        if g.isDepthwise {
            var geometry = g.kernelGeometry
            try KernelMemory.check(
                depthwise_weight_gradient(&geometry, input, outputGradient, weightGradient),
                for: "the gradient of conv2d")
        } else {
            try WeightGradient(g).run(input: input, outputGradient: outputGradient, into: weightGradient)
        }
    }
}
