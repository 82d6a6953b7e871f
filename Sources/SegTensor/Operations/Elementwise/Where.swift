// `where`: a choice between two operands, element by element.

extension Tensor {
    /// `a` where the condition is true, `b` elsewhere; shapes broadcast, labels of all three follow. Two
    /// plain numbers give float32 by default; `dtype` changes it.
    public static func `where`(_ condition: Operand, _ a: Operand, _ b: Operand, dtype: DType? = nil) throws
        -> Tensor
    {
        guard case .tensor(let condition) = condition else {
            throw TensorError(.type, "where needs a bool tensor as its condition, got a number")
        }
        var inputs = [condition]
        var numbers: [Double?] = []
        for operand in [a, b] {
            switch operand {
            case .tensor(let tensor):
                inputs.append(tensor)
                numbers.append(nil)
            case .number(let number): numbers.append(number)
            }
        }
        return try make(WhereOperation(a: numbers[0], b: numbers[1], dtype: dtype), inputs)
    }
}

/// Picks from two operands; a number that is not nil replaces the operand.
struct WhereOperation: Operation {
    var name: String { "where" }
    let a: Double?
    let b: Double?
    let dtype: DType?

    private func type(_ inputs: [DType]) -> DType {
        if let dtype { return dtype }
        switch (a, b) {
        case (nil, nil): return DType.promoted(inputs[1], inputs[2])
        case (nil, let number?), (let number?, nil): return inputs[1].promoted(with: number)
        default: return .float32
        }
    }

    func infer(_ inputs: [Signature]) throws -> Signature {
        guard inputs[0].dtype == .bool else {
            throw TensorError(
                .type, "where needs a bool tensor as its condition, got \(inputs[0].dtype.rawValue)",
                help: "compare it, e.g. where(x > 0, a, b)")
        }
        let shape = try inputs.dropFirst().reduce(inputs[0].shape) { try Shape.broadcast($0, $1.shape) }
        let labels = try AxisLabels.merged(inputs.map { ($0.shape, $0.labels) }, into: shape)
        return Signature(shape, type(inputs.map(\.dtype)), labels: labels)
    }

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        var operands = [inputs[0]]
        var next = 1
        for number in [a, b] {
            if let number {
                operands.append(try Elementwise.constant(number, result.dtype))
            } else {
                operands.append(try inputs[next].converted(to: result.dtype))
                next += 1
            }
        }
        let loop = try BroadcastLoop(operands, shape: result.shape)
        let out = try TensorData(shape: result.shape, dtype: result.dtype, layout: loop.layout, for: name)
        Elementwise.select(loop, into: out)
        return out
    }

    func keepsSamples(_ carried: [Bool], _ inputs: [Signature], _ result: Signature) -> Bool {
        elementwiseKeepsSamples(carried, inputs, result)
    }

    func gradient(_ g: Backward) throws -> [Tensor?] {
        var gradients: [Tensor?] = [nil]
        for (number, isFirst) in [(a, true), (b, false)] where number == nil {
            let index = gradients.count
            guard g.needs[index] else {
                gradients.append(nil)
                continue
            }
            let part = try Tensor.where(
                .tensor(g.inputs[0]), isFirst ? .tensor(g.upstream) : 0, isFirst ? 0 : .tensor(g.upstream))
            gradients.append(try part.summed(to: g.inputs[index].shape).to(g.inputs[index].dtype))
        }
        return gradients
    }
}
