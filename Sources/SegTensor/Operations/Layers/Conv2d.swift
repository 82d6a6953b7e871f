// conv2d: the shape rule and its messages, the work through ConvolutionKernels, and the two gradients, which
// are convolutions themselves and have gradients again.

import SegSystem

extension Tensor {
    /// Cross-correlation of `[N, C, H, W]` by `[O, C / groups, kh, kw]`, in float32 but for its factors, which `precision`
    /// may round. Gradients do not round.
    public static func conv2d(
        _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: (Int, Int) = (1, 1),
        padding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1,
        precision: Precision = .float32
    ) throws -> Tensor {
        let attributes = ConvolutionAttributes(
            stride: .init(stride.0, stride.1), padding: .init(padding.0, padding.1),
            dilation: .init(dilation.0, dilation.1), groups: groups)
        let operation = ConvolutionOperation(attributes: attributes, precision: precision)
        let inputs = [x, weight] + (bias.map { [$0] } ?? [])
        return try make(operation, inputs.map { try $0.to(.float32) })
    }
}

/// The attributes of a convolution.
struct ConvolutionAttributes: Sendable, Encodable {
    var stride: ConvolutionGeometry.Extent
    var padding: ConvolutionGeometry.Extent
    var dilation: ConvolutionGeometry.Extent
    var groups: Int

    /// The geometry for an input and weights that fit each other.
    func geometry(_ x: [Int], _ weight: [Int]) -> ConvolutionGeometry {
        ConvolutionGeometry(
            batch: x[0], inputChannels: x[1], inputHeight: x[2], inputWidth: x[3], outputChannels: weight[0],
            kernel: .init(weight[2], weight[3]), stride: stride, padding: padding, dilation: dilation,
            groups: groups)
    }

    /// Checks stride, dilation and padding, as the layer `name` has them.
    func checkSizes(in name: String) throws {
        let sizes = [stride.height, stride.width, dilation.height, dilation.width]
        let borders = [padding.height, padding.width]
        guard sizes.allSatisfy({ $0 > 0 }), borders.allSatisfy({ $0 >= 0 }) else {
            throw TensorError(
                .value,
                "\(name): stride and dilation must be at least 1, padding at least 0; got \([stride.height, stride.width]), \([dilation.height, dilation.width]) and \(borders)"
            )
        }
        try LargestExtent.check(
            [("stride", stride), ("dilation", dilation), ("padding", padding)], in: name)
    }

    /// Checks an input against weights and gives the geometry.
    func checked(_ x: Signature, _ weight: Signature) throws -> ConvolutionGeometry {
        let notes = [Shape.text(x.shape), Shape.text(weight.shape)]
        guard x.rank == 4 else {
            throw TensorError(
                .shape, "conv2d: the input must be [N, C, H, W], got \(notes[0])",
                help: x.rank == 3
                    ? "a batch of one is \([1] + x.shape): unsqueeze(x, 0) makes it" : nil, notes: notes)
        }
        guard weight.rank == 4, !weight.shape.contains(0) else {
            throw TensorError(
                .shape, "conv2d: the weight must be [O, C / groups, height, width], got \(notes[1])",
                notes: notes)
        }
        guard groups > 0, x.shape[1] % groups == 0, weight.shape[0] % groups == 0 else {
            throw TensorError(
                .shape,
                "conv2d: \(x.shape[1]) input and \(weight.shape[0]) output channels do not divide into \(groups) groups",
                notes: notes)
        }
        guard weight.shape[1] == x.shape[1] / groups else {
            throw TensorError(
                .shape,
                "conv2d: input has \(x.shape[1]) channels, weight expects \(weight.shape[1] &* groups)",
                notes: notes)
        }
        try checkSizes(in: "conv2d")
        let g = geometry(x.shape, weight.shape)
        guard g.inputHeight > 0, g.inputWidth > 0, g.outputHeight > 0, g.outputWidth > 0 else {
            throw TensorError(
                .shape,
                "conv2d: a kernel of \(sizeText(height: g.kernel.height, width: g.kernel.width)) with dilation \(dilation.height), \(dilation.width) does not fit a picture of \(sizeText(height: g.inputHeight, width: g.inputWidth))",
                notes: notes)
        }
        return g
    }
}

struct ConvolutionOperation: Operation {
    var name: String { "conv2d" }
    let attributes: ConvolutionAttributes
    var precision = Precision.float32

    func infer(_ inputs: [Signature]) throws -> Signature {
        let g = try attributes.checked(inputs[0], inputs[1])
        if inputs.count > 2, inputs[2].shape != [g.outputChannels] {
            throw TensorError(
                .shape,
                "conv2d: the bias has shape \(Shape.text(inputs[2].shape)), the weight has \(g.outputChannels) channels",
                notes: [
                    Shape.text(inputs[0].shape), Shape.text(inputs[1].shape), Shape.text(inputs[2].shape),
                ])
        }
        return Signature([g.batch, g.outputChannels, g.outputHeight, g.outputWidth], .float32)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try ConvolutionOperation.forward(
            attributes, inputs[0], inputs[1], bias: inputs.count > 2 ? inputs[2] : nil, result: result,
            exact: context.exact, precision: precision)
    }

    /// The forward pass, with the epilogue applied while a tile is in cache.
    static func forward(
        _ attributes: ConvolutionAttributes, _ x: TensorData, _ weight: TensorData, bias: TensorData?,
        scale: TensorData? = nil, shift: TensorData? = nil, residual: TensorData? = nil,
        activation: ConvolutionEpilogue.Activation = .none, result: Signature, exact: Bool,
        precision: Precision
    ) throws -> TensorData {
        let g = attributes.geometry(x.shape, weight.shape)
        let input = try x.channelsLast()
        let out = try TensorData(shape: result.shape, dtype: .float32, layout: .channelsLast, for: "conv2d")
        if out.count == 0 { return out }
        let rest = try residual?.channelsLast()
        let method = g.method(exact: exact, precision: precision)
        let packed = try PackedWeights.packed(weight, g, method, transposed: false)
        let epilogue = ConvolutionEpilogue(
            bias: bias.map { UnsafePointer($0.floats) }, scale: scale.map { UnsafePointer($0.floats) },
            shift: shift.map { UnsafePointer($0.floats) }, residual: rest.map { UnsafePointer($0.floats) },
            activation: activation)
        try withExtendedLifetime((packed, bias, scale, shift, rest, input)) {
            try ConvolutionKernels.forward(
                g, method, input: input.floats,
                packedWeight: packed.bytes.assumingMemoryBound(to: Float.self),
                epilogue: epilogue, output: out.floats)
        }
        return out
    }

    func multiplyAdds(_ inputs: [Signature], _ result: Signature) -> Int {
        result.count * (inputs[1].count / max(1, inputs[1].shape[0]))
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        carried[0] && !carried.dropFirst().contains(true)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (x, weight, u) = (g.inputs[0], g.inputs[1], g.upstream)
        var gradients: [Tensor?] = [
            g.needs[0]
                ? try Tensor.make(
                    ConvolutionInputGradient(
                        name: ConvolutionInputGradient.gradient, attributes: attributes, shape: x.shape),
                    [u, weight]) : nil,
            g.needs[1]
                ? try Tensor.make(
                    ConvolutionWeightGradient(attributes: attributes, shape: weight.shape), [x, u]) : nil,
        ]
        if g.inputs.count > 2 {
            gradients.append(g.needs[2] ? try Tensor.reduce(.sum, u, axes: [0, 2, 3]) : nil)
        }
        return gradients
    }
}

/// The gradient of conv2d by its input, from the upstream gradient and the weights; as a layer it is the
/// transposed convolution.
struct ConvolutionInputGradient: Operation {
    static let gradient = "conv2d gradient by the input"

    let name: String
    let attributes: ConvolutionAttributes
    var shape: [Int]

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(shape, .float32) }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try evaluate(inputs, residual: nil, context)
    }

    /// The gradient, to which `residual` is added while it is in cache.
    func evaluate(_ inputs: [TensorData], residual: TensorData?, _ context: EvaluationContext) throws
        -> TensorData
    {
        let g = attributes.geometry(shape, inputs[1].shape)
        let upstream = try inputs[0].channelsLast()
        let rest = try residual?.channelsLast()
        let out = try TensorData(shape: shape, dtype: .float32, layout: .channelsLast, for: name)
        if out.count == 0 { return out }
        let method = g.method(exact: context.exact)
        let packed = try PackedWeights.packed(inputs[1], g, method, transposed: true)
        try withExtendedLifetime((packed, upstream, rest)) {
            try ConvolutionKernels.inputGradient(
                g, method, outputGradient: upstream.floats,
                packedWeight: packed.bytes.assumingMemoryBound(to: Float.self),
                residual: rest.map { UnsafePointer($0.floats) }, inputGradient: out.floats)
        }
        return out
    }

    func multiplyAdds(_ inputs: [Signature], _ result: Signature) -> Int {
        inputs[0].count * (inputs[1].count / max(1, inputs[1].shape[0]))
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        carried[0] && !carried[1]
    }

    func resized(batch: Int) -> any Operation {
        var copy = self
        copy.shape[0] = batch
        return copy
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (u, weight, v) = (g.inputs[0], g.inputs[1], g.upstream)
        return [
            g.needs[0] ? try Tensor.make(ConvolutionOperation(attributes: attributes), [v, weight]) : nil,
            g.needs[1]
                ? try Tensor.make(
                    ConvolutionWeightGradient(attributes: attributes, shape: weight.shape), [v, u]) : nil,
        ]
    }
}

/// The gradient of conv2d by its weights, from the input and the upstream gradient.
struct ConvolutionWeightGradient: Operation {
    var name: String { "conv2d gradient by the weight" }
    let attributes: ConvolutionAttributes
    let shape: [Int]

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(shape, .float32) }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let g = attributes.geometry(inputs[0].shape, shape)
        let (x, upstream) = (try inputs[0].channelsLast(), try inputs[1].channelsLast())
        let out = try TensorData(shape: shape, dtype: .float32, for: name)
        if x.count == 0 {
            Elementwise.fill(out, 0)
            return out
        }
        try withExtendedLifetime((x, upstream)) {
            try ConvolutionKernels.weightGradient(
                g, g.method(exact: context.exact), input: x.floats, outputGradient: upstream.floats,
                weightGradient: out.floats)
        }
        return out
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (x, u, v) = (g.inputs[0], g.inputs[1], g.upstream)
        return [
            g.needs[0]
                ? try Tensor.make(
                    ConvolutionInputGradient(
                        name: ConvolutionInputGradient.gradient, attributes: attributes, shape: x.shape),
                    [u, v]) : nil,
            g.needs[1] ? try Tensor.make(ConvolutionOperation(attributes: attributes), [x, v]) : nil,
        ]
    }
}

/// Weights in the order that the kernels read. Small packed weights are kept, from their second use on, with the storage
/// they were made from until it is written again: a frozen layer does not pack once per sample, and weights that change
/// after each use are not in memory twice.
enum PackedWeights {
    /// The maximum size in bytes of packed weights that are kept. In bfloat16 they are half as large as the weights, and
    /// packing a widely dilated layer takes a fifth of its time.
    private static func largestKept(_ method: ConvolutionMethod) -> Int {
        method == .bfloat16 ? 10 << 20 : 4 << 20
    }

    static func packed(
        _ weight: TensorData, _ g: ConvolutionGeometry, _ method: ConvolutionMethod, transposed: Bool
    ) throws -> Storage {
        let plain = try weight.rowMajor()
        var key = PackedForm(geometry: g, method: method)
        (key.geometry.batch, key.geometry.inputHeight, key.geometry.inputWidth) = (1, 0, 0)
        let mayKeep = !transposed && plain.offset == 0
        let last = mayKeep ? plain.storage.packed(for: key) : (packed: nil, isUsedAgain: false)
        if let kept = last.packed { return kept }
        let count = ConvolutionKernels.packedCount(g, method, transposed: transposed)
        let storage = try Storage(byteCount: count * 4, for: "conv2d")
        ConvolutionKernels.pack(
            g, method, weight: plain.floats, into: storage.bytes.assumingMemoryBound(to: Float.self),
            transposed: transposed)
        try EvaluationContext.checkWhole()
        if last.isUsedAgain, count * 4 <= largestKept(method) {
            plain.storage.keep(storage, for: key)
        }
        return storage
    }
}

/// The layer, without the sizes of its map, and the kernel that packed weights are for.
struct PackedForm: Hashable {
    var geometry: ConvolutionGeometry
    var method: ConvolutionMethod
}

/// The largest stride, dilation, padding or kernel that a layer takes: sums and products of them can be counted.
enum LargestExtent {
    static let value = (1 << 20) - 1

    static func check(_ extents: [(what: String, size: ConvolutionGeometry.Extent)], in name: String) throws {
        for (what, size) in extents where max(size.height, size.width) > value {
            throw TensorError(
                .value, "\(name): \(what) is [\(size.height), \(size.width)], it is at most \(value)")
        }
    }
}
