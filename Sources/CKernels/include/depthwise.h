// Depthwise convolution of float32, channels last: groups = inputs = outputs.

#ifndef SEG_DEPTHWISE_H
#define SEG_DEPTHWISE_H

#include "convolution.h"

/// The most taps of a kernel. Larger ones are convolutions as any with groups.
enum { DEPTHWISE_MOST_TAPS = 1 << 14 };

/// [C, 1, kh, kw] to [kh * kw, C].
void depthwise_pack(const conv_geometry *g, const float *weight, float *packed);

/// Forward pass with epilogue. Returns 0, or -1 if there is no scratch memory.
int depthwise_forward(
    const conv_geometry *g, const float *input, const float *packed, const conv_epilogue *epilogue,
    float *output);
/// Input gradient.
int depthwise_input_gradient(
    const conv_geometry *g, const float *output_gradient, const float *packed, float *input_gradient);
/// Weight gradient, [C, 1, kh, kw]. `parts` is memory of so many floats.
long depthwise_parts_count(const conv_geometry *g);
int depthwise_weight_gradient(
    const conv_geometry *g, const float *input, const float *output_gradient, float *parts, float *weight_gradient);

#endif
