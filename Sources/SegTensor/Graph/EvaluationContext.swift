// What an evaluation is given from outside: who may interrupt it, where features are kept, which line made
// a node. One belongs to an interpreter; while it runs a script it is the current one.

import CKernels

/// The surroundings in which nodes are made and values computed.
public final class EvaluationContext: @unchecked Sendable {
    /// The context of the running script.
    @TaskLocal public static var current = EvaluationContext()

    /// Asked between two nodes, and between two tiles of one, on any thread; true stops the evaluation with a `TensorError` of kind interrupt.
    public var interrupted: (@Sendable () -> Bool)?
    /// Asked when a node is made; the answer comes back in the error of a node that fails when computed.
    public var site: (@Sendable () -> UInt64)?
    /// Where features of frozen layers are kept, if anywhere.
    public var features: FeatureCache?
    /// No fast algorithm that rounds differently.
    public var exact = false
    /// Whether nodes may be computed together; results are the same to the bit.
    var fuses = true

    public init(features: FeatureCache? = nil) { self.features = features }

    /// Runs an operation whose tiles an interrupt may end early; what it made is then dropped.
    func watched<Result>(_ body: () throws -> Result) throws -> Result {
        guard interrupted != nil else { return try body() }
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

    /// Throws where the tiles of this thread's operation were ended early; whoever keeps a part of
    /// its work for later asks first.
    static func checkWhole() throws {
        if pool_was_stopped() { throw TensorError(.interrupt, "interrupted") }
    }

    func checkInterrupt() throws {
        if interrupted?() == true { throw TensorError(.interrupt, "interrupted") }
    }
}
