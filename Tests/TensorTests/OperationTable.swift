// Every operation of SegTensor by type and name: how far its gradients go, and which test compares its values with
// independent numbers. OperationTableTests fails for an operation without a row, GradientTests for a row with a
// gradient without a case, OperationFixtureTests for a row that no fixture passes through.

@testable import SegTensor

/// One operation of the table, or the part of one that has some of its names.
struct OperationRow {
    /// How far gradients go.
    enum Gradient {
        /// There is none: the result is not differentiable, or is a gradient that ends here.
        case none
        /// A gradient without a gradient.
        case once
        /// Gradients of gradients.
        case twice
    }

    /// What its values are compared with.
    enum Values {
        /// PyTorch's numbers: a case of ops.json passes through it.
        case fixtures
        /// The expectations of a test, by the name of its function.
        case test(String)
    }

    let type: any Operation.Type
    /// Empty where the caller names it.
    let names: [String]
    let gradient: Gradient
    let values: Values

    init(
        _ type: any Operation.Type, _ names: [String], _ gradient: Gradient, values: Values = .fixtures
    ) {
        self.type = type
        self.names = names
        self.gradient = gradient
        self.values = values
    }

    static let all = identities + makers + elementwise + reductions + arrangement + layers

    private static let identities = [
        OperationRow(PassOperation.self, ["pass"], .twice, values: .test("identitiesKeepTheValue")),
        OperationRow(RelabelOperation.self, ["labels"], .twice, values: .test("identitiesKeepTheValue")),
        OperationRow(DetachOperation.self, ["no_grad"], .none, values: .test("identitiesKeepTheValue")),
        OperationRow(CastOperation.self, ["to"], .twice),
    ]

    private static let makers = [
        OperationRow(FillOperation.self, [], .none, values: .test("makersGiveWhatTheySay")),
        OperationRow(EyeOperation.self, ["eye"], .none, values: .test("makersGiveWhatTheySay")),
        OperationRow(RangeOperation.self, [], .none, values: .test("makersGiveWhatTheySay")),
        OperationRow(SourceOperation.self, [], .none, values: .test("makersGiveWhatTheySay")),
        OperationRow(RandomOperation.self, [], .none, values: .test("randomNumbersHangOnKeyAndPlaceAlone")),
        OperationRow(
            DropoutOperation.self, ["dropout"], .twice, values: .test("randomNumbersHangOnKeyAndPlaceAlone")),
    ]

    /// The functions whose gradient is a separate operation.
    static let gradients: [UnaryFunction] = [
        .abs, .relu, .relu6, .hardswish, .hardsigmoid, .silu, .gelu, .sigmoid, .tanh, .sqrt,
    ]

    private static let elementwise: [OperationRow] = {
        // Two functions consist of comparisons and have no node.
        let unary = UnaryFunction.allCases.filter { ![.isnan, .isfinite].contains($0) }
        let flat: [UnaryFunction] = [.floor, .ceil, .round, .sign, .not]
        let differentiable = unary.filter { !flat.contains($0) }.map(\.rawValue)
        let binary = BinaryFunction.allCases
        let stepwise = binary.filter { $0.isComparison || $0.isLogical || $0 == .floorDivide }
        return [
            OperationRow(UnaryOperation.self, differentiable.filter { $0 != "reciprocal" }, .twice),
            OperationRow(
                UnaryOperation.self, ["reciprocal"], .twice, values: .test("reciprocalsAreQuotients")),
            OperationRow(
                UnaryOperation.self, flat.filter { $0 != .not }.map(\.rawValue), .none),
            OperationRow(
                UnaryOperation.self, [UnaryFunction.not.rawValue], .none,
                values: .test("logicIsTheTruthTable")),
            OperationRow(
                ActivationGradientOperation.self,
                gradients.map { $0.rawValue + " gradient" }, .twice),
            OperationRow(
                BinaryOperation.self, binary.filter { !stepwise.contains($0) }.map(\.rawValue), .twice),
            OperationRow(
                BinaryOperation.self, stepwise.map(\.rawValue), .none, values: .test("logicIsTheTruthTable")),
            OperationRow(ClampOperation.self, ["clamp"], .twice),
            OperationRow(ClampGradient.self, ["clamp gradient"], .twice),
            OperationRow(LeakyReLUOperation.self, ["leaky_relu"], .twice),
            OperationRow(LeakyReLUGradient.self, ["leaky_relu gradient"], .twice),
            OperationRow(WhereOperation.self, ["where"], .twice),
        ]
    }()

    private static let reductions = [
        OperationRow(ReduceOperation.self, ["sum", "mean", "min", "max", "prod"], .twice),
        OperationRow(ReduceOperation.self, ["any", "all"], .none),
        OperationRow(ArgOperation.self, ["argmax", "argmin"], .none),
        OperationRow(CumulativeSumOperation.self, ["cumsum"], .twice),
    ]

    private static let arrangement = [
        OperationRow(ReshapeOperation.self, ["reshape"], .twice),
        OperationRow(PermuteOperation.self, ["permute"], .twice),
        OperationRow(ExpandOperation.self, ["expand"], .twice),
        OperationRow(FlipOperation.self, ["flip"], .twice),
        OperationRow(PadOperation.self, ["pad"], .twice),
        OperationRow(CatOperation.self, ["cat"], .twice),
        OperationRow(StackOperation.self, ["stack"], .twice),
        OperationRow(SliceOperation.self, ["slice"], .twice),
        OperationRow(SliceAssignOperation.self, ["assign"], .twice, values: .test("indicesReadAndReplace")),
        OperationRow(TakeOperation.self, ["take"], .twice, values: .test("indicesReadAndReplace")),
        OperationRow(
            TakeAddOperation.self, ["take gradient"], .twice, values: .test("addingByPlaceSumsWhatMeets")),
        OperationRow(GatherOperation.self, ["gather"], .twice),
        OperationRow(GatherAddOperation.self, ["gather gradient"], .twice),
        OperationRow(PutOperation.self, ["assign"], .twice, values: .test("indicesReadAndReplace")),
        OperationRow(ArgsortOperation.self, ["argsort"], .none),
    ]

    private static let layers = [
        OperationRow(MatmulOperation.self, ["matmul"], .twice),
        OperationRow(ConvolutionOperation.self, ["conv2d"], .twice),
        OperationRow(
            ConvolutionInputGradient.self, [ConvolutionInputGradient.gradient, "conv_transpose2d"], .twice),
        OperationRow(ConvolutionWeightGradient.self, ["conv2d gradient by the weight"], .twice),
        OperationRow(BatchNormOperation.self, ["batch_norm"], .once),
        OperationRow(BatchNormTraining.self, ["batch_norm"], .once),
        OperationRow(BatchStatistics.self, ["batch statistics"], .once),
        OperationRow(BatchNormSums.self, ["batch_norm gradient"], .none),
        OperationRow(
            BatchNormWholeSums.self, ["batch_norm gradient"], .none,
            values: .test("aPartOfABatchIsNormalisedAsTheWhole")),
        OperationRow(BatchNormInputGradient.self, ["batch_norm gradient"], .none),
        OperationRow(MaxPoolOperation.self, ["max_pool2d"], .once),
        OperationRow(MaxPoolGradient.self, ["max_pool2d gradient"], .none),
        OperationRow(AveragePoolOperation.self, ["avg_pool2d"], .once),
        OperationRow(AveragePoolGradient.self, ["avg_pool2d gradient"], .once),
        OperationRow(InterpolateOperation.self, ["interpolate"], .once),
        OperationRow(InterpolateGradient.self, ["interpolate gradient"], .once),
        OperationRow(SoftmaxOperation.self, ["softmax", "log_softmax"], .once),
        OperationRow(SoftmaxGradient.self, ["softmax gradient", "log_softmax gradient"], .none),
        OperationRow(NLLLossOperation.self, ["nll_loss"], .once),
        OperationRow(NLLLossGradient.self, ["nll_loss gradient"], .none),
        OperationRow(
            ConfusionOperation.self, ["confusion"], .none, values: .test("theFusedLossIsTheStepwiseLoss")),
    ]
}

/// An operation by type and name, as it is met in a graph.
struct MetOperation: Hashable {
    let type: ObjectIdentifier
    let name: String

    init(_ type: any Operation.Type, _ name: String) {
        self.type = ObjectIdentifier(type)
        self.name = name
    }

    /// The operations below some tensors that have not been computed, or are tracked.
    static func all(below tensors: [Tensor]) -> Set<MetOperation> {
        var met = Set<MetOperation>()
        var seen = Set<UInt64>()
        var stack = tensors.map(\.node)
        while let node = stack.popLast() {
            guard seen.insert(node.id).inserted else { continue }
            if let operation = node.operation {
                met.insert(MetOperation(Swift.type(of: operation), operation.name))
            }
            stack.append(contentsOf: node.inputs)
        }
        return met
    }

    /// Those without a row.
    static func unlisted(below tensors: [Tensor]) -> [String] {
        all(below: tensors).filter { met in
            !OperationRow.all.contains { row in
                ObjectIdentifier(row.type) == met.type && (row.names.isEmpty || row.names.contains(met.name))
            }
        }.map(\.name).sorted()
    }
}
