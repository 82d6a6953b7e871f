// What an evaluation is given from outside: who may interrupt it, where features are kept, which line made
// a node. One belongs to an interpreter; while it runs a script it is the current one.

/// The surroundings in which nodes are made and values computed.
public final class EvaluationContext: @unchecked Sendable {
    /// The context of the running script.
    @TaskLocal public static var current = EvaluationContext()

    /// Asked between two nodes; true stops the evaluation with a `TensorError` of kind interrupt.
    public var interrupted: (@Sendable () -> Bool)?
    /// Asked when a node is made; the answer comes back in the error of a node that fails when computed.
    public var site: (@Sendable () -> UInt64)?
    /// Where features of frozen layers are kept, if anywhere.
    public var features: FeatureCache?
    /// No fast algorithm that rounds differently.
    public var exact = false
    /// Whether nodes may be computed together; results are the same to the bit.
    public var fuses = true

    public init(features: FeatureCache? = nil) { self.features = features }

    func checkInterrupt() throws {
        if interrupted?() == true { throw TensorError(.interrupt, "interrupted") }
    }
}
