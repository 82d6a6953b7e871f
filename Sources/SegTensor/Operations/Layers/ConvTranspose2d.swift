// conv_transpose2d: the shape rule and its messages. The work is that of conv2d's gradient by its input: the
// result is the picture from which a convolution with the same weights makes the input's sizes.

import SegSystem

extension Tensor {
    /// The transposed convolution of `[N, C, H, W]` by `[C, O / groups, kh, kw]`, in float32.
    public static func convTranspose2d(
        _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: (Int, Int) = (1, 1),
        padding: (Int, Int) = (0, 0), outputPadding: (Int, Int) = (0, 0), groups: Int = 1,
        dilation: (Int, Int) = (1, 1)
    ) throws -> Tensor {
        let attributes = ConvolutionAttributes(
            stride: .init(stride.0, stride.1), padding: .init(padding.0, padding.1),
            dilation: .init(dilation.0, dilation.1), groups: groups)
        let shape = try transposedShape(
            x.signature, weight.signature, bias?.signature, attributes,
            .init(outputPadding.0, outputPadding.1))
        let operation = ConvolutionInputGradient(
            name: "conv_transpose2d", attributes: attributes, shape: shape)
        // A stride of output padding, or more, is as many rows of zeros at the input's end.
        let rows = (outputPadding.0 / stride.0, outputPadding.1 / stride.1)
        let input = rows == (0, 0) ? x : try x.pad([(0, 0), (0, 0), (0, rows.0), (0, rows.1)])
        let result = try make(operation, [input.to(.float32), weight.to(.float32)])
        guard let bias else { return result }
        return try result + bias.to(.float32).reshape([1, shape[1], 1, 1])
    }

    /// The result's shape, for inputs that fit each other.
    private static func transposedShape(
        _ x: Signature, _ weight: Signature, _ bias: Signature?, _ a: ConvolutionAttributes,
        _ extra: ConvolutionGeometry.Extent
    ) throws -> [Int] {
        let notes = [Shape.text(x.shape), Shape.text(weight.shape)]
        guard x.rank == 4 else {
            throw TensorError(
                .shape, "conv_transpose2d: the input must be [N, C, H, W], got \(notes[0])",
                help: x.rank == 3
                    ? "a batch of one is \([1] + x.shape): unsqueeze(x, 0) makes it" : nil, notes: notes)
        }
        guard weight.rank == 4, !weight.shape.contains(0) else {
            throw TensorError(
                .shape,
                "conv_transpose2d: the weight must be [C, O / groups, height, width], got \(notes[1])",
                notes: notes)
        }
        guard weight.shape[0] == x.shape[1] else {
            throw TensorError(
                .shape,
                "conv_transpose2d: input has \(x.shape[1]) channels, weight expects \(weight.shape[0])",
                help: weight.shape[1] == x.shape[1]
                    ? "the input's channels are the first axis of this weight, the second one of conv2d's"
                    : nil,
                notes: notes)
        }
        guard a.groups > 0, a.groups < 1 << 20, x.shape[1] % a.groups == 0 else {
            throw TensorError(
                .shape,
                "conv_transpose2d: \(x.shape[1]) input channels do not divide into \(a.groups) groups",
                notes: notes)
        }
        try a.checkSizes(in: "conv_transpose2d")
        guard extra.height >= 0, extra.width >= 0, extra.height < max(a.stride.height, a.dilation.height),
            extra.width < max(a.stride.width, a.dilation.width)
        else {
            throw TensorError(
                .value,
                "conv_transpose2d: output_padding is [\(extra.height), \(extra.width)]; it is from 0 to below the stride, [\(a.stride.height), \(a.stride.width)], or the dilation, [\(a.dilation.height), \(a.dilation.width)]"
            )
        }
        // Sizes that overflow belong to no tensor with elements.
        guard (x.shape + weight.shape).allSatisfy({ $0 < 1 << 40 }) else {
            throw TensorError(.memory, "conv_transpose2d: the result would not fit into any memory")
        }
        let channels = weight.shape[1] * a.groups
        if let bias, bias.shape != [channels] {
            throw TensorError(
                .shape,
                "conv_transpose2d: the bias has shape \(Shape.text(bias.shape)), the result has \(channels) channels",
                notes: notes + [Shape.text(bias.shape)])
        }
        func size(_ n: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ kernel: Int, _ extra: Int)
            -> Int
        {
            n == 0 ? 0 : (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1
        }
        let height = size(
            x.shape[2], a.stride.height, a.padding.height, a.dilation.height, weight.shape[2], extra.height)
        let width = size(
            x.shape[3], a.stride.width, a.padding.width, a.dilation.width, weight.shape[3], extra.width)
        guard height > 0, width > 0 else {
            throw TensorError(
                .shape,
                "conv_transpose2d: a picture of \(sizeText(height: x.shape[2], width: x.shape[3])) with padding [\(a.padding.height), \(a.padding.width)] leaves no pixel",
                notes: notes)
        }
        return [x.shape[0], channels, height, width]
    }
}
