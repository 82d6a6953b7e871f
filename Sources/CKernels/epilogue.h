// What is done to a tile of a convolution while it is in cache. The separate
// kernels (ew_binary, norm_scale_shift, ew_unary) use the same inline functions.

#ifndef SEG_EPILOGUE_H
#define SEG_EPILOGUE_H

#include "convolution.h"

/// Applies the epilogue in place to [rows, channels]; `residual` is already at the first row.
void epilogue_rows(
    const conv_epilogue *epilogue, const float *residual, float *values, long rows, long channels);

#endif
