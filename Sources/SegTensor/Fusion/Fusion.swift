// Which pending nodes are computed together: rules of the evaluator, invisible to scripts. A rule affects
// only speed and memory: a node that is not written stays pending and can be computed separately.

/// One operation that does the work of several nodes; the last of them is the node it is run for.
final class FusedStep {
    let operation: any Evaluable
    let inputs: [Node]
    /// Whether it may overwrite its first input, which besides it only an absorbed node has.
    let overwrites: Bool
    private var holds = false

    init(operation: any Evaluable, inputs: [Node], overwrites: Bool = false) {
        self.operation = operation
        self.inputs = inputs
        self.overwrites = overwrites
    }

    /// A consumer of its inputs, so that no earlier step overwrites their values.
    func hold() {
        if holds { return }
        holds = true
        for input in inputs { input.consumers.wrappingAdd(1, ordering: .relaxed) }
    }

    deinit {
        if holds { for input in inputs { input.consumers.wrappingSubtract(1, ordering: .relaxed) } }
    }
}

/// What is computed together in one evaluation.
struct FusionPlan {
    /// By the id of the last node of the group.
    var steps: [UInt64: FusedStep] = [:]
    /// Nodes whose value is never written.
    var absorbed: Set<UInt64> = []
}

/// The pending nodes of one evaluation and their consumers among them.
struct PendingGraph {
    let order: [Node]
    let roots: Set<UInt64>
    /// By node id: its place in the order.
    let places: [UInt64: Int]
    /// By node id: operation and inputs.
    let steps: [UInt64: (operation: any Operation, inputs: [Node])]
    /// By node id: the pending nodes that have it as an input, counted once per input position.
    let users: [UInt64: [Node]]
    /// Nodes that are never computed, and whose inputs nobody reads for them.
    var released: Set<UInt64> = []

    init(_ order: [Node], roots: [Node]) {
        self.order = order
        self.roots = Set(roots.map(\.id))
        places = Dictionary(uniqueKeysWithValues: order.indices.map { (order[$0].id, $0) })
        var steps: [UInt64: (operation: any Operation, inputs: [Node])] = [:]
        var users: [UInt64: [Node]] = [:]
        for node in order {
            guard let step = node.pendingStep else { continue }
            steps[node.id] = step
            for input in step.inputs { users[input.id, default: []].append(node) }
        }
        self.steps = steps
        self.users = users
    }

    /// The consumers of this node that are not released, if nothing else can request its value.
    func allUsers(of node: Node) -> [Node]? {
        guard !roots.contains(node.id), !node.isTracked, node.handles.load(ordering: .relaxed) == 0,
            let users = users[node.id], node.consumers.load(ordering: .relaxed) == users.count
        else { return nil }
        return users.filter { !released.contains($0.id) }
    }

    /// The only one of them.
    func onlyUser(of node: Node) -> Node? {
        guard let users = allUsers(of: node), users.count == 1 else { return nil }
        return users[0]
    }
}

enum Fusion {
    static func plan(_ order: [Node], roots: [Node]) -> FusionPlan {
        let interesting = order.contains { node in
            switch node.operation {
            case is ConvolutionOperation, is ConvolutionInputGradient, is BatchNormTraining,
                is SoftmaxOperation,
                is InterpolateOperation:
                true
            default: ArithmeticFusion.isCandidate(node)
            }
        }
        guard interesting else { return FusionPlan() }
        var graph = PendingGraph(order, roots: roots)
        var plan = FusionPlan()
        for node in order where node.operation is ActivationGradientOperation {
            NormGradientFusion.add(node, &graph, &plan)
        }
        for node in order {
            switch graph.steps[node.id]?.operation {
            case is ConvolutionOperation: ConvolutionFusion.add(node, graph, &plan)
            case is BatchNormTraining: NormFusion.add(node, graph, &plan)
            case is BinaryOperation: GradientSumFusion.add(node, graph, &plan)
            case is InterpolateOperation, is SoftmaxOperation: SegmentationFusion.add(node, graph, &plan)
            default: break
            }
        }
        // The last node of a group is met first.
        for node in order.reversed() { ArithmeticFusion.add(node, graph, &plan) }
        return plan
    }
}
