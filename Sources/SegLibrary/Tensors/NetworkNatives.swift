// The functions that layers are built on: convolution, normalisation, pooling, interpolation, softmax and
// losses.

import SegRuntime
import SegSystem
import SegTensor

extension Arguments {
    /// The mode of an interpolation, and whether its corners are aligned in the argument after it.
    fileprivate func mode(_ place: Int) throws -> Tensor.Interpolation {
        let name = try string(place)
        let onCorners = try bool(place + 1)
        switch name {
        case "bilinear": return onCorners ? .bilinearOnCorners : .bilinear
        case "nearest":
            guard !onCorners else {
                throw Failure(.value, "interpolate: align_corners is for mode \"bilinear\", not \"nearest\"")
            }
            return .nearest
        default:
            throw Failure(
                .value, "interpolate has no mode \(quotedText(name))", help: "\"bilinear\" or \"nearest\"")
        }
    }

    /// The borders before and after each of height and width that a convolution gets: numbers, or "valid" or
    /// "same", which depends on the weights; where "same" is odd, the end gets one more.
    fileprivate func borders(_ place: Int, _ weight: Tensor, stride: (Int, Int), dilation: (Int, Int)) throws
        -> [(Int, Int)]
    {
        guard let name = self[place].asString else {
            let widths = try pair(place)
            return [(widths.0, widths.0), (widths.1, widths.1)]
        }
        if name == "valid" { return [(0, 0), (0, 0)] }
        guard name == "same" else {
            throw Failure(
                .value,
                "conv2d: padding is \(quotedText(name)); it is a number, a pair, \"same\" or \"valid\"",
                argument: place)
        }
        guard stride == (1, 1) else {
            throw Failure(
                .value, "conv2d: padding=\"same\" needs stride 1, not [\(stride.0), \(stride.1)]",
                help: "give the padding as a number or a pair", argument: place)
        }
        // What does not fit is for conv2d to say.
        guard weight.rank == 4, [dilation.0, dilation.1].allSatisfy({ $0 > 0 && $0 < 1 << 20 }) else {
            return [(0, 0), (0, 0)]
        }
        return [dilation.0 * max(weight.shape[2] - 1, 0), dilation.1 * max(weight.shape[3] - 1, 0)].map {
            ($0 / 2, $0 - $0 / 2)
        }
    }

    /// The picture of a convolution, and what the convolution itself pads: zeros that are as many before as after.
    fileprivate func bordered(_ x: Tensor, _ borders: [(Int, Int)], mode place: Int) throws
        -> (x: Tensor, padding: (Int, Int))
    {
        let mode = try string(place)
        if mode == "zeros" {
            let odd = borders.map { (0, $0.1 - $0.0) }
            let isEven = odd.allSatisfy { $0.1 == 0 } || x.rank != 4
            return (isEven ? x : try x.pad(odd), (borders[0].0, borders[1].0))
        }
        guard let border = Tensor.Border(rawValue: mode) else {
            throw Failure(
                .value,
                "conv2d: padding_mode is \(quotedText(mode)); it is \"zeros\", \"reflect\", \"replicate\" or \"circular\"",
                argument: place)
        }
        return (x.rank == 4 ? try x.pad(borders, border: border) : x, (0, 0))
    }
}

let networkNatives: [Native] = [
    Native(
        "conv2d(x, weight, bias=nil, stride=1, padding=0, dilation=1, groups=1, padding_mode=\"zeros\")",
        "The 2-D convolution of x [N, C, H, W] with weight [O, C / groups, h, w]; numbers or pairs, as in "
            + "PyTorch. padding=\"same\" keeps the picture's size at stride 1, \"valid\" pads nothing; "
            + "`padding_mode` \"reflect\", \"replicate\" or \"circular\" pads by the picture's own pixels.",
        examples: [
            "print(conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2)))  # expect: tensor([[[[4, 4], [4, 4]]]])",
            "print(conv2d(ones(1, 1, 3, 4), ones(1, 1, 2, 5), padding=\"same\").shape)  # expect: [1, 1, 3, 4]",
        ]
    ) { call in
        let (stride, dilation, weight) = (try call.pair(3), try call.pair(5), try call.tensor(1))
        let borders = try call.borders(4, weight, stride: stride, dilation: dilation)
        let (x, padding) = try call.bordered(try call.tensor(0), borders, mode: 7)
        let bias = try call.optionalTensor(2)
        return .tensor(
            try Tensor.conv2d(
                x, weight, bias: bias, stride: stride, padding: padding, dilation: dilation,
                groups: try call.integer(6), precision: call.interpreter.precision(with: [x, weight])))
    },
    Native(
        "conv_transpose2d(x, weight, bias=nil, stride=1, padding=0, output_padding=0, groups=1, dilation=1)",
        "The transposed 2-D convolution of x [N, C, H, W] with weight [C, O / groups, h, w]. It enlarges a "
            + "picture `stride` times; sizes are numbers or pairs, as in PyTorch. `output_padding` adds rows "
            + "and columns at the end, fewer than the stride or the dilation.",
        examples: [
            "print(conv_transpose2d(tensor([[[[1, 2]]]]), ones(1, 1, 2, 2), stride=2))"
                + "  # expect: tensor([[[[1, 1, 2, 2], [1, 1, 2, 2]]]])"
        ]
    ) { call in
        .tensor(
            try Tensor.convTranspose2d(
                try call.tensor(0), try call.tensor(1), bias: try call.optionalTensor(2),
                stride: try call.pair(3), padding: try call.pair(4), outputPadding: try call.pair(5),
                groups: try call.integer(6), dilation: try call.pair(7)))
    },
    Native(
        "batch_norm(x, running_mean, running_var, weight=nil, bias=nil, training=false, momentum=0.1, eps=1e-5)",
        "Each channel of x [N, C, H, W] normalised by the running mean and variance, then scaled and "
            + "shifted. With `training=true` the mean and variance are the batch's own.",
        examples: [
            "print(batch_norm(ones(1, 1, 1, 1), tensor([1]), tensor([4])))  # expect: tensor([[[[0]]]])"
        ]
    ) { call in
        let x = try call.tensor(0)
        let weight = try call.optionalTensor(3)
        let bias = try call.optionalTensor(4)
        let epsilon = try call.number(7)
        if try call.bool(5) {
            return .tensor(
                try Tensor.batchNormTraining(x, weight: weight, bias: bias, epsilon: epsilon).output)
        }
        return .tensor(
            try Tensor.batchNorm(
                x, mean: try call.tensor(1), variance: try call.tensor(2), weight: weight, bias: bias,
                epsilon: epsilon))
    },
    Native(
        "batch_norm_training(x, weight=nil, bias=nil, eps=1e-5)",
        "Each channel normalised by the batch's own mean and variance. Returns a list of the result, the "
            + "mean and the variance (divided by n). Each channel needs more than one value.",
        examples: [
            "y, m, v = batch_norm_training(tensor([[[[1, 3]]]]))\nprint(m, v)  # expect: tensor([2]) tensor([1])"
        ]
    ) { call in
        let result = try Tensor.batchNormTraining(
            try call.tensor(0), weight: try call.optionalTensor(1), bias: try call.optionalTensor(2),
            epsilon: try call.number(3))
        return .list([.tensor(result.output), .tensor(result.mean), .tensor(result.variance)])
    },
    Native(
        "max_pool2d(x, kernel_size, stride=nil, padding=0, dilation=1, ceil_mode=false)",
        "The largest value in each window of x [N, C, H, W]; the stride is by default the window's size. With "
            + "`ceil_mode=true` windows that reach beyond the last row or column count too.",
        examples: ["print(max_pool2d(tensor([[[[1, 2], [3, 4]]]]), 2))  # expect: tensor([[[[4]]]])"]
    ) { call in
        .tensor(
            try Tensor.maxPool2d(
                try call.tensor(0), kernel: try call.pair(1), stride: try call.optionalPair(2),
                padding: try call.pair(3), dilation: try call.pair(4), ceilMode: try call.bool(5)))
    },
    Native(
        "avg_pool2d(x, kernel_size, stride=nil, padding=0, ceil_mode=false, count_include_pad=true)",
        "The mean of each window of x [N, C, H, W]. `ceil_mode` is that of max_pool2d; padding counts as zeros, "
            + "or with `count_include_pad=false` not at all.",
        examples: ["print(avg_pool2d(tensor([[[[1, 2], [3, 6]]]]), 2))  # expect: tensor([[[[3]]]])"]
    ) { call in
        .tensor(
            try Tensor.avgPool2d(
                try call.tensor(0), kernel: try call.pair(1), stride: try call.optionalPair(2),
                padding: try call.pair(3), ceilMode: try call.bool(4), countIncludePad: try call.bool(5)))
    },
    Native(
        "adaptive_avg_pool2d(x, size)", "Means over a grid of `size` windows that cover x [N, C, H, W].",
        examples: ["print(adaptive_avg_pool2d(tensor([[[[1, 3]]]]), 1))  # expect: tensor([[[[2]]]])"]
    ) { call in .tensor(try Tensor.adaptiveAvgPool2d(try call.tensor(0), size: try call.pair(1))) },
    Native(
        "interpolate(x, size=nil, scale=nil, mode=\"bilinear\", align_corners=false)",
        "x [N, C, H, W] brought to `size`, or to `scale` times its own, as by PyTorch's interpolate. Each is "
            + "a number or [height, width]. Mode "
            + "\"nearest\" takes the nearest pixel. With `align_corners=true` the centres of the corner pixels "
            + "stay in place.",
        examples: [
            "print(interpolate(tensor([[[[0, 4]]]]), size=[1, 4]))  # expect: tensor([[[[0, 1, 3, 4]]]])",
            "print(interpolate(tensor([[[[0, 4]]]]), size=[1, 5], align_corners=true))"
                + "  # expect: tensor([[[[0, 1, 2, 3, 4]]]])",
        ]
    ) { call in
        let x = try call.tensor(0)
        let mode = try call.mode(3)
        guard call.isNil(1) != call.isNil(2) else {
            throw Failure(.call, "interpolate takes size= or scale=, one of them")
        }
        if let size = try call.optionalPair(1) {
            return .tensor(try Tensor.interpolate(x, size: size, mode: mode))
        }
        return .tensor(try Tensor.interpolate(x, scale: try call.pairOfNumbers(2), mode: mode))
    },
    Native(
        "softmax(x, axis=-1)", "exp(x) / sum(exp(x)) along an axis.",
        examples: ["print(softmax(tensor([0, 0])))  # expect: tensor([0.5, 0.5])"]
    ) { call in .tensor(try Tensor.softmax(try call.tensor(0), axis: try call.integer(1))) },
    Native(
        "log_softmax(x, axis=-1)", "The logarithm of softmax, numerically stable.",
        examples: ["print(log_softmax(tensor([0])))  # expect: tensor([0])"]
    ) { call in .tensor(try Tensor.logSoftmax(try call.tensor(0), axis: try call.integer(1))) },
    Native(
        "nll_loss(log_probabilities, masks, weights=nil, ignore=nil, smoothing=0, reduction=\"mean\")",
        "The mean over pixels of -log p of the true class. With class weights it is divided by the sum of "
            + "the weights, as in PyTorch. 255 is void: these pixels do not count, nor those of `ignore`, a "
            + "class or a list of classes, by number, or by name if the masks have class names. The mean over "
            + "no pixel is 0. `reduction` is \"mean\", \"sum\" or \"none\", which keeps the loss of each "
            + "pixel, 0 where it does not count.",
        examples: [
            "print(nll_loss(log_softmax(zeros(1, 4), axis=1), tensor([2], int64)))  # expect: 1.3862944",
            "print(nll_loss(log_softmax(zeros(2, 4), axis=1), tensor([2, 0], int64), ignore=0, reduction=\"none\"))"
                + "  # expect: tensor([1.3862944, 0])",
        ]
    ) { call in
        let wanted = try call.string(5)
        guard let reduction = Tensor.LossReduction(rawValue: wanted) else {
            throw Failure(
                .value, "reduction is \"mean\", \"sum\" or \"none\", not \(quotedText(wanted))", argument: 5)
        }
        let (masks, ignore) = try call.masks(ignoring: 3)
        _ = try call.checkedClassNames()
        if let weighted = try call.optionalTensor(2)?.labels[0], let known = call.categories(1) {
            try AxisLabels.check(
                weighted.names, of: "the class weights", against: known.names, of: "the masks")
        }
        return .tensor(
            try Tensor.nllLoss(
                try call.tensor(0), masks, weight: try call.optionalTensor(2), ignoreIndex: ignore,
                smoothing: try call.number(4), reduction: reduction))
    },
    Native(
        "dropout(x, p=0.5, training=true)", "Each element 0 with probability p, the others divided by 1 - p.",
        examples: ["print(dropout(ones(2), 0))  # expect: tensor([1, 1])"]
    ) { call in
        let p = try call.number(1)
        let x = try call.tensor(0)
        guard try call.bool(2), p != 0 else { return .tensor(x) }
        return .tensor(try Tensor.dropout(x, p: p, key: call.interpreter.random.stream.next()))
    },
]
