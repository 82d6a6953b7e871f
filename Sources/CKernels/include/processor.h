// Which version of the inner loops runs on this processor.

#ifndef SEG_PROCESSOR_H
#define SEG_PROCESSOR_H

/// Levels of vector instructions (levels.h). On processors of other kinds the first stands for what they have.
enum { KERNEL_SSE2 = 1, KERNEL_AVX2 = 2, KERNEL_AVX512 = 3 };

/// The level that the kernels use, chosen when the program starts: the highest that the processor has and gains from,
/// or what SEG_KERNELS names, at most what the processor has.
int kernel_level(void);

/// The highest level that this processor can run.
int kernel_highest_level(void);

/// Changes the level, to one that the processor can run. `wide`: convolutions use tiles for vectors of sixteen floats,
/// as is right with AVX-512. Tests ask for them on other processors, where such tiles are slow; the bits are the same.
void kernel_set_level(int level, int wide);

/// Whether the processor's own products of bfloat16 are used; without them the same bits are computed in float32. True
/// where the processor has them, unless SEG_KERNELS names a level below avx512.
int kernel_has_bfloat16(void);

/// Changes that, where the processor has them; for tests.
void kernel_use_bfloat16(int use);

/// Billions of products and sums a second of this thread, by multiply-adds in registers, at a level.
double kernel_peak(int level);

#endif
