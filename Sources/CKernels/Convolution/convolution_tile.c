// A tile of the indirect product: its tables of pixels, and the inner kernels over all panels of weights.

#include "convolution_tile.h"

#include <stdint.h>
#include <string.h>

#include "levels.h"
#include "convolution_blocks.h"
#include "epilogue.h"
#include "pool.h"

/// Applies the epilogue to some columns of a block of pixels: of those at a time that are adjacent.
static void finish_block(const conv_product *p, float *const *out, long count, long column, long width) {
    const float *residual = p->epilogue->residual;
    for (long i = 0, length; i < count; i += length) {
        for (length = 1; i + length < count && out[i + length] == out[i] + length * p->dest_channels;) length++;
        float *first = out[i] + column;
        epilogue_rows(
            p->epilogue, column, residual == NULL ? NULL : residual + (first - p->dest), first, length, width,
            p->dest_channels);
    }
}

/// All panels of one group over all blocks of the tile, from one block of the sums to another, with the epilogue after the
/// last.
LEVELS_OF_8(static, void, run_group,
    (const conv_product *p, const conv_plan *plan, const float *packed, long group, const float *const *pixels,
     float *const *out, const uint8_t *reached, const uint8_t *interior, long blocks, long count, long from, long to),
    (p, plan, packed, group, pixels, out, reached, interior, blocks, count, from, to)) {
    const long depth = p->kernel_taps * p->run, stride = blocks * CONV_PIXELS;
    for (long kblock = from; kblock < to; kblock++) {
        const long first = plan->block_starts[kblock], end = plan->block_starts[kblock + 1];
        // A phase of a stride that no tap reaches has no segments.
        const conv_segment *begin = plan->segments + first, *last = plan->segments + end - 1;
        const long place = end > first ? begin->place : 0, length = end > first ? last->place + last->length - place : 0;
        for (long column = 0, width; column < p->width; column += width) {
            width = block_columns(p->width - column, p->unit == 1);
            if (pool_stops(stride * (length + 1) * parts_of(width, 8))) return;
            block_work w = {
                .pixels = pixels, .pixel_stride = stride, .reached_stride = 2 * blocks,
                .group_channel = group * p->run, .panel = packed + column * depth, .panel_step = CONV_PANEL * depth,
                .out = out, .column = group * p->width + column, .width = width, .accumulate = kblock > 0,
                .pairs = p->unit == 1, .dest = p->dest, .count = count,
            };
            const conv_epilogue *after = kblock + 1 == plan->block_count ? p->epilogue : NULL;
            w.finish = finish_of(after, width);
            if (w.finish != NULL) w.residual = w.finish->residual;
            look_ahead(&w, place, length, stride, p->width - column);
            for (long block = 0; block < blocks; block++) {
                const int whole_rows = plan->row_segments != NULL && interior[block];
                w.segments = whole_rows ? plan->row_segments : plan->segments + first;
                w.segment_count = whole_rows ? plan->row_segment_count : end - first;
                w.reached = reached + 2 * block;
                const long pixel = block * CONV_PIXELS;
                run_block(&w, pixel, count, SIDE_BY_SIDE);
                if (after != NULL && w.finish == NULL)
                    finish_block(p, out + pixel, min_long(CONV_PIXELS, count - pixel), w.column, width);
            }
        }
    }
}

/// The tables of a tile: source pixels by tap, of `taps` from `first_tap` on, destinations, which of these taps reach which
/// block, and which blocks read no column outside the picture.
typedef struct {
    const float **pixels;
    float **out;
    uint8_t *reached, *interior;
    long blocks, first_tap, taps;
} tile_tables;

/// The most taps in a table, so that it stays small. It holds whole blocks of the sums, of which none has more.
enum { TABLE_TAPS = CONV_BLOCK_LENGTH };

/// Fills in `length` pixels of one grid row, starting at table index `place`.
static void add_run(
    const conv_product *p, const conv_plan *plan, const float *source, tile_tables *tables, long place, long y,
    long x, long length) {
    const long padded = tables->blocks * CONV_PIXELS, end = x + length;
    for (long t = 0; t < tables->taps; t++) {
        const conv_tap tap = plan->taps[tables->first_tap + t];
        const float **row = tables->pixels + t * padded + place;
        const long sy = y * p->step_y + tap.add_y;
        const int above = sy < 0 || sy >= p->source_height;
        // The columns that have a source: first..<last; all others read zeros.
        const long first = max_long(x, min_long(end, tap.first_x));
        const long last = max_long(first, min_long(end, tap.last_x));
        if (first > x || last < end) {
            for (long block = place / CONV_PIXELS; block <= (place + length - 1) / CONV_PIXELS; block++) {
                const long from = max_long(x, x + block * CONV_PIXELS - place);
                const long to = min_long(end, x + (block + 1) * CONV_PIXELS - place);
                if (from < first || to > last) tables->interior[block] = 0;
            }
        }
        const long seen = above ? x : first, seen_end = above ? x : last;
        for (long i = x; i < seen; i++) row[i - x] = p->zeros;
        const float *pixel = source + (sy * p->source_width + seen * p->step_x + tap.add_x) * p->source_channels;
        const long step = p->step_x * p->source_channels;
        for (long i = seen; i < seen_end; i++, pixel += step) row[i - x] = pixel;
        for (long i = seen_end; i < end; i++) row[i - x] = p->zeros;
        if (seen < seen_end) {
            uint8_t *reached = tables->reached + t * 2 * tables->blocks;
            const long last_half = (place + seen_end - 1 - x) / CONV_HALF;
            for (long half = (place + seen - x) / CONV_HALF; half <= last_half; half++) reached[half] = 1;
        }
    }
}

/// Lets a tap that reaches a half of a block reach the other. Where a sum goes on over several taps, those that are left
/// out change how it is rounded: then it must be the same taps for all kernels, of which some take half a block.
static void reach_whole_blocks(const tile_tables *tables) {
    for (long i = 0; i < tables->taps * tables->blocks; i++) {
        uint8_t *halves = tables->reached + 2 * i;
        halves[0] = halves[1] = halves[0] | halves[1];
    }
}

/// Rounds the pixels of a table to bfloat16, side by side, and lets it point to these. Returns 0 or -1.
static int round_pixels(const conv_product *p, const float **pixels, long count) {
    const long step = bfloat16_step(p->words);
    float *rounded = pool_scratch(1, (count + AMX_PIXELS) * step * (long)sizeof(float));
    if (rounded == NULL) return -1;
    for (long i = 0; i < count; i++, rounded += step) {
        bfloat16_round(pixels[i], p->source_channels, rounded);
        pixels[i] = rounded;
    }
    return 0;
}

/// Where each pixel of the tile goes.
static void fill_destinations(const conv_product *p, const conv_plan *plan, long sample, long first, long count, float **out) {
    float *dest = p->dest + sample * p->dest_height * p->dest_width * p->dest_channels;
    long y = first / plan->grid_width, x = first % plan->grid_width;
    for (long i = 0; i < count; y++, x = 0) {
        const long length = min_long(plan->grid_width - x, count - i);
        float *to = dest + ((plan->dest_first_y + y * plan->dest_step_y) * p->dest_width + plan->dest_first_x +
                            x * plan->dest_step_x) * p->dest_channels;
        for (long k = 0; k < length; k++) out[i + k] = to + k * plan->dest_step_x * p->dest_channels;
        i += length;
    }
}

/// Fills in what belongs to the taps of the blocks of the sums from `block` on, all that fit. Returns the block after these.
static long fill_taps(
    const conv_product *p, const conv_plan *plan, long sample, long first, long count, long block, long most,
    tile_tables *tables) {
    const long *starts = plan->block_starts;
    tables->first_tap = plan->tap_count == 0 ? 0 : plan->segments[starts[block]].tap;
    tables->taps = 0;
    for (; block < plan->block_count; block++) {
        const long taps = plan->tap_count == 0 ? 0 : plan->segments[starts[block + 1] - 1].tap + 1 - tables->first_tap;
        if (taps > most) break;
        tables->taps = taps;
    }
    const float *source = p->source + sample * p->source_height * p->source_width * p->source_channels;
    const long padded = tables->blocks * CONV_PIXELS;
    memset(tables->reached, 0, (size_t)(2 * tables->taps * tables->blocks));
    long y = first / plan->grid_width, x = first % plan->grid_width;
    for (long i = 0, length; i < count; y++, x = 0, i += length) {
        length = min_long(plan->grid_width - x, count - i);
        add_run(p, plan, source, tables, i, y, x, length);
    }
    if (!plan->every_run_ends_sum) reach_whole_blocks(tables);
    for (long i = count; i < padded; i++)
        for (long t = 0; t < tables->taps; t++) tables->pixels[t * padded + i] = p->zeros;
    return block;
}

int conv_tile(const conv_product *p, const conv_plan *plan, long sample, long tile) {
    const long first = tile * p->tile;
    const long count = min_long(p->tile, plan->grid_height * plan->grid_width - first);
    const long blocks = parts_of(count, CONV_PIXELS), padded = blocks * CONV_PIXELS;
    const int by_matrices = p->unit > 0 && kernel_bfloat16_in_use == BFLOAT16_MATRICES;
    const long taps = by_matrices ? plan->tap_count : min_long(plan->tap_count, TABLE_TAPS);
    const long pointer_bytes = (taps + 1) * padded * (long)sizeof(float *);
    const long dump_bytes = (p->dest_channels + CONV_PANEL) * (long)sizeof(float);
    char *scratch = pool_scratch(0, pointer_bytes + dump_bytes + (2 * taps + 1) * blocks);
    if (scratch == NULL) return -1;
    tile_tables tables = {.pixels = (const float **)scratch, .blocks = blocks};
    tables.out = (float **)(tables.pixels + taps * padded);
    // Receives the results of the pixels past the end.
    float *dump = (float *)(scratch + pointer_bytes);
    tables.reached = (uint8_t *)(scratch + pointer_bytes + dump_bytes);
    tables.interior = tables.reached + 2 * taps * blocks;
    memset(tables.interior, 1, (size_t)blocks);
    fill_destinations(p, plan, sample, first, count, tables.out);
    for (long i = count; i < padded; i++) tables.out[i] = dump;

    const long packed_group = conv_packed_columns(p->width) * p->kernel_taps * p->run;
    for (long block = 0, next; block < plan->block_count && !pool_stops(taps * padded); block = next) {
        next = fill_taps(p, plan, sample, first, count, block, taps, &tables);
        if (p->words > 0 && round_pixels(p, tables.pixels, count) != 0) return -1;
        if (by_matrices) {
            float *out = tables.out[0];
            const float *residual = p->epilogue == NULL ? NULL : p->epilogue->residual;
            if (residual != NULL) residual += out - p->dest;
            return amx_tile(p, plan, tables.pixels, padded, tables.reached, blocks, out, residual, count);
        }
        const unsigned long mode = p->unit > 0 ? bfloat16_enter() : 0;
        // Segments count all taps of the plan.
        const float *const *pixels = tables.pixels - tables.first_tap * padded;
        const uint8_t *reached = tables.reached - 2 * tables.first_tap * blocks;
        for (long group = 0; group < p->groups; group++) {
            run_group(
                p, plan, p->packed + group * packed_group, group, pixels, tables.out, reached, tables.interior, blocks,
                count, block, next);
        }
        if (p->unit > 0) bfloat16_leave(mode);
    }
    return 0;
}
