// The taps of a row, and the weight gradient of a depthwise convolution: sums over bands of rows,
// added in order in float64.

#include <string.h>

#include "levels.h"
#include "depthwise.h"
#include "depthwise_taps.h"
#include "pool.h"

enum { BAND_ELEMENTS = 1 << 18, GROUP = 5, LANE = 64, REDUCE_BLOCK = 2048, TAPS_AT_ONCE = 1024 };

/// Cuts [0, count) to where start + i * step is in [0, size).
static void reach(long start, long step, long size, long count, long *first, long *last) {
    *first = start < 0 ? parts_of(-start, step) : 0;
    *last = start >= size ? 0 : min_long(count, (size - 1 - start) / step + 1);
    if (*last < *first) *last = *first;
}

long depthwise_forward_taps(
    const conv_geometry *g, long y, long turn, long turns, const float *packed, depthwise_tap *taps) {
    const long channels = g->input_channels, pixels = parts_of(g->output_width - turn, turns);
    long n = 0;
    for (long ky = 0; ky < g->kernel_height; ky++) {
        const long sy = y * g->stride_height - g->padding_height + ky * g->dilation_height;
        if (sy < 0 || sy >= g->input_height) continue;
        for (long kx = 0; kx < g->kernel_width; kx++) {
            const long sx = turn * g->stride_width + kx * g->dilation_width - g->padding_width;
            depthwise_tap tap = {
                (sy * g->input_width + sx) * channels, packed + (ky * g->kernel_width + kx) * channels, 0, 0};
            reach(sx, g->stride_width * turns, g->input_width, pixels, &tap.first, &tap.last);
            if (tap.first < tap.last) taps[n++] = tap;
        }
    }
    return n;
}

long depthwise_gradient_taps(
    const conv_geometry *g, long y, long turn, long turns, const float *packed, depthwise_tap *taps) {
    const long channels = g->input_channels, pixels = parts_of(g->input_width - turn, turns);
    // Pixels whose sources are whole numbers are a stride apart.
    const long step = turns / min_long(turns, g->stride_width);
    long n = 0;
    for (long ky = 0; ky < g->kernel_height; ky++) {
        const long sy = y + g->padding_height - ky * g->dilation_height;
        if (sy % g->stride_height != 0 || sy < 0 || sy / g->stride_height >= g->output_height) continue;
        for (long kx = 0; kx < g->kernel_width; kx++) {
            const long sx = turn + g->padding_width - kx * g->dilation_width;
            if (sx % g->stride_width != 0) continue;
            depthwise_tap tap = {
                (sy / g->stride_height * g->output_width + sx / g->stride_width) * channels,
                packed + (ky * g->kernel_width + kx) * channels, 0, 0};
            reach(sx / g->stride_width, step, g->output_width, pixels, &tap.first, &tap.last);
            if (tap.first < tap.last) taps[n++] = tap;
        }
    }
    return n;
}

/// total[c] += sum over pixels of x * dy for `count` adjacent taps of a kernel row, `vectors` vectors of channels.
#define ROW_PRODUCTS(name, vector, lanes)                                                                         \
    INLINE void name(                                                                                             \
        const float *const *x, const float *dy, long pixels, long step, long channels, float *const *total,       \
        int count, int vectors) {                                                                                 \
        vector sum[GROUP][2];                                                                                     \
        for (int t = 0; t < count; t++)                                                                           \
            for (int j = 0; j < vectors; j++) sum[t][j] = *(const vector *)(total[t] + lanes * j);                \
        for (long i = 0; i < pixels; i++, dy += channels) {                                                       \
            vector d[2];                                                                                          \
            for (int j = 0; j < vectors; j++) d[j] = *(const vector *)(dy + lanes * j);                           \
            for (int t = 0; t < count; t++) {                                                                     \
                const float *at = x[t] + i * step;                                                                \
                for (int j = 0; j < vectors; j++)                                                                 \
                    sum[t][j] = MUL_ADD8(*(const vector *)(at + lanes * j), d[j], sum[t][j]);                     \
            }                                                                                                     \
        }                                                                                                         \
        for (int t = 0; t < count; t++)                                                                           \
            for (int j = 0; j < vectors; j++) *(vector *)(total[t] + lanes * j) = sum[t][j];                      \
    }
ROW_PRODUCTS(row_products_8, float8, 8)
ROW_PRODUCTS(row_products_16, float16, 16)

/// The same for so many channels: 32, 16 or 8.
INLINE void row_products(
    const float *const *x, const float *dy, long pixels, long step, long channels, float *const *total, int count,
    long lanes) {
    if (pixels <= 0) return;
    if (lanes == 32) {
        row_products_16(x, dy, pixels, step, channels, total, count, 2);
    } else if (lanes == 16) {
        row_products_16(x, dy, pixels, step, channels, total, count, 1);
    } else {
        row_products_8(x, dy, pixels, step, channels, total, count, 1);
    }
}

/// One tap over part of a row, any number of channels.
INLINE void tap_products(
    const float *x, const float *dy, long pixels, long step, long channels, long width, float *total) {
    for (long i = 0; i < pixels; i++, x += step, dy += channels)
        CHANNELS for (long c = 0; c < width; c++) total[c] = mul_add(x[c], dy[c], total[c]);
}

/// How many taps, starting at `t`, are processed together, and the pixels low..<high that all of them reach.
INLINE long group_of_taps(const depthwise_tap *taps, long t, long n, long *low, long *high) {
    const long left = n - t, count = left >= 5 ? 5 : left >= 3 ? 3 : 1;
    *low = taps[t].first;
    *high = taps[t].last;
    for (long k = 1; k < count; k++) {
        *low = max_long(*low, taps[t + k].first);
        *high = min_long(*high, taps[t + k].last);
    }
    *high = max_long(*low, *high);
    return count;
}

/// The pixels of a group of taps that are right of those that all of them reach.
INLINE void right_products(
    const float *source, const float *dy, const depthwise_tap *taps, long count, long low, long high, long c, long step,
    long channels, long lanes, float *const *sums) {
    for (long k = 0; k < count; k++) {
        const long right = max_long(high, min_long(low, taps[k].last));
        const float *x = source + taps[k].offset + right * step + c;
        row_products(&x, dy + right * channels + c, taps[k].last - right, step, channels, &sums[k], 1, lanes);
    }
}

/// The sums of one output row, all taps, `width` channels; `source` is the sample, `dy` the row, `base` the
/// start of the taps' weights and `total` that of their sums.
LEVELS(static, void, row_sums,
    (const conv_geometry *g, const float *source, const float *dy, const depthwise_tap *taps, long n,
     const float *base, float *total, long width),
    (g, source, dy, taps, n, base, total, width)) {
    const long channels = g->input_channels, step = g->stride_width * channels;
    const long whole = width / 8 * 8;
    long count = 0;
    for (long t = 0; t < n; t += count) {
        long low, high;
        count = group_of_taps(taps, t, n, &low, &high);
        if (pool_stops(count * g->output_width * parts_of(width, 8))) return;
        for (long c = 0, lanes; c < whole; c += lanes) {
            const long rest = whole - c;
            lanes = kernel_wide_tiles && rest >= 32 ? 32 : rest >= 16 ? 16 : 8;
            const float *x[GROUP];
            float *sums[GROUP];
            for (long k = 0; k < count; k++) {
                const depthwise_tap tap = taps[t + k];
                sums[k] = total + (tap.weight - base) + c;
                x[k] = source + tap.offset + low * step + c;
                const float *left = source + tap.offset + tap.first * step + c;
                row_products(
                    &left, dy + tap.first * channels + c, min_long(low, tap.last) - tap.first, step, channels, &sums[k], 1,
                    lanes);
            }
            // What is right of the others: of the last eight channels after these, so that the bits stay what they were.
            if (lanes > 8) right_products(source, dy, taps + t, count, low, high, c, step, channels, lanes, sums);
            const float *d = dy + low * channels + c;
            if (count == 5) {
                row_products(x, d, high - low, step, channels, sums, 5, lanes);
            } else if (count == 3) {
                row_products(x, d, high - low, step, channels, sums, 3, lanes);
            } else {
                row_products(x, d, high - low, step, channels, sums, 1, lanes);
            }
            if (lanes == 8) right_products(source, dy, taps + t, count, low, high, c, step, channels, lanes, sums);
        }
        for (long k = 0; k < count && whole < width; k++) {
            const depthwise_tap tap = taps[t + k];
            tap_products(
                source + tap.offset + tap.first * step + whole, dy + tap.first * channels + whole,
                tap.last - tap.first, step, channels, width - whole, total + (tap.weight - base) + whole);
        }
    }
}

typedef struct {
    const conv_geometry *g;
    const float *source, *gradient;
    float *partial;
    float *out;
    long bands, rows_per_band, parts;
    _Atomic int failed;
} weights_job;

static void band_task(void *context, long index) {
    weights_job *j = context;
    const conv_geometry *g = j->g;
    const long channels = g->input_channels, n = g->kernel_height * g->kernel_width;
    const long sample = index / j->bands, first = index % j->bands * j->rows_per_band;
    float *total = j->partial + index * n * channels;
    memset(total, 0, (size_t)(n * channels) * sizeof(float));
    // The taps of some rows serve all channels.
    const long most = max_long(1, min_long(TAPS_AT_ONCE / n, j->rows_per_band));
    depthwise_tap *taps = pool_scratch(0, most * (n * (long)sizeof(depthwise_tap) + (long)sizeof(long)));
    if (taps == NULL) {
        j->failed = 1;
        return;
    }
    long *counts = (long *)(taps + most * n);
    const float *source = j->source + sample * g->input_height * g->input_width * channels;
    const float *gradient = j->gradient + sample * g->output_height * g->output_width * channels;
    const long last = min_long(first + j->rows_per_band, g->output_height);
    for (long top = first; top < last; top += most) {
        const long rows = min_long(most, last - top);
        for (long r = 0; r < rows; r++) counts[r] = depthwise_forward_taps(g, top + r, 0, 1, total, taps + r * n);
        // Few channels at a time, so that the rows of a band stay in cache.
        for (long c = 0, width; c < channels; c += width) {
            width = min_long(LANE, channels - c);
            for (long r = 0; r < rows; r++) {
                const float *row = gradient + (top + r) * g->output_width * channels + c;
                if (channels > LANE && r + 1 < rows) {
                    // What the next row reads that this one does not: as a rule the sources of its last taps.
                    const long below = (top + r + 1) * g->stride_height - g->padding_height +
                                       (g->kernel_height - 1) * g->dilation_height;
                    fetch_row(row + g->output_width * channels, g->output_width, channels, width);
                    if (below >= 0 && below < g->input_height)
                        fetch_row(source + below * g->input_width * channels + c, g->input_width, channels, width);
                }
                row_sums(g, source + c, row, taps + r * n, counts[r], total, total + c, width);
            }
        }
    }
}

/// Adds the bands in order and transposes [tap][channel] to [channel][tap].
static void add_bands_task(void *context, long index) {
    const weights_job *j = context;
    const long channels = j->g->input_channels, n = j->g->kernel_height * j->g->kernel_width;
    const long first = index * REDUCE_BLOCK, last = min_long(first + REDUCE_BLOCK, n * channels);
    for (long i = first; i < last && !pool_stops(j->parts); i++) {
        double sum = 0;
        for (long p = 0; p < j->parts; p++) sum += (double)j->partial[p * n * channels + i];
        j->out[i % channels * n + i / channels] = (float)sum;
    }
}

/// Cuts a map into bands of rows.
static void cut_bands(weights_job *j) {
    const conv_geometry *g = j->g;
    const long row = max_long(1, g->output_width * g->input_channels);
    j->rows_per_band = max_long(1, min_long(max_long(1, g->output_height), parts_of(BAND_ELEMENTS, row)));
    j->bands = parts_of(g->output_height, j->rows_per_band);
    j->parts = g->batch * j->bands;
}

long depthwise_parts_count(const conv_geometry *g) {
    weights_job j = {.g = g};
    cut_bands(&j);
    return j.parts * g->kernel_height * g->kernel_width * g->input_channels;
}

int depthwise_weight_gradient(
    const conv_geometry *g, const float *input, const float *output_gradient, float *parts, float *weight_gradient) {
    const long count = g->kernel_height * g->kernel_width * g->input_channels;
    weights_job j = {.g = g, .source = input, .gradient = output_gradient, .partial = parts, .out = weight_gradient};
    cut_bands(&j);
    pool_run(j.parts, band_task, &j);
    if (!j.failed) pool_run(parts_of(count, REDUCE_BLOCK), add_bands_task, &j);
    return j.failed ? -1 : 0;
}
