// The only state that another thread or a signal handler may access while an interpreter runs.

import Synchronization

/// Asks a running interpreter to stop at the next safe point.
public final class InterruptFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    public init() {}

    /// Safe in a signal handler: one atomic store.
    public func raise() { raised.store(true, ordering: .relaxed) }
    public func clear() { raised.store(false, ordering: .relaxed) }
    public var isRaised: Bool { raised.load(ordering: .relaxed) }
}
