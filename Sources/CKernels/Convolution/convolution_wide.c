// The wide inner kernels. Their sums are those of the kernels for vectors of eight, product by product.

#include "convolution_wide.h"

#include "levels.h"
#include "processor.h"

#define LEAVE(x)
/// The kernels of a level, for convolutions and for outer products.
#define WIDE_KERNELS(prefix, level, keep)                                                                          \
    WIDE_KERNEL(prefix##_6x64, level, 6, 4, SIDE_BY_SIDE, keep, MUL_ADD8, WIDE_LOAD, WIDE_STORE)                   \
    WIDE_KERNEL(prefix##_12x32, level, 12, 2, SIDE_BY_SIDE, keep, MUL_ADD8, WIDE_LOAD, WIDE_STORE)                 \
    WIDE_KERNEL(prefix##_12x16, level, 12, 1, SIDE_BY_SIDE, keep, MUL_ADD8, WIDE_LOAD, WIDE_STORE)                 \
    WIDE_KERNEL(prefix##_outer_6x64, level, 6, 4, OUTER_ROWS, keep, MUL_ADD8, WIDE_LOAD, WIDE_STORE)               \
    WIDE_KERNEL(prefix##_outer_12x32, level, 12, 2, OUTER_ROWS, keep, MUL_ADD8, WIDE_LOAD, WIDE_STORE)             \
    WIDE_KERNEL(prefix##_outer_12x16, level, 12, 1, OUTER_ROWS, keep, MUL_ADD8, WIDE_LOAD, WIDE_STORE)

/// Calls a kernel of the level in use. On processors of other kinds, for tests, the vectors are computed in parts.
#if defined(__x86_64__)
#define KEEP(x) __asm__("" : "+v"(x))
WIDE_KERNELS(halves, __attribute__((target("arch=x86-64-v3"))), LEAVE)
WIDE_KERNELS(whole, __attribute__((target("arch=x86-64-v4"))), KEEP)
#define RUN(kernel) (kernel_level_in_use == KERNEL_AVX512 ? whole_##kernel : halves_##kernel)(work, pixel)
#else
WIDE_KERNELS(halves, , LEAVE)
#define RUN(kernel) halves_##kernel(work, pixel)
#endif

void conv_kernel_6x64(const block_work *work, long pixel) { RUN(6x64); }
void conv_kernel_12x32(const block_work *work, long pixel) { RUN(12x32); }
void conv_kernel_12x16(const block_work *work, long pixel) { RUN(12x16); }
void outer_kernel_6x64(const block_work *work, long pixel) { RUN(outer_6x64); }
void outer_kernel_12x32(const block_work *work, long pixel) { RUN(outer_12x32); }
void outer_kernel_12x16(const block_work *work, long pixel) { RUN(outer_12x16); }
