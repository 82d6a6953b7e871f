// Every operation by name, and what can be asked of its gradient. The gradient check walks this table and
// fails for a row without a case, and for an operation without a row.

/// One operation of the table.
struct OperationRow: Sendable {
    /// How far gradients go.
    enum Gradient: Sendable {
        /// There is none: the result is no function one could differentiate, or a gradient that stops here.
        case none
        /// A gradient that itself has none.
        case once
        /// Gradients of gradients.
        case twice
    }

    let name: String
    let gradient: Gradient

    static let all: [OperationRow] =
        rows(
            .twice,
            [
                "pass", "labels", "to", "where", "clamp", "clamp gradient",
                "add", "subtract", "multiply", "divide", "remainder", "power", "minimum", "maximum",
                "negate", "abs", "reciprocal", "sqrt", "square", "exp", "log", "log2", "log10", "sin", "cos",
                "tanh",
                "sigmoid", "relu", "relu6", "hardswish", "hardsigmoid",
                "abs gradient", "relu gradient", "relu6 gradient", "hardswish gradient",
                "hardsigmoid gradient",
                "sigmoid gradient", "tanh gradient", "sqrt gradient",
                "sum", "mean", "min", "max", "prod", "cumsum",
                "reshape", "permute", "expand", "flip", "pad", "cat", "stack", "slice", "assign",
                "take", "take gradient", "gather", "gather gradient",
                "matmul", "conv2d", "conv2d gradient by the input", "conv2d gradient by the weight",
                "dropout",
            ])
        + rows(
            .once,
            [
                "batch_norm", "batch statistics", "max_pool2d", "avg_pool2d", "avg_pool2d gradient",
                "interpolate",
                "interpolate gradient", "softmax", "log_softmax", "nll_loss",
            ])
        + rows(
            .none,
            [
                "no_grad", "full", "eye", "arange", "source", "random", "equal", "notEqual", "less",
                "lessEqual",
                "greater",
                "greaterEqual", "and", "or", "xor", "not", "any", "all", "argmax", "argmin", "argsort",
                "confusion", "floor", "ceil", "round", "sign", "floorDivide", "batch_norm gradient",
                "max_pool2d gradient", "softmax gradient", "log_softmax gradient", "nll_loss gradient",
            ])

    private static func rows(_ gradient: Gradient, _ names: [String]) -> [OperationRow] {
        names.map { OperationRow(name: $0, gradient: gradient) }
    }
}
