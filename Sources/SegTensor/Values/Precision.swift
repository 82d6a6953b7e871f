// The precision of convolutions outside of training.

import CKernels

/// How the factors of a convolution are rounded; its sums are always of float32.
public enum Precision: String, CaseIterable, Encodable, Sendable {
    case float32
    /// Inputs and weights are rounded to bfloat16, eight bits of precision, where that is faster: in convolutions of one
    /// pixel, strided ones and widely dilated ones.
    case bfloat16

    /// Whether the processor has instructions for it. Without them the results are the same, to the bit, but no faster
    /// than those of float32.
    public var isFast: Bool { self == .float32 || kernel_has_bfloat16() != 0 }
}
