// The calls of a model's layers for an input, without computing anything: `forward` runs on lazy tensors
// while an observer records the calls. `summary` in stdlib makes a table from it.

import SegRuntime
import SegTensor

/// Records the calls of each layer, and the input and output of its first call.
final class LayerTrace {
    struct Call {
        let input: Value
        var output = Value.nilValue
        /// The nodes that each call created have numbers above the first and up to the second.
        var made: [(start: UInt64, end: UInt64)] = []
        var count = 0
    }

    private(set) var calls: [ObjectIdentifier: Call] = [:]
    private var open: [(layer: ObjectIdentifier, depth: Int, start: UInt64)] = []

    func began(_ layer: Instance, _ argument: Value, depth: Int) {
        close(downTo: depth)
        let key = ObjectIdentifier(layer)
        open.append((key, depth, Tensor.lastNodeNumber))
        calls[key, default: Call(input: argument)].count += 1
    }

    func ended(_ result: Value, depth: Int) {
        close(downTo: depth + 1)
        guard let last = open.popLast(), last.depth == depth else { return }
        if calls[last.layer]?.made.isEmpty == true { calls[last.layer]?.output = result }
        calls[last.layer]?.made.append((last.start, Tensor.lastNodeNumber))
    }

    /// Drops calls that an error ended.
    private func close(downTo depth: Int) {
        while let last = open.last, last.depth >= depth { open.removeLast() }
    }

    /// All tensors that layers returned.
    func outputs(poll: () throws -> Void) rethrows -> [Tensor] {
        try calls.values.flatMap { try TensorGraph.pending(in: $0.output, poll: poll) }
    }
}

/// The shape of a tensor; for records and lists the shapes of their elements; nil for all other values.
private func shapes(of value: Value) -> Value {
    if let tensor = value.asTensorValue { return .list(tensor.promise.shape.map { .number(Double($0)) }) }
    if let record = value.asRecord {
        return .record(zip(record.names, record.values).map { ($0, shapes(of: $1)) })
    }
    if let list = value.asList { return .list(list.items.map(shapes)) }
    return .nilValue
}

/// The parameters of a layer and everything below it.
private struct Holdings {
    var parameters = 0
    var trainable = 0

    /// By path; a tensor counts for every layer above it.
    static func byPath(_ walk: ModelWalk) -> [String: Holdings] {
        var found: [String: Holdings] = [:]
        for place in walk.tensors where place.mark?.role == .parameter {
            let count = place.value.promise.count
            var path = Substring(place.path)
            while true {
                path = path.lastIndex(of: ".").map { path[..<$0] } ?? ""
                found[String(path), default: Holdings()].parameters += count
                if place.isTrainable { found[String(path), default: Holdings()].trainable += count }
                if path.isEmpty { break }
            }
        }
        return found
    }
}

private func traced(_ call: borrowing Arguments) throws -> Value {
    let interpreter = call.interpreter
    let walk = try ModelWalk(call, 0)
    let trace = LayerTrace()
    if !call.isNil(1) {
        // A forward that counts its calls, or stores what it saw, is restored afterwards.
        let snapshot = try Snapshot(of: call[0], poll: call.interpreter.checkInterrupt)
        defer { snapshot.restore() }
        _ = try interpreter.layers.within(training: false, trace: trace) {
            try interpreter.call(call[0], [call[1]])
        }
    }
    let outputs = try trace.outputs(poll: interpreter.checkInterrupt)
    let products = Tensor.multiplyAdds(below: outputs).sorted { $0.node < $1.node }
    let holdings = Holdings.byPath(walk)
    return .list(
        walk.objects.filter { $0.object.type.isLayer }.map { path, layer in
            let made = trace.calls[ObjectIdentifier(layer)]
            let held = holdings[path] ?? Holdings()
            var sum = 0
            for product in products
            where made?.made.contains(where: { $0.start < product.node && product.node <= $0.end }) == true {
                sum += product.count
            }
            return .record([
                ("path", .string(path)), ("layer", .object(layer)),
                ("calls", .number(Double(made?.count ?? 0))),
                ("input", made.map { shapes(of: $0.input) } ?? .nilValue),
                ("output", made.map { shapes(of: $0.output) } ?? .nilValue),
                ("parameters", .number(Double(held.parameters))),
                ("trainable", .number(Double(held.trainable))),
                ("multiply_adds", made == nil ? .nilValue : .number(Double(sum))),
            ])
        })
}

let layerTraceNatives: [Native] = [
    Native(
        "traced(model, x=nil)",
        "The layers of a model in the order of its fields, as records. Each has its path, the layer, the "
            + "number of calls in model(x), its first input and output (shapes; records and lists of "
            + "shapes), parameters and trainable ones including everything below it, and multiply-adds of "
            + "all its calls. The model evaluates; nothing is computed or changed.",
        examples: [
            "m = Sequential(Conv2d(3, 8, 3), ReLU())\nfor r in traced(m, zeros(1, 3, 9, 9)) { print(r.path, r.output, r.parameters, r.multiply_adds) }\n# expect:  [1, 8, 7, 7] 224 10584\n# expect: 0 [1, 8, 7, 7] 224 10584\n# expect: 1 [1, 8, 7, 7] 0 0"
        ]
    ) { call in try traced(call) },
    Native(
        "multiply_adds(x)",
        "The number of products that are summed by the pending convolutions and matrix products below the "
            + "tensors in x.",
        examples: ["print(multiply_adds(conv2d(zeros(1, 3, 9, 9), zeros(8, 3, 3, 3))))  # expect: 10584"]
    ) { call in
        let pending = try TensorGraph.pending(in: call[0], poll: call.interpreter.checkInterrupt)
        let sum = Tensor.multiplyAdds(below: pending).reduce(0.0) {
            $0 + Double($1.count)
        }
        return .number(sum)
    },
    Native(
        "peak_bytes(...values, given=nil)",
        "An estimate of the peak memory, in bytes, of computing the tensors in the values. Tensors that are "
            + "computed already do not count, nor do those in `given`. Nothing is computed.",
        examples: [
            "x = zeros(1024)\nprint(peak_bytes(exp(x) + x), peak_bytes(exp(x) + x, given=x))  # expect: 8192 4096"
        ]
    ) { call in
        let wanted = try TensorGraph.pending(in: call[0], poll: call.interpreter.checkInterrupt)
        let given = try TensorGraph.pending(in: call[1], poll: call.interpreter.checkInterrupt)
        return .number(Double(Tensor.peakBytes(toCompute: wanted, given: given)))
    },
    Native(
        "frozen(model)", "The paths of the tensors of a model that are frozen.",
        examples: [
            "m = Sequential(Conv2d(3, 8, 3), BatchNorm2d(8))\nfreeze(m[0])\nprint(frozen(m))  # expect: [\"0.weight\", \"0.bias\"]"
        ]
    ) { call in
        .list(try ModelWalk(call, 0).tensors.filter { $0.mark?.isFrozen == true }.map { .string($0.path) })
    },
]
