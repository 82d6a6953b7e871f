// Tiles of a product by AMX: 32 pixels by 32 channels at a time, in four registers of 16 x 16 sums. The other four hold
// 16 pixels, or 16 channels of weights, by 32 input channels each.

#include "convolution_amx.h"

#include <string.h>

#include "convolution_bfloat16.h"
#include "epilogue.h"
#include "levels.h"
#include "pool.h"

/// CHUNK: words of a pixel that are multiplied before the next columns, so that the weights of these stay in the first
/// cache. The results of a tile stay in the second, unless the weights, which each tile reads, do not fit there and are used
/// for one pixel only.
enum { SIDE = 16, SMALL_TILE = 192, LARGE_TILE = 480, MANY_WEIGHTS = 1 << 19, CHUNK = 256 };

long amx_tile_pixels(const conv_product *p, long pixels) {
    const long largest = p->kernel_taps == 1 && p->run * p->width >= MANY_WEIGHTS ? LARGE_TILE : SMALL_TILE;
    const long threads = pool_threads(), parts = threads * parts_of(pixels, threads * largest);
    const long wanted = parts_of(pixels, max_long(1, parts)), unit = 48;
    // A multiple of SIDE and of CONV_PIXELS.
    return max_long(2 * unit, parts_of(wanted, unit) * unit);
}

/// A part of a sum over some taps and channels: pixels of consecutive words, and weights by segment.
typedef struct {
    const float *pixels;
    long pixel_step;
    const conv_segment *segments;
    long segment_count;
    const float *panel;
    long panel_step;
    int accumulate;
} amx_part;

#if defined(__x86_64__)
#include <immintrin.h>

#define AMX __attribute__((target("arch=x86-64-v4,amx-tile,amx-bf16")))

/// What `ldtilecfg` reads: eight registers of 16 rows of 64 bytes.
static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} __attribute__((aligned(64))) registers = {
    1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {SIDE, SIDE, SIDE, SIDE, SIDE, SIDE, SIDE, SIDE}};

/// 16 or 32 pixels by 16 or 32 channels; the results are `step` apart.
#define BLOCK(name, rows, columns)                                                                        \
    AMX static void name(const amx_part *p, const float *pixel, float *out, long step) {                 \
        const long bytes = 4 * step, row_bytes = 4 * p->pixel_step;                                       \
        float *const below = out + SIDE * step;                                                           \
        if (p->accumulate) {                                                                              \
            _tile_loadd(0, out, bytes);                                                                   \
            if (columns > 1) _tile_loadd(1, out + SIDE, bytes);                                           \
            if (rows > 1) _tile_loadd(2, below, bytes);                                                   \
            if (rows > 1 && columns > 1) _tile_loadd(3, below + SIDE, bytes);                             \
        } else {                                                                                          \
            _tile_zero(0);                                                                                \
            _tile_zero(1);                                                                                \
            _tile_zero(2);                                                                                \
            _tile_zero(3);                                                                                \
        }                                                                                                 \
        for (long s = 0; s < p->segment_count; s++) {                                                     \
            const float *weights = p->panel + p->segments[s].place * SIDE;                                \
            for (long k = 0; k < p->segments[s].length; k += AMX_WORDS) {                                 \
                _tile_loadd(4, pixel, row_bytes);                                                         \
                _tile_loadd(6, weights, 64);                                                              \
                if (rows > 1) _tile_loadd(5, pixel + SIDE * p->pixel_step, row_bytes);                    \
                if (columns > 1) _tile_loadd(7, weights + p->panel_step, 64);                             \
                _tile_dpbf16ps(0, 4, 6);                                                                  \
                if (rows > 1) _tile_dpbf16ps(2, 5, 6);                                                    \
                if (columns > 1) _tile_dpbf16ps(1, 4, 7);                                                 \
                if (rows > 1 && columns > 1) _tile_dpbf16ps(3, 5, 7);                                     \
                pixel += AMX_WORDS;                                                                       \
                weights += AMX_WORDS * SIDE;                                                              \
            }                                                                                             \
        }                                                                                                 \
        _tile_stored(0, out, bytes);                                                                      \
        if (columns > 1) _tile_stored(1, out + SIDE, bytes);                                              \
        if (rows > 1) _tile_stored(2, below, bytes);                                                      \
        if (rows > 1 && columns > 1) _tile_stored(3, below + SIDE, bytes);                                \
    }
BLOCK(block_32x32, 2, 2)
BLOCK(block_32x16, 2, 1)
BLOCK(block_16x32, 1, 2)
BLOCK(block_16x16, 1, 1)

static void run_block(const amx_part *p, const float *pixel, float *out, long step, long rows, long columns) {
    if (rows > SIDE) {
        (columns > SIDE ? block_32x32 : block_32x16)(p, pixel, out, step);
    } else {
        (columns > SIDE ? block_16x32 : block_16x16)(p, pixel, out, step);
    }
}

AMX static void enter(void) { _tile_loadconfig(&registers); }
AMX static void leave(void) { _tile_release(); }
#else
static void run_block(const amx_part *p, const float *pixel, float *out, long step, long rows, long columns) {
    (void)p, (void)pixel, (void)out, (void)step, (void)rows, (void)columns;
}
static void enter(void) {}
static void leave(void) {}
#endif

/// Blocks that a tile or its channels end in work on a copy of the results.
static void run_edge(const amx_part *p, const float *pixel, float *out, long step, long rows, long columns) {
    float copy[2 * SIDE * 2 * SIDE];
    if (p->accumulate)
        for (long r = 0; r < rows; r++) memcpy(copy + 2 * SIDE * r, out + r * step, (size_t)columns * sizeof(float));
    run_block(p, pixel, copy, 2 * SIDE, rows, columns);
    for (long r = 0; r < rows; r++) memcpy(out + r * step, copy + 2 * SIDE * r, (size_t)columns * sizeof(float));
}

/// The words of some segments side by side, for each pixel, `step` apart.
static void gather(
    const conv_segment *segments, long segment_count, const float *const *table, long stride, long count, long step,
    float *gathered) {
    for (long s = 0; s < segment_count; s++) {
        const float *const *row = table + segments[s].tap * stride;
        for (long i = 0; i < count; i++)
            memcpy(gathered + i * step, row[i] + segments[s].channel, (size_t)segments[s].length * sizeof(float));
        gathered += segments[s].length;
    }
}

int amx_tile(
    const conv_product *product, const conv_plan *plan, const float *const *table, long stride, const uint8_t *reached,
    long blocks, float *out, const float *residual, long count) {
    const long segments_bytes = parts_of((plan->block_starts[plan->block_count] + 1) * (long)sizeof(conv_segment), 64) * 64;
    // Rows that are no power of two apart, and as many as the last block reads.
    const long gathered_step = CHUNK + AMX_WORDS, rows = parts_of(count, 2 * SIDE) * 2 * SIDE;
    char *scratch = pool_scratch(2, segments_bytes + rows * gathered_step * (long)sizeof(float));
    if (scratch == NULL) return -1;
    conv_segment *segments = (conv_segment *)scratch;
    float *gathered = (float *)(scratch + segments_bytes);
    // A tap that no pixel of the tile reaches has zeros alone.
    long left = 0;
    for (long s = 0; s < plan->block_starts[plan->block_count]; s++) {
        const uint8_t *halves = reached + plan->segments[s].tap * 2 * blocks;
        if (memchr(halves, 1, (size_t)(2 * blocks)) != NULL) segments[left++] = plan->segments[s];
    }
    const long columns = product->width, depth = product->kernel_taps * product->run, step = product->dest_channels;
    amx_part part = {.segments = segments, .panel_step = SIDE * depth};
    enter();
    int last;
    do {
        long words = 0, taken = 0;
        while (taken < left && words + part.segments[taken].length <= CHUNK) words += part.segments[taken++].length;
        part.segment_count = taken;
        last = taken == left;
        if (product->words > 0) {
            part.pixels = table[0] + (taken > 0 ? part.segments->channel : 0);
            part.pixel_step = bfloat16_step(product->words);
        } else {
            gather(part.segments, taken, table, stride, count, gathered_step, gathered);
            part.pixels = gathered;
            part.pixel_step = gathered_step;
        }
        for (long column = 0; column < columns; column += 2 * SIDE) {
            const long width = min_long(2 * SIDE, columns - column);
            part.panel = product->packed + column * depth;
            for (long i = 0; i < count; i += 2 * SIDE) {
                const long height = min_long(2 * SIDE, count - i);
                (width % SIDE == 0 && height % SIDE == 0 ? run_block : run_edge)(
                    &part, part.pixels + i * part.pixel_step, out + i * step + column, step, height, width);
            }
            if (last)
                epilogue_rows(
                    product->epilogue, column, residual == NULL ? NULL : residual + column, out + column, count, width,
                    step);
        }
        part.accumulate = 1;
        part.segments += taken;
        left -= taken;
    } while (!last && !pool_stops(count * columns));
    leave();
    return 0;
}
