// Depthwise convolution and its input gradient, computed directly. The taps of a row of pixels are
// listed with the range of pixels that each reaches; then 6 pixels by 16 channels accumulate over
// the taps in registers. A task is a band of rows and as many channels as keep its input in cache.
// The weight gradient is in depthwise_weights.c.

#include "depthwise.h"

#include <stddef.h>

#include "levels.h"
#include "depthwise_taps.h"
#include "epilogue.h"
#include "pool.h"

enum { PIXELS = 6, TASK_ELEMENTS = 32768, TASK_CHANNELS = 80 };

void depthwise_pack(const conv_geometry *g, const float *weight, float *packed) {
    const long taps = g->kernel_height * g->kernel_width, channels = g->input_channels;
    for (long c = 0; c < channels; c++)
        for (long t = 0; t < taps; t++) packed[t * channels + c] = weight[c * taps + t];
}

/// Adjacent pixels that have the same taps.
typedef struct {
    long first, last, tap_start, tap_count;
} span;

/// `count` pixels by `lanes` channels of `vectors` vectors, starting at channel c.
#define BLOCK_KERNEL(name, vector, lanes, vectors)                                                        \
    INLINE void name(                                                                                     \
        const float *source, const depthwise_tap *taps, long n, long c, long step, float *out,            \
        long out_step, int count) {                                                                       \
        vector total[PIXELS][vectors];                                                                    \
        for (int i = 0; i < count; i++)                                                                   \
            UNROLLED for (int j = 0; j < vectors; j++) total[i][j] = (vector){0};                         \
        for (long t = 0; t < n; t++) {                                                                    \
            const float *x = source + taps[t].offset + c, *w = taps[t].weight + c;                        \
            vector factor[vectors];                                                                       \
            UNROLLED for (int j = 0; j < vectors; j++) factor[j] = *(const vector *)(w + lanes * j);      \
            for (int i = 0; i < count; i++, x += step)                                                    \
                UNROLLED for (int j = 0; j < vectors; j++)                                                \
                    total[i][j] = MUL_ADD8(*(const vector *)(x + lanes * j), factor[j], total[i][j]);     \
        }                                                                                                 \
        for (int i = 0; i < count; i++, out += out_step)                                                  \
            UNROLLED for (int j = 0; j < vectors; j++) *(vector *)(out + c + lanes * j) = total[i][j];    \
    }
BLOCK_KERNEL(block_32, float16, 16, 2)
BLOCK_KERNEL(block_16, float8, 8, 2)
BLOCK_KERNEL(block_8, float8, 8, 1)

INLINE void block_1(
    const float *source, const depthwise_tap *taps, long n, long c, long step, float *out, long out_step,
    int count) {
    for (int i = 0; i < count; i++) {
        float total = 0;
        for (long t = 0; t < n; t++)
            total = mul_add(source[taps[t].offset + i * step + c], taps[t].weight[c], total);
        out[i * out_step + c] = total;
    }
}

INLINE void block(
    const float *source, const depthwise_tap *taps, long n, long step, float *out, long out_step, long channels,
    int count, int wide) {
    long c = 0;
    for (; wide && c + 32 <= channels; c += 32) block_32(source, taps, n, c, step, out, out_step, count);
    for (; c + 16 <= channels; c += 16) block_16(source, taps, n, c, step, out, out_step, count);
    if (c + 8 <= channels) {
        block_8(source, taps, n, c, step, out, out_step, count);
        c += 8;
    }
    for (; c < channels; c++) block_1(source, taps, n, c, step, out, out_step, count);
}

/// `channels` channels of all spans of a row.
LEVELS(static, void, run_spans,
    (const float *source, const depthwise_tap *taps, const span *spans, long span_count, long step, float *out,
     long out_step, long channels, int wide),
    (source, taps, spans, span_count, step, out, out_step, channels, wide)) {
    for (long s = 0; s < span_count; s++) {
        const depthwise_tap *list = taps + spans[s].tap_start;
        const long n = spans[s].tap_count;
        long i = spans[s].first;
        for (; i + PIXELS <= spans[s].last; i += PIXELS)
            block(source + i * step, list, n, step, out + i * out_step, out_step, channels, PIXELS, wide);
        for (; i < spans[s].last; i++)
            block(source + i * step, list, n, step, out + i * out_step, out_step, channels, 1, wide);
    }
}

/// Cuts 0..<count pixels into spans with equal taps. `taps[0..<n]` are those of the row; lists for
/// pixels near the edges are written after them. Returns the number of spans.
static long make_spans(depthwise_tap *taps, long n, long count, span *spans) {
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
    return made;
}

typedef struct {
    const conv_geometry *g;
    const float *source, *packed;
    const conv_epilogue *epilogue;
    float *out;
    long rows_per_task, bands, channels_per_task, parts;
    _Atomic int failed;
} depthwise_job;

/// Cuts a result of rows of `width` pixels into bands of rows and groups of channels.
static long cut_tasks(depthwise_job *j, long height, long width) {
    const long channels = j->g->input_channels, parts = max_long(1, parts_of(channels, TASK_CHANNELS));
    j->channels_per_task = (parts_of(channels, parts) + 15) / 16 * 16;
    j->parts = parts_of(channels, j->channels_per_task);
    j->rows_per_task = max_long(1, TASK_ELEMENTS / max_long(1, width * j->channels_per_task));
    j->bands = parts_of(height, j->rows_per_task);
    return j->g->batch * j->bands * j->parts;
}

/// The part that one task computes: rows first..<last of a sample, `channels` channels from `channel` on.
typedef struct {
    long sample, first, last, channel, channels;
    depthwise_tap *taps;
    span *spans;
} depthwise_task;

/// The part of task `index`, and scratch memory for the taps and spans of a row of `width` pixels. Returns 0 or -1.
static int make_task(depthwise_job *j, long index, long height, long width, depthwise_task *task) {
    const conv_geometry *g = j->g;
    const long part = index % j->parts, band = index / j->parts % j->bands;
    task->sample = index / j->parts / j->bands;
    task->first = band * j->rows_per_task;
    task->last = min_long(task->first + j->rows_per_task, height);
    task->channel = part * j->channels_per_task;
    task->channels = min_long(j->channels_per_task, g->input_channels - task->channel);
    const long tap_bytes = (width + 1) * g->kernel_height * g->kernel_width * (long)sizeof(depthwise_tap);
    char *scratch = pool_scratch(0, tap_bytes + (width + 1) * (long)sizeof(span));
    if (scratch == NULL) {
        j->failed = 1;
        return -1;
    }
    task->taps = (depthwise_tap *)scratch;
    task->spans = (span *)(scratch + tap_bytes);
    return 0;
}

static void forward_task(void *context, long index) {
    depthwise_job *j = context;
    const conv_geometry *g = j->g;
    const long channels = g->input_channels;
    depthwise_task task;
    if (make_task(j, index, g->output_height, g->output_width, &task) != 0) return;
    const float *source = j->source + task.sample * g->input_height * g->input_width * channels + task.channel;
    for (long y = task.first; y < task.last; y++) {
        float *out = j->out + (task.sample * g->output_height + y) * g->output_width * channels + task.channel;
        const long n = depthwise_forward_taps(g, y, j->packed + task.channel, task.taps);
        const long count = make_spans(task.taps, n, g->output_width, task.spans);
        run_spans(
            source, task.taps, task.spans, count, g->stride_width * channels, out, channels, task.channels,
            kernel_wide_tiles);
        if (j->epilogue != NULL) {
            const float *residual = j->epilogue->residual;
            epilogue_rows(
                j->epilogue, task.channel, residual == NULL ? NULL : residual + (out - j->out), out,
                g->output_width, task.channels, channels);
        }
    }
}

int depthwise_forward(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue,
    float *output) {
    depthwise_job j = {.g = g, .source = input, .packed = packed, .epilogue = epilogue, .out = output};
    pool_run(cut_tasks(&j, g->output_height, g->output_width), forward_task, &j);
    return j.failed ? -1 : 0;
}

static void gradient_task(void *context, long index) {
    depthwise_job *j = context;
    const conv_geometry *g = j->g;
    const long channels = g->input_channels;
    depthwise_task task;
    if (make_task(j, index, g->input_height, g->input_width, &task) != 0) return;
    const float *source = j->source + task.sample * g->output_height * g->output_width * channels + task.channel;
    for (long y = task.first; y < task.last; y++) {
        float *out = j->out + (task.sample * g->input_height + y) * g->input_width * channels + task.channel;
        // Pixels one stride apart have the same taps.
        for (long phase = 0; phase < min_long(g->stride_width, g->input_width); phase++) {
            const long pixels = parts_of(g->input_width - phase, g->stride_width);
            const long n = depthwise_gradient_taps(g, y, phase, j->packed + task.channel, task.taps);
            const long count = make_spans(task.taps, n, pixels, task.spans);
            run_spans(
                source, task.taps, task.spans, count, channels, out + phase * channels,
                g->stride_width * channels, task.channels, kernel_wide_tiles);
        }
    }
}

int depthwise_input_gradient(
    const conv_geometry *g, const float *output_gradient, const float *packed, float *input_gradient) {
    depthwise_job j = {.g = g, .source = output_gradient, .packed = packed, .out = input_gradient};
    pool_run(cut_tasks(&j, g->input_height, g->input_width), gradient_task, &j);
    return j.failed ? -1 : 0;
}
