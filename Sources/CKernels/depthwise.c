// Depthwise convolution and its gradient by the input, direct: for a row of
// pixels the taps are listed with the range of pixels that each reaches, then
// 6 pixels by 16 channels accumulate over the taps in registers. The gradient by the
// weights stands in depthwise_weights.c.

#include "depthwise.h"

#include <stddef.h>

#include "clones.h"
#include "depthwise_taps.h"
#include "epilogue.h"
#include "pool.h"

enum { PIXELS = 6, TASK_ELEMENTS = 32768 };

void depthwise_pack(const conv_geometry *g, const float *weight, float *packed) {
    const long taps = g->kernel_height * g->kernel_width, channels = g->input_channels;
    for (long c = 0; c < channels; c++)
        for (long t = 0; t < taps; t++) packed[t * channels + c] = weight[c * taps + t];
}

void depthwise_unpack(const conv_geometry *g, const float *packed, float *weight) {
    const long taps = g->kernel_height * g->kernel_width, channels = g->input_channels;
    for (long c = 0; c < channels; c++)
        for (long t = 0; t < taps; t++) weight[c * taps + t] = packed[t * channels + c];
}

/// Neighbouring pixels that have the same taps.
typedef struct {
    long first, last, tap_start, tap_count;
} span;

/// `count` pixels by 16, 8 or 1 channels.
INLINE void block_16(
    const float *source, const depthwise_tap *taps, long n, long step, float *out, long out_step, int count) {
    float8 total[PIXELS][2];
    for (int i = 0; i < count; i++) total[i][0] = total[i][1] = splat8(0.0f);
    for (long t = 0; t < n; t++) {
        const float *x = source + taps[t].offset, *w = taps[t].weight;
        const float8 w0 = *(const float8 *)w, w1 = *(const float8 *)(w + 8);
        for (int i = 0; i < count; i++, x += step) {
            total[i][0] = MUL_ADD8(*(const float8 *)x, w0, total[i][0]);
            total[i][1] = MUL_ADD8(*(const float8 *)(x + 8), w1, total[i][1]);
        }
    }
    for (int i = 0; i < count; i++, out += out_step) {
        *(float8 *)out = total[i][0];
        *(float8 *)(out + 8) = total[i][1];
    }
}

INLINE void block_8(
    const float *source, const depthwise_tap *taps, long n, float *out) {
    float8 total = splat8(0.0f);
    for (long t = 0; t < n; t++)
        total = MUL_ADD8(*(const float8 *)(source + taps[t].offset), *(const float8 *)taps[t].weight, total);
    *(float8 *)out = total;
}

INLINE void block_1(const float *source, const depthwise_tap *taps, long n, float *out) {
    float total = 0;
    for (long t = 0; t < n; t++) total = mul_add(source[taps[t].offset], taps[t].weight[0], total);
    *out = total;
}

/// All spans of a row, channels in lanes of 16 so that the rows of one lane stay in the nearest cache.
/// `taps` is changed: offsets and weights move on with the lane.
CLONES static void run_spans(
    const float *source, depthwise_tap *taps, long tap_total, const span *spans, long span_count, long step,
    float *out, long out_step, long channels) {
    long c = 0;
    while (c < channels) {
        const long lane = channels - c >= 16 ? 16 : channels - c >= 8 ? 8 : 1;
        for (long s = 0; s < span_count; s++) {
            const depthwise_tap *list = taps + spans[s].tap_start;
            const long n = spans[s].tap_count;
            long i = spans[s].first;
            if (lane == 16) {
                for (; i + PIXELS <= spans[s].last; i += PIXELS)
                    block_16(source + i * step, list, n, step, out + i * out_step + c, out_step, PIXELS);
                for (; i < spans[s].last; i++)
                    block_16(source + i * step, list, n, step, out + i * out_step + c, out_step, 1);
            } else if (lane == 8) {
                for (; i < spans[s].last; i++) block_8(source + i * step, list, n, out + i * out_step + c);
            } else {
                for (; i < spans[s].last; i++) block_1(source + i * step, list, n, out + i * out_step + c);
            }
        }
        for (long t = 0; t < tap_total; t++) {
            taps[t].offset += lane;
            taps[t].weight += lane;
        }
        c += lane;
    }
}

/// Cuts 0..<count pixels into spans of equal taps. `taps[0..<n]` are the row's; lists of
/// pixels near the edges are written behind them. Returns the number of spans.
static long make_spans(depthwise_tap *taps, long n, long count, span *spans, long *tap_total) {
    long low = 0, high = count;
    for (long t = 0; t < n; t++) {
        low = max_long(low, taps[t].first);
        high = min_long(high, taps[t].last);
    }
    low = min_long(low, count);
    high = max_long(high, low);
    long used = n, made = 0;
    for (long i = 0; i < count; i++) {
        if (i == low && high > low) {
            spans[made++] = (span){low, high, 0, n};
            i = high - 1;
            continue;
        }
        const long start = used;
        for (long t = 0; t < n; t++)
            if (taps[t].first <= i && i < taps[t].last) taps[used++] = taps[t];
        spans[made++] = (span){i, i + 1, start, used - start};
    }
    *tap_total = used;
    return made;
}

typedef struct {
    const conv_geometry *g;
    const float *source, *packed;
    const conv_epilogue *epilogue;
    float *out;
    long rows_a_task;
    _Atomic int failed;
} depthwise_job;

/// Scratch for the taps and spans of a row of `width` pixels.
static depthwise_tap *row_scratch(const conv_geometry *g, long width, span **spans) {
    const long taps = g->kernel_height * g->kernel_width;
    const long tap_bytes = (width + 1) * taps * (long)sizeof(depthwise_tap);
    char *scratch = pool_scratch(0, tap_bytes + (width + 1) * (long)sizeof(span));
    if (scratch == NULL) return NULL;
    *spans = (span *)(scratch + tap_bytes);
    return (depthwise_tap *)scratch;
}

static void forward_task(void *context, long index) {
    depthwise_job *j = context;
    const conv_geometry *g = j->g;
    const long channels = g->input_channels;
    const long bands = parts_of(g->output_height, j->rows_a_task);
    const long sample = index / bands, first = index % bands * j->rows_a_task;
    span *spans;
    depthwise_tap *taps = row_scratch(g, g->output_width, &spans);
    if (taps == NULL) {
        j->failed = 1;
        return;
    }
    const float *source = j->source + sample * g->input_height * g->input_width * channels;
    for (long y = first; y < min_long(first + j->rows_a_task, g->output_height); y++) {
        float *out = j->out + (sample * g->output_height + y) * g->output_width * channels;
        long n = depthwise_forward_taps(g, y, j->packed, taps), total;
        const long count = make_spans(taps, n, g->output_width, spans, &total);
        run_spans(source, taps, total, spans, count, g->stride_width * channels, out, channels, channels);
        if (j->epilogue != NULL) {
            const float *residual = j->epilogue->residual;
            epilogue_rows(
                j->epilogue, residual == NULL ? NULL : residual + (out - j->out), out, g->output_width, channels);
        }
    }
}

int depthwise_forward(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue,
    float *output) {
    depthwise_job j = {g, input, packed, epilogue, output, 0, 0};
    j.rows_a_task = max_long(1, TASK_ELEMENTS / max_long(1, g->output_width * g->input_channels));
    pool_run(g->batch * parts_of(g->output_height, j.rows_a_task), forward_task, &j);
    return j.failed ? -1 : 0;
}

static void gradient_task(void *context, long index) {
    depthwise_job *j = context;
    const conv_geometry *g = j->g;
    const long channels = g->input_channels;
    const long bands = parts_of(g->input_height, j->rows_a_task);
    const long sample = index / bands, first = index % bands * j->rows_a_task;
    span *spans;
    depthwise_tap *taps = row_scratch(g, g->input_width, &spans);
    if (taps == NULL) {
        j->failed = 1;
        return;
    }
    const float *source = j->source + sample * g->output_height * g->output_width * channels;
    for (long y = first; y < min_long(first + j->rows_a_task, g->input_height); y++) {
        float *out = j->out + (sample * g->input_height + y) * g->input_width * channels;
        // Pixels whose places differ by the stride see the same taps.
        for (long phase = 0; phase < min_long(g->stride_width, g->input_width); phase++) {
            const long pixels = parts_of(g->input_width - phase, g->stride_width);
            long n = depthwise_gradient_taps(g, y, phase, j->packed, taps), total;
            const long count = make_spans(taps, n, pixels, spans, &total);
            run_spans(
                source, taps, total, spans, count, channels, out + phase * channels, g->stride_width * channels,
                channels);
        }
    }
}

int depthwise_input_gradient(
    const conv_geometry *g, const float *output_gradient, const float *packed, float *input_gradient) {
    depthwise_job j = {g, output_gradient, packed, NULL, input_gradient, 0, 0};
    j.rows_a_task = max_long(1, TASK_ELEMENTS / max_long(1, g->input_width * g->input_channels));
    pool_run(g->batch * parts_of(g->input_height, j.rows_a_task), gradient_task, &j);
    return j.failed ? -1 : 0;
}
