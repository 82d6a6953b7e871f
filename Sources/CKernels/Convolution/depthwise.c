// Depthwise convolution and its input gradient, computed directly. The taps of a row of pixels are
// listed with the range of pixels that each reaches; then some pixels and channels accumulate over
// the taps in registers. A task is a band of rows and as many channels as keep its input in cache.
// The kernels for common sizes read each value once for all taps of a row.
// The weight gradient is in depthwise_weights.c.

#include "depthwise.h"

#include <stddef.h>
#include <stdlib.h>

#include "levels.h"
#include "depthwise_taps.h"
#include "epilogue.h"
#include "pool.h"

/// LISTED_TAPS: as many as a task has room for, so that its lists stay small.
enum { PIXELS = 6, SLIDING = 8, TASK_ELEMENTS = 65536, TASK_CHANNELS = 96, LISTED_TAPS = 1 << 17 };

void depthwise_pack(const conv_geometry *g, const float *weight, float *packed) {
    const long taps = g->kernel_height * g->kernel_width, channels = g->input_channels;
    for (long c = 0; c < channels && !pool_stops(taps); c++)
        for (long t = 0; t < taps; t++) packed[t * channels + c] = weight[c * taps + t];
}

/// Adjacent pixels that have the same taps.
typedef struct {
    long first, last, tap_start, tap_count;
} span;

/// `pixels` pixels by `vectors` times `lanes` channels, starting at channel c.
#define BLOCK_KERNEL(name, vector, lanes, vectors, pixels)                                                \
    INLINE void name(                                                                                     \
        const float *source, const depthwise_tap *taps, long n, long c, long step, float *out,            \
        long out_step) {                                                                                  \
        vector total[pixels][vectors];                                                                    \
        UNROLLED for (int i = 0; i < pixels; i++)                                                         \
            UNROLLED for (int j = 0; j < vectors; j++) total[i][j] = (vector){0};                         \
        for (long t = 0; t < n; t++) {                                                                    \
            const float *x = source + taps[t].offset + c, *w = taps[t].weight + c;                        \
            vector factor[vectors];                                                                       \
            UNROLLED for (int j = 0; j < vectors; j++) factor[j] = *(const vector *)(w + lanes * j);      \
            UNROLLED for (int i = 0; i < pixels; i++, x += step)                                          \
                UNROLLED for (int j = 0; j < vectors; j++)                                                \
                    total[i][j] = MUL_ADD8(*(const vector *)(x + lanes * j), factor[j], total[i][j]);     \
        }                                                                                                 \
        UNROLLED for (int i = 0; i < pixels; i++, out += out_step)                                        \
            UNROLLED for (int j = 0; j < vectors; j++) *(vector *)(out + c + lanes * j) = total[i][j];    \
    }
BLOCK_KERNEL(row_64, float16, 16, 4, PIXELS)
BLOCK_KERNEL(row_32, float16, 16, 2, PIXELS)
BLOCK_KERNEL(row_wide_16, float16, 16, 1, PIXELS)
BLOCK_KERNEL(row_16, float8, 8, 2, PIXELS)
BLOCK_KERNEL(row_8, float8, 8, 1, PIXELS)
BLOCK_KERNEL(pixel_128, float16, 16, 8, 1)
BLOCK_KERNEL(pixel_64, float16, 16, 4, 1)
BLOCK_KERNEL(pixel_32, float8, 8, 4, 1)
BLOCK_KERNEL(pixel_16, float8, 8, 2, 1)
BLOCK_KERNEL(pixel_8, float8, 8, 1, 1)

/// SLIDING pixels, of which each value that is read serves all taps of a row of the kernel. The `across` taps of a row are
/// `unit` apart, the pixels `apart` units.
#define SLIDING_KERNEL(name, vector, lanes, vectors, across, apart)                                       \
    INLINE void name(                                                                                     \
        const float *source, const depthwise_tap *taps, long n, long c, long unit, float *out,            \
        long out_step) {                                                                                  \
        vector total[SLIDING][vectors];                                                                   \
        UNROLLED for (int i = 0; i < SLIDING; i++)                                                        \
            UNROLLED for (int j = 0; j < vectors; j++) total[i][j] = (vector){0};                         \
        for (long t = 0; t < n; t += across) {                                                            \
            const float *at = source + taps[t].offset + c;                                                \
            vector factor[across][vectors];                                                               \
            UNROLLED for (int k = 0; k < across; k++)                                                     \
                UNROLLED for (int j = 0; j < vectors; j++)                                                \
                    factor[k][j] = *(const vector *)(taps[t + k].weight + c + lanes * j);                 \
            UNROLLED for (int p = 0; p < (SLIDING - 1) * apart + across; p++, at += unit) {               \
                vector x[vectors];                                                                        \
                UNROLLED for (int j = 0; j < vectors; j++) x[j] = *(const vector *)(at + lanes * j);      \
                UNROLLED for (int k = 0; k < across; k++) {                                               \
                    if (p < k || (p - k) % apart != 0 || (p - k) / apart >= SLIDING) continue;            \
                    UNROLLED for (int j = 0; j < vectors; j++)                                            \
                        total[(p - k) / apart][j] = MUL_ADD8(x[j], factor[k][j], total[(p - k) / apart][j]); \
                }                                                                                         \
            }                                                                                             \
        }                                                                                                 \
        UNROLLED for (int i = 0; i < SLIDING; i++, out += out_step)                                       \
            UNROLLED for (int j = 0; j < vectors; j++) *(vector *)(out + c + lanes * j) = total[i][j];    \
    }
#define SLIDING_BLOCK(name, across, apart)                                                                \
    SLIDING_KERNEL(name##_32, float16, 16, 2, across, apart)                                              \
    SLIDING_KERNEL(name##_16, float16, 16, 1, across, apart)                                              \
    SLIDING_KERNEL(name##_8, float8, 8, 1, across, apart)                                                 \
    INLINE long name(                                                                                     \
        const float *source, const depthwise_tap *taps, long n, long unit, float *out, long out_step,     \
        long channels, int wide) {                                                                        \
        long c = 0;                                                                                       \
        if (wide) {                                                                                       \
            for (; c + 32 <= channels; c += 32) name##_32(source, taps, n, c, unit, out, out_step);       \
            for (; c + 16 <= channels; c += 16) name##_16(source, taps, n, c, unit, out, out_step);       \
        }                                                                                                 \
        for (; c + 8 <= channels; c += 8) name##_8(source, taps, n, c, unit, out, out_step);              \
        return c;                                                                                         \
    }
SLIDING_BLOCK(sliding_2, 2, 1)
SLIDING_BLOCK(sliding_3, 3, 1)
SLIDING_BLOCK(sliding_5, 5, 1)
SLIDING_BLOCK(leaping_3, 3, 2)
SLIDING_BLOCK(leaping_5, 5, 2)

/// The channels that are no multiple of 8.
INLINE void rest(
    const float *source, const depthwise_tap *taps, long n, long c, long step, float *out, long out_step,
    long channels, int count) {
    for (; c < channels; c++) {
        for (int i = 0; i < count; i++) {
            float total = 0;
            for (long t = 0; t < n; t++)
                total = mul_add(source[taps[t].offset + i * step + c], taps[t].weight[c], total);
            out[i * out_step + c] = total;
        }
    }
}

/// PIXELS adjacent pixels.
INLINE void row_block(
    const float *source, const depthwise_tap *taps, long n, long step, float *out, long out_step, long channels,
    int wide) {
    long c = 0;
    if (wide) {
        for (; c + 64 <= channels; c += 64) row_64(source, taps, n, c, step, out, out_step);
        for (; c + 32 <= channels; c += 32) row_32(source, taps, n, c, step, out, out_step);
        for (; c + 16 <= channels; c += 16) row_wide_16(source, taps, n, c, step, out, out_step);
    }
    for (; c + 16 <= channels; c += 16) row_16(source, taps, n, c, step, out, out_step);
    for (; c + 8 <= channels; c += 8) row_8(source, taps, n, c, step, out, out_step);
    rest(source, taps, n, c, step, out, out_step, channels, PIXELS);
}

/// One pixel, with more channels at a time, so that as many sums are under way.
INLINE void pixel_block(
    const float *source, const depthwise_tap *taps, long n, long step, float *out, long out_step, long channels,
    int wide) {
    long c = 0;
    if (wide) {
        for (; c + 128 <= channels; c += 128) pixel_128(source, taps, n, c, step, out, out_step);
        for (; c + 64 <= channels; c += 64) pixel_64(source, taps, n, c, step, out, out_step);
    }
    for (; c + 32 <= channels; c += 32) pixel_32(source, taps, n, c, step, out, out_step);
    for (; c + 16 <= channels; c += 16) pixel_16(source, taps, n, c, step, out, out_step);
    for (; c + 8 <= channels; c += 8) pixel_8(source, taps, n, c, step, out, out_step);
    rest(source, taps, n, c, step, out, out_step, channels, 1);
}

/// A row, or every so many pixels of it: `channels` channels of each.
typedef struct {
    const float *source;
    const depthwise_tap *taps;
    const span *spans;
    long span_count, step;
    float *out;
    long out_step, channels;
    /// How many taps a row of the kernel has that are `unit` apart, and how many units a pixel is from the next; 0: no kernel
    /// for these.
    long across, unit, apart;
    int wide;
} depthwise_row;

/// SLIDING pixels from pixel i.
INLINE void sliding_block(const depthwise_row *r, const depthwise_tap *taps, long n, long i) {
    // Where the taps go backwards, so do the pixels.
    const int back = r->unit < 0;
    const float *source = r->source + (back ? i + SLIDING - 1 : i) * r->step;
    float *out = r->out + (back ? i + SLIDING - 1 : i) * r->out_step;
    const long out_step = back ? -r->out_step : r->out_step;
    long c;
#define SLIDE(block) c = block(source, taps, n, r->unit, out, out_step, r->channels, r->wide)
    if (r->apart == 2) {
        if (r->across == 3) SLIDE(leaping_3);
        else SLIDE(leaping_5);
    } else {
        if (r->across == 2) SLIDE(sliding_2);
        else if (r->across == 3) SLIDE(sliding_3);
        else SLIDE(sliding_5);
    }
#undef SLIDE
    if (c < r->channels)
        rest(r->source + i * r->step, taps, n, c, r->step, r->out + i * r->out_step, r->out_step, r->channels, SLIDING);
}

LEVELS(static, void, run_row, (const depthwise_row *r), (r)) {
    for (long s = 0; s < r->span_count; s++) {
        const depthwise_tap *list = r->taps + r->spans[s].tap_start;
        const long n = r->spans[s].tap_count, first = r->spans[s].first, last = r->spans[s].last;
        const int slides = r->across > 0 && r->spans[s].tap_start == 0 && last - first >= SLIDING;
        const long pixels = slides ? SLIDING : last - first >= PIXELS ? PIXELS : 1;
        for (long i = first; i < last; i += pixels) {
            // The last block overlaps the one before.
            i = min_long(i, last - pixels);
            if (pool_stops(n * pixels * parts_of(r->channels, 8))) return;
            if (slides) {
                sliding_block(r, list, n, i);
                continue;
            }
            const float *source = r->source + i * r->step;
            float *out = r->out + i * r->out_step;
            if (pixels > 1) {
                row_block(source, list, n, r->step, out, r->out_step, r->channels, r->wide);
            } else {
                pixel_block(source, list, n, r->step, out, r->out_step, r->channels, r->wide);
            }
        }
    }
}

/// Cuts the pixels from `*from` on, up to `count`, into spans with equal taps. `taps[0..<n]` are those of the row; lists for
/// pixels near the edges are written after them, as far as there is room for `room` taps in all. Returns the number of
/// spans, and in `*from` the pixel after them.
static long make_spans(depthwise_tap *taps, long n, long room, long count, long *from, span *spans) {
    long low = 0, high = count;
    for (long t = 0; t < n; t++) {
        low = max_long(low, taps[t].first);
        high = min_long(high, taps[t].last);
    }
    low = min_long(low, count);
    high = max_long(high, low);
    long used = n, made = 0, i = *from;
    for (; i < count; i++) {
        if (i == low && high > low) {
            spans[made++] = (span){low, high, 0, n};
            i = high - 1;
            continue;
        }
        if (used + n > room || pool_stops(n)) break;
        const long start = used;
        for (long t = 0; t < n; t++)
            if (taps[t].first <= i && i < taps[t].last) taps[used++] = taps[t];
        spans[made++] = (span){i, i + 1, start, used - start};
    }
    *from = i;
    return made;
}

typedef struct {
    const conv_geometry *g;
    const float *source, *packed;
    const conv_epilogue *epilogue;
    float *out;
    int gradient;
    /// Sizes of what is read and of what is written.
    long source_height, source_width, height, width;
    long rows_per_task, bands, channels_per_task, parts;
    _Atomic int failed;
} depthwise_job;

/// The taps of a row, `row_taps` without the lists for single pixels, and spans of its pixels, which end at `next`. If that is
/// the row's end, they serve the next rows too as long as these have the same rows of the kernel. `across` is as in
/// depthwise_row.
typedef struct {
    depthwise_tap *taps;
    span *spans;
    long room, y, first, last, row_taps, count, next, across;
} row_list;

/// The rows of the kernel that row y has: first..<last, of a gradient with stride 1 as well.
static void kernel_rows(const depthwise_job *j, long y, long *first, long *last) {
    const conv_geometry *g = j->g;
    *first = g->kernel_height;
    *last = 0;
    for (long ky = 0; ky < g->kernel_height; ky++) {
        const long down = ky * g->dilation_height - g->padding_height;
        const long sy = j->gradient ? y - down : y * g->stride_height + down;
        if (sy < 0 || sy >= j->source_height) continue;
        *first = min_long(*first, ky);
        *last = ky + 1;
    }
}

/// Rows that can share a list are so many source rows apart; 0: none can.
static long row_step(const depthwise_job *j) {
    return j->gradient ? j->g->stride_height == 1 : j->g->stride_height;
}

/// The last row that row y reads, which may be outside.
static long last_source(const depthwise_job *j, long y) {
    const conv_geometry *g = j->g;
    if (j->gradient) return g->stride_height == 1 ? y + g->padding_height : -1;
    return y * g->stride_height - g->padding_height + (g->kernel_height - 1) * g->dilation_height;
}

/// The pixels of a row are computed in so many turns: those of a turn, so many apart, read neighbours of each other.
static long turns(const depthwise_job *j) {
    const conv_geometry *g = j->g;
    const long apart = g->stride_width == 1 ? g->dilation_width : j->gradient ? g->stride_width : 1;
    return max_long(1, min_long(apart, j->width));
}

/// The distance of two source pixels that adjacent pixels of a turn read.
static long source_step(const depthwise_job *j) {
    const conv_geometry *g = j->g;
    return (j->gradient && g->stride_width > 1 ? 1 : g->stride_width * turns(j)) * g->input_channels;
}

/// The distance of the sources of adjacent taps.
static long tap_step(const depthwise_job *j) {
    const conv_geometry *g = j->g;
    const long step = j->gradient && g->stride_width > 1 ? 1 : g->dilation_width;
    return (j->gradient ? -step : step) * g->input_channels;
}

/// How many taps each row of the kernel has, if there is a kernel for so many; else 0.
static long taps_across(const depthwise_job *j, const depthwise_tap *taps, long n) {
    const long unit = tap_step(j), apart = source_step(j) / labs(unit);
    long across = 1;
    while (across < n && taps[across].offset - taps[across - 1].offset == unit) across++;
    if (n == 0 || n % across != 0 || source_step(j) % unit != 0) return 0;
    for (long t = 0; t < n; t++)
        if (t % across != 0 && taps[t].offset - taps[t - 1].offset != unit) return 0;
    const int has_kernel = apart == 1 ? across == 2 || across == 3 || across == 5
                                      : apart == 2 && !j->gradient && (across == 3 || across == 5);
    return has_kernel ? across : 0;
}

/// Brings a list up to row y and the pixels of a turn.
static void bring_list(const depthwise_job *j, long y, long turn, long channel, long pixels, row_list *list) {
    long first, last;
    kernel_rows(j, y, &first, &last);
    if (row_step(j) > 0 && list->count >= 0 && first == list->first && last == list->last) return;
    const float *packed = j->packed + channel;
    const long n = j->gradient ? depthwise_gradient_taps(j->g, y, turn, turns(j), packed, list->taps)
                               : depthwise_forward_taps(j->g, y, turn, turns(j), packed, list->taps);
    *list = (row_list){list->taps, list->spans, list->room, y, first, last, n, 0, 0, taps_across(j, list->taps, n)};
    list->count = make_spans(list->taps, n, list->room, pixels, &list->next, list->spans);
}

/// Computes a row of so many pixels by its list. Where there is no room for all spans, they are made in turn.
static void run_list(depthwise_row *r, long pixels, row_list *list) {
    r->span_count = list->count;
    run_row(r);
    while (list->next < pixels && !pool_stops(0)) {
        r->span_count = make_spans(list->taps, list->row_taps, list->room, pixels, &list->next, list->spans);
        run_row(r);
        list->count = -1;
    }
}

/// Cuts a result into bands of rows and groups of channels.
static long cut_tasks(depthwise_job *j) {
    const long channels = j->g->input_channels;
    const long parts = max_long(1, parts_of(channels, TASK_CHANNELS));
    j->channels_per_task = (parts_of(channels, parts) + 31) / 32 * 32;
    j->parts = parts_of(channels, j->channels_per_task);
    const long rows = max_long(1, TASK_ELEMENTS / max_long(1, j->width * j->channels_per_task));
    j->rows_per_task = parts_of(j->height, parts_of(j->height, rows));
    j->bands = parts_of(j->height, j->rows_per_task);
    return j->g->batch * j->bands * j->parts;
}

static void task(void *context, long index) {
    depthwise_job *j = context;
    const conv_geometry *g = j->g;
    const long all = g->input_channels, part = index % j->parts, band = index / j->parts % j->bands;
    const long sample = index / j->parts / j->bands, top = band * j->rows_per_task;
    const long bottom = min_long(top + j->rows_per_task, j->height), channel = part * j->channels_per_task;
    const long channels = min_long(j->channels_per_task, all - channel);
    const long taps = g->kernel_height * g->kernel_width, room = min_long((j->width + 1) * taps, LISTED_TAPS);
    const long tap_bytes = room * (long)sizeof(depthwise_tap);
    char *scratch = pool_scratch(0, tap_bytes + (j->width + 1) * (long)sizeof(span));
    if (scratch == NULL) {
        j->failed = 1;
        return;
    }
    row_list list = {.taps = (depthwise_tap *)scratch, .spans = (span *)(scratch + tap_bytes), .room = room};
    const float *source = j->source + sample * j->source_height * j->source_width * all + channel;
    float *dest = j->out + sample * j->height * j->width * all + channel;
    // Rows that are one dilation apart read the same rows.
    const long turns_x = turns(j), turns_y = row_step(j) == 1 ? g->dilation_height : 1;
    const long down = row_step(j) * j->source_width * all;
    depthwise_row r = {
        .taps = list.taps, .spans = list.spans, .step = source_step(j), .out_step = turns_x * all,
        .channels = channels, .unit = tap_step(j), .apart = source_step(j) / labs(tap_step(j)),
        .wide = kernel_wide_tiles,
    };
    for (long turn = 0; turn < turns_x; turn++) {
        const long pixels = parts_of(j->width - turn, turns_x);
        list.count = -1;
        for (long row = 0; row < turns_y; row++) {
            for (long y = top + row; y < bottom; y += turns_y) {
                if (pool_stops(taps)) return;
                bring_list(j, y, turn, channel, pixels, &list);
                r.source = source + (y - list.y) * down;
                r.out = dest + (y * j->width + turn) * all;
                r.across = list.across;
                if (turn == 0 && j->parts > 1 && y + turns_y < bottom) {
                    const long below = last_source(j, y + turns_y);
                    if (below >= 0 && below < j->source_height)
                        fetch_row(source + below * j->source_width * all, j->source_width, all, channels);
                }
                run_list(&r, pixels, &list);
                if (j->epilogue == NULL) continue;
                const float *residual = j->epilogue->residual;
                epilogue_rows(
                    j->epilogue, channel, residual == NULL ? NULL : residual + (r.out - j->out), r.out, pixels,
                    channels, r.out_step);
            }
        }
    }
}

static int run_job(depthwise_job *j) {
    pool_run(cut_tasks(j), task, j);
    return j->failed ? -1 : 0;
}

int depthwise_forward(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue,
    float *output) {
    depthwise_job j = {
        .g = g, .source = input, .packed = packed, .epilogue = epilogue, .out = output,
        .source_height = g->input_height, .source_width = g->input_width, .height = g->output_height,
        .width = g->output_width,
    };
    return run_job(&j);
}

int depthwise_input_gradient(
    const conv_geometry *g, const float *output_gradient, const float *packed, float *input_gradient) {
    depthwise_job j = {
        .g = g, .source = output_gradient, .packed = packed, .out = input_gradient, .gradient = 1,
        .source_height = g->output_height, .source_width = g->output_width, .height = g->input_height,
        .width = g->input_width,
    };
    return run_job(&j);
}
