// Pixels unfolded to rows of taps and channels (im2col), for the gradient of a
// convolution by its weights.

#include <string.h>

#include "levels.h"
#include "convolution.h"
#include "pool.h"

void conv_unfold(
    const conv_geometry *g, const float *input, long group, long first_pixel, long pixels, long first_column,
    long columns, float *out) {
    const long channels = g->input_channels / g->groups;
    const float *source = input + group * channels;
    for (long p = first_pixel; p < first_pixel + pixels; p++, out += columns) {
        const long y = p / g->output_width * g->stride_height - g->padding_height;
        const long x = p % g->output_width * g->stride_width - g->padding_width;
        long column = first_column, written = 0;
        while (written < columns) {
            const long tap = column / channels, channel = column % channels;
            const long length = min_long(channels - channel, columns - written);
            const long sy = y + tap / g->kernel_width * g->dilation_height;
            const long sx = x + tap % g->kernel_width * g->dilation_width;
            float *to = out + written;
            if (sy < 0 || sy >= g->input_height || sx < 0 || sx >= g->input_width) {
                for (long c = 0; c < length; c++) to[c] = 0;
            } else {
                const float *from = source + (sy * g->input_width + sx) * g->input_channels + channel;
                if (length < 16) {
                    for (long c = 0; c < length; c++) to[c] = from[c];
                } else {
                    memcpy(to, from, (size_t)length * sizeof(float));
                }
            }
            column += length;
            written += length;
        }
    }
}

void conv_fold_weights(
    const float *parts, long part_count, long part_stride, long outputs, long channels, long taps,
    float *weight_gradient) {
    enum { BLOCK = 128 };
    const long columns = taps * channels;
    for (long o = 0; o < outputs; o++) {
        for (long first = 0; first < channels; first += BLOCK) {
            const long n = channels - first < BLOCK ? channels - first : BLOCK;
            float *to = weight_gradient + (o * channels + first) * taps;
            for (long t = 0; t < taps && !pool_stops(part_count * n); t++) {
                const float *from = parts + o * columns + t * channels + first;
                float sums[BLOCK];
                for (long c = 0; c < n; c++) sums[c] = from[c];
                for (long p = 1; p < part_count; p++) {
                    for (long c = 0; c < n; c++) sums[c] += from[p * part_stride + c];
                }
                for (long c = 0; c < n; c++) to[c * taps + t] = sums[c];
            }
        }
    }
}
