// How the inner loops are compiled: one version per processor level, chosen at
// load time. This is also the only place where a multiplication and an addition
// are fused into one rounding.

#ifndef SEG_CLONES_H
#define SEG_CLONES_H

// AddressSanitizer reads one version; three would take minutes to compile. ThreadSanitizer crashes where a version is chosen.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
/// For loops written with vectors of eight floats. With AVX-512's registers the compiler would broadcast a
/// factor from memory for each product, instead of once for all, and the products would wait for the loads.
#define CLONES_OF_8 __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define CLONES
#define CLONES_OF_8
#endif

// Other libraries set these options by compiler flags. SwiftPM refuses a dependency that passes such flags, and
// compiles releases with -O2, so they are set here. Products and sums are fused where the processor can; roots and
// remainders are clang's `__builtin_elementwise_…`, which do not set errno; loops over registers are UNROLLED.
#pragma clang fp contract(fast)

#define INLINE static inline __attribute__((always_inline))

// Where a loop cannot be vectorised (integer division), the scalar loop is intended.
#pragma clang diagnostic ignored "-Wpass-failed"
// Vectors are passed between inlined functions only, and never by a CLONES function itself: there the compiler
// objects before it inlines.
#pragma clang diagnostic ignored "-Wpsabi"

/// Declares that a loop's iterations do not depend on each other, although `out`
/// may be one of the operands.
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

/// The same for loops over the channels of one pixel, of which there are often 16 or 24: at most one
/// vector of 8 at a time, so that no remainder is left.
#define CHANNELS _Pragma("clang loop vectorize(assume_safety) vectorize_width(8) interleave_count(1)")

/// For loops over a register block: unrolled completely, so that each element stays in a register.
#define UNROLLED _Pragma("clang loop unroll(full)")

/// Eight floats, and eight integers; loads need no alignment.
typedef float float8 __attribute__((vector_size(32), aligned(4)));
typedef int int8 __attribute__((vector_size(32), aligned(4)));

/// a * b + c with one rounding where the processor can. Every kernel that has a
/// fused and a separate form uses this, so that both give the same bits.
INLINE float mul_add(float a, float b, float c) {
#pragma clang fp contract(on)
    return a * b + c;
}

/// The same for eight floats.
#define MUL_ADD8(a, b, c) ((a) * (b) + (c))

INLINE float8 splat8(float x) { return (float8){x, x, x, x, x, x, x, x}; }

INLINE long min_long(long a, long b) { return a < b ? a : b; }
INLINE long max_long(long a, long b) { return a > b ? a : b; }

/// `whole` divided by `part`, rounded up.
INLINE long parts_of(long whole, long part) { return (whole + part - 1) / part; }

#endif
