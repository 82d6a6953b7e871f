// Convolution of values rounded to bfloat16, with sums in float32. Its bits are those of two fused products and sums for
// each pair of channels, the second first, tiny numbers being zeros: what the instructions of x86 processors compute
// (those for matrices, convolution_amx.h, add in another order).
// Without the instructions the kernels of float32 add the same products in the same order; a product of two values of
// bfloat16 is exact in float32.

#ifndef SEG_CONVOLUTION_BFLOAT16_H
#define SEG_CONVOLUTION_BFLOAT16_H

#include "convolution_amx.h"
#include "convolution_kernels.h"
#include "levels.h"

/// Words of 32 bits that a pair of channels takes: one that holds both for the instructions, else two of float32, of
/// which the first is the pair's second.
INLINE long bfloat16_unit(void) { return kernel_bfloat16_in_use != BFLOAT16_NONE ? 1 : 2; }

/// Words that a run of channels has a multiple of.
INLINE long bfloat16_grain(void) { return kernel_bfloat16_in_use == BFLOAT16_MATRICES ? AMX_WORDS : bfloat16_unit(); }

/// Words of a pixel of so many channels.
INLINE long bfloat16_words(long channels) {
    const long pairs = bfloat16_unit() * parts_of(channels, 2);
    return parts_of(pairs, bfloat16_grain()) * bfloat16_grain();
}

/// Words from one pixel that a tile has rounded to the next: pixels that are a power of two apart would meet in the same
/// lines of the cache.
INLINE long bfloat16_step(long words) { return words + AMX_WORDS; }

/// Rounds the channels of a pixel into its words.
void bfloat16_round(const float *pixel, long channels, float *words);

/// A block of CONV_PIXELS pixels, of which those from `count` on are none, by the instructions.
void bfloat16_block(const block_work *work, long pixel, long count);

/// Takes results below the smallest normal number as zeros from here on, as the instructions do. Returns what
/// `bfloat16_leave` needs to end this.
INLINE unsigned long bfloat16_enter(void) {
    unsigned long mode = 0;
#if defined(__x86_64__)
    mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr((unsigned)mode | 0x8040);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode) : : "memory");
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24) : "memory");
#endif
    return mode;
}

INLINE void bfloat16_leave(unsigned long mode) {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr((unsigned)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
#endif
}

#endif
