// Convolution of float32 tensors stored channels last, over raw pointers: chooses between the kernels of
// CKernels (indirect product, depthwise, Winograd, bfloat16, and sums of outer products for the gradient by the weights). The
// caller checks shapes; the only error here is lack of memory.

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

    /// Height of the result; 0 if the kernel does not fit.
    var outputHeight: Int {
        let room = inputHeight + 2 * padding.height - dilation.height * (kernel.height - 1) - 1
        return room < 0 ? 0 : room / stride.height + 1
    }

    /// Width of the result; 0 if the kernel does not fit.
    var outputWidth: Int {
        let room = inputWidth + 2 * padding.width - dilation.width * (kernel.width - 1) - 1
        return room < 0 ? 0 : room / stride.width + 1
    }

    /// Whether the convolution is depthwise, and its kernel one of those for it, which list the taps of a pixel.
    var isDepthwise: Bool {
        groups > 1 && groups == inputChannels && groups == outputChannels
            && kernel.height * kernel.width <= DEPTHWISE_MOST_TAPS
    }

    /// Whether it is one product over all pixels.
    var isPointwise: Bool {
        kernel == Extent(1, 1) && stride == Extent(1, 1) && padding == Extent(0, 0) && groups == 1
    }

    /// The convolution whose forward pass, with the transposed weights turned by 180 degrees, is the gradient of
    /// this one by its input. Only for a stride of 1, and a padding that the kernel covers.
    var mirrored: ConvolutionGeometry {
        var g = self
        (g.inputChannels, g.outputChannels) = (outputChannels, inputChannels)
        (g.inputHeight, g.inputWidth) = (outputHeight, outputWidth)
        g.padding.height = dilation.height * (kernel.height - 1) - padding.height
        g.padding.width = dilation.width * (kernel.width - 1) - padding.width
        return g
    }

    /// The kernel that computes it. It depends on the layer and its map, never on the batch or the threads.
    func method(exact: Bool, precision: Precision = .float32) -> ConvolutionMethod {
        if isDepthwise { return .depthwise }
        if precision == .bfloat16 && suitsBfloat16 && (exact || precision.usesMatrices || !suitsLargeTiles) {
            return .bfloat16
        }
        return !exact && suitsWinograd ? .winograd : .direct
    }

    /// Whether factors of bfloat16 pay: not with few channels, for which the rounding takes as long as the products, nor
    /// for the few pixels of a pooled map.
    private var suitsBfloat16: Bool {
        groups == 1 && min(inputChannels, outputChannels) >= 32 && outputHeight * outputWidth >= 64
    }

    /// Whether Winograd's F(4x4, 3x3) serves, which is faster than vectors of bfloat16.
    private var suitsLargeTiles: Bool { dilation.height <= 4 && suitsWinograd }

    /// Whether Winograd's algorithm is possible and faster, forward and by the input. It takes so many products for a tile
    /// of results, whole or not, where the plain sum takes one for each tap of a result that reaches the picture; its
    /// transforms cost as much as it saves where there are few channels, or few pixels to transform the filters for.
    private var suitsWinograd: Bool {
        guard kernel == Extent(3, 3), stride == Extent(1, 1), groups == 1,
            dilation.height == dilation.width, padding.height <= 2 * dilation.height,
            padding.width <= 2 * dilation.width, inputChannels % 8 == 0, outputChannels % 8 == 0,
            min(inputChannels, outputChannels) >= 32,
            min(outputHeight * outputWidth, inputHeight * inputWidth) >= 512
        else { return false }
        return [self, mirrored].allSatisfy { geometry in
            var kernel = geometry.kernelGeometry
            return 10 * conv_winograd_products(&kernel) <= 7 * geometry.plainProducts
        }
    }

    /// The products of the plain sum for a channel by a channel, at stride 1.
    private var plainProducts: Int {
        func along(_ taps: Int, _ dilation: Int, _ padding: Int, _ input: Int, _ output: Int) -> Int {
            (0..<taps).reduce(0) { sum, tap in
                let shift = tap * dilation - padding
                return sum + max(0, min(output, input - shift) - max(0, -shift))
            }
        }
        return along(kernel.height, dilation.height, padding.height, inputHeight, outputHeight)
            * along(kernel.width, dilation.width, padding.width, inputWidth, outputWidth)
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

/// How a convolution is computed; the packed weights are of the same method.
enum ConvolutionMethod: Hashable, Sendable {
    case direct, depthwise, winograd
    /// With factors of bfloat16. Its gradients are those of `direct`.
    case bfloat16
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
    static func packedCount(_ g: ConvolutionGeometry, _ method: ConvolutionMethod, transposed: Bool = false)
        -> Int
    {
        var geometry = (transposed && method == .winograd ? g.mirrored : g).kernelGeometry
        switch method {
        case .depthwise: return g.weightCount
        case .winograd: return conv_winograd_count(&geometry)
        case .bfloat16 where !transposed: return conv_bfloat16_count(&geometry)
        case .direct, .bfloat16:
            return transposed ? conv_packed_transposed_count(&geometry) : conv_packed_count(&geometry)
        }
    }

    /// Packs weights for `forward` or, if `transposed`, for `inputGradient`.
    static func pack(
        _ g: ConvolutionGeometry, _ method: ConvolutionMethod, weight: UnsafePointer<Float>,
        into packed: UnsafeMutablePointer<Float>, transposed: Bool = false
    ) {
        var geometry = (transposed && method == .winograd ? g.mirrored : g).kernelGeometry
        switch method {
        case .depthwise: depthwise_pack(&geometry, weight, packed)
        case .winograd: conv_winograd_pack(&geometry, weight, transposed ? 1 : 0, packed)
        case .bfloat16 where !transposed: conv_bfloat16_pack(&geometry, weight, packed)
        case .direct, .bfloat16:
            if transposed {
                conv_pack_transposed(&geometry, weight, packed)
            } else {
                conv_pack(&geometry, weight, packed)
            }
        }
    }

    /// output = epilogue(input ⋆ weight), from packed weights.
    static func forward(
        _ g: ConvolutionGeometry, _ method: ConvolutionMethod, input: UnsafePointer<Float>,
        packedWeight: UnsafePointer<Float>, epilogue: ConvolutionEpilogue = ConvolutionEpilogue(),
        output: UnsafeMutablePointer<Float>
    ) throws {
        var geometry = g.kernelGeometry
        var after = epilogue.kernelEpilogue
        try KernelMemory.counting(plannedBytes(g, method), for: "conv2d") {
            switch method {
            case .depthwise: depthwise_forward(&geometry, input, packedWeight, &after, output)
            case .winograd: conv_winograd(&geometry, input, packedWeight, &after, output)
            case .bfloat16:
                try withMemory(conv_bfloat16_rounded_count(&geometry), for: "conv2d") {
                    conv_bfloat16(&geometry, input, packedWeight, &after, $0, output)
                }
            case .direct: conv_forward(&geometry, input, packedWeight, &after, output)
            }
        }
    }

    /// Gives so many floats to `body`.
    private static func withMemory(
        _ count: Int, for work: String, _ body: (UnsafeMutablePointer<Float>) -> Int32
    ) throws -> Int32 {
        let storage = try Storage(byteCount: count * MemoryLayout<Float>.stride, for: work)
        return withExtendedLifetime(storage) { body(storage.bytes.assumingMemoryBound(to: Float.self)) }
    }

    /// What the kernel itself allocates that grows with the size of the convolution's.
    private static func plannedBytes(
        _ g: ConvolutionGeometry, _ method: ConvolutionMethod, isGradient: Bool = false
    ) -> Int {
        guard method == .direct || method == .bfloat16 else { return 0 }
        var geometry = g.kernelGeometry
        return conv_plan_bytes(&geometry, isGradient ? 1 : 0)
    }

    /// The gradient by the input, from weights packed with `transposed`, and `residual` added to it, which a depthwise
    /// convolution does not take.
    static func inputGradient(
        _ g: ConvolutionGeometry, _ method: ConvolutionMethod, outputGradient: UnsafePointer<Float>,
        packedWeight: UnsafePointer<Float>, residual: UnsafePointer<Float>? = nil,
        inputGradient: UnsafeMutablePointer<Float>
    ) throws {
        var geometry = (method == .winograd ? g.mirrored : g).kernelGeometry
        var after = ConvolutionEpilogue(residual: residual).kernelEpilogue
        try KernelMemory.counting(
            plannedBytes(g, method, isGradient: true), for: "the gradient of conv2d"
        ) {
            switch method {
            case .depthwise:
                depthwise_input_gradient(&geometry, outputGradient, packedWeight, inputGradient)
            case .winograd: conv_winograd(&geometry, outputGradient, packedWeight, &after, inputGradient)
            case .direct, .bfloat16:
                conv_input_gradient(&geometry, outputGradient, packedWeight, &after, inputGradient)
            }
        }
    }

    /// The gradient by the weights, [O, I/g, kh, kw].
    static func weightGradient(
        _ g: ConvolutionGeometry, _ method: ConvolutionMethod, input: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>
    ) throws {
        switch method {
        case .depthwise:
            var geometry = g.kernelGeometry
            let work = "the gradient of conv2d"
            let status = try withMemory(depthwise_parts_count(&geometry), for: work) {
                depthwise_weight_gradient(&geometry, input, outputGradient, $0, weightGradient)
            }
            try KernelMemory.check(status, for: work)
        case .winograd:
            try WinogradWeightGradient.run(
                g, input: input, outputGradient: outputGradient, into: weightGradient)
        case .direct, .bfloat16:
            try WeightGradient(g).run(input: input, outputGradient: outputGradient, into: weightGradient)
        }
    }
}
