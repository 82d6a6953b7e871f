// Pooling of float32, channels last.

#ifndef SEG_POOLING_H
#define SEG_POOLING_H

#include "convolution.h"

// Geometry: input_channels = output_channels, the window as kernel, stride, padding and
// dilation; output sizes as given (a window may extend past the right edge: ceil mode).

/// Maximum over the window; padding counts as minus infinity; NaN propagates.
void pool_max_forward(const conv_geometry *g, const float *input, float *output);
/// Finds the first maximum of each window again and passes the gradient to it.
void pool_max_backward(
    const conv_geometry *g, const float *input, const float *output_gradient, float *input_gradient);

/// Average over the window; padding counts as zeros if `count_padding`, else it is left out.
void pool_average_forward(const conv_geometry *g, long count_padding, const float *input, float *output);
void pool_average_backward(
    const conv_geometry *g, long count_padding, const float *output_gradient, float *input_gradient);

#endif
