// The inner kernels for vectors of sixteen floats: 6 pixels by 64 channels, or 12 by 32.

#ifndef SEG_CONVOLUTION_WIDE_H
#define SEG_CONVOLUTION_WIDE_H

#include "convolution_kernels.h"

/// 6 pixels by 64 columns, that is four whole panels of weights.
void conv_kernel_6x64(const block_work *work, long pixel);

/// 12 pixels by 32 columns.
void conv_kernel_12x32(const block_work *work, long pixel);

#endif
