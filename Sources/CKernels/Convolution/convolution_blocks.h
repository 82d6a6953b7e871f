// How a product is cut into columns and blocks of pixels for the inner kernels. Included where these are compiled.

#ifndef SEG_CONVOLUTION_BLOCKS_H
#define SEG_CONVOLUTION_BLOCKS_H

#include "convolution_bfloat16.h"
#include "convolution_kernels.h"
#include "convolution_wide.h"

/// The columns that are next, of the `rest`: as many as a kernel takes at once.
INLINE long block_columns(long rest, int pairs) {
    if ((kernel_wide_tiles || pairs) && rest >= 64) return 64;
    if ((kernel_wide_tiles || pairs) && rest >= 32) return 32;
    return min_long(CONV_PANEL, rest);
}

/// Spreads the fetching of the weights that the columns after these need over the `pixels` of a tile. `place` and
/// `length` are the rows of weights of this block, `rest` the columns from these on.
INLINE void look_ahead(block_work *w, long place, long length, long pixels, long rest) {
    const int is_next = (kernel_wide_tiles || w->pairs) && rest >= 2 * w->width;
    w->ahead = w->panel + (is_next ? w->width / CONV_PANEL * w->panel_step : 0) + place * CONV_PANEL;
    w->ahead_share = is_next ? length * CONV_PANEL / pixels : 0;
}

/// A block of CONV_PIXELS pixels from `pixel`, of which those from `count` on are none. `step` is that of the factors.
INLINE void run_block(const block_work *w, long pixel, long count, long step) {
    if (w->pairs) {
        bfloat16_block(w, pixel, count);
    } else if (w->width == 64) {
        void (*const kernel)(const block_work *, long) = step == SIDE_BY_SIDE ? conv_kernel_6x64 : outer_kernel_6x64;
        kernel(w, pixel);
        if (pixel + 6 < count) kernel(w, pixel + 6);
    } else if (w->width == 32) {
        (step == SIDE_BY_SIDE ? conv_kernel_12x32 : outer_kernel_12x32)(w, pixel);
    } else if (w->width <= CONV_NARROW) {
        kernel_12x8(w, pixel, step);
    } else if (kernel_wide_tiles && w->width == CONV_PANEL) {
        (step == SIDE_BY_SIDE ? conv_kernel_12x16 : outer_kernel_12x16)(w, pixel);
    } else {
        kernel_6x16(w, pixel, step);
        if (pixel + 6 < count) kernel_6x16(w, pixel + 6, step);
    }
}

#endif
