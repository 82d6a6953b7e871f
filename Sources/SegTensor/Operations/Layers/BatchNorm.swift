// Batch normalisation over the channels of [N, C, H, W]: by running statistics in evaluation, by the batch's
// own in training, with their gradients (Ioffe and Szegedy 2015).

import CKernels
import SegSystem

extension Tensor {
    /// (x - mean) / sqrt(variance + epsilon) · weight + bias, all by channel. `weight` and `bias` are both
    /// given or both absent.
    public static func batchNorm(
        _ x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor? = nil, bias: Tensor? = nil,
        epsilon: Double = 1e-5
    ) throws -> Tensor {
        let operation = BatchNormOperation(epsilon: epsilon, hasAffine: weight != nil || bias != nil)
        let affine = try affine(weight, bias, channels: x.rank > 1 ? x.shape[1] : 0)
        return try make(operation, ([x, mean, variance] + affine).map { try $0.to(.float32) })
    }

    /// As `batchNorm`, by the batch's own mean and variance, which are returned with the result; the variance
    /// is divided by n.
    public static func batchNormTraining(
        _ x: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
    ) throws -> (output: Tensor, mean: Tensor, variance: Tensor) {
        let x = try x.to(.float32)
        let share = EvaluationContext.current.share.flatMap { $0.covers(x.shape[0]) ? $0 : nil }
        let statistics = try make(BatchStatistics(share: share), [x])
        let operation = BatchNormTraining(
            epsilon: epsilon, hasAffine: weight != nil || bias != nil, share: share)
        let affine = try affine(weight, bias, channels: x.shape[1])
        let output = try make(operation, [x, statistics] + affine.map { try $0.to(.float32) })
        return (output, try statistics.get([.at(0)]), try statistics.get([.at(1)]))
    }

    private static func affine(_ weight: Tensor?, _ bias: Tensor?, channels: Int) throws -> [Tensor] {
        if weight == nil, bias == nil { return [] }
        return [try weight ?? ones([channels]), try bias ?? zeros([channels])]
    }

    /// A vector by channel in a shape that broadcasts with [N, C, H, W].
    fileprivate func byChannel() throws -> Tensor { try reshape([count, 1, 1]) }
}

/// Checks vectors by channel against the input.
private func checkChannels(_ inputs: [Signature], names: [String]) throws {
    guard inputs[0].rank == 4 else {
        throw TensorError(
            .shape, "batch_norm: the input must be [N, C, H, W], got \(Shape.text(inputs[0].shape))",
            notes: [Shape.text(inputs[0].shape)])
    }
    for (input, name) in zip(inputs.dropFirst(), names) where input.shape != [inputs[0].shape[1]] {
        throw TensorError(
            .shape,
            "batch_norm: input has \(inputs[0].shape[1]) channels, the \(name) has shape \(Shape.text(input.shape))",
            notes: [Shape.text(inputs[0].shape), Shape.text(input.shape)])
    }
}

/// Scale and shift by channel that are equivalent to statistics and affine part.
func foldedNorm(
    _ mean: UnsafePointer<Float>, _ variance: UnsafePointer<Float>, _ affine: ArraySlice<TensorData>,
    epsilon: Double, channels: Int
) throws -> (scale: TensorData, shift: TensorData) {
    let scale = try TensorData(shape: [channels], dtype: .float32)
    let shift = try TensorData(shape: [channels], dtype: .float32)
    norm_fold_f32(
        mean, variance, affine.first?.floats, affine.last?.floats, Float(epsilon), scale.floats, shift.floats,
        channels)
    return (scale, shift)
}

/// x · scale + shift by channel, written over x if nothing else uses it.
private func scaled(
    _ inputs: inout [TensorData], _ result: Signature, _ scale: TensorData, _ shift: TensorData
) throws -> TensorData {
    let isFree = inputs[0].layout == .channelsLast && inputs.isFree(0, for: result)
    let x = try inputs[0].channelsLast()
    let out =
        isFree ? x : try TensorData(shape: x.shape, dtype: .float32, layout: .channelsLast, for: "batch_norm")
    if x.count > 0 {
        norm_scale_shift_f32(
            x.floats, scale.floats, shift.floats, out.floats, x.count / x.shape[1], x.shape[1])
    }
    return out
}

/// Inputs: x, mean, variance and, if affine, weight and bias.
struct BatchNormOperation: Operation {
    var name: String { "batch_norm" }
    let epsilon: Double
    let hasAffine: Bool

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature {
        try checkChannels(inputs, names: ["mean", "variance", "weight", "bias"])
        return Signature(inputs[0].shape, .float32)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let (scale, shift) = try folded(inputs)
        return try scaled(&inputs, result, scale, shift)
    }

    func folded(_ inputs: [TensorData]) throws -> (scale: TensorData, shift: TensorData) {
        try foldedNorm(
            inputs[1].floats, inputs[2].floats, inputs[3...], epsilon: epsilon, channels: inputs[0].shape[1])
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        carried[0] && !carried.dropFirst().contains(true)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (x, mean, variance, u) = (g.inputs[0], g.inputs[1], g.inputs[2], g.upstream)
        let deviation = try Tensor.apply(.sqrt, variance + epsilon)
        let scale = hasAffine ? try g.inputs[3] / deviation : try Tensor.apply(.reciprocal, deviation)
        var gradients: [Tensor?] = [g.needs[0] ? try u * scale.byChannel() : nil]
        let sum = try Tensor.reduce(.sum, u, axes: [0, 2, 3])
        gradients.append(g.needs[1] ? try -(sum * scale) : nil)
        let isProductNeeded = g.needs[2] || (hasAffine && g.needs[3])
        // The sum of u · (x - mean), without writing the difference.
        let product = isProductNeeded ? try Tensor.reduce(.sum, u * x, axes: [0, 2, 3]) - mean * sum : nil
        gradients.append(
            try product.flatMap { g.needs[2] ? try $0 * scale / (variance + epsilon) * -0.5 : nil })
        if hasAffine {
            gradients.append(try product.flatMap { g.needs[3] ? try $0 / deviation : nil })
            gradients.append(g.needs[4] ? sum : nil)
        }
        return gradients
    }
}

/// Mean (row 0) and variance (row 1, divided by n) by channel; [2, C]. Of a part of a batch, those of the whole.
struct BatchStatistics: Operation {
    var name: String { "batch statistics" }
    var share: BatchShare?

    func infer(_ inputs: [Signature]) throws -> Signature {
        try checkChannels(inputs, names: [])
        let x = inputs[0].shape
        guard x[0] * x[2] * x[3] > 0 else {
            throw TensorError(
                .shape, "batch_norm: cannot average the empty shape \(Shape.text(x))", notes: [Shape.text(x)])
        }
        // A variance of one value is 0, and running statistics divide by n - 1: PyTorch refuses it too.
        guard (share?.total ?? x[0]) * x[2] * x[3] > 1 else {
            throw TensorError(
                .shape,
                "batch_norm in training needs more than one value per channel, \(Shape.text(x)) has one",
                help: "train with batches of two or more pictures, or freeze this layer",
                notes: [Shape.text(x)])
        }
        return Signature([2, x[1]], .float32)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].channelsLast()
        let channels = x.shape[1]
        let out = try TensorData(shape: result.shape, dtype: .float32, for: name)
        let status = norm_statistics_f32(
            x.floats, out.floats, out.floats + channels, x.count / channels, channels)
        try KernelMemory.check(status, for: "batch_norm")
        if let share { try combine(out.floats, channels, share, context) }
        return out
    }

    /// The statistics of all parts from those of each, by sums in float64 of the means and the mean squares.
    private func combine(
        _ own: UnsafeMutablePointer<Float>, _ channels: Int, _ share: BatchShare, _ context: EvaluationContext
    ) throws {
        let sums = try TensorData(shape: [2, channels], dtype: .float64)
        let (means, squares) = (sums.elements(Double.self), sums.elements(Double.self) + channels)
        let part = Double(share.count) / Double(share.total)
        for c in 0..<channels {
            let mean = Double(own[c])
            means[c] = part * mean
            squares[c] = part * (Double(own[channels + c]) + mean * mean)
        }
        try sums.sumOverRanks(.float64, "batch_norm", context)
        for c in 0..<channels {
            own[c] = Float(means[c])
            own[channels + c] = Float(max(squares[c] - means[c] * means[c], 0))
        }
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let x = g.inputs[0]
        let n = Double(x.count / x.shape[1])
        let byMean = try (g.upstream.get([.at(0)]) / n).byChannel()
        let byVariance = try (g.upstream.get([.at(1)]) * (2 / n)).byChannel()
        let mean = try g.result.get([.at(0)]).byChannel()
        return [try (x - mean) * byVariance + byMean]
    }
}

extension TensorData {
    /// Makes the numbers their sums over the ranks.
    fileprivate func sumOverRanks(_ kind: SharedNumbers.Kind, _ what: String, _ context: EvaluationContext)
        throws
    {
        let numbers = SharedNumbers(kind, bytes, count: count)
        try context.communicator.sum(numbers, context.meeting(what)).finish()
    }
}

/// Inputs: x, its statistics and, if affine, weight and bias. The gradient by x includes the path through the
/// statistics; the statistics get no gradient.
struct BatchNormTraining: Operation {
    var name: String { "batch_norm" }
    let epsilon: Double
    let hasAffine: Bool
    var share: BatchShare?

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature {
        try checkChannels([inputs[0]] + inputs.dropFirst(2), names: ["weight", "bias"])
        return Signature(inputs[0].shape, .float32)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let (scale, shift) = try folded(inputs, channels: result.shape[1])
        return try scaled(&inputs, result, scale, shift)
    }

    func folded(_ inputs: [TensorData], channels: Int) throws -> (scale: TensorData, shift: TensorData) {
        try foldedNorm(
            inputs[1].floats, inputs[1].floats + channels, hasAffine ? inputs[2..<4] : [], epsilon: epsilon,
            channels: channels)
    }

    /// Its gradient needs the convolution's result: a layer keeps one map, and not three.
    var recomputation: Recomputation { .always }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let (x, statistics, u) = (g.inputs[0], g.inputs[1], g.upstream)
        let sums = try Tensor.make(BatchNormSums(epsilon: epsilon), [u, x, statistics])
        var gradients: [Tensor?] = [nil, nil]
        if g.needs[0] {
            // The gradient by the input needs the sums over the whole batch; those by weight and bias are summed with
            // all other gradients.
            let whole = try share == nil ? sums : Tensor.make(BatchNormWholeSums(), [sums])
            let inputs = [u, x, statistics, whole] + (hasAffine ? [g.inputs[2]] : [])
            gradients[0] = try Tensor.make(BatchNormInputGradient(epsilon: epsilon, share: share), inputs)
        }
        if hasAffine {
            gradients.append(g.needs[2] ? try sums.get([.at(0)]) : nil)
            gradients.append(g.needs[3] ? try sums.get([.at(1)]) : nil)
        }
        return gradients
    }
}

/// The sums by channel that the backward pass shares: of upstream × normalised input (row 0, the gradient by
/// the weight) and of upstream (row 1, the gradient by the bias).
struct BatchNormSums: Operation {
    var name: String { "batch_norm gradient" }
    let epsilon: Double

    func infer(_ inputs: [Signature]) throws -> Signature { Signature([2, inputs[0].shape[1]], .float32) }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try evaluate(inputs, result, before: nil)
    }

    /// - Parameter follower: the activation after the norm, if the upstream gradient is that by its result.
    func evaluate(_ inputs: [TensorData], _ result: Signature, before follower: NormFollower?) throws
        -> TensorData
    {
        let (u, x) = (try inputs[0].channelsLast(), try inputs[1].channelsLast())
        let channels = x.shape[1]
        let mean = inputs[2].floats
        let inverse = try inverseDeviation(mean + channels, channels, epsilon)
        let out = try TensorData(shape: result.shape, dtype: .float32, for: name)
        let status = NormFollower.with(follower) {
            norm_gradient_sums_f32(
                $0, u.floats, x.floats, mean, inverse.floats, out.floats, out.floats + channels,
                x.count / channels, channels)
        }
        try KernelMemory.check(status, for: name)
        return out
    }
}

/// The activation that follows a norm, and the norm's scale and shift by channel.
struct NormFollower {
    let activation: ConvolutionEpilogue.Activation
    let scale: TensorData
    let shift: TensorData

    /// Gives it to a kernel.
    static func with<R>(_ follower: NormFollower?, _ body: (UnsafePointer<norm_follower>?) -> R) -> R {
        guard let follower else { return body(nil) }
        let kernel = norm_follower(
            activation: follower.activation.rawValue, scale: follower.scale.floats,
            shift: follower.shift.floats)
        return withExtendedLifetime(follower) { withUnsafePointer(to: kernel) { body($0) } }
    }
}

/// The sums of `BatchNormSums` over all parts of a batch.
struct BatchNormWholeSums: Operation {
    var name: String { "batch_norm gradient" }

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(inputs[0].shape, .float32) }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let sums = try TensorData(shape: result.shape, dtype: .float64)
        let out = try TensorData(shape: result.shape, dtype: .float32)
        let (from, to) = (inputs[0].floats, sums.elements(Double.self))
        for place in 0..<sums.count { to[place] = Double(from[place]) }
        try sums.sumOverRanks(.float64, name, context)
        for place in 0..<sums.count { out.floats[place] = Float(to[place]) }
        return out
    }
}

private func inverseDeviation(_ variance: UnsafePointer<Float>, _ channels: Int, _ epsilon: Double) throws
    -> TensorData
{
    let out = try TensorData(shape: [channels], dtype: .float32)
    for c in 0..<channels { out.floats[c] = 1 / (variance[c] + Float(epsilon)).squareRoot() }
    return out
}

/// The gradient by the input: a[c] · upstream + b[c] · x + d[c], from upstream, x, statistics, sums and
/// optionally weight.
struct BatchNormInputGradient: Operation {
    var name: String { "batch_norm gradient" }
    let epsilon: Double
    var share: BatchShare?

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(inputs[1].shape, .float32) }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        try evaluate(&inputs, result, before: nil)
    }

    /// - Parameter follower: the activation after the norm, if the upstream gradient is that by its result.
    func evaluate(_ inputs: inout [TensorData], _ result: Signature, before follower: NormFollower?) throws
        -> TensorData
    {
        let isFree = inputs[0].layout == .channelsLast && inputs.isFree(0, for: result)
        let (u, x) = (try inputs[0].channelsLast(), try inputs[1].channelsLast())
        let channels = x.shape[1]
        let rows = x.count / channels
        // Of the whole batch.
        let all = share.map { rows / $0.samples * $0.total } ?? rows
        let (mean, sums) = (inputs[2].floats, inputs[3].floats)
        let inverse = try inverseDeviation(mean + channels, channels, epsilon)
        let factors = try TensorData(shape: [3, channels], dtype: .float32)
        let (a, b, d) = (factors.floats, factors.floats + channels, factors.floats + 2 * channels)
        // Samples that do not count have no gradient, though the sums of the others are not 0.
        let counts: Float = share?.count == 0 ? 0 : 1
        for c in 0..<channels {
            let scale = counts * (inputs.count > 4 ? inputs[4].floats[c] : 1) * inverse.floats[c]
            let slope = -scale * inverse.floats[c] * sums[c] / Float(all)
            a[c] = scale
            b[c] = slope
            d[c] = -scale * sums[channels + c] / Float(all) - slope * mean[c]
        }
        let out =
            isFree ? u : try TensorData(shape: x.shape, dtype: .float32, layout: .channelsLast, for: name)
        NormFollower.with(follower) {
            norm_input_gradient_f32($0, u.floats, x.floats, a, b, d, out.floats, rows, channels)
        }
        return out
    }
}
