// Features of frozen layers, kept a sample.

public final class FeatureCache: @unchecked Sendable {
    public init(limit: Int) {}

    func supply(_ roots: [Node], _ order: [Node], _ context: EvaluationContext) throws -> Bool { false }
}
