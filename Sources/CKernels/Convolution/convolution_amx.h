// The product with factors of bfloat16 by the processor's instructions for matrices (AMX, of Intel's processors since
// Sapphire Rapids). They sum 32 products in an order of their own, so that the last bits differ from those of
// convolution_bfloat16.h; they are the same for any tile, batch and number of threads.

#ifndef SEG_CONVOLUTION_AMX_H
#define SEG_CONVOLUTION_AMX_H

#include <stdint.h>

#include "convolution_tile.h"

/// Words of pairs that an instruction multiplies: a pixel's are filled up with zeros to a multiple of it.
enum { AMX_WORDS = 16 };

/// Pixels of a block; as many are read from memory after the last of a tile, though not used.
enum { AMX_PIXELS = 32 };

/// Pixels per tile, as many tiles for each thread.
long amx_tile_pixels(const conv_product *product, long pixels);

/// The results of a tile of `count` pixels from `out` on, with the epilogue; `residual` is that of the first. Pixels are
/// those of `table`, a row of `stride` for each tap; those of a single tap are adjacent. Returns 0, or -1 if there is no
/// scratch memory.
int amx_tile(
    const conv_product *product, const conv_plan *plan, const float *const *table, long stride, const uint8_t *reached,
    long blocks, float *out, const float *residual, long count);

#endif
