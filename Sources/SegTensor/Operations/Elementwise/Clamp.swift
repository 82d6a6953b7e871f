// Values limited to a range by two numbers, and its gradient.

import CKernels

/// Limits floats to `low...high`.
struct ClampOperation: Operation {
    var name: String { "clamp" }
    let low: Double
    let high: Double

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature {
        guard low <= high else {
            throw TensorError(
                .value,
                "clamp: the lower bound \(Tensor.text(of: low)) is above the upper bound \(Tensor.text(of: high))"
            )
        }
        return inputs[0]
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let isFree = inputs.isFree(0, for: result)
        let x = inputs[0]
        let out = isFree ? x : try TensorData(shape: x.shape, dtype: x.dtype, layout: x.layout, for: name)
        if x.dtype == .float32 {
            Elementwise.blocks(x.count) { start, n in
                ew_clamp_f32(x.floats + start, Float(low), Float(high), out.floats + start, n)
            }
        } else {
            let (from, to) = (x.elements(Double.self), out.elements(Double.self))
            for i in 0..<x.count {
                let value = from[i]
                to[i] = value < low ? low : value > high ? high : value
            }
        }
        return out
    }

    var recomputation: Recomputation { .always }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool { true }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        return [try Tensor.make(ClampGradient(low: low, high: high), [g.upstream, g.inputs[0]])]
    }
}

/// The upstream gradient where x is in `low...high`, ends included, and 0 elsewhere; from upstream and x.
struct ClampGradient: Operation {
    var name: String { "clamp gradient" }
    let low: Double
    let high: Double

    var overwritesInput: Bool { true }

    func infer(_ inputs: [Signature]) throws -> Signature { inputs[0] }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let isFree = inputs.isFree(0, for: result)
        let u = inputs[0]
        let x = u.layout == .channelsLast ? try inputs[1].channelsLast() : try inputs[1].rowMajor()
        let out = isFree ? u : try TensorData(shape: u.shape, dtype: u.dtype, layout: u.layout, for: name)
        func run<T: Element>(_ type: T.Type, _ low: T, _ high: T) {
            let (from, at, to) = (u.elements(T.self), x.elements(T.self), out.elements(T.self))
            let zero = T(converting: 0)
            Elementwise.blocks(u.count) { start, n in
                for i in start..<start + n { to[i] = at[i] >= low && at[i] <= high ? from[i] : zero }
            }
        }
        if u.dtype == .float32 {
            run(Float.self, Float(low), Float(high))
        } else {
            run(Double.self, low, high)
        }
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        elementwiseKeepsSamples(carried, inputs, result)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        [try Tensor.make(self, [g.upstream, g.inputs[1]]), nil]
    }
}
