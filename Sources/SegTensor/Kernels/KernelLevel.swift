// The level of vector instructions of the kernels: which one is in use, and whether SEG_KERNELS could be followed.

import CKernels

/// A level of vector instructions. From `avx2` up, results are equal to the bit.
public enum KernelLevel: String, CaseIterable, Comparable, Sendable {
    /// What every processor of its kind has; on other processors than x86-64, their vectors.
    case sse2
    case avx2
    case avx512

    private init(_ number: Int32) {
        self = number >= 3 ? .avx512 : number == 2 ? .avx2 : .sse2
    }

    private var number: Int32 { self == .avx512 ? 3 : self == .avx2 ? 2 : 1 }

    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }

    /// The level in use: the highest that the processor has and gains from, or what SEG_KERNELS names.
    public static var inUse: KernelLevel { KernelLevel(kernel_level()) }

    /// The highest level that this processor can run.
    public static var highest: KernelLevel { KernelLevel(kernel_highest_level()) }

    /// Billions of multiplications and additions a second on one thread in registers alone, the most that a kernel
    /// of this level can reach.
    public var peak: Double { kernel_peak(number) }

    /// What is wrong with `wanted`, the value of SEG_KERNELS; nil if it can be followed.
    public static func problem(with wanted: String) -> String? {
        guard let level = KernelLevel(rawValue: wanted) else {
            return "SEG_KERNELS must be sse2, avx2 or avx512, got \"\(wanted)\""
        }
        return level > highest
            ? "SEG_KERNELS is \(wanted), but this processor has \(highest.rawValue) at most" : nil
    }
}
