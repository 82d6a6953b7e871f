// The one thing that may be touched from another thread or a signal handler while an
// interpreter runs.

import Synchronization

/// Asks what an interpreter runs to stop at the next safe point.
public final class InterruptFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    public init() {}

    /// Safe in a signal handler: one atomic store.
    public func raise() { raised.store(true, ordering: .relaxed) }
    public func clear() { raised.store(false, ordering: .relaxed) }
    public var isRaised: Bool { raised.load(ordering: .relaxed) }
}
