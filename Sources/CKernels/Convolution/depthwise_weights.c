// The taps of a row, and the weight gradient of a depthwise convolution: sums over bands of rows,
// added in order in float64.

#include <stdlib.h>
#include <string.h>

#include "levels.h"
#include "depthwise.h"
#include "depthwise_taps.h"
#include "pool.h"

enum { BAND_ELEMENTS = 1 << 18, GROUP = 5, LANE = 64, REDUCE_BLOCK = 2048 };

/// Cuts [0, count) to where start + i * step is in [0, size).
static void reach(long start, long step, long size, long count, long *first, long *last) {
    *first = start < 0 ? parts_of(-start, step) : 0;
    *last = start >= size ? 0 : min_long(count, (size - 1 - start) / step + 1);
    if (*last < *first) *last = *first;
}

long depthwise_forward_taps(const conv_geometry *g, long y, const float *packed, depthwise_tap *taps) {
    const long channels = g->input_channels;
    long n = 0;
    for (long ky = 0; ky < g->kernel_height; ky++) {
        const long sy = y * g->stride_height - g->padding_height + ky * g->dilation_height;
        if (sy < 0 || sy >= g->input_height) continue;
        for (long kx = 0; kx < g->kernel_width; kx++) {
            const long sx = kx * g->dilation_width - g->padding_width;
            depthwise_tap tap = {
                (sy * g->input_width + sx) * channels, packed + (ky * g->kernel_width + kx) * channels, 0, 0};
            reach(sx, g->stride_width, g->input_width, g->output_width, &tap.first, &tap.last);
            if (tap.first < tap.last) taps[n++] = tap;
        }
    }
    return n;
}

long depthwise_gradient_taps(
    const conv_geometry *g, long y, long phase, const float *packed, depthwise_tap *taps) {
    const long channels = g->input_channels;
    const long pixels = parts_of(g->input_width - phase, g->stride_width);
    long n = 0;
    for (long ky = 0; ky < g->kernel_height; ky++) {
        const long sy = y + g->padding_height - ky * g->dilation_height;
        if (sy % g->stride_height != 0 || sy < 0 || sy / g->stride_height >= g->output_height) continue;
        for (long kx = 0; kx < g->kernel_width; kx++) {
            const long sx = phase + g->padding_width - kx * g->dilation_width;
            if (sx % g->stride_width != 0) continue;
            depthwise_tap tap = {
                (sy / g->stride_height * g->output_width + sx / g->stride_width) * channels,
                packed + (ky * g->kernel_width + kx) * channels, 0, 0};
            reach(sx / g->stride_width, 1, g->output_width, pixels, &tap.first, &tap.last);
            if (tap.first < tap.last) taps[n++] = tap;
        }
    }
    return n;
}

/// total[c] += sum over pixels of x * dy for `count` adjacent taps of a kernel row.
INLINE void row_products(
    const float *const *x, const float *dy, long pixels, long step, long channels, float *const *total,
    int count) {
    float8 sum[GROUP][2];
    for (int t = 0; t < count; t++) {
        sum[t][0] = *(const float8 *)total[t];
        sum[t][1] = *(const float8 *)(total[t] + 8);
    }
    for (long i = 0; i < pixels; i++, dy += channels) {
        const float8 d0 = *(const float8 *)dy, d1 = *(const float8 *)(dy + 8);
        for (int t = 0; t < count; t++) {
            const float *at = x[t] + i * step;
            sum[t][0] = MUL_ADD8(*(const float8 *)at, d0, sum[t][0]);
            sum[t][1] = MUL_ADD8(*(const float8 *)(at + 8), d1, sum[t][1]);
        }
    }
    for (int t = 0; t < count; t++) {
        *(float8 *)total[t] = sum[t][0];
        *(float8 *)(total[t] + 8) = sum[t][1];
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

/// The sums of one output row, all taps, `width` channels; `source` is the sample, `dy` the row, `base` the
/// start of the taps' weights and `total` that of their sums.
LEVELS(static, void, row_sums,
    (const conv_geometry *g, const float *source, const float *dy, const depthwise_tap *taps, long n,
     const float *base, float *total, long width),
    (g, source, dy, taps, n, base, total, width)) {
    const long channels = g->input_channels, step = g->stride_width * channels;
    const long whole = width / 16 * 16;
    long count = 0;
    for (long t = 0; t < n; t += count) {
        long low, high;
        count = group_of_taps(taps, t, n, &low, &high);
        for (long c = 0; c < whole; c += 16) {
            const float *x[GROUP];
            float *sums[GROUP];
            for (long k = 0; k < count; k++) {
                const depthwise_tap tap = taps[t + k];
                sums[k] = total + (tap.weight - base) + c;
                x[k] = source + tap.offset + low * step + c;
                const long left = min_long(low, tap.last), right = max_long(high, left);
                tap_products(
                    source + tap.offset + tap.first * step + c, dy + tap.first * channels + c,
                    left - tap.first, step, channels, 16, sums[k]);
                tap_products(
                    source + tap.offset + right * step + c, dy + right * channels + c, tap.last - right, step,
                    channels, 16, sums[k]);
            }
            const float *d = dy + low * channels + c;
            if (count == 5) {
                row_products(x, d, high - low, step, channels, sums, 5);
            } else if (count == 3) {
                row_products(x, d, high - low, step, channels, sums, 3);
            } else {
                row_products(x, d, high - low, step, channels, sums, 1);
            }
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
    depthwise_tap *taps = pool_scratch(0, n * (long)sizeof(depthwise_tap));
    if (taps == NULL) {
        j->failed = 1;
        return;
    }
    const float *source = j->source + sample * g->input_height * g->input_width * channels;
    const float *gradient = j->gradient + sample * g->output_height * g->output_width * channels;
    const long last = min_long(first + j->rows_per_band, g->output_height);
    // Few channels at a time, so that the rows of a band stay in cache.
    for (long c = 0; c < channels; c += LANE) {
        for (long y = first; y < last; y++) {
            const long count = depthwise_forward_taps(g, y, total, taps);
            row_sums(
                g, source + c, gradient + y * g->output_width * channels + c, taps, count, total, total + c,
                min_long(LANE, channels - c));
        }
    }
}

/// Adds the bands in order and transposes [tap][channel] to [channel][tap].
static void add_bands_task(void *context, long index) {
    const weights_job *j = context;
    const long channels = j->g->input_channels, n = j->g->kernel_height * j->g->kernel_width;
    const long first = index * REDUCE_BLOCK, last = min_long(first + REDUCE_BLOCK, n * channels);
    for (long i = first; i < last; i++) {
        double sum = 0;
        for (long p = 0; p < j->parts; p++) sum += (double)j->partial[p * n * channels + i];
        j->out[i % channels * n + i / channels] = (float)sum;
    }
}

int depthwise_weight_gradient(
    const conv_geometry *g, const float *input, const float *output_gradient, float *weight_gradient) {
    const long count = g->kernel_height * g->kernel_width * g->input_channels;
    weights_job j = {.g = g, .source = input, .gradient = output_gradient, .out = weight_gradient};
    const long row = max_long(1, g->output_width * g->input_channels);
    j.rows_per_band = max_long(1, min_long(max_long(1, g->output_height), parts_of(BAND_ELEMENTS, row)));
    j.bands = parts_of(g->output_height, j.rows_per_band);
    j.parts = g->batch * j.bands;
    j.partial = malloc((size_t)max_long(1, j.parts * count) * sizeof(float));
    if (j.partial == NULL) return -1;
    pool_run(j.parts, band_task, &j);
    if (!j.failed) pool_run(parts_of(count, REDUCE_BLOCK), add_bands_task, &j);
    free(j.partial);
    return j.failed ? -1 : 0;
}
