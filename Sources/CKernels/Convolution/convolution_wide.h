// The inner kernels for vectors of sixteen floats: 6 pixels by 64 channels, or 12 by 32 or 16.

#ifndef SEG_CONVOLUTION_WIDE_H
#define SEG_CONVOLUTION_WIDE_H

#include "convolution_kernels.h"

/// No function: vectors of sixteen can only be passed where AVX-512 is on.
#define SPLAT16(x) ({ const float s = (x); (float16){s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s}; })

/// The totals stay in memory, where they are needed once in a partial sum of 32 to 128 products: all registers are for the
/// sums.
#define STAYS_IN_MEMORY(array) __asm__ volatile("" : : "r"(&(array)) : "memory")

#define WIDE_LOAD(from) (*(const float16 *)(from))
#define WIDE_STORE(to, value) (*(float16 *)(to) = (value))

/// A kernel of `rows` pixels by `vectors` times 16 columns, for a level of processors. `step` is that of the factors.
/// `keep` holds a factor in a register, from where it serves all columns; else the compiler reads it from memory for each
/// product. `product` gives a sum with the product of two factors added; `load` and `store` read and write 16 columns of a
/// result.
#define WIDE_KERNEL(name, level, rows, vectors, step, keep, product, load, store)                         \
    level __attribute__((noinline)) static void name(const block_work *w, long pixel) {                   \
        float16 c[rows][vectors];                                                                         \
        _Alignas(64) float16 total[rows][vectors];                                                        \
        float *const *out = w->out + pixel;                                                               \
        int has_total = w->accumulate;                                                                    \
        UNROLLED for (int i = 0; i < rows; i++) {                                                         \
            float *row = out[i] + w->column;                                                              \
            UNROLLED for (int j = 0; j < vectors; j++) {                                                  \
                c[i][j] = SPLAT16(0.0f);                                                                  \
                __builtin_prefetch(row + 16 * j, 1, 3);                                                   \
                if (w->residual != NULL) __builtin_prefetch(residual_row(w, pixel + i) + 16 * j, 0, 3);   \
            }                                                                                             \
        }                                                                                                 \
        if (has_total) {                                                                                  \
            UNROLLED for (int i = 0; i < rows; i++)                                                       \
                UNROLLED for (int j = 0; j < vectors; j++) total[i][j] = load(out[i] + w->column + 16 * j); \
        }                                                                                                 \
        const float *ahead = w->ahead + pixel * w->ahead_share;                                           \
        for (long s = 0; s < w->segment_count; s++) {                                                     \
            const conv_segment segment = w->segments[s];                                                  \
            if (!reaches(w, segment.tap, pixel, rows)) continue;                                          \
            const float *const *row = w->pixels + segment.tap * w->pixel_stride + pixel;                  \
            const long channel = (w->group_channel + segment.channel) * (step);                           \
            const float *a[rows], *b[vectors];                                                            \
            UNROLLED for (int i = 0; i < rows; i++) a[i] = row[i] + channel;                              \
            UNROLLED for (int j = 0; j < vectors; j++) b[j] = w->panel + j * w->panel_step + segment.place * 16; \
            _Pragma("clang loop unroll(disable)") for (long k = 0; k < segment.length; k++) {             \
                float16 factor[vectors];                                                                  \
                UNROLLED for (int j = 0; j < vectors; j++) factor[j] = *(const float16 *)(b[j] + 16 * k); \
                UNROLLED for (int i = 0; i < rows; i++) {                                                 \
                    float16 x = SPLAT16(a[i][k * (step)]);                                                \
                    keep(x);                                                                              \
                    UNROLLED for (int j = 0; j < vectors; j++) c[i][j] = product(x, factor[j], c[i][j]);  \
                }                                                                                         \
            }                                                                                             \
            if (!segment.ends_sum || s + 1 == w->segment_count) continue;                                 \
            UNROLLED for (int i = 0; i < rows; i++) {                                                     \
                UNROLLED for (int j = 0; j < vectors; j++) {                                              \
                    total[i][j] = (has_total ? total[i][j] : SPLAT16(0.0f)) + c[i][j];                    \
                    c[i][j] = SPLAT16(0.0f);                                                              \
                }                                                                                         \
            }                                                                                             \
            has_total = 1;                                                                                \
            STAYS_IN_MEMORY(total);                                                                       \
        }                                                                                                 \
        for (long l = 0; l < w->ahead_share * rows; l += 16)                                              \
            UNROLLED for (int j = 0; j < vectors; j++) __builtin_prefetch(ahead + j * w->panel_step + l, 0, 2); \
        UNROLLED for (int i = 0; i < rows; i++)                                                           \
            UNROLLED for (int j = 0; j < vectors; j++)                                                    \
                c[i][j] = (has_total ? total[i][j] : SPLAT16(0.0f)) + c[i][j];                            \
        if (w->finish != NULL) {                                                                          \
            FINISH(w, pixel, rows, vectors, 16, c, load, store)                                           \
            return;                                                                                       \
        }                                                                                                 \
        UNROLLED for (int i = 0; i < rows; i++) {                                                         \
            float *row = out[i] + w->column;                                                              \
            UNROLLED for (int j = 0; j < vectors; j++) store(row + 16 * j, c[i][j]);                      \
        }                                                                                                 \
    }

/// 6 pixels by 64 columns, that is four whole panels of weights.
void conv_kernel_6x64(const block_work *work, long pixel);

/// 12 pixels by 32 columns.
void conv_kernel_12x32(const block_work *work, long pixel);

/// 12 pixels by 16 columns.
void conv_kernel_12x16(const block_work *work, long pixel);

/// The same for outer products.
void outer_kernel_6x64(const block_work *work, long pixel);
void outer_kernel_12x32(const block_work *work, long pixel);
void outer_kernel_12x16(const block_work *work, long pixel);

#endif
