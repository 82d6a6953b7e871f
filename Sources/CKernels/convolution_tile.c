// The inner kernels of the indirect product: 6 pixels by 16 channels, or 12 by 8
// for a narrow last panel, accumulated in registers over the taps and channels.

#include "convolution_tile.h"

#include <stdint.h>
#include <string.h>

#include "clones.h"
#include "epilogue.h"
#include "pool.h"

/// What the inner kernels need besides where they are.
typedef struct {
    const float *const *pixels;
    long pixel_stride;
    const uint8_t *reached;
    long reached_stride;
    const conv_segment *segments;
    long segment_count;
    long group_channel;
    const float *panel;
    float *const *out;
    long column, width;
    int accumulate;
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
INLINE long first_half(long width) { return width < 8 ? width : 8; }

INLINE void kernel_6x16(const block_work *w, long pixel) {
    float8 c[6][2];
    float *const *out = w->out + pixel;
    for (int i = 0; i < 6; i++) c[i][0] = c[i][1] = splat8(0.0f);
    if (w->accumulate) {
        for (int i = 0; i < 6; i++) {
            const float *row = out[i] + w->column;
            if (w->width >= 16) {
                c[i][0] = *(const float8 *)row;
                c[i][1] = *(const float8 *)(row + 8);
            } else {
                c[i][0] = load_part(row, first_half(w->width));
                c[i][1] = load_part(row + 8, w->width - 8);
            }
        }
    }
    for (long s = 0; s < w->segment_count; s++) {
        const conv_segment segment = w->segments[s];
        if (!w->reached[segment.tap * w->reached_stride]) continue;
        const float *const *row = w->pixels + segment.tap * w->pixel_stride + pixel;
        const long channel = w->group_channel + segment.channel;
        const float *a0 = row[0] + channel, *a1 = row[1] + channel, *a2 = row[2] + channel;
        const float *a3 = row[3] + channel, *a4 = row[4] + channel, *a5 = row[5] + channel;
        const float *b = w->panel + segment.place * 16;
        for (long k = 0; k < segment.length; k++, b += 16) {
            const float8 b0 = *(const float8 *)b, b1 = *(const float8 *)(b + 8);
#define STEP(i)                               \
    {                                         \
        const float8 x = splat8(a##i[k]);      \
        c[i][0] = MUL_ADD8(x, b0, c[i][0]);   \
        c[i][1] = MUL_ADD8(x, b1, c[i][1]);   \
    }
            STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
#undef STEP
        }
    }
    for (int i = 0; i < 6; i++) {
        float *row = out[i] + w->column;
        if (w->width >= 16) {
            *(float8 *)row = c[i][0];
            *(float8 *)(row + 8) = c[i][1];
        } else {
            store_part(row, c[i][0], first_half(w->width));
            store_part(row + 8, c[i][1], w->width - 8);
        }
    }
}

INLINE void kernel_12x8(const block_work *w, long pixel) {
    float8 c[12];
    float *const *out = w->out + pixel;
    for (int i = 0; i < 12; i++) c[i] = splat8(0.0f);
    if (w->accumulate) {
        for (int i = 0; i < 12; i++) c[i] = load_part(out[i] + w->column, w->width);
    }
    for (long s = 0; s < w->segment_count; s++) {
        const conv_segment segment = w->segments[s];
        if (!w->reached[segment.tap * w->reached_stride]) continue;
        const float *const *row = w->pixels + segment.tap * w->pixel_stride + pixel;
        const long channel = w->group_channel + segment.channel;
        const float *a0 = row[0] + channel, *a1 = row[1] + channel, *a2 = row[2] + channel;
        const float *a3 = row[3] + channel, *a4 = row[4] + channel, *a5 = row[5] + channel;
        const float *a6 = row[6] + channel, *a7 = row[7] + channel, *a8 = row[8] + channel;
        const float *a9 = row[9] + channel, *a10 = row[10] + channel, *a11 = row[11] + channel;
        const float *b = w->panel + segment.place * 8;
        for (long k = 0; k < segment.length; k++, b += 8) {
            const float8 b0 = *(const float8 *)b;
#define STEP(i) c[i] = MUL_ADD8(splat8(a##i[k]), b0, c[i]);
            STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
            STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11)
#undef STEP
        }
    }
    for (int i = 0; i < 12; i++) {
        if (w->width == 8) {
            *(float8 *)(out[i] + w->column) = c[i];
        } else {
            store_part(out[i] + w->column, c[i], w->width);
        }
    }
}

/// All panels of one group over all blocks of the tile.
CLONES static void run_group(
    const conv_product *p, const conv_plan *plan, const float *packed, long group, const float *const *pixels,
    float *const *out, const uint8_t *reached, const uint8_t *interior, long blocks, long count) {
    const long depth = p->kernel_taps * p->run, stride = blocks * CONV_PIXELS;
    for (long kblock = 0; kblock < plan->block_count; kblock++) {
        const long first = plan->block_starts[kblock];
        const long segments = plan->block_starts[kblock + 1] - first;
        for (long column = 0; column < p->width; column += CONV_PANEL) {
            const long width = min_long(CONV_PANEL, p->width - column);
            block_work w = {
                .pixels = pixels, .pixel_stride = stride, .reached_stride = blocks,
                .group_channel = group * p->run, .panel = packed + column * depth, .out = out,
                .column = group * p->width + column, .width = width, .accumulate = kblock > 0,
            };
            for (long block = 0; block < blocks; block++) {
                const int whole_rows = plan->row_segments != NULL && interior[block];
                w.segments = whole_rows ? plan->row_segments : plan->segments + first;
                w.segment_count = whole_rows ? plan->row_segment_count : segments;
                w.reached = reached + block;
                if (width <= CONV_NARROW) {
                    kernel_12x8(&w, block * CONV_PIXELS);
                } else {
                    kernel_6x16(&w, block * CONV_PIXELS);
                    if (block * CONV_PIXELS + 6 < count) kernel_6x16(&w, block * CONV_PIXELS + 6);
                }
            }
        }
    }
}

int conv_tile(const conv_product *p, const conv_plan *plan, long sample, long tile) {
    const long first = tile * p->tile;
    const long count = min_long(p->tile, plan->grid_height * plan->grid_width - first);
    const long blocks = parts_of(count, CONV_PIXELS), padded = blocks * CONV_PIXELS;
    // Tables of this tile: pixels by tap, destinations, which taps reach which block, and a
    // place for what the pixels beyond the end give.
    const long taps = plan->tap_count;
    const long pointer_bytes = (taps + 1) * padded * (long)sizeof(float *);
    const long flag_bytes = (taps + 1) * blocks;
    const long dump_bytes = (p->dest_channels + CONV_PANEL + 1) / 2 * 2 * (long)sizeof(float);
    char *scratch = pool_scratch(0, pointer_bytes + dump_bytes + flag_bytes + 2 * padded * (long)sizeof(long));
    if (scratch == NULL) return -1;
    const float **pixels = (const float **)scratch;
    float **out = (float **)(pixels + taps * padded);
    float *dump = (float *)(scratch + pointer_bytes);
    long *ys = (long *)(scratch + pointer_bytes + dump_bytes);
    long *xs = ys + padded;
    uint8_t *reached = (uint8_t *)(xs + padded);
    uint8_t *interior = reached + taps * blocks;

    float *dest = p->dest + sample * p->dest_height * p->dest_width * p->dest_channels;
    const float *source = p->source + sample * p->source_height * p->source_width * p->source_channels;
    long y = first / plan->grid_width, x = first % plan->grid_width;
    for (long i = 0; i < count; i++) {
        ys[i] = y * p->step_y;
        xs[i] = x * p->step_x;
        out[i] = dest + ((plan->dest_first_y + y * plan->dest_step_y) * p->dest_width + plan->dest_first_x +
                         x * plan->dest_step_x) * p->dest_channels;
        if (++x == plan->grid_width) x = 0, y++;
    }
    for (long i = count; i < padded; i++) out[i] = dump;
    memset(reached, 0, (size_t)(taps * blocks));
    memset(interior, 1, (size_t)blocks);
    for (long t = 0; t < taps; t++) {
        const conv_tap tap = plan->taps[t];
        const float **row = pixels + t * padded;
        for (long i = 0; i < count; i++) {
            const long sy = ys[i] + tap.add_y, sx = xs[i] + tap.add_x;
            const int beside = sx < 0 || sx >= p->source_width;
            if (beside) interior[i / CONV_PIXELS] = 0;
            if (beside || sy < 0 || sy >= p->source_height) {
                row[i] = p->zeros;
            } else {
                row[i] = source + (sy * p->source_width + sx) * p->source_channels;
                reached[t * blocks + i / CONV_PIXELS] = 1;
            }
        }
        for (long i = count; i < padded; i++) row[i] = p->zeros;
    }
    const long packed_group = conv_packed_columns(p->width) * p->kernel_taps * p->run;
    for (long group = 0; group < p->groups; group++) {
        run_group(
            p, plan, p->packed + group * packed_group, group, pixels, out, reached, interior, blocks, count);
    }
    if (p->epilogue != NULL) {
        // With an epilogue the destination pixels of a tile are neighbours.
        const float *residual = p->epilogue->residual == NULL ? NULL : p->epilogue->residual + (out[0] - p->dest);
        epilogue_rows(p->epilogue, residual, out[0], count, p->dest_channels);
    }
    return 0;
}
