// Decoded pictures and masks, kept as bytes under the memory budget: a later epoch neither reads nor decodes nor
// resizes them again. They are kept before they are augmented or normalised.

import SegSystem
import SegTensor
import Synchronization

/// Pictures and masks by digest. Where there is no room for all, the ones that are there stay: an epoch that goes
/// through more than fits would otherwise find none.
public final class PictureCache: Sendable {
    public static let shared = PictureCache(.process)

    private enum Content {
        case picture(RGBImage)
        case mask(MaskImage)

        var byteCount: Int {
            switch self {
            case .picture(let image): image.bytes.count
            case .mask(let mask): mask.bytes.count
            }
        }
    }

    private struct State {
        var entries: [Digest: (content: Content, stamp: Int)] = [:]
        var bytes = 0
        var clock = 0
    }

    private let state = Mutex(State())
    private let budget: MemoryBudget
    private let reclaimer: MemoryBudget.Reclaimer

    init(_ budget: MemoryBudget) {
        self.budget = budget
        reclaimer = MemoryBudget.Reclaimer(budget)
        reclaimer.action = { [weak self] bytes in self?.shrink(by: bytes) ?? false }
    }

    /// The bytes kept now.
    public var bytes: Int { state.withLock { $0.bytes } }

    /// Pictures may take a quarter of the memory limit.
    private var limit: Int { budget.limit / 4 }

    func picture(_ key: Digest, _ make: () throws -> RGBImage) rethrows -> RGBImage {
        if case .picture(let image)? = find(key) { return image }
        let image = try make()
        keep(.picture(image), key)
        return image
    }

    func mask(_ key: Digest, _ make: () throws -> MaskImage) rethrows -> MaskImage {
        if case .mask(let mask)? = find(key) { return mask }
        let mask = try make()
        keep(.mask(mask), key)
        return mask
    }

    private func find(_ key: Digest) -> Content? {
        state.withLock { state in
            state.clock += 1
            state.entries[key]?.stamp = state.clock
            return state.entries[key]?.content
        }
    }

    private func keep(_ content: Content, _ key: Digest) {
        let (count, limit) = (content.byteCount, limit)
        let isWanted = state.withLock { state -> Bool in
            guard state.entries[key] == nil else { return false }
            if state.bytes + count > limit { release(stale(state), &state) }
            return state.bytes + count <= limit
        }
        // Other caches are not asked to make room for a picture.
        guard isWanted, budget.left > 2 * count, budget.tryReserve(count) else { return }
        state.withLock { state in
            guard state.entries.updateValue((content, state.clock), forKey: key) == nil else {
                budget.release(count)
                return
            }
            state.bytes += count
        }
    }

    /// What was not used while all the others could have been, four times.
    private func stale(_ state: State) -> [Digest] {
        let oldest = state.clock - 4 * state.entries.count
        return state.entries.filter { $0.value.stamp < oldest }.map(\.key)
    }

    private func release(_ keys: [Digest], _ state: inout State) {
        for key in keys {
            guard let entry = state.entries.removeValue(forKey: key) else { continue }
            state.bytes -= entry.content.byteCount
            budget.release(entry.content.byteCount)
        }
    }

    private func shrink(by bytes: Int) -> Bool {
        state.withLock { state in
            guard !state.entries.isEmpty else { return false }
            let order = state.entries.sorted { $0.value.stamp < $1.value.stamp }
            var freed = 0
            release(
                order.prefix { entry in
                    defer { freed += entry.value.content.byteCount }
                    return freed < bytes
                }.map(\.key), &state)
            return true
        }
    }
}

extension Frame {
    /// The frame with its picture and mask kept, as they are now. What is drawn anew in each epoch is not.
    func kept() -> Frame {
        guard !isKept, !isRedrawn else { return self }
        var frame = self
        frame.isKept = true
        let (image, mask, imageDigest, maskDigest) = (image, mask, imageDigest, maskDigest)
        frame.image = { try PictureCache.shared.picture(imageDigest, image) }
        frame.mask = { try PictureCache.shared.mask(maskDigest, mask) }
        return frame
    }
}
