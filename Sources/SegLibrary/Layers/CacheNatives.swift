// Information about, and control of, the cached features of frozen layers. The cache itself is the tensor
// engine's FeatureCache.

import SegRuntime
import SegTensor

private func diskRecord(_ store: FeatureStore?) -> Value {
    guard let store else { return .nilValue }
    return .object(
        RecordObject([
            ("folder", .string(store.folder)), ("entries", .number(Double(store.entries))),
            ("bytes", .number(Double(store.bytes))), ("limit", .number(Double(store.limit))),
            ("problem", store.problem.map { .string($0) } ?? .nilValue),
        ]))
}

let cacheNatives: [Native] = [
    Native(
        "cache_info()",
        "The cached features of the frozen parts of models. `entries` and `bytes` are in memory; `hits` "
            + "counts the features that were found, `restored` those of them that came from disk, `misses` "
            + "those that were computed. `on_disk` is a record of the folder, its entries, bytes and limit; "
            + "`obstacle` says why nothing was cached for the last batch.",
        examples: ["cache_clear()\nprint(cache_info().entries)  # expect: 0"]
    ) { call in
        let cache = call.interpreter.evaluationContext.features
        return .object(
            RecordObject([
                ("entries", .number(Double(cache?.entries ?? 0))),
                ("bytes", .number(Double(cache?.bytes ?? 0))),
                ("limit", .number(Double(cache?.limit ?? 0))),
                ("hits", .number(Double(cache?.hits ?? 0))), ("misses", .number(Double(cache?.misses ?? 0))),
                ("restored", .number(Double(cache?.restored ?? 0))),
                ("on_disk", diskRecord(cache?.store)),
                ("obstacle", cache?.obstacle.map { .string($0) } ?? .nilValue),
            ]))
    },
    Native(
        "cache_clear()", "Removes the cached features of frozen parts, in memory and on disk.",
        examples: ["cache_clear()\nprint(cache_info().bytes)  # expect: 0"], effect: .removing
    ) { call in
        call.interpreter.evaluationContext.features?.clear()
        return .nilValue
    },
    Native(
        "without_cache(f)",
        "The value of f() without the cache of frozen parts; results are the same to the bit.",
        examples: ["print(without_cache(() -> sum(ones(3))))  # expect: 3"]
    ) { call in
        let context = call.interpreter.evaluationContext
        let kept = context.features
        context.features = nil
        defer { context.features = kept }
        let result = try call.interpreter.call(call[0], [])
        // Values that are still pending would otherwise be computed with the cache later.
        try Tensor.evaluate(TensorGraph.pending(in: result, poll: call.interpreter.checkInterrupt))
        return result
    },
]
