// The surroundings of an evaluation: what may interrupt it, where features are cached, which line created a
// node. Each interpreter has one; while it runs a script, it is the current one.

import CKernels
import SegSystem

/// The settings under which nodes are created and values computed.
public final class EvaluationContext: @unchecked Sendable {
    /// The context of the running script.
    @TaskLocal public static var current = EvaluationContext()

    /// Called between two nodes, and between two tiles of one node, on any thread; true stops the evaluation
    /// with a `TensorError` of kind interrupt.
    public var interrupted: (@Sendable () -> Bool)?
    /// Called when a node is created; the result is part of the error if the node fails when it is computed.
    public var site: (@Sendable () -> UInt64)?
    /// Where features of frozen layers are cached; nil: nowhere.
    public var features: FeatureCache?
    /// Whether fast algorithms that round differently are disabled.
    public var exact = false
    /// The precision of convolutions outside of training.
    public var precision = Precision.float32
    /// The ranks among which a batch may be spread, and the part of it that this one has; nil: a whole batch.
    public var communicator: any Communicator = SingleProcess.shared
    public var share: BatchShare?
    /// Names a collective by what it does, and adds the line of the script.
    public var meeting: (String) -> Meeting = { Meeting($0) }
    /// Called after each node that is computed.
    var afterNode: ((Node) throws -> Void)?
    /// Whether nodes may be computed together; the results are identical to the bit.
    var fuses = true

    public init(features: FeatureCache? = nil) {
        self.features = features
        KernelMemory.askBudget
    }

    /// The same for one sample of a batch: nothing is looked up or kept.
    var plain: EvaluationContext {
        let plain = EvaluationContext()
        plain.interrupted = interrupted
        plain.exact = exact
        plain.fuses = fuses
        return plain
    }

    /// Runs an operation whose tiles an interrupt may end early; its result is then dropped. Inside of another one,
    /// the outer watch stays in force.
    func watched<Result>(_ body: () throws -> Result) throws -> Result {
        guard interrupted != nil else { return try body() }
        if pool_is_watched() {
            let result = try body()
            try Self.checkWhole()
            return result
        }
        pool_watch(
            { context in
                guard let context else { return false }
                return Unmanaged<EvaluationContext>.fromOpaque(context).takeUnretainedValue().interrupted?()
                    == true
            }, Unmanaged.passUnretained(self).toOpaque())
        defer { pool_watch(nil, nil) }
        let result = try body()
        try Self.checkWhole()
        return result
    }

    /// Throws if the tiles of this thread's operation were ended early. Call it before keeping a part of the
    /// work for later.
    static func checkWhole() throws {
        if pool_was_stopped() { throw TensorError(.interrupt, "interrupted") }
    }

    public func checkInterrupt() throws {
        if interrupted?() == true { throw TensorError(.interrupt, "interrupted") }
    }
}
