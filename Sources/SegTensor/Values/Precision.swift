// The precision of convolutions outside of training.

import CKernels

/// How the factors of a convolution are rounded; its sums are always of float32.
public enum Precision: String, CaseIterable, Encodable, Sendable {
    case float32
    /// Inputs and weights are rounded to bfloat16, eight bits of precision, where that is faster: in convolutions of one
    /// pixel, strided ones and widely dilated ones; with instructions for matrices in all that have enough channels.
    case bfloat16

    /// Whether the processor has instructions for it that are faster than those of float32. Without them the results are the same, to the bit, as with those
    /// for vectors, but no faster than those of float32.
    public var isFast: Bool { self == .float32 || kernel_bfloat16() != BFLOAT16_NONE }

    /// Whether the processor has instructions for matrices of it, whose sums differ in their last bits.
    public var usesMatrices: Bool { self == .bfloat16 && kernel_bfloat16() == BFLOAT16_MATRICES }

    /// What has other bits is encoded as another precision.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(usesMatrices ? "bfloat16 in matrices" : rawValue)
    }
}
