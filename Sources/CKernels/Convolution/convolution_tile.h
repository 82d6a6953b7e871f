// The data that convolution.c prepares and convolution_tile.c works on.

#ifndef SEG_CONVOLUTION_TILE_H
#define SEG_CONVOLUTION_TILE_H

#include "convolution.h"

/// Pixels per block: two kernels of 6 × 16, each for a half of it, or one of 12 × 8. PANEL is the width of packed weights;
/// a last panel of at most 8 columns is 8 wide.
enum { CONV_PIXELS = 12, CONV_HALF = 6, CONV_PANEL = 16, CONV_NARROW = 8 };

/// The most words, or pairs, in a block of the sums.
enum { CONV_BLOCK_LENGTH = 1024 };

/// A tap reads source pixel (grid * step + add), with weight number `index`; that pixel is outside
/// the picture unless first_x <= grid x < last_x.
typedef struct {
    long add_y, add_x, index;
    long first_x, last_x;
} conv_tap;

/// A run of channels of one tap; `place` is its first row of packed weights. At a run with `ends_sum`
/// the registers are added to the totals: a sum of partial sums rounds less than one long sum.
typedef struct {
    long tap, channel, length, place;
    int ends_sum;
} conv_segment;

/// Destination pixels (first + n * step) and their taps.
typedef struct {
    long grid_height, grid_width;
    long dest_first_y, dest_first_x, dest_step_y, dest_step_x;
    conv_tap *taps;
    long tap_count;
    conv_segment *segments;
    long *block_starts;
    long block_count;
    int every_run_ends_sum;
    /// Whole kernel rows as runs, for blocks that do not touch the left or right edge; may be NULL.
    conv_segment *row_segments;
    long row_segment_count, row_taps;
    long tiles, first_task;
} conv_plan;

/// What all plans of a convolution share.
typedef struct {
    const float *source;
    float *dest;
    const float *packed;
    const float *zeros;
    const conv_epilogue *epilogue;
    long groups;
    long source_height, source_width, source_channels, run;
    long dest_height, dest_width, dest_channels, width;
    long kernel_taps;
    long step_y, step_x;
    long tile;
    /// Of values rounded to bfloat16 (convolution_bfloat16.h): the words of a pair of channels, else 0; and whether the
    /// tile rounds the pixels that it reads, to so many words each, else 0.
    long unit, words;
} conv_product;

/// Computes one tile of one sample. Returns 0, or -1 if there is no scratch memory.
int conv_tile(const conv_product *product, const conv_plan *plan, long sample, long tile);

/// Columns that `width` channels take when packed.
static inline long conv_packed_columns(long width) {
    const long rest = width % CONV_PANEL;
    return width - rest + (rest == 0 ? 0 : rest <= CONV_NARROW ? CONV_NARROW : CONV_PANEL);
}

#endif
