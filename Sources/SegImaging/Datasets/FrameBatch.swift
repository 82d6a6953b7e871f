// The pictures of a batch, or its masks: as soon as the first is needed, helper threads compute the others, and
// then those of the batch that follows. Where nothing is needed, because a model's features are cached, nothing
// is computed.

import SegSystem
import SegTensor
import Synchronization

/// Tasks of one batch.
public final class AheadGroup: Sendable {
    private struct State {
        var tasks: [any Submittable] = []
        var following: AheadGroup?
        var isBegun = false
        var isSubmitted = false
    }
    private let state = Mutex(State())

    public init() {}

    /// The same content, computed as a task of this group.
    func ahead<Value: Sendable>(_ make: @escaping @Sendable () throws -> Value)
        -> @Sendable () throws ->
        Value
    {
        let task = AheadTask(make)
        state.withLock { $0.tasks.append(task) }
        return { [self] in
            begin()
            return try task.take(interrupted: EvaluationContext.current.checkInterrupt)
        }
    }

    /// The group that is computed after this one.
    public func follow(with next: AheadGroup) {
        let isBegun = state.withLock { state -> Bool in
            state.following = next
            return state.isBegun
        }
        if isBegun { next.submit() }
    }

    private func begin() {
        let following = state.withLock { state -> (isFirst: Bool, group: AheadGroup?) in
            defer { state.isBegun = true }
            return (!state.isBegun, state.following)
        }
        guard following.isFirst else { return }
        submit()
        following.group?.submit()
    }

    private func submit() {
        let tasks = state.withLock { state -> [any Submittable] in
            guard !state.isSubmitted else { return [] }
            state.isSubmitted = true
            defer { state.tasks = [] }
            return state.tasks
        }
        AheadQueue.shared.helpers = Parallel.threads - 1
        for task in tasks { task.submit() }
    }
}

private protocol Submittable: Sendable {
    func submit()
}

extension AheadTask: Submittable {}

extension Frame {
    /// The frame with its picture and mask as tasks of groups.
    public func ahead(pictures: AheadGroup, masks: AheadGroup) -> Frame {
        var frame = kept()
        if frame.floats == nil { frame.image = pictures.ahead(frame.image) }
        frame.mask = masks.ahead(frame.mask)
        return frame
    }
}
