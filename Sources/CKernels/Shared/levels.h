// How the inner loops are compiled: one version per level of processors, chosen when the program starts (processor.c).
// This is also the only place where a multiplication and an addition are fused into one rounding.

#ifndef SEG_LEVELS_H
#define SEG_LEVELS_H

#include "processor.h"

/// What `kernel_set_level` and `kernel_use_bfloat16` have set.
extern int kernel_level_in_use, kernel_wide_tiles, kernel_bfloat16_in_use;

/// Defines the kernel `name`, whose body follows, once for each level: LEVELS(static, void, f, (int a), (a)) { … }.
/// From AVX2 up all versions give the same bits: they fuse the same products and sums, and add in the same order.
/// AddressSanitizer reads one version; three would take minutes to compile.
#if defined(__x86_64__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define LEVELS(linkage, result, name, parameters, arguments)                                             \
    INLINE result name##_body parameters;                                                                \
    static AVX512 result name##_avx512 parameters { return name##_body arguments; }                      \
    static AVX2 result name##_avx2 parameters { return name##_body arguments; }                          \
    static result name##_sse2 parameters { return name##_body arguments; }                               \
    linkage result name parameters {                                                                     \
        if (kernel_level_in_use == KERNEL_AVX512) return name##_avx512 arguments;                         \
        if (kernel_level_in_use == KERNEL_AVX2) return name##_avx2 arguments;                             \
        return name##_sse2 arguments;                                                                    \
    }                                                                                                    \
    INLINE result name##_body parameters
/// For loops written with vectors of eight floats. With AVX-512's registers the compiler would broadcast a
/// factor from memory for each product, instead of once for all, and the products would wait for the loads.
#define LEVELS_OF_8(linkage, result, name, parameters, arguments)                                        \
    INLINE result name##_body parameters;                                                                \
    static AVX2 result name##_avx2 parameters { return name##_body arguments; }                          \
    static result name##_sse2 parameters { return name##_body arguments; }                               \
    linkage result name parameters {                                                                     \
        if (kernel_level_in_use >= KERNEL_AVX2) return name##_avx2 arguments;                             \
        return name##_sse2 arguments;                                                                    \
    }                                                                                                    \
    INLINE result name##_body parameters
// Without the width the compiler would halve vectors of sixteen.
#define AVX512 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define AVX2 __attribute__((target("arch=x86-64-v3")))
#else
#define ONE_LEVEL
#define LEVELS(linkage, result, name, parameters, arguments) linkage result name parameters
#define LEVELS_OF_8(linkage, result, name, parameters, arguments) linkage result name parameters
#endif

// Other libraries set these options by compiler flags. SwiftPM refuses a dependency that passes such flags, and
// compiles releases with -O2, so they are set here. A product and a sum are fused where one expression has both, and
// nowhere else: `contract(fast)` would leave it to the code generator, which fuses other pairs for AVX-512 than for
// AVX2, so that the levels would differ in last bits. Roots and remainders are clang's `__builtin_elementwise_…`,
// which do not set errno; loops over registers are UNROLLED.
#pragma clang fp contract(on)

#define INLINE static inline __attribute__((always_inline))

// Where a loop cannot be vectorised (integer division), the scalar loop is intended.
#pragma clang diagnostic ignored "-Wpass-failed"
// Vectors are passed between inlined functions only, and never by a kernel of LEVELS itself: there the compiler
// objects before it inlines.
#pragma clang diagnostic ignored "-Wpsabi"

/// Declares that a loop's iterations do not depend on each other, although `out`
/// may be one of the operands.
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

/// The same for loops over the channels of one pixel, of which there are often 16 or 24: at most one
/// vector of 8 at a time, so that no remainder is left.
#define CHANNELS _Pragma("clang loop vectorize(assume_safety) vectorize_width(8) interleave_count(1)")

/// For loops over sixteen channels; unrolled, they would no longer be seen as vectors.
#define SIXTEEN _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1) unroll(disable)")

/// For loops over a register block: unrolled completely, so that each element stays in a register.
#define UNROLLED _Pragma("clang loop unroll(full)")

/// Eight floats, and eight integers; loads need no alignment.
typedef float float8 __attribute__((vector_size(32), aligned(4)));
typedef int int8 __attribute__((vector_size(32), aligned(4)));
/// Four, and sixteen.
typedef float float4 __attribute__((vector_size(16), aligned(4)));
typedef float float16 __attribute__((vector_size(64), aligned(4)));

/// a * b + c with one rounding where the processor can. Every kernel that has a
/// fused and a separate form uses this, so that both give the same bits.
INLINE float mul_add(float a, float b, float c) { return a * b + c; }

/// The same for eight floats.
#define MUL_ADD8(a, b, c) ((a) * (b) + (c))

INLINE float8 splat8(float x) { return (float8){x, x, x, x, x, x, x, x}; }

/// One of two vectors, lane by lane, by the result of a comparison.
#define LANES_OF(v) ((__typeof__((v) < (v)))(v))
#define EITHER(mask, a, b) ((__typeof__(a))(((mask) & LANES_OF(a)) | (~(mask) & LANES_OF(b))))

INLINE long min_long(long a, long b) { return a < b ? a : b; }
INLINE long max_long(long a, long b) { return a > b ? a : b; }

/// `whole` divided by `part`, rounded up.
INLINE long parts_of(long whole, long part) { return (whole + part - 1) / part; }

#endif
