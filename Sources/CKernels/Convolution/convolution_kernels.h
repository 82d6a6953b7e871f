// The inner kernels of the indirect product: 6 pixels by 16 channels, or 12 by 8 for a narrow last panel,
// accumulated in registers over the taps and channels. Included where they are compiled for each processor level.
// Those for AVX-512 are in convolution_wide.c.

#ifndef SEG_CONVOLUTION_KERNELS_H
#define SEG_CONVOLUTION_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "levels.h"
#include "convolution_finish.h"
#include "convolution_tile.h"

/// How far the factors of a row are from each other: a pixel's channels are side by side; of an outer product (outer_product.c)
/// it is the rows that are, OUTER_ROWS of them.
enum { SIDE_BY_SIDE = 1, OUTER_ROWS = 96 };

/// The arguments of the inner kernels, except for their position and the step from factor to factor.
typedef struct {
    const float *const *pixels;
    long pixel_stride;
    /// By tap, `reached_stride` apart: whether its pixels for the first half of the block are inside the picture, and for
    /// the second.
    const uint8_t *reached;
    long reached_stride;
    const conv_segment *segments;
    long segment_count;
    long group_channel;
    /// The weights of the columns, and how far the next panel is.
    const float *panel;
    long panel_step;
    float *const *out;
    long column, width;
    int accumulate;
    /// Whether each word is a pair of bfloat16.
    int pairs;
    /// Weights that the next columns need, and how many floats of each of their panels a pixel of this block fetches.
    const float *ahead;
    long ahead_share;
    /// What is applied to the sums before they are stored: `finish_of`'s, or NULL. `residual` belongs to
    /// the results from `dest` on; pixels from `count` on have none.
    const conv_epilogue *finish;
    const float *residual, *dest;
    long count;
} block_work;

/// Loads or stores `width` of 8 floats.
INLINE float8 load_part(const float *from, long width) {
    float8 v = splat8(0.0f);
    for (long i = 0; i < width; i++) v[i] = from[i];
    return v;
}
INLINE void store_part(float *to, float8 v, long width) {
    for (long i = 0; i < width; i++) to[i] = v[i];
}
#define LOAD8(from) (*(const float8 *)(from))
#define STORE8(to, value) (*(float8 *)(to) = (value))
INLINE long first_half(long width) { return width < 8 ? width : 8; }

/// Whether a kernel of `rows` pixels from `pixel`, a half of a block or a whole one, has products with a tap.
INLINE int reaches(const block_work *w, long tap, long pixel, long rows) {
    const uint8_t *halves = w->reached + tap * w->reached_stride;
    return rows > CONV_HALF ? halves[0] | halves[1] : halves[pixel % CONV_PIXELS / CONV_HALF];
}

/// Where the residual of a row of results is; any row serves if there is none.
INLINE const float *residual_row(const block_work *w, long pixel) {
    const float *row = w->out[pixel] + w->column;
    return w->residual != NULL && pixel < w->count ? w->residual + (row - w->dest) : row;
}

INLINE void kernel_6x16(const block_work *w, long pixel, long step) {
    float8 c[6][2], total[6][2];
    float *const *out = w->out + pixel;
    UNROLLED for (int i = 0; i < 6; i++) c[i][0] = c[i][1] = total[i][0] = total[i][1] = splat8(0.0f);
    if (w->accumulate) {
        UNROLLED for (int i = 0; i < 6; i++) {
            const float *row = out[i] + w->column;
            if (w->width >= 16) {
                total[i][0] = *(const float8 *)row;
                total[i][1] = *(const float8 *)(row + 8);
            } else {
                total[i][0] = load_part(row, first_half(w->width));
                total[i][1] = load_part(row + 8, w->width - 8);
            }
        }
    }
    for (long s = 0; s < w->segment_count; s++) {
        const conv_segment segment = w->segments[s];
        if (!reaches(w, segment.tap, pixel, 6)) continue;
        const float *const *row = w->pixels + segment.tap * w->pixel_stride + pixel;
        const long channel = (w->group_channel + segment.channel) * step;
        const float *a0 = row[0] + channel, *a1 = row[1] + channel, *a2 = row[2] + channel;
        const float *a3 = row[3] + channel, *a4 = row[4] + channel, *a5 = row[5] + channel;
        const float *b = w->panel + segment.place * 16;
        for (long k = 0; k < segment.length; k++, b += 16) {
            const float8 b0 = *(const float8 *)b, b1 = *(const float8 *)(b + 8);
#define STEP(i)                               \
    {                                         \
        const float8 x = splat8(a##i[k * step]);      \
        c[i][0] = MUL_ADD8(x, b0, c[i][0]);   \
        c[i][1] = MUL_ADD8(x, b1, c[i][1]);   \
    }
            STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
#undef STEP
        }
        if (!segment.ends_sum || s + 1 == w->segment_count) continue;
        UNROLLED for (int i = 0; i < 6; i++) {
            total[i][0] += c[i][0];
            total[i][1] += c[i][1];
            c[i][0] = c[i][1] = splat8(0.0f);
        }
    }
    UNROLLED for (int i = 0; i < 6; i++) {
        total[i][0] += c[i][0];
        total[i][1] += c[i][1];
    }
    if (w->finish != NULL) {
        FINISH(w, pixel, 6, 2, 8, total, LOAD8, STORE8)
        return;
    }
    UNROLLED for (int i = 0; i < 6; i++) {
        float *row = out[i] + w->column;
        if (w->width >= 16) {
            *(float8 *)row = total[i][0];
            *(float8 *)(row + 8) = total[i][1];
        } else {
            store_part(row, total[i][0], first_half(w->width));
            store_part(row + 8, total[i][1], w->width - 8);
        }
    }
}

INLINE void kernel_12x8(const block_work *w, long pixel, long step) {
    float8 c[12], total[12][1];
    float *const *out = w->out + pixel;
    UNROLLED for (int i = 0; i < 12; i++) c[i] = total[i][0] = splat8(0.0f);
    if (w->accumulate) {
        UNROLLED for (int i = 0; i < 12; i++) total[i][0] = load_part(out[i] + w->column, w->width);
    }
    for (long s = 0; s < w->segment_count; s++) {
        const conv_segment segment = w->segments[s];
        if (!reaches(w, segment.tap, pixel, 12)) continue;
        const float *const *row = w->pixels + segment.tap * w->pixel_stride + pixel;
        const long channel = (w->group_channel + segment.channel) * step;
        const float *a0 = row[0] + channel, *a1 = row[1] + channel, *a2 = row[2] + channel;
        const float *a3 = row[3] + channel, *a4 = row[4] + channel, *a5 = row[5] + channel;
        const float *a6 = row[6] + channel, *a7 = row[7] + channel, *a8 = row[8] + channel;
        const float *a9 = row[9] + channel, *a10 = row[10] + channel, *a11 = row[11] + channel;
        const float *b = w->panel + segment.place * 8;
        for (long k = 0; k < segment.length; k++, b += 8) {
            const float8 b0 = *(const float8 *)b;
#define STEP(i) c[i] = MUL_ADD8(splat8(a##i[k * step]), b0, c[i]);
            STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
            STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11)
#undef STEP
        }
        if (!segment.ends_sum || s + 1 == w->segment_count) continue;
        UNROLLED for (int i = 0; i < 12; i++) {
            total[i][0] += c[i];
            c[i] = splat8(0.0f);
        }
    }
    UNROLLED for (int i = 0; i < 12; i++) total[i][0] += c[i];
    if (w->finish != NULL) {
        FINISH(w, pixel, 12, 1, 8, total, LOAD8, STORE8)
        return;
    }
    UNROLLED for (int i = 0; i < 12; i++) {
        if (w->width == 8) {
            *(float8 *)(out[i] + w->column) = total[i][0];
        } else {
            store_part(out[i] + w->column, total[i][0], w->width);
        }
    }
}

#endif
