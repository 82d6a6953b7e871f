// The taps of one row of a depthwise convolution.

#ifndef SEG_DEPTHWISE_TAPS_H
#define SEG_DEPTHWISE_TAPS_H

#include "convolution.h"

/// A tap covers pixels first..<last of the row; for pixel 0 it would read at `offset` of the sample.
typedef struct {
    long offset;
    const float *weight;
    long first, last;
} depthwise_tap;

/// The taps of output row y at columns turn, turn + turns, …; returns their number. Weights are [kh * kw, C].
long depthwise_forward_taps(
    const conv_geometry *g, long y, long turn, long turns, const float *packed, depthwise_tap *taps);

/// The taps that reach input row y at such columns, of which the stride divides `turns`; returns their number.
long depthwise_gradient_taps(
    const conv_geometry *g, long y, long turn, long turns, const float *packed, depthwise_tap *taps);

/// Fetches `width` channels of a row of pixels, each in lines of its own, which the processor does not see coming.
INLINE void fetch_row(const float *row, long pixels, long channels, long width) {
    for (long i = 0; i < pixels; i++, row += channels)
        for (long c = 0; c < width; c += 16) __builtin_prefetch(row + c, 0, 2);
}

#endif
