// Upsampling, softmax, cross-entropy and confusion in one pass over the rows of the full-size picture,
// forward and backward: the nodes around one upsampling share a job, and the first that is evaluated computes
// what all of them need. No full-size logits, no full-size gradient.

import CKernels
import Synchronization

enum SegmentationFusion {
    /// Adds the groups that depend on logits: an interpolation, or a log-softmax without a preceding
    /// interpolation.
    static func add(_ node: Node, _ graph: PendingGraph, _ plan: inout FusionPlan) {
        guard node.signature.rank == 4, let step = graph.steps[node.id], !plan.absorbed.contains(node.id)
        else {
            return
        }
        if let interpolation = step.operation as? InterpolateOperation {
            guard interpolation.isPlainBilinear, step.inputs[0].signature.dtype == .float32,
                step.inputs[0].signature.rank == 4, !graph.roots.contains(node.id)
            else { return }
            group(full: node, logits: step.inputs[0], isResized: true, graph, &plan)
        } else if let softmax = step.operation as? SoftmaxOperation, softmax.logarithm, softmax.axis == 1 {
            let below = graph.steps[step.inputs[0].id]?.operation as? InterpolateOperation
            if below?.isPlainBilinear != true {
                group(full: step.inputs[0], logits: step.inputs[0], isResized: false, graph, &plan)
            }
        }
    }

    /// The nodes that depend on full-size logits, if all of them can be fused.
    private static func group(
        full: Node, logits: Node, isResized: Bool, _ graph: PendingGraph, _ plan: inout FusionPlan
    ) {
        var found = Found()
        for user in graph.users[full.id] ?? [] {
            guard let operation = graph.steps[user.id]?.operation else { return }
            if let softmax = operation as? SoftmaxOperation, softmax.logarithm, softmax.axis == 1 {
                guard found.addLoss(user, full, isResized, graph) else { return }
            } else if let arg = operation as? ArgOperation, !arg.minimum, arg.axis == 1 {
                if isResized { found.addPrediction(user, arg, full, graph) }
            } else if isResized {
                return
            }
        }
        if found.isEmpty { return }
        found.enter(full, logits, isResized, &plan)
    }

    /// The nodes of one group by their kind.
    private struct Found {
        /// Losses of one target and one set of weights.
        struct Loss {
            var operation: NLLLossOperation
            var inputs: [Node]
            var values: [Node] = []
            var gradients: [(node: Node, upstream: Node, reduction: Tensor.LossReduction)] = []
        }

        var losses: [Loss] = []
        var predictions: [Node] = []
        var confusions: [(node: Node, target: Node, operation: ConfusionOperation)] = []
        var absorbed: [UInt64] = []
        var isEmpty: Bool { losses.isEmpty && predictions.isEmpty && confusions.isEmpty }

        private mutating func loss(_ operation: NLLLossOperation, _ inputs: [Node]) -> Int {
            if let place = losses.firstIndex(where: { loss in
                loss.operation.ignore == operation.ignore && loss.operation.smoothing == operation.smoothing
                    && loss.inputs.map(\.id) == inputs.map(\.id)
            }) {
                return place
            }
            losses.append(Loss(operation: operation, inputs: inputs))
            return losses.count - 1
        }

        /// The consumers of a log-softmax; false if one of them is not a loss or its gradient.
        mutating func addLoss(_ softmax: Node, _ full: Node, _ isResized: Bool, _ graph: PendingGraph) -> Bool
        {
            guard !graph.roots.contains(softmax.id), !softmax.isTracked else { return false }
            for user in graph.users[softmax.id] ?? [] {
                guard let step = graph.steps[user.id] else { return false }
                if let nll = step.operation as? NLLLossOperation, nll.reduction != .none {
                    losses[loss(nll, Array(step.inputs.dropFirst()))].values.append(user)
                } else if step.operation is SoftmaxGradient, step.inputs[1] === softmax,
                    step.inputs[0] !== softmax
                {
                    guard addGradient(user, step.inputs[0], isResized, graph) else { return false }
                } else {
                    return false
                }
            }
            absorbed.append(softmax.id)
            if isResized { absorbed.append(full.id) }
            return true
        }

        /// Loss gradient → softmax gradient → (interpolation gradient).
        private mutating func addGradient(
            _ softmax: Node, _ nll: Node, _ isResized: Bool, _ graph: PendingGraph
        ) -> Bool {
            guard let step = graph.steps[nll.id], let operation = step.operation as? NLLLossGradient,
                operation.reduction != .none, graph.onlyUser(of: nll) === softmax
            else { return false }
            var last = softmax
            if isResized {
                guard let user = graph.onlyUser(of: softmax),
                    let gradient = graph.steps[user.id]?.operation as? InterpolateGradient,
                    gradient.isPlainBilinear
                else { return false }
                absorbed.append(softmax.id)
                last = user
            }
            absorbed.append(nll.id)
            let like = NLLLossOperation(
                ignore: operation.ignore, smoothing: operation.smoothing, reduction: operation.reduction)
            let place = loss(like, Array(step.inputs.dropFirst()))
            losses[place].gradients.append((last, step.inputs[0], operation.reduction))
            return true
        }

        mutating func addPrediction(_ node: Node, _ arg: ArgOperation, _ full: Node, _ graph: PendingGraph) {
            absorbed.append(full.id)
            if !arg.keepdims, let user = graph.onlyUser(of: node), let step = graph.steps[user.id],
                let confusion = step.operation as? ConfusionOperation, step.inputs[0] === node,
                step.inputs[1] !== node
            {
                confusions.append((user, step.inputs[1], confusion))
                absorbed.append(node.id)
            } else {
                predictions.append(node)
            }
        }

        /// One job per loss; predictions join the first job, confusions the job with the same target.
        func enter(_ full: Node, _ logits: Node, _ isResized: Bool, _ plan: inout FusionPlan) {
            let size = (full.signature.shape[2], full.signature.shape[3])
            let classes = full.signature.shape[1]
            var jobs: [SegmentationJob] = losses.map { loss in
                SegmentationJob(
                    size: size, classes: classes, logits: logits, target: loss.inputs[0],
                    weights: loss.inputs.count > 1 ? loss.inputs[1] : nil, ignore: loss.operation.ignore,
                    smoothing: loss.operation.smoothing)
            }
            for (job, loss) in zip(jobs, losses) {
                for node in loss.values {
                    guard let nll = node.operation as? NLLLossOperation else { continue }
                    job.requests.insert(.loss)
                    plan.steps[node.id] = FusedStep(
                        operation: SegmentationStep(job: job, result: .loss(nll.reduction)),
                        inputs: [logits] + loss.inputs)
                }
                for gradient in loss.gradients {
                    job.requests.insert(.gradient)
                    plan.steps[gradient.node.id] = FusedStep(
                        operation: SegmentationStep(job: job, result: .gradient(gradient.reduction)),
                        inputs: [logits] + loss.inputs + [gradient.upstream])
                }
            }
            for (node, target, confusion) in confusions where confusion.classes == classes {
                let place = jobs.firstIndex {
                    $0.target === target && $0.ignore == confusion.ignore
                        && (!$0.requests.contains(.confusion) || $0.isPerSample == confusion.isPerSample)
                }
                if place == nil {
                    jobs.append(
                        SegmentationJob(
                            size: size, classes: classes, logits: logits, target: target, weights: nil,
                            ignore: confusion.ignore, smoothing: 0))
                }
                let job = jobs[place ?? jobs.count - 1]
                job.requests.insert(.confusion)
                job.isPerSample = confusion.isPerSample
                plan.steps[node.id] = FusedStep(
                    operation: SegmentationStep(job: job, result: .confusion), inputs: [logits, target])
            }
            for node in predictions {
                if jobs.isEmpty {
                    jobs.append(
                        SegmentationJob(
                            size: size, classes: classes, logits: logits, target: nil, weights: nil,
                            ignore: .min,
                            smoothing: 0))
                }
                jobs[0].requests.insert(.predictions)
                plan.steps[node.id] = FusedStep(
                    operation: SegmentationStep(job: jobs[0], result: .predictions), inputs: [logits])
            }
            let isWhole = confusions.allSatisfy { $0.operation.classes == classes }
            plan.absorbed.formUnion(isWhole ? absorbed : [])
            if !isWhole { for entry in confusions { plan.steps[entry.node.id] = nil } }
        }
    }
}

/// The results of one pass over the rows, shared by the nodes that need them.
final class SegmentationJob: @unchecked Sendable {
    struct Requests: OptionSet {
        let rawValue: Int
        static let loss = Requests(rawValue: 1)
        static let gradient = Requests(rawValue: 2)
        static let confusion = Requests(rawValue: 4)
        static let predictions = Requests(rawValue: 8)
    }

    let size: (height: Int, width: Int)
    let classes: Int
    private let logits: Node
    let target: Node?
    private let weights: Node?
    let ignore: Int
    private let smoothing: Double
    /// Changed only while the plan is made.
    var requests: Requests = []
    /// Whether there is a confusion matrix per sample. Changed only while the plan is made.
    var isPerSample = false

    private struct Results {
        var loss: Double?
        var weight = 0.0
        var gradient: TensorData?
        var confusion: TensorData?
        var predictions: TensorData?
    }
    private var results = Results()

    init(
        size: (Int, Int), classes: Int, logits: Node, target: Node?, weights: Node?, ignore: Int,
        smoothing: Double
    ) {
        self.size = size
        self.classes = classes
        self.logits = logits
        self.target = target
        self.weights = weights
        self.ignore = ignore
        self.smoothing = smoothing
    }

    /// Computes the requested result, and all other needed results that can be computed now.
    private func run(_ requested: Requests) throws {
        guard let x = try logits.value?.channelsLast() else {
            throw TensorError(.value, "the logits have no value")
        }
        let mask = try target?.value?.rowMajor()
        let w = weights?.value
        var now = requests.union(requested)
        if weights != nil, w == nil { now.subtract([.loss, .gradient]) }
        if mask == nil { now.subtract([.loss, .gradient, .confusion]) }
        now.formUnion(requested)
        if let mask, !now.isDisjoint(with: [.loss, .gradient, .confusion]) {
            try checkLabels(mask, classes: classes, ignore: ignore, "the mask")
        }
        let batch = x.shape[0]
        let needsSums = !now.isDisjoint(with: [.loss, .gradient])
        let sums = try TensorData(shape: [2, max(batch, 1)], dtype: .float64)
        let gradient =
            now.contains(.gradient)
            ? try TensorData(
                shape: x.shape, dtype: .float32, layout: .channelsLast, for: "the gradient of the loss") : nil
        let confusion =
            now.contains(.confusion)
            ? try TensorData(
                shape: (isPerSample ? [batch] : []) + [classes, classes], dtype: .int64, for: "confusion")
            : nil
        if let confusion { Elementwise.fill(confusion, 0) }
        let predictions =
            now.contains(.predictions)
            ? try TensorData(shape: [batch, size.height, size.width], dtype: .int64, for: "argmax") : nil
        var input = segmentation_input()
        input.batch = batch
        input.classes = classes
        (input.in_height, input.in_width) = (x.shape[2], x.shape[3])
        (input.height, input.width) = (size.height, size.width)
        input.logits = UnsafePointer(x.floats)
        input.masks = mask.map { UnsafeRawPointer($0.bytes) }
        input.mask_kind = mask?.dtype.kind ?? 0
        input.class_weights = w.map { UnsafePointer($0.floats) }
        input.ignore = ignore
        input.label_smoothing = Float(smoothing)
        var output = segmentation_output()
        if needsSums {
            output.loss = sums.elements(Double.self)
            output.weight = sums.elements(Double.self) + batch
        }
        output.gradient = gradient?.floats
        output.confusion = confusion?.elements()
        output.confusion_stride = isPerSample ? classes * classes : 0
        output.predictions = predictions?.elements()
        let status = withExtendedLifetime((x, mask, w)) { segmentation_loss(&input, &output) }
        try KernelMemory.check(status, for: "the loss")
        if needsSums {
            let values = sums.elements(Double.self)
            results.loss = (0..<batch).reduce(0) { $0 + values[$1] }
            results.weight = (0..<batch).reduce(0) { $0 + values[batch + $1] }
        }
        if let gradient { results.gradient = gradient }
        if let confusion { results.confusion = confusion }
        if let predictions { results.predictions = predictions }
    }

    func loss() throws -> (sum: Double, weight: Double) {
        if results.loss == nil { try run(.loss) }
        return (results.loss ?? .nan, results.weight)
    }

    /// The gradient of the sum of losses, and the sum of weights. Returned once.
    func takeGradient() throws -> (gradient: TensorData?, weight: Double) {
        if results.gradient == nil { try run(.gradient) }
        defer { results.gradient = nil }
        return (results.gradient, results.weight)
    }

    func confusion() throws -> TensorData? {
        if results.confusion == nil { try run(.confusion) }
        return results.confusion
    }

    func takePredictions() throws -> TensorData? {
        if results.predictions == nil { try run(.predictions) }
        defer { results.predictions = nil }
        return results.predictions
    }
}

/// One node's part of a job.
struct SegmentationStep: Evaluable {
    enum Result: Sendable {
        case loss(Tensor.LossReduction)
        case gradient(Tensor.LossReduction)
        case confusion, predictions
    }

    var name: String { "cross_entropy" }
    let job: SegmentationJob
    let result: Result

    func evaluate(_ inputs: inout [TensorData], _ signature: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        switch result {
        case .loss(let reduction):
            let (sum, weight) = try job.loss()
            return try Elementwise.constant(reduction.applied(to: sum, weight: weight), .float32)
        case .gradient(let reduction):
            let upstream = inputs[inputs.count - 1].number(at: 0)
            let taken = try job.takeGradient()
            guard let gradient = taken.gradient else {
                throw TensorError(.value, "the loss gave no gradient")
            }
            // If no pixel counts, the mean is 0 and has no gradient.
            let divisor = reduction == .mean ? taken.weight : 1
            let factor = Float(divisor > 0 ? upstream / divisor : 0)
            let values = gradient.floats
            Elementwise.blocks(gradient.count) { start, n in
                withUnsafePointer(to: factor) {
                    ew_binary_f32(EW_MUL, values + start, 1, $0, 0, values + start, n)
                }
            }
            return gradient
        case .confusion:
            guard let counts = try job.confusion() else {
                throw TensorError(.value, "the loss gave no counts")
            }
            return counts
        case .predictions:
            guard let classes = try job.takePredictions() else {
                throw TensorError(.value, "the loss gave no predictions")
            }
            return TensorData(
                storage: classes.storage, offset: classes.offset, shape: signature.shape, dtype: .int64)
        }
    }
}
