// Sums of outer products, the heart of a convolution's gradient by its weights: blocks of both factors are packed and
// multiplied by the inner kernels of convolutions. So the sums are cut as theirs are, and have the same bits at every
// level from AVX2 up.

#include <stddef.h>

#include "convolution.h"
#include "convolution_blocks.h"
#include "levels.h"
#include "pool.h"

/// Most outer products that are summed at a time; length of a partial sum; panels that are packed together, so that few
/// lines of the cache are written in turn.
enum { INNER = 384, SUM_LENGTH = 128, PIECES = INNER / SUM_LENGTH, PACKED_TOGETHER = 8 };

static const float *row_of(const conv_rows *rows, long i) {
    return rows->first + i / rows->width * rows->line_step + i % rows->width * rows->step;
}

/// `columns` of `count` rows from `first` as `count` times OUTER_ROWS.
LEVELS_OF_8(static, void, pack_rows,
    (const float *const *rows, long count, long first, long columns, float *out), (rows, count, first, columns, out)) {
    for (long r = 0; r < count; r++, out += OUTER_ROWS) {
        const float *from = rows[r] + first;
        long c = 0;
        for (; c + 8 <= columns; c += 8) *(float8 *)(out + c) = *(const float8 *)(from + c);
        for (; c < columns; c++) out[c] = from[c];
    }
}

/// `columns` of `count` rows as panels of CONV_PANEL columns, of which the last may be narrow.
LEVELS_OF_8(static, void, pack_panels,
    (const float *const *rows, long count, long columns, float *out), (rows, count, columns, out)) {
    const long whole = columns / CONV_PANEL * CONV_PANEL, panel_step = count * CONV_PANEL;
    for (long first = 0; first < whole; first += PACKED_TOGETHER * CONV_PANEL) {
        const long panels = min_long(PACKED_TOGETHER, (whole - first) / CONV_PANEL);
        for (long r = 0; r < count; r++) {
            const float *from = rows[r] + first;
            float *to = out + first * count + r * CONV_PANEL;
            for (long p = 0; p < panels; p++, from += CONV_PANEL, to += panel_step) {
                *(float8 *)to = *(const float8 *)from;
                *(float8 *)(to + 8) = *(const float8 *)(from + 8);
            }
        }
    }
    if (whole == columns) return;
    const long rest = columns - whole, lanes = rest <= CONV_NARROW ? CONV_NARROW : CONV_PANEL;
    float *to = out + whole * count;
    for (long r = 0; r < count; r++, to += lanes)
        for (long i = 0; i < lanes; i++) to[i] = i < rest ? rows[r][whole + i] : 0.0f;
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
        for (long row = 0; row < height; row += CONV_PIXELS) run_block(work, row, height, OUTER_ROWS);
    }
}

int conv_outer_product(
    long m, long n, long k, const conv_rows *a, const conv_rows *b, int accumulate, float *c, long c_step) {
    static const uint8_t reached[] = {1, 1};
    // Parts of nearly the same size: a short last one would cost as much as a long one beside the products.
    const long part = max_long(1, parts_of(k, max_long(1, parts_of(k, INNER))));
    const long panel_floats = conv_packed_columns(n) * part, dump_floats = n + CONV_PANEL;
    float *scratch = pool_scratch(2, (panel_floats + part * OUTER_ROWS + dump_floats) * (long)sizeof(float));
    if (scratch == NULL) return -1;
    float *panels = scratch, *block = panels + panel_floats;
    // Receives the results of the rows past the last.
    float *dump = block + part * OUTER_ROWS;
    const float *pixels[OUTER_ROWS], *rows[INNER];
    float *out[OUTER_ROWS];
    for (long first = 0; first < k || first == 0; first += part) {
        const long length = min_long(part, k - first);
        conv_segment segments[PIECES];
        long count = 0;
        for (long start = 0; start < length; start += SUM_LENGTH)
            segments[count++] = (conv_segment){0, start, min_long(SUM_LENGTH, length - start), start, 1};
        for (long i = 0; i < length; i++) rows[i] = row_of(b, first + i);
        pack_panels(rows, length, n, panels);
        for (long i = 0; i < length; i++) rows[i] = row_of(a, first + i);
        for (long top = 0; top < m; top += OUTER_ROWS) {
            const long height = min_long(OUTER_ROWS, m - top);
            if (pool_stops(length * height * parts_of(n, 8))) return 0;
            pack_rows(rows, length, top, height, block);
            for (long i = 0; i < OUTER_ROWS; i++) {
                pixels[i] = block + min_long(i, height - 1);
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
