// Pooling over windows, channels last. Forward passes are parallel over output rows;
// backward passes over samples and blocks of channels, so that overlapping windows
// never run on two threads.

#include "pooling.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "levels.h"
#include "pool.h"

/// A task asks whether to stop once in so many windows, outside of their loop; large ones, of more elements than that, ask for
/// each of their rows.
enum { CHANNEL_BLOCK = 32, WINDOWS = 256, LARGE_WINDOW = 4096 };

typedef struct {
    const conv_geometry *g;
    const float *input;
    const float *gradient;
    float *out;
    long count_padding;
} pooling_job;

/// A loop over runs of windows of a row of results, first..<last, which ends where the task should stop.
#define EACH_RUN(g, elements, first, last)                                                            \
    for (long first = 0, last; first < g->output_width &&                                             \
         (last = min_long(first + WINDOWS, g->output_width),                                          \
          !pool_stops((last - first) * min_long(elements, LARGE_WINDOW))); first = last)

/// The elements of a window over so many channels.
INLINE long window_elements(const conv_geometry *g, long channels) { return g->kernel_height * g->kernel_width * channels; }

/// The taps of a window at `start` that are inside 0..<size.
INLINE void inside(long start, long dilation, long kernel, long size, long *first, long *last) {
    *first = start < 0 ? parts_of(-start, dilation) : 0;
    *last = start >= size ? 0 : min_long(kernel, (size - 1 - start) / dilation + 1);
    if (*last < *first) *last = *first;
}

/// PyTorch's divisor: if padding counts, the size of the window within the padded picture.
INLINE float average_divisor(
    const conv_geometry *g, long count_padding, long y, long x, long taps) {
    if (!count_padding) return (float)max_long(1, taps);
    const long bottom = min_long(y + g->kernel_height, g->input_height + g->padding_height);
    const long right = min_long(x + g->kernel_width, g->input_width + g->padding_width);
    return (float)max_long(1, (bottom - y) * (right - x));
}

INLINE void max_row_windows(
    int large, const conv_geometry *g, const float *sample, long oy, float *out, long first, long last) {
    const long channels = g->input_channels;
    long ky0, ky1, kx0, kx1;
    const long y = oy * g->stride_height - g->padding_height;
    inside(y, g->dilation_height, g->kernel_height, g->input_height, &ky0, &ky1);
    for (long ox = first; ox < last; ox++, out += channels) {
        const long x = ox * g->stride_width - g->padding_width;
        inside(x, g->dilation_width, g->kernel_width, g->input_width, &kx0, &kx1);
        CHANNELS for (long c = 0; c < channels; c++) out[c] = -INFINITY;
        for (long ky = ky0; ky < ky1; ky++) {
            if (large && pool_stops((kx1 - kx0) * channels)) return;
            for (long kx = kx0; kx < kx1; kx++) {
                const float *restrict pixel =
                    sample + ((y + ky * g->dilation_height) * g->input_width + x + kx * g->dilation_width) * channels;
                CHANNELS for (long c = 0; c < channels; c++) {
                    const float best = out[c], value = pixel[c];
                    out[c] = (value > best || value != value) ? value : best;
                }
            }
        }
    }
}

LEVELS(static, void, max_row,
    (int large, const conv_geometry *g, const float *sample, long oy, float *out, long first, long last),
    (large, g, sample, oy, out, first, last)) {
    if (large) max_row_windows(1, g, sample, oy, out, first, last);
    else max_row_windows(0, g, sample, oy, out, first, last);
}

static void max_task(void *context, long index) {
    const pooling_job *j = context;
    const conv_geometry *g = j->g;
    const long sample = index / g->output_height, oy = index % g->output_height;
    const long channels = g->input_channels, elements = window_elements(g, channels);
    const float *input = j->input + sample * g->input_height * g->input_width * channels;
    float *out = j->out + index * g->output_width * channels;
    EACH_RUN(g, elements, first, last)
        max_row(elements > LARGE_WINDOW, g, input, oy, out + first * channels, first, last);
}

void pool_max_forward(const conv_geometry *g, const float *input, float *output) {
    pooling_job j = {g, input, NULL, output, 0};
    pool_run(g->batch * g->output_height, max_task, &j);
}

/// Sets `width` of the channels of each pixel to zero.
static void clear_channels(float *out, long pixels, long channels, long width) {
    for (long p = 0; p < pixels && !pool_stops(width); p++) memset(out + p * channels, 0, (size_t)width * sizeof(float));
}

/// Finds the first maximum of each window again (a NaN counts as one) and adds the gradient there.
INLINE void max_gradient_row_windows(
    int large, const conv_geometry *g, const float *input, long oy, const float *gradient,
    float *out, long width, long first, long last) {
    const long channels = g->input_channels;
    long ky0, ky1, kx0, kx1;
    const long y = oy * g->stride_height - g->padding_height;
    inside(y, g->dilation_height, g->kernel_height, g->input_height, &ky0, &ky1);
    for (long ox = first; ox < last; ox++, gradient += channels) {
        const long x = ox * g->stride_width - g->padding_width;
        inside(x, g->dilation_width, g->kernel_width, g->input_width, &kx0, &kx1);
        if (ky0 == ky1 || kx0 == kx1) continue;
        float best[CHANNEL_BLOCK];
        long place[CHANNEL_BLOCK];
        const long corner =
            ((y + ky0 * g->dilation_height) * g->input_width + x + kx0 * g->dilation_width) * channels;
        for (long c = 0; c < width; c++) best[c] = input[corner + c], place[c] = corner;
        for (long ky = ky0; ky < ky1; ky++) {
            if (large && pool_stops((kx1 - kx0) * width)) return;
            for (long kx = kx0; kx < kx1; kx++) {
                const long pixel =
                    ((y + ky * g->dilation_height) * g->input_width + x + kx * g->dilation_width) * channels;
                CHANNELS for (long c = 0; c < width; c++) {
                    const float value = input[pixel + c];
                    const int wins = value > best[c] || (value != value && best[c] == best[c]);
                    best[c] = wins ? value : best[c];
                    place[c] = wins ? pixel : place[c];
                }
            }
        }
        CHANNELS for (long c = 0; c < width; c++) out[place[c] + c] += gradient[c];
    }
}

LEVELS(static, void, max_gradient_row,
    (int large, const conv_geometry *g, const float *input, long oy, const float *gradient,
     float *out, long width, long first, long last),
    (large, g, input, oy, gradient, out, width, first, last)) {
    if (large) max_gradient_row_windows(1, g, input, oy, gradient, out, width, first, last);
    else max_gradient_row_windows(0, g, input, oy, gradient, out, width, first, last);
}

static void max_gradient_task(void *context, long index) {
    const pooling_job *j = context;
    const conv_geometry *g = j->g;
    const long channels = g->input_channels, blocks = parts_of(channels, CHANNEL_BLOCK);
    const long sample = index / blocks, first = index % blocks * CHANNEL_BLOCK;
    const long width = min_long(CHANNEL_BLOCK, channels - first), pixels = g->input_height * g->input_width;
    const long offset = sample * pixels * channels + first;
    float *out = j->out + offset;
    clear_channels(out, pixels, channels, width);
    const float *gradient = j->gradient + sample * g->output_height * g->output_width * channels + first;
    const long elements = window_elements(g, width);
    for (long oy = 0; oy < g->output_height; oy++, gradient += g->output_width * channels)
        EACH_RUN(g, elements, left, right)
            max_gradient_row(
                elements > LARGE_WINDOW, g, j->input + offset, oy, gradient + left * channels, out, width, left, right);
}

void pool_max_backward(
    const conv_geometry *g, const float *input, const float *output_gradient, float *input_gradient) {
    pooling_job j = {g, input, output_gradient, input_gradient, 0};
    pool_run(g->batch * parts_of(g->input_channels, CHANNEL_BLOCK), max_gradient_task, &j);
}

INLINE void average_row_windows(
    int large, const conv_geometry *g, long count_padding, const float *sample, long oy,
    float *out, long first, long last) {
    const long channels = g->input_channels;
    long ky0, ky1, kx0, kx1;
    const long y = oy * g->stride_height - g->padding_height;
    inside(y, g->dilation_height, g->kernel_height, g->input_height, &ky0, &ky1);
    for (long ox = first; ox < last; ox++, out += channels) {
        const long x = ox * g->stride_width - g->padding_width;
        inside(x, g->dilation_width, g->kernel_width, g->input_width, &kx0, &kx1);
        CHANNELS for (long c = 0; c < channels; c++) out[c] = 0;
        for (long ky = ky0; ky < ky1; ky++) {
            if (large && pool_stops((kx1 - kx0) * channels)) return;
            for (long kx = kx0; kx < kx1; kx++) {
                const float *restrict pixel =
                    sample + ((y + ky * g->dilation_height) * g->input_width + x + kx * g->dilation_width) * channels;
                CHANNELS for (long c = 0; c < channels; c++) out[c] += pixel[c];
            }
        }
        const float divisor = average_divisor(g, count_padding, y, x, (ky1 - ky0) * (kx1 - kx0));
        CHANNELS for (long c = 0; c < channels; c++) out[c] /= divisor;
    }
}

LEVELS(static, void, average_row,
    (int large, const conv_geometry *g, long count_padding, const float *sample, long oy,
     float *out, long first, long last),
    (large, g, count_padding, sample, oy, out, first, last)) {
    if (large) average_row_windows(1, g, count_padding, sample, oy, out, first, last);
    else average_row_windows(0, g, count_padding, sample, oy, out, first, last);
}

static void average_task(void *context, long index) {
    const pooling_job *j = context;
    const conv_geometry *g = j->g;
    const long sample = index / g->output_height, oy = index % g->output_height;
    const long channels = g->input_channels, elements = window_elements(g, channels);
    const float *input = j->input + sample * g->input_height * g->input_width * channels;
    float *out = j->out + index * g->output_width * channels;
    EACH_RUN(g, elements, first, last)
        average_row(elements > LARGE_WINDOW, g, j->count_padding, input, oy, out + first * channels, first, last);
}

void pool_average_forward(const conv_geometry *g, long count_padding, const float *input, float *output) {
    pooling_job j = {g, input, NULL, output, count_padding};
    pool_run(g->batch * g->output_height, average_task, &j);
}

INLINE void average_gradient_row_windows(
    int large, const conv_geometry *g, long count_padding, long oy, const float *gradient,
    float *out, long width, long first, long last) {
    const long channels = g->input_channels;
    long ky0, ky1, kx0, kx1;
    const long y = oy * g->stride_height - g->padding_height;
    inside(y, g->dilation_height, g->kernel_height, g->input_height, &ky0, &ky1);
    for (long ox = first; ox < last; ox++, gradient += channels) {
        const long x = ox * g->stride_width - g->padding_width;
        inside(x, g->dilation_width, g->kernel_width, g->input_width, &kx0, &kx1);
        const float divisor = average_divisor(g, count_padding, y, x, (ky1 - ky0) * (kx1 - kx0));
        for (long ky = ky0; ky < ky1; ky++) {
            if (large && pool_stops((kx1 - kx0) * width)) return;
            for (long kx = kx0; kx < kx1; kx++) {
                float *restrict pixel =
                    out + ((y + ky * g->dilation_height) * g->input_width + x + kx * g->dilation_width) * channels;
                CHANNELS for (long c = 0; c < width; c++) pixel[c] += gradient[c] / divisor;
            }
        }
    }
}

LEVELS(static, void, average_gradient_row,
    (int large, const conv_geometry *g, long count_padding, long oy, const float *gradient,
     float *out, long width, long first, long last),
    (large, g, count_padding, oy, gradient, out, width, first, last)) {
    if (large) average_gradient_row_windows(1, g, count_padding, oy, gradient, out, width, first, last);
    else average_gradient_row_windows(0, g, count_padding, oy, gradient, out, width, first, last);
}

static void average_gradient_task(void *context, long index) {
    const pooling_job *j = context;
    const conv_geometry *g = j->g;
    const long channels = g->input_channels, blocks = parts_of(channels, CHANNEL_BLOCK);
    const long sample = index / blocks, first = index % blocks * CHANNEL_BLOCK;
    const long width = min_long(CHANNEL_BLOCK, channels - first), pixels = g->input_height * g->input_width;
    float *out = j->out + sample * pixels * channels + first;
    clear_channels(out, pixels, channels, width);
    const float *gradient = j->gradient + sample * g->output_height * g->output_width * channels + first;
    const long elements = window_elements(g, width);
    for (long oy = 0; oy < g->output_height; oy++, gradient += g->output_width * channels)
        EACH_RUN(g, elements, left, right)
            average_gradient_row(
                elements > LARGE_WINDOW, g, j->count_padding, oy, gradient + left * channels, out, width, left, right);
}

void pool_average_backward(
    const conv_geometry *g, long count_padding, const float *output_gradient, float *input_gradient) {
    pooling_job j = {g, NULL, output_gradient, input_gradient, count_padding};
    pool_run(g->batch * parts_of(g->input_channels, CHANNEL_BLOCK), average_gradient_task, &j);
}
