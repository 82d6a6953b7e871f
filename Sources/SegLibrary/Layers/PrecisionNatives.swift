// The precision of convolutions outside of training: how it is chosen, and the one place that decides for a
// convolution.

import SegRuntime
import SegTensor

extension Interpreter {
    /// The precision of a convolution that is made now: the chosen one, but float32 in whatever trains, that is where
    /// a gradient may go through it, or in training mode where a tensor depends on what training changes.
    func precision(with inputs: [Tensor]) -> Precision {
        let chosen = evaluationContext.precision
        if chosen == .float32 { return chosen }
        let trains = inputs.contains { $0.isTracked || layers.baseTraining && $0.dependsOnVariables }
        return trains ? .float32 : chosen
    }

    /// Chooses the precision of convolutions from now on.
    public func choosePrecision(_ precision: Precision) throws {
        if precision == .bfloat16, evaluationContext.exact {
            throw Failure(
                .value, "bfloat16 rounds, and seg was started with --exact",
                help: "leave out one of them")
        }
        evaluationContext.precision = precision
    }
}

let precisionNatives: [Native] = [
    Native(
        "convolution_precision()",
        "The precision of convolutions outside of training, \"float32\" or \"bfloat16\"; see with_precision.",
        examples: ["print(convolution_precision())  # expect: float32"]
    ) { call in .string(call.interpreter.evaluationContext.precision.rawValue) },
    Native(
        "with_precision(precision, f)",
        "The value of f() with convolutions of \"float32\" or \"bfloat16\". With bfloat16 inputs and weights of a "
            + "convolution are rounded to it where that is faster: of one pixel, strided, or widely dilated; sums are "
            + "of float32. What trains is never rounded, only frozen layers and evaluation. The gain takes AVX-512 with "
            + "bfloat16, and is largest with AMX, where nearly all convolutions are rounded. The bits are the same on "
            + "every processor without AMX, and on all that have it. `seg --precision bfloat16` chooses "
            + "it for all of a script, `trainer(…, precision=\"bfloat16\")` for a run.",
        examples: [
            "x, weight = rand(1, 64, 16, 16), rand(64, 64, 1, 1)\ny = conv2d(x, weight)\n"
                + "z = with_precision(\"bfloat16\", () -> conv2d(x, weight))\n"
                + "print(max(abs(z - y)) < 0.01 * max(abs(y)), max(abs(z - y)) > 0)  # expect: true true"
        ]
    ) { call in
        guard let precision = Precision(rawValue: try call.string(0)) else {
            throw Failure(
                .value,
                "with_precision: precision is \"\(try call.string(0))\"; it is \"float32\" or \"bfloat16\"",
                argument: 0)
        }
        let before = call.interpreter.evaluationContext.precision
        try call.interpreter.choosePrecision(precision)
        defer { call.interpreter.evaluationContext.precision = before }
        return try call.interpreter.call(call[1], [])
    },
]
