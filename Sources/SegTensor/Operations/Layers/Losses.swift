// The negative log-likelihood of classes, cross-entropy and confusion matrices. The fused form (upsampling,
// softmax, loss and confusion in one pass) is in SegmentationFusion; it is equal to these separate steps.

import CKernels
import SegSystem

extension Tensor {
    /// How losses by pixel become one number.
    public enum LossReduction: String, Sendable, Encodable {
        /// Their weighted mean: the sum divided by the sum of the weights of the pixels' classes.
        case mean
        case sum
        /// No reduction.
        case none

        /// The loss of a sum over pixels and the sum of their weights.
        func applied(to sum: Double, weight: Double) -> Double {
            if self == .sum { return sum }
            return weight > 0 ? sum / weight : 0
        }
    }

    /// The label of pixels that do not count in any loss, metric or count.
    public static let voidLabel = 255

    /// - weight[t] · logProbabilities[n, t, …] at the target classes t, in float32; pixels of `ignoreIndex`
    ///   and of `voidLabel` do not count, and the mean over no pixel is 0. `smoothing` spreads that share of the target evenly over the classes.
    public static func nllLoss(
        _ logProbabilities: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int? = nil,
        smoothing: Double = 0, reduction: LossReduction = .mean
    ) throws -> Tensor {
        let operation = NLLLossOperation(
            ignore: ignoreIndex ?? .min, smoothing: smoothing, reduction: reduction)
        if let weight {
            try check(weight, classes: logProbabilities.rank > 1 ? logProbabilities.shape[1] : 0)
        }
        let inputs =
            try [logProbabilities.to(.float32), target] + (weight.map { [try $0.to(.float32)] } ?? [])
        return try make(operation, inputs)
    }

    private static func check(_ weight: Tensor, classes: Int) throws {
        guard weight.shape == [classes] else {
            throw TensorError(
                .shape,
                "the class weights have shape \(Shape.text(weight.shape)), the logits have \(plural(classes, "class"))",
                help: "give one weight per class", notes: [Shape.text(weight.shape)])
        }
        let values = try weight.doubles()
        for (index, value) in values.enumerated() where !(value >= 0) || value == .infinity {
            let name = weight.labels[0].map { " (\($0.names[index]))" } ?? ""
            throw TensorError(
                .value, "the weight of class \(index)\(name) is \(text(of: value))",
                help: "class weights must be numbers of at least 0")
        }
        guard values.contains(where: { $0 > 0 }) || values.isEmpty else {
            throw TensorError(.value, "all class weights are 0")
        }
    }

    /// How often class j was predicted where i is the truth: int64, `[classes, classes]`, rows are the truth;
    /// with `isPerSample` a matrix for each entry of the first axis.
    public static func confusion(
        _ predictions: Tensor, _ target: Tensor, classes: Int, ignoreIndex: Int? = nil,
        isPerSample: Bool = false
    ) throws -> Tensor {
        try make(
            ConfusionOperation(classes: classes, ignore: ignoreIndex ?? .min, isPerSample: isPerSample),
            [predictions, target])
    }
}

/// The error for labels that are no classes; in a mask `ignore` and the void label are accepted.
func checkLabels(
    _ target: TensorData, classes: Int, ignore: Int, void: Int = Tensor.voidLabel,
    _ what: String
) throws {
    let place = segmentation_bad_label(target.bytes, target.dtype.kind, target.count, classes, ignore, void)
    guard place < 0 else {
        throw TensorError(
            .value,
            "\(what) holds class \(Tensor.text(of: target.number(at: place))), but there are \(classes) classes (0...\(classes - 1))",
            help: "255 is void; ignore=… leaves a class out; a mask's palette may not fit the model")
    }
}

/// Inputs: log-probabilities [N, C, …], classes [N, …] and perhaps weights [C].
struct NLLLossOperation: Operation {
    var name: String { "nll_loss" }
    let ignore: Int
    let smoothing: Double
    let reduction: Tensor.LossReduction

    func infer(_ inputs: [Signature]) throws -> Signature {
        let (x, target) = (inputs[0], inputs[1])
        let notes = [Shape.text(x.shape), Shape.text(target.shape)]
        guard x.rank >= 2, x.shape[1] > 0 else {
            throw TensorError(
                .shape, "nll_loss: the input must be [N, classes, …], got \(notes[0])", notes: notes)
        }
        guard target.shape == [x.shape[0]] + x.shape[2...] else {
            throw TensorError(
                .shape,
                "the masks have shape \(notes[1]), the logits \(notes[0]): a mask must have the logits' shape without the class axis",
                notes: notes)
        }
        guard target.dtype.isInteger else {
            throw TensorError(
                .type, "masks must hold whole numbers (classes), got \(target.dtype.rawValue)",
                notes: notes)
        }
        guard smoothing >= 0, smoothing < 1 else {
            throw TensorError(
                .value, "label smoothing is \(Tensor.text(of: smoothing)), it must be in 0..<1")
        }
        return Signature(reduction == .none ? target.shape : [], .float32)
    }

    /// Log-probabilities with the classes last in memory, and the checked target.
    private func arranged(_ inputs: [TensorData]) throws -> (x: TensorData, target: TensorData, pixels: Int) {
        let (x, _) = try SoftmaxOperation.arranged(inputs[0], 1)
        let target = try inputs[1].rowMajor()
        try checkLabels(target, classes: inputs[0].shape[1], ignore: ignore, "the mask")
        return (x, try target.converted(to: .int64), target.count / max(target.shape[0], 1))
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let classes = inputs[0].shape[1]
        let weights = inputs.count > 2 ? inputs[2] : nil
        let (x, target, pixels) = try arranged(inputs)
        let batch = target.shape[0]
        let each = try TensorData(shape: target.shape, dtype: .float32, for: name)
        let sums = try TensorData(shape: [2, batch], dtype: .float64)
        let (values, labels, w) = (x.floats, target.elements(Int64.self), weights?.floats)
        let (out, losses) = (each.floats, sums.elements(Double.self))
        let (keep, spread) = (1 - smoothing, smoothing / Double(classes))
        Parallel.run(batch) { n in
            var loss = 0.0
            var weight = 0.0
            for p in n * pixels..<(n + 1) * pixels {
                let label = Int(labels[p])
                if label == ignore || !(0..<classes ~= label) {
                    out[p] = 0
                    continue
                }
                let own = Double(w?[label] ?? 1)
                var value = -keep * own * Double(values[p * classes + label])
                if spread > 0 {
                    for c in 0..<classes {
                        value -= spread * Double(w?[c] ?? 1) * Double(values[p * classes + c])
                    }
                }
                out[p] = Float(value)
                loss += value
                weight += own
            }
            losses[n] = loss
            losses[batch + n] = weight
        }
        withExtendedLifetime((x, target, weights)) {}
        if reduction == .none { return each }
        var loss = 0.0
        var weight = 0.0
        for n in 0..<batch {
            loss += losses[n]
            weight += losses[batch + n]
        }
        return try Elementwise.constant(reduction.applied(to: loss, weight: weight), .float32)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        if g.inputs.count > 2, g.needs[2] {
            throw TensorError(.type, "nll_loss has no gradient by its class weights")
        }
        let operation = NLLLossGradient(
            ignore: ignore, smoothing: smoothing, reduction: reduction, shape: g.inputs[0].shape)
        return [try Tensor.make(operation, [g.upstream] + g.inputs.dropFirst()), nil]
            + g.inputs.dropFirst(2).map { _ in nil }
    }
}

/// Inputs: upstream gradient, classes and perhaps weights.
struct NLLLossGradient: Operation {
    var name: String { "nll_loss gradient" }
    let ignore: Int
    let smoothing: Double
    let reduction: Tensor.LossReduction
    let shape: [Int]

    private func isCounted(_ label: Int64) -> Bool { label != ignore && 0..<Int64(shape[1]) ~= label }

    func infer(_ inputs: [Signature]) throws -> Signature { Signature(shape, .float32) }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let classes = shape[1]
        let target = try inputs[1].rowMajor().converted(to: .int64)
        let weights = inputs.count > 2 ? inputs[2] : nil
        let (labels, w) = (target.elements(Int64.self), weights?.floats)
        // Classes last in memory, as the softmax below needs them.
        let out = try TensorData(
            shape: shape.count == 4 ? shape : [shape[0]] + shape[2...] + [classes], dtype: .float32,
            layout: .channelsLast, for: name)
        Elementwise.fill(out, 0)
        let upstream = try inputs[0].rowMajor().floats
        var factor = Double(upstream[0])
        if reduction == .mean {
            var total = 0.0
            for p in 0..<target.count where isCounted(labels[p]) {
                total += Double(w?[Int(labels[p])] ?? 1)
            }
            factor = total > 0 ? factor / total : 0
        }
        let (keep, spread) = (1 - smoothing, smoothing / Double(classes))
        let rows = out.floats
        Elementwise.blocks(target.count) { start, n in
            for p in start..<start + n where isCounted(labels[p]) {
                let label = Int(labels[p])
                let u = reduction == .none ? Double(upstream[p]) : factor
                if spread > 0 {
                    for c in 0..<classes { rows[p * classes + c] = Float(-u * spread * Double(w?[c] ?? 1)) }
                }
                rows[p * classes + label] -= Float(u * keep * Double(w?[label] ?? 1))
            }
        }
        withExtendedLifetime((target, weights, inputs[0])) {}
        if shape.count == 4 { return out }
        let rank = shape.count
        return try SoftmaxOperation.permuted(out, [0, rank - 1] + Array(1..<rank - 1))
    }
}

/// Inputs: predicted and true classes of one shape.
struct ConfusionOperation: Operation {
    var name: String { "confusion" }
    let classes: Int
    let ignore: Int
    let isPerSample: Bool

    func infer(_ inputs: [Signature]) throws -> Signature {
        let notes = inputs.map { Shape.text($0.shape) }
        guard classes > 0 else { throw TensorError(.value, "confusion: \(classes) classes") }
        guard inputs[0].shape == inputs[1].shape else {
            throw TensorError(
                .shape, "confusion: the predictions have shape \(notes[0]), the masks \(notes[1])",
                help: "predictions are classes, e.g. argmax(logits, axis=1)", notes: notes)
        }
        for input in inputs where !input.dtype.isInteger {
            throw TensorError(
                .type, "confusion needs whole numbers (classes), got \(input.dtype.rawValue)",
                notes: notes)
        }
        guard !isPerSample || inputs[0].rank > 0 else {
            throw TensorError(.shape, "confusion: a matrix per picture needs masks [N, H, W]", notes: notes)
        }
        return Signature((isPerSample ? [inputs[0].shape[0]] : []) + [classes, classes], .int64)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let (predictions, target) = (try inputs[0].rowMajor(), try inputs[1].rowMajor())
        try checkLabels(target, classes: classes, ignore: ignore, "the mask")
        try checkLabels(predictions, classes: classes, ignore: .min, void: .min, "the prediction")
        let out = try TensorData(shape: result.shape, dtype: .int64, for: name)
        Elementwise.fill(out, 0)
        let samples = isPerSample ? target.shape[0] : 1
        let pixels = target.count / max(samples, 1)
        for sample in 0..<samples {
            segmentation_confusion(
                predictions.bytes + sample * pixels * predictions.dtype.size, predictions.dtype.kind,
                target.bytes + sample * pixels * target.dtype.size, target.dtype.kind, pixels, classes,
                ignore,
                out.elements() + sample * classes * classes)
        }
        return out
    }
}
