// Which pending nodes are computed together.

/// One operation that does the work of several nodes, ending in the node it is run for.
struct FusedStep {
    let operation: any Operation
    let inputs: [Node]
}

/// What is computed together in one evaluation.
struct FusionPlan {
    /// By the id of the last node of the group.
    var steps: [UInt64: FusedStep] = [:]
    /// Nodes whose value is never written.
    var absorbed: Set<UInt64> = []
}

enum Fusion {
    static func plan(_ order: [Node]) -> FusionPlan { FusionPlan() }
}
