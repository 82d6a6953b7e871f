// The operations applied to a tile of a convolution while it is in cache. The separate
// kernels (ew_binary, norm_scale_shift, ew_unary) use the same inline functions.

#ifndef SEG_EPILOGUE_H
#define SEG_EPILOGUE_H

#include "convolution.h"

/// Applies the epilogue in place to `channels` columns, starting at `first_channel`, of rows that are
/// `stride` apart; `residual` and `values` already point at the first column.
void epilogue_rows(
    const conv_epilogue *epilogue, long first_channel, const float *residual, float *values, long rows,
    long channels, long stride);

#endif
