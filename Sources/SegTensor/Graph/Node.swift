// The graph behind tensors. A node keeps its operation and inputs until its value is computed, then drops
// them, unless a gradient may still be requested. Handles (`Tensor`) and consumers are counted, so that the
// evaluator knows which values can no longer be read.

@preconcurrency import Glibc
import Synchronization

/// One step of a computation: pending or computed. Its value is set once and never changes.
final class Node: @unchecked Sendable {
    private struct State: Sendable {
        var value: TensorData?
        var operation: (any Operation)?
        var inputs: [Node]
        var digest: Digest?
        var isFinite: Bool?
        var isClaimed = false
    }

    let signature: Signature
    /// Increases in order of creation, which is an order in which the graph can be computed.
    let id: UInt64
    /// Where the node was created, for errors that occur when it is computed.
    let site: UInt64?
    /// The gradient scopes it depends on.
    let scopes: [TrackingScope]
    /// A parameter or running statistic: its value will change, so nothing that depends on it is cached as a
    /// feature.
    let isVariable: Bool
    /// Whether it has another node's value again; it is computed just before its first use.
    let isRecomputed: Bool
    /// Whether it depends on such a value.
    let dependsOnVariables: Bool
    /// The length of the longest chain of pending nodes that ends in this one.
    let depth: Int
    /// Bytes of computed inputs that the longest pending path keeps alive.
    let heldBytes: Int
    /// The number of tensors that refer to it.
    let handles = Atomic<Int>(0)
    /// Pending nodes that have it as an input, counted once per input position.
    let consumers = Atomic<Int>(0)
    private let state: Mutex<State>

    private static let lastID = Atomic<UInt64>(0)
    /// The number of the most recent node.
    static var lastNumber: UInt64 { lastID.load(ordering: .relaxed) }

    /// A pending node.
    init(
        _ operation: any Operation, _ inputs: [Node], _ signature: Signature, isVariable: Bool = false,
        isRecomputed: Bool = false
    ) {
        self.signature = signature
        self.id = Node.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.site = EvaluationContext.current.site?()
        self.isVariable = isVariable
        self.isRecomputed = isRecomputed
        self.dependsOnVariables = isVariable || inputs.contains { $0.dependsOnVariables }
        var scopes: [TrackingScope] = []
        var depth = 0
        var heldBytes = 0
        for input in inputs {
            if !input.scopes.isEmpty {
                for scope in input.scopes where scope.isActive && !scopes.contains(where: { $0 === scope }) {
                    scopes.append(scope)
                }
            }
            if input.isComputed {
                heldBytes = max(heldBytes, input.signature.count &* input.signature.dtype.size)
            } else {
                depth = max(depth, input.depth)
                heldBytes = max(heldBytes, input.heldBytes)
            }
            input.consumers.wrappingAdd(1, ordering: .relaxed)
        }
        self.scopes = scopes
        self.depth = depth + 1
        self.heldBytes = heldBytes
        self.state = Mutex(State(value: nil, operation: operation, inputs: inputs))
    }

    /// A computed node; `scope` makes it the leaf of a gradient.
    init(
        _ value: TensorData, labels: [Int: AxisLabels], isVariable: Bool = false, scope: TrackingScope? = nil
    ) {
        self.signature = Signature(value.shape, value.dtype, labels: labels)
        self.id = Node.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.site = nil
        self.isVariable = isVariable
        self.isRecomputed = false
        self.dependsOnVariables = isVariable
        self.scopes = scope.map { [$0] } ?? []
        self.depth = 0
        self.heldBytes = 0
        self.state = Mutex(State(value: value, operation: nil, inputs: []))
    }

    /// A pending leaf of a gradient that passes on another node's value.
    init(passing input: Node, scope: TrackingScope) {
        self.signature = input.signature
        self.id = Node.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.site = input.site
        self.isVariable = true
        self.isRecomputed = false
        self.dependsOnVariables = true
        self.scopes = input.scopes.filter { $0.isActive } + [scope]
        self.depth = input.isComputed ? 1 : input.depth + 1
        self.heldBytes = input.heldBytes
        input.consumers.wrappingAdd(1, ordering: .relaxed)
        self.state = Mutex(State(value: nil, operation: PassOperation(), inputs: [input]))
    }

    /// Chains of a million nodes are released in a loop, not by recursion.
    deinit {
        var pending = takeInputs()
        while var node = pending.popLast() {
            if isKnownUniquelyReferenced(&node) { pending.append(contentsOf: node.takeInputs()) }
        }
    }

    /// Removes the inputs and returns them.
    private func takeInputs() -> [Node] {
        let inputs = state.withLock { state in
            let inputs = state.inputs
            state.inputs = []
            return inputs
        }
        for input in inputs { input.consumers.wrappingSubtract(1, ordering: .relaxed) }
        return inputs
    }

    var isComputed: Bool { state.withLock { $0.value != nil } }
    var value: TensorData? { state.withLock { $0.value } }
    /// Whether a gradient may still be requested through it.
    var isTracked: Bool { scopes.contains { $0.isActive } }
    var operation: (any Operation)? { state.withLock { $0.operation } }
    /// The inputs it still has; a computed node has them only while it is tracked.
    var inputs: [Node] { state.withLock { $0.inputs } }
    /// The inputs of a pending node; nil once computed.
    var pendingInputs: [Node]? { state.withLock { $0.value == nil ? $0.inputs : nil } }
    /// Operation and inputs of a pending node; nil once computed.
    var pendingStep: (operation: any Operation, inputs: [Node])? {
        state.withLock { state in
            guard state.value == nil, let operation = state.operation else { return nil }
            return (operation, state.inputs)
        }
    }

    /// The node whose value a pending one with other labels passes on; the node itself where it is none.
    var withoutLabels: Node {
        var node = self
        while let step = node.pendingStep, step.operation is RelabelOperation { node = step.inputs[0] }
        return node
    }

    /// Sets the value and drops the inputs if no gradient can be requested.
    func fulfil(_ value: TensorData) {
        let keeps = isTracked
        state.withLock { state in
            if state.value == nil { state.value = value }
            if !keeps { state.operation = nil }
        }
        if !keeps { drop(takeInputs()) }
    }

    /// Drops the inputs of a computed node whose gradient scopes have ended.
    func untrack() {
        guard isComputed, !isTracked else { return }
        state.withLock { $0.operation = nil }
        drop(takeInputs())
    }

    private func drop(_ inputs: [Node]) {
        var pending = inputs
        while var node = pending.popLast() {
            if isKnownUniquelyReferenced(&node) { pending.append(contentsOf: node.takeInputs()) }
        }
    }

    /// Whether only one pending consumer can still read the value, besides so many that never will.
    func isLastUse(besides others: Int) -> Bool {
        handles.load(ordering: .relaxed) == 0 && consumers.load(ordering: .relaxed) == 1 + others
            && !isTracked
    }

    /// Takes the value out, so that its last consumer can overwrite it.
    func takeValue() -> TensorData? {
        state.withLock { state in
            let value = state.value
            state.value = nil
            return value
        }
    }

    /// Restores a value that was taken out.
    func restore(_ value: TensorData) { state.withLock { $0.value = value } }

    /// Marks the node as being computed; waits while another thread computes it. False if it has a value.
    func claim() -> Bool {
        while true {
            let claimed: Bool? = state.withLock { state in
                if state.value != nil { return false }
                if state.isClaimed { return nil }
                state.isClaimed = true
                return true
            }
            if let claimed { return claimed }
            usleep(50)
        }
    }

    func unclaim() { state.withLock { $0.isClaimed = false } }

    /// Whether all elements are finite, once it was looked at.
    var knownFinite: Bool? {
        get { state.withLock { $0.isFinite } }
        set { state.withLock { $0.isFinite = newValue } }
    }

    var knownDigest: Digest? {
        get { state.withLock { $0.digest } }
        set { state.withLock { $0.digest = newValue } }
    }
}
