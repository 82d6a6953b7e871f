// Selection by integer tensors: whole rows of an axis (take), single elements along an axis (gather), and
// their opposites, which add or replace.

import CKernels
import SegSystem

/// Rows of an axis selected by an integer tensor of any shape, whose axes replace that axis.
struct TakeOperation: Operation {
    var name: String { "take" }
    let axis: Int
    /// The labels of the selected rows, if the index is known when the node is created.
    var labels: AxisLabels?

    func infer(_ inputs: [Signature]) throws -> Signature {
        let (x, index) = (inputs[0], inputs[1])
        var result = Signature(
            Array(x.shape[..<axis]) + index.shape + Array(x.shape[(axis + 1)...]), x.dtype)
        for (place, names) in x.labels where place != axis {
            result.labels[place < axis ? place : place + index.rank - 1] = names
        }
        result.labels[axis] = index.rank == 1 ? labels : nil
        return result
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].rowMajor()
        let index = try inputs[1].converted(to: .int64)
        let out = try TensorData(shape: result.shape, dtype: x.dtype, for: name)
        let length = x.shape[axis]
        let inner = x.shape[(axis + 1)...].reduce(1, *) * x.dtype.size
        let outer = x.shape[..<axis].reduce(1, *)
        let places = index.elements(Int64.self)
        let count = index.count
        for o in 0..<outer {
            for i in 0..<count {
                if (o &* count &+ i) & 0xffff == 0, pool_should_stop() {
                    throw TensorError(.interrupt, "interrupted")
                }
                let place = try resolved(places[i], length)
                (out.bytes + (o * count + i) * inner).copyMemory(
                    from: x.bytes + (o * length + place) * inner, byteCount: inner)
            }
        }
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        axis != 0 && carried[0] && !carried[1]
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let operation = TakeAddOperation(axis: axis, length: g.inputs[0].shape[axis])
        return [try Tensor.make(operation, [g.upstream.relabelled([:]), g.inputs[1]]), nil]
    }
}

/// An index counted from the front, or the error that names it.
private func resolved(_ index: Int64, _ length: Int) throws -> Int {
    let place = index < 0 ? index + Int64(length) : index
    guard place >= 0, place < length else {
        throw TensorError(.index, "index \(index) is out of range: the axis has \(plural(length, "entry"))")
    }
    return Int(place)
}

/// Zeros with the rows of the first input added at the positions in the second: the gradient of take.
struct TakeAddOperation: Operation {
    var name: String { "take gradient" }
    let axis: Int
    let length: Int

    func infer(_ inputs: [Signature]) throws -> Signature {
        let (rows, index) = (inputs[0].shape, inputs[1])
        return Signature(
            Array(rows[..<axis]) + [length] + Array(rows[(axis + index.rank)...]), inputs[0].dtype)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let rows = try inputs[0].rowMajor()
        let index = try inputs[1].converted(to: .int64)
        let out = try TensorData(shape: result.shape, dtype: result.dtype, for: name)
        Elementwise.fill(out, 0)
        let inner = result.shape[(axis + 1)...].reduce(1, *)
        let outer = result.shape[..<axis].reduce(1, *)
        let count = index.count
        let places = index.elements(Int64.self)
        func run<T: Element>(_ type: T.Type) throws {
            let (from, to) = (rows.elements(T.self), out.elements(T.self))
            for o in 0..<outer {
                for i in 0..<count {
                    if (o &* count &+ i) & 0xffff == 0, pool_should_stop() {
                        throw TensorError(.interrupt, "interrupted")
                    }
                    let source = from + (o * count + i) * inner
                    let target = to + (o * length + (try resolved(places[i], length))) * inner
                    for k in 0..<inner { target[k] = T.adding(target[k], source[k]) }
                }
            }
        }
        try result.dtype.withElement { try run($0) }
        return out
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(TakeOperation(axis: axis), [g.upstream, g.inputs[1]]), nil]
    }
}

/// Elements along an axis at the positions in an integer tensor of the same rank.
struct GatherOperation: Operation {
    var name: String { "gather" }
    let axis: Int

    func infer(_ inputs: [Signature]) throws -> Signature {
        let (x, index) = (inputs[0], inputs[1])
        let fits =
            x.rank == index.rank
            && x.shape.indices.allSatisfy { $0 == axis || index.shape[$0] == x.shape[$0] }
        guard fits else {
            throw TensorError(
                .shape,
                "gather: an index of shape \(Shape.text(index.shape)) does not fit shape \(Shape.text(x.shape)) outside axis \(axis)",
                notes: [Shape.text(x.shape), Shape.text(index.shape)])
        }
        guard index.dtype.isInteger else {
            throw TensorError(.type, "gather: the index must hold integers, got \(index.dtype.rawValue)")
        }
        var labels = x.labels
        labels[axis] = nil
        return Signature(index.shape, x.dtype, labels: labels)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].rowMajor()
        let index = try inputs[1].rowMajor().converted(to: .int64)
        let out = try TensorData(shape: result.shape, dtype: x.dtype, for: name)
        func run<T: Element>(_ type: T.Type) throws {
            let (from, to) = (x.elements(T.self), out.elements(T.self))
            try GatherOperation.walk(index, axis, x.shape[axis]) { to[$0] = from[$1] }
        }
        try x.dtype.withElement { try run($0) }
        return out
    }

    /// Calls `body` with each element's position in the index and in the array it refers to.
    @inline(__always)
    static func walk(_ index: TensorData, _ axis: Int, _ length: Int, _ body: (Int, Int) -> Void) throws {
        let outer = index.shape[..<axis].reduce(1, *)
        let inner = index.shape[(axis + 1)...].reduce(1, *)
        let count = index.shape[axis]
        let places = index.elements(Int64.self)
        for o in 0..<outer {
            for i in 0..<count {
                if (o &* count &+ i) & 0xffff == 0, pool_should_stop() {
                    throw TensorError(.interrupt, "interrupted")
                }
                for k in 0..<inner {
                    let at = (o * count + i) * inner + k
                    body(at, (o * length + (try resolved(places[at], length))) * inner + k)
                }
            }
        }
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        axis != 0 && carried.allSatisfy { $0 }
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        let operation = GatherAddOperation(axis: axis, length: g.inputs[0].shape[axis])
        return [try Tensor.make(operation, [g.upstream.relabelled([:]), g.inputs[1]]), nil]
    }
}

/// Zeros with the elements of the first input added at the positions in the second: the gradient of gather.
struct GatherAddOperation: Operation {
    var name: String { "gather gradient" }
    let axis: Int
    let length: Int

    func infer(_ inputs: [Signature]) throws -> Signature {
        var shape = inputs[0].shape
        shape[axis] = length
        return Signature(shape, inputs[0].dtype)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let x = try inputs[0].rowMajor()
        let index = try inputs[1].rowMajor().converted(to: .int64)
        let out = try TensorData(shape: result.shape, dtype: result.dtype, for: name)
        Elementwise.fill(out, 0)
        func run<T: Element>(_ type: T.Type) throws {
            let (from, to) = (x.elements(T.self), out.elements(T.self))
            try GatherOperation.walk(index, axis, length) { to[$1] = T.adding(to[$1], from[$0]) }
        }
        try result.dtype.withElement { try run($0) }
        return out
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(GatherOperation(axis: axis), [g.upstream, g.inputs[1]]), nil]
    }
}

/// The first input with the elements at flat positions (int64, distinct, third input) replaced by the second,
/// or by a number if there are only two inputs.
struct PutOperation: Operation {
    var name: String { "assign" }
    var number: Double?

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let places = inputs[inputs.count - 1]
        let isFree = inputs[0].layout == .rowMajor && inputs.isFree(0, for: result)
        let value =
            number == nil ? try inputs[1].rowMajor() : try Elementwise.constant(number ?? 0, result.dtype)
        let out: TensorData
        if isFree {
            out = inputs[0]
        } else {
            let plain = try inputs[0].rowMajor()
            out = plain.storage === inputs[0].storage ? try plain.copied() : plain
        }
        let step = number == nil ? 1 : 0
        func run<T: Element>(_ type: T.Type) throws {
            let (from, to) = (value.elements(T.self), out.elements(T.self))
            let at = places.elements(Int64.self)
            try Parallel.pieces(places.count) { part in for i in part { to[Int(at[i])] = from[i * step] } }
        }
        try result.dtype.withElement { try run($0) }
        return out
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        guard let places = g.inputs.last else { return [] }
        let rest = try Tensor.make(PutOperation(number: 0), [g.upstream, places])
        guard number == nil else { return [rest, nil] }
        let flat = try g.upstream.reshape([g.upstream.count])
        let part = try Tensor.make(TakeOperation(axis: 0), [flat, places])
        return [rest, try part.reshape(g.inputs[1].shape), nil]
    }
}
