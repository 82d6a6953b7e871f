// For each operation one example, and others that differ from it in one attribute.

@testable import SegTensor

/// An operation, and others of its type that differ in one attribute each.
struct OperationExample {
    let base: any Operation
    let variants: [any Operation]
    /// Attributes that another one represents.
    var exempt: Set<String> = []

    init(_ base: any Operation, _ variants: [any Operation] = [], exempt: Set<String> = []) {
        self.base = base
        self.variants = variants
        self.exempt = exempt
    }

    static func all() throws -> [OperationExample] {
        try makers() + elementwise() + arrangement() + layers()
    }

    private static func makers() throws -> [OperationExample] {
        let labels = try [AxisLabels(["a", "b"]), AxisLabels(["a", "c"])]
        let key = RandomKey(seed: 1, stream: 2)
        func random(
            _ name: String = "rand", _ kind: RandomOperation.Kind = .uniform, _ shape: [Int] = [2],
            _ dtype: DType = .float32, _ key: RandomKey = RandomKey(seed: 1, stream: 2)
        ) -> RandomOperation {
            RandomOperation(name: name, kind: kind, shape: shape, dtype: dtype, key: key)
        }
        func range(
            _ name: String = "arange", _ start: Double = 0, _ step: Double = 1, _ count: Int = 3,
            _ dtype: DType = .float32, _ last: Double? = nil
        ) -> RangeOperation {
            RangeOperation(name: name, start: start, step: step, count: count, dtype: dtype, last: last)
        }
        func source(
            _ content: Digest = Digest(high: 1, low: 2), _ name: String = "source", _ shape: [Int] = [1],
            _ dtype: DType = .float32
        ) -> SourceOperation {
            SourceOperation(name: name, shape: shape, dtype: dtype, content: content) {
                try TensorData(shape: [1], dtype: .float32)
            }
        }
        return [
            OperationExample(PassOperation()),
            OperationExample(DetachOperation()),
            OperationExample(
                RelabelOperation(labels: [0: labels[0]]),
                [
                    RelabelOperation(labels: [0: labels[1]]), RelabelOperation(labels: [1: labels[0]]),
                    RelabelOperation(labels: [:]),
                ]),
            OperationExample(CastOperation(dtype: .float32), [CastOperation(dtype: .float64)]),
            OperationExample(
                FillOperation(name: "full", shape: [2], number: 0, dtype: .float32),
                [
                    FillOperation(name: "ones", shape: [2], number: 0, dtype: .float32),
                    FillOperation(name: "full", shape: [2, 1], number: 0, dtype: .float32),
                    FillOperation(name: "full", shape: [2], number: -0.0, dtype: .float32),
                    FillOperation(name: "full", shape: [2], number: 0, dtype: .int64),
                ]),
            OperationExample(
                EyeOperation(rows: 2, columns: 2, dtype: .float32),
                [
                    EyeOperation(rows: 3, columns: 2, dtype: .float32),
                    EyeOperation(rows: 2, columns: 3, dtype: .float32),
                    EyeOperation(rows: 2, columns: 2, dtype: .uint8),
                ]),
            OperationExample(
                range(),
                [
                    range("linspace"), range("arange", 1), range("arange", 0, 2), range("arange", 0, 1, 4),
                    range("arange", 0, 1, 3, .int64), range("arange", 0, 1, 3, .float32, 0),
                ]),
            OperationExample(
                source(),
                [
                    source(Digest(high: 2, low: 2)), source(Digest(high: 1, low: 1)),
                    source(Digest(high: 1, low: 2), "frame"), source(Digest(high: 1, low: 2), "source", [2]),
                    source(Digest(high: 1, low: 2), "source", [1], .uint8),
                ], exempt: ["make", "isRedrawn"]),
            OperationExample(
                random(),
                [
                    random("randn"), random("rand", .normal), random("rand", .permutation),
                    random("rand", .integer(low: 0, high: 2)), random("rand", .integer(low: 1, high: 2)),
                    random("rand", .integer(low: 0, high: 3)), random("rand", .uniform, [3]),
                    random("rand", .uniform, [2], .float64),
                    random("rand", .uniform, [2], .float32, RandomKey(seed: 2, stream: 2)),
                    random("rand", .uniform, [2], .float32, RandomKey(seed: 1, stream: 1)),
                ]),
            OperationExample(
                DropoutOperation(p: 0.5, key: key),
                [
                    DropoutOperation(p: 0.25, key: key),
                    DropoutOperation(p: 0.5, key: RandomKey(seed: 2, stream: 2)),
                    DropoutOperation(p: 0.5, key: RandomKey(seed: 1, stream: 1)),
                    DropoutOperation(p: 0.5, key: key, first: 4),
                ]),
        ]
    }

    private static func elementwise() -> [OperationExample] {
        [
            OperationExample(
                UnaryOperation(function: .negate),
                UnaryFunction.allCases.filter { $0 != .negate }.map { UnaryOperation(function: $0) }),
            OperationExample(
                ActivationGradientOperation(function: .relu),
                OperationRow.gradients.filter { $0 != .relu }.map {
                    ActivationGradientOperation(function: $0)
                }),
            OperationExample(
                BinaryOperation(function: .add, number: 0),
                [
                    BinaryOperation(function: .subtract, number: 0), BinaryOperation(function: .add),
                    BinaryOperation(function: .add, number: 1),
                    BinaryOperation(function: .add, number: 0, numberFirst: true),
                ]),
            OperationExample(
                ClampOperation(low: 0, high: 6),
                [ClampOperation(low: -1, high: 6), ClampOperation(low: 0, high: 5)]),
            OperationExample(
                ClampGradient(low: 0, high: 6),
                [ClampGradient(low: -1, high: 6), ClampGradient(low: 0, high: 5)]),
            OperationExample(LeakyReLUOperation(slope: 0), [LeakyReLUOperation(slope: 1)]),
            OperationExample(LeakyReLUGradient(slope: 0), [LeakyReLUGradient(slope: 1)]),
            OperationExample(
                WhereOperation(a: 0, b: 0, dtype: nil),
                [
                    WhereOperation(a: nil, b: 0, dtype: nil), WhereOperation(a: 1, b: 0, dtype: nil),
                    WhereOperation(a: 0, b: nil, dtype: nil), WhereOperation(a: 0, b: 1, dtype: nil),
                    WhereOperation(a: 0, b: 0, dtype: .float32), WhereOperation(a: 0, b: 0, dtype: .int64),
                ]),
            OperationExample(
                ReduceOperation(kind: .sum, axes: [0], keepdims: false),
                [
                    ReduceOperation(kind: .mean, axes: [0], keepdims: false),
                    ReduceOperation(kind: .sum, axes: [1], keepdims: false),
                    ReduceOperation(kind: .sum, axes: [], keepdims: false),
                    ReduceOperation(kind: .sum, axes: [0], keepdims: true),
                ]),
            OperationExample(
                ArgOperation(minimum: false, axis: 0, keepdims: false),
                [
                    ArgOperation(minimum: true, axis: 0, keepdims: false),
                    ArgOperation(minimum: false, axis: 1, keepdims: false),
                    ArgOperation(minimum: false, axis: 0, keepdims: true),
                ]),
            OperationExample(
                CumulativeSumOperation(axis: 0),
                [CumulativeSumOperation(axis: 1), CumulativeSumOperation(axis: 0, backwards: true)]),
        ]
    }

    private static func arrangement() throws -> [OperationExample] {
        let labels = try AxisLabels(["a", "b"])
        return [
            OperationExample(
                ReshapeOperation(shape: [2, 3], labels: [:]),
                [
                    ReshapeOperation(shape: [3, 2], labels: [:]),
                    ReshapeOperation(shape: [2, 3, 1], labels: [:]),
                    ReshapeOperation(shape: [2, 3], labels: [0: labels]),
                ]),
            OperationExample(PermuteOperation(axes: [1, 0, 2]), [PermuteOperation(axes: [2, 0, 1])]),
            OperationExample(ExpandOperation(shape: [2, 3]), [ExpandOperation(shape: [2, 4])]),
            OperationExample(FlipOperation(axes: [0]), [FlipOperation(axes: [1])]),
            OperationExample(
                PadOperation(before: [1, 0], after: [0, 0], number: 0),
                [
                    PadOperation(before: [0, 1], after: [0, 0], number: 0),
                    PadOperation(before: [1, 0], after: [1, 0], number: 0),
                    PadOperation(before: [1, 0], after: [0, 0], number: 1),
                ]),
            OperationExample(CatOperation(axis: 0), [CatOperation(axis: 1)]),
            OperationExample(StackOperation(axis: 0), [StackOperation(axis: 1)]),
            OperationExample(
                SliceOperation(starts: [0, 1], counts: [2, 1], drops: [false, false]),
                [
                    SliceOperation(starts: [0, 2], counts: [2, 1], drops: [false, false]),
                    SliceOperation(starts: [0, 1], counts: [2, 2], drops: [false, false]),
                    SliceOperation(starts: [0, 1], counts: [2, 1], drops: [false, true]),
                ]),
            OperationExample(
                SliceAssignOperation(starts: [0], counts: [1], number: 0),
                [
                    SliceAssignOperation(starts: [1], counts: [1], number: 0),
                    SliceAssignOperation(starts: [0], counts: [2], number: 0),
                    SliceAssignOperation(starts: [0], counts: [1], number: 1),
                    SliceAssignOperation(starts: [0], counts: [1]),
                ]),
            OperationExample(
                TakeOperation(axis: 0), [TakeOperation(axis: 1), TakeOperation(axis: 0, labels: labels)]),
            OperationExample(
                TakeAddOperation(axis: 0, length: 3),
                [TakeAddOperation(axis: 1, length: 3), TakeAddOperation(axis: 0, length: 4)]),
            OperationExample(GatherOperation(axis: 0), [GatherOperation(axis: 1)]),
            OperationExample(
                GatherAddOperation(axis: 0, length: 3),
                [GatherAddOperation(axis: 1, length: 3), GatherAddOperation(axis: 0, length: 4)]),
            OperationExample(PutOperation(), [PutOperation(number: 0), PutOperation(number: 1)]),
            OperationExample(
                ArgsortOperation(axis: 0, descending: false),
                [ArgsortOperation(axis: 1, descending: false), ArgsortOperation(axis: 0, descending: true)]),
        ]
    }

    /// Eight sizes of a window, and the same with one of them raised.
    private static func extents() -> [[ConvolutionGeometry.Extent]] {
        func four(_ sizes: [Int]) -> [ConvolutionGeometry.Extent] {
            stride(from: 0, to: sizes.count, by: 2).map { .init(sizes[$0], sizes[$0 + 1]) }
        }
        let plain = [3, 3, 2, 2, 1, 1, 1, 1]
        return [four(plain)]
            + plain.indices.map { place in
                var sizes = plain
                sizes[place] += 1
                return four(sizes)
            }
    }

    private static func windows() -> [PoolingWindow] {
        func window(_ name: String, _ e: [ConvolutionGeometry.Extent], _ ceilMode: Bool) -> PoolingWindow {
            PoolingWindow(
                name: name, kernel: (e[0].height, e[0].width), stride: (e[1].height, e[1].width),
                padding: (e[2].height, e[2].width), dilation: (e[3].height, e[3].width), ceilMode: ceilMode)
        }
        return extents().map { window("pool", $0, false) } + [
            window("other", extents()[0], false), window("pool", extents()[0], true),
        ]
    }

    private static func convolutions() -> [ConvolutionAttributes] {
        func attributes(_ e: [ConvolutionGeometry.Extent], _ groups: Int) -> ConvolutionAttributes {
            ConvolutionAttributes(stride: e[1], padding: e[2], dilation: e[3], groups: groups)
        }
        // The kernel's size, which comes first, is not an attribute of a convolution.
        return ([extents()[0]] + extents()[3...]).map { attributes($0, 1) } + [attributes(extents()[0], 2)]
    }

    private static func layers() -> [OperationExample] {
        let (windows, convolutions) = (windows(), convolutions())
        let part = BatchShare(samples: 1, first: 1, count: 1, total: 2)
        /// The first of some operations, and the others as its variants.
        func example(_ operations: [any Operation]) -> OperationExample {
            OperationExample(operations[0], Array(operations.dropFirst()))
        }
        func loss(_ ignore: Int = 0, _ smoothing: Double = 0, _ reduction: Tensor.LossReduction = .mean)
            -> NLLLossOperation
        {
            NLLLossOperation(ignore: ignore, smoothing: smoothing, reduction: reduction)
        }
        func lossGradient(
            _ ignore: Int = 0, _ smoothing: Double = 0, _ reduction: Tensor.LossReduction = .mean,
            _ shape: [Int] = [1, 2]
        ) -> NLLLossGradient {
            NLLLossGradient(ignore: ignore, smoothing: smoothing, reduction: reduction, shape: shape)
        }
        return [
            example([
                MatmulOperation(), MatmulOperation(transposesFirst: true),
                MatmulOperation(transposesSecond: true),
            ]),
            example(
                convolutions.map { ConvolutionOperation(attributes: $0) }
                    + [ConvolutionOperation(attributes: convolutions[0], precision: .bfloat16)]),
            example(
                convolutions.map { ConvolutionInputGradient(name: "a", attributes: $0, shape: [1]) }
                    + [
                        ConvolutionInputGradient(name: "a", attributes: convolutions[0], shape: [2]),
                        ConvolutionInputGradient(name: "b", attributes: convolutions[0], shape: [1]),
                    ]),
            example(
                convolutions.map { ConvolutionWeightGradient(attributes: $0, shape: [1]) }
                    + [ConvolutionWeightGradient(attributes: convolutions[0], shape: [2])]),
            example([
                BatchNormOperation(epsilon: 1e-5, hasAffine: true),
                BatchNormOperation(epsilon: 1e-3, hasAffine: true),
                BatchNormOperation(epsilon: 1e-5, hasAffine: false),
            ]),
            example([
                BatchNormTraining(epsilon: 1e-5, hasAffine: true),
                BatchNormTraining(epsilon: 1e-3, hasAffine: true),
                BatchNormTraining(epsilon: 1e-5, hasAffine: false),
                BatchNormTraining(epsilon: 1e-5, hasAffine: true, share: part),
            ]),
            example([BatchStatistics(), BatchStatistics(share: part)]),
            example([BatchNormSums(epsilon: 1e-5), BatchNormSums(epsilon: 1e-3)]),
            example([BatchNormWholeSums()]),
            example([
                BatchNormInputGradient(epsilon: 1e-5), BatchNormInputGradient(epsilon: 1e-3),
                BatchNormInputGradient(epsilon: 1e-5, share: part),
            ]),
            example(windows.map { MaxPoolOperation(window: $0) }),
            example(windows.map { MaxPoolGradient(window: $0) }),
            example(
                windows.map { AveragePoolOperation(window: $0, countsPadding: true) }
                    + [AveragePoolOperation(window: windows[0], countsPadding: false)]),
            example(
                windows.map { AveragePoolGradient(window: $0, countsPadding: true, shape: [1]) }
                    + [
                        AveragePoolGradient(window: windows[0], countsPadding: false, shape: [1]),
                        AveragePoolGradient(window: windows[0], countsPadding: true, shape: [2]),
                    ]),
            example([
                InterpolateOperation(height: 2, width: 2, mode: .bilinear),
                InterpolateOperation(height: 3, width: 2, mode: .bilinear),
                InterpolateOperation(height: 2, width: 3, mode: .bilinear),
                InterpolateOperation(height: 2, width: 2, mode: .nearest),
                InterpolateOperation(height: 2, width: 2, mode: .bilinear, step: .init(y: 0.5, x: 0.5)),
                InterpolateOperation(height: 2, width: 2, mode: .bilinear, step: .init(y: 0.5, x: 0.7)),
            ]),
            example([
                InterpolateGradient(shape: [2], mode: .bilinear),
                InterpolateGradient(shape: [3], mode: .bilinear),
                InterpolateGradient(shape: [2], mode: .nearest),
                InterpolateGradient(shape: [2], mode: .bilinear, step: .init(y: 0.5, x: 0.5)),
                InterpolateGradient(shape: [2], mode: .bilinear, step: .init(y: 0.5, x: 0.7)),
            ]),
            example([
                SoftmaxOperation(logarithm: false, axis: 1), SoftmaxOperation(logarithm: true, axis: 1),
                SoftmaxOperation(logarithm: false, axis: 2),
            ]),
            example([
                SoftmaxGradient(logarithm: false, axis: 1), SoftmaxGradient(logarithm: true, axis: 1),
                SoftmaxGradient(logarithm: false, axis: 2),
            ]),
            example([loss(), loss(1), loss(0, 0.5), loss(0, 0, .sum), loss(0, 0, .none)]),
            example([
                lossGradient(), lossGradient(1), lossGradient(0, 0.5), lossGradient(0, 0, .sum),
                lossGradient(0, 0, .mean, [2, 2]),
            ]),
            example([
                ConfusionOperation(classes: 2, ignore: 0, isPerSample: false),
                ConfusionOperation(classes: 3, ignore: 0, isPerSample: false),
                ConfusionOperation(classes: 2, ignore: 1, isPerSample: false),
                ConfusionOperation(classes: 2, ignore: 0, isPerSample: true),
            ]),
        ]
    }
}
