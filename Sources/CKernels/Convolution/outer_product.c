// Sums of outer products, the heart of a convolution's gradient by its weights: blocks of both factors are packed, one
// of them transposed, and multiplied by the inner kernels of convolutions. So the sums are cut as theirs are, and have
// the same bits at every level from AVX2 up.

#include <stddef.h>

#include "convolution.h"
#include "convolution_blocks.h"
#include "levels.h"
#include "pool.h"

/// Rows of the inner length that are packed at a time; columns of `a` packed at a time; length of a sum (longer than
/// in convolutions, which is faster, and exact enough: PyTorch has one long sum). ROW is no
/// power of two: rows at such distances share the same few places of a cache.
enum { INNER = 256, HEIGHT = 96, SUM_LENGTH = 128, PIECES = INNER / SUM_LENGTH, ROW = INNER + 16 };

/// Transposes 8 × 8 floats.
INLINE void transpose8(const float *from, long step, float *to, long to_step) {
    float8 r[8], s[8];
    UNROLLED for (int i = 0; i < 8; i++) r[i] = *(const float8 *)(from + i * step);
    UNROLLED for (int i = 0; i < 8; i += 2) {
        s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    UNROLLED for (int i = 0; i < 8; i += 4) {
        UNROLLED for (int j = 0; j < 2; j++) {
            r[i + j] = __builtin_shufflevector(s[i + j], s[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            r[i + j + 2] = __builtin_shufflevector(s[i + j], s[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    UNROLLED for (int i = 0; i < 4; i++) {
        *(float8 *)(to + i * to_step) = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(float8 *)(to + (i + 4) * to_step) = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/// `rows` × `columns` of `a` as columns × ROW.
LEVELS_OF_8(static, void, pack_transposed,
    (const float *a, long a_step, long rows, long columns, float *out), (a, a_step, rows, columns, out)) {
    for (long c = 0; c < columns; c += 8) {
        long r = 0;
        if (c + 8 <= columns)
            for (; r + 8 <= rows; r += 8) transpose8(a + r * a_step + c, a_step, out + c * ROW + r, ROW);
        for (; r < rows; r++)
            for (long i = c; i < min_long(c + 8, columns); i++) out[i * ROW + r] = a[r * a_step + i];
    }
}

/// `rows` × `columns` of `b` as panels of CONV_PANEL columns, of which the last may be narrow.
LEVELS_OF_8(static, void, pack_panels,
    (const float *b, long b_step, long rows, long columns, float *out), (b, b_step, rows, columns, out)) {
    for (long c = 0; c < columns; c += CONV_PANEL) {
        const long width = min_long(CONV_PANEL, columns - c), lanes = width <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
        float *to = out + c * rows;
        for (long r = 0; r < rows; r++, to += lanes) {
            const float *from = b + r * b_step + c;
            if (width == CONV_PANEL) {
                *(float8 *)to = *(const float8 *)from;
                *(float8 *)(to + 8) = *(const float8 *)(from + 8);
            } else {
                for (long i = 0; i < lanes; i++) to[i] = i < width ? from[i] : 0.0f;
            }
        }
    }
}

/// A packed block of `height` rows times all packed columns, into `c` or added to it.
LEVELS_OF_8(static, void, multiply_block,
    (block_work *work, const float *panels, long height, long columns, long length),
    (work, panels, height, columns, length)) {
    for (long column = 0, width; column < columns; column += width) {
        width = block_columns(columns - column, 0);
        work->panel = panels + column * length;
        work->panel_step = CONV_PANEL * length;
        work->column = column;
        work->width = width;
        look_ahead(work, 0, length, parts_of(height, CONV_PIXELS) * CONV_PIXELS, columns - column);
        for (long row = 0; row < height; row += CONV_PIXELS) run_block(work, row, height);
    }
}

int conv_outer_product(
    long m, long n, long k, const float *a, long a_step, const float *b, long b_step, int accumulate, float *c,
    long c_step) {
    static const uint8_t reached[] = {1, 1};
    const long panel_floats = conv_packed_columns(n) * INNER, dump_floats = n + CONV_PANEL;
    float *scratch = pool_scratch(2, (panel_floats + HEIGHT * ROW + dump_floats) * (long)sizeof(float));
    if (scratch == NULL) return -1;
    float *panels = scratch, *rows = panels + panel_floats;
    // Receives the results of the rows past the last.
    float *dump = rows + HEIGHT * ROW;
    const float *pixels[HEIGHT];
    float *out[HEIGHT];
    for (long first = 0; first < k || first == 0; first += INNER) {
        const long length = min_long(INNER, k - first);
        conv_segment segments[PIECES];
        long count = 0;
        for (long start = 0; start < length; start += SUM_LENGTH)
            segments[count++] = (conv_segment){0, start, min_long(SUM_LENGTH, length - start), start, 1};
        pack_panels(b + first * b_step, b_step, length, n, panels);
        for (long top = 0; top < m; top += HEIGHT) {
            const long height = min_long(HEIGHT, m - top);
            pack_transposed(a + first * a_step + top, a_step, length, height, rows);
            for (long i = 0; i < HEIGHT; i++) {
                pixels[i] = rows + min_long(i, height - 1) * ROW;
                out[i] = i < height ? c + (top + i) * c_step : dump;
            }
            block_work work = {
                .pixels = pixels, .reached = reached, .segments = segments, .segment_count = count, .out = out,
                .accumulate = accumulate || first > 0,
            };
            multiply_block(&work, panels, height, n, length);
        }
    }
    return 0;
}
