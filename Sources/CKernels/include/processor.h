// Which version of the inner loops runs on this processor.

#ifndef SEG_PROCESSOR_H
#define SEG_PROCESSOR_H

/// The level of vector instructions that the kernels use (see clones.h): 3 for AVX-512, 2 for AVX2, 1 for those that
/// every processor of this kind has.
int kernel_level(void);

#endif
