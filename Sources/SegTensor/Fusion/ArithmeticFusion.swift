// Arithmetic of several steps on large tensors, such as the rule of an optimizer: computed block by block, so that what
// lies between is never written to memory. Each element is rounded as by the single operations, which are those that
// IEEE 754 defines to the bit.

import CKernels

enum ArithmeticFusion {
    /// Elements from which memory, and not the work, is what takes time.
    private static let smallest = 1 << 16
    /// Fewer steps are done as well in the memory of an operand.
    private static let fewest = 3
    private static let most = 24

    static func isCandidate(_ node: Node) -> Bool {
        node.signature.dtype == .float32 && node.signature.count >= smallest
            && code(of: node.operation) != nil
    }

    /// Adds the group whose last node this is.
    static func add(_ node: Node, _ graph: PendingGraph, _ plan: inout FusionPlan) {
        guard isFree(node, plan) else { return }
        var chain = Chain(count: node.signature.count)
        _ = chain.add(node, graph, plan)
        guard chain.steps.count >= fewest else { return }
        plan.absorbed.formUnion(chain.absorbed)
        plan.steps[node.id] = FusedStep(
            operation: ArithmeticSteps(steps: chain.steps, slots: chain.slots), inputs: chain.inputs)
    }

    private static func isFree(_ node: Node, _ plan: FusionPlan) -> Bool {
        isCandidate(node) && !plan.absorbed.contains(node.id) && plan.steps[node.id] == nil
    }

    /// The kernel of an operation that is rounded in one way only; nil of others.
    private static func code(of operation: (any Operation)?) -> Int? {
        switch operation {
        case let binary as BinaryOperation:
            switch binary.function {
            case .add, .subtract, .multiply, .divide: binary.function.kernel
            default: nil
            }
        case let unary as UnaryOperation:
            switch unary.function {
            case .negate, .abs, .sqrt, .square: unary.function.kernel
            default: nil
            }
        default: nil
        }
    }

    /// The steps in the order of the work: a tree, whose values between are in slots.
    private struct Chain {
        let count: Int
        var steps: [ArithmeticSteps.Step] = []
        var inputs: [Node] = []
        var absorbed: [UInt64] = []
        var slots = 0

        init(count: Int) { self.count = count }

        /// Adds a node whose result goes to `slot`.
        mutating func add(_ node: Node, _ graph: PendingGraph, _ plan: FusionPlan, slot: Int = 0) -> Bool {
            guard let (operation, sources) = graph.steps[node.id], let code = code(of: operation),
                sources.allSatisfy({
                    $0.signature.dtype == .float32 && [1, count].contains($0.signature.count)
                })
            else { return false }
            var operands: [ArithmeticSteps.Operand] = []
            var free = slot
            for source in sources {
                if steps.count + 1 < most, source.signature.shape == node.signature.shape,
                    isFree(source, plan), graph.onlyUser(of: source) === node,
                    keepsNothing(source, graph, until: node),
                    add(source, graph, plan, slot: free)
                {
                    absorbed.append(source.id)
                    operands.append(.slot(free))
                    free += 1
                    slots = max(slots, free)
                } else {
                    operands.append(.input(place(of: source)))
                }
            }
            let binary = operation as? BinaryOperation
            if let number = binary?.number {
                operands.insert(.number(Float(number)), at: binary?.numberFirst == true ? 0 : 1)
            }
            steps.append(ArithmeticSteps.Step(code: code, operands: operands, slot: slot))
            return true
        }

        /// Whether a step may wait for its user: it has no two inputs that would be kept meanwhile, or nothing but
        /// arithmetic lies between.
        private func keepsNothing(_ source: Node, _ graph: PendingGraph, until user: Node) -> Bool {
            let large = graph.steps[source.id]?.inputs.filter { $0.signature.count == count } ?? []
            if large.count < 2 { return true }
            guard let from = graph.places[source.id], let to = graph.places[user.id], to - from <= most
            else { return false }
            return graph.order[from..<to].allSatisfy(isCandidate)
        }

        private mutating func place(of source: Node) -> Int {
            if let place = inputs.firstIndex(where: { $0 === source }) { return place }
            inputs.append(source)
            return inputs.count - 1
        }
    }
}

/// The steps of a group; the last writes the result.
private struct ArithmeticSteps: Evaluable {
    enum Operand {
        case input(Int)
        case number(Float)
        case slot(Int)
    }

    struct Step {
        let code: Int
        let operands: [Operand]
        let slot: Int
    }

    let steps: [Step]
    let slots: Int
    var name: String { "arithmetic" }

    /// The elements of a block: the slots are in the processor's own cache.
    private static let block = 1 << 12

    func evaluate(_ inputs: inout [TensorData], _ result: Signature, _ context: EvaluationContext) throws
        -> TensorData
    {
        let large = inputs.filter { $0.count == result.count }
        let layout = large.first?.layout ?? .rowMajor
        let isSame = large.allSatisfy { $0.layout == layout }
        let values = try inputs.map { isSame || $0.count == 1 ? $0 : try $0.rowMajor() }
        let out = try TensorData(
            shape: result.shape, dtype: .float32, layout: isSame ? layout : .rowMajor, for: name)
        let starts = values.map { (start: $0.floats, step: $0.count == 1 ? 0 : 1) }
        let numbers = max(slots, 1) * Self.block
        Elementwise.blocks(out.count) { first, count in
            // The slots, and the number of each step that has one.
            withUnsafeTemporaryAllocation(of: Float.self, capacity: numbers + steps.count) { memory in
                guard let scratch = memory.baseAddress else { return }
                for start in stride(from: first, to: first + count, by: Self.block) {
                    let n = min(Self.block, first + count - start)
                    for (place, step) in steps.enumerated() {
                        func reading(_ operand: Operand) -> (UnsafePointer<Float>, Int) {
                            switch operand {
                            case .input(let index):
                                let (values, stride) = starts[index]
                                return (UnsafePointer(values + start * stride), stride)
                            case .slot(let slot): return (UnsafePointer(scratch + slot * Self.block), 1)
                            case .number(let number):
                                scratch[numbers + place] = number
                                return (UnsafePointer(scratch + numbers + place), 0)
                            }
                        }
                        let isLast = place == steps.count - 1
                        let target = isLast ? out.floats + start : scratch + step.slot * Self.block
                        let (a, stepA) = reading(step.operands[0])
                        if step.operands.count == 2 {
                            let (b, stepB) = reading(step.operands[1])
                            ew_binary_f32(step.code, a, stepA, b, stepB, target, n)
                        } else {
                            ew_unary_f32(step.code, a, target, n)
                        }
                    }
                }
            }
        }
        return out
    }
}
