// The taps of one row of a depthwise convolution.

#ifndef SEG_DEPTHWISE_TAPS_H
#define SEG_DEPTHWISE_TAPS_H

#include "convolution.h"

/// Pixels first..<last of the row are reached; pixel 0 would read at `offset` of the sample.
typedef struct {
    long offset;
    const float *weight;
    long first, last;
} depthwise_tap;

/// Taps that output row y has; returns how many. Weights are [kh * kw, C].
long depthwise_forward_taps(const conv_geometry *g, long y, const float *packed, depthwise_tap *taps);

/// Taps that reach input row y at columns phase, phase + stride, …; returns how many.
long depthwise_gradient_taps(
    const conv_geometry *g, long y, long phase, const float *packed, depthwise_tap *taps);

#endif
