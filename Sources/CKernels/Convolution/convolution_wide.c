// The wide inner kernels. Their sums are those of the kernels for vectors of eight, product by product.

#include "convolution_wide.h"

#include "levels.h"
#include "processor.h"

#define LEAVE(x)
#if defined(__x86_64__)
#define KEEP(x) __asm__("" : "+v"(x))
WIDE_KERNEL(halves_6x64, __attribute__((target("arch=x86-64-v3"))), 6, 4, LEAVE, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(halves_12x32, __attribute__((target("arch=x86-64-v3"))), 12, 2, LEAVE, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(halves_12x16, __attribute__((target("arch=x86-64-v3"))), 12, 1, LEAVE, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(whole_6x64, __attribute__((target("arch=x86-64-v4"))), 6, 4, KEEP, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(whole_12x32, __attribute__((target("arch=x86-64-v4"))), 12, 2, KEEP, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(whole_12x16, __attribute__((target("arch=x86-64-v4"))), 12, 1, KEEP, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
#else
WIDE_KERNEL(halves_6x64, , 6, 4, LEAVE, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(halves_12x32, , 12, 2, LEAVE, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
WIDE_KERNEL(halves_12x16, , 12, 1, LEAVE, MUL_ADD8, WIDE_LOAD, WIDE_STORE)
#define whole_6x64 halves_6x64
#define whole_12x32 halves_12x32
#define whole_12x16 halves_12x16
#endif

// On processors of other kinds, for tests, the vectors are computed in parts.

void conv_kernel_6x64(const block_work *work, long pixel) {
    (kernel_level_in_use == KERNEL_AVX512 ? whole_6x64 : halves_6x64)(work, pixel);
}

void conv_kernel_12x32(const block_work *work, long pixel) {
    (kernel_level_in_use == KERNEL_AVX512 ? whole_12x32 : halves_12x32)(work, pixel);
}

void conv_kernel_12x16(const block_work *work, long pixel) {
    (kernel_level_in_use == KERNEL_AVX512 ? whole_12x16 : halves_12x16)(work, pixel);
}
