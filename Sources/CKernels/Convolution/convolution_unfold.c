// Pixels unfolded to rows of taps and channels (im2col), for the gradient of a
// convolution by its weights.

#include <string.h>

#include "levels.h"
#include "convolution.h"

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
    const long columns = taps * channels;
    for (long o = 0; o < outputs; o++) {
        for (long c = 0; c < channels; c++) {
            for (long t = 0; t < taps; t++) {
                const float *from = parts + o * columns + t * channels + c;
                float sum = from[0];
                for (long p = 1; p < part_count; p++) sum += from[p * part_stride];
                weight_gradient[(o * channels + c) * taps + t] = sum;
            }
        }
    }
}
