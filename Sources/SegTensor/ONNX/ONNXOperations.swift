// Each operation as operators of ONNX (onnx.ai/onnx/operators). What is not here cannot be exported.

private typealias Attribute = ONNXGraph.Attribute

// MARK: Layers

extension ConvolutionAttributes {
    fileprivate func onnx(kernel: [Int]) -> KeyValuePairs<String, ONNXGraph.Attribute> {
        [
            "kernel_shape": .integers(Array(kernel.suffix(2))),
            "strides": .integers([stride.height, stride.width]),
            "pads": .integers([padding.height, padding.width, padding.height, padding.width]),
            "dilations": .integers([dilation.height, dilation.width]), "group": .integer(groups),
        ]
    }
}

extension ConvolutionOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit("Conv", step.inputs, attributes.onnx(kernel: step.operands[1].shape))
    }
}

/// A transposed convolution.
extension ConvolutionInputGradient: ONNXExportable {
    var followsSizes: Bool { true }

    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let kernel = step.operands[1].shape
        func rest(_ axis: Int, _ size: Int, _ x: [Int]) -> Int {
            let isHeight = axis == 2
            func of(_ extent: ConvolutionGeometry.Extent) -> Int { isHeight ? extent.height : extent.width }
            return size - (x[axis] - 1) * of(attributes.stride) + 2 * of(attributes.padding)
                - of(attributes.dilation) * (kernel[axis] - 1) - 1
        }
        let variants = try graph.variants(step, Self.self)
        let extra = zip(variants, graph.shapes(step, operand: 0)).map { variant, x in
            [rest(2, variant.operation.shape[2], x), rest(3, variant.operation.shape[3], x)]
        }
        guard extra.allSatisfy({ $0 == extra[0] }) else { throw step.misfit }
        let a = attributes
        return graph.emit(
            "ConvTranspose", step.inputs,
            [
                "kernel_shape": .integers(Array(kernel.suffix(2))),
                "strides": .integers([a.stride.height, a.stride.width]),
                "pads": .integers([a.padding.height, a.padding.width, a.padding.height, a.padding.width]),
                "dilations": .integers([a.dilation.height, a.dilation.width]),
                "group": .integer(a.groups), "output_padding": .integers(extra[0]),
            ])
    }
}

extension BatchNormOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let (mean, variance) = (step.inputs[1], step.inputs[2])
        let channels = step.operands[1].count
        let weight =
            hasAffine ? step.inputs[3] : try graph.floats([Double](repeating: 1, count: channels))
        let bias = hasAffine ? step.inputs[4] : try graph.floats([Double](repeating: 0, count: channels))
        return graph.emit(
            "BatchNormalization", [step.inputs[0], weight, bias, mean, variance],
            ["epsilon": .float(epsilon)])
    }
}

extension MaxPoolOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit(
            "MaxPool", step.inputs,
            [
                "kernel_shape": .integers(window.kernel.both), "strides": .integers(window.stride.both),
                "pads": .integers(window.padding.both + window.padding.both),
                "dilations": .integers(window.dilation.both), "ceil_mode": .integer(window.ceilMode ? 1 : 0),
            ])
    }
}

extension AveragePoolOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit(
            "AveragePool", step.inputs,
            [
                "kernel_shape": .integers(window.kernel.both), "strides": .integers(window.stride.both),
                "pads": .integers(window.padding.both + window.padding.both),
                "ceil_mode": .integer(window.ceilMode ? 1 : 0),
                "count_include_pad": .integer(countsPadding ? 1 : 0),
            ])
    }
}

extension ConvolutionGeometry.Extent {
    fileprivate var both: [Int] { [height, width] }
}

extension InterpolateOperation: ONNXExportable {
    var followsSizes: Bool { true }

    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let variants = try graph.variants(step, Self.self)
        // A scale that is given; where the sizes have the ratio exactly, an operation has none.
        let given = variants.lazy.compactMap(\.operation.step).first
        guard variants.allSatisfy({ $0.operation.mode == mode && ($0.operation.step ?? given) == given })
        else { throw step.misfit }
        let rank = step.result.rank
        var inputs = [step.inputs[0], ""]
        if let given {
            let distances = [given.y, given.x], scales = distances.map { Float(1 / Double($0)) }
            for (before, variant) in zip(graph.shapes(step, operand: 0), variants) {
                let sizes = zip(before.suffix(2), variant.step.signature.shape.suffix(2))
                for ((old, new), (distance, scale)) in zip(sizes, zip(distances, scales)) {
                    guard Int(Float(old) * scale) == new,
                        variant.operation.step != nil || Float(Double(old) / Double(new)) == distance
                    else { throw step.misfit }
                }
            }
            let ones = [Double](repeating: 1, count: rank - 2)
            inputs.append(try graph.floats(ones + scales.map(Double.init)))
        } else {
            let shapes = variants.map(\.step.signature.shape)
            let extents = try step.result.shape.indices.map { axis in
                try graph.extent(shapes.map { $0[axis] }, step, axis: axis)
            }
            inputs += ["", graph.shape(extents)]
        }
        return graph.emit(
            "Resize", inputs,
            [
                "mode": .text(mode == .nearest ? "nearest" : "linear"), "nearest_mode": .text("floor"),
                "coordinate_transformation_mode": .text(
                    mode == .nearest ? "asymmetric" : mode == .bilinear ? "half_pixel" : "align_corners"),
            ])
    }
}

extension SoftmaxOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit(logarithm ? "LogSoftmax" : "Softmax", step.inputs, ["axis": .integer(axis)])
    }
}

extension MatmulOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        let inputs = zip([transposesFirst, transposesSecond], zip(step.inputs, step.operands)).map {
            transposes, operand in
            guard transposes else { return operand.0 }
            var axes = Array(0..<operand.1.rank)
            axes.swapAt(axes.count - 2, axes.count - 1)
            return graph.emit("Transpose", [operand.0], ["perm": .integers(axes)])
        }
        return graph.emit("MatMul", inputs)
    }
}

// MARK: Elementwise

extension UnaryOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let type = step.result.dtype
        let x = graph.cast(step.inputs[0], from: step.operands[0].dtype, to: type)
        switch function {
        case .negate: return graph.emit("Neg", [x])
        case .abs: return graph.emit("Abs", [x])
        case .sign: return graph.emit("Sign", [x])
        case .floor: return type.isFloating ? graph.emit("Floor", [x]) : x
        case .ceil: return type.isFloating ? graph.emit("Ceil", [x]) : x
        case .round: return type.isFloating ? graph.emit("Round", [x]) : x
        case .reciprocal: return graph.emit("Reciprocal", [x])
        case .sqrt: return graph.emit("Sqrt", [x])
        case .square: return graph.emit("Mul", [x, x])
        case .exp: return graph.emit("Exp", [x])
        case .log: return graph.emit("Log", [x])
        case .log2: return graph.emit("Div", [graph.emit("Log", [x]), try graph.number(logarithm(2), type)])
        case .log10:
            return graph.emit("Div", [graph.emit("Log", [x]), try graph.number(logarithm(10), type)])
        case .sin: return graph.emit("Sin", [x])
        case .cos: return graph.emit("Cos", [x])
        case .tanh: return graph.emit("Tanh", [x])
        case .sigmoid: return graph.emit("Sigmoid", [x])
        case .relu: return graph.emit("Relu", [x])
        case .relu6: return graph.emit("Clip", [x, try graph.number(0, type), try graph.number(6, type)])
        case .hardswish: return graph.emit("HardSwish", [x])
        case .hardsigmoid:
            return graph.emit("HardSigmoid", [x], ["alpha": .float(1.0 / 6), "beta": .float(0.5)])
        case .silu: return graph.emit("Mul", [x, graph.emit("Sigmoid", [x])])
        case .gelu:
            let inner = graph.emit("Mul", [x, try graph.number(0.5.squareRoot(), type)])
            let share = graph.emit("Add", [graph.emit("Erf", [inner]), try graph.number(1, type)])
            return graph.emit("Mul", [graph.emit("Mul", [x, share]), try graph.number(0.5, type)])
        case .not: return graph.emit("Not", [x])
        case .isnan, .isfinite:
            throw TensorError(.value, "export_onnx: \(name) has no form in ONNX", site: step.site)
        }
    }
}

extension BinaryOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let type = function.isLogical ? .bool : workType(step.operands.map(\.dtype))
        var inputs: [String] = []
        for (name, operand) in zip(step.inputs, step.operands) {
            inputs.append(graph.cast(name, from: operand.dtype, to: type))
        }
        if let number { inputs.insert(try graph.number(number, type), at: numberFirst ? 0 : 1) }
        switch function {
        case .add: return graph.emit("Add", inputs)
        case .subtract: return graph.emit("Sub", inputs)
        case .multiply: return graph.emit("Mul", inputs)
        case .divide: return graph.emit("Div", inputs)
        case .power: return graph.emit("Pow", inputs)
        case .minimum: return graph.emit("Min", inputs)
        case .maximum: return graph.emit("Max", inputs)
        case .equal: return graph.emit("Equal", inputs)
        case .notEqual: return graph.emit("Not", [graph.emit("Equal", inputs)])
        case .less: return graph.emit("Less", inputs)
        case .lessEqual: return graph.emit("LessOrEqual", inputs)
        case .greater: return graph.emit("Greater", inputs)
        case .greaterEqual: return graph.emit("GreaterOrEqual", inputs)
        case .and: return graph.emit("And", inputs)
        case .or: return graph.emit("Or", inputs)
        case .xor: return graph.emit("Xor", inputs)
        case .floorDivide, .remainder:
            // The remainder has the divisor's sign; ONNX has it for whole numbers alone.
            if !type.isFloating {
                let rest = graph.emit("Mod", inputs)
                guard function == .floorDivide else { return rest }
                return graph.emit("Div", [graph.emit("Sub", [inputs[0], rest]), inputs[1]])
            }
            let quotient = graph.emit("Floor", [graph.emit("Div", inputs)])
            if function == .floorDivide { return quotient }
            return graph.emit("Sub", [inputs[0], graph.emit("Mul", [quotient, inputs[1]])])
        }
    }
}

extension ClampOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let bounds = try [low, high].map { $0.isFinite ? try graph.number($0, step.result.dtype) : "" }
        return graph.emit("Clip", step.inputs + bounds)
    }
}

extension LeakyReLUOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit("LeakyRelu", step.inputs, ["alpha": .float(slope)])
    }
}

extension CastOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit("Cast", step.inputs, ["to": .integer(dtype.onnx)])
    }
}

extension WhereOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        var choices: [String] = []
        var next = 1
        for number in [a, b] {
            if let number {
                choices.append(try graph.number(number, step.result.dtype))
            } else {
                let from = step.operands[next].dtype
                choices.append(graph.cast(step.inputs[next], from: from, to: step.result.dtype))
                next += 1
            }
        }
        return graph.emit("Where", [step.inputs[0]] + choices)
    }
}

// MARK: The same values

extension DetachOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String { step.inputs[0] }
}

extension PassOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String { step.inputs[0] }
}

extension RelabelOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String { step.inputs[0] }
}

// MARK: Reductions

extension ReduceOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let type = kind == .any || kind == .all ? DType.int32 : step.result.dtype
        let x = graph.cast(step.inputs[0], from: step.operands[0].dtype, to: type)
        if axes.isEmpty { return graph.cast(x, from: type, to: step.result.dtype) }
        let name =
            switch kind {
            case .sum: "ReduceSum"
            case .prod: "ReduceProd"
            case .max, .any: "ReduceMax"
            case .min, .all: "ReduceMin"
            case .mean, .var, .std: "ReduceMean"
            }
        let keeps = Attribute.integer(keepdims ? 1 : 0)
        // Axes are an operand since version 13 of ReduceSum, and 18 of the others.
        let result =
            kind == .sum || graph.opset >= 18
            ? graph.emit(name, [x, graph.integers(axes)], ["keepdims": keeps])
            : graph.emit(name, [x], ["axes": .integers(axes), "keepdims": keeps])
        return graph.cast(result, from: type, to: step.result.dtype)
    }
}

extension ArgOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit(
            minimum ? "ArgMin" : "ArgMax", step.inputs,
            ["axis": .integer(axis), "keepdims": .integer(keepdims ? 1 : 0)])
    }
}

extension CumulativeSumOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let x = graph.cast(step.inputs[0], from: step.operands[0].dtype, to: step.result.dtype)
        return graph.emit(
            "CumSum", [x, try graph.number(Double(axis), .int64)], ["reverse": .integer(backwards ? 1 : 0)])
    }
}

// MARK: Arrangement

extension CatOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit("Concat", step.inputs, ["axis": .integer(axis)])
    }
}

extension StackOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        let axes = graph.integers([axis])
        let parts = step.inputs.map { graph.emit("Unsqueeze", [$0, axes]) }
        return graph.emit("Concat", parts, ["axis": .integer(axis)])
    }
}

extension PermuteOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        graph.emit("Transpose", step.inputs, ["perm": .integers(axes)])
    }
}

extension FlipOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        let ones = axes.map { _ in -1 }
        return graph.emit(
            "Slice",
            [
                step.inputs[0], graph.integers(ones), graph.integers(axes.map { _ in Int.min + 1 }),
                graph.integers(axes), graph.integers(ones),
            ])
    }
}

extension PadOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        graph.emit(
            "Pad",
            [step.inputs[0], graph.integers(before + after), try graph.number(number, step.result.dtype)])
    }
}

extension ReshapeOperation: ONNXExportable {
    var followsSizes: Bool { true }

    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let targets = try graph.variants(step, Self.self).map(\.operation.shape)
        let before = graph.shapes(step, operand: 0)
        // 0 keeps the operand's size, and one size may be -1.
        var sizes: [Int?] = []
        for axis in shape.indices {
            let numbers = targets.map { $0[axis] }
            let isKept = zip(before, numbers).allSatisfy { axis < $0.count && $0[axis] == $1 }
            let isFixed = numbers.allSatisfy { $0 == numbers[0] }
            sizes.append(isFixed ? numbers[0] : isKept ? 0 : nil)
        }
        if sizes.count(where: { $0 == nil }) <= 1 {
            return graph.emit("Reshape", [step.inputs[0], graph.integers(sizes.map { $0 ?? -1 })])
        }
        let extents = try shape.indices.map { axis in
            try graph.extent(targets.map { $0[axis] }, step, axis: axis)
        }
        return graph.emit("Reshape", [step.inputs[0], graph.shape(extents)])
    }
}

extension ExpandOperation: ONNXExportable {
    var followsSizes: Bool { true }

    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let targets = try graph.variants(step, Self.self).map(\.operation.shape)
        let extents = try shape.indices.map { axis in
            try graph.extent(targets.map { $0[axis] }, step, axis: axis)
        }
        return graph.emit("Expand", [step.inputs[0], graph.shape(extents)])
    }
}

extension FillOperation: ONNXExportable {
    var followsSizes: Bool { true }

    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let variants = try graph.variants(step, Self.self)
        guard variants.allSatisfy({ $0.operation.number == number }) else { throw step.misfit }
        let extents = try shape.indices.map { axis in
            try graph.extent(variants.map { $0.operation.shape[axis] }, step, axis: axis)
        }
        return graph.emit("Expand", [try graph.number(number, dtype), graph.shape(extents)])
    }
}

extension SliceOperation: ONNXExportable {
    var followsSizes: Bool { true }

    func export(_ step: ONNXStep, to graph: inout ONNXGraph) throws -> String {
        let variants = try graph.variants(step, Self.self).map(\.operation)
        guard variants.allSatisfy({ $0.drops == drops }) else { throw step.misfit }
        let before = graph.shapes(step, operand: 0)
        var (axes, starts, ends): ([Int], [ONNXGraph.Extent], [ONNXGraph.Extent]) = ([], [], [])
        for axis in counts.indices {
            let sizes = before.map { $0[axis] }
            if zip(variants, sizes).allSatisfy({ $0.counts[axis] == $1 }) { continue }
            // A place counts from the end where it is the same from there.
            func place(_ numbers: [Int]) throws -> ONNXGraph.Extent {
                let back = zip(numbers, sizes).map { $0 - $1 }
                if numbers.contains(where: { $0 != numbers[0] }), back[0] < 0,
                    back.allSatisfy({ $0 == back[0] })
                {
                    return .fixed(back[0])
                }
                return try graph.extent(numbers, step, axis: axis)
            }
            let stops = variants.map { $0.starts[axis] + $0.counts[axis] }
            axes.append(axis)
            starts.append(try place(variants.map { $0.starts[axis] }))
            ends.append(stops == sizes ? .fixed(Int.max) : try place(stops))
        }
        var result = step.inputs[0]
        if !axes.isEmpty {
            result = graph.emit(
                "Slice", [result, graph.shape(starts), graph.shape(ends), graph.integers(axes)])
        }
        let dropped = drops.indices.filter { drops[$0] }
        return dropped.isEmpty ? result : graph.emit("Squeeze", [result, graph.integers(dropped)])
    }
}

extension TakeOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        let index = graph.cast(step.inputs[1], from: step.operands[1].dtype, to: .int64)
        return graph.emit("Gather", [step.inputs[0], index], ["axis": .integer(axis)])
    }
}

extension GatherOperation: ONNXExportable {
    func export(_ step: ONNXStep, to graph: inout ONNXGraph) -> String {
        let index = graph.cast(step.inputs[1], from: step.operands[1].dtype, to: .int64)
        return graph.emit("GatherElements", [step.inputs[0], index], ["axis": .integer(axis)])
    }
}
