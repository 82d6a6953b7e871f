// What the backward pass computes again rather than keep: a norm or an activation costs one pass over memory, where
// its result would take that memory from the forward pass until then.

/// When the backward pass computes a result again, from the operation's inputs.
enum Recomputation {
    /// It is kept where it is needed.
    case never
    /// Always: the operation's own gradient needs the inputs in any case.
    case always
    /// Where an input is computed again too, so that as much is freed as is kept.
    case withInputs
}

/// The nodes of a forward pass that the backward pass has again.
struct RecomputedNodes {
    /// Steps from what is kept, by node; none of those that are kept.
    private var steps: [UInt64: Int] = [:]
    private var made: [UInt64: Node] = [:]

    /// The most steps from what is kept: two blocks of a residual network, so that its sums are not computed again from
    /// the first one on.
    private static let most = 5

    /// - Parameter order: the nodes that depend on what is differentiated by, inputs first.
    init(_ order: [Node]) {
        for node in order {
            guard let (operation, inputs) = node.pendingStep, operation.recomputation != .never else {
                continue
            }
            let below = inputs.reduce(0) { max($0, steps[$1.id] ?? 0) }
            guard below < Self.most, below > 0 || operation.recomputation == .always else { continue }
            steps[node.id] = below + 1
        }
    }

    /// The node to read in the backward pass: itself, or the one that has its value again.
    mutating func again(_ node: Node) -> Node {
        if let known = made[node.id] { return known }
        guard steps[node.id] != nil, let (operation, inputs) = node.pendingStep else { return node }
        let copy = Node(operation, inputs.map { again($0) }, node.signature, isRecomputed: true)
        made[node.id] = copy
        return copy
    }
}
