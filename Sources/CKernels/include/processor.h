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

/// The processor's own products of bfloat16: none, those of vectors, whose bits are also computed in float32 where there
/// are none, and those of matrices (AMX), with other last bits.
enum { BFLOAT16_NONE = 0, BFLOAT16_VECTORS = 1, BFLOAT16_MATRICES = 2 };

/// The products that are used: the last of these that the processor has and gains from; vectors where SEG_KERNELS is
/// avx512, and none where it is a lower level.
int kernel_bfloat16(void);

/// Changes that, to what the processor has at most; for tests.
void kernel_use_bfloat16(int products);

/// Billions of products and sums a second of this thread, by multiply-adds in registers, at a level.
double kernel_peak(int level);

#endif
