// Gradients: which nodes keep their inputs so that a gradient can be computed, and the traversal that builds
// it from the nodes' operations, again as nodes.

import Synchronization

/// The span in which gradients by some leaves can be requested. Nodes that depend on a leaf keep their
/// inputs, even when computed, until the scope ends.
public final class TrackingScope: @unchecked Sendable {
    private let active = Atomic<Bool>(true)
    private static let nestingLimit = 32

    public init() {}

    var isActive: Bool { active.load(ordering: .relaxed) }

    /// A new leaf that shares `t`'s value. It counts as changing, even after the scope has ended: what
    /// depends on it is never cached as a feature.
    public func track(_ t: Tensor) throws -> Tensor {
        guard t.node.scopes.count(where: \.isActive) < Self.nestingLimit else {
            throw TensorError(
                .value, "gradients of gradients are nested more than \(Self.nestingLimit) deep",
                help: "does the function take its own gradient?")
        }
        if !t.node.isTracked, let value = t.node.value {
            return Tensor(Node(value, labels: t.labels, isVariable: true, scope: self))
        }
        return Tensor(Node(passing: t.node, scope: self))
    }

    /// Ends the scope: computed nodes below `roots` drop their inputs. Call it once the gradients are built
    /// and before they are read, so that memory is freed at last use.
    public func end(from roots: [Tensor]) {
        active.store(false, ordering: .relaxed)
        var seen = Set<ObjectIdentifier>()
        var stack = roots.map(\.node)
        while let node = stack.popLast() {
            guard seen.insert(ObjectIdentifier(node)).inserted, node.scopes.contains(where: { $0 === self })
            else { continue }
            stack.append(contentsOf: node.inputs)
            node.untrack()
        }
    }
}

/// The gradients of `y` by each of `xs`, as tensors that are computed when they are read; zeros if `y` does
/// not depend on an `x`.
/// - Parameter seed: the gradient by `y` itself, needed if `y` has more than one element.
/// - Throws: if an operation between them has no gradient.
public func gradients(of y: Tensor, wrt xs: [Tensor], seed: Tensor? = nil) throws -> [Tensor] {
    try zip(xs, foundGradients(of: y, wrt: xs, seed: seed)).map { x, found in
        try found ?? Tensor.zeros(x.shape, dtype: x.dtype)
    }
}

/// The same, nil if `y` does not depend on an `x`, or only through operations without a gradient.
public func foundGradients(of y: Tensor, wrt xs: [Tensor], seed: Tensor? = nil) throws -> [Tensor?] {
    guard y.dtype.isFloating else {
        throw TensorError(.type, "cannot differentiate \(y.dtype.rawValue); a gradient needs floats")
    }
    for x in xs where !x.dtype.isFloating {
        throw TensorError(.type, "cannot differentiate by \(x.dtype.rawValue); a gradient needs floats")
    }
    guard seed != nil || y.count == 1 else {
        throw TensorError(
            .shape, "a gradient needs one number, the function gave shape \(Shape.text(y.shape))",
            help: "reduce it, e.g. with sum or mean", notes: [Shape.text(y.shape)])
    }
    let order = path(from: y.node, to: xs.map(\.node))
    var adjoints: [UInt64: Tensor] = [y.node.id: try seed ?? Tensor.ones(y.shape, dtype: y.dtype)]
    let targets = Set(xs.map(\.node.id))
    let reached = Set(order.map(\.id)).union(targets)
    var recomputed = RecomputedNodes(order)
    for node in order.reversed() {
        guard let upstream = adjoints[node.id], let operation = node.operation else { continue }
        let inputs = node.inputs
        let needs = inputs.map { reached.contains($0.id) && $0.signature.dtype.isFloating }
        guard needs.contains(true) else { continue }
        if !targets.contains(node.id) { adjoints[node.id] = nil }
        let backward = Backward(
            result: Tensor(recomputed.again(node)), inputs: inputs.map { Tensor(recomputed.again($0)) },
            upstream: upstream, needs: needs)
        for (index, gradient) in zip(needs.indices, try operation.gradient(backward)) where needs[index] {
            guard let gradient else { continue }
            let id = inputs[index].id
            adjoints[id] = try adjoints[id].map { try sum($0, gradient) } ?? gradient
        }
    }
    return try xs.map { x in try adjoints[x.node.id]?.to(x.dtype).relabelled(x.labels) }
}

/// The sum of two gradients of one shape. What the first repeats along axes is added as it is: a pooled map's gradient is
/// not held at full size until the others are there.
private func sum(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard let (operation, inputs) = a.node.pendingStep, operation is ExpandOperation else {
        return try Tensor.apply(.add, a, b)
    }
    return try Tensor.apply(.add, Tensor(inputs[0]), b)
}

/// The nodes between `y` and some targets that depend on a target, in order of creation.
private func path(from y: Node, to targets: [Node]) -> [Node] {
    let targetIDs = Set(targets.map(\.id))
    let trackedOnly = targets.allSatisfy { $0.isTracked }
    var below: [Node] = []
    var seen: Set<UInt64> = [y.id]
    var stack = [y]
    while let node = stack.popLast() {
        below.append(node)
        for input in node.inputs where !trackedOnly || input.isTracked {
            if seen.insert(input.id).inserted { stack.append(input) }
        }
    }
    below.sort { $0.id < $1.id }
    var dependents = targetIDs
    return below.filter { node in
        let depends = targetIDs.contains(node.id) || node.inputs.contains { dependents.contains($0.id) }
        if depends { dependents.insert(node.id) }
        return depends
    }
}
