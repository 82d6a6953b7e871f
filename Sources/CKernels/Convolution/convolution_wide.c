// The wide inner kernels. Their sums are those of the kernels for vectors of eight, product by product.

#include "convolution_wide.h"

#include "levels.h"
#include "processor.h"

/// No function: vectors of sixteen can only be passed where AVX-512 is on.
#define SPLAT16(x) ({ const float s = (x); (float16){s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s}; })

/// The totals stay in memory, where they are needed once in 32 products: all registers are for the sums.
#define STAYS_IN_MEMORY(array) __asm__ volatile("" : : "r"(&(array)) : "memory")

/// `keep` holds a factor in a register, from where it serves all columns; else the compiler reads it from memory for
/// each product.
#define WIDE_KERNEL(name, level, rows, vectors, keep)                                                     \
    level __attribute__((noinline)) static void name(const block_work *w, long pixel) {                   \
        float16 c[rows][vectors];                                                                         \
        _Alignas(64) float16 total[rows][vectors];                                                        \
        float *const *out = w->out + pixel;                                                               \
        UNROLLED for (int i = 0; i < rows; i++) {                                                         \
            float *row = out[i] + w->column;                                                              \
            UNROLLED for (int j = 0; j < vectors; j++) {                                                  \
                c[i][j] = SPLAT16(0.0f);                                                                  \
                total[i][j] = w->accumulate ? *(const float16 *)(row + 16 * j) : SPLAT16(0.0f);           \
                __builtin_prefetch(row + 16 * j, 1, 3);                                                   \
            }                                                                                             \
        }                                                                                                 \
        STAYS_IN_MEMORY(total);                                                                           \
        const float *ahead = w->ahead + pixel * w->ahead_share;                                           \
        for (long s = 0; s < w->segment_count; s++) {                                                     \
            const conv_segment segment = w->segments[s];                                                  \
            if (!w->reached[segment.tap * w->reached_stride]) continue;                                   \
            const float *const *row = w->pixels + segment.tap * w->pixel_stride + pixel;                  \
            const long channel = w->group_channel + segment.channel;                                      \
            const float *a[rows], *b[vectors];                                                            \
            UNROLLED for (int i = 0; i < rows; i++) a[i] = row[i] + channel;                              \
            UNROLLED for (int j = 0; j < vectors; j++) b[j] = w->panel + j * w->panel_step + segment.place * 16; \
            _Pragma("clang loop unroll(disable)") for (long k = 0; k < segment.length; k++) {             \
                float16 factor[vectors];                                                                  \
                UNROLLED for (int j = 0; j < vectors; j++) factor[j] = *(const float16 *)(b[j] + 16 * k); \
                UNROLLED for (int i = 0; i < rows; i++) {                                                 \
                    float16 x = SPLAT16(a[i][k]);                                                         \
                    keep(x);                                                                              \
                    UNROLLED for (int j = 0; j < vectors; j++) c[i][j] = MUL_ADD8(x, factor[j], c[i][j]);  \
                }                                                                                         \
            }                                                                                             \
            if (!segment.ends_sum) continue;                                                              \
            UNROLLED for (int i = 0; i < rows; i++) {                                                     \
                UNROLLED for (int j = 0; j < vectors; j++) {                                              \
                    total[i][j] += c[i][j];                                                               \
                    c[i][j] = SPLAT16(0.0f);                                                              \
                }                                                                                         \
            }                                                                                             \
            STAYS_IN_MEMORY(total);                                                                       \
        }                                                                                                 \
        for (long l = 0; l < w->ahead_share * rows; l += 16)                                              \
            UNROLLED for (int j = 0; j < vectors; j++) __builtin_prefetch(ahead + j * w->panel_step + l, 0, 2); \
        UNROLLED for (int i = 0; i < rows; i++) {                                                         \
            float *row = out[i] + w->column;                                                              \
            UNROLLED for (int j = 0; j < vectors; j++) *(float16 *)(row + 16 * j) = total[i][j] + c[i][j]; \
        }                                                                                                 \
    }

#define LEAVE(x)
#if defined(__x86_64__)
#define KEEP(x) __asm__("" : "+v"(x))
WIDE_KERNEL(halves_6x64, __attribute__((target("arch=x86-64-v3"))), 6, 4, LEAVE)
WIDE_KERNEL(halves_12x32, __attribute__((target("arch=x86-64-v3"))), 12, 2, LEAVE)
WIDE_KERNEL(whole_6x64, __attribute__((target("arch=x86-64-v4"))), 6, 4, KEEP)
WIDE_KERNEL(whole_12x32, __attribute__((target("arch=x86-64-v4"))), 12, 2, KEEP)
#else
WIDE_KERNEL(halves_6x64, , 6, 4, LEAVE)
WIDE_KERNEL(halves_12x32, , 12, 2, LEAVE)
#define whole_6x64 halves_6x64
#define whole_12x32 halves_12x32
#endif

// On processors of other kinds, for tests, the vectors are computed in parts.

void conv_kernel_6x64(const block_work *work, long pixel) {
    (kernel_level_in_use == KERNEL_AVX512 ? whole_6x64 : halves_6x64)(work, pixel);
}

void conv_kernel_12x32(const block_work *work, long pixel) {
    (kernel_level_in_use == KERNEL_AVX512 ? whole_12x32 : halves_12x32)(work, pixel);
}
